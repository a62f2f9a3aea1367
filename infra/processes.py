"""Telling processes apart and ending them, on Linux and macOS, with no library.

A process id alone proves nothing after a reboot or a hard kill: it may have been given to a stranger. So a process is
known by its id *and* the moment it started.
"""

import contextlib
import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

_POLL_SECONDS = 0.03
_HAS_PROC = Path("/proc/self/stat").exists()  # Linux; macOS has ps alone


@dataclass(frozen=True, slots=True)
class ProcessIdentity:
    """One running process: its id and when it started (an opaque text that no later process of that id shares)."""

    pid: int
    started: str

    def is_running(self) -> bool:
        return identify(self.pid) == self

    def send(self, signal_number: int) -> None:
        """Send a signal to the process, unless it has ended meanwhile."""
        if self.is_running():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal_number)

    def wait_until_ended(self, timeout_seconds: float) -> bool:
        """Whether the process ended within the time."""
        deadline = time.monotonic() + timeout_seconds
        while self.is_running():
            if time.monotonic() > deadline:
                return False
            time.sleep(_POLL_SECONDS)
        reap(self.pid)
        return True


def identify(pid: int) -> ProcessIdentity | None:
    """The running process `pid`, or None when there is none; one that has ended but not been reaped counts as none."""
    if _HAS_PROC:
        try:
            stat = Path(f"/proc/{pid}/stat").read_text()
        except (FileNotFoundError, ProcessLookupError):
            return None
        # the name in parentheses may itself hold spaces and parentheses, so count from the last one: proc(5)
        fields = stat.rpartition(")")[2].split()
        return None if fields[0] in ("Z", "X") else ProcessIdentity(pid, fields[19])
    listed = subprocess.run(["/bin/ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True)  # noqa: S603 - fixed program, numeric argument
    state, _, started = listed.stdout.strip().partition(" ")
    return ProcessIdentity(pid, started.strip()) if state and not state.startswith("Z") else None


def reap(pid: int) -> None:
    """Collect the exit of `pid` if it is a child of ours, so that it does not linger as a zombie."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def program_of(pid: int) -> str:
    """The file name of the program that `pid` runs, "" when it cannot be told."""
    if _HAS_PROC:
        try:
            return Path(f"/proc/{pid}/comm").read_text().strip()
        except (FileNotFoundError, ProcessLookupError):
            return ""
    listed = subprocess.run(["/bin/ps", "-o", "comm=", "-p", str(pid)], capture_output=True, text=True)  # noqa: S603 - fixed program, numeric argument
    return Path(listed.stdout.strip()).name


def end_orphans_in(directory: Path, program: str) -> None:
    """Kill processes of `program` whose working directory is `directory` (Linux; elsewhere they end by themselves).

    After a hard kill of the PostgreSQL parent its workers may live on for a moment and hold the shared memory.
    """
    if not _HAS_PROC:
        return
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        with contextlib.suppress(OSError):  # a process may end, or belong to another user, while we look
            if os.readlink(entry / "cwd") == str(directory) and program_of(int(entry.name)) == program:
                os.kill(int(entry.name), signal.SIGKILL)
