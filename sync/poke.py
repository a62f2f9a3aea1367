"""The poke: a WebSocket that says "pull now", or brings the pages themselves. A lost message costs latency only."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Coroutine
from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast

import msgspec
import structlog
from litestar import WebSocket
from litestar.exceptions import WebSocketDisconnect, WebSocketException
from msgspec import structs

from kernel.entity import described
from sync.collections import collections_of
from sync.errors import CursorInvalid, DeviceWiped, OverQuota, ServerTooOld, TooManySockets
from sync.gate import ONE, Gate
from sync.live import Air, Channel, OnAir
from sync.live_place import LivePlace, live_place
from sync.pull import RIGHTS
from sync.push import PASSING
from sync.service import SyncService
from sync.turns import Turns
from sync.versions import readable
from sync.views import views_key, views_of
from sync.wire import PokeHello, PokeStanding, decode
from tenants.access import ENTITLEMENTS
from tenants.entities import TenantSetting
from values.errors import Busy, InvalidInput, NotSignedIn, Refusal, RequestMalformed

if TYPE_CHECKING:
    from sync.door import Authenticate

log = structlog.get_logger()
Stopping = asyncio.Event

HELLO_SECONDS = 10.0
RECHECK_SECONDS = 60.0  # what ends by time alone; what is revoked is seen within five seconds (`sync.live`)
SEND_SECONDS = 30.0  # a device that takes nothing for so long is gone; until then it is told once, when it reads again
_CLOSE_SECONDS = 5.0
# RFC 6455 §7.4; 1012 "service restart" and 1013 "try again later" are IANA-registered
REFUSED, WIPED, INVALID, THROTTLED, STOPPED, LATER = 4401, 4403, 4400, 4429, 1012, 1013
_WHO_FETCHES = frozenset({ENTITLEMENTS, described(TenantSetting).name})  # what says whether and which data may go
_POKE = msgspec.json.encode({"poke": True}).decode()
_READY = msgspec.json.encode({"ready": True}).decode()
_CODES: tuple[tuple[type[Refusal], int], ...] = (
    (InvalidInput, INVALID),
    (RequestMalformed, INVALID),
    (DeviceWiped, WIPED),
    (OverQuota, THROTTLED),
    (TooManySockets, THROTTLED),
    (Busy, LATER),
    (ServerTooOld, STOPPED),  # it comes back once the server is newer
)


async def serve_pokes(
    socket: WebSocket[Any, Any, Any],
    service: SyncService,
    watch: Authenticate,
    air: Air,
    stopping: Stopping,
    gate: Gate,
) -> None:
    """Greets, then tells until the device goes, its rights end or the server stops.

    A socket that is only open is no use of the session: `watch` lets it run into its idle time-out.
    """
    await socket.accept()
    try:
        hello = await _hello(socket)
        told = Told(socket, service, watch, hello, air.greetings)
        await told.check(greeting=True)
        await gate.quotas.take(told.actor, hello.device_id, ONE)
        on_air = OnAir(told.actor.tenant_id, hello.device_id, told.actor.session_id, told.actor.member_id)
        async with air.on(on_air) as channel:
            number = channel.number  # what is heard from here on is told, also while the greeting is still being sent
            await told.send(_READY)
            await _until_it_ends(told.tell(channel, number), told, on_air, stopping)
        await _close(socket, STOPPED, "SERVER_STOPS")  # not while a task still reads: the close would wait for it
    except Refusal as refusal:
        code = next((code for kind, code in _CODES if isinstance(refusal, kind)), REFUSED)
        await _close(socket, code, refusal.code)
    except TimeoutError:
        log.info("sync.poke_unread")
        await _close(socket, LATER, "UNREAD")
    except PASSING as passing:  # the database is away, or has no place free for as long as one waits
        log.warning("sync.poke_interrupted", error=type(passing).__name__)
        await _close(socket, LATER, Busy.code)
    except (WebSocketDisconnect, WebSocketException):
        log.debug("sync.poke_disconnected")


class Told:
    """One device on the air: who it is now, and where it stands."""

    def __init__(
        self,
        socket: WebSocket[Any, Any, Any],
        service: SyncService,
        watch: Authenticate,
        hello: PokeHello,
        greetings: Turns,
    ) -> None:
        self._socket, self._service, self._watch, self._hello = socket, service, watch, hello
        self._greetings = greetings
        self._token, self._place = hello.cursor, cast("LivePlace | None", None)

    async def check(self, *, greeting: bool = False) -> None:
        """Who this is at present. Devices that come back all at once are greeted a few at a time, and who is not
        reached in time comes again. Raises NotSignedIn, DeviceRevoked, DeviceWiped, NotFound, Busy, AppTooOld,
        ServerTooOld."""
        client = self._socket.client
        address = client.host if client is not None else None
        if not greeting:
            await self._look_at(address)
            return
        async with self._greetings.turn(address):
            await self._look_at(address)

    async def _look_at(self, address: str | None) -> None:
        signed_in = await self._watch(self._hello.token, address=address, request_id=None)
        signed_in.require("sync")
        self.actor = signed_in.actor
        self._known = await self._service.greeted(self.actor, self._hello.device_id)
        self._fetches = self._known.may_fetch(self._known.device.encrypted)  # else it hears that there is something
        self._version = readable(self._hello.schema_version)
        reader = self._known.reader(self.actor)
        collections = collections_of(reader, None, self._version)
        shown = {described(found.entity).name for found in collections.values()}
        self._shown = shown | {*RIGHTS, *_WHO_FETCHES}
        self._views = views_key(views_of(reader, collections))
        self._place = None

    async def recheck(self) -> None:
        """The same later on. What begins and ends by time alone is no change that anybody announces."""
        before = self._views
        await self.check()
        if self._views != before:
            await self.send(_POKE)

    async def send(self, message: str | bytes) -> None:
        """One message at a time: while a device does not read, nothing is kept for it. Raises TimeoutError."""
        async with asyncio.timeout(SEND_SECONDS):
            if isinstance(message, str):
                await self._socket.send_text(message)
            else:
                await self._socket.send_bytes(message)

    async def receive(self) -> str:
        return await self._socket.receive_text()

    def stands_at(self, cursor: str | None) -> None:
        """The device went on by itself."""
        self._token, self._place = cursor, None

    async def tell(self, channel: Channel, number: int) -> None:
        """Whatever happens behind `number`, until cancelled."""
        if self._token is not None:
            await self._news(channel, number)  # between the device's last pull and this socket something may have come
        while True:
            number, names = await channel.after(number)
            if names and not names & self._shown:
                continue
            if not names or names & _WHO_FETCHES:
                await self.check()
            await self._news(channel, number)
            await asyncio.sleep(channel.pause_seconds)

    async def _news(self, channel: Channel, number: int) -> None:
        page = None
        if self._token is not None and self._fetches:
            try:
                page = await self._page(channel, number)
            except CursorInvalid:
                self._token = None
        if page is None:
            await self.send(_POKE)
        elif page:
            await self.send(page)

    def _standing(self, token: str) -> LivePlace | None:
        service = self._service
        return live_place(service.engine, service.fair.quick, self.actor, self._known, token, self._version)

    async def _page(self, channel: Channel, number: int) -> bytes | None:
        """What the device is sent; empty: nothing that it sees. None: it has to pull, this is no plain delta."""
        token = self._token or ""
        if self._place is None:
            self._place = self._standing(token)
            if self._place is None:  # the device may know of new rights before we do
                await self.check()
                self._place = self._standing(token)
        place = self._place
        if place is None:
            return None
        read = await channel.together(place.views, place.cursor.clock, number, place.reading)
        if read.standing.rights_changed:
            await self.check()
            return None
        told = place.page(read, token)
        if told is None:
            self._place = None
            return None
        place.cursor = structs.replace(place.cursor, clock=read.delta.upto)
        if not told.body:
            return b""
        self._token = told.header.cursor
        return told.encoded()


async def _hello(socket: WebSocket[Any, Any, Any]) -> PokeHello:
    try:
        async with asyncio.timeout(HELLO_SECONDS):
            return decode((await socket.receive_text()).encode(), PokeHello)
    except TimeoutError:
        raise NotSignedIn from None


async def _until_it_ends(telling: Coroutine[Any, Any, None], told: Told, on_air: OnAir, stopping: Stopping) -> None:
    """Four things may happen; the first that ends takes the socket with it."""

    async def recheck() -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(RECHECK_SECONDS * random.uniform(0.5, 1.5)):  # noqa: S311 - no secret
                    await on_air.doubted.wait()
            if on_air.crowded_out:
                raise TooManySockets
            on_air.doubted.clear()
            await told.recheck()

    async def hear() -> None:
        while True:  # what a device says after its greeting is where it stands
            told.stands_at(decode((await told.receive()).encode(), PokeStanding).cursor)

    running = [asyncio.create_task(work) for work in (recheck(), telling, hear(), stopping.wait())]
    try:
        done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def _close(socket: WebSocket[Any, Any, Any], code: int, reason: str) -> None:
    with contextlib.suppress(WebSocketDisconnect, WebSocketException, RuntimeError, TimeoutError):  # it went first
        async with asyncio.timeout(_CLOSE_SECONDS):
            await socket.close(code=code, reason=reason)
