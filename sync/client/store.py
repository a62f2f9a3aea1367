"""The replica's file: base rows as the server sent them, apart from the queue of what was done here since.

WAL with synchronous=FULL: what `mutate` returned is on the disk. Every public method is one local transaction.

Processes share the file. SQLite's lock keeps their transactions apart; what lies between two transactions, an answer on
its way, is kept apart by `Standing`: an answer is kept only where the replica still stands as it did when asking.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sync.client.errors import ReplicaNewer
from sync.client.pages import Page, Section, id_of
from sync.client.values import sendable, unsendable
from sync.client.vault import Database, open_file, size_of

_LAYOUT = 4
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
    shows TEXT NOT NULL DEFAULT '{}', again INTEGER NOT NULL DEFAULT 0, schema_version INTEGER NOT NULL DEFAULT 1
);
CREATE INDEX IF NOT EXISTS outbox_overlay ON outbox (settled, n);
"""
_LOADED = """CREATE TABLE IF NOT EXISTS loaded (
    collection TEXT NOT NULL, id TEXT NOT NULL, data TEXT NOT NULL, PRIMARY KEY (collection, id)
) WITHOUT ROWID"""
_STAGE = (
    "INSERT INTO staged (collection, id, data) VALUES (?, ?, ?) "
    "ON CONFLICT (collection, id) DO UPDATE SET data = excluded.data"
)
_PUT = "INSERT INTO base (collection, id, data) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET data = excluded.data"
_ERASED = "RECORD_ERASED"
_FORGET = "UPDATE outbox SET arguments = '{}', base = '{}', server_base = '{}'"
_ERASED_ROW = '"erasedAt":"'  # the instant behind it; null otherwise
# Columns that files of earlier layouts do not have.
_LATER_COLUMNS = {
    "server_base": "TEXT NOT NULL DEFAULT '{}'",
    "shows": "TEXT NOT NULL DEFAULT '{}'",
    "again": "INTEGER NOT NULL DEFAULT 0",
    "schema_version": "INTEGER NOT NULL DEFAULT 1",  # there was no other when these files were written
}
KEPT_BACK = ("inbox", "waiting", "parked")  # what was answered so is not done


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
    shows: dict[str, Any] = field(default_factory=dict)  # `sets` and `children`, as the command's schema had them
    schema_version: int = 1  # that the app was built for when it was made

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
            "schemaVersion": self.schema_version,
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
    cursor reached again is another standing. `barrier`: the token of the latest answer to a push, which the next pull
    must contain; then it contains every mutation answered up to number `acked_to`."""

    device_id: str | None
    cursor: str | None
    step: int
    barrier: str | None
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
                raise ReplicaNewer(f"this replica was written by a newer version (layout {layout}): update the app")
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
    def relaxed(self) -> Iterator[None]:
        """What is written inside may be lost with the machine's power, together with everything behind it: for rows
        that the server has. What `mutate` writes afterwards is on the disk, and all before it."""
        with self._lock:
            self._db.execute("PRAGMA synchronous = NORMAL")
            try:
                yield
            finally:
                self._db.execute("PRAGMA synchronous = FULL")

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

    def base_texts(self, collection: str) -> list[tuple[str, str]]:
        """(id, the row's text as the server sent it), in id order."""
        with self._lock:
            rows = self._db.execute("SELECT id, data FROM base WHERE collection = ? ORDER BY id", (collection,))
            return rows.fetchall()

    def base_rows(self, collection: str) -> Iterator[dict[str, Any]]:
        return (json.loads(text) for _, text in self.base_texts(collection))

    def base_row(self, collection: str, row_id: str) -> dict[str, Any] | None:
        with self._lock:
            row = self._db.execute(
                "SELECT data FROM base WHERE collection = ? AND id = ?", (collection, row_id)
            ).fetchone()
        return json.loads(row[0]) if row is not None else None

    def standing(self) -> Standing:
        """What the next page is asked with, read at one instant."""
        with self.snapshot():
            known = self.get("schema") is not None and not self.get("unannounced")
            device_id = self.get("device_id") if known else None
            barrier, acked_to = self.get("barrier") or (None, 0)
            return Standing(device_id, self.get("cursor"), int(self.get("step") or 0), barrier, int(acked_to))

    def keep(self, page: Page, asked: Standing) -> bool:
        """Keeps the answer to a pull, and shows what is staged if it is the last page. False, and nothing is kept, when
        another process went on or began afresh meanwhile: its pages and these must not be mixed."""
        with self.transaction():
            now = self.standing()
            if (now.device_id, now.cursor, now.step) != (asked.device_id, asked.cursor, asked.step):
                return False
            if page.header.get("described") is not None:
                self.put_meta({"schema": page.header["described"]})
            # What brings nothing leaves the standing as it is: whoever only looks keeps nobody else from pulling.
            if page.rebase or page.sections or page.cursor != asked.cursor:
                self.stage(page)
            if page.rebase and asked.cursor is not None:
                self.put_meta({"compare": True})  # the server may stand behind us: the next push asks where
            if not page.more:
                self.show_staged(acked_to=asked.acked_to)
            return True

    def begin_afresh(self, *, compare: bool = False) -> None:
        """Forgets the cursor: the next page begins a fresh load, and answers on their way come too late. `compare`: the
        server may stand behind us, the next push asks where."""
        with self.transaction():
            self.put_meta({"cursor": None, **({"compare": True} if compare else {})})
            self._next_step()

    def stage(self, page: Page) -> None:
        """Keeps a page beside the base rows, with the cursor that follows it: a killed load goes on from here.

        A page that completes what nothing waits for goes to the base rows at once.
        """
        with self.transaction() as db:
            if page.rebase:
                db.execute("DELETE FROM staged")
                db.execute("DROP TABLE IF EXISTS loaded")
                self.put_meta({"replacing": ["*"]})
            for part in page.sections:
                if part.mode in ("replace", "drop"):
                    db.execute("DELETE FROM staged WHERE collection = ?", (part.collection,))
                    self.put_meta({"replacing": sorted({*self.replacing(), part.collection})})
            if not page.more and not self.replacing() and db.execute("SELECT 1 FROM staged LIMIT 1").fetchone() is None:
                for part in page.sections:
                    self._write_base(part)
            else:
                for part in page.sections:
                    rows: list[tuple[str, str, str | None]] = []
                    rows += [(part.collection, row_id, None) for row_id in part.removes]
                    rows += [(part.collection, id_of(text), text) for text in part.puts]
                    db.executemany(_STAGE, rows)
            self.put_meta({"cursor": page.cursor})
            self._next_step()

    def is_empty(self) -> bool:
        """Whether there is no row of the server's here."""
        with self._lock:
            return self._db.execute("SELECT 1 FROM base LIMIT 1").fetchone() is None

    def show_part(self, file: Path) -> None:
        """Shows a part of the rows while the rest is on its way; only where nothing was to be seen."""
        with self._attached(file), self.transaction() as db:
            if self.is_empty():
                db.execute("INSERT INTO base SELECT * FROM load.base")
                self.put_meta({"priming": True})

    def import_whole(self, file: Path, cursor: str) -> None:
        """Keeps the rows of a load file apart until the delta that follows them is here: they are of an older instant
        than what may be shown now. Copying between two equal tables, the first of them empty, SQLite copies pages."""
        with self._attached(file), self.transaction() as db:
            db.execute("DROP TABLE IF EXISTS loaded")
            db.execute(_LOADED)
            db.execute("INSERT INTO loaded SELECT * FROM load.base")
            db.execute("DELETE FROM staged")
            self.put_meta({"cursor": cursor, "replacing": ["*"], "load": None})
            self._next_step()

    @contextmanager
    def _attached(self, file: Path) -> Iterator[None]:
        with self._lock:
            self._db.execute("ATTACH DATABASE ? AS load KEY ''", (str(file),))
            try:
                yield
            finally:
                self._db.execute("DETACH DATABASE load")

    def replacing(self) -> list[str]:
        """The collections whose staged rows will take the place of what is shown; `*`: all of them."""
        return list(self.get("replacing") or ())

    def show_staged(self, *, acked_to: int) -> None:
        """The staged pages become the base rows at once. They contain what was answered up to number `acked_to`."""
        with self.transaction() as db:
            if "*" in self.replacing():
                db.execute("DROP TABLE base")
                db.execute(_LOADED)
                db.execute("ALTER TABLE loaded RENAME TO base")
            for collection in self.replacing():
                db.execute("DELETE FROM base WHERE collection = ?", (collection,))
            db.execute("DELETE FROM base WHERE (collection, id) IN (SELECT collection, id FROM staged)")
            db.execute("INSERT INTO base SELECT collection, id, data FROM staged WHERE data IS NOT NULL")
            erased = db.execute("SELECT id FROM staged WHERE data LIKE ?", (f"%{_ERASED_ROW}%",)).fetchall()
            db.execute("DELETE FROM staged")
            self._forget_about([row_id for (row_id,) in erased])
            db.execute(
                "UPDATE outbox SET settled = 1 WHERE outcome IS NOT NULL AND settled = 0 AND n <= ?", (acked_to,)
            )
            self.put_meta({"replacing": [], "priming": False, "contained": acked_to})

    def _write_base(self, part: Section) -> None:
        """Inside a transaction."""
        db, collection = self._db, part.collection
        db.executemany("DELETE FROM base WHERE collection = ? AND id = ?", [(collection, i) for i in part.removes])
        db.executemany(_PUT, [(collection, id_of(text), text) for text in part.puts])
        self._forget_about([id_of(text) for text in part.puts if _ERASED_ROW in text])

    def enqueue(self, queued: Queued) -> int:
        """Adds a mutation under the next number. Inside a transaction; `queued.n` is not used."""
        n = int(self.get("next_n"))
        self._db.execute(
            "INSERT INTO outbox (n, uuid, command, arguments, base, server_base, made_at, schema, collection, effect, "
            "row_id, shows, schema_version) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
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
                json.dumps(queued.shows, ensure_ascii=False),
                queued.schema_version,
            ),
        )
        self.put_meta({"next_n": n + 1})
        return n

    def pending(self, limit: int = -1) -> list[Queued]:
        """What the server has not answered yet, in order."""
        return self._queued("outcome IS NULL ORDER BY n LIMIT ?", (limit,))

    def to_offer(self, limit: int) -> list[Queued]:
        """What the next push sends: what is unanswered, and what a server that knows us anew must hear again."""
        return self._queued("outcome IS NULL OR again = 1 ORDER BY n LIMIT ?", (limit,))

    def to_offer_count(self) -> int:
        with self._lock:
            return int(self._db.execute("SELECT count(*) FROM outbox WHERE outcome IS NULL OR again = 1").fetchone()[0])

    def kept_back(self) -> list[Queued]:
        """What was answered, but not done, and stands in no completed pull as an inbox entry yet."""
        statuses = ", ".join(f"'{status}'" for status in KEPT_BACK)
        found = f"outcome IS NOT NULL AND json_extract(outcome, '$.status') IN ({statuses}) AND n > ? ORDER BY n"
        return self._queued(found, (int(self.get("contained") or 0),))

    def unanswer_after(self, last: int) -> int | None:
        """The server stands at number `last`: it lost what it answered beyond, so that is unanswered again.

        Returns None, or the first number that is still here when `last + 1` was forgotten.
        """
        with self.transaction() as db:
            db.execute("UPDATE outbox SET outcome = NULL, settled = 0, again = 0 WHERE n > ?", (last,))
            _, acked_to = self.get("barrier") or (None, 0)
            if int(acked_to) > last:
                self.put_meta({"barrier": (None, last)})
            self.put_meta({"contained": min(int(self.get("contained") or 0), last)})
            first = db.execute("SELECT min(n) FROM outbox WHERE n > ?", (last,)).fetchone()[0]
            first = int(self.get("next_n")) if first is None else int(first)
            return None if first == last + 1 else first

    def become_copy(self, device_id: str, origin_id: str) -> None:
        """Another copy of this file goes on as `origin_id`: this one becomes a device of its own, with numbers from 1.

        Everything still here is offered again under the new id: what the server has it knows by its uuid.
        """
        with self.transaction() as db:
            if self.get("device_id") != origin_id:
                return  # another process on this file was quicker
            numbers = [n for (n,) in db.execute("SELECT n FROM outbox ORDER BY n")]
            db.executemany("UPDATE outbox SET n = ? WHERE n = ?", [(-new, n) for new, n in enumerate(numbers, 1)])
            db.execute("UPDATE outbox SET n = -n, again = outcome IS NOT NULL")
            self.put_meta(
                {
                    "device_id": device_id,
                    "origin_id": origin_id,
                    "unannounced": True,
                    "next_n": len(numbers) + 1,
                    "barrier": (None, 0),
                    "contained": 0,
                    "cursor": None,
                }
            )
            self._next_step()

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

    def answered_to(self) -> int:
        """The highest number that the server has answered."""
        with self._lock:
            row = self._db.execute("SELECT max(n) FROM outbox WHERE outcome IS NOT NULL AND again = 0").fetchone()
        return int(row[0] or 0)

    def acknowledge(self, answer: dict[str, Any], asked_as: str) -> None:
        """Writes down the server's answers. An edit that went to the inbox is not shown as done any more.

        `clock` of the answer is a state that contains all mutations up to its `lastMutation`. `asked_as`: the device id
        of the push; the answer to a former id tells nothing about today's numbers.
        """
        with self.transaction() as db:
            if self.get("device_id") == asked_as:
                _, acked_to = self.get("barrier") or (None, 0)
                if int(answer["lastMutation"]) >= int(acked_to):
                    self.put_meta({"barrier": (answer["clock"], int(answer["lastMutation"]))})
            for outcome in answer["outcomes"]:
                settled = int(outcome["status"] in KEPT_BACK)
                db.execute(
                    "UPDATE outbox SET outcome = ?, settled = max(settled, ?), again = 0 WHERE n = ? AND uuid = ?",
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
            done = "settled = 1 AND outcome IS NOT NULL AND again = 0 AND made_at < ?"
            db.execute(f"DELETE FROM outbox WHERE {done}", (made_at,))  # noqa: S608 - ours

    def _queued(self, where: str, parameters: tuple[Any, ...]) -> list[Queued]:
        with self._lock:
            rows = self._db.execute(
                "SELECT n, uuid, command, arguments, base, made_at, schema, collection, effect, row_id, outcome, "  # noqa: S608 - `where` is ours
                f"settled, server_base, shows, schema_version FROM outbox WHERE {where}",
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
                shows=json.loads(r[13]),
                schema_version=r[14],
            )
            for r in rows
        ]
