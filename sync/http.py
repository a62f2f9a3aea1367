"""The doors /sync/v1/*: bytes in, bytes out. Every rule is in the service."""

from __future__ import annotations

import gzip
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar

import msgspec
from litestar import Request, Response, WebSocket, post, websocket
from litestar.exceptions import ClientException
from litestar.handlers import BaseRouteHandler
from litestar.status_codes import HTTP_413_REQUEST_ENTITY_TOO_LARGE

from kernel.pokes import Pokes
from kernel.policy import Actor
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
from values.errors import BodyTooLarge, Kind, NotSignedIn, Refusal, RequestMalformed

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


WireT = TypeVar("WireT", bound=Wire)


def routes(
    service: SyncService,
    authenticate: Authenticate,
    watch: Authenticate,
    pokes: Pokes,
    stopping: Stopping | None = None,
) -> list[BaseRouteHandler]:
    """The handlers, to be mounted at the root.

    `watch`: as `authenticate`, without counting as a use. `stopping` is set when the process ends: sockets close with
    a reason.
    """

    refusals: dict[int | type[Exception], Any] = {Refusal: refused, ClientException: not_accepted}

    async def answer(
        request: Request[Any, Any, Any], kind: type[WireT], work: Callable[[Actor, WireT], Awaitable[Wire]]
    ) -> Response[bytes]:
        signed_in = await authenticate(
            bearer(request.headers.get("authorization")), address=address_of(request), request_id=request_id_of(request)
        )
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

    return [register, pull, push, poke]


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
    body = msgspec.json.encode({**refusal.to_wire(language), "requestId": request_id_of(request)})
    return Response(body, status_code=refusal.http_status, media_type="application/json", headers=headers)


def not_accepted(request: Request[Any, Any, Any], wrong: ClientException) -> Response[bytes]:
    """What the framework refuses before us: a body that is too large, a broken request."""
    if wrong.status_code == HTTP_413_REQUEST_ENTITY_TOO_LARGE:
        return refused(request, BodyTooLarge(limit=MAX_BODY_BYTES))
    return refused(request, RequestMalformed(expected="JSON"))
