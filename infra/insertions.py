"""Rows that are inserted by one statement, however many they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from functools import lru_cache, partial
from itertools import chain
from typing import Any, cast

import msgspec
from sqlalchemy import LargeBinary, Table
from sqlalchemy.sql.schema import CallableColumnDefault, ScalarElementColumnDefault


def insertion(target: Table, rows: Sequence[dict[str, Any]]) -> tuple[str, list[Any]]:
    """One statement that inserts rows; every column that any row names is written, others take their default.

    The rows travel as one JSON text, which PostgreSQL reads as rows of the table: a thousand executions of one INSERT
    cost several times as much on both sides. Raises TypeError for tables with binary columns.
    """
    columns, made = _writing(target, frozenset(chain.from_iterable(rows)))
    if made:
        rows = [{**row, **{name: make() for name, make in made.items()}} for row in rows]
    statement = (
        f"INSERT INTO {target.fullname} ({columns}) SELECT {columns} "  # noqa: S608 — the table's own names
        f"FROM json_populate_recordset(CAST(NULL AS {target.fullname}), CAST(%s AS json))"
    )
    return statement, [msgspec.json.encode(rows).decode()]


@lru_cache(maxsize=1024)
def _writing(target: Table, named: frozenset[str]) -> tuple[str, dict[str, Callable[[], Any]]]:
    """The columns to write as SQL, and the declared defaults of those that no row names."""
    if any(isinstance(column.type, LargeBinary) for column in target.columns):
        raise TypeError(f"{target.name} has binary columns, which JSON cannot carry")
    made: dict[str, Callable[[], Any]] = {}
    for column in target.columns:
        default = column.default if column.name not in named else None
        if isinstance(default, CallableColumnDefault):
            made[column.name] = partial(cast("Callable[[Any], Any]", default.arg), None)
        elif isinstance(default, ScalarElementColumnDefault):
            made[column.name] = partial(copy, default.arg)
    return ", ".join(f'"{column.name}"' for column in target.columns if column.name in named | made.keys()), made
