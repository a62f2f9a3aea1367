"""Sealed files byte by byte: what was changed does not open, what was cut goes on, reading brings what was written."""

from __future__ import annotations

import os
import random
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from sync.client import FileDamaged, vault
from sync.client.sealing import CHUNK_BYTES, SealedContent, SealedWriter
from sync.client.shelf import SealedShelf, sha256_of
from sync.client.store import Store

KEY = bytes(range(32))
HEADER, SLOT = 40, CHUNK_BYTES + 28
SIZES = [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES, 3 * CHUNK_BYTES + 777]


def sealed(path: Path, content: bytes, name: str = "名", key: bytes = KEY) -> Path:
    with SealedWriter(path, key) as written:
        written.write(content)
        written.finish(name)
    return path


def content_of(path: Path, name: str | None = "名", key: bytes = KEY) -> bytes:
    with SealedShelf(key).opened(path, name) as stream:
        return stream.read()


def _flip(at: int) -> Callable[[bytearray], None]:
    def change(data: bytearray) -> None:
        data[at] ^= 1

    return change


def _exchange(data: bytearray) -> None:
    first, second = HEADER, HEADER + SLOT
    data[first:second], data[second : second + SLOT] = data[second : second + SLOT], data[first:second]


def _leave_out(data: bytearray) -> None:
    del data[HEADER : HEADER + SLOT]


def _repeat(data: bytearray) -> None:
    data[HEADER:HEADER] = data[HEADER : HEADER + SLOT]


