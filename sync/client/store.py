"""What a replica holds: base rows as the server sent them, apart from the outbox of what was done here since.

Processes share the file. SQLite's lock keeps their transactions apart; what lies between two transactions, an answer on
its way, is kept apart by `Standing`: an answer is kept only where the replica still stands as it did when asking.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sync.client.outbox import Outbox, Queued
from sync.client.pages import Page, Section, follows, id_of
from sync.client.replica_file import ReplicaFile

_LOADED = """CREATE TABLE IF NOT EXISTS loaded (
    collection TEXT NOT NULL, id TEXT NOT NULL, data TEXT NOT NULL, PRIMARY KEY (collection, id)
) WITHOUT ROWID"""
_STAGE = (
    "INSERT INTO staged (collection, id, data) VALUES (?, ?, ?) "
    "ON CONFLICT (collection, id) DO UPDATE SET data = excluded.data"
)
# One statement is one instant. The schema is large: it is not read, here it matters only that there is one.
_STANDING = """
SELECT key, CASE key WHEN 'schema' THEN 'true' ELSE value END FROM meta
WHERE key IN ('schema', 'unannounced', 'device_id', 'cursor', 'step', 'barrier')
"""
_PUT = "INSERT INTO base (collection, id, data) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET data = excluded.data"
_STAGED_OF = "SELECT 1 FROM staged WHERE collection = ? LIMIT 1"
_SHOWN_OF = "SELECT 1 FROM base WHERE collection = ? LIMIT 1"
_SHOWN_AMONG = "SELECT 1 FROM base WHERE collection = ? AND id IN (SELECT value FROM json_each(?)) LIMIT 1"
_STAGED_TAKES = """
SELECT 1 FROM (SELECT collection, id FROM staged WHERE data IS NULL OR collection = ?) AS s
CROSS JOIN base ON base.collection = s.collection AND base.id = s.id LIMIT 1
"""
_CUT_IN_PLACE = "inbox"  # an entry may come back with less in it; rows of others lose fields by `replace` alone
_ERASED_ROW = '"erasedAt":"'  # the instant behind it; null otherwise


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


class Store(ReplicaFile):
    """A replica's file with what is in it; each process opens its own. `outbox`: the queue; here: the rows."""

    def __init__(self, path: str | Path, key: bytes | None = None) -> None:
        """`key`: opens an encrypted file, and encrypts one that is not. Raises KeyWrong, ReplicaEncrypted."""
        super().__init__(path, key)
        self.outbox = Outbox(self)
        self.clear_residue()  # of a run that was killed

    def overlay(self) -> list[Queued]:
        """What the base rows do not show yet."""
        return self.outbox.overlay()

    def put_schema(self, schema: dict[str, Any]) -> None:
        """Inside a transaction. What the member saw once and does not see now is remembered by its name."""
        before, gone = self.get("schema") or {"collections": {}}, self.get("gone") or []
        left = {*gone, *before["collections"]} - set(schema["collections"])
        self.put_meta({"schema": schema, "gone": sorted(left)})

    def base_texts(self, collection: str) -> list[tuple[str, str]]:
        """(id, the row's text as the server sent it), in id order."""
        return self.found("SELECT id, data FROM base WHERE collection = ? ORDER BY id", (collection,))

    def base_rows(self, collection: str) -> Iterator[dict[str, Any]]:
        return (json.loads(text) for _, text in self.base_texts(collection))

    def base_row(self, collection: str, row_id: str) -> dict[str, Any] | None:
        rows = self.found("SELECT data FROM base WHERE collection = ? AND id = ?", (collection, row_id))
        return json.loads(rows[0][0]) if rows else None

    def is_empty(self) -> bool:
        """Whether there is no row of the server's here."""
        return not self.found("SELECT 1 FROM base LIMIT 1")

    def standing(self) -> Standing:
        """What the next page is asked with, read at one instant."""
        with self._lock:
            found = {key: json.loads(value) for key, value in self._db.execute(_STANDING)}
        known = found.get("schema") is not None and not found.get("unannounced")
        barrier, acked_to = found.get("barrier") or (None, 0)
        device_id = found.get("device_id") if known else None
        return Standing(device_id, found.get("cursor"), int(found.get("step") or 0), barrier, int(acked_to))

    def keep(self, page: Page, asked: Standing) -> bool:
        """Keeps the answer to a pull, and shows what is staged if it is the last page. False, and nothing is kept, when
        another process went on or began afresh meanwhile: its pages and these must not be mixed."""
        with self.transaction():
            now = self.standing()
            if (now.device_id, now.cursor, now.step) != (asked.device_id, asked.cursor, asked.step):
                return False
            self._take(page, asked)
        if not page.more:
            self.clear_residue()
        return True

    def keep_live(self, page: Page) -> bool:
        """Keeps a page that came by itself. False, and nothing is kept, when it does not lead on from here.

        It may have been read before the server took our last mutations: it settles none of them.
        """
        with self.relaxed(), self.transaction():
            now = self.standing()
            if now.device_id is None or now.cursor is None or page.header.get("follows") != follows(now.cursor):
                return False
            self._take(page, replace(now, acked_to=0))
        self.clear_residue()
        return True

    def _take(self, page: Page, asked: Standing) -> None:
        """Inside a transaction."""
        if page.header.get("described") is not None:
            self.put_schema(page.header["described"])
        # What brings nothing leaves the standing as it is: whoever only looks keeps nobody else from pulling.
        if page.rebase or page.sections or page.cursor != asked.cursor:
            self.stage(page)
        if page.rebase and asked.cursor is not None:
            self.put_meta({"compare": True})  # the server may stand behind us: the next push asks where
        if not page.more:
            self.show_staged(acked_to=asked.acked_to)

    def begin_afresh(self, *, compare: bool = False) -> None:
        """Forgets the cursor: the next page begins a fresh load, and answers on their way come too late. `compare`: the
        server may stand behind us, the next push asks where."""
        with self.transaction():
            self.put_meta({"cursor": None, **({"compare": True} if compare else {})})
            self.next_step()

    def stage(self, page: Page) -> None:
        """Keeps a page beside the base rows, with the cursor that follows it: a killed load goes on from here.

        A page that completes what nothing waits for goes to the base rows at once.
        """
        with self.transaction() as db:
            if page.rebase:
                self._forget_load()
                self.put_meta({"replacing": ["*"]})
            for part in page.sections:
                if part.mode in ("replace", "drop"):
                    if self.found(_STAGED_OF, (part.collection,)):
                        self.leave_residue()
                    db.execute("DELETE FROM staged WHERE collection = ?", (part.collection,))
                    self.put_meta({"replacing": sorted({*self.replacing(), part.collection})})
            if not page.more and not self.replacing() and not self._has_staged():
                for part in page.sections:
                    self._write_base(part)
            else:
                for part in page.sections:
                    rows: list[tuple[str, str, str | None]] = []
                    rows += [(part.collection, row_id, None) for row_id in part.removes]
                    rows += [(part.collection, id_of(text), text) for text in part.puts]
                    db.executemany(_STAGE, rows)
            self.next_step(cursor=page.cursor)

    def show_part(self, file: str | Path) -> None:
        """Shows a part of the rows while the rest is on its way; only where nothing was to be seen."""
        with self._attached(file), self.transaction() as db:
            if self.is_empty():
                db.execute("INSERT INTO base SELECT * FROM load.base")
                self.put_meta({"priming": True})

    def import_whole(self, file: str | Path, cursor: str) -> None:
        """Keeps the rows of a load file apart until the delta that follows them is here: they are of an older instant
        than what may be shown now. Copying between two equal tables, the first of them empty, SQLite copies pages."""
        with self._attached(file), self.transaction() as db:
            self._forget_load()
            db.execute(_LOADED)
            db.execute("INSERT INTO loaded SELECT * FROM load.base")
            self.put_meta({"cursor": cursor, "replacing": ["*"], "load": None})
            self.next_step()

    def _forget_load(self) -> None:
        """Inside a transaction. Rows that were on their way are void."""
        if self.replacing() or self._has_staged():
            self.leave_residue()
        self._db.execute("DELETE FROM staged")
        self._db.execute("DROP TABLE IF EXISTS loaded")

    @contextmanager
    def _attached(self, file: str | Path) -> Iterator[None]:
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
        with self.transaction():
            replacing = self.replacing()
            if replacing or self._has_staged():
                self._show_all(replacing)
            self.outbox.settle_to(acked_to)
            if replacing or self.get("priming"):
                self.put_meta({"replacing": [], "priming": False})

    def _show_all(self, replacing: list[str]) -> None:
        """Inside a transaction. `replacing`: the collections of which nothing stays."""
        db = self._db
        if "*" in replacing:
            # What was shown of a first load that is under way comes again with it.
            if not self.is_empty() and not self.get("priming"):
                self.leave_residue()
            db.execute("DROP TABLE base")
            db.execute(_LOADED)
            db.execute("ALTER TABLE loaded RENAME TO base")
        for collection in replacing:
            if self.found(_SHOWN_OF, (collection,)):
                self.leave_residue()
            db.execute("DELETE FROM base WHERE collection = ?", (collection,))
        arrived = "base" if "*" in replacing else "staged"  # a load file brings rows past the staged ones
        if self._has_staged():
            if self.found(_STAGED_TAKES, (_CUT_IN_PLACE,)):
                self.leave_residue()
            db.execute("DELETE FROM base WHERE (collection, id) IN (SELECT collection, id FROM staged)")
            db.execute("INSERT INTO base SELECT collection, id, data FROM staged WHERE data IS NOT NULL")
        erased = db.execute(f"SELECT id FROM {arrived} WHERE data LIKE ?", (f"%{_ERASED_ROW}%",)).fetchall()  # noqa: S608 - ours
        db.execute("DELETE FROM staged")
        self._erased([row_id for (row_id,) in erased], shown="*" not in replacing)

    def _has_staged(self) -> bool:
        return self._db.execute("SELECT 1 FROM staged LIMIT 1").fetchone() is not None

    def _write_base(self, part: Section) -> None:
        """Inside a transaction."""
        db, collection = self._db, part.collection
        taken = part.removes + [id_of(text) for text in part.puts if collection == _CUT_IN_PLACE]
        if taken and self.found(_SHOWN_AMONG, (collection, json.dumps(taken))):
            self.leave_residue()
        if part.removes:
            db.executemany("DELETE FROM base WHERE collection = ? AND id = ?", [(collection, i) for i in part.removes])
        # In the file's own order: pages of the file are written once, however many of their rows changed.
        db.executemany(_PUT, [(collection, id_of(text), text) for text in sorted(part.puts, key=id_of)])
        self._erased([id_of(text) for text in part.puts if _ERASED_ROW in text], shown=True)

    def _erased(self, ids: list[str], *, shown: bool) -> None:
        """Inside a transaction. `shown`: rows of them may have been here with what they said before."""
        if ids and shown:
            self.leave_residue()
        self.outbox.forget_about(ids)
