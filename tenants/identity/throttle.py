"""Throttling by an exact sliding window in Redis: at most `limit` hits in any `window_seconds`, counted atomically."""

from __future__ import annotations

import asyncio
import hashlib
import math
import secrets
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Address, IPv6Network, ip_address
from typing import Any, Final

from redis.asyncio import Redis
from redis.exceptions import RedisError

# A sorted set of the allowed hits' instants. Refused hits are not recorded: trying on does not prolong the wait, and
# memory per key stays at `limit` members. Times come from the caller's clock in microseconds.
_WINDOW: Final = """
local key, limit, window = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2])
local now, hit = tonumber(ARGV[3]), ARGV[4]
redis.call('ZREMRANGEBYSCORE', key, '-inf', now - window)
local count = redis.call('ZCARD', key)
if count < limit then
  redis.call('ZADD', key, now, hit)
  redis.call('PEXPIRE', key, math.ceil(window / 1000))
  return {1, limit - count - 1, 0}
end
-- The hit whose leaving brings the count below the limit (not the oldest, should the limit have been lowered).
local blocking = redis.call('ZRANGE', key, count - limit, count - limit, 'WITHSCORES')
return {0, 0, string.format('%d', tonumber(blocking[2]) + window - now)}
"""


class ThrottleUnavailable(RuntimeError):
    """Redis did not answer in time. Whether to let the request pass is the caller's decision, not ours."""

    code = "throttle_unavailable"


@dataclass(frozen=True, slots=True)
class Decision:
    """`remaining`: hits still free in this window. `retry_after_seconds`: whole seconds to wait, 0 when allowed."""

    allowed: bool
    remaining: int
    retry_after_seconds: int


class Throttle:
    """Counts by key, e.g. `sign_in:account:…` and `sign_in:address:…`. Keys are hashed: Redis holds no phone or e-mail.

    Works with a client of either `decode_responses` setting. Every call ends within `timeout_seconds`.
    """

    def __init__(self, redis: Redis, *, timeout_seconds: float = 1.0) -> None:
        self._redis = redis
        self._timeout_seconds = timeout_seconds
        self._window = redis.register_script(_WINDOW)

    async def hit(self, key: str, limit: int, window_seconds: int, now: datetime) -> Decision:
        """Count one attempt, unless the window is full. `now` must be aware. Raises ThrottleUnavailable."""
        if limit < 1 or window_seconds < 1:
            raise ValueError("A throttle allows at least one hit in at least one second.")
        if now.tzinfo is None:
            raise ValueError("`now` must be an instant with a time zone.")
        window, instant = window_seconds * 1_000_000, int(now.timestamp() * 1_000_000)
        arguments: list[Any] = [limit, window, instant, f"{instant}:{secrets.token_hex(8)}"]
        try:
            async with asyncio.timeout(self._timeout_seconds):
                allowed, remaining, wait = await self._window(keys=[_redis_key(key)], args=arguments)
        except (RedisError, OSError, TimeoutError) as error:
            raise _unavailable() from error
        # A clock set back leaves hits in the future; nobody waits longer than one window for that.
        seconds = min(math.ceil(int(wait) / 1_000_000), window_seconds)
        return Decision(bool(allowed), int(remaining), 0 if allowed else max(1, seconds))

    async def clear(self, key: str) -> None:
        """Forget the key's hits, e.g. after a successful sign-in. Raises ThrottleUnavailable."""
        try:
            async with asyncio.timeout(self._timeout_seconds):
                await self._redis.delete(_redis_key(key))
        except (RedisError, OSError, TimeoutError) as error:
            raise _unavailable() from error


def holder_of(address: str) -> str:
    """Whom an address stands for: an IPv6 holder has the whole /64, an IPv4 one the address itself, however written.

    What is no address comes back as it is.
    """
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if isinstance(found, IPv4Address):
        return str(found)
    return str(found.ipv4_mapped or IPv6Network((int(found) >> 64 << 64, 64)))


def _redis_key(key: str) -> str:
    return "throttle:" + hashlib.sha256(key.encode(errors="replace")).hexdigest()


def _unavailable() -> ThrottleUnavailable:
    return ThrottleUnavailable("The throttle's Redis does not answer.")
