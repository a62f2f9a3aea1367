"""Runs what the web client brings of its own: its checks and tests, with the Node that builds it."""

from __future__ import annotations

import fcntl
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from infra.browser import chromium, firefox
from infra.web_build import SOURCES, environment, install_packages, node

_TOLD_CHARACTERS = 12_000
# Where a runner begins to tell what failed; before that stand the tests that passed.
_FAILURES = re.compile(r"^.*(?:Failed Suites|Failed Tests|Unhandled Errors?|Startup Error|^ +1\) ).*$", re.MULTILINE)


def run(program: str, *arguments: str, seconds: float, **variables: str) -> str:
    """What a package's program said. Fails the test with what it says about its failures."""
    with _alone(SOURCES / ".building"), Path(os.devnull).open("w") as nothing:
        install_packages(nothing.fileno())
    browsers = {"YUNFAN_CHROMIUM": chromium() or "", "YUNFAN_FIREFOX": firefox() or ""}
    code, said = _outcome(
        [node(), str(_script(program)), *arguments],
        {**environment(), **browsers, "CI": "1", "NO_COLOR": "1", **variables},
        seconds,
    )
    if code != 0:
        ended = "did not end in time" if code is None else f"exit code {code}"
        pytest.fail(f"{program} {' '.join(arguments)}: {ended}\n\n{failures_in(said)}", pytrace=False)
    return said


def run_in_browser(program: str, *arguments: str, seconds: float, **variables: str) -> str:
    """As `run`, never two at once: each of these fills the machine's cores by itself, and their tests wait for seconds."""
    if chromium() is None:
        pytest.fail(
            "These tests need Chromium: run make browser, or name one with YUNFAN_CHROMIUM.",
            pytrace=False,
        )
    with _alone(SOURCES / ".browsers"):
        return run(program, *arguments, seconds=seconds, **variables)


def failures_in(said: str) -> str:
    """From the first failure on, as a runner tells it; all that it said where it names none. The end is cut off rather
    than the beginning: what failed first stands there."""
    found = _FAILURES.search(said)
    return said[found.start() :][:_TOLD_CHARACTERS] if found else said[-_TOLD_CHARACTERS:]


def _outcome(command: list[str], variables: dict[str, str], seconds: float) -> tuple[int | None, str]:
    """Its exit code, None when it took too long, and what it said. Browsers and servers that it left behind end too."""
    process = subprocess.Popen(
        command,
        cwd=SOURCES,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        said, _ = process.communicate(timeout=seconds)
        return process.returncode, said
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGTERM)
        time.sleep(2)
        _end_all_of(process.pid)
        said, _ = process.communicate()
        return None, said
    finally:
        _end_all_of(process.pid)


def _end_all_of(group: int) -> None:
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return  # all have ended by themselves


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Several test workers may come at once."""
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _script(program: str) -> Path:
    return (SOURCES / "node_modules" / ".bin" / program).resolve()
