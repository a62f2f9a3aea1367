"""Pokes over Redis: after a commit every process that serves the tenant hears which entities changed, nothing more. The
one that committed tells its own subscribers itself.

Redis down costs latency, never a command: what was not published is found by the next pull, an undelivered outbox
message by the sweep.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any
from uuid import UUID, uuid4

import msgspec
import structlog
from arq.connections import ArqRedis
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

from server.jobs import wake_outbox
from tenants.access import ENTITLEMENTS

_BILLING = "billing."  # whatever billing has to tell about may have changed what the company may use
_CONTROL = "poke:-"  # a connection without any channel could not be read
_SUBSCRIBED_SECONDS = 2.0
_PUBLISHED_SECONDS = 2.0
_LONGEST_PAUSE_SECONDS = 15.0
_BACKLOG_TENANTS = 10_000
_TOGETHER_SECONDS = 0.05  # the first commit is told at once, those of the next moment together
_log = structlog.get_logger()


class _Listener:
    """One local subscriber: a set of names grows until it is taken, so a slow reader costs no more than the names.

    What may have been missed outweighs the names: who takes only these would leave every other entity stale.
    """

    def __init__(self) -> None:
        self._names: set[str] = set()
        self._missed = False
        self._changed = asyncio.Event()

    def hear(self, names: frozenset[str]) -> None:
        """An empty set says: something may have been missed."""
        self._names |= names
        self._missed = self._missed or not names
        self._changed.set()

    def __aiter__(self) -> AsyncIterator[frozenset[str]]:
        return self

    async def __anext__(self) -> frozenset[str]:
        await self._changed.wait()
        self._changed.clear()
        names, missed = frozenset(self._names), self._missed
        self._names, self._missed = set(), False
        return frozenset() if missed else names


class RedisPokes:
    """The kernel's Pokes and its CommitListener. One connection per process listens for all its subscribers."""

    def __init__(self, redis: Redis, jobs: ArqRedis, failed: Callable[[], None] = lambda: None) -> None:
        self._redis, self._jobs, self._failed = redis, jobs, failed
        self._origin = uuid4().hex
        self._listeners: dict[str, set[_Listener]] = {}
        self._subscribed: dict[str, asyncio.Event] = {}
        self._pubsub: PubSub | None = None
        self._reader: asyncio.Task[None] | None = None
        self._unconfirmed: set[str] = set()
        self._pending: dict[UUID, tuple[frozenset[str], bool]] = {}
        self._sender: asyncio.Task[None] | None = None

    async def committed(self, tenant_id: UUID, entities: frozenset[str], topics: frozenset[str]) -> None:
        """Notes what to tell and returns at once; commits that follow each other closely are told together."""
        if any(topic.startswith(_BILLING) for topic in topics):
            entities |= {ENTITLEMENTS}
        if not self._note(tenant_id, entities, bool(topics)):
            self._failed()
            return
        if self._sender is None or self._sender.done():
            self._sender = asyncio.get_running_loop().create_task(self._send_pending())

    @asynccontextmanager
    async def subscribe(self, tenant_id: UUID) -> AsyncIterator[AsyncIterator[frozenset[str]]]:
        """While entered, an iterator over names of changed entities; an empty set says "something may be missing"."""
        channel, listener = _channel(tenant_id), _Listener()
        listeners = self._listeners.setdefault(channel, set())
        listeners.add(listener)
        try:
            await self._listen_to(channel)
            yield listener
        finally:
            listeners.discard(listener)
            if not listeners and self._listeners.get(channel) is listeners:
                del self._listeners[channel]
                self._subscribed.pop(channel, None)
                self._unconfirmed.discard(channel)
                await self._tell_redis("unsubscribe", channel)

    async def close(self) -> None:
        """Sends what is pending, then lets go of the connections it holds."""
        if self._sender is not None:
            with suppress(asyncio.CancelledError):
                await asyncio.wait({self._sender}, timeout=2)
            self._sender.cancel()
        if self._reader is not None:
            self._reader.cancel()
            with suppress(asyncio.CancelledError):
                await self._reader
            self._reader = None

    def _note(self, tenant_id: UUID, names: frozenset[str], wake: bool) -> bool:
        """Whether it could be kept: the backlog has an end."""
        if tenant_id not in self._pending and len(self._pending) >= _BACKLOG_TENANTS:
            return False
        known, woken = self._pending.get(tenant_id, (frozenset[str](), False))
        self._pending[tenant_id] = (known | names, woken or wake)
        return True

    async def _send_pending(self) -> None:
        """Until nothing is left to tell. What Redis did not take is told once it is back."""
        pause = _TOGETHER_SECONDS
        while self._pending:
            tenant_id, (names, wake) = self._pending.popitem()
            try:
                async with asyncio.timeout(_PUBLISHED_SECONDS):
                    if names:
                        self._tell_here(_channel(tenant_id), names)
                        poke = _Poke(sorted(names), self._origin)
                        await self._redis.publish(_channel(tenant_id), msgspec.json.encode(poke))
                        names = frozenset()
                    if wake:
                        await wake_outbox(self._jobs, tenant_id)
                pause = _TOGETHER_SECONDS
            except (RedisError, OSError, TimeoutError) as wrong:
                self._failed()
                self._note(tenant_id, names, wake)
                _log.warning("pokes.publish_failed", tenant=str(tenant_id), reason=type(wrong).__name__)
                pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
                await asyncio.sleep(pause)
            if not self._pending:
                await asyncio.sleep(_TOGETHER_SECONDS)

    async def _listen_to(self, channel: str) -> None:
        """Returns when Redis has confirmed, so that nothing after this is missed; or after two seconds without it: then
        the subscriber hears, when it is confirmed, that something may have been missed."""
        if self._reader is None or self._reader.done():
            self._reader = asyncio.get_running_loop().create_task(self._read())
        confirmed = self._subscribed.get(channel)
        if confirmed is None:
            confirmed = self._subscribed[channel] = asyncio.Event()
            await self._tell_redis("subscribe", channel)
        try:
            await asyncio.wait_for(confirmed.wait(), _SUBSCRIBED_SECONDS)
        except TimeoutError:
            self._unconfirmed.add(channel)
            _log.warning("pokes.subscription_unconfirmed")

    async def _tell_redis(self, verb: str, channel: str) -> None:
        """Changes the channels of the live connection; without one the reader does it when it connects."""
        if self._pubsub is None:
            return
        try:
            await getattr(self._pubsub, verb)(channel)
        except (RedisError, OSError, RuntimeError) as wrong:
            _log.info("pokes.channel_not_changed", verb=verb, reason=type(wrong).__name__)

    async def _read(self) -> None:
        """Holds the connection for ever: connects, listens, and after a failure tries again, ever more slowly."""
        pause, first = 0.1, True
        while True:
            try:
                async with self._redis.pubsub() as pubsub:
                    told = frozenset(self._listeners)
                    await pubsub.subscribe(_CONTROL, *told)
                    self._pubsub = pubsub
                    if late := self._listeners.keys() - told:  # they came while this connected, and found no connection
                        await pubsub.subscribe(*late)
                    if not first:
                        self._tell_everybody()
                    first, pause = False, 0.1
                    while True:
                        message = await pubsub.get_message(timeout=30.0)
                        if message is not None:
                            self._hear(message)
            except (RedisError, OSError, TimeoutError) as wrong:
                first = False  # who subscribed meanwhile was told of nothing
                self._failed()
                _log.warning("pokes.connection_lost", reason=type(wrong).__name__, pause_seconds=pause)
            finally:
                self._pubsub = None
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)

    def _hear(self, message: dict[str, Any]) -> None:
        channel = message["channel"].decode()
        if message["type"] == "subscribe":
            confirmed = self._subscribed.get(channel)
            if confirmed is not None:
                confirmed.set()
            if channel in self._unconfirmed:
                self._unconfirmed.discard(channel)
                for listener in self._listeners.get(channel, ()):
                    listener.hear(frozenset())
        elif message["type"] == "message":
            try:
                poke = msgspec.json.decode(message["data"], type=_Poke)
            except msgspec.DecodeError:
                _log.warning("pokes.message_unreadable")
                return
            if poke.origin != self._origin:  # or this process has heard it already
                self._tell_here(channel, frozenset(poke.entities))

    def _tell_here(self, channel: str, names: frozenset[str]) -> None:
        for listener in self._listeners.get(channel, ()):
            listener.hear(names)

    def _tell_everybody(self) -> None:
        for listeners in self._listeners.values():
            for listener in listeners:
                listener.hear(frozenset())


class _Poke(msgspec.Struct, frozen=True):
    """`origin`: the process that committed; it told its own subscribers without the way through Redis."""

    entities: list[str]
    origin: str = ""


def _channel(tenant_id: UUID) -> str:
    return f"poke:{tenant_id}"
