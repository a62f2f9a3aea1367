"""Token buckets: one number each, the instant at which the bucket was, or will be, empty.

In Redis they hold for all processes of the server; while Redis is away each process keeps its own, so that a company is
held back less exactly, and nobody is refused because a part is down.
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
# `most`. Unless every group has its least nothing at all is taken: {0, seconds to wait, the group's number, the poorest
# bucket's number}.
_TAKE: Final = """
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = tonumber(time[1]) + tonumber(time[2]) / 1000000
end
local granted, empty, groups = {}, {}, 0
for i = 1, #KEYS do
  local at = (i - 1) * 5 + 1
  local group, rate, burst = tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3])
  local least, most = tonumber(ARGV[at + 4]), tonumber(ARGV[at + 5])
  empty[i] = math.max(tonumber(redis.call('GET', KEYS[i]) or -1e15), now - burst / rate)
  local there = math.floor((now - empty[i]) * rate + 0.000001)
  least = math.min(least, burst)
  if least >= 0 and there < least then
    return {0, string.format('%.6f', (least - there) / rate), group, i}
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
    redis.call('SET', KEYS[i], string.format('%.6f', mark), 'PX', math.ceil((mark - now + burst / rate) * 1000) + 1000)
  end
end
local told = {1}
for group = 1, groups do told[group + 1] = granted[group] or 0 end
return told
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
        arguments: list[Any] = ["" if self._now is None else repr(self._now())]
        for want in wanted:
            arguments += [want.group, repr(want.limit.rate), want.limit.burst, want.least, want.most]
        try:
            async with asyncio.timeout(_TIMEOUT_SECONDS):
                told = await self._script(keys=[want.key for want in wanted], args=arguments)
        except (RedisError, OSError, TimeoutError) as wrong:
            if time.monotonic() >= self._away_until:  # of a crowd that waited together one tells
                log.warning("sync.quotas_local", reason=type(wrong).__name__)
            self._away_until = time.monotonic() + _REST_SECONDS
            return self._take_here(wanted)
        if int(told[0]):
            return Taken([int(granted) for granted in told[1:]])
        return Taken([], int(told[3]) - 1, float(told[1]))

    def _take_here(self, wanted: Sequence[Want]) -> Taken:
        """The same arithmetic over this process's own buckets."""
        now = (self._now or time.monotonic)()
        granted: dict[int, int] = {}
        empty: list[float] = []
        for place, want in enumerate(wanted):
            limit, least = want.limit, min(want.least, want.limit.burst)
            empty.append(max(self._local.get(want.key, -1e15), now - limit.burst / limit.rate))
            there = int((now - empty[place]) * limit.rate + 0.000001)
            if least >= 0 and there < least:
                return Taken([], place, (least - there) / limit.rate)
            share = want.most if least < 0 else max(0, min(want.most, there))
            granted[want.group] = min(granted.get(want.group, share), share)
        for place, want in enumerate(wanted):
            if taken := granted[want.group]:
                self._local[want.key] = empty[place] + taken / want.limit.rate
                self._local.move_to_end(want.key)
        while len(self._local) > _MOST_LOCAL:
            self._local.popitem(last=False)
        return Taken([granted[group] for group in sorted(granted)])
