"""The files of attachments: resumable upload and download. Knows no web framework and keeps nothing in the process.

An upload is a folder of pieces in the blob store, each named by where it begins and how long it is; how far an upload
has come is what the pieces say, to whichever process is asked. When all are there they are put together, compared with
the hash that the row announced, looked into, and kept under their hash; then the row says `stored`.

What the company has already is not uploaded twice, but only where the member sees an attachment with that very content:
nobody learns from an upload what lies in records out of their sight, and companies share nothing.
"""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import IO
from uuid import UUID

import structlog
from sqlalchemy import select

from infra.blobs import PIECE_BYTES, BlobMissing, BlobStore, once
from kernel.command import declared
from kernel.context import Context
from kernel.engine import Engine
from kernel.executor import Invocation
from kernel.policy import Actor
from kernel.query import visible
from sync.errors import DeviceMustEncrypt
from sync.file_contents import refuse_other_content
from sync.file_errors import ChunkInvalid, FileAbsent, FileDiffers, FileWaiting, UploadOffsetWrong
from sync.photo_metadata import stripped
from tenants.attachment_blobs import chunk_key, chunk_parts, content_key, delete_uploads, lock_contents, upload_folder
from tenants.attachment_entities import Attachment
from tenants.attachment_reach import attachable, attaches, attaching_permission
from tenants.commands.store_attachment import StoreAttachment, store_attachment
from tenants.device_entities import Device
from tenants.device_settings import ENCRYPTION_REQUIRED
from tenants.settings import read_setting
from values.errors import Busy, NotFound, PermissionDenied, Refusal, Words

