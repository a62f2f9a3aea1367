"""The doors /sync/v1/*: bytes in, bytes out. Every rule is in the service."""

from __future__ import annotations

import gzip
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar
from uuid import UUID

import msgspec
from litestar import Request, Response, WebSocket, post, websocket
from litestar.exceptions import ClientException
from litestar.handlers import BaseRouteHandler
from litestar.status_codes import HTTP_413_REQUEST_ENTITY_TOO_LARGE

from kernel.pokes import Pokes
from kernel.policy import Actor
from sync.device_wire import KeyRequest, TokenRequest, TokenResponse, WipedRequest
from sync.errors import DeviceWiped
from sync.poke import Stopping, serve_pokes
from sync.service import SyncService
from sync.wire import (
    MAX_BODY_BYTES,
    PullRequest,
    PushRequest,
    RegisterRequest,
    Wire,
    decode,
    encode,
)
from tenants.identity.rotation import EndedSession, RotatedToken
from values.errors import BodyTooLarge, Kind, NotSignedIn, Refusal, RequestMalformed

_SMALL_BODY = 16 * 1024
_COMPRESSED_FROM_BYTES = 1_024
_GZIP_LEVEL = 5  # beyond it a page costs more time than it saves on the way


class SignedIn(Protocol):
    """A token that is good now."""

    @property
    def actor(self) -> Actor: ...

    def require(self, operation: str) -> None: ...


class Authenticate(Protocol):
    """Filled by the identity service. Raises NotSignedIn."""

    async def __call__(self, token: str, *, address: str | None, request_id: str | None) -> SignedIn: ...


class TokenChains(Protocol):
    """Filled by the identity service: tokens that rotate, and what a refused one may have been."""

    async def rotate(
        self, token: str, check: Callable[[Actor], Awaitable[None]], *, address: str | None
    ) -> RotatedToken: ...

    async def turned_away(self, token: str, *, address: str | None) -> EndedSession | None: ...


WireT = TypeVar("WireT", bound=Wire)
Answer = Callable[
    [Request[Any, Any, Any], type[Any], Callable[[Actor, Any], Awaitable[Wire]]], Awaitable[Response[bytes]]
]


def routes(
    service: SyncService,
    authenticate: Authenticate,
    watch: Authenticate,
    pokes: Pokes,
    stopping: Stopping | None = None,
    chains: TokenChains | None = None,
) -> list[BaseRouteHandler]:
    """The handlers, to be mounted at the root.

    `watch`: as `authenticate`, without counting as a use. `stopping` is set when the process ends: sockets close with
    a reason. `chains`: where tokens rotate; None where they are not the product's own.
    """

    refusals: dict[int | type[Exception], Any] = {Refusal: refused, ClientException: not_accepted}

    async def answer(
        request: Request[Any, Any, Any], kind: type[WireT], work: Callable[[Actor, WireT], Awaitable[Wire]]
    ) -> Response[bytes]:
        token, address = bearer(request.headers.get("authorization")), address_of(request)
        try:
            signed_in = await authenticate(token, address=address, request_id=request_id_of(request))
        except NotSignedIn:
            if chains is not None:
                await turned_away(service, chains, token, address, await request.body())
            raise
        signed_in.require("sync")
        return packed(request, encode(await work(signed_in.actor, decode(await request.body(), kind))))

    @post("/sync/v1/devices", status_code=200, request_max_body_size=MAX_BODY_BYTES, exception_handlers=refusals)
    async def register(request: Request[Any, Any, Any]) -> Response[bytes]:
        return await answer(request, RegisterRequest, service.register)

    @post("/sync/v1/pull", status_code=200, request_max_body_size=MAX_BODY_BYTES, exception_handlers=refusals)
    async def pull(request: Request[Any, Any, Any]) -> Response[bytes]:
        return await answer(request, PullRequest, service.pull)

    @post("/sync/v1/push", status_code=200, request_max_body_size=MAX_BODY_BYTES, exception_handlers=refusals)
    async def push(request: Request[Any, Any, Any]) -> Response[bytes]:
        return await answer(request, PushRequest, service.push)

    @websocket("/sync/v1/poke")
    async def poke(socket: WebSocket[Any, Any, Any]) -> None:
        await serve_pokes(socket, service, watch, pokes, stopping or Stopping())

    return [register, pull, push, poke, *device_routes(service, answer, refusals, chains)]


