"""The company's own fields on a row: validate, store, index, filter. Definitions are data, never classes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, exists, false, insert, inspect, select

from kernel.context import Context
from kernel.db import TenantSession
from kernel.entity import Customisable, TenantRow, described, entities, entity_named, facets, table
from kernel.query import select_by_ids
from tenants.custom_field_entities import CustomField, CustomValue
from tenants.custom_field_errors import (
    CustomFieldRequired,
    CustomFieldUnknown,
    FilterNotPossible,
    NotCustomisable,
    ReferenceExpected,
)
from tenants.custom_kinds import (
    INDEXED_TEXT,
    custom_sort_value,
    from_cell,
    labels,
    parse_value,
    to_cell,
)
from tenants.offering import entity_choices, offered
from values.errors import FieldMasked, NotFound, Words

Operator = Literal["eq", "ne", "in", "gt", "gte", "lt", "lte", "starts_with", "is_null"]
FIELDS_PER_ENTITY = 100
_ORDERED = frozenset({"number", "money", "date"})


async def definitions(session: TenantSession, entity_name: str, *, archived: bool = False) -> list[CustomField]:
    """The company's fields of an entity in their order; archived ones only when asked for."""
    statement = select(CustomField).where(CustomField.tenant_id == session.tenant_id, CustomField.entity == entity_name)
    if not archived:
        statement = statement.where(CustomField.archived_at.is_(None))
    return list(await session.scalars(statement.order_by(CustomField.position, CustomField.key)))


def customisable_entities() -> list[str]:
    """Names of the entities that take custom fields."""
    return [described(found).name for found in entities() if issubclass(found, Customisable)]


def refuse_unless_customisable(entity_name: str) -> None:
    """Raises NotCustomisable."""
    if entity_name not in customisable_entities():
        known = entity_choices(found for found in entities() if issubclass(found, Customisable))
        raise NotCustomisable(field="entity", entity=entity_name[:60], choices=offered(known))


async def apply_custom(ctx: Context, row: TenantRow, values: Mapping[str, Any]) -> None:
    """Sets the row's custom fields: key → JSON value, null clears, keys left out stay.

    A new row must get every required field, so `create` commands call this with whatever came, be it `{}`. An edit is
    held to what it touches: a field that became required later does not lock older rows. Gives the row a new dict and
    keeps its `custom_value` rows. Whoever may not see the fields need not fill them in, and may not. Raises
    FieldMasked, CustomFieldUnknown, CustomFieldRequired and the refusals of `parse_value`.
    """
    blind = hidden_from(ctx, type(row))
    if blind and values:
        facet = facets(type(row))["custom"]
        raise FieldMasked(field="custom", label=Words(facet.zh, facet.en))
    fields = await definitions(ctx.session, described(type(row)).name)
    before: dict[str, Any] = dict(getattr(row, "custom", None) or {})
    fresh = not inspect(row).persistent
    parsed = parse_custom(fields, values, complete=fresh and not blind)
    touched = [field for field in fields if field.key in parsed and parsed[field.key] != before.get(field.key)]
    for field in touched:
        if field.kind == "reference" and parsed[field.key] is not None:
            await _refuse_unseen(ctx, field, UUID(parsed[field.key]))
    after = {**before, **parsed}
    row.custom = {key: value for key, value in after.items() if value is not None}  # type: ignore[attr-defined]
    await _index(ctx, row.id, touched, parsed, fresh=fresh)


def hidden_from(ctx: Context, entity: type[TenantRow]) -> bool:
    """Whether a mask hides the company's own fields of an entity from the actor."""
    return ctx.actor.authority.masked(described(entity).name, "custom")


def parse_custom(fields: Iterable[CustomField], values: Mapping[str, Any], *, complete: bool) -> dict[str, Any]:
    """The given values in canonical form; None clears. `complete`: a required field that is missing is refused too.

    Does not look references up: `apply_custom` and `unseen_references` do.
    """
    known = {field.key: field for field in fields}
    parsed: dict[str, Any] = {}
    for key, value in values.items():
        if key not in known:
            raise CustomFieldUnknown(field=f"custom.{key}", key=key[:60])
        parsed[key] = parse_value(known[key], value)
    for key, field in known.items():
        if field.required and parsed.get(key) is None and (complete or key in parsed):
            raise CustomFieldRequired(field=f"custom.{key}", **labels(field))
    return parsed


def custom_values_for_insert(
    fields: Iterable[CustomField], rows: Iterable[Mapping[str, Any]], tenant_id: UUID
) -> list[dict[str, Any]]:
    """The `custom_value` rows of new rows: each has `id` and a canonical `custom` (from `parse_custom`)."""
    indexed = {field.key: field for field in fields if field.filterable}
    return [
        {
            "tenant_id": tenant_id,
            "field_id": indexed[key].id,
            "value": custom_sort_value(indexed[key].kind, value),
            "row_id": row["id"],
        }
        for row in rows
        for key, value in (row.get("custom") or {}).items()
        if key in indexed and value is not None
    ]


async def insert_custom_values(ctx: Context, fields: Iterable[CustomField], rows: Iterable[Mapping[str, Any]]) -> None:
    """Indexes the custom fields of new rows in one statement: beside `ctx.insert_many` in an import."""
    found = custom_values_for_insert(fields, rows, ctx.tenant_id)
    if found:
        # One statement of arrays, as for search terms. The index is derived: neither tracked nor audited.
        await (await ctx.session.raw()).execute(
            "INSERT INTO app.custom_value (tenant_id, field_id, value, row_id) "
            "SELECT %s::uuid, * FROM unnest(%s::uuid[], %s::text[], %s::uuid[]) ON CONFLICT DO NOTHING",
            [ctx.tenant_id, *(list(column) for column in _columns(found, "field_id", "value", "row_id"))],
        )


