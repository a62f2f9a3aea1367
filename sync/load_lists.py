"""The list tables of a load file: as a device would fill them, with their indexes, so that it need not.

SQLite takes the values out of each text itself; only the pinyin keys come beside it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import Column

from kernel.entity import table
from sync.collections import Collection
from sync.list_tables import ListTable, list_tables, lists_hash
from values.wire import python_name

# Which lists the file holds: those of this hash.
_TOLD = "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID"
_ROOM = "PRAGMA cache_size = -49152"  # 48 MB
_SAMPLED = 400  # rows of each index that its statistics come from


@dataclass(frozen=True, slots=True)
class ListWriter:
    """Fills the list table of one collection. `beside`: the columns of the keys that come with each text, in order."""

    listed: ListTable
    beside: tuple[Column[Any], ...]

    @classmethod
    def of(cls, found: Collection, shown: Sequence[Column[Any]]) -> ListWriter:
        """`shown`: the columns that the member sees. The key of a field that is hidden would tell of it."""
        listed, names = list_tables()[found.name], {column.name for column in shown}
        kept = [python_name(column.key_of) for column in listed.columns if column.key_of is not None]
        return cls(listed, tuple(table(found.entity).c[f"{name}_key"] for name in kept if name in names))

    def create(self, db: sqlite3.Connection) -> None:
        columns = ", ".join(f'"{column.name}" {column.type}' for column in self.listed.columns)
        db.execute(
            f'CREATE TABLE "{self.listed.table}" (id TEXT PRIMARY KEY NOT NULL, {columns}, _state TEXT, _data TEXT) '
            "WITHOUT ROWID"
        )

    def insert(self, db: sqlite3.Connection, ids_and_keys: list[list[str]]) -> None:
        """Of rows whose texts stand in `base`: for each its id and the keys of `beside`. One statement for all of them,
        in which the interpreter has no part."""
        given = msgspec.json.encode(ids_and_keys).decode()
        db.execute(_insert(self.listed, tuple(f"{column.name}" for column in self.beside)), (given,))

    def finish(self, db: sqlite3.Connection) -> None:
        """The indexes, named as a device names them: rows come much faster without them.

        The last two are of the device alone, and empty or nearly: of what is in the bin, and of what was done there. It
        would have to go through all rows to make them.
        """
        name = self.listed.table
        for number, index in enumerate(self.listed.indexes):
            columns = ", ".join(f'"{column}"' for column in index)
            db.execute(f'CREATE INDEX "{name}_{number}" ON "{name}" ({columns})')
        if any(column.name == "archivedAt" for column in self.listed.columns):
            db.execute(f'CREATE INDEX "{name}_bin" ON "{name}" (archivedAt) WHERE archivedAt IS NOT NULL')
        db.execute(f'CREATE INDEX "{name}_ours" ON "{name}" (_state) WHERE _state IS NOT NULL OR _data IS NOT NULL')


def begin(db: sqlite3.Connection) -> None:
    """Says whose lists these are, and takes the memory for their indexes: the rows are read once for each."""
    db.executescript(_ROOM)
    db.execute(_TOLD)
    db.execute("INSERT INTO meta VALUES ('listsHash', ?)", (f'"{lists_hash()}"',))


def measure(db: sqlite3.Connection) -> None:
    """What the planner knows of the indexes."""
    db.execute(f"PRAGMA analysis_limit = {_SAMPLED}")
    db.execute("ANALYZE")


@lru_cache(maxsize=256)
def _insert(listed: ListTable, keys: tuple[str, ...]) -> str:
    beside = {name: f"json_extract(given.value, '$[{place}]')" for place, name in enumerate(keys, start=1)}
    values = [
        f"json_extract(base.data, '{column.path}')"
        if column.key_of is None
        else beside.get(f"{python_name(column.key_of)}_key", "NULL")
        for column in listed.columns
    ]
    # A person who was erased is shown nowhere.
    erased = any(column.path == "$.erasedAt" for column in listed.columns)
    kept = "WHERE json_extract(base.data, '$.erasedAt') IS NULL" if erased else ""
    return (
        f'INSERT INTO "{listed.table}" SELECT base.id, {", ".join(values)}, NULL, NULL '  # noqa: S608
        f"FROM json_each(?1) AS given CROSS JOIN base "
        f"ON base.collection = '{listed.collection}' AND base.id = json_extract(given.value, '$[0]') {kept}"
    )
