"""Token buckets: one number each, the instant at which the bucket was, or will be, empty.

In Redis they hold for all processes of the server. Each process remembers what it was told there: a bucket that was
empty is empty until it has refilled, which costs no look into Redis; and while Redis is away, or slow to answer, each
process goes on from there by itself. A company is held back less exactly then, but never begins with a full bucket, and
nobody is refused because a part is down.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from infra.quota_settings import Limit

log = structlog.get_logger()
_TIMEOUT_SECONDS = 0.5
_REST_SECONDS = 5.0  # after a failure Redis is left alone so long: nobody waits for it at every request
_MOST_LOCAL = 20_000
FORCED: Final = -1  # as `least`: what was used already is booked, whatever is left

# KEYS: buckets. ARGV: the instant in seconds (none: Redis' own clock, one for all processes); then for each bucket its
# group, rate, burst, least, most. The buckets of a group grant the same amount, what the poorest of them has, at most
# `most`. Unless every group has its least nothing at all is taken: {0, seconds to wait, the poorest bucket's number}.
# Last comes of each bucket looked at for how many seconds it has been empty and filling by now.
_TAKE: Final = """
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = tonumber(time[1]) + tonumber(time[2]) / 1000000
end
local granted, empty, ages, groups = {}, {}, {}, 0
for i = 1, #KEYS do
  local at = (i - 1) * 5 + 1
  local group, rate, burst = tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3])
  local least, most = tonumber(ARGV[at + 4]), tonumber(ARGV[at + 5])
  empty[i] = math.max(tonumber(redis.call('GET', KEYS[i]) or -1e15), now - burst / rate)
  ages[i] = string.format('%.6f', now - empty[i])
  local there = math.floor((now - empty[i]) * rate + 0.000001)
  least = math.min(least, burst)
  if least >= 0 and there < least then
    return {0, string.format('%.6f', least / rate - (now - empty[i])), i, ages}
  end
  local share = most
  if least >= 0 then share = math.max(0, math.min(most, there)) end
  granted[group] = math.min(granted[group] or share, share)
  groups = math.max(groups, group)
end
for i = 1, #KEYS do
  local at = (i - 1) * 5 + 1
  local rate, burst, taken = tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3]), granted[tonumber(ARGV[at + 1])]
  if taken > 0 then
    local mark = empty[i] + taken / rate
    ages[i] = string.format('%.6f', now - mark)
    redis.call('SET', KEYS[i], string.format('%.6f', mark), 'PX', math.ceil((mark - now + burst / rate) * 1000) + 1000)
  end
end
local told = {}
for group = 1, groups do told[group] = granted[group] or 0 end
return {1, told, ages}
"""


@dataclass(frozen=True, slots=True)
class Want:
    """What is asked of one bucket. `least`: without so much nothing is taken (FORCED: taken in any case, into debt).
    `group`: from 1; the buckets of a group grant the same amount."""

    key: str
    group: int
    limit: Limit
    least: int
    most: int


@dataclass(frozen=True, slots=True)
class Taken:
    """`granted`: by group. Refused: `wait_seconds` until the bucket `refused` (its place in the list) has enough."""

    granted: list[int]
    refused: int | None = None
    wait_seconds: float = 0.0


class Buckets:
    """Buckets by key, in Redis or, without it, in this process. `now`: seconds; None: Redis' own clock."""

    def __init__(self, redis: Redis | None, now: Callable[[], float] | None = None) -> None:
        self._redis, self._now = redis, now
        self._script = redis.register_script(_TAKE) if redis is not None else None
        self._local: OrderedDict[str, float] = OrderedDict()
        self._away_until = 0.0

    async def take(self, wanted: Sequence[Want]) -> Taken:
        """All of it at one instant, or nothing. Never fails."""
        if self._script is None or time.monotonic() < self._away_until:
            return self._take_here(wanted)
        empty = self._refused_here(wanted)
        if empty is not None:
            return empty
        # A task of its own: whoever stands back for others (`sync.yielding`) must not find Redis slow for that.
        told = await asyncio.create_task(self._told(wanted))
        if told is None:
            return self._take_here(wanted)
        self._remember(wanted, told[-1])
        if int(told[0]):
            return Taken([int(granted) for granted in told[1]])
        return Taken([], int(told[2]) - 1, float(told[1]))

    async def _told(self, wanted: Sequence[Want]) -> Any:
        """What the script says; None when Redis does not."""
        assert self._script is not None
        arguments: list[Any] = ["" if self._now is None else repr(self._now())]
        for want in wanted:
            arguments += [want.group, repr(want.limit.rate), want.limit.burst, want.least, want.most]
        try:
            async with asyncio.timeout(_TIMEOUT_SECONDS):
                return await self._script(keys=[want.key for want in wanted], args=arguments)
        except (RedisError, OSError, TimeoutError) as wrong:
            if time.monotonic() >= self._away_until:  # told once for all who were under way
                log.warning("sync.quotas_local", reason=type(wrong).__name__)
            self._away_until = time.monotonic() + _REST_SECONDS
            return None

    def filling_seconds(self, key: str) -> float | None:
        """For how long a bucket has been filling, as far as this process knows; negative: it is in debt. None: it
        heard of nothing taken."""
        empty = self._local.get(key)
        return None if empty is None else self._instant() - empty

    def _remember(self, wanted: Sequence[Want], ages: Sequence[bytes]) -> None:
        """What Redis told of the buckets looked at. Never back: answers may overtake each other."""
        now = self._instant()
        for want, age in zip(wanted, ages, strict=False):
            self._mark(want.key, max(self._local.get(want.key, -1e15), now - float(age)))

    def _refused_here(self, wanted: Sequence[Want]) -> Taken | None:
        """The refusal, where this process knows of it: what others took since makes a bucket only emptier."""
        now = self._instant()
        for place, want in enumerate(wanted):
            least = min(want.least, want.limit.burst)
            empty, there = self._there(want, now)
            if least >= 0 and there < least:
                return Taken([], place, least / want.limit.rate - (now - empty))
        return None

    def _take_here(self, wanted: Sequence[Want]) -> Taken:
        """The same arithmetic over this process's own buckets."""
        refused = self._refused_here(wanted)
        if refused is not None:
            return refused
        now = self._instant()
        granted: dict[int, int] = {}
        for want in wanted:
            share = want.most if want.least < 0 else max(0, min(want.most, self._there(want, now)[1]))
            granted[want.group] = min(granted.get(want.group, share), share)
        for want in wanted:
            if taken := granted[want.group]:
                self._mark(want.key, self._there(want, now)[0] + taken / want.limit.rate)
        return Taken([granted[group] for group in sorted(granted)])

    def _there(self, want: Want, now: float) -> tuple[float, int]:
        """Since when a bucket has been filling, and how much of it is there."""
        empty = max(self._local.get(want.key, -1e15), now - want.limit.burst / want.limit.rate)
        return empty, int((now - empty) * want.limit.rate + 0.000001)

    def _mark(self, key: str, empty: float) -> None:
        self._local[key] = empty
        self._local.move_to_end(key)
        while len(self._local) > _MOST_LOCAL:
            self._local.popitem(last=False)

    def _instant(self) -> float:
        return (self._now or time.monotonic)()
