"""Clears up after a `yunfan up` that was killed hard, so that nothing lingers and the next start finds a clean house.

`up` keeps a pipe to this process open and writes into it what it started, one JSON object a line. When the pipe ends
without the word "done", `up` is gone: the server and the worker are ended, then the services, unless another command
uses them. The lock on the data directory is inherited, so that the next `up` waits until that is finished.
"""

import contextlib
import json
import os
import signal
import sys
from pathlib import Path

from infra.processes import ProcessIdentity
from infra.services import stop_unless_used

_GRACE_SECONDS = 10.0
_SERVICE_SECONDS = 20.0
_SERVICE_SIGNALS = {"postgres": signal.SIGINT, "redis": signal.SIGTERM}


def main() -> None:
    data_dir = Path(sys.argv[1])
    watched: dict[str, ProcessIdentity] = {}
    for line in sys.stdin:
        told = json.loads(line)
        if told.get("done"):
            return
        watched[told["name"]] = ProcessIdentity(told["pid"], told["started"])
    for name in ("server", "worker"):
        if name in watched:
            _end(watched[name], signal.SIGTERM, _GRACE_SECONDS)
    stop_unless_used(data_dir, lambda: _end_services(watched))


def _end_services(watched: dict[str, ProcessIdentity]) -> None:
    for name in ("redis", "postgres"):
        if name in watched:
            _end(watched[name], _SERVICE_SIGNALS[name], _SERVICE_SECONDS)


def _end(process: ProcessIdentity, signal_number: int, grace_seconds: float) -> None:
    if not process.is_running():
        return
    process.send(signal_number)
    process.wait_until_ended(grace_seconds)
    with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS says EPERM of a group of zombies
        os.killpg(process.pid, signal.SIGKILL)  # each leads a session of its own: whatever is left of it


if __name__ == "__main__":
    main()
