"""Finds base rows by the values of their fields, without reading the whole collection.

What is asked for again and again in a large collection gets an index of its own, in the file: by the value as SQLite
reads it out of the row's text. A fresh load drops the indexes with the rows; the next question makes them again. Files
of every layout may have them or not.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from typing import Any

from sync.client.store import Store

_SCANNED_ROWS = 2_000  # up to here reading all is as quick
_MOST_INDEXES = 12  # each costs a little with every row that comes
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_LARGEST = 2**63 - 1
_PREFIX = "equal_"
_NAME = re.compile("[A-Za-z0-9_]+")  # what needs no thought in a path of SQLite
_IDS_AT_ONCE = 500


class Lookup:
    """In one replica's base rows."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def base_rows(self, collection: str, equal: dict[str, Any], also: Sequence[str]) -> list[dict[str, Any]]:
        """In id order: at least the rows whose fields equal these, and those with the ids `also`.

        It may be more of them: the caller compares, by the language's own equality.
        """
        plain = {name: value for name, value in equal.items() if _is_plain(name, value)}
        if not plain:
            return list(self._store.base_rows(collection))
        conditions = " AND ".join(_condition(name, value) for name, value in plain.items())
        query = f"SELECT id, data FROM base WHERE collection = {_text(collection)} AND "  # noqa: S608 - quoted
        given = tuple(value for value in plain.values() if value is not None)
        found = dict(self._store.found(query + conditions, given))
        # In pieces: SQLite takes so many parameters, and no more. With OR it would read the whole collection again.
        for start in range(0, len(also), _IDS_AT_ONCE):
            ids = also[start : start + _IDS_AT_ONCE]
            found |= dict(self._store.found(f"{query} id IN ({','.join('?' * len(ids))})", tuple(ids)))
        return [json.loads(text) for _, text in sorted(found.items())]

    def make_ready(self, collection: str, equal: dict[str, Any]) -> None:
        """Makes the index for one of these fields, where that is worth it. Not inside a transaction."""
        names = sorted(name for name, value in equal.items() if value is not None and _is_plain(name, value))
        if not names or "id" in names or not self._is_large(collection):
            return
        made = {name for (name,) in self._store.found("SELECT name FROM sqlite_master WHERE type = 'index'")}
        ours = sum(name.startswith(_PREFIX) for name in made)
        if ours >= _MOST_INDEXES or any(_index(collection, name) in made for name in names):
            return
        statement = (
            f"CREATE INDEX IF NOT EXISTS {_index(collection, names[0])} ON base "
            f"(json_extract(data, {_path(names[0])})) WHERE collection = {_text(collection)}"
        )
        self._store.write_if_free(statement)

    def _is_large(self, collection: str) -> bool:
        return bool(
            self._store.found("SELECT 1 FROM base WHERE collection = ? LIMIT 1 OFFSET ?", (collection, _SCANNED_ROWS))
        )


def _condition(name: str, value: Any) -> str:
    place = "id" if name == "id" else f"json_extract(data, {_path(name)})"
    return f"{place} IS NULL" if value is None else f"{place} = ?"


def _is_plain(name: str, value: Any) -> bool:
    """Whether SQLite finds at least what the language calls equal."""
    if not _NAME.fullmatch(name):
        return False
    if isinstance(value, str):
        return not _UNSTORABLE.search(value)
    return value is None or (isinstance(value, int) and abs(value) <= _LARGEST)


def _path(name: str) -> str:
    """A field of the row's text, as SQLite names it; written out, for an index is found by its words."""
    return _text(f"$.{name}")


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _index(collection: str, name: str) -> str:
    """No name of a server's becomes a name of a table's."""
    return _PREFIX + hashlib.sha256(f"{collection}.{name}".encode()).hexdigest()[:24]
