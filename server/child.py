"""One child process of `yunfan up`: started in a session of its own, its log watched, stopped with patience."""

import contextlib
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from infra.embedded import last_lines, open_log
from infra.errors import ServiceError
from infra.processes import ProcessIdentity, identify

RUN_HEADER = "X-Yunfan-Run"  # by which a server says who started it (Settings.run)
_GRACE_SECONDS = 20.0
_LOG_LIMIT_BYTES = 50_000_000
_ERROR_LINE = re.compile(r'"level":\s*"(error|critical)"|^\[?(ERROR|CRITICAL)\b|^Traceback \(')


@dataclass(slots=True)
class Child:
    """A running child. `log_offset` is how far its log has been read."""

    name: str
    process: "subprocess.Popen[bytes]"
    identity: ProcessIdentity | None
    log: Path
    log_start: int
    log_offset: int

    def raise_if_dead(self) -> None:
        """ServiceError with the tail of its log when the child has ended by itself."""
        code = self.process.poll()
        if code is None:
            return
        tail = last_lines(self.log, start_bytes=self.log_start)
        how = f"signal {-code}" if code < 0 else f"code {code}"
        raise ServiceError(
            f"The {self.name} has ended unexpectedly ({how}); its log {self.log} ends with:\n{tail}",
            f"{self.name} 进程意外退出（{how}），日志 {self.log} 的最后几行：\n{tail}",
        )

    def new_errors(self) -> Iterator[str]:
        """What the child has reported as an error since the last call, a line each. Keeps the log from growing on."""
        size = self.log.stat().st_size
        if size <= self.log_offset:
            return
        with self.log.open("rb") as file:
            file.seek(self.log_offset)
            written = file.read(size - self.log_offset)
        whole_lines = written[: written.rfind(b"\n") + 1]
        self.log_offset += len(whole_lines)
        for line in whole_lines.decode("utf-8", "replace").splitlines():
            if _ERROR_LINE.search(line):
                yield line
        if size > _LOG_LIMIT_BYTES:
            self.log.with_name(f"{self.log.name}.1").write_bytes(self.log.read_bytes())
            with self.log.open("r+b") as file:
                file.truncate(0)  # the child appends, so it goes on at the beginning
            self.log_start = self.log_offset = 0

    def stop(self, is_impatient: Callable[[], bool]) -> None:
        """Ask it to end and wait; after 20 s, or when asked to hurry, kill it with all that it started."""
        deadline = time.monotonic() + _GRACE_SECONDS
        self.process.terminate()
        while self.process.poll() is None and time.monotonic() < deadline and not is_impatient():
            time.sleep(0.05)
        with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS says EPERM of a group of zombies
            os.killpg(self.process.pid, signal.SIGKILL)  # whatever it started and did not take with it
        self.process.wait()


def start_child(name: str, command: Sequence[str], environment: Mapping[str, str], log: Path) -> Child:
    """Start `command` with its output appended to `log`, out of reach of the terminal's Ctrl-C."""
    open_log(log)
    with log.open("ab") as output:
        start = output.tell()
        process = subprocess.Popen(  # noqa: S603 - our own command line
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return Child(name, process, identify(process.pid), log, start, start)