CHANGES: dict[str, Callable[[bytearray], None]] = {
    "magic": _flip(0),
    "salt": _flip(20),
    "nonce": _flip(HEADER + 3),
    "content": _flip(HEADER + SLOT + 5000),
    "tag": _flip(HEADER + SLOT - 1),
    "last-byte": _flip(-1),
    "exchanged": _exchange,
    "left-out": _leave_out,
    "repeated": _repeat,
    "last-chunk-gone": lambda data: data.__delitem__(slice(HEADER + 3 * SLOT, None)),
    "cut": lambda data: data.__delitem__(slice(-100, None)),
    "header-alone": lambda data: data.__delitem__(slice(HEADER, None)),
    "longer": lambda data: data.extend(b"more"),
    "a-chunk-longer": lambda data: data.extend(bytes(SLOT)),
    "nothing": lambda data: data.clear(),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_was_changed_does_not_open(tmp_path: Path, change: str) -> None:
    path = sealed(tmp_path / "x", os.urandom(3 * CHUNK_BYTES + 777))
    data = bytearray(path.read_bytes())
    CHANGES[change](data)
    path.write_bytes(data)
    with pytest.raises(FileDamaged):
        content_of(path)


def test_neither_another_key_nor_another_name_opens_it_and_unfinished_is_not_finished(tmp_path: Path) -> None:
    path = sealed(tmp_path / "x", b"text")
    unfinished = tmp_path / "y"
    with SealedWriter(unfinished, KEY) as written:
        written.write(b"text")
    for other, name, key in ((path, "名", bytes(32)), (path, "其他", KEY), (path, None, KEY), (unfinished, "名", KEY)):
        with pytest.raises(FileDamaged):
            content_of(other, name, key)
    with pytest.raises(FileDamaged):
        content_of(tmp_path / "not-there")
    assert (content_of(path), content_of(unfinished, None)) == (b"text", b"text")


@pytest.mark.parametrize("size", SIZES)
def test_it_is_read_in_any_place(tmp_path: Path, size: int) -> None:
    data, chance = os.urandom(size), random.Random(size)
    path = sealed(tmp_path / "x", data)
    assert content_of(path) == data
    assert path.stat().st_mode & 0o777 == 0o600
    opened = SealedContent(path, KEY, "名")
    with SealedShelf(KEY).opened(path, "名") as stream:
        assert stream.seek(0, os.SEEK_END) == opened.size == size
        for _ in range(50):
            at, amount = chance.randint(0, size + 10), chance.randint(0, 2 * CHUNK_BYTES)
            stream.seek(at)
            assert stream.read(amount) == opened.read(amount, at) == data[at : at + amount]
    opened.close()


@pytest.mark.parametrize("seed", range(12))
def test_what_was_cut_anywhere_goes_on(tmp_path: Path, seed: int) -> None:
    """Pieces of any size, the file opened anew in between; now and then a kill tears what was written last."""
    chance = random.Random(seed)
    data, path = os.urandom(chance.choice(SIZES[1:])), tmp_path / "x"
    while True:
        with SealedWriter(path, KEY) as written:
            assert written.size <= len(data)
            for _ in range(chance.randint(1, 4)):
                amount = chance.choice([1, 100, 5_000, CHUNK_BYTES, 100_000])
                written.write(data[written.size : written.size + amount])
            size = written.size
        assert content_of(path, None) == data[:size]
        if size == len(data):
            break
        if chance.random() < 0.2:
            torn = path.stat().st_size - chance.randint(1, 60)
            os.truncate(path, max(torn, 0))
    with SealedWriter(path, KEY) as written:
        written.finish("名")
    assert content_of(path) == data


def test_a_kill_while_the_mark_of_the_end_is_written_costs_one_chunk_at_most(tmp_path: Path) -> None:
    data = os.urandom(2 * CHUNK_BYTES + 5)
    path = sealed(tmp_path / "x", data)
    with SealedWriter(path, KEY) as written:  # it was finished, and the kill came before it had its name
        assert written.size == 2 * CHUNK_BYTES
        written.write(data[written.size :])
        written.finish("名")
    assert content_of(path) == data


def test_a_chunk_written_anew_never_uses_a_nonce_again(tmp_path: Path) -> None:
    path, seen = tmp_path / "x", set()
    for _ in range(20):
        with SealedWriter(path, KEY) as written:
            written.write(b"x")
        seen.add(path.read_bytes()[HEADER : HEADER + 12])
    assert len(seen) == 20


def test_a_plain_database_is_attached_out_of_a_sealed_file(tmp_path: Path) -> None:
    raw = tmp_path / "raw.sqlite"
    with sqlite3.connect(raw) as db:
        db.execute(
            "CREATE TABLE base (collection TEXT, id TEXT, data TEXT, PRIMARY KEY (collection, id)) WITHOUT ROWID"
        )
        db.executemany("INSERT INTO base VALUES ('customers', ?, ?)", [(f"{i:036}", "x" * 500) for i in range(2_000)])
    db.close()
    path = sealed(tmp_path / "raw.sealed", raw.read_bytes())
    raw.unlink()
    store = Store(tmp_path / "replica.sqlite", KEY)
    with SealedShelf(KEY).attachable(path, "名") as name:
        store.import_whole(name, "cursor")
    assert store.found("SELECT count(*), max(id) FROM loaded") == [(2_000, f"{1_999:036}")]
    damaged = bytearray(path.read_bytes())
    damaged[HEADER + 3 * SLOT] ^= 1
    path.write_bytes(damaged)
    with SealedShelf(KEY).attachable(path, "名") as name, pytest.raises(Exception, match=r"FILE_DAMAGED|I/O"):
        store.import_whole(name, "another")
    assert store.found("SELECT count(*) FROM loaded") == [(2_000,)], "what could not be read whole was not kept"
    with pytest.raises(Exception, match="nothing that is sealed here"):
        store.import_whole(name, "gone")
    store.close()


def test_a_replica_that_gets_another_key_leaves_its_files_as_they_are(tmp_path: Path) -> None:
    from sync.client.folder import Folder

    source, path = tmp_path / "合同.txt", tmp_path / "r.sqlite"
    source.write_text("底价 100")
    store = Store(path, KEY)
    kept = Folder(path, store, set).add(source)
    store.close()
    before = (tmp_path / "r.sqlite.files" / f"{kept.sha256}.sealed").read_bytes()
    vault._rekey(path, KEY, bytes(32))
    store = Store(path, bytes(32))
    again = Folder(path, store, set)
    assert sha256_of(again.open(kept.sha256)) == kept.sha256
    assert (tmp_path / "r.sqlite.files" / f"{kept.sha256}.sealed").read_bytes() == before
    store.close()
