"""A thousand sockets on one process of the product's server."""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from uuid import uuid4

import httpx
from websockets.asyncio.client import ClientConnection, connect

from infra.bench.firms import Device, Firm, cpu_seconds, firms, registered, served
from infra.bench.report import Row, at_most
from infra.settings import Settings

_SOCKETS, _A_MEMBER = 1_000, 20
_IDLE_SECONDS, _COMMITS, _COMMITS_A_SECOND = 20.0, 100, 10


def rows(settings: Settings) -> Iterator[Row]:
    """`sync.sockets_1000*`: seconds, MB, CPU seconds."""
    [firm] = asyncio.run(firms(settings, {"千人公司": _SOCKETS // _A_MEMBER}))
    with served(settings) as (url, pid):
        yield from asyncio.run(_sockets(url, pid, firm))


async def _sockets(url: str, pid: int, firm: Firm) -> list[Row]:
    async with httpx.AsyncClient(base_url=url, timeout=60) as http:
        devices = [await registered(http, firm.tokens[1 + n // _A_MEMBER]) for n in range(_SOCKETS)]
        memory, cpu, began = _megabytes(pid), cpu_seconds(pid), time.perf_counter()
        async with AsyncExitStack() as stack:
            crowd = await asyncio.gather(*(_on_air(url, device) for device in devices))
            ready, greeted = time.perf_counter() - began, cpu_seconds(pid) - cpu
            for listener in crowd:
                stack.push_async_callback(listener.close)
            each = (_megabytes(pid) - memory) / _SOCKETS
            cpu = cpu_seconds(pid)
            await asyncio.sleep(_IDLE_SECONDS)
            idle = (cpu_seconds(pid) - cpu) * 60 / _IDLE_SECONDS
            hearing = [await _heard_by_all(http, firm.tokens[0], crowd) for _ in range(5)]
            busy, messages, cost = await _busy(http, pid, firm.tokens[0], crowd)
    load = f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    return [
        Row("sync.sockets_1000", round(ready, 2), "s", None, None, f"until all are ready; CPU {greeted:.1f} s; {load}"),
        Row("sync.sockets_1000_memory", round(each, 4), "MB", None, None, "of the server's process, a socket"),
        Row("sync.sockets_1000_idle", round(idle, 2), "CPU s/min", None, None, "nothing happens"),
        Row(
            "sync.sockets_1000_busy",
            round(busy, 2),
            "CPU s/min",
            None,
            None,
            f"one company commits {_COMMITS_A_SECOND}/s; {messages / _SOCKETS:.0f} messages a socket for {_COMMITS} "
            f"commits; the commits alone: {cost:.1f} CPU s/min",
        ),
        at_most(
            "sync.sockets_1000_heard",
            statistics.median(hearing),
            "s",
            1.0,
            f"an edit until all heard; {load}",
        ),
    ]


class _Listener:
    """One socket and how much it heard."""

    def __init__(self, socket: ClientConnection) -> None:
        self.heard = 0
        self.last = 0.0
        self._socket = socket
        self._task = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        async for _ in self._socket:
            self.heard += 1
            self.last = time.perf_counter()

    async def close(self) -> None:
        await self._socket.close()
        await self._task


async def _on_air(url: str, device: Device) -> _Listener:
    socket = await connect(
        url.replace("http", "ws") + "/sync/v1/poke", compression=None, ping_interval=None, open_timeout=60
    )
    await socket.send(json.dumps({"token": device.token, "deviceId": device.id}))
    if json.loads(await socket.recv()) != {"ready": True}:
        raise RuntimeError("not ready")
    return _Listener(socket)


async def _commit(http: httpx.AsyncClient, token: str) -> None:
    query = "mutation Make($input: CreateCustomerInput!) { createCustomer(input: $input) { id } }"
    body = {"query": query, "variables": {"input": {"name": f"客户 {uuid4().hex[:8]}"}}}
    answer = await http.post("/graphql", json=body, headers={"Authorization": f"Bearer {token}"})
    if answer.status_code != 200 or "errors" in answer.json():
        raise RuntimeError(answer.text)


async def _heard_by_all(http: httpx.AsyncClient, token: str, crowd: list[_Listener]) -> float:
    """Seconds from asking for an edit until the last socket heard: some hear before the answer is read. Raises
    TimeoutError."""
    await asyncio.sleep(0.5)
    before, began = [listener.heard for listener in crowd], time.perf_counter()
    await _commit(http, token)
    async with asyncio.timeout(30):
        while any(listener.heard == had for listener, had in zip(crowd, before, strict=True)):  # noqa: ASYNC110
            await asyncio.sleep(0.005)
    return max(listener.last for listener in crowd) - began


async def _busy(http: httpx.AsyncClient, pid: int, token: str, crowd: list[_Listener]) -> tuple[float, int, float]:
    """CPU seconds a minute while one company commits ten times a second; messages; the same without the sockets."""
    before, figures = sum(listener.heard for listener in crowd), list[float]()
    messages = 0
    for listening in (True, False):
        if not listening:
            messages = sum(listener.heard for listener in crowd) - before
            await asyncio.gather(*(listener.close() for listener in crowd))
            await asyncio.sleep(1)
        cpu, began = cpu_seconds(pid), time.perf_counter()
        for n in range(_COMMITS):
            await _commit(http, token)
            await asyncio.sleep(max(0.0, (n + 1) / _COMMITS_A_SECOND - (time.perf_counter() - began)))
        await asyncio.sleep(0.5)
        figures.append((cpu_seconds(pid) - cpu) * 60 / (time.perf_counter() - began))
    return figures[0], messages, figures[1]


def _megabytes(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024