def device_routes(
    service: SyncService, answer: Answer, refusals: dict[int | type[Exception], Any], chains: TokenChains | None
) -> list[BaseRouteHandler]:
    """A device's own affairs: its key, its token, the receipt of its wipe."""

    @post("/sync/v1/keys", status_code=200, request_max_body_size=_SMALL_BODY, exception_handlers=refusals)
    async def key(request: Request[Any, Any, Any]) -> Response[bytes]:
        return await answer(request, KeyRequest, service.key)

    @post("/sync/v1/token", status_code=200, request_max_body_size=_SMALL_BODY, exception_handlers=refusals)
    async def token(request: Request[Any, Any, Any]) -> Response[bytes]:
        if chains is None:
            raise NotSignedIn
        given, address = bearer(request.headers.get("authorization")), address_of(request)
        body = await request.body()
        asked = decode(body, TokenRequest)

        async def check(actor: Actor) -> None:
            await service.may_rotate(actor, asked.device_id)

        try:
            rotated = await chains.rotate(given, check, address=address)
        except NotSignedIn:
            await turned_away(service, chains, given, address, body)
            raise
        told = TokenResponse(
            token=rotated.token,
            issued_at=rotated.issued_at,
            expires_at=rotated.expires_at,
            server_time=service.engine.clock.now(),
        )
        return packed(request, encode(told))

    @post("/sync/v1/devices/wiped", status_code=200, request_max_body_size=_SMALL_BODY, exception_handlers=refusals)
    async def wiped(request: Request[Any, Any, Any]) -> Response[bytes]:
        return packed(request, encode(await service.wiped(decode(await request.body(), WipedRequest))))

    return [key, token, wiped]


async def turned_away(service: SyncService, chains: TokenChains, token: str, address: str | None, body: bytes) -> None:
    """A token that does not sign in may be a stolen copy, or that of a device that is to be wiped: the first ends the
    session, the second is told so. Raises DeviceWiped."""
    ended = await chains.turned_away(token, address=address)
    if ended is None:
        return
    try:
        named = msgspec.json.decode(body, type=_NamesDevice)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return
    await service.turned_away(ended, named.device_id)


class _NamesDevice(msgspec.Struct, rename="camel"):
    """As much of any request as says which device it comes from."""

    device_id: UUID


def bearer(header: str | None) -> str:
    """The token of `Authorization: Bearer …`. Raises NotSignedIn."""
    scheme, _, token = (header or "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise NotSignedIn
    return token.strip()


def address_of(connection: Any) -> str | None:
    return connection.client.host if connection.client is not None else None


def request_id_of(connection: Any) -> str | None:
    found = connection.headers.get("x-request-id")
    return found[:100] if found else None


def packed(request: Request[Any, Any, Any], body: bytes) -> Response[bytes]:
    headers = {"cache-control": "no-store", "vary": "accept-encoding"}
    if len(body) >= _COMPRESSED_FROM_BYTES and "gzip" in request.headers.get("accept-encoding", ""):
        body, headers["content-encoding"] = gzip.compress(body, _GZIP_LEVEL, mtime=0), "gzip"
    return Response(body, media_type="application/json", headers=headers)


def refused(request: Request[Any, Any, Any], refusal: Refusal) -> Response[bytes]:
    """A refusal as `{code, message, field, remedy, requestId}` with its kind's status, in the caller's language."""
    accepted = request.headers.get("accept-language", "")
    language = "en" if accepted.lower().startswith("en") else "zh-CN"
    headers = {"cache-control": "no-store"}
    if refusal.kind in (Kind.THROTTLED, Kind.UNAVAILABLE):
        headers["retry-after"] = refusal.details.get("seconds", "2")
    if refusal.kind is Kind.UNAUTHENTICATED:
        headers["www-authenticate"] = "Bearer"
    told: dict[str, Any] = {**refusal.to_wire(language), "requestId": request_id_of(request)}
    if isinstance(refusal, DeviceWiped) and refusal.order is not None:
        told["order"] = refusal.order.wire()
    body = msgspec.json.encode(told)
    return Response(body, status_code=refusal.http_status, media_type="application/json", headers=headers)


def not_accepted(request: Request[Any, Any, Any], wrong: ClientException) -> Response[bytes]:
    """What the framework refuses before us: a body that is too large, a broken request."""
    if wrong.status_code == HTTP_413_REQUEST_ENTITY_TOO_LARGE:
        return refused(request, BodyTooLarge(limit=MAX_BODY_BYTES))
    return refused(request, RequestMalformed(expected="JSON"))
