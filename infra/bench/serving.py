"""The servers that a bench talks to, each a process of its own: the product as `yunfan serve` runs it, and the bare
limit. Run as a module it is the product's process, which tells through a pipe when each commit was done."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, BinaryIO

import structlog
import uvloop

from infra.settings import Settings

_STAMPS = "YUNFAN_BENCH_STAMPS"  # the pipe's file descriptor
_READY_SECONDS = 60.0


@dataclass(slots=True)
class Server:
    """A running server. `stamps`: when each request's commit was done, read as far as it was told."""

    url: str
    pid: int
    pipe: BinaryIO | None = None
    stamps: dict[str, float] = field(default_factory=dict)

    @property
    def port(self) -> int:
        return int(self.url.rsplit(":", 1)[1])

    def committed_at(self, request_id: str) -> float:
        """When the request's commit was done, by this machine's `time.perf_counter`. The request must have answered."""
        while request_id not in self.stamps:
            if self.pipe is None:
                raise RuntimeError("this server tells of no commits")
            told, at = self.pipe.readline().decode().split()
            self.stamps[told] = float(at)
        return self.stamps.pop(request_id)


@contextmanager
def product(settings: Settings) -> Iterator[Server]:
    """The product's server on the bound settings, on a free port."""
    reading, writing = os.pipe()
    port = _free_port()
    environment = {
        "YUNFAN_DATA": str(settings.data_dir),
        "YUNFAN_PORT": str(port),
        "DATABASE_URL": settings.database_url or "",
        "DATABASE_PLATFORM_URL": settings.database_platform_url or "",
        "DATABASE_PROVISION_URL": settings.database_provision_url or "",
        "REDIS_URL": settings.redis_url or "",
        "YUNFAN_WEB": str(settings.web_dir or ""),
        _STAMPS: str(writing),
    }
    command = [sys.executable, "-m", "infra.bench.serving"]
    with os.fdopen(reading, "rb") as pipe, _running(command, environment, port, pass_fds=(writing,)) as pid:
        os.close(writing)
        yield Server(f"http://127.0.0.1:{port}", pid, pipe)


@contextmanager
def bare(database_url: str, columns: list[str]) -> Iterator[Server]:
    """The bare limit's server (`limit_app`). `columns`: of the limit's table, in the order in which rows list them."""
    port = _free_port()
    command = [str(os.path.join(os.path.dirname(sys.executable), "granian")), "--interface", "asgi", "--no-log"]
    command += ["--port", str(port), "infra.bench.limit_app:app"]
    environment = {"LIMIT_DATABASE": database_url, "LIMIT_COLUMNS": ",".join(columns)}
    with _running(command, environment, port) as pid:
        yield Server(f"http://127.0.0.1:{port}", pid)


@contextmanager
def _running(command: list[str], environment: Mapping[str, str], port: int, **options: Any) -> Iterator[int]:
    foreign = ("DATABASE_", "REDIS_", "YUNFAN_")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    process = subprocess.Popen(
        command, env={**inherited, **environment}, stdout=subprocess.DEVNULL, start_new_session=True, **options
    )
    try:
        _wait_until_it_listens(process, port)
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)


def _wait_until_it_listens(process: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + _READY_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"{process.args!r} did not become ready") from None
            time.sleep(0.05)
        else:
            return


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class _Stamps:
    """The kernel's commit listener: writes down which request's commit is done, and when."""

    def __init__(self, pipe: int) -> None:
        self._pipe = pipe

    async def committed(self, *_what: object) -> None:
        at, request = time.perf_counter(), structlog.contextvars.get_contextvars().get("request", "-")
        os.write(self._pipe, f"{request} {at!r}\n".encode())


def main() -> None:
    """What `yunfan serve` does, with one more listener."""
    from server import app, logging, parts

    settings = Settings.from_env()
    logging.configure(settings.log_level, as_json=True)
    listener = _Stamps(int(os.environ[_STAMPS]))
    vars(app)["build"] = partial(parts.build, listeners=(listener,))
    uvloop.run(app.serve(settings))


if __name__ == "__main__":
    main()
