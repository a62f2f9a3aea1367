"""The replica's SQLite file: its tables, its transactions, its few single values.

WAL with synchronous=FULL: what `mutate` returned is on the disk.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from sync.client.errors import ReplicaClosed, ReplicaError, ReplicaNewer
from sync.client.vault import LOCK_SECONDS, Database, Rows, cannot_write_now, is_busy, open_file, size_of

ResultT = TypeVar("ResultT")

_LAYOUT = 4
_PATIENCE_MILLISECONDS = 200  # with a process that reads, before what must go from the WAL waits for the next pull
_TABLES = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS base (
    collection TEXT NOT NULL, id TEXT NOT NULL, data TEXT NOT NULL, PRIMARY KEY (collection, id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS staged (
    collection TEXT NOT NULL, id TEXT NOT NULL, data TEXT, PRIMARY KEY (collection, id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS outbox (
    n INTEGER PRIMARY KEY, uuid TEXT NOT NULL UNIQUE, command TEXT NOT NULL, arguments TEXT NOT NULL,
    base TEXT NOT NULL, made_at TEXT NOT NULL, schema TEXT,
    collection TEXT, effect TEXT NOT NULL, row_id TEXT,
    outcome TEXT, settled INTEGER NOT NULL DEFAULT 0, server_base TEXT NOT NULL DEFAULT '{}',
    shows TEXT NOT NULL DEFAULT '{}', again INTEGER NOT NULL DEFAULT 0, answered_at TEXT,
    schema_version INTEGER NOT NULL DEFAULT 1
);
CREATE INDEX IF NOT EXISTS outbox_overlay ON outbox (settled, n);
"""
# Columns that files of earlier layouts do not have.
_LATER_COLUMNS = {
    "server_base": "TEXT NOT NULL DEFAULT '{}'",
    "shows": "TEXT NOT NULL DEFAULT '{}'",
    "again": "INTEGER NOT NULL DEFAULT 0",
    "answered_at": "TEXT",
    "schema_version": "INTEGER NOT NULL DEFAULT 1",  # there was no other when these files were written
}


class _Shut:
    """In the place of a file that is closed: says so, and why, instead of SQLite."""

    def __init__(self, why: Callable[[], ReplicaError]) -> None:
        self._why = why

    def refuse(self) -> NoReturn:
        raise self._why()

    @property
    def in_transaction(self) -> bool:
        self.refuse()

    def execute(self, _statement: str, _parameters: Sequence[Any] = (), /) -> Rows:
        self.refuse()

    def executemany(self, _statement: str, _parameters: Iterable[Sequence[Any]], /) -> Any:
        self.refuse()

    def close(self) -> None:
        """It is."""


