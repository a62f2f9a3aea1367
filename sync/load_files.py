"""Builds a SQLite file of what a member sees, at one instant, in bounded memory; compresses and hashes it.

A device imports such a file many times faster than it inserts rows, and takes the layout of its own table from it.
"""

from __future__ import annotations

import asyncio
import hashlib
import sqlite3
import zlib
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from typing import BinaryIO

import zstandard
from sqlalchemy import ColumnElement

from kernel.db import TenantSession
from kernel.policy import Actor
from sync.collections import Collection
from sync.rows import all_texts

TABLE = """CREATE TABLE base (
    collection TEXT NOT NULL, id TEXT NOT NULL, data TEXT NOT NULL, PRIMARY KEY (collection, id)
) WITHOUT ROWID"""
# Nobody reads the file while it is made, and a half-made one is thrown away.
_HURRIED = """
PRAGMA page_size = 16384; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE;
"""
# The texts come and go as UTF-8: SQLite cuts the id out of them and takes the bytes for what they are.
_INSERT = "INSERT INTO base VALUES (?1, CAST(substr(?2, 8, 36) AS TEXT), CAST(?2 AS TEXT))"
_PIECE = 512 * 1024
ENCODINGS = ("zstd", "gzip")


@dataclass(frozen=True, slots=True)
class BuiltFile:
    """A finished file. `raw_bytes`: of the SQLite file; `packed_bytes` and `sha256`: of it compressed, at `path`."""

    path: Path
    rows: int
    raw_bytes: int
    packed_bytes: int
    sha256: str


async def build_file(
    session: TenantSession,
    actor: Actor,
    collections: Mapping[str, Collection],
    target: Path,
    encoding: str,
    *,
    conditions: Mapping[str, Iterable[ColumnElement[bool]]] | None = None,
    most_rows: int | None = None,
) -> BuiltFile:
    """Writes `target`, compressed. `conditions`: by collection, besides the member's view. `most_rows`: of each."""
    raw = target.with_suffix(".sqlite")
    raw.unlink(missing_ok=True)
    try:
        rows = await _fill(session, actor, collections, raw, conditions or {}, most_rows)
        raw_bytes = raw.stat().st_size
        packed_bytes, digest = await asyncio.to_thread(_pack, raw, target, encoding)
    finally:
        raw.unlink(missing_ok=True)
    return BuiltFile(target, rows, raw_bytes, packed_bytes, digest)


async def _fill(
    session: TenantSession,
    actor: Actor,
    collections: Mapping[str, Collection],
    raw: Path,
    conditions: Mapping[str, Iterable[ColumnElement[bool]]],
    most_rows: int | None,
) -> int:
    """Reads and writes at once: while some hundred rows are inserted, the next are on their way."""
    db = sqlite3.connect(raw, isolation_level=None, check_same_thread=False)
    count, writing = 0, None
    try:
        db.executescript(_HURRIED)
        db.execute(TABLE)
        db.execute("BEGIN")
        for name in sorted(collections):
            found, read = collections[name], 0
            # Left early, it must close its cursor at once: the next collection's has the same name.
            async with aclosing(all_texts(session, actor, found, *conditions.get(name, ()))) as pages:
                async for texts in pages:
                    kept = texts if most_rows is None else texts[: most_rows - read]
                    read += len(kept)
                    if writing is not None:
                        await writing
                    writing = asyncio.create_task(asyncio.to_thread(_insert, db, name, kept))
                    if most_rows is not None and read >= most_rows:
                        break
            count += read
        if writing is not None:
            await writing
        db.execute("COMMIT")
    finally:
        if writing is not None and not writing.done():
            await asyncio.wait({writing})
        db.close()
    return count


def _insert(db: sqlite3.Connection, name: str, texts: list[bytes]) -> None:
    db.executemany(_INSERT, zip(repeat(name), texts))


def _pack(raw: Path, target: Path, encoding: str) -> tuple[int, str]:
    """Compresses in pieces; the size and the SHA-256 of what came out."""
    digest, size = hashlib.sha256(), 0
    with raw.open("rb") as source, target.open("wb") as packed:
        for piece in _packed(source, encoding):
            digest.update(piece)
            size += packed.write(piece)
    return size, digest.hexdigest()


def _packed(source: BinaryIO, encoding: str) -> Iterable[bytes]:
    if encoding == "zstd":
        yield from zstandard.ZstdCompressor(level=1).read_to_iter(source, read_size=_PIECE, write_size=_PIECE)
        return
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    while piece := source.read(_PIECE):
        if out := packer.compress(piece):
            yield out
    yield packer.flush()


async def pieces_of(path: Path) -> AsyncIterator[bytes]:
    """The file's bytes, some hundred kilobytes at a time."""
    with path.open("rb") as source:
        while piece := await asyncio.to_thread(source.read, _PIECE):
            yield piece
