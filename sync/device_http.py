"""A device's own affairs at the doors of sync: its key, its token, the receipt of its wipe."""

from __future__ import annotations

from functools import partial
from typing import Any

from litestar import Request, Response, post
from litestar.handlers import BaseRouteHandler

from kernel.policy import Actor
from sync.answering import Answering
from sync.device_wire import KeyRequest, TokenRequest, TokenResponse, WipedRequest
from sync.door import REFUSALS, address_of, bearer, packed
from sync.gate import ONE
from sync.wire import decode, encode
from values.errors import NotSignedIn

_SMALL_BODY = 16 * 1024
_exchange = partial(post, status_code=200, request_max_body_size=_SMALL_BODY, exception_handlers=REFUSALS)


def device_routes(answering: Answering) -> list[BaseRouteHandler]:
    """A device's own affairs: its key, its token, the receipt of its wipe."""
    service = answering.service

    @_exchange("/sync/v1/keys")
    async def key(request: Request[Any, Any, Any]) -> Response[bytes]:
        return await answering.answer(request, KeyRequest, service.key)

    @_exchange("/sync/v1/token")
    async def token(request: Request[Any, Any, Any]) -> Response[bytes]:
        return packed(request, encode(await _rotated(request, answering)))

    @_exchange("/sync/v1/devices/wiped")
    async def wiped(request: Request[Any, Any, Any]) -> Response[bytes]:
        return packed(request, encode(await service.wiped(decode(await request.body(), WipedRequest))))

    return [key, token, wiped]


async def _rotated(request: Request[Any, Any, Any], answering: Answering) -> TokenResponse:
    """The device's next token. Raises NotSignedIn, DeviceWiped, OverQuota, and what `may_rotate` does."""
    service, chains = answering.service, answering.chains
    if chains is None:
        raise NotSignedIn
    token, address = bearer(request.headers.get("authorization")), address_of(request)
    body = await request.body()
    asked = decode(body, TokenRequest)

    async def check(actor: Actor) -> None:
        await answering.gate.quotas.take(actor, asked.device_id, ONE)
        await service.may_rotate(actor, asked.device_id)

    try:
        rotated = await chains.rotate(token, check, address=address)
    except NotSignedIn:
        await answering.turned_away(token, address, body)
        raise
    return TokenResponse(
        token=rotated.token,
        issued_at=rotated.issued_at,
        expires_at=rotated.expires_at,
        server_time=service.engine.clock.now(),
    )
