"""Devices on the air: one listener a tenant, one reading of a change for all who see the same, one look a few seconds
at whether their sign-ins still hold.

A device that says in its greeting where it stands is sent the pages themselves as changes happen; any other is told to
pull. Either way a lost message costs latency only: a page says from which cursor it leads on, and what does not fit is
pulled.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Protocol, cast
from uuid import UUID

import msgspec
import structlog
from psycopg import Error as PsycopgError
from sqlalchemy.exc import SQLAlchemyError

from infra.questions import Asking, Question
from kernel.db import Database, Opening, TenantContext
from kernel.engine import Engine
from kernel.pokes import Pokes
from sync.deltas import Delta
from sync.pull import Standing
from sync.turns import Fair, Turns

log = structlog.get_logger()
# A revoked session or device, or one to be wiped, is off the air within five seconds, and its rows are gone: behind the
# wait come the look itself and the device's pull. A look costs 5 ms of a core for a thousand sockets of one company,
# 0.3 s for those of a thousand companies: a tenth of a core at the most.
LOOK_SECONDS = 2.5
_AGAIN_SECONDS = 0.2
MOST_OF_DEVICE, MOST_OF_MEMBER, MOST_OF_TENANT = 3, 20, 2_000  # sockets in one process
# A socket hears at most 50 times a second; the more there are of a tenant, the less often: 10,000 messages for all.
LEAST_PAUSE_SECONDS, MOST_PAUSE_SECONDS, _PAUSE_PER_SOCKET = 0.02, 0.25, 0.000_1
_STANDING_DEVICES = (
    "SELECT id FROM app.device "
    "WHERE tenant_id = %s AND id = ANY(%s) AND revoked_at IS NULL AND wipe_requested_at IS NULL"
)
_REMEMBERED = 200  # changes by name; who missed more hears that something may have changed


class SignIns(Protocol):
    """Which of these sessions are still in force. Filled by the identity service; one statement for all."""

    async def __call__(self, session_ids: Sequence[UUID]) -> frozenset[UUID]: ...


@dataclass(frozen=True, slots=True)
class Read:
    """A delta, and the instant at which it was read."""

    standing: Standing
    delta: Delta


Reading = Callable[[], AbstractAsyncContextManager[Read]]


class Flight:
    """One reading. `number`: of the last change that this process had heard of when it began. `read`: what was read; it
    is there before the reading has let go of its connection, which `over` waits for."""

    def __init__(self, number: int, reading: Reading) -> None:
        self.number = number
        self.read: asyncio.Future[Read] = asyncio.get_running_loop().create_future()
        self.over = asyncio.create_task(self._fly(reading))

    async def _fly(self, reading: Reading) -> None:
        try:
            async with reading() as found:
                self.read.set_result(found)
        except asyncio.CancelledError:
            self.read.cancel()
            raise
        except Exception as wrong:  # noqa: BLE001 - whoever waits for it is told
            if self.read.done():
                log.warning("sync.reading_ended_badly", error=type(wrong).__name__)
            else:
                self.read.set_exception(wrong)


@dataclass(eq=False, slots=True)
class OnAir:
    """One socket: whose it is, and the sign that it must be checked anew. `crowded_out`: newer ones took its place."""

    tenant_id: UUID
    device_id: UUID
    session_id: UUID | None
    member_id: UUID | None = None
    doubted: asyncio.Event = field(default_factory=asyncio.Event)
    crowded_out: bool = False

    def crowd_out(self) -> None:
        self.crowded_out = True
        self.doubted.set()


@dataclass(slots=True)
class Channel:
    """The changes of one tenant, numbered as this process heard of them."""

    number: int = 0
    names: deque[frozenset[str]] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    sockets: dict[OnAir, None] = field(default_factory=dict)  # the oldest first
    flights: dict[tuple[str, int], Flight] = field(default_factory=dict)
    listening: asyncio.Task[None] | None = None
    ready: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def pause_seconds(self) -> float:
        """Between two messages to the same socket; what happens meanwhile is one message."""
        return min(MOST_PAUSE_SECONDS, max(LEAST_PAUSE_SECONDS, len(self.sockets) * _PAUSE_PER_SOCKET))

    def enter(self, socket: OnAir) -> None:
        """Adds a socket; where one too many is open, the oldest of the device, member or tenant goes."""
        open_ones = [known for known in self.sockets if not known.crowded_out]
        own = [known for known in open_ones if known.member_id == socket.member_id]
        of_device = [known for known in own if known.device_id == socket.device_id]
        for found, most in ((of_device, MOST_OF_DEVICE), (own, MOST_OF_MEMBER), (open_ones, MOST_OF_TENANT)):
            if len([known for known in found if not known.crowded_out]) >= most:
                next(known for known in found if not known.crowded_out).crowd_out()
        self.sockets[socket] = None

    def hear(self, names: frozenset[str]) -> None:
        self.number += 1
        self.names.append(names)
        self.flights = {key: flight for key, flight in self.flights.items() if not flight.over.done()}
        self.changed.set()
        self.changed = asyncio.Event()  # who waits next waits for the next change

    async def together(self, views: str, after: int, number: int, reading: Reading) -> Read:
        """One reading for all who stand at `after` and see the same; begun after the change that they heard of."""
        flight = self.flights.get((views, after))
        if flight is None or flight.number < number:
            flight = self.flights[views, after] = Flight(self.number, reading)
        return flight.read.result() if flight.read.done() else await asyncio.shield(flight.read)

    async def after(self, number: int) -> tuple[int, frozenset[str]]:
        """Waits for a change behind `number`: the latest, and the entities since. None named: anything may have."""
        while self.number <= number:
            await self.changed.wait()
        missed = self.number - number
        if missed > len(self.names):
            return self.number, frozenset()
        since = list(self.names)[-missed:]
        return self.number, frozenset() if not all(since) else frozenset().union(*since)


class Air:
    """All sockets of this process."""

    def __init__(self, engine: Engine, pokes: Pokes, sign_ins: SignIns, greetings: Turns | None = None) -> None:
        self._engine, self._pokes, self._sign_ins = engine, pokes, sign_ins
        self.greetings = greetings or Fair().greetings
        self._channels: dict[UUID, Channel] = {}
        self._looking: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def on(self, socket: OnAir) -> AsyncIterator[Channel]:
        """While entered the socket hears of its tenant's changes, and is doubted when its sign-in no longer holds."""
        channel = self._channels.get(socket.tenant_id)
        if channel is None:
            channel = self._channels[socket.tenant_id] = Channel()
            channel.listening = asyncio.create_task(self._listen(socket.tenant_id, channel))
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        channel.enter(socket)
        try:
            await channel.ready.wait()
            yield channel
        finally:
            channel.sockets.pop(socket, None)
            if not channel.sockets and self._channels.get(socket.tenant_id) is channel:
                del self._channels[socket.tenant_id]
                if channel.listening is not None:
                    channel.listening.cancel()

    async def _listen(self, tenant_id: UUID, channel: Channel) -> None:
        async with self._pokes.subscribe(tenant_id) as changes:
            channel.ready.set()
            async for names in changes:
                channel.hear(names)

    async def _look(self) -> None:
        """Every few seconds, as long as anybody is there: two statements, and one a tenant."""
        pause = LOOK_SECONDS
        while self._channels:
            await asyncio.sleep(pause)
            try:
                await self._doubt()
                pause = LOOK_SECONDS
            except (SQLAlchemyError, PsycopgError, OSError) as wrong:
                # The database was away: of the pool's connections each is found broken once, and then replaced.
                pause = min(_AGAIN_SECONDS, LOOK_SECONDS)
                log.warning("sync.look_failed", error=type(wrong).__name__)

    async def _doubt(self) -> None:
        """Sockets whose session or device does not hold any more are to be checked by themselves."""
        sockets = [socket for channel in self._channels.values() for socket in channel.sockets]
        good = await self._sign_ins([socket.session_id for socket in sockets if socket.session_id is not None])
        async with self._engine.database.holding() as database:  # a thousand companies ask one after another
            for tenant_id, channel in list(self._channels.items()):
                sockets = list(channel.sockets)
                devices = await _standing_devices(database, tenant_id, {socket.device_id for socket in sockets})
                for socket in sockets:
                    if socket.device_id not in devices or socket.session_id not in good:
                        socket.doubted.set()

    async def close(self) -> None:
        tasks = [channel.listening for channel in self._channels.values()]
        for task in (self._looking, *tasks):
            if task is not None:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task


async def _standing_devices(database: Database, tenant_id: UUID, ids: Collection[UUID]) -> frozenset[UUID]:
    """Which of these devices nobody has revoked or ordered to be wiped; one round trip."""
    asked = Question(_STANDING_DEVICES, [tenant_id, list(ids)], _ids)
    [found] = await database.asked(Opening(TenantContext(tenant_id).wide(), Asking([asked])))
    return cast("frozenset[UUID]", found)


def _ids(rows: str | None) -> frozenset[UUID]:
    return frozenset(UUID(row["id"]) for row in msgspec.json.decode(rows or "[]"))
