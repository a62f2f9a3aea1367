"""`graphql-transport-ws` and nothing older: the legacy protocol lets clients skip `connection_init` and its sign-in.

The token travels in `connection_init`'s payload (`{"authorization": "Bearer …"}`), never in the address.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec
import structlog
from litestar import WebSocket, websocket
from litestar.exceptions import WebSocketDisconnect
from litestar.handlers import WebsocketRouteHandler

from graphql_api.operation import Asked, Operations
from graphql_api.request import Request, SignedIn
from graphql_api.shared_reads import PASSING
from infra.settings import Settings
from values.errors import Refusal

if TYPE_CHECKING:
    from graphql_api.http import Door

PROTOCOL = "graphql-transport-ws"
_INIT_SECONDS, _CHECK_SECONDS, _SEND_SECONDS = 5.0, 5.0, 10.0
_MAX_MESSAGE, _MAX_RUNNING, _MAX_QUEUED = 100_000, 20, 200
MAX_SESSION_SOCKETS, MAX_MEMBER_SOCKETS = 10, 20
_MAX_UNCHECKED = 4
log = structlog.get_logger()


def socket_route(operations: Operations, door: Door, settings: Settings) -> WebsocketRouteHandler:
    """The WebSocket handler at /graphql."""
    opened = Sockets()

    @websocket("/graphql")
    async def graphql_socket(socket: WebSocket[Any, Any, Any]) -> None:
        offered = [name.strip() for name in socket.headers.get("sec-websocket-protocol", "").split(",")]
        if not _own_origin(socket, settings):
            await socket.close(4403, "Origin not allowed")
            return
        if PROTOCOL not in offered:
            await socket.accept()
            await socket.close(4406, "Subprotocol not acceptable")
            return
        await socket.accept(subprotocols=PROTOCOL)
        await Conversation(socket, operations, door, opened).run()

    return graphql_socket


def _own_origin(socket: WebSocket[Any, Any, Any], settings: Settings) -> bool:
    """Browsers send Origin: it must be ours. Other clients send none."""
    origin = socket.headers.get("origin")
    if origin is None:
        return True
    found, public = urlsplit(origin), urlsplit(settings.public_url)
    return (found.scheme, found.netloc) == (public.scheme, public.netloc) or (
        not settings.is_production and found.netloc == socket.headers.get("host")
    )


class Sockets:
    """How many signed-in sockets each session and each member has in this process."""

    def __init__(self) -> None:
        self._open: Counter[tuple[Any, ...]] = Counter()

    def enter(self, who: SignedIn) -> bool:
        """Counts one more, unless the session or the member has all that they may have."""
        session, member = self._keys(who)
        if self._open[session] >= MAX_SESSION_SOCKETS or self._open[member] >= MAX_MEMBER_SOCKETS:
            return False
        self._open.update((session, member))
        return True

    def leave(self, who: SignedIn) -> None:
        """Undoes `enter`, with what was entered."""
        for key in self._keys(who):
            self._open[key] -= 1
            if not self._open[key]:
                del self._open[key]

    @staticmethod
    def _keys(who: SignedIn) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        return ("session", who.session_id), ("member", who.actor.tenant_id, who.actor.member_id)


class Conversation:
    """One socket: sign-in first, then operations side by side, until the session or the socket ends."""

    def __init__(self, socket: WebSocket[Any, Any, Any], operations: Operations, door: Door, opened: Sockets) -> None:
        self._socket, self._operations, self._door, self._opened = socket, operations, door, opened
        self._running: dict[str, asyncio.Task[None]] = {}
        self._requests: dict[str, Request] = {}
        # Bounded: a client that does not read makes its own operations wait, and is closed when it never reads.
        self._outgoing: asyncio.Queue[dict[str, Any]] = asyncio.Queue(_MAX_QUEUED)
        self._signed: Request | None = None
        self._entered: SignedIn | None = None
        self._closing: tuple[int, str] | None = None
        self._used = False  # since the last check: a socket that only listens lets the session grow idle

    async def run(self) -> None:
        """Returns when the socket is closed, from whichever side."""
        workers = [asyncio.create_task(work()) for work in (self._receive, self._send, self._watch)]
        try:
            await asyncio.wait(workers, return_when=asyncio.FIRST_COMPLETED)
        finally:
            if self._entered is not None:
                self._opened.leave(self._entered)
            for task in (*workers, *self._running.values()):
                task.cancel()
            results = await asyncio.gather(*workers, *self._running.values(), return_exceptions=True)
            for wrong in results:
                if isinstance(wrong, Exception) and not isinstance(wrong, WebSocketDisconnect):
                    log.error("graphql_api.socket_failed", exc_info=wrong)
            for request in self._requests.values():
                await request.close_reading()
            if self._socket.connection_state != "disconnect":
                with contextlib.suppress(RuntimeError, WebSocketDisconnect):  # the other side was quicker
                    await self._socket.close(*(self._closing or (1011, "Internal error")))

    async def _receive(self) -> None:
        while self._closing is None:
            wait = _INIT_SECONDS if self._signed is None else None
            try:
                async with asyncio.timeout(wait):
                    text = await self._socket.receive_text()
            except TimeoutError:
                return self._close(4408, "Connection initialisation timeout")
            if len(text) > _MAX_MESSAGE:
                return self._close(4400, "Message too large")
            try:
                message = msgspec.json.decode(text)
            except (msgspec.DecodeError, RecursionError):
                message = None
            if not isinstance(message, dict):
                return self._close(4400, "Invalid message")
            await self._take(message)
        return None

    async def _take(self, message: dict[str, Any]) -> None:
        kind = message.get("type")
        if kind == "connection_init":
            await self._sign_in(message.get("payload"))
        elif kind == "ping":
            await self._outgoing.put({"type": "pong"})
        elif kind == "pong":
            return
        elif self._signed is None:
            self._close(4401, "Unauthorized")
        elif kind == "subscribe":
            self._start(message)
        elif kind == "complete":
            task = self._running.pop(str(message.get("id")), None)
            if task is not None:
                task.cancel()
        else:
            self._close(4400, "Unknown message type")

    async def _sign_in(self, payload: Any) -> None:
        if self._signed is not None:
            return self._close(4429, "Too many initialisation requests")
        from graphql_api.http import bearer

        given = payload.get("authorization") or payload.get("Authorization") if isinstance(payload, dict) else None
        token = bearer(given if isinstance(given, str) else None)
        request = await self._door.request(self._socket, token)
        if token is None or request.signed_in is None:
            return self._close(4403, "Forbidden")
        if not self._opened.enter(request.signed_in):
            return self._close(4429, "Too many connections")
        self._signed, self._entered = request, request.signed_in
        await self._outgoing.put({"type": "connection_ack"})
        return None

    def _start(self, message: dict[str, Any]) -> None:
        key = message.get("id")
        if not isinstance(key, str) or not key or len(key) > 100:
            return self._close(4400, "Invalid id")
        if key in self._running:
            return self._close(4409, f"Subscriber for {key} already exists")
        if len(self._running) >= _MAX_RUNNING:
            return self._close(4429, "Too many operations")
        self._used = True
        task = asyncio.create_task(self._operate(key, message.get("payload")))
        self._running[key] = task
        return None

    async def _operate(self, key: str, payload: Any) -> None:
        assert self._signed is not None
        request = self._requests[key] = self._signed.again()
        try:
            asked = Asked.of(payload)
        except Refusal as refused:
            await self._refuse(key, self._operations.refused(request, refused))
            return
        try:
            async with contextlib.aclosing(self._operations.stream(request, asked)) as answers:
                async for answer in answers:
                    if "data" not in answer:
                        await self._refuse(key, answer)
                        return
                    await self._outgoing.put({"id": key, "type": "next", "payload": answer})
            await self._outgoing.put({"id": key, "type": "complete"})
        finally:
            self._running.pop(key, None)
            self._requests.pop(key, None)
            await request.close_reading()

    async def _refuse(self, key: str, answer: dict[str, Any]) -> None:
        await self._outgoing.put({"id": key, "type": "error", "payload": answer["errors"]})
        self._running.pop(key, None)

    async def _send(self) -> None:
        while True:
            message = await self._outgoing.get()
            try:
                async with asyncio.timeout(_SEND_SECONDS):
                    await self._socket.send_text(msgspec.json.encode(message).decode())
            except TimeoutError:
                return self._close(4408, "Client does not read")

    async def _watch(self) -> None:
        """A session that was ended somewhere else ends here too, within ten seconds; changed rights take hold.

        A busy database ends nothing at once; but nobody goes on unchecked for long.
        """
        unchecked = 0
        while self._closing is None:
            await asyncio.sleep(_CHECK_SECONDS)
            if self._signed is None:
                continue
            used, self._used = self._used, False
            try:
                await self._door.sign_in(self._signed, watching=not used)
            except PASSING as wrong:
                unchecked, self._used = unchecked + 1, self._used or used
                log.warning("graphql_api.session_unchecked", reason=type(wrong).__name__, times=unchecked)
                if unchecked >= _MAX_UNCHECKED:
                    return self._close(1013, "Try again later")
                continue
            unchecked = 0
            if self._signed.signed_in is None:
                return self._close(4403, "Session ended")
            for request in self._requests.values():
                request.signed_in = self._signed.signed_in
        return None

    def _close(self, code: int, reason: str) -> None:
        self._closing = (code, reason)
