"""Rows by id without the unit of work: loaded and written by one prepared statement each.

The row is the same mapped object, with its history, and the unit of work takes it over as soon as somebody asks for
one. A command that locks a row and edits it, which is what most do, never pays for more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import inspect
from sqlalchemy.dialects.postgresql import psycopg
from sqlalchemy.orm import make_transient_to_detached
from sqlalchemy.orm.attributes import set_committed_value

from infra.questions import Selection
from kernel.entity import TenantRow, table

_DIALECT = psycopg.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy's own


@dataclass(frozen=True, slots=True)
class Loaded:
    """A row as this transaction knows it."""

    row: TenantRow
    locked: bool


def loading(
    entity: type[TenantRow], tenant_id: UUID, row_id: UUID, known: Loaded | None = None, *, for_update: bool
) -> Selection[Loaded | None]:
    """The row; `known`, when it was loaded before, gets the values as they are now."""

    def answer(rows: list[Any]) -> Loaded | None:
        if not rows:
            return None
        values = dict(zip(names, rows[0], strict=True))
        if known is None:
            row = entity()
            row.__dict__.update(values)
            make_transient_to_detached(row)
            return Loaded(row, for_update)
        for name, value in values.items():
            set_committed_value(known.row, name, value)
        return Loaded(known.row, for_update)

    names, statement = _selection(entity)
    return Selection(statement + (" FOR UPDATE" if for_update else ""), [tenant_id, row_id], answer)


def writing(loaded: Loaded, after: dict[str, Any]) -> tuple[str, list[Any]]:
    """The update of the columns in `after`, on the version before; the row counts as loaded with them."""
    row, prepared = loaded.row, _prepared(type(loaded.row))
    sets = ", ".join(f'"{name}" = %s' for name in after)
    parameters = [prepare(value) if (prepare := prepared.get(name)) else value for name, value in after.items()]
    for name, value in after.items():
        set_committed_value(row, name, value)
    statement = f"UPDATE {table(type(row)).fullname} SET {sets} WHERE tenant_id = %s AND id = %s AND version = %s"  # noqa: S608 — the table's own names
    return statement, [*parameters, row.tenant_id, row.id, row.version - 1]


@cache
def _selection(entity: type[TenantRow]) -> tuple[list[str], str]:
    names = [attribute.key for attribute in inspect(entity).column_attrs]
    columns = ", ".join(f'"{name}"' for name in names)
    return names, f"SELECT {columns} FROM {table(entity).fullname} WHERE tenant_id = %s AND id = %s"  # noqa: S608 — the table's own names


@cache
def _prepared(entity: type[TenantRow]) -> dict[str, Callable[[Any], Any]]:
    """How values of a column travel, where the driver cannot tell by itself."""
    found = {
        column.name: column.type.dialect_impl(_DIALECT).bind_processor(_DIALECT) for column in table(entity).columns
    }
    return {name: prepare for name, prepare in found.items() if prepare is not None}
