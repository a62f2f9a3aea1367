"""Stopping a real server: what is under way ends, sockets hear why, nothing hangs."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
import websockets

from tests.infra_services import Services

ROOT = Path(__file__).parents[2]

# The real `serve`, with one slow command's worth of waiting added as a route.
SLOW = """
import asyncio, sys
from litestar import get
from infra.settings import Settings
from server import app, logging

@get("/slow")
async def slow() -> str:
    print("slow begun", flush=True)
    await asyncio.sleep(1.5)
    return "ended in peace"

rooms = app._rooms
app._rooms = lambda application, traffic: [*rooms(application, traffic), slow]
logging.configure("INFO", as_json=True)
asyncio.run(app.serve(Settings.from_env()))
"""


def start(environ: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("wb") as output:
        return subprocess.Popen(
            [sys.executable, "-c", SLOW], cwd=ROOT, env=environ, stdout=output, stderr=subprocess.STDOUT
        )


def told_by(log: Path) -> str:
    return log.read_text()


@asynccontextmanager
async def server(services: Services, data: Path) -> AsyncIterator[tuple[subprocess.Popen[bytes], int, Path]]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    log = data / "server.log"
    environ = {
        **os.environ,
        "YUNFAN_DATA": str(data),
        "YUNFAN_PORT": str(port),
        "DATABASE_URL": services.urls.app,
        "DATABASE_PLATFORM_URL": services.urls.platform,
        "DATABASE_PROVISION_URL": services.urls.provision,
        "REDIS_URL": services.redis_url,
    }
    process = start(environ, log)
    try:
        await until_ready(process, port, log)
        yield process, port, log
    finally:
        process.kill()
        process.wait()


async def until_ready(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    async with httpx.AsyncClient() as http:
        for _ in range(600):
            try:
                if (await http.get(f"http://127.0.0.1:{port}/health/ready")).status_code == 200:
                    return
            except httpx.TransportError:
                assert process.poll() is None, told_by(log)
            await asyncio.sleep(0.1)
    raise AssertionError(told_by(log))


async def ended(process: subprocess.Popen[bytes], seconds: float) -> int:
    return await asyncio.wait_for(asyncio.to_thread(process.wait), seconds)


async def test_requests_end_and_sockets_are_told(services: Services, tmp_path: Path):
    async with server(services, tmp_path) as (process, port, log), httpx.AsyncClient(timeout=20) as http:
        slow = asyncio.create_task(http.get(f"http://127.0.0.1:{port}/slow"))
        for _ in range(500):
            if "slow begun" in told_by(log):
                break
            await asyncio.sleep(0.02)
        async with websockets.connect(
            f"ws://127.0.0.1:{port}/graphql", subprotocols=[websockets.Subprotocol("graphql-transport-ws")], proxy=None
        ) as connection:
            process.send_signal(signal.SIGTERM)
            with pytest.raises(websockets.ConnectionClosed) as closed:
                await asyncio.wait_for(connection.recv(), 5)
        answer = await slow
        assert (answer.status_code, answer.text) == (200, "ended in peace")
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1012
        assert closed.value.rcvd.reason
        assert await ended(process, 10) == 0
        told = told_by(log)
        assert "server.stopped" in told
        assert '"level": "error"' not in told
        assert "Traceback" not in told
