"""One exchange at the doors of sync: who asks, whose turn it is, what the quota allows, and the answer as bytes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from litestar import Request, Response

from kernel.policy import Actor
from sync.door import Authenticate, address_of, bearer, packed, refused, request_id_of
from sync.errors import OverQuota
from sync.gate import Gate, named_device
from sync.service import SyncService
from sync.wire import PullResponse, PushResponse, Wire, decode, encode
from tenants.identity.rotation import EndedSession, RotatedToken
from values.errors import NotSignedIn

ROWS = "application/vnd.yunfan.rows"  # a line of JSON, then lines of ids and rows


WireT = TypeVar("WireT", bound=Wire)


class TokenChains(Protocol):
    """Filled by the identity service: tokens that rotate, and what a refused one may have been."""

    async def rotate(
        self, token: str, check: Callable[[Actor], Awaitable[None]], *, address: str | None
    ) -> RotatedToken: ...

    async def turned_away(self, token: str, *, address: str | None) -> EndedSession | None: ...


@dataclass(frozen=True, slots=True)
class Answering:
    """What all exchanges go through. One per process. `chains`: None where tokens do not rotate."""

    service: SyncService
    authenticate: Authenticate
    gate: Gate
    chains: TokenChains | None = None

    async def answer(
        self,
        request: Request[Any, Any, Any],
        kind: type[WireT],
        work: Callable[[Actor, WireT], Awaitable[Wire | PullResponse]],
    ) -> Response[bytes]:
        """What `work` comes to for the caller's request, which is one of `kind`."""
        token, body = bearer(request.headers.get("authorization")), await request.body()
        fair = self.service.fair
        try:
            self.gate.refuse_held(token, request.scope["path"], body)
        except OverQuota as over:
            await fair.foreground.stand_back()
            return refused(request, over)
        answering = self._looked_at(request, token, body, kind, work)
        if fair.ahead(self.gate.whose(token)):
            return await fair.foreground.behind(answering)
        with fair.foreground.running():
            return await answering

    async def _looked_at(
        self,
        request: Request[Any, Any, Any],
        token: str,
        body: bytes,
        kind: type[WireT],
        work: Callable[[Actor, WireT], Awaitable[Wire | PullResponse]],
    ) -> Response[bytes]:
        gate, path = self.gate, request.scope["path"]
        async with self.service.fair.doors.turn(gate.whose(token)):
            gate.refuse_held(token, path, body)  # another of this sign-in may have learned of it
            actor = await self._who(request, token, body)
            asked = decode(body, kind)
            try:
                admitted, later = await gate.admit(actor, asked)
            except OverQuota as over:
                gate.hold(token, path, getattr(asked, "device_id", None), over)
                raise
        answered = await work(actor, admitted)
        if isinstance(answered, PullResponse):
            told = packed(request, answered.encoded(), media_type=ROWS)
            gate.sent(actor, asked, len(told.content))
            return told
        if later and isinstance(answered, PushResponse):
            answered = await gate.stopped(actor, admitted, answered)
        return packed(request, encode(answered))

    async def _who(self, request: Request[Any, Any, Any], token: str, body: bytes) -> Actor:
        address = address_of(request)
        try:
            signed_in = await self.authenticate(token, address=address, request_id=request_id_of(request))
        except NotSignedIn:
            await self.turned_away(token, address, body)
            raise
        self.gate.came(token, signed_in.actor)
        signed_in.require("sync")
        return signed_in.actor

    async def turned_away(self, token: str, address: str | None, body: bytes) -> None:
        """A token that does not sign in may be a stolen copy, or that of a device that is to be wiped: the first ends
        the session, the second is told so. Raises DeviceWiped."""
        if self.chains is None:
            return
        ended = await self.chains.turned_away(token, address=address)
        if ended is not None and (device_id := named_device(body)) is not None:
            await self.service.turned_away(ended, device_id)
