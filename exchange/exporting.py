"""Export of an entity: exactly what its member may see and export, as CSV or XLSX that can be imported again.

Rows: inside the scope of the view permission and of the export permission, without the recycle bin. Columns: what may
leave the server, without what the member's roles hide. People, customers and tags appear by name.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, select

from exchange.columns import Column, Role, columns_of, shown_to
from exchange.commands.record_export import RecordExport, record_export
from exchange.errors import FormatUnknown, NotExportable
from exchange.values import show_value
from exchange.writers import Value, write_csv, write_xlsx
from kernel.command import declared
from kernel.db import TenantSession
from kernel.engine import Engine
from kernel.entity import Choice, ScopedRow, TenantRow, Widget, described, entities, table, targets
from kernel.executor import Invocation
from kernel.policy import EVERYTHING, Actor
from kernel.query import visible, within
from tenants.custom_fields import definitions
from tenants.entities import LegalEntity, Tag
from tenants.offering import offered
from values.errors import KeyReused, Words
from values.money import Money
from values.wire import wire_name

Format = Literal["csv", "xlsx"]
_PAGE = 500  # what the event loop reads in one piece: some 10 ms, then others have their turn
_CALLED = ("name", "number")  # by which a referenced row goes
_LEFT_OUT = frozenset({"id", "version", "created_by_id", "updated_by_id", "archived_at", "archived_by_id", "erased_at"})


class TakenAlready(Exception):
    """The export under this key has been taken."""


@dataclass(slots=True)
class _Names:
    """Names by id: what a reference looks like in a spreadsheet."""

    tags: dict[UUID, str]
    rows: dict[str, dict[UUID, str]]  # column → id → name


def exportable_entities() -> list[type[TenantRow]]:
    """What a member may export alone, with the right for it."""
    about = ((found, described(found)) for found in entities())
    return [found for found, told in about if told.exported and "export" in told.actions]


def exportable_choices() -> tuple[Choice, ...]:
    """The same by their collections (`customers`), as callers name them."""
    about = map(described, exportable_entities())
    return tuple(Choice(wire_name(told.collection or told.name), told.zh, told.en) for told in about)


async def export_entity(
    engine: Engine,
    actor: Actor,
    entity: type[TenantRow],
    fmt: str,
    *,
    conditions: Sequence[ColumnElement[bool]] = (),
    language: str | None = None,
    once: str | None = None,
) -> bytes:
    """The file. Headers and choices in `language`, the actor's by default; amounts in major units.

    `once`: a key under which the member takes this export a single time, in whatever process.
    Works on every rung of the subscription. Raises PermissionDenied, NotExportable, FormatUnknown, TakenAlready.
    """
    about = described(entity)
    if fmt not in ("csv", "xlsx"):
        raise FormatUnknown(field="format", format=fmt[:20])
    if entity not in exportable_entities():
        raise NotExportable(field="entity", entity=Words(about.zh, about.en), choices=offered(exportable_choices()))
    actor.authority.require(about.view_permission)
    actor.authority.require(f"{about.permission}.export")
    language = language or actor.language
    async with engine.reading(actor, snapshot=True) as session:
        columns, rows = await _read(session, actor, entity, conditions, language)
    recorded = RecordExport(
        entity=about.name,
        format=fmt,
        rows=len(rows),
        columns=[column.wire for column in columns],
        filtered=bool(conditions),
    )
    try:
        told = await engine.executor.run_internal(actor, declared(record_export), recorded, Invocation(key=once))
    except KeyReused:  # the rows are others than the first time
        raise TakenAlready from None
    if told.replayed:
        raise TakenAlready
    title = about.en if language.startswith("en") else about.zh
    return await asyncio.to_thread(_file, fmt, _headers(columns, language), rows, title)


def _file(fmt: str, headers: list[str], rows: list[tuple[Value, ...]], title: str) -> bytes:
    return b"".join(write_csv(headers, rows)) if fmt == "csv" else write_xlsx(headers, rows, title)


def _headers(columns: list[Column], language: str) -> list[str]:
    """Labels; of twins the company's own field goes by its key, since a file with twin headers is not importable."""
    labels = [column.label(language) for column in columns]
    return [
        label if labels.count(label) == 1 or column.custom is None else f"custom.{column.name}"
        for label, column in zip(labels, columns, strict=True)
    ]


