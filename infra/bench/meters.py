"""What a measured piece of work costs: seconds, CPU seconds of each part, bytes on the wire, the server's memory."""

from __future__ import annotations

import os
import socket
import statistics
import struct
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PARENT, _TIMES = 1, slice(11, 15)  # of /proc/<pid>/stat behind the name: own and waited-for children's time
_CARRIED = struct.Struct("=120xQQ")  # of Linux' tcp_info: bytes that the other side has of us, bytes that we have of it


@dataclass(frozen=True, slots=True)
class Parts:
    """What a meter looks at: the processes of the server and of PostgreSQL, by id (None: it is not ours to see), and
    the server's port."""

    server: int
    postgres: int | None
    port: int


@dataclass(slots=True)
class Spent:
    """Of one piece of work: seconds on the clock, CPU seconds of server, PostgreSQL and clients (this process), and
    what the clients sent and received: bytes inside TCP, headers included, of connections that stood when it ended."""

    wall: float = 0.0
    server: float = 0.0
    postgres: float = 0.0
    client: float = 0.0
    sent: float = 0.0
    received: float = 0.0

    @property
    def behind(self) -> float:
        """CPU seconds that are not the device's."""
        return self.server + self.postgres


@contextmanager
def spending(parts: Parts) -> Iterator[Spent]:
    """Measures the block. CPU is counted by the kernel in hundredths of a second; so are bytes, one by one, and asked
    for outside the time."""
    spent, carried = Spent(), _carried(parts.port)
    server, postgres, client = _cpu(parts.server), _cpu(parts.postgres), time.process_time()
    began = time.perf_counter()
    yield spent
    spent.wall = time.perf_counter() - began
    spent.client = time.process_time() - client
    spent.server, spent.postgres = _cpu(parts.server) - server, _cpu(parts.postgres) - postgres
    for connection, (sent, received) in _carried(parts.port).items():
        before = carried.get(connection, (0, 0))
        spent.sent, spent.received = spent.sent + sent - before[0], spent.received + received - before[1]


def middle(rounds: Sequence[Spent]) -> Spent:
    """The median of each figure by itself."""
    return Spent(*(statistics.median(getattr(r, name) for r in rounds) for name in Spent.__slots__))


def told(rounds: Sequence[Spent]) -> str:
    """`0.51 s (0.50 to 0.55); CPU s: server 0.40, PostgreSQL 0.31, client 0.12; 612 kB received, 1.1 kB sent`."""
    walls, m = [r.wall for r in rounds], middle(rounds)
    cpu = f"CPU s: server {m.server:.2f}, PostgreSQL {m.postgres:.2f}, client {m.client:.2f}"
    return f"{m.wall:.3f} s ({min(walls):.3f} to {max(walls):.3f}); {cpu}; {bytes_told(m)}"


def bytes_told(spent: Spent) -> str:
    """`612.0 kB received, 1.1 kB sent`; without what was sent where nobody counted it."""
    sent = f", {spent.sent / 1e3:.1f} kB sent" if spent.sent else ""
    return f"{spent.received / 1e3:.1f} kB received{sent}"


def load() -> str:
    """How busy the machine is: a figure measured beside other programs is worth less."""
    return f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"


def percentile(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def forget_peak(pid: int) -> None:
    """From now on `peak_mb` counts."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def peak_mb(pid: int) -> float:
    """The most memory that the process held since `forget_peak`, in MB."""
    return _status_kb(pid, "VmHWM") / 1024


def resting_mb(pid: int) -> float:
    return _status_kb(pid, "VmRSS") / 1024


def _status_kb(pid: int, name: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


def _carried(port: int) -> dict[str, tuple[int, int]]:
    """Bytes that went out and came in so far on each of this process's connections to the port, by socket."""
    found: dict[str, tuple[int, int]] = {}
    for link in Path("/proc/self/fd").iterdir():
        try:
            name = os.readlink(link)
            if not name.startswith("socket:"):
                continue
            with socket.socket(fileno=os.dup(int(link.name))) as connection:
                if connection.family == socket.AF_INET and connection.getpeername()[1] == port:
                    told = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _CARRIED.size)
                    found[name] = _CARRIED.unpack(told)
        except OSError:
            continue  # closed meanwhile, or not connected
    return found


def _cpu(root: int | None) -> float:
    """CPU seconds so far of a process and its descendants, those that have ended included."""
    if root is None:
        return 0.0
    ticks: dict[int, int] = {}
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue  # it has ended meanwhile
        ticks[int(folder.name)] = sum(map(int, fields[_TIMES]))
        children.setdefault(int(fields[_PARENT]), []).append(int(folder.name))
    waiting, total = [root], 0
    while waiting:
        pid = waiting.pop()
        total += ticks.get(pid, 0)
        waiting += children.get(pid, ())
    return total / _TICKS
