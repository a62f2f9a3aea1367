"""What happened of late in this process: requests of the last minute, and the errors that the log has."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

_WINDOW_SECONDS = 60
_BOUNDS = (0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0)
_MOST_EVENTS = 200  # names of events are the code's own: more of them than these are a defect


@dataclass(slots=True)
class _Second:
    at: int
    requests: int = 0
    refused: int = 0
    failed: int = 0
    took: list[int] = field(default_factory=lambda: [0] * (len(_BOUNDS) + 1))


@dataclass(slots=True)
class RecentRequests:
    """Requests by the second, for a minute. `now`: seconds of a clock that never goes back."""

    now: Callable[[], float] = time.monotonic
    _seconds: deque[_Second] = field(default_factory=deque)

    def add(self, status: int, seconds: float) -> None:
        at = int(self.now())
        if not self._seconds or self._seconds[-1].at != at:
            self._forget(at)
            self._seconds.append(_Second(at))
        last = self._seconds[-1]
        last.requests += 1
        last.refused += 400 <= status < 500
        last.failed += status >= 500
        last.took[bisect_left(_BOUNDS, seconds)] += 1

    def told(self) -> dict[str, Any]:
        """Requests a second over the last minute, how many were refused and failed, and how long half, 95 and 99 of a
        hundred took at most, in milliseconds; null where there were none."""
        self._forget(int(self.now()))
        count = sum(each.requests for each in self._seconds)
        took = [sum(each.took[place] for each in self._seconds) for place in range(len(_BOUNDS) + 1)]
        return {
            "requestsPerSecond": round(count / _WINDOW_SECONDS, 2),
            "requests": count,
            "refused": sum(each.refused for each in self._seconds),
            "failed": sum(each.failed for each in self._seconds),
            "p50Ms": _at_most(took, count, 0.50),
            "p95Ms": _at_most(took, count, 0.95),
            "p99Ms": _at_most(took, count, 0.99),
        }

    def _forget(self, at: int) -> None:
        while self._seconds and self._seconds[0].at <= at - _WINDOW_SECONDS:
            self._seconds.popleft()


def _at_most(took: list[int], count: int, share: float) -> int | None:
    """The bound below which that share of all lies; of what took longer than any bound, the last one."""
    if not count:
        return None
    seen = 0
    for place, here in enumerate(took):
        seen += here
        if seen >= share * count:
            return round(_BOUNDS[min(place, len(_BOUNDS) - 1)] * 1000)
    return round(_BOUNDS[-1] * 1000)


@dataclass(slots=True)
class RecentErrors:
    """How often the log told of each error since the process began, and when last. Names only."""

    _found: dict[str, tuple[int, datetime]] = field(default_factory=dict)

    def __call__(self, _logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        """As one of structlog's processors."""
        if event.get("level") in ("error", "critical"):
            name = str(event.get("event"))[:100]
            if name in self._found or len(self._found) < _MOST_EVENTS:
                count, _ = self._found.get(name, (0, None))
                self._found[name] = (count + 1, datetime.now(UTC))
        return event

    def told(self) -> list[dict[str, Any]]:
        """The last first."""
        newest = sorted(self._found.items(), key=lambda found: found[1][1], reverse=True)
        return [{"event": name, "count": count, "lastAt": at} for name, (count, at) in newest]


ERRORS = RecentErrors()
"""Of this process: its log is one."""
