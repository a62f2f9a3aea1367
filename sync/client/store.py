"""The replica's file: base rows as the server sent them, apart from the queue of what was done here since.

WAL with synchronous=FULL: what `mutate` returned is on the disk. Every public method is one local transaction.

Processes share the file. SQLite's lock keeps their transactions apart; what lies between two transactions, an answer on
its way, is kept apart by `Standing`: an answer is kept only where the replica still stands as it did when asking.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sync.client.values import sendable, unsendable
from sync.client.vault import Database, open_file, size_of

_LAYOUT = 2
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
    outcome TEXT, settled INTEGER NOT NULL DEFAULT 0, server_base TEXT NOT NULL DEFAULT '{}'
);
CREATE INDEX IF NOT EXISTS outbox_overlay ON outbox (settled, n);
"""
_ERASED = "RECORD_ERASED"
_FORGET = "UPDATE outbox SET arguments = '{}', base = '{}', server_base = '{}'"
_FROM_LAYOUT_1 = "ALTER TABLE outbox ADD COLUMN server_base TEXT NOT NULL DEFAULT '{}'"


@dataclass(frozen=True, slots=True)
class Queued:
    """A mutation of the outbox. `outcome` is the server's answer, if it came; `settled`: the base rows show it."""

    n: int
    uuid: str
    command: str
    arguments: dict[str, Any]
    base: dict[str, Any]
    server_base: dict[str, Any]  # where the server's value is not the one in `base`
    made_at: str
    schema: str | None
    collection: str | None
    effect: str
    row_id: str | None
    outcome: dict[str, Any] | None
    settled: bool

    def wire(self) -> dict[str, Any]:
        """As a push sends it.

        `mutate` refuses what JSON cannot carry. A file that holds such a value all the same must not stop for it: its
        number has to be taken, so it goes as text with the path of the fault, and the server files it for a person.
        """
        sent = {
            "n": self.n,
            "uuid": self.uuid,
            "command": self.command,
            "arguments": sendable(self.arguments),
            "base": sendable(self.base),
            "madeAt": self.made_at,
            "schema": self.schema,
        }
        if self.server_base:
            sent["serverBase"] = sendable(self.server_base)
        fault = unsendable(self.arguments)
        if fault is not None:
            sent["unsendable"] = sendable(fault[0])[:200]
        return sent


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a replica stands between two pages. `step` grows with every page kept and every reload, so that the same
    cursor reached again is another standing. `acked_to`: the last mutation answered when this was read."""

    device_id: str | None
    cursor: str | None
    step: int
    acked_to: int


class Store:
    """One SQLite file, for several threads and several processes at once; each process opens its own Store."""

    def __init__(self, path: str | Path, key: bytes | None = None) -> None:
        """`key`: opens an encrypted file, and encrypts one that is not. Raises KeyWrong, ReplicaEncrypted."""
        self._path, self._lock = path, threading.RLock()
        self._db, self.encrypted = open_file(path, key)
        with self.transaction() as db:
            layout = db.execute("PRAGMA user_version").fetchone()[0]
            if layout > _LAYOUT:
                raise ValueError(f"this replica was written by a newer version (layout {layout})")
            if layout == 1:
                db.execute(_FROM_LAYOUT_1)
            for statement in _TABLES.split(";"):
                db.execute(statement)
            db.execute(f"PRAGMA user_version = {_LAYOUT}")

    def close(self) -> None:
        with self._lock:
            self._db.close()

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

    def base_rows(self, collection: str) -> Iterator[dict[str, Any]]:
        with self._lock:
            rows = self._db.execute("SELECT data FROM base WHERE collection = ? ORDER BY id", (collection,)).fetchall()
        return (json.loads(data) for (data,) in rows)

    def base_row(self, collection: str, row_id: str) -> dict[str, Any] | None:
        with self._lock:
            row = self._db.execute(
                "SELECT data FROM base WHERE collection = ? AND id = ?", (collection, row_id)
            ).fetchone()
        return json.loads(row[0]) if row is not None else None

    def standing(self) -> Standing:
        """What the next page is asked with, read at one instant."""
        with self.snapshot():
            device_id = self.get("device_id") if self.get("schema") is not None else None
            return Standing(device_id, self.get("cursor"), int(self.get("step") or 0), self.acked_to())

    def keep(self, page: dict[str, Any], asked: Standing) -> bool:
        """Keeps the answer to a pull, and shows what is staged if it is the last page. False, and nothing is kept, when
        another process went on or began afresh meanwhile: its pages and these must not be mixed."""
        with self.transaction():
            now = self.standing()
            if (now.device_id, now.cursor, now.step) != (asked.device_id, asked.cursor, asked.step):
                return False
            if page.get("described") is not None:
                self.put_meta({"schema": page["described"]})
            # What brings nothing leaves the standing as it is: whoever only looks keeps nobody else from pulling.
            if page["rebase"] or page["collections"] or page["cursor"] != asked.cursor:
                self.stage(page)
            if not page["more"]:
                self.show_staged(acked_to=asked.acked_to)
            return True

    def begin_afresh(self) -> None:
        """Forgets the cursor: the next page begins a fresh load, and answers on their way come too late."""
        with self.transaction():
            self.put_meta({"cursor": None})
            self._next_step()

    def stage(self, page: dict[str, Any]) -> None:
        """Keeps a page beside the base rows, with the cursor that follows it: a killed load goes on from here."""
        with self.transaction() as db:
            if page["rebase"]:
                db.execute("DELETE FROM staged")
                self.put_meta({"loading": True})
            for collection, delta in page["collections"].items():
                rows: list[tuple[str, str, str | None]] = []
                rows += [(collection, row["id"], json.dumps(row, ensure_ascii=False)) for row in delta["puts"]]
                rows += [(collection, row_id, None) for row_id in delta["removes"]]
                db.executemany(
                    "INSERT INTO staged (collection, id, data) VALUES (?, ?, ?) "
                    "ON CONFLICT (collection, id) DO UPDATE SET data = excluded.data",
                    rows,
                )
            self.put_meta({"cursor": page["cursor"]})
            self._next_step()

    def show_staged(self, *, acked_to: int) -> None:
        """The staged pages become the base rows at once; what was acknowledged before the last was asked for is in."""
        with self.transaction() as db:
            if self.get("loading"):
                db.execute("DELETE FROM base")
            db.execute("DELETE FROM base WHERE (collection, id) IN (SELECT collection, id FROM staged)")
            db.execute("INSERT INTO base SELECT collection, id, data FROM staged WHERE data IS NOT NULL")
            erased = db.execute("SELECT id, data FROM staged WHERE data LIKE '%\"erasedAt\"%'").fetchall()
            db.execute("DELETE FROM staged")
            self._forget_about([row_id for row_id, data in erased if json.loads(data)["erasedAt"] is not None])
            db.execute("UPDATE outbox SET settled = 1 WHERE outcome IS NOT NULL AND n <= ?", (acked_to,))
            self.put_meta({"loading": False})

    def enqueue(self, queued: Queued) -> int:
        """Adds a mutation under the next number. Inside a transaction; `queued.n` is not used."""
        n = int(self.get("next_n"))
        self._db.execute(
            "INSERT INTO outbox (n, uuid, command, arguments, base, server_base, made_at, schema, collection, effect, "
            "row_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                n,
                queued.uuid,
                queued.command,
                json.dumps(queued.arguments, ensure_ascii=False),
                json.dumps(queued.base, ensure_ascii=False),
                json.dumps(queued.server_base, ensure_ascii=False),
                queued.made_at,
                queued.schema,
                queued.collection,
                queued.effect,
                queued.row_id,
            ),
        )
        self.put_meta({"next_n": n + 1})
        return n

    def pending(self, limit: int = -1) -> list[Queued]:
        """What the server has not answered yet, in order."""
        return self._queued("outcome IS NULL ORDER BY n LIMIT ?", (limit,))

    def offered_from(self, n: int, limit: int) -> list[Queued]:
        """Everything from a number on, answered or not: for a server that was restored behind us."""
        return self._queued("n >= ? ORDER BY n LIMIT ?", (n, limit))

    def overlay(self) -> list[Queued]:
        """What the base rows do not show yet: unanswered, or answered since the last pull."""
        return self._queued("settled = 0 ORDER BY n", ())

    def pending_count(self) -> int:
        with self._lock:
            return int(self._db.execute("SELECT count(*) FROM outbox WHERE outcome IS NULL").fetchone()[0])

    def oldest_pending(self) -> str | None:
        """When the oldest mutation was made that the server has not answered."""
        with self._lock:
            row = self._db.execute("SELECT made_at FROM outbox WHERE outcome IS NULL ORDER BY n LIMIT 1").fetchone()
        return str(row[0]) if row is not None else None

    def acked_to(self) -> int:
        with self._lock:
            row = self._db.execute("SELECT max(n) FROM outbox WHERE outcome IS NOT NULL").fetchone()
        return int(row[0] or 0)

    def acknowledge(self, outcomes: Iterable[dict[str, Any]]) -> None:
        """Writes down the server's answers. An edit that went to the inbox is not shown as done any more."""
        with self.transaction() as db:
            for outcome in outcomes:
                settled = int(outcome["status"] in ("inbox", "waiting"))
                db.execute(
                    "UPDATE outbox SET outcome = ?, settled = max(settled, ?) WHERE n = ? AND uuid = ?",
                    (json.dumps(outcome, ensure_ascii=False), settled, outcome["n"], outcome["uuid"]),
                )
                if (outcome.get("error") or {}).get("code") == _ERASED:
                    db.execute(f"{_FORGET} WHERE n = ? AND uuid = ?", (outcome["n"], outcome["uuid"]))

    def _next_step(self) -> None:
        """Inside a transaction."""
        self.put_meta({"step": int(self.get("step") or 0) + 1})

    def _forget_about(self, erased: list[str]) -> None:
        """Inside a transaction. What was said in answered mutations about persons who are erased; what is unanswered
        the server keeps nothing of."""
        for row_id in erased:
            named = "outcome IS NOT NULL AND (row_id = ? OR lower(arguments) LIKE ?)"
            self._db.execute(f"{_FORGET} WHERE {named}", (row_id, f"%{row_id}%"))

    def forget_before(self, made_at: str) -> None:
        """Drops settled mutations older than the time for which they would be offered again."""
        with self.transaction() as db:
            db.execute("DELETE FROM outbox WHERE settled = 1 AND outcome IS NOT NULL AND made_at < ?", (made_at,))

    def _queued(self, where: str, parameters: tuple[Any, ...]) -> list[Queued]:
        with self._lock:
            rows = self._db.execute(
                "SELECT n, uuid, command, arguments, base, made_at, schema, collection, effect, row_id, outcome, "  # noqa: S608 - `where` is ours
                f"settled, server_base FROM outbox WHERE {where}",
                parameters,
            ).fetchall()
        return [
            Queued(
                n=r[0],
                uuid=r[1],
                command=r[2],
                arguments=json.loads(r[3]),
                base=json.loads(r[4]),
                server_base=json.loads(r[12]),
                made_at=r[5],
                schema=r[6],
                collection=r[7],
                effect=r[8],
                row_id=r[9],
                outcome=json.loads(r[10]) if r[10] is not None else None,
                settled=bool(r[11]),
            )
            for r in rows
        ]
