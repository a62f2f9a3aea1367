"""Runs what the web client brings of its own: its checks and tests, with the Node that builds it."""

from __future__ import annotations

import fcntl
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infra.browser import chromium, firefox
from infra.web_build import SOURCES, environment, install_packages, node

_TOLD_CHARACTERS = 12_000


@contextmanager
def _one_installs() -> Iterator[None]:
    """Several test workers may come at once."""
    with (SOURCES / ".building").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def run(program: str, *arguments: str, seconds: float, **variables: str) -> str:
    """What a package's program said. Fails the test with it when the program failed."""
    with _one_installs(), Path(os.devnull).open("w") as nothing:
        install_packages(nothing.fileno())
    browsers = {"YUNFAN_CHROMIUM": chromium() or "", "YUNFAN_FIREFOX": firefox() or ""}
    done = subprocess.run(
        [node(), str(_script(program)), *arguments],
        cwd=SOURCES,
        env={**environment(), **browsers, "CI": "1", **variables},
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    said = f"{done.stdout}\n{done.stderr}"
    assert done.returncode == 0, said[-_TOLD_CHARACTERS:]
    return said


def _script(program: str) -> Path:
    return (SOURCES / "node_modules" / ".bin" / program).resolve()
