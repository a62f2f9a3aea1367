"""The files of a company's attachments, on their way into the zip of its data."""

from __future__ import annotations

import asyncio
import hashlib
import zipfile
from dataclasses import dataclass, field
from uuid import UUID

from psycopg import sql
from psycopg.rows import tuple_row

from infra.blobs import BlobMissing, BlobStore
from kernel.db import TenantSession
from kernel.entity import SCHEMA
from tenants.attachment_blobs import content_key
from tenants.attachment_entities import Attachment


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that a row says is stored. `path`: in the zip."""

    attachment_id: UUID
    path: str
    sha256: str


@dataclass(slots=True)
class Written:
    """What went into the zip: (path, bytes, sha256); and the attachments whose file was gone or another."""

    files: list[tuple[str, int, str]] = field(default_factory=list)
    missing: list[UUID] = field(default_factory=list)

    def told(self, *, asked: bool) -> dict[str, object]:
        """For manifest.json."""
        note = "附件在 attachments/ 中，按附件编号分文件夹。Files are in attachments/, a folder each."
        left_out = "本次导出未包含附件文件。This export was made without the files."
        return {
            "count": len(self.files),
            "missing": [str(found) for found in self.missing],
            "note": note if asked else left_out,
        }


async def stored_files(session: TenantSession, rows: sql.Composable) -> list[StoredFile]:
    """The stored attachments among `rows`, as the snapshot shows them, in order of id."""
    query = sql.SQL(
        "SELECT id, file_name, sha256 FROM {} WHERE tenant_id = {} AND state = 'stored' AND {} ORDER BY id"
    ).format(sql.Identifier(SCHEMA, Attachment.__tablename__), sql.Literal(session.tenant_id), rows)
    connection = await session.raw()
    async with connection.cursor(row_factory=tuple_row) as cursor:
        await cursor.execute(query)
        found = await cursor.fetchall()
    return [StoredFile(row[0], f"attachments/{row[0]}/{row[1]}", row[2]) for row in found]


async def write_files(
    archive: zipfile.ZipFile, blobs: BlobStore, tenant_id: UUID, found: list[StoredFile], made_at: tuple[int, ...]
) -> Written:
    """Writes the files one after the other, piece by piece. One that is not there is told and stops no other.

    `made_at`: (year, month, day, hour, minute, second) of the members.
    """
    written = Written()
    for file in found:
        key = content_key(tenant_id, file.sha256)
        if await blobs.size(key) is None:
            written.missing.append(file.attachment_id)
            continue
        told = zipfile.ZipInfo(file.path, made_at[:6])  # type: ignore[arg-type]  # six of them
        digest, size_bytes = hashlib.sha256(), 0
        try:
            with archive.open(told, "w", force_zip64=True) as member:  # stored as it is: most are compressed already
                async for data in blobs.read(key):
                    digest.update(data)
                    size_bytes += len(data)
                    await asyncio.to_thread(member.write, data)
        except BlobMissing:  # deleted in this very moment
            written.missing.append(file.attachment_id)
            continue
        if digest.hexdigest() != file.sha256:
            written.missing.append(file.attachment_id)
        written.files.append((file.path, size_bytes, digest.hexdigest()))
    return written
