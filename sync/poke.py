"""The poke: a WebSocket that says "pull now" and nothing else. A lost poke costs latency only."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

import msgspec
import structlog
from litestar import WebSocket
from litestar.exceptions import WebSocketDisconnect, WebSocketException

from kernel.entity import described
from kernel.pokes import Pokes
from kernel.policy import Actor
from sync.collections import collections_of
from sync.errors import DeviceWiped
from sync.service import SyncService
from sync.wire import PokeHello, decode
from values.errors import InvalidInput, NotSignedIn, Refusal

if TYPE_CHECKING:
    from sync.http import Authenticate

log = structlog.get_logger()
Stopping = asyncio.Event

HELLO_SECONDS = 10.0
RECHECK_SECONDS = 4.0  # a revoked session or device is off the air within five
COALESCE_SECONDS = 0.02
REFUSED, WIPED, INVALID, STOPPED = 4401, 4403, 4400, 1012  # RFC 6455 §7.4; 1012 "service restart" is IANA-registered
# A change of rights moves rows in and out of the replica, whether or not the member may see roles.
_RIGHTS = frozenset({"tenants.Member", "tenants.Role", "tenants.RoleAssignment"})
_POKE = msgspec.json.encode({"poke": True}).decode()
_READY = msgspec.json.encode({"ready": True}).decode()


async def serve_pokes(
    socket: WebSocket[Any, Any, Any], service: SyncService, watch: Authenticate, pokes: Pokes, stopping: Stopping
) -> None:
    """Greets, then pokes until the device goes, its rights end or the server stops.

    A socket that is only open is no use of the session: `watch` lets it run into its idle time-out.
    """
    await socket.accept()
    try:
        hello = await _hello(socket)
        actor = await _check(socket, service, watch, hello)
        async with pokes.subscribe(actor.tenant_id) as changes:
            await socket.send_text(_READY)
            await _until_it_ends(socket, service, watch, hello, actor, changes, stopping)
        await _close(socket, STOPPED, "SERVER_STOPS")  # not while a task still reads: the close would wait for it
    except Refusal as refusal:
        code = INVALID if isinstance(refusal, InvalidInput) else REFUSED
        code = WIPED if isinstance(refusal, DeviceWiped) else code
        await _close(socket, code, refusal.code)
    except (WebSocketDisconnect, WebSocketException):
        log.debug("sync.poke_disconnected")


async def _hello(socket: WebSocket[Any, Any, Any]) -> PokeHello:
    try:
        async with asyncio.timeout(HELLO_SECONDS):
            return decode((await socket.receive_text()).encode(), PokeHello)
    except TimeoutError:
        raise NotSignedIn from None


async def _check(
    socket: WebSocket[Any, Any, Any], service: SyncService, watch: Authenticate, hello: PokeHello
) -> Actor:
    """Raises NotSignedIn, DeviceRevoked, DeviceWiped, NotFound."""
    address = socket.client.host if socket.client is not None else None
    signed_in = await watch(hello.token, address=address, request_id=None)
    signed_in.require("sync")
    await service.device(signed_in.actor, hello.device_id, greeting=True)
    return signed_in.actor


async def _until_it_ends(
    socket: WebSocket[Any, Any, Any],
    service: SyncService,
    watch: Authenticate,
    hello: PokeHello,
    actor: Actor,
    changes: Any,
    stopping: Stopping,
) -> None:
    """Four things may happen; the first that ends takes the socket with it."""

    async def recheck() -> None:
        while True:
            await asyncio.sleep(RECHECK_SECONDS)
            await _check(socket, service, watch, hello)

    async def poke() -> None:
        shown = {described(found.entity).name for found in collections_of(actor).values()} | _RIGHTS
        async for entities in changes:
            if not entities or entities & shown:
                await socket.send_text(_POKE)
                await asyncio.sleep(COALESCE_SECONDS)

    async def drain() -> None:
        while True:  # the device says nothing after its greeting; reading is how its going is heard
            await socket.receive_text()

    running = [asyncio.create_task(work()) for work in (recheck, poke, drain, stopping.wait)]
    try:
        done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def _close(socket: WebSocket[Any, Any, Any], code: int, reason: str) -> None:
    with contextlib.suppress(WebSocketDisconnect, WebSocketException, RuntimeError):  # it went first
        await socket.close(code=code, reason=reason)
