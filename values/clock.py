"""The one source of "now". Injected, so that stories run on a frozen clock and an operator can move a sandbox's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo


class Clock(Protocol):
    def now(self) -> datetime:
        """The present instant, timezone-aware, in UTC."""
        ...


@dataclass(frozen=True, slots=True)
class SystemClock:
    """The machine's clock, moved by `offset` (development only: `YUNFAN_CLOCK`)."""

    offset: timedelta = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset


@dataclass(slots=True)
class FrozenClock:
    """A clock that moves only when told to: for stories and simulations."""

    instant: datetime

    def now(self) -> datetime:
        return self.instant

    def move(self, **by: float) -> datetime:
        """Move by `timedelta(**by)` and return the new instant."""
        self.instant += timedelta(**by)
        return self.instant


def midnight_after(instant: datetime, zone: str) -> datetime:
    """The first local midnight at or after `instant`, as a UTC instant."""
    local = instant.astimezone(ZoneInfo(zone))
    start = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    if start == local:
        return instant.astimezone(UTC)
    following = datetime.combine(local.date() + timedelta(days=1), datetime.min.time(), tzinfo=ZoneInfo(zone))
    return following.astimezone(UTC)
