"""All of a company's data as one zip: every table behind its wall as JSON lines and CSV, under one snapshot.

What is exported is asked of the database's catalogue, not of the code: a new table is in it, or it stands, with its
reason, among the derived ones below. Secret columns are left out. Memory is bounded by one page of rows.

A member's zip holds what that member may see, field by field; an operator's holds everything, and says so.
"""

from __future__ import annotations

import asyncio
import csv
import hashlib
import io
import json
import os
import zipfile
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO, Any, BinaryIO
from uuid import UUID

from psycopg import sql
from psycopg.rows import tuple_row
from sqlalchemy import text

from exchange.cells import guard_formula
from exchange.export_rights import Share, refuse_unless_theirs, share_of
from exchange.tenant_export_files import StoredFile, Written, stored_files, write_files
from exchange.tenant_export_readme import readme
from infra.blobs import BlobStore
from kernel.db import TenantContext, TenantSession
from kernel.engine import Engine
from kernel.entity import SCHEMA, Base, Facet, facet_of
from kernel.policy import EVERYTHING, Actor
from kernel.query import reading_context
from tenants.attachment_entities import Attachment
from values.wire import to_wire, wire_name

FORMAT_VERSION = 1
PAGE = 500  # what the event loop reads in one piece: some milliseconds, then others have their turn
_SPOOL_BYTES = 8 * 1024 * 1024

DERIVED = {
    "search_term": "An index: rebuilt from the rows.",
    "row_tag": "An index of the rows' tagIds.",
    "custom_value": "An index of the rows' custom fields.",
    "change_log": "What devices still have to fetch; it holds no data of its own.",
    "scope_exit": "What devices have to drop; it holds no data of its own.",
    "tenant_clock": "The counter behind the devices' cursors.",
    "command_outcome": "Answers kept so that a repeated request is not done twice; they repeat what the rows say.",
    "outbox": "Messages on their way out: they may carry sign-in links.",
}
"""Tables behind the tenant wall that are not exported, and why."""


@dataclass(frozen=True, slots=True)
class _Table:
    name: str
    columns: list[str]  # exported ones, in table order
    withheld: list[str]  # secret ones, and those hidden from the reader
    key: list[str]
    labels: list[str]
    rows: sql.Composable  # which ones the reader takes
    cut: Callable[[dict[str, Any]], dict[str, Any]] | None


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """A member of the zip, as manifest.json tells it. `rows` is None for what is not a table."""

    path: str
    rows: int | None
    bytes: int
    sha256: str


async def write_tenant_zip(
    engine: Engine,
    tenant_id: UUID,
    target: Path | BinaryIO,
    *,
    reader: Actor | None = None,
    blobs: BlobStore | None = None,
) -> list[ExportedFile]:
    """Writes the zip: to a path atomically and readable by its owner only, or into an open binary file.

    `reader`: the member who takes it, under their own rights and masks; None: an operator on the machine, who takes
    everything. `blobs`: where the files of attachments lie; None leaves the files out, and the manifest says so. Reads
    only, so it works on every rung of the subscription and while an operator keeps the service read-only; a member's
    door runs `tenants.export_company` first, which audits it. Raises PermissionDenied, and OSError when the target
    cannot be written.
    """
    if reader is not None:
        refuse_unless_theirs(reader, tenant_id)
    if not isinstance(target, Path):
        return await _write(engine, tenant_id, target, reader, blobs)
    partial = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        descriptor = os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            files = await _write(engine, tenant_id, stream, reader, blobs)
            stream.flush()
            os.fsync(stream.fileno())
        partial.replace(target)
    except BaseException:
        with suppress(FileNotFoundError):
            partial.unlink()
        raise
    return files


async def _write(
    engine: Engine, tenant_id: UUID, stream: BinaryIO, reader: Actor | None, blobs: BlobStore | None
) -> list[ExportedFile]:
    made_at = engine.clock.now()
    context = reading_context(reader) if reader is not None else TenantContext(tenant_id, None, EVERYTHING)
    files: list[ExportedFile] = []
    stored: list[StoredFile] = []
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as archive:
        async with engine.database.tenant(context, snapshot=True) as session:
            tables, not_theirs = await exported_tables(session, reader)
            for table in tables:
                files += await _write_table(session, archive, table)
                if table.name == Attachment.__tablename__:
                    stored = await stored_files(session, table.rows)
        written = Written()
        if blobs is not None:  # the snapshot is closed: files may take long, and never change
            written = await write_files(archive, blobs, tenant_id, stored, made_at.timetuple())
        files += [ExportedFile(path, None, size, sha256) for path, size, sha256 in written.files]
        files.append(_write_text(archive, "README.md", readme(of_member=reader is not None)))
        manifest = {
            "format": FORMAT_VERSION,
            "tenantId": str(tenant_id),
            "madeAt": to_wire(made_at),
            "rights": {"of": "member", "memberId": str(reader.member_id)} if reader else {"of": "operator"},
            "files": [{"path": f.path, "rows": f.rows, "bytes": f.bytes, "sha256": f.sha256} for f in files],
            "tables": {table.name: {"columns": table.columns, "withheld": table.withheld} for table in tables},
            "leftOut": DERIVED,
            "notYours": not_theirs,
            "attachments": written.told(asked=blobs is not None),
        }
        _write_text(archive, "manifest.json", json.dumps(manifest, ensure_ascii=False, indent=1))
    return files