class ReplicaFile:
    """One SQLite file, for several threads and several processes at once."""

    def __init__(self, path: str | Path, key: bytes | None = None) -> None:
        """`key`: opens an encrypted file, and encrypts one that is not. Raises KeyWrong, ReplicaEncrypted,
        ReplicaNewer."""
        self._path, self._lock = path, threading.RLock()
        self._db, self.encrypted = open_file(path, key)
        with self.transaction() as db:
            layout = db.execute("PRAGMA user_version").fetchone()[0]
            if layout > _LAYOUT:
                raise ReplicaNewer(layout)
            for statement in _TABLES.split(";"):
                db.execute(statement)
            present = {name for _, name, *_ in db.execute("PRAGMA table_info(outbox)")}
            for name, kind in _LATER_COLUMNS.items():
                if name not in present:
                    db.execute(f"ALTER TABLE outbox ADD COLUMN {name} {kind}")
            if layout in (1, 2):  # rows were kept in another spelling: they are loaded afresh, the queue stays
                db.execute("DELETE FROM staged")
                self.put_meta({"cursor": None})
            db.execute(f"PRAGMA user_version = {_LAYOUT}")

    def close(self, why: Callable[[], ReplicaError] = ReplicaClosed) -> None:
        """Whoever asks for anything from now on is told `why`. Again: the first reason stands, unless a new one is
        given."""
        with self._lock:
            self._db.close()
            if not isinstance(self._db, _Shut) or why is not ReplicaClosed:
                self._db = _Shut(why)

    def refuse_closed(self) -> None:
        """Before something is done beside the file. Raises ReplicaClosed, DeviceWiped."""
        with self._lock:
            if isinstance(self._db, _Shut):
                self._db.refuse()

    def size(self) -> int:
        """Its bytes on the disk."""
        return size_of(self._path)

    def encrypt(self, key: bytes) -> None:
        """From now on the file needs the key. Stays plain while another process has it open: the next start tries."""
        with self._lock:
            self._db.close()
            self._db, self.encrypted = open_file(self._path, key)

    @contextmanager
    def transaction(self) -> Iterator[Database]:
        """Everything inside is on the disk when it ends, or nothing is. Takes SQLite's write lock at once.

        One inside another is part of it.
        """
        with self._lock:
            if self._db.in_transaction:
                yield self._db
                return
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    @contextmanager
    def relaxed(self) -> Iterator[None]:
        """What is written inside may be lost with the machine's power, together with everything behind it: for rows
        that the server has. What `mutate` writes afterwards is on the disk, and all before it."""
        with self._lock:
            self._db.execute("PRAGMA synchronous = NORMAL")
            try:
                yield
            finally:
                self._db.execute("PRAGMA synchronous = FULL")

    def leave_residue(self) -> None:
        """Inside a transaction that takes away what the member may see no more, or what a person had erased: it lies
        on in the WAL until `clear_residue`."""
        self.put_meta({"residue": int(self.get("residue") or 0) + 1})

    def clear_residue(self) -> bool:
        """Overwrites what was taken away and cuts the WAL to nothing; whether none is left. While another process
        reads, it stays for the next time. Outside of transactions."""
        with self._lock:
            left = int(self.get("residue") or 0)
            if left == int(self.get("cleared") or 0):
                return True
            busy = self._patiently(_PATIENCE_MILLISECONDS, is_busy, self._checkpoint)
            if busy == 0:
                self.set(cleared=left)
            return busy == 0

    def _checkpoint(self) -> int:
        """Copies the WAL into the file and cuts it to nothing; other than 0: somebody's reading kept it from that."""
        return int(self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()[0][0])

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Everything read inside is of one instant, whatever other processes write meanwhile."""
        with self._lock:
            if self._db.in_transaction:
                yield
                return
            self._db.execute("BEGIN")
            try:
                yield
            finally:
                self._db.execute("COMMIT")

    def get(self, key: str) -> Any:
        with self._lock:
            row = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return json.loads(row[0]) if row is not None else None

    def set(self, **values: Any) -> None:
        with self.transaction():
            self.put_meta(values)

    def put_meta(self, values: dict[str, Any]) -> None:
        """Inside a transaction."""
        self._db.executemany(
            "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            [(key, json.dumps(value)) for key, value in values.items()],
        )

    def next_step(self, **values: Any) -> None:
        """Inside a transaction. The replica stands elsewhere now: answers that are on their way come too late."""
        self.put_meta({**values, "step": int(self.get("step") or 0) + 1})

    def write_if_free(self, statement: str) -> bool:
        """One statement that can wait for a better moment; whether it was done. Not while anybody writes, inside a
        transaction, or where there is no room."""
        with self._lock:
            if self._db.in_transaction:
                return False
            return self._patiently(0, cannot_write_now, lambda: self._db.execute(statement)) is not None

    def _patiently(
        self, milliseconds: int, may_fail: Callable[[BaseException], bool], work: Callable[[], ResultT]
    ) -> ResultT | None:
        """The work, which waits so long at most for others on the file; None where it was given up, as `may_fail`
        allows."""
        self._db.execute(f"PRAGMA busy_timeout = {milliseconds}").fetchall()
        try:
            return work()
        except Exception as wrong:
            if not may_fail(wrong):
                raise
            return None
        finally:
            self._db.execute(f"PRAGMA busy_timeout = {int(LOCK_SECONDS * 1000)}").fetchall()

    def found(self, query: str, parameters: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        with self._lock:
            return self._db.execute(query, parameters).fetchall()
