"""What the row is called that an inbox entry is about: read with the entry, for its reader, as things stand now.

It is kept nowhere. A row that is renamed, moves out of sight or loses its person takes its name along, because a delta
brings the entries about every row that changed (`inbox_reach.entries_about`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select

from kernel.command import commands
from kernel.db import TenantSession
from kernel.entity import ScopedRow, TenantRow, described, entities, facets, table, targets
from kernel.policy import Actor
from kernel.query import visible
from tenants.erasable import Erasable
from tenants.masking import repeats_values
from tenants.mutation_input import row_id_of
from tenants.parking import TITLES, about_a_row, title_in, what_called
from values.effects import Creates
from values.errors import Words
from values.wire import wire_name

_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class _Kind:
    """Rows of `entity`, called by their own name; or by that of the row of `whole` which their column `part` names."""

    entity: type[TenantRow]
    whole: type[TenantRow] | None = None
    part: str | None = None


async def titles_of(session: TenantSession, actor: Actor, entries: Iterable[Any]) -> dict[UUID, Words]:
    """By id of the entry: what was done, in words, with what the row is called; of rows that the actor may view, by
    columns that no mask hides from them. Others are missing."""
    known = {described(entity).name: entity for entity in entities()}
    asked: dict[UUID, tuple[str, _Kind, UUID]] = {}
    for entry in entries:
        entity = known.get(entry.entity)
        about = _about(entry, entity, actor) if entity is not None and not repeats_values(entry.entity) else None
        if about is not None:
            asked[entry.id] = (entry.command, *about)
    wanted: dict[_Kind, set[UUID]] = {}
    for _, kind, row_id in asked.values():
        wanted.setdefault(kind, set()).add(row_id)
    names = {kind: await _names(session, actor, kind, sorted(ids)) for kind, ids in wanted.items()}
    return {
        entry_id: what_called(command, called)
        for entry_id, (command, kind, row_id) in asked.items()
        if (called := names[kind].get(row_id)) is not None
    }


def _about(entry: Any, entity: type[TenantRow], actor: Actor) -> tuple[_Kind, UUID] | None:
    """The row that the entry is about; of a new one that is not called anything, the first one that it names."""
    if about_a_row(entry):
        kind = _Kind(entity) if _titles(entity) else _part(entity)
        return (kind, entry.row_id) if kind is not None else None
    if title_in(entry.arguments) is not None:
        return None
    for column, target in _references(entity):
        row_id = row_id_of(entry.arguments.get(wire_name(column)))
        if row_id is not None and _titles(target) and not actor.authority.masked(entry.entity, column):
            return _Kind(target), row_id
    return None


def _titles(entity: type[TenantRow]) -> list[str]:
    known = facets(entity)
    return [name for name in TITLES if name in known and known[name].wire]


def _references(entity: type[TenantRow]) -> Iterator[tuple[str, type[TenantRow]]]:
    """The columns that name other rows, in their order; not that of the member who owns the row."""
    tables, pointing = {table(found).fullname: found for found in entities()}, targets(entity)
    for column in table(entity).columns:
        target = tables.get(pointing.get(column.name, ""))
        if target is not None and not hasattr(ScopedRow, column.name):
            yield column.name, target


def _part(entity: type[TenantRow]) -> _Kind | None:
    """As a part of what it is created in: an order's line."""
    for command in commands():
        inside = command.effect.children.values() if isinstance(command.effect, Creates) else ()
        for child, column in inside:
            if child == described(entity).name:
                return _Kind(entity, dict(_references(entity))[column], column)
    return None


async def _names(session: TenantSession, actor: Actor, kind: _Kind, ids: list[UUID]) -> dict[UUID, str]:
    """What those of the rows are called that the actor may view. A part is called by what of the whole stays for good:
    no delta brings the entry for the whole's sake."""
    named, found = kind.whole or kind.entity, dict[UUID, str]()
    about, known = described(named).name, facets(named)
    shown = [name for name in _titles(named) if not actor.authority.masked(about, name)]
    columns = [table(named).c[name] for name in shown if kind.whole is None or not known[name].writable]
    seen = [actor.authority.holds(described(entity).view_permission) for entity in {kind.entity, named}]
    if not columns or not all(seen):
        return found
    conditions = visible(kind.entity, actor, archived=True)
    if kind.part is not None:
        conditions += [*visible(named, actor, archived=True), table(kind.entity).c[kind.part] == table(named).c.id]
    if issubclass(named, Erasable):
        conditions.append(named.erased_at.is_(None))
    row_id = table(kind.entity).c.id
    for start in range(0, len(ids), _AT_ONCE):
        chosen = select(row_id.label("named_id"), *columns).where(
            *conditions, row_id.in_(ids[start : start + _AT_ONCE])
        )
        for row in (await session.core(chosen)).mappings():
            if (called := title_in(dict(row))) is not None:
                found[row["named_id"]] = called
    return found
