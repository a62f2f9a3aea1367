"""The doors /sync/v1/*: bytes in, bytes out. Every rule is in the service."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

from litestar import Request, Response, WebSocket, get, post, websocket
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath
from litestar.response import Stream
from litestar.status_codes import HTTP_200_OK, HTTP_206_PARTIAL_CONTENT

from sync.answering import Answering, TokenChains
from sync.device_http import device_routes
from sync.door import REFUSALS, Authenticate, caller
from sync.errors import RangeBeyondEnd
from sync.gate import Gate
from sync.live import Air
from sync.loads import Stored
from sync.poke import Stopping, serve_pokes
from sync.service import SyncService
from sync.wire import MAX_BODY_BYTES, AheadRequest, LoadRequest, PullRequest, PushRequest, RegisterRequest

_exchange = partial(post, status_code=200, request_max_body_size=MAX_BODY_BYTES, exception_handlers=REFUSALS)


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
    answering = Answering(service, authenticate, gate or Gate(), chains)

    @websocket("/sync/v1/poke")
    async def poke(socket: WebSocket[Any, Any, Any]) -> None:
        await serve_pokes(socket, service, watch, air, stopping or Stopping(), answering.gate)

    return [*_exchanges(answering), _file_of_load(answering), poke, *device_routes(answering)]


def _exchanges(answering: Answering) -> list[BaseRouteHandler]:
    """A request in, an answer out: what a replica lives by."""
    answer, service = answering.answer, answering.service

    @_exchange("/sync/v1/devices")
    async def register(request: Request[Any, Any, Any]) -> Response[bytes]:
        return await answer(request, RegisterRequest, service.register)

    @_exchange("/sync/v1/pull")
    async def pull(request: Request[Any, Any, Any]) -> Response[bytes]:
        return await answer(request, PullRequest, service.pull)

    @_exchange("/sync/v1/load")
    async def load(request: Request[Any, Any, Any]) -> Response[bytes]:
        return await answer(request, LoadRequest, service.load)

    @_exchange("/sync/v1/load/ahead")
    async def load_ahead(request: Request[Any, Any, Any]) -> Response[bytes]:
        return await answer(request, AheadRequest, service.load_ahead)

    @_exchange("/sync/v1/push")
    async def push(request: Request[Any, Any, Any]) -> Response[bytes]:
        return await answer(request, PushRequest, service.push)

    return [register, pull, load, load_ahead, push]


def _file_of_load(answering: Answering) -> BaseRouteHandler:
    service, gate = answering.service, answering.gate

    @get("/sync/v1/loads/{token:str}", exception_handlers=REFUSALS)
    async def load_file(request: Request[Any, Any, Any], token: FromPath[str]) -> Stream:
        actor = await caller(request, answering.authenticate)
        await gate.admit_file(actor)
        start = range_start(request.headers.get("range"))
        stored, pieces = await service.load_file(actor, token, start or 0)
        if start is not None and start >= stored.packed_bytes:
            raise RangeBeyondEnd(size=stored.packed_bytes)
        return _download(stored, gate.quotas.metered(actor, actor.session_id, pieces), start)

    return load_file


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