async def delete_custom_values(ctx: Context, row_ids: Sequence[UUID]) -> None:
    """Forgets the index of rows that go for good or are erased."""
    await ctx.session.core(
        delete(table(CustomValue)).where(CustomValue.tenant_id == ctx.tenant_id, CustomValue.row_id.in_(row_ids))
    )


async def unseen_references(
    ctx: Context, fields: Iterable[CustomField], customs: Sequence[Mapping[str, Any]]
) -> dict[int, CustomField]:
    """Of many canonical `custom` dicts, those whose reference the actor cannot see: position → field.

    One statement per reference field, for imports.
    """
    found: dict[int, CustomField] = {}
    for field in fields:
        if field.kind != "reference":
            continue
        wanted = {i: UUID(custom[field.key]) for i, custom in enumerate(customs) if custom.get(field.key)}
        if not wanted:
            continue
        target = entity_named(str(field.target))
        rows = await ctx.session.scalars(
            select_by_ids(target, ctx.actor, sorted(set(wanted.values()))).with_only_columns(target.id)
        )
        seen = set(rows)
        found.update({i: field for i, row_id in wanted.items() if row_id not in seen and i not in found})
    return found


def custom_condition(
    entity: type[TenantRow], field: CustomField, op: Operator, value: Any = None
) -> ColumnElement[bool]:
    """A filter on a custom field, served by the `(tenant_id, field_id, value)` index under row-level security.

    `eq`, `ne`, `in`, `is_null` (value: bool) on every kind; `gt`, `gte`, `lt`, `lte` on numbers, amounts and dates;
    `starts_with` on texts. Raises FilterNotPossible, and the refusals of `parse_value`.
    """
    if not field.filterable:
        raise FilterNotPossible(field=f"custom.{field.key}", **labels(field))
    if op == "is_null":
        return ~_has(entity, field) if value else _has(entity, field)
    if op == "in":
        wanted = [_operand(field, item) for item in value]
        return _has(entity, field, CustomValue.value.in_(wanted)) if wanted else false()
    if op == "starts_with" and field.kind == "text":
        prefix = _operand(field, value)
        return _has(entity, field, CustomValue.value.startswith(prefix, autoescape=True))
    if op == "eq":
        return _equal(entity, field, value)
    if op == "ne":
        return ~_equal(entity, field, value)
    if op in ("gt", "gte", "lt", "lte") and field.kind in _ORDERED:
        operand = _operand(field, value)
        compared = {
            "gt": CustomValue.value > operand,
            "gte": CustomValue.value >= operand,
            "lt": CustomValue.value < operand,
            "lte": CustomValue.value <= operand,
        }
        return _has(entity, field, compared[op])
    raise FilterNotPossible(field=f"custom.{field.key}", **labels(field))


def _has(entity: type[TenantRow], field: CustomField, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(
        CustomValue.tenant_id == field.tenant_id,
        CustomValue.field_id == field.id,
        CustomValue.row_id == entity.id,
        *conditions,
    )


def _equal(entity: type[TenantRow], field: CustomField, value: Any) -> ColumnElement[bool]:
    found = _has(entity, field, CustomValue.value == _operand(field, value))
    if field.kind == "text" and len(str(value)) >= INDEXED_TEXT:
        # The index holds the beginning only; the row decides.
        return and_(found, table(entity).c.custom[field.key].astext == value)
    return found


def _operand(field: CustomField, value: Any) -> str:
    parsed = parse_value(field, value)
    if parsed is None:
        raise FilterNotPossible(field=f"custom.{field.key}", **labels(field))
    return custom_sort_value(field.kind, parsed)


async def _refuse_unseen(ctx: Context, field: CustomField, row_id: UUID) -> None:
    try:
        await ctx.visible(entity_named(str(field.target)), row_id)
    except NotFound:
        raise ReferenceExpected(field=f"custom.{field.key}", **labels(field)) from None


async def _index(
    ctx: Context, row_id: UUID, touched: list[CustomField], parsed: Mapping[str, Any], *, fresh: bool
) -> None:
    """Keeps `custom_value` in step with the row. It is an index: derived, neither tracked nor audited."""
    if not touched:
        return
    if not fresh:
        await ctx.session.core(
            delete(table(CustomValue)).where(
                CustomValue.tenant_id == ctx.tenant_id,
                CustomValue.row_id == row_id,
                CustomValue.field_id.in_([field.id for field in touched]),
            )
        )
    rows = custom_values_for_insert(touched, [{"id": row_id, "custom": parsed}], ctx.tenant_id)
    if rows:
        await ctx.session.core(insert(table(CustomValue)), rows)


def _columns(rows: Sequence[Mapping[str, Any]], *names: str) -> list[list[Any]]:
    return [[row[name] for row in rows] for name in names]


__all__ = [
    "FIELDS_PER_ENTITY",
    "Operator",
    "apply_custom",
    "custom_condition",
    "custom_sort_value",
    "custom_values_for_insert",
    "customisable_entities",
    "definitions",
    "delete_custom_values",
    "from_cell",
    "hidden_from",
    "insert_custom_values",
    "labels",
    "parse_custom",
    "parse_value",
    "refuse_unless_customisable",
    "to_cell",
    "unseen_references",
]
