"""The doors /sync/v1/files/{id}: a file goes up in pieces and comes down in ranges. Every rule is in the service."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, head, patch, post
from litestar.exceptions import ClientException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.response import Stream
from litestar.status_codes import HTTP_413_REQUEST_ENTITY_TOO_LARGE

from kernel.policy import Actor
from sync.door import REFUSALS, Authenticate, bearer, caller, not_accepted, packed, refused
from sync.errors import OverQuota
from sync.file_errors import ChunkInvalid, RangeRefused, UploadOffsetWrong
from sync.files import MAX_CHUNK_BYTES, MIN_CHUNK_BYTES, FileService, Standing
from sync.gate import Gate
from sync.quotas import FILES
from sync.wire import Wire, encode
from tenants.attachment_entities import Attachment
from values.content_disposition import attached_as
from values.errors import InvalidInput, Words

_PATH = "/sync/v1/files/{attachment_id:uuid}"
_OFFSET = "upload-offset"
_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})", re.ASCII)


class FileStanding(Wire, frozen=True, kw_only=True):
    """`offset`: bytes that are there; `stored`: the file is kept, and the attachment's row says so."""

    attachment_id: UUID
    stored: bool
    offset: int
    size_bytes: int
    chunk_bytes: int = MAX_CHUNK_BYTES


def file_routes(files: FileService, authenticate: Authenticate, gate: Gate | None = None) -> list[HTTPRouteHandler]:
    """The handlers, to be mounted at the root. `gate`: as of the other doors of sync."""
    gate = gate or Gate()
    who = partial(_within_quota, authenticate=authenticate, gate=gate)
    refusals: dict[int | type[Exception], Any] = {UploadOffsetWrong: _elsewhere, **REFUSALS}
    of_pieces = {**refusals, ClientException: _piece_not_accepted}

    @head(_PATH, exception_handlers=refusals)
    async def ask(request: Request[Any, Any, Any], attachment_id: FromPath[UUID]) -> Response[None]:
        return Response(None, headers=_told(await files.standing(await who(request), attachment_id)))

    @post(_PATH, status_code=200, exception_handlers=refusals, request_max_body_size=1024)
    async def finish(request: Request[Any, Any, Any], attachment_id: FromPath[UUID]) -> Response[bytes]:
        found = await files.finish(await who(request), attachment_id)
        answer = packed(request, encode(_as_wire(found)))
        answer.headers.update(_told(found))
        return answer

    @patch(_PATH, status_code=204, exception_handlers=of_pieces, request_max_body_size=MAX_CHUNK_BYTES)
    async def append(request: Request[Any, Any, Any], attachment_id: FromPath[UUID]) -> Response[None]:
        actor = await who(request)
        piece = await _piece(request)
        await gate.quotas.book(actor, actor.session_id, FILES, len(piece))
        found = await files.append(actor, attachment_id, _offset(request), piece)
        return Response(None, status_code=204, headers=_told(found))

    @get(_PATH, exception_handlers=refusals)
    async def download(request: Request[Any, Any, Any], attachment_id: FromPath[UUID]) -> Response[None] | Stream:
        actor = await who(request)
        attachment = await files.stored(actor, attachment_id)
        return _download(request, files, attachment, partial(gate.quotas.metered, actor, actor.session_id))

    return [ask, finish, append, download]


async def _within_quota(request: Request[Any, Any, Any], authenticate: Authenticate, gate: Gate) -> Actor:
    """Who asks, if they may still. Raises what `caller` does, and OverQuota."""
    token, door = bearer(request.headers.get("authorization")), _PATH
    gate.refuse_held(token, door)
    actor = await caller(request, authenticate)
    try:
        await gate.admit_file(actor)
    except OverQuota as over:
        gate.hold(token, door, None, over)
        raise
    return actor


def _told(found: Standing) -> dict[str, str]:
    return {"Upload-Offset": str(found.offset), "Upload-Length": str(found.size_bytes), "Cache-Control": "no-store"}


def _as_wire(found: Standing) -> FileStanding:
    return FileStanding(
        attachment_id=found.attachment_id, stored=found.stored, offset=found.offset, size_bytes=found.size_bytes
    )


def _offset(request: Request[Any, Any, Any]) -> int:
    text = request.headers.get(_OFFSET, "")
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise InvalidInput(field="Upload-Offset", problem=Words("缺少上传位置", "it must be a number of bytes"))
    return int(text)


async def _piece(request: Request[Any, Any, Any]) -> bytes:
    data = await request.body()
    if not data:
        raise ChunkInvalid(least=MIN_CHUNK_BYTES, most=MAX_CHUNK_BYTES)
    return data


def _piece_not_accepted(request: Request[Any, Any, Any], wrong: ClientException) -> Response[bytes]:
    """A piece that is too long is as wrong as one that is too short."""
    if wrong.status_code == HTTP_413_REQUEST_ENTITY_TOO_LARGE:
        return refused(request, ChunkInvalid(least=MIN_CHUNK_BYTES, most=MAX_CHUNK_BYTES))
    return not_accepted(request, wrong)


def _elsewhere(request: Request[Any, Any, Any], refusal: UploadOffsetWrong) -> Response[bytes]:
    answer = refused(request, refusal)
    answer.headers["upload-offset"] = refusal.details["offset"]
    return answer


def _download(
    request: Request[Any, Any, Any],
    files: FileService,
    attachment: Attachment,
    metered: Callable[[AsyncIterator[bytes]], AsyncIterator[bytes]],
) -> Response[None] | Stream:
    """A file is saved, never shown: whatever is in it runs nowhere under our name."""
    size, tag = attachment.size_bytes, f'"{attachment.sha256}"'
    headers = {
        "Content-Disposition": attached_as(attachment.file_name),
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Cache-Control": "private, no-store",
        "ETag": tag,
        "Accept-Ranges": "bytes",
    }
    if tag in [known.strip() for known in request.headers.get("if-none-match", "").split(",")]:
        return Response(None, status_code=304, headers=headers)
    asked = request.headers.get("range")
    if asked is None or request.headers.get("if-range", tag) != tag:
        start, end, status = 0, size, 200
    else:
        start, end = _range(asked, size)
        status = 206
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    headers["Content-Length"] = str(end - start)
    pieces = metered(files.content(attachment, start, end))
    return Stream(pieces, status_code=status, headers=headers, media_type=attachment.media_type)


def _range(asked: str, size: int) -> tuple[int, int]:
    """The one range that is asked for, as (first, behind the last). Raises RangeRefused: several ranges too, which no
    client of ours asks for."""
    match = _RANGE.fullmatch(asked.strip())
    if match is None or not (match[1] or match[2]):
        raise RangeRefused(field="Range")
    if not match[1]:
        start, end = max(0, size - int(match[2])), size
    else:
        start, end = int(match[1]), min(size, int(match[2]) + 1 if match[2] else size)
    if start >= end:
        raise RangeRefused(field="Range")
    return start, end
