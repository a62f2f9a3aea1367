"""The edge of every request: its id, the caller's address, its size, the headers of the answer, and an orderly end.

Pure ASGI, outside of the framework, so that nothing can answer without passing here.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
import time
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Any
from uuid import uuid4

import msgspec
import structlog

from graphql_api.graphiql import POLICY as EXPLORER_POLICY
from server.errors import Stopping
from server.metrics import Metrics
from server.monitoring import capture
from values.errors import DEFAULT_LANGUAGE, BodyTooLarge, BodyTooSlow, InternalError, Kind, Refusal

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]

MAX_BODY_BYTES = 32 * 1024 * 1024  # a file of 20 MiB in Base64, and what stands around it
BODY_SECONDS = 30.0  # for a body, and as much longer as its bytes take on a slow line:
SLOWEST_BYTES = 2_048  # a second
DRAIN_SECONDS = 5.0  # for what still comes of a body after it was refused
SERVICE_RESTART = 1012  # RFC 6455 registry: the client should come back
_ROOMS_CLOSE_SECONDS = 0.2
_GOODBYE_SECONDS = 2.0
_STOP_REASON = "server restarts 服务重启"
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{8,64}")
_POLICY = b"default-src 'none'; frame-ancestors 'none'"
_PAGE_POLICY = EXPLORER_POLICY.encode()
_LATER = {Kind.THROTTLED: "1", Kind.UNAVAILABLE: "5"}  # seconds, where the refusal does not say
_ROOMS = ("graphql", "sync", "health", "metrics")
_log = structlog.get_logger()


@dataclass(slots=True)
class Traffic:
    """What is under way, so that stopping can wait for requests and say goodbye to WebSockets."""

    requests: int = 0
    sockets: set[_Socket] = field(default_factory=set)
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    _idle: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def stopping(self) -> bool:
        return self.stop.is_set()

    def enter(self) -> None:
        self.requests += 1
        self._idle.clear()

    def leave(self) -> None:
        self.requests -= 1
        if self.requests == 0:
            self._idle.set()

    async def close_sockets(self) -> None:
        """Tells every open WebSocket, with code 1012, that the server restarts. Rooms may say it first, by `stop`."""
        self.stop.set()
        await asyncio.sleep(_ROOMS_CLOSE_SECONDS)
        await asyncio.gather(*(socket.goodbye() for socket in list(self.sockets)))

    async def settle(self, grace_seconds: float) -> bool:
        """Waits until no request is under way; False when some did not end in time."""
        if self.requests == 0:
            return True
        try:
            await asyncio.wait_for(self._idle.wait(), grace_seconds)
        except TimeoutError:
            _log.warning("server.requests_abandoned", requests=self.requests)
            return False
        return True


class Edge:
    """Wraps the application. `relaxed_paths`: where the API explorer answers, in development. `turn_away`: raises the
    Refusal of whoever is not even looked at."""

    def __init__(
        self,
        inner: Asgi,
        traffic: Traffic,
        metrics: Metrics,
        *,
        trusted_proxies: Sequence[IPv4Network | IPv6Network] = (),
        https: bool = False,
        relaxed_paths: frozenset[str] = frozenset(),
        turn_away: Callable[[Scope], Awaitable[None]] | None = None,
    ) -> None:
        self._inner, self._traffic, self._metrics = inner, traffic, metrics
        self._proxies, self._https, self._relaxed = tuple(trusted_proxies), https, relaxed_paths
        self._turn_away = turn_away

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._inner(scope, receive, send)
            return
        request_id = _identify(scope)
        scope["client"] = client_of(scope, self._proxies)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request=request_id)
        if scope["type"] == "http":
            await self._http(scope, receive, send, request_id)
        else:
            await self._websocket(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send, request_id: str) -> None:
        body = _Body(receive, scope)
        answer = _Answer(send, self._headers(scope, request_id), body)
        started = time.perf_counter()
        self._traffic.enter()
        try:
            await self._answered(scope, body, answer, request_id)
        finally:
            self._traffic.leave()
            seconds = time.perf_counter() - started
            room = scope["path"].strip("/").split("/")[0]
            room = room if room in _ROOMS else "other"
            self._metrics.request(room, answer.status, seconds)
            tell = _log.debug if room in ("health", "metrics") else _log.info
            tell(
                "server.request_ended",
                method=scope["method"],
                path=scope["path"][:100] if room != "other" else "/…",  # other paths may hold a link's token
                status=answer.status,
                ms=round(seconds * 1000, 1),
            )

    async def _answered(self, scope: Scope, body: _Body, answer: _Answer, request_id: str) -> None:
        language = language_of(scope)
        if self._traffic.stopping:
            await refuse(answer.send, Stopping(), language, request_id)
            return
        try:
            body.check_announced()
            if self._turn_away is not None:
                await self._turn_away(scope)
            await self._inner(scope, body.receive, answer.send)
        except Refusal as refusal:
            if not answer.begun:
                await refuse(answer.send, refusal, language, request_id)
        except Exception as wrong:  # noqa: BLE001 - the last line of defence: nobody outside reads a traceback
            _log.error("server.request_failed", exc_info=wrong)
            capture(wrong)
            if not answer.begun:
                await refuse(answer.send, InternalError(reference=request_id), language, request_id)

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        socket = _Socket(receive, send)
        self._traffic.sockets.add(socket)
        self._metrics.sockets.inc()
        try:
            if self._traffic.stopping:
                await socket.goodbye()
                return
            await self._inner(scope, socket.receive, socket.send)
        except Exception as wrong:  # noqa: BLE001 - as above
            if not socket.closed:
                _log.error("server.socket_failed", exc_info=wrong)
                capture(wrong)
                await socket.close(1011, "internal error")
        finally:
            self._traffic.sockets.discard(socket)
            self._metrics.sockets.dec()

    def _headers(self, scope: Scope, request_id: str) -> list[tuple[bytes, bytes]]:
        """Defaults; an answer that sets one of them itself keeps its own."""
        headers = [
            (b"x-request-id", request_id.encode()),
            (b"server", b"yunfan"),
            (b"x-content-type-options", b"nosniff"),
            (b"x-frame-options", b"DENY"),
            (b"referrer-policy", b"no-referrer"),
            (b"cross-origin-opener-policy", b"same-origin"),
            (b"cross-origin-resource-policy", b"same-origin"),
            (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=()"),
            (b"cache-control", b"no-store"),
        ]
        policy = _PAGE_POLICY if scope["path"] in self._relaxed and scope["method"] == "GET" else _POLICY
        headers.append((b"content-security-policy", policy))
        if self._https:
            headers.append((b"strict-transport-security", b"max-age=31536000"))
        return headers


class _Answer:
    """Watches what goes out and adds the headers that are missing.

    An answer that comes before the end of the body waits for the rest: granian closes a connection on which it did not
    read to the end, and whoever is still sending would see a broken line where a refusal stands.
    """

    def __init__(self, send: Send, defaults: list[tuple[bytes, bytes]], body: _Body) -> None:
        self._send, self._defaults, self._body = send, defaults, body
        self.status, self.begun = 0, False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.begun, self.status = True, message["status"]
            headers = [(name.lower(), value) for name, value in message.get("headers", [])]
            present = {name for name, _ in headers}
            message["headers"] = headers + [pair for pair in self._defaults if pair[0] not in present]
            if not await self._body.drained():
                message["headers"].append((b"connection", b"close"))
        await self._send(message)


class _Body:
    """Counts the bytes of a request, and the time that they take: before all of it is there nobody is asked to sign in,
    so whoever sends a byte now and then would hold a connection for nothing. Raises BodyTooLarge, BodyTooSlow."""

    def __init__(self, receive: Receive, scope: Scope) -> None:
        self._receive, self._scope, self._read = receive, scope, 0
        self._began, self._whole = time.monotonic(), False
        self._patience = header(scope, b"expect") is None  # else the body comes only when it is asked for

    def check_announced(self) -> None:
        announced = header(self._scope, b"content-length")
        if announced is not None and announced.isdigit() and int(announced) > MAX_BODY_BYTES:
            raise BodyTooLarge(limit=MAX_BODY_BYTES)

    async def receive(self) -> Message:
        if self._whole:  # what comes now is that the other end left, whenever it does
            return await self._receive()
        left = self._began + BODY_SECONDS + self._read / SLOWEST_BYTES - time.monotonic()
        try:
            async with asyncio.timeout(max(0.1, left)):
                message = await self._receive()
        except TimeoutError:
            self._patience = False
            raise BodyTooSlow from None
        self._read += len(message.get("body", b""))
        self._whole = not message.get("more_body", False)
        if self._read > MAX_BODY_BYTES:
            raise BodyTooLarge(limit=MAX_BODY_BYTES)
        return message

    async def drained(self) -> bool:
        """Reads past what the application left unread, within limits; False when more may come on this connection."""
        if self._whole or not _brings_body(self._scope) or self._scope.get("http_version", "1.1").startswith("2"):
            return True
        if not self._patience:
            return False
        most = self._read + MAX_BODY_BYTES
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                while not self._whole and self._read < most:
                    message = await self._receive()
                    self._read += len(message.get("body", b""))
                    self._whole = not message.get("more_body", False)
        except TimeoutError:
            _log.info("server.body_abandoned", bytes=self._read)
        return self._whole


class _Socket:
    """One WebSocket. After a close the application hears of a disconnect and whatever it still sends is dropped.

    granian sends no close while a receive is waiting (the two share a lock), so the receive is given up first.
    """

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive, self._send = receive, send
        self.closed = False
        self._incoming: asyncio.Task[Message] | None = None
        self._told = asyncio.Event()  # the close frame has gone out; an application that ended sooner would cut it off

    async def receive(self) -> Message:
        if not self.closed:
            self._incoming = asyncio.create_task(self._next())
            await asyncio.wait({self._incoming})
            if not self._incoming.cancelled():
                return self._incoming.result()
        await self._told.wait()
        return {"type": "websocket.disconnect", "code": SERVICE_RESTART, "reason": ""}

    async def send(self, message: Message) -> None:
        if self.closed:
            return
        if message["type"] == "websocket.close":
            self.closed = True
            if self._incoming is not None:
                self._incoming.cancel()
                await asyncio.wait({self._incoming})
        try:
            await self._send(message)
        finally:
            if self.closed:
                self._told.set()

    async def close(self, code: int, reason: str) -> None:
        await self.send({"type": "websocket.close", "code": code, "reason": reason})

    async def goodbye(self) -> None:
        try:
            async with asyncio.timeout(_GOODBYE_SECONDS):
                await self.close(SERVICE_RESTART, _STOP_REASON)
        except (OSError, RuntimeError, TimeoutError):
            _log.info("server.socket_already_gone")

    async def _next(self) -> Message:
        return await self._receive()


async def refuse(send: Send, refusal: Refusal, language: str, request_id: str) -> None:
    """Answers with `{code, message, field, remedy, requestId}`."""
    status, body = problem(refusal, language, request_id)
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    if refusal.kind in _LATER:
        headers.append((b"retry-after", refusal.details.get("seconds", _LATER[refusal.kind]).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def problem(refusal: Refusal, language: str, request_id: str) -> tuple[int, bytes]:
    """HTTP status and JSON body of a refusal."""
    status = refusal.http_status
    return status, msgspec.json.encode({**refusal.to_wire(language), "requestId": request_id})


def header(scope: Scope, name: bytes) -> bytes | None:
    """The first header of that (lower-case) name."""
    return next((value for known, value in scope["headers"] if known.lower() == name), None)


def _brings_body(scope: Scope) -> bool:
    """Whether a body was announced: a number of bytes, or pieces without a number."""
    return header(scope, b"content-length") not in (None, b"0") or header(scope, b"transfer-encoding") is not None


def language_of(scope: Scope) -> str:
    """English when the caller prefers it, else Chinese."""
    wanted = (header(scope, b"accept-language") or b"").decode("latin-1").strip().lower()
    return "en" if wanted.startswith("en") else DEFAULT_LANGUAGE


def client_of(scope: Scope, proxies: Sequence[IPv4Network | IPv6Network]) -> tuple[str, int] | None:
    """Who really asks: X-Forwarded-For is read from the right, past the proxies that we trust, and no further."""
    peer: tuple[str, int] | None = scope.get("client")
    if peer is None or not _within(peer[0], proxies):
        return peer
    address, port = str(peer[0]), int(peer[1])
    named = [value.decode("latin-1") for name, value in scope["headers"] if name.lower() == b"x-forwarded-for"]
    for hop in reversed([part.strip() for line in named for part in line.split(",")]):
        try:
            address, port = str(ip_address(hop.strip("[]"))), 0
        except ValueError:
            break  # a hop that is no address ends what can be believed
        if not _within(address, proxies):
            break
    return address, port


def is_local(scope: Scope) -> bool:
    """Whether the request comes from this machine itself and no proxy stands in between."""
    client = scope.get("client")
    forwarded = any(header(scope, name) is not None for name in (b"x-forwarded-for", b"forwarded", b"via"))
    try:
        return client is not None and not forwarded and ip_address(client[0]).is_loopback
    except ValueError:
        return False


def style_hash(css: str) -> str:
    """The content policy's source expression for an inline style sheet."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()}'"


def _within(address: str, networks: Sequence[IPv4Network | IPv6Network]) -> bool:
    try:
        found = ip_address(address)
    except ValueError:
        return False
    return any(found in network for network in networks if network.version == found.version)


def _identify(scope: Scope) -> str:
    """The caller's X-Request-ID when it is harmless, a new one otherwise; whoever looks at the headers finds this."""
    given = header(scope, b"x-request-id")
    request_id = given if given is not None and _REQUEST_ID.fullmatch(given) else uuid4().hex.encode()
    scope["headers"] = [
        *((name, value) for name, value in scope["headers"] if name.lower() != b"x-request-id"),
        (b"x-request-id", request_id),
    ]
    return request_id.decode()
