"""What all doors of sync share: whose token it is, how an answer is packed, how a refusal is told."""

from __future__ import annotations

import gzip
import random
from typing import Any, Protocol

import msgspec
import zstandard
from litestar import Request, Response
from litestar.exceptions import ClientException
from litestar.status_codes import HTTP_413_REQUEST_ENTITY_TOO_LARGE

from kernel.policy import Actor
from sync.errors import DeviceWiped
from sync.quotas import jittered
from values.errors import BodyTooLarge, Kind, NotSignedIn, Refusal, RequestMalformed

_COMPRESSED_FROM_BYTES = 1_024
_GZIP_LEVEL = 5  # beyond it a page costs more time than it saves on the way
_ZSTD_LEVEL = 1
_BUSY_SECONDS = 3.0  # about; spread, so that a crowd does not come back as one
_chance = random.SystemRandom()


class SignedIn(Protocol):
    """A token that is good now."""

    @property
    def actor(self) -> Actor: ...

    def require(self, operation: str) -> None: ...


class Authenticate(Protocol):
    """Filled by the identity service. Raises NotSignedIn."""

    async def __call__(self, token: str, *, address: str | None, request_id: str | None) -> SignedIn: ...


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


async def caller(request: Request[Any, Any, Any], authenticate: Authenticate) -> Actor:
    """Who asks, if the token allows it to sync. Raises NotSignedIn, and what `require` does."""
    token = bearer(request.headers.get("authorization"))
    signed_in = await authenticate(token, address=address_of(request), request_id=request_id_of(request))
    signed_in.require("sync")
    return signed_in.actor


def packed(request: Request[Any, Any, Any], body: bytes, *, media_type: str = "application/json") -> Response[bytes]:
    """The answer as small as the caller can read it: zstd is several times faster than gzip, and smaller."""
    headers = {"cache-control": "no-store", "vary": "accept-encoding"}
    accepted = request.headers.get("accept-encoding", "")
    if len(body) >= _COMPRESSED_FROM_BYTES and "zstd" in accepted:
        body, headers["content-encoding"] = zstandard.compress(body, _ZSTD_LEVEL), "zstd"
    elif len(body) >= _COMPRESSED_FROM_BYTES and "gzip" in accepted:
        body, headers["content-encoding"] = gzip.compress(body, _GZIP_LEVEL, mtime=0), "gzip"
    return Response(body, media_type=media_type, headers=headers)


def refused(request: Request[Any, Any, Any], refusal: Refusal) -> Response[bytes]:
    """A refusal as `{code, message, field, remedy, requestId}` with its kind's status, in the caller's language."""
    accepted = request.headers.get("accept-language", "")
    language = "en" if accepted.lower().startswith("en") else "zh-CN"
    headers = {"cache-control": "no-store"}
    if refusal.kind in (Kind.THROTTLED, Kind.UNAVAILABLE):
        headers["retry-after"] = refusal.details.get("seconds") or str(jittered(_BUSY_SECONDS, _chance))
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
        return refused(request, BodyTooLarge(limit=request.route_handler.resolve_request_max_body_size()))
    return refused(request, RequestMalformed(expected="JSON"))


REFUSALS: dict[int | type[Exception], Any] = {Refusal: refused, ClientException: not_accepted}  # how a door tells them
