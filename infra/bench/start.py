"""How long `yunfan up` takes to a ready answer: on an empty directory, and again on the filled one."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infra.bench.report import Row, at_most

_GIVE_UP_SECONDS = 120


def rows() -> Iterator[Row]:
    """`start.*`, in seconds. Packages are installed already: the first start is that with warm caches."""
    with tempfile.TemporaryDirectory(prefix="yunfan-bench-") as folder:
        yield at_most("start.first", _seconds(Path(folder)), "s", 60, "empty data directory, demo world filled")
        again = [_seconds(Path(folder)) for _ in range(3)]
        yield at_most("start.second", sorted(again)[1], "s", 8, "filled database, median of 3")


def _seconds(data_dir: Path) -> float:
    began = time.perf_counter()
    with product(data_dir):
        return time.perf_counter() - began


@contextmanager
def product(data_dir: Path) -> Iterator[str]:
    """`yunfan up` with this data directory, ready: its address. Ended in order behind it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("DATABASE_", "REDIS_", "YUNFAN_"))}
    environment |= {"YUNFAN_DATA": str(data_dir), "YUNFAN_PORT": str(port)}
    command = [str(Path(sys.executable).parent / "yunfan"), "up"]
    began = time.perf_counter()
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as running:
        try:
            while not _ready(port):
                if running.poll() is not None or time.perf_counter() - began > _GIVE_UP_SECONDS:
                    raise RuntimeError("yunfan up did not become ready")
                time.sleep(0.05)
            yield f"http://127.0.0.1:{port}"
        finally:
            running.send_signal(signal.SIGINT)
            running.wait(timeout=60)


def _ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False
