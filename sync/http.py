"""The doors /sync/v1/*: bytes in, bytes out. Every rule is in the service."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeVar

from litestar import Request, Response, WebSocket, get, post, websocket
from litestar.exceptions import ClientException
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath
from litestar.response import Stream
from litestar.status_codes import HTTP_200_OK, HTTP_206_PARTIAL_CONTENT

from kernel.policy import Actor
from sync.device_http import TokenChains, device_routes, turned_away
from sync.door import Authenticate, address_of, bearer, not_accepted, packed, refused, request_id_of
from sync.errors import OverQuota, RangeBeyondEnd
from sync.gate import Gate
from sync.live import Air
from sync.loads import Stored
from sync.poke import Stopping, serve_pokes
from sync.service import SyncService
from sync.wire import (
    MAX_BODY_BYTES,
    LoadRequest,
    PullRequest,
    PullResponse,
    PushRequest,
    PushResponse,
    RegisterRequest,
    Wire,
    decode,
    encode,
)
from values.errors import NotSignedIn, Refusal

ROWS = "application/vnd.yunfan.rows"  # a line of JSON, then lines of ids and rows


WireT = TypeVar("WireT", bound=Wire)


def routes(
    service: SyncService,
    authenticate: Authenticate,
    watch: Authenticate,
    air: Air,
    stopping: Stopping | None = None,
    chains: TokenChains | None = None,
    gate: Gate | None = None,
) -> list[BaseRouteHandler]:
    """The handlers, to be mounted at the root.

    `watch`: as `authenticate`, without counting as a use. `stopping` is set when the process ends: sockets close with
    a reason. `chains`: where tokens rotate; None where they are not the product's own. `gate`: the quotas; without one
    the usual ones hold, for this process alone.
    """
    gate = gate or Gate()

    refusals: dict[int | type[Exception], Any] = {Refusal: refused, ClientException: not_accepted}

    async def answer(
        request: Request[Any, Any, Any],
        kind: type[WireT],
        work: Callable[[Actor, WireT], Awaitable[Wire | PullResponse]],
    ) -> Response[bytes]:
        token, body = bearer(request.headers.get("authorization")), await request.body()
        try:
            gate.refuse_held(token, request.scope["path"], body)
        except OverQuota as over:
            return refused(request, over)  # at once: whoever does not wait should cost nothing
        answering, fair = looked_at(request, token, body, kind, work), service.fair
        if fair.ahead(gate.whose(token)):
            return await fair.foreground.behind(answering)
        with fair.foreground.running():
            return await answering

    async def looked_at(
        request: Request[Any, Any, Any],
        token: str,
        body: bytes,
        kind: type[WireT],
        work: Callable[[Actor, WireT], Awaitable[Wire | PullResponse]],
    ) -> Response[bytes]:
        async with service.fair.doors.turn(gate.whose(token)):
            gate.refuse_held(token, request.scope["path"], body)  # another of this sign-in may have learned of it
            actor = await who(request, token, body)
            asked = decode(body, kind)
            try:
                admitted, later = await gate.admit(actor, asked)
            except OverQuota as over:
                gate.hold(token, request.scope["path"], getattr(asked, "device_id", None), over)
                raise
        answered = await work(actor, admitted)
        if isinstance(answered, PullResponse):
            told = packed(request, answered.encoded(), media_type=ROWS)
            gate.sent(actor, asked, len(told.content))
            return told
        if later and isinstance(answered, PushResponse):
            answered = await gate.stopped(actor, admitted, answered)
        return packed(request, encode(answered))

    async def who(request: Request[Any, Any, Any], token: str, body: bytes) -> Actor:
        address = address_of(request)
        try:
            signed_in = await authenticate(token, address=address, request_id=request_id_of(request))
        except NotSignedIn:
            if chains is not None:
                await turned_away(service, chains, token, address, body)
            raise
        gate.came(token, signed_in.actor)
        signed_in.require("sync")
        return signed_in.actor

    @post("/sync/v1/devices", status_code=200, request_max_body_size=MAX_BODY_BYTES, exception_handlers=refusals)
    async def register(request: Request[Any, Any, Any]) -> Response[bytes]:
        return await answer(request, RegisterRequest, service.register)

    @post("/sync/v1/pull", status_code=200, request_max_body_size=MAX_BODY_BYTES, exception_handlers=refusals)
    async def pull(request: Request[Any, Any, Any]) -> Response[bytes]:
        return await answer(request, PullRequest, service.pull)

    @post("/sync/v1/load", status_code=200, request_max_body_size=MAX_BODY_BYTES, exception_handlers=refusals)
    async def load(request: Request[Any, Any, Any]) -> Response[bytes]:
        return await answer(request, LoadRequest, service.load)

    @get("/sync/v1/loads/{token:str}", exception_handlers=refusals)
    async def load_file(request: Request[Any, Any, Any], token: FromPath[str]) -> Stream:
        given, address = bearer(request.headers.get("authorization")), address_of(request)
        signed_in = await authenticate(given, address=address, request_id=request_id_of(request))
        signed_in.require("sync")
        await gate.admit_file(signed_in.actor)
        start = range_start(request.headers.get("range"))
        stored, pieces = await service.load_file(signed_in.actor, token, start or 0)
        if start is not None and start >= stored.packed_bytes:
            raise RangeBeyondEnd(size=stored.packed_bytes)
        actor = signed_in.actor
        return _download(stored, gate.quotas.metered(actor, actor.session_id, pieces), start)

    @post("/sync/v1/push", status_code=200, request_max_body_size=MAX_BODY_BYTES, exception_handlers=refusals)
    async def push(request: Request[Any, Any, Any]) -> Response[bytes]:
        return await answer(request, PushRequest, service.push)

    @websocket("/sync/v1/poke")
    async def poke(socket: WebSocket[Any, Any, Any]) -> None:
        await serve_pokes(socket, service, watch, air, stopping or Stopping(), gate)

    return [register, pull, load, load_file, push, poke, *device_routes(service, answer, refusals, chains, gate)]


def _download(stored: Stored, pieces: AsyncIterator[bytes], start: int | None) -> Stream:
    headers = {
        "accept-ranges": "bytes",
        "cache-control": "no-store",
        "content-disposition": "attachment",
        "content-length": str(stored.packed_bytes - (start or 0)),
        "etag": f'"{stored.sha256}"',
        "x-content-type-options": "nosniff",
    }
    if start is not None:
        headers["content-range"] = f"bytes {start}-{stored.packed_bytes - 1}/{stored.packed_bytes}"
    status = HTTP_206_PARTIAL_CONTENT if start is not None else HTTP_200_OK
    return Stream(pieces, status_code=status, media_type="application/octet-stream", headers=headers)


def range_start(header: str | None) -> int | None:
    """Where a device goes on: `bytes=1000-`. Any other range is answered with the whole, as RFC 9110 §14.2 allows."""
    found = re.fullmatch(r"bytes=(\d{1,15})-", header or "")
    return int(found.group(1)) if found else None