async def _read(
    session: TenantSession,
    actor: Actor,
    entity: type[TenantRow],
    conditions: Sequence[ColumnElement[bool]],
    language: str,
) -> tuple[list[Column], list[tuple[Value, ...]]]:
    fields = await definitions(session, described(entity).name)
    shown = shown_to(entity, columns_of(entity, fields), actor)
    columns = [column for column in shown if column.name not in _LEFT_OUT or column.custom is not None]
    first = select(LegalEntity.zone).where(LegalEntity.tenant_id == session.tenant_id).order_by(LegalEntity.id).limit(1)
    zone = ZoneInfo(str(await session.scalar(first)))
    named = await session.execute(select(Tag.id, Tag.name).where(Tag.tenant_id == session.tenant_id))
    tags: dict[UUID, str] = {row.id: row.name for row in named}
    names = _Names(tags, {})
    found: list[tuple[Value, ...]] = []
    async for page in _pages(session, _statement(entity, actor, conditions), entity):
        await _learn_names(session, actor, entity, columns, page, names)
        found += await asyncio.to_thread(_cells, columns, page, names, language, zone)
    return columns, found


def _cells(
    columns: list[Column], page: Sequence[Any], names: _Names, language: str, zone: ZoneInfo
) -> list[tuple[Value, ...]]:
    """Tuples: of plain values the garbage collector does not keep track, and a full collection stops everybody."""
    return [tuple([_cell(column, row, names, language, zone) for column in columns]) for row in page]


def _statement(entity: type[TenantRow], actor: Actor, conditions: Sequence[ColumnElement[bool]]) -> Select[Any]:
    """Inside the scope of both permissions: a member may see more than they may take out."""
    limits = [*visible(entity, actor), *conditions]
    held = actor.authority.prefixes(f"{described(entity).permission}.export")
    if issubclass(entity, ScopedRow) and held != EVERYTHING:
        limits.append(within(entity.scope_path, held))
    return select(table(entity)).where(*limits)


async def _pages(session: TenantSession, statement: Select[Any], entity: type[TenantRow]) -> Any:
    """Pages by id: made in order of creation, and without holding a cursor."""
    key = table(entity).c.id
    after: UUID | None = None
    while True:
        page = statement if after is None else statement.where(key > after)
        rows = (await session.execute(page.order_by(key).limit(_PAGE))).mappings().all()
        if rows:
            yield rows
        if len(rows) < _PAGE:
            return
        after = rows[-1]["id"]


async def _learn_names(
    session: TenantSession, actor: Actor, entity: type[TenantRow], columns: list[Column], page: Any, names: _Names
) -> None:
    """One statement per referenced table and page. What the member may not see stays without a name."""
    refers = targets(entity)
    for column in columns:
        if column.role not in (Role.OWNER, Role.ABOVE, Role.REFERENCE):
            continue
        target = _entity_of(refers.get(column.name, ""))
        if target is None:
            continue
        known = names.rows.setdefault(column.name, {})
        wanted = {row[column.name] for row in page if row[column.name] is not None} - known.keys()
        if wanted:
            limits = visible(target, actor, archived=True)
            name = next(table(target).c[found] for found in _CALLED if found in table(target).c).label("name")
            label = select(target.id, name).where(*limits, target.id.in_(wanted))
            called: Any = await session.execute(label)
            known.update({row.id: row.name for row in called})


def _entity_of(qualified: str) -> type[TenantRow] | None:
    known = (e for e in entities() if table(e).fullname == qualified)
    return next((e for e in known if any(name in table(e).c for name in _CALLED)), None)


def _cell(column: Column, row: Any, names: _Names, language: str, zone: ZoneInfo) -> Value:
    if column.custom is not None:
        return show_value(column, row["custom"].get(column.name), language, zone)
    value = row[column.name]
    if column.role is Role.TAGS:
        return "、".join(names.tags[tag_id] for tag_id in value if tag_id in names.tags)
    if column.role in (Role.OWNER, Role.ABOVE, Role.REFERENCE):
        return names.rows.get(column.name, {}).get(value) if value is not None else None
    is_amount = column.facet is not None and column.facet.widget is Widget.MONEY
    if is_amount and column.currency_column and value is not None:
        return Money(value, row[column.currency_column]).to_decimal()
    return show_value(column, value, language, zone)


__all__ = ["Format", "TakenAlready", "export_entity"]
