"""Which fields of the rows stand in columns of their own on a device: its list tables, one for each collection.

A device filters and sorts by them; the row's text stays as it is beside them. Devices are told of them by the
description that ships with the app, and a first load may bring them filled (`sync.loads`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

from sqlalchemy import Column

from kernel.entity import Widget, facet_of, table
from sync.collections import Collection, all_collections
from sync.shape import kind_of
from values.wire import wire_name

_TYPES = {"integer": "INTEGER", "boolean": "INTEGER", "decimal": "REAL"}
_APART = frozenset({"id", "version"})  # the key, and what nobody asks for
_DEFAULT_ORDER = "updatedAt"
_BIN = "archivedAt"  # whether a row is in use: every list asks for it
_OWNER = "owner_id"  # so few that an index of them narrows little
# How such a table is filled. A file that was filled otherwise is not what a device of today would have made.
_FILLED = 3


@dataclass(frozen=True, slots=True)
class ListColumn:
    """`type`: SQLite's. `path`: of the value in the row's text; None for the pinyin key of the field `key_of`."""

    name: str
    type: str
    path: str | None
    key_of: str | None


@dataclass(frozen=True, slots=True)
class ListTable:
    """Without rowid. Besides its `columns` it has `id`, the primary key, before them, `_state`, `_data` after them.

    `kept`: the columns that a device has in memory where the list is long.
    """

    collection: str
    table: str
    columns: tuple[ListColumn, ...]
    indexes: tuple[tuple[str, ...], ...]
    kept: tuple[str, ...]


@cache
def list_tables() -> dict[str, ListTable]:
    """Every collection's table, by collection. Call it only once all rooms are loaded."""
    return {
        name: ListTable(name, f"list_{name}", tuple(_columns(found)), tuple(_indexes(found)), tuple(_kept(found)))
        for name, found in all_collections().items()
    }


@cache
def lists_hash() -> str:
    """Of all of them: 16 hex digits. Two sides with the same one have the same tables, filled in the same way."""
    told = [_FILLED, [asdict(found) for found in list_tables().values()]]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]


def _listed(found: Collection) -> Iterator[Column[Any]]:
    """Of the fields on the wire those that are short: neither long texts nor JSON."""
    for column in found.columns:
        facet = facet_of(column)
        if column.name not in _APART and kind_of(column) != "json" and facet.widget is not Widget.LONG_TEXT:
            yield column


def _columns(found: Collection) -> Iterator[ListColumn]:
    for column in _listed(found):
        name = wire_name(column.name)
        yield ListColumn(name, _TYPES.get(kind_of(column), "TEXT"), f"$.{name}", None)
        if _key(found, column):
            yield ListColumn(f"{name}Key", "TEXT", None, name)


def _indexes(found: Collection) -> Iterator[tuple[str, ...]]:
    """One for the default order, and one for each reference, whose rows stand on the screen of what they refer to. All
    else a device looks up in memory: an index costs as much room and time as the rows.

    None names the id: in a table without rowid every index ends with it by itself.
    """
    yield (_DEFAULT_ORDER,)
    for column in _listed(found):
        if facet_of(column).filterable and kind_of(column) == "id" and column.name != _OWNER:
            yield (wire_name(column.name), _DEFAULT_ORDER)


def _kept(found: Collection) -> Iterator[str]:
    """The columns that rows are chosen and ordered by."""
    names = [_DEFAULT_ORDER]
    for column in _listed(found):
        facet, name = facet_of(column), wire_name(column.name)
        if facet.filterable and (facet.widget is Widget.CHOICE or kind_of(column) == "id"):
            names.append(name)
        elif facet.sortable:
            names.append(f"{name}Key" if _key(found, column) else name)
        elif name == _BIN:
            names.append(name)
    yield from dict.fromkeys(names)


def _key(found: Collection, column: Column[Any]) -> bool:
    return f"{column.name}_key" in table(found.entity).c
