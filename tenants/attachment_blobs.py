"""The bytes of attachments in the blob store, a folder a company: `files/` by what they are, `uploads/` in pieces.

The same content is kept once a company, never across companies. It stays for as long as any row of the company says its
hash. Whoever makes a row say it (`store_attachment`) and whoever deletes what no row says hold the company's lock.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from infra.blobs import BlobStore
from kernel.db import TenantContext, TenantSession
from kernel.engine import Engine
from tenants.attachment_entities import Attachment
from tenants.entities import TenantAccess

UNFINISHED_KEPT = timedelta(days=7)
_AT_ONCE = 500


def content_key(tenant_id: UUID, sha256: str) -> str:
    """Where the bytes of this hash lie."""
    return f"files/{tenant_id}/{sha256}"


def upload_folder(tenant_id: UUID, attachment_id: UUID) -> str:
    return f"uploads/{tenant_id}/{attachment_id}"


def chunk_key(tenant_id: UUID, attachment_id: UUID, offset: int, length: int, now: datetime) -> str:
    """A piece of an upload: where it begins, how long it is, when it came."""
    return f"{upload_folder(tenant_id, attachment_id)}/{offset:012d}-{length:08d}-{int(now.timestamp()):012d}"


def chunk_parts(key: str) -> tuple[int, int, int]:
    """(offset, length, second) of a piece's key."""
    offset, length, second = key.rsplit("/", 1)[1].split("-")
    return int(offset), int(length), int(second)


async def lock_contents(session: TenantSession, *, deleting: bool) -> None:
    """Holds the company's files as they are until the commit: many may add, and who deletes is alone."""
    one = select(TenantAccess.id).where(TenantAccess.tenant_id == session.tenant_id)
    await session.execute(one.with_for_update(key_share=True) if deleting else one.with_for_update(read=True))


async def delete_uploads(blobs: BlobStore, tenant_id: UUID, attachment_id: UUID) -> None:
    for key in await blobs.keys(upload_folder(tenant_id, attachment_id)):
        await blobs.delete(key)


async def delete_unreferenced(engine: Engine, blobs: BlobStore, tenant_id: UUID, contents: Collection[str]) -> int:
    """Deletes those of the contents that no row of the company says any more; how many."""
    wanted, gone = sorted(contents), 0
    for start in range(0, len(wanted), _AT_ONCE):
        part = wanted[start : start + _AT_ONCE]
        async with engine.database.tenant(TenantContext(tenant_id).wide()) as session:
            await lock_contents(session, deleting=True)
            said = select(Attachment.sha256).where(Attachment.tenant_id == tenant_id, Attachment.sha256.in_(part))
            for sha256 in set(part) - set(await session.scalars(said)):
                await blobs.delete(content_key(tenant_id, sha256))
                gone += 1
    return gone


async def forget_files(engine: Engine, blobs: BlobStore, tenant_id: UUID, payload: dict[str, Any]) -> None:
    """The job behind the outbox message about deleted rows. May come late, and twice."""
    await delete_unreferenced(engine, blobs, tenant_id, [str(sha256) for sha256 in payload["contents"]])
    for attachment_id in payload["attachmentIds"]:
        await delete_uploads(blobs, tenant_id, UUID(str(attachment_id)))


async def sweep_files(engine: Engine, blobs: BlobStore, tenant_id: UUID) -> int:
    """Deletes the company's contents that no row says, uploads whose row is gone or has its file, and uploads to which
    nothing came for 7 days; how many blobs. Their rows go on waiting: the device may send the file from its beginning.
    """
    contents = [key.rsplit("/", 1)[1] for key in await blobs.keys(f"files/{tenant_id}")]
    gone = await delete_unreferenced(engine, blobs, tenant_id, contents)
    pieces: dict[UUID, list[str]] = {}
    for key in await blobs.keys(f"uploads/{tenant_id}"):
        pieces.setdefault(UUID(key.split("/")[2]), []).append(key)
    oldest = (engine.clock.now() - UNFINISHED_KEPT).timestamp()
    waiting = await _waiting(engine, tenant_id, pieces)
    for attachment_id, keys in pieces.items():
        if attachment_id not in waiting or max(chunk_parts(key)[2] for key in keys) < oldest:
            for key in keys:
                await blobs.delete(key)
            gone += len(keys)
    return gone


async def _waiting(engine: Engine, tenant_id: UUID, ids: Iterable[UUID]) -> set[UUID]:
    wanted, found = sorted(ids), set[UUID]()
    async with engine.database.tenant(TenantContext(tenant_id).wide()) as session:
        for start in range(0, len(wanted), _AT_ONCE):
            asked = select(Attachment.id).where(
                Attachment.tenant_id == tenant_id,
                Attachment.id.in_(wanted[start : start + _AT_ONCE]),
                Attachment.state == "waiting",
            )
            found.update(await session.scalars(asked))
    return found