async def exported_tables(session: TenantSession, reader: Actor | None) -> tuple[list[_Table], dict[str, str]]:
    """Every table with a tenant that is not derived, as the database knows it, in name order; and those of which the
    reader takes nothing, with the permission that is missing."""
    found = await session.execute(
        text(
            "SELECT c.relname AS name, array_agg(a.attname ORDER BY a.attnum) AS columns, "
            "(SELECT array_agg(k.attname ORDER BY array_position(i.indkey::int2[], k.attnum)) FROM pg_index i "
            " JOIN pg_attribute k ON k.attrelid = i.indrelid AND k.attnum = ANY (i.indkey::int2[]) "
            " WHERE i.indrelid = c.oid AND i.indisprimary) AS key "
            "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            "JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped "
            "WHERE n.nspname = :schema AND c.relkind IN ('r', 'p') AND NOT c.relispartition "
            "GROUP BY c.oid, c.relname HAVING bool_or(a.attname = 'tenant_id') ORDER BY c.relname"
        ),
        {"schema": SCHEMA},
    )
    theirs: list[_Table] = []
    missing: dict[str, str] = {}
    for row in found:
        if row.name in DERIVED:
            continue
        share = share_of(row.name, reader)
        if share.missing is not None:
            missing[row.name] = share.missing
        else:
            theirs.append(_table(row.name, list(row.columns), list(row.key), share))
    return theirs, missing


def _table(name: str, columns: list[str], key: list[str], share: Share) -> _Table:
    mapped = Base.metadata.tables.get(f"{SCHEMA}.{name}")
    known: dict[str, Facet] = {c.name: facet_of(c) for c in mapped.columns} if mapped is not None else {}
    withheld = [c for c in columns if c in share.hidden or (c in known and known[c].secret)]
    shown = [column for column in columns if column not in withheld]
    labels = [known[column].zh if column in known else column for column in shown]
    return _Table(name, shown, withheld, key, labels, share.rows, share.cut)


async def _write_table(session: TenantSession, archive: zipfile.ZipFile, table: _Table) -> list[ExportedFile]:
    """The JSON lines go straight into the zip; the CSV waits in a temporary file, since a zip takes one at a time."""
    with SpooledTemporaryFile(max_size=_SPOOL_BYTES) as spooled:
        lines, sheet, rows = _Counted(f"data/{table.name}.jsonl"), _Counted(f"csv/{table.name}.csv"), 0
        with archive.open(lines.path, "w", force_zip64=True) as member:
            sheet.write(spooled, _csv([[f"{label}" for label in table.labels]], mark=True))
            async for page in _pages(session, table):
                rows += len(page)
                await asyncio.to_thread(_write_page, table, page, lines, member, sheet, spooled)
        spooled.seek(0)
        await asyncio.to_thread(_copy, archive, sheet.path, spooled)
    return [lines.told(rows), sheet.told(rows)]


async def _pages(session: TenantSession, table: _Table) -> AsyncIterator[list[tuple[Any, ...]]]:
    """Pages from a cursor of the database, in order of the key."""
    query = sql.SQL("SELECT {} FROM {} WHERE tenant_id = {} AND {} ORDER BY {}").format(
        sql.SQL(", ").join(map(sql.Identifier, table.columns)),
        sql.Identifier(SCHEMA, table.name),
        sql.Literal(session.tenant_id),
        table.rows,
        sql.SQL(", ").join(map(sql.Identifier, table.key)),
    )
    connection = await session.raw()
    async with connection.cursor(name="tenant_export", row_factory=tuple_row) as cursor:
        await cursor.execute(query)
        while page := await cursor.fetchmany(PAGE):
            yield page


def _write_page(
    table: _Table,
    page: list[tuple[Any, ...]],
    lines: _Counted,
    member: IO[bytes],
    sheet: _Counted,
    spooled: IO[bytes],
) -> None:
    names = [wire_name(column) for column in table.columns]
    if table.cut is not None:
        page = [tuple(table.cut(dict(zip(table.columns, row, strict=True))).values()) for row in page]
    rows = [[_plain(value) for value in row] for row in page]
    encoded = [json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False) for row in rows]
    lines.write(member, ("\n".join(encoded) + "\n").encode())
    sheet.write(spooled, _csv([[_field(value) for value in row] for row in rows]))


def _plain(value: Any) -> Any:
    return value.hex() if isinstance(value, bytes | memoryview) else to_wire(value)


def _field(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return guard_formula(value)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list | bool) else str(value)


def _csv(rows: list[list[str]], *, mark: bool = False) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return (("\ufeff" if mark else "") + out.getvalue()).encode("utf-8", "replace")


def _copy(archive: zipfile.ZipFile, path: str, source: IO[bytes]) -> None:
    with archive.open(path, "w", force_zip64=True) as member:
        while piece := source.read(1024 * 1024):
            member.write(piece)


def _write_text(archive: zipfile.ZipFile, path: str, content: str) -> ExportedFile:
    data = content.encode()
    archive.writestr(path, data)
    return ExportedFile(path, None, len(data), hashlib.sha256(data).hexdigest())


class _Counted:
    """A file of the zip on its way: size and hash are taken as it is written."""

    def __init__(self, path: str) -> None:
        self.path, self._bytes, self._hash = path, 0, hashlib.sha256()

    def write(self, stream: IO[bytes], data: bytes) -> None:
        stream.write(data)
        self._bytes += len(data)
        self._hash.update(data)

    def told(self, rows: int) -> ExportedFile:
        return ExportedFile(self.path, rows, self._bytes, self._hash.hexdigest())
