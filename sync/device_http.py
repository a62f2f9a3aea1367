"""A device's own affairs at the doors of sync: its key, its token, the receipt of its wipe."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from litestar import Request, Response, post
from litestar.handlers import BaseRouteHandler

from kernel.policy import Actor
from sync.device_wire import KeyRequest, TokenRequest, TokenResponse, WipedRequest
from sync.door import address_of, bearer, packed
from sync.gate import ONE, Gate, named_device
from sync.service import SyncService
from sync.wire import Wire, decode, encode
from tenants.identity.rotation import EndedSession, RotatedToken
from values.errors import NotSignedIn

_SMALL_BODY = 16 * 1024
Answer = Callable[
    [Request[Any, Any, Any], type[Any], Callable[[Actor, Any], Awaitable[Wire]]], Awaitable[Response[bytes]]
]


class TokenChains(Protocol):
    """Filled by the identity service: tokens that rotate, and what a refused one may have been."""

    async def rotate(
        self, token: str, check: Callable[[Actor], Awaitable[None]], *, address: str | None
    ) -> RotatedToken: ...

    async def turned_away(self, token: str, *, address: str | None) -> EndedSession | None: ...


def device_routes(
    service: SyncService,
    answer: Answer,
    refusals: dict[int | type[Exception], Any],
    chains: TokenChains | None,
    gate: Gate,
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
            await gate.quotas.take(actor, asked.device_id, ONE)
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
    named = named_device(body)
    if named is not None:
        await service.turned_away(ended, named)