MAX_CHUNK_BYTES = 1024 * 1024
MIN_CHUNK_BYTES = 64 * 1024  # smaller ones would be many; the last of a file may be
_PHOTOS_AT_ONCE = 1  # each may take 200 MB of memory
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a file has come. `offset`: the bytes that are there, from the beginning."""

    attachment_id: UUID
    stored: bool
    offset: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Piece:
    key: str
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class FileService:
    """One per process; nothing of an upload is in it."""

    engine: Engine
    blobs: BlobStore
    _photos: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_PHOTOS_AT_ONCE), repr=False)

    async def standing(self, actor: Actor, attachment_id: UUID) -> Standing:
        """Raises NotFound for unknown and invisible alike."""
        attachment = await self._visible(actor, attachment_id)
        return await self._standing(attachment)

    async def append(self, actor: Actor, attachment_id: UUID, offset: int, data: bytes) -> Standing:
        """Keeps the next piece. One that is there already (the answer was lost) changes nothing.

        Raises NotFound, PermissionDenied, UploadOffsetWrong (with the right one), ChunkInvalid.
        """
        attachment = await self._changeable(actor, attachment_id)
        if attachment.stored_at is not None:
            return _whole(attachment)
        pieces = await self._pieces(attachment)
        reached = _reached(pieces)
        end = offset + len(data)
        repeated = any(piece.offset == offset and piece.length == len(data) for piece in pieces)
        if offset != reached and not repeated:
            raise UploadOffsetWrong(offset=reached)
        last = end == attachment.size_bytes
        fits = (MIN_CHUNK_BYTES if not last else 1) <= len(data) <= MAX_CHUNK_BYTES and end <= attachment.size_bytes
        if not fits:
            raise ChunkInvalid(least=MIN_CHUNK_BYTES, most=MAX_CHUNK_BYTES)
        if repeated:
            return Standing(attachment.id, False, reached, attachment.size_bytes)
        key = chunk_key(actor.tenant_id, attachment.id, offset, len(data), self.engine.clock.now())
        await self.blobs.put(key, once(data))
        return Standing(attachment.id, False, end, attachment.size_bytes)

    async def finish(self, actor: Actor, attachment_id: UUID) -> Standing:
        """Keeps the file if all of it is there, or if the member sees the same content elsewhere; otherwise says how
        far it has come. May be repeated.

        Raises NotFound, PermissionDenied, FileDiffers and FileContentRefused (what was sent is discarded), Busy.
        """
        attachment = await self._changeable(actor, attachment_id)
        if attachment.stored_at is not None:
            return _whole(attachment)
        pieces = await self._pieces(attachment)
        keys = [piece.key for piece in pieces]
        if _reached(pieces) < attachment.size_bytes:
            if not await self._has_seen(actor, attachment):
                return Standing(attachment.id, False, _reached(pieces), attachment.size_bytes)
            keys = [content_key(actor.tenant_id, attachment.sha256)]
        try:
            await self._keep(actor, attachment, keys)
        except BlobMissing:
            # Another request put the pieces together meanwhile, or the same content has just been deleted.
            if (await self._changeable(actor, attachment_id)).stored_at is None:
                raise Busy from None
        except Refusal as refusal:
            if not refusal.kind.transient:
                await delete_uploads(self.blobs, actor.tenant_id, attachment.id)
            raise
        await delete_uploads(self.blobs, actor.tenant_id, attachment.id)
        return _whole(await self._changeable(actor, attachment_id))

    async def stored(self, actor: Actor, attachment_id: UUID) -> Attachment:
        """The row of a file that may be downloaded, out of the recycle bin too. Raises NotFound, DeviceMustEncrypt,
        FileWaiting, FileAbsent."""
        await self._refuse_plain_device(actor)
        attachment = await self._visible(actor, attachment_id, archived=True)
        if attachment.stored_at is None:
            raise FileWaiting(field="id")
        if await self.blobs.size(content_key(actor.tenant_id, attachment.sha256)) != attachment.size_bytes:
            _log.error("files.content_missing", attachment=str(attachment.id))
            raise FileAbsent(field="id")
        return attachment

    def content(self, attachment: Attachment, start: int, end: int) -> AsyncIterator[bytes]:
        """Bytes `start` up to `end` of a stored file, piece by piece."""
        return self.blobs.read(content_key(attachment.tenant_id, attachment.sha256), start, end)

    async def _keep(self, actor: Actor, attachment: Attachment, keys: list[str]) -> None:
        """Checks the bytes under `keys` and stores them as the attachment's file."""
        with tempfile.TemporaryFile() as file:
            sha256, size_bytes = await self._assemble(keys, file)
            if (sha256, size_bytes) != (attachment.sha256, attachment.size_bytes):
                raise FileDiffers(field="sha256")
            await asyncio.to_thread(refuse_other_content, file, attachment.media_type)
            kept: IO[bytes] = file
            if attachment.strip_asked_at is not None:
                async with self._photos:
                    kept = await asyncio.to_thread(stripped, file, attachment.media_type)
                sha256, size_bytes = await asyncio.to_thread(_measured, kept)
            await self.blobs.put(content_key(actor.tenant_id, sha256), _chunks(kept))
        data = StoreAttachment(
            id=attachment.id, sha256=sha256, size_bytes=size_bytes, stripped=attachment.strip_asked_at is not None
        )

        async def prepare(ctx: Context, sent: StoreAttachment) -> StoreAttachment:
            """From here on nobody deletes it; before, somebody may have: no row said it."""
            await lock_contents(ctx.session, deleting=False)
            if await self.blobs.size(content_key(actor.tenant_id, sha256)) != size_bytes:
                raise Busy
            return sent

        await self.engine.executor.run_internal(actor, declared(store_attachment), data, Invocation(prepare=prepare))

    async def _assemble(self, keys: list[str], file: IO[bytes]) -> tuple[str, int]:
        digest, size_bytes = hashlib.sha256(), 0
        for key in keys:
            async for data in self.blobs.read(key):
                digest.update(data)
                size_bytes += len(data)
                await asyncio.to_thread(file.write, data)
        return digest.hexdigest(), size_bytes

    async def _standing(self, attachment: Attachment) -> Standing:
        if attachment.stored_at is not None:
            return _whole(attachment)
        pieces = await self._pieces(attachment)
        return Standing(attachment.id, False, _reached(pieces), attachment.size_bytes)

    async def _pieces(self, attachment: Attachment) -> list[Piece]:
        """The pieces that follow one another from the beginning, without what does not fit between them."""
        by_offset: dict[int, Piece] = {}
        for key in await self.blobs.keys(upload_folder(attachment.tenant_id, attachment.id)):
            offset, length, _ = chunk_parts(key)
            if offset not in by_offset or length > by_offset[offset].length:
                by_offset[offset] = Piece(key, offset, length)
        found: list[Piece] = []
        while (piece := by_offset.get(_reached(found))) is not None:
            found.append(piece)
        return found

    async def _has_seen(self, actor: Actor, attachment: Attachment) -> bool:
        """Whether the member sees a stored attachment with this very content."""
        async with self.engine.reading(actor) as session:
            same = select(Attachment.id).where(
                *visible(Attachment, actor, archived=True),
                Attachment.sha256 == attachment.sha256,
                Attachment.size_bytes == attachment.size_bytes,
                Attachment.state == "stored",
            )
            return (await session.core(same.limit(1))).first() is not None

    async def _refuse_plain_device(self, actor: Actor) -> None:
        """A file's address names no device: it is the one that syncs under this sign-in, if any does."""
        if actor.session_id is None:
            return
        plain = select(Device.id).where(
            Device.tenant_id == actor.tenant_id,
            Device.member_id == actor.member_id,
            Device.session_id == actor.session_id,
            Device.revoked_at.is_(None),
            Device.encrypted.is_not(True),
        )
        async with self.engine.reading(actor) as session:
            found = (await session.core(plain.limit(1))).first()
            if found is not None and await read_setting(session, ENCRYPTION_REQUIRED):
                raise DeviceMustEncrypt

    async def _changeable(self, actor: Actor, attachment_id: UUID) -> Attachment:
        attachment = await self._visible(actor, attachment_id)
        if not attaches(actor, attachment):
            raise PermissionDenied(permission=str(attaching_permission(attachable()[attachment.entity])))
        return attachment

    async def _visible(self, actor: Actor, attachment_id: UUID, *, archived: bool = False) -> Attachment:
        async with self.engine.reading(actor) as session:
            found = await session.scalar(
                select(Attachment).where(*visible(Attachment, actor, archived=archived), Attachment.id == attachment_id)
            )
            session.orm.expunge_all()  # it outlives the transaction
        if found is None:
            raise NotFound(field="id", entity=Words("附件", "attachment"))
        attachment: Attachment = found
        return attachment


def _whole(attachment: Attachment) -> Standing:
    return Standing(attachment.id, True, attachment.size_bytes, attachment.size_bytes)


def _reached(pieces: list[Piece]) -> int:
    return pieces[-1].offset + pieces[-1].length if pieces else 0


def _measured(file: IO[bytes]) -> tuple[str, int]:
    file.seek(0)
    digest, size_bytes = hashlib.sha256(), 0
    while data := file.read(PIECE_BYTES):
        digest.update(data)
        size_bytes += len(data)
    return digest.hexdigest(), size_bytes


async def _chunks(file: IO[bytes]) -> AsyncIterator[bytes]:
    file.seek(0)
    while data := await asyncio.to_thread(file.read, PIECE_BYTES):
        yield data
