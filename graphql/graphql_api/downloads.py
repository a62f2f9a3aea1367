"""`GET /downloads/{token}`: a file that `exportData` promised. The token holds the sign-in, sealed, for five minutes:
a session that ended meanwhile, or a right that was taken away, ends the link too. A link gives its file once, whichever
process is asked; what was refused because others export may be asked for again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from tempfile import SpooledTemporaryFile
from typing import IO, Any
from uuid import UUID

import msgspec
from litestar import Request as HttpRequest
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.response import Stream

from exchange.export_turns import ExportTurns
from exchange.exporting import TakenAlready, export_entity
from exchange.tenant_export import write_tenant_zip
from graphql_api.errors import LinkExpired, envelope
from graphql_api.request import Request, preferred_language
from infra.blobs import BlobStore
from kernel.command import declared
from kernel.engine import Engine
from kernel.entity import described, entity_named
from kernel.executor import Invocation
from kernel.policy import Actor
from tenants.commands.export_company import ExportCompany, export_company
from values.content_disposition import attached_as
from values.errors import Refusal
from values.ids import new_id
from values.keyring import InvalidToken
from values.wire import wire_name

EXPORT_COMPANY = str(declared(export_company).permission)
LINK_MINUTES = 5
_PURPOSE = "graphql.download"
_SPOOL_BYTES, _CHUNK = 8 * 1024 * 1024, 256 * 1024
_TYPES = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "zip": "application/zip",
}


class _Promise(msgspec.Struct, frozen=True):
    """What a link stands for. `id`: by which its use is known. `entity` None: the whole company."""

    id: UUID
    token: str
    entity: str | None
    format: str
    file_name: str
    expires_at: datetime


def download_path(request: Request, entity: str | None, fmt: str) -> dict[str, Any]:
    """`{path, file_name, expires_at}` of a link that only this session's holder was given."""
    now = request.engine.clock.now()
    expires_at = now + timedelta(minutes=LINK_MINUTES)
    collection = described(entity_named(entity)).collection if entity else None
    name = wire_name(collection or "data" if entity else "company")
    file_name = f"yunfan-{name}-{now:%Y%m%d-%H%M}.{fmt}"
    promise = _Promise(new_id(), request.token or "", entity, fmt, file_name, expires_at)
    sealed = request.engine.keys.encrypt(_PURPOSE, msgspec.json.encode(promise))
    return {"path": f"/downloads/{sealed}", "file_name": file_name, "expires_at": expires_at}


def download_route(
    engine: Engine, identity: Any, turns: ExportTurns | None = None, blobs: BlobStore | None = None
) -> HTTPRouteHandler:
    """The handler of the links. `turns`: those of this process's exports; `blobs`: where attachments' files lie."""
    turns = turns or ExportTurns()

    @get("/downloads/{token:str}")
    async def download(request: HttpRequest[Any, Any, Any], token: FromPath[str]) -> Response[bytes] | Stream:
        """The file, or a refusal as JSON. Rights are those of this moment."""
        language = preferred_language(request.headers.get("accept-language"))
        try:
            promise = _opened(engine, token)
            address = request.client.host if request.client else None
            who = await identity.authenticate(promise.token, address=address, request_id=None)
            language = who.actor.language
            who.require("download")
            async with turns.turn(who.actor.member_id or who.actor.tenant_id):
                return await _answer(engine, who.actor, promise, blobs)
        except Refusal as refused:
            return Response(
                msgspec.json.encode(envelope(refused, language)["errors"][0]),
                status_code=refused.kind.http_status,
                media_type="application/json; charset=utf-8",
                headers={"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"},
            )

    return download


def _opened(engine: Engine, token: str) -> _Promise:
    try:
        promise = msgspec.json.decode(engine.keys.decrypt(_PURPOSE, token), type=_Promise)
    except (InvalidToken, msgspec.MsgspecError):
        raise LinkExpired from None
    if promise.expires_at <= engine.clock.now():
        raise LinkExpired
    return promise


async def _answer(engine: Engine, actor: Actor, promise: _Promise, blobs: BlobStore | None) -> Response[bytes] | Stream:
    headers = {
        "Content-Disposition": attached_as(promise.file_name),
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox",
    }
    media_type, once = _TYPES[promise.format], f"download:{promise.id}"
    if promise.entity is not None:
        try:
            content = await export_entity(engine, actor, entity_named(promise.entity), promise.format, once=once)
        except TakenAlready:
            raise LinkExpired from None
        return Response(content, media_type=media_type, headers=headers)
    call = Invocation(key=once)
    if (await engine.executor.run_internal(actor, declared(export_company), ExportCompany(), call)).replayed:
        raise LinkExpired
    target: Any = SpooledTemporaryFile(_SPOOL_BYTES)  # noqa: SIM115 — closed by the stream that sends it
    try:
        await write_tenant_zip(engine, actor.tenant_id, target, reader=actor, blobs=blobs)
    except BaseException:
        target.close()
        raise
    target.seek(0)
    return Stream(_chunks(target), media_type=media_type, headers=headers)


async def _chunks(source: IO[bytes]) -> AsyncIterator[bytes]:
    with source:
        while chunk := await asyncio.to_thread(source.read, _CHUNK):
            yield chunk
