"""Builds a SQLite file of what a member sees, at one instant, in bounded memory; compresses and hashes it.

A device imports such a file many times faster than it inserts rows, and takes the layout of its own table from it.
"""

from __future__ import annotations

import asyncio
import hashlib
import sqlite3
import struct
from collections import deque
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import aclosing
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from typing import BinaryIO

import zstandard
from isal import isal_zlib
from sqlalchemy import ColumnElement

from kernel.db import TenantSession
from kernel.policy import Actor
from sync import load_lists
from sync.collections import Collection
from sync.load_lists import ListWriter
from sync.rows import ID, all_texts, by_reader

TABLE = """CREATE TABLE base (
    collection TEXT NOT NULL, id TEXT NOT NULL, data TEXT NOT NULL, PRIMARY KEY (collection, id)
) WITHOUT ROWID"""
# Nobody reads the file while it is made, and a half-made one is thrown away. A device writes whole pages: each edit
# there costs as many bytes as the pages that it touches have.
_HURRIED = """
PRAGMA page_size = 8192; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE;
"""
# The texts come and go as UTF-8: SQLite cuts the id out of them and takes the bytes for what they are.
_INSERT = "INSERT INTO base VALUES (?1, CAST(substr(?2, 8, 36) AS TEXT), CAST(?2 AS TEXT))"
_PIECE = 512 * 1024
ENCODINGS = ("zstd", "gzip")
_PACKERS = 2
_AHEAD = 2 * _PACKERS  # pieces that are being compressed while earlier ones are written
_RAW_DEFLATE = -15
_GZIP_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x04\xff"  # deflate, no name, no time, fast


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
    lists: bool = False,
) -> BuiltFile:
    """Writes `target`, compressed. `conditions`: by collection, besides the member's view.

    `lists`: with the list tables of the collections; those are the ones of the present schema.
    """
    raw = target.with_suffix(".sqlite")
    raw.unlink(missing_ok=True)
    try:
        rows = await _fill(session, actor, collections, raw, conditions or {}, lists=lists)
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
    *,
    lists: bool,
) -> int:
    """Reads and writes at once: while some hundred rows are inserted, the next are on their way."""
    db = sqlite3.connect(raw, isolation_level=None, check_same_thread=False)
    count, writing, written = 0, None, list[ListWriter]()
    try:
        db.executescript(_HURRIED)
        db.execute(TABLE)
        if lists:
            load_lists.begin(db)
        db.execute("BEGIN")
        for name in sorted(collections):
            found = collections[name]
            writer = _writer(db, actor, found) if lists else None
            beside = writer.beside if writer is not None else ()
            # Left early, it must close its cursor at once: the next collection's has the same name.
            async with aclosing(all_texts(session, actor, found, *conditions.get(name, ()), beside=beside)) as pages:
                async for texts in pages:
                    count += len(texts)
                    if writing is not None:
                        await writing
                    writing = asyncio.create_task(asyncio.to_thread(_insert, db, name, texts, writer))
            written += [writer] if writer is not None else []
        if writing is not None:
            await writing
        db.execute("COMMIT")
        if lists:
            await asyncio.to_thread(_finish, db, written)
    finally:
        if writing is not None and not writing.done():
            await asyncio.wait({writing})
        db.close()
    return count


def _writer(db: sqlite3.Connection, actor: Actor, found: Collection) -> ListWriter:
    writer = ListWriter.of(found, () if by_reader(found) else found.shown_to(actor))
    writer.create(db)
    return writer


def _insert(db: sqlite3.Connection, name: str, lines: list[bytes], writer: ListWriter | None) -> None:
    if writer is None:
        db.executemany(_INSERT, zip(repeat(name), lines))
        return
    parts = [line.split(b"\t") for line in lines]
    db.executemany(_INSERT, zip(repeat(name), (text for text, *_ in parts)))
    writer.insert(db, [[text[ID].decode(), *(key.decode() for key in keys)] for text, *keys in parts])


def _finish(db: sqlite3.Connection, written: list[ListWriter]) -> None:
    for writer in written:
        writer.finish(db)
    load_lists.measure(db)


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
    yield from _gzipped(source)


def _gzipped(source: BinaryIO) -> Iterator[bytes]:
    """One gzip stream of pieces that two threads compress, each for itself: neither holds the interpreter's lock.
    ISA-L packs as small as zlib does at its fastest, five times as fast (measured on such a file)."""
    checksum, size = 0, 0
    yield _GZIP_HEAD
    with ThreadPoolExecutor(_PACKERS, thread_name_prefix="load-pack") as packers:
        ahead = deque[Future[bytes]]()
        while piece := source.read(_PIECE):
            ahead.append(packers.submit(_deflated, piece))
            checksum, size = isal_zlib.crc32(piece, checksum), size + len(piece)
            if len(ahead) > _AHEAD:
                yield ahead.popleft().result()
        yield from (packed.result() for packed in ahead)
    yield isal_zlib.compressobj(1, isal_zlib.DEFLATED, _RAW_DEFLATE).flush()
    yield struct.pack("<LL", checksum, size & 0xFFFFFFFF)


def _deflated(piece: bytes) -> bytes:
    """Up to a byte border, and not the last of the stream."""
    packer = isal_zlib.compressobj(1, isal_zlib.DEFLATED, _RAW_DEFLATE)
    return packer.compress(piece) + packer.flush(isal_zlib.Z_SYNC_FLUSH)


async def pieces_of(path: Path) -> AsyncIterator[bytes]:
    """The file's bytes, some hundred kilobytes at a time."""
    with path.open("rb") as source:
        while piece := await asyncio.to_thread(source.read, _PIECE):
            yield piece
