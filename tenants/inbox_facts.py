"""What stands beside the values in an inbox entry: what the fields are called, and who changed them on the server."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select, text

from kernel.context import Context
from kernel.entity import TenantRow, described, entities, facets
from tenants.custom_field_entities import CustomField
from values.wire import python_name, to_wire, wire_name

# Ids are UUIDv7: they order entries of one instant.
_CHANGED_BY = text(
    "SELECT at, member_id FROM app.audit_entry WHERE tenant_id = :tenant_id AND row_id = :row_id "
    "AND jsonb_exists(after, cast(:field AS text)) AND (cast(:key AS text) IS NULL OR "
    "(after -> cast(:field AS text) -> cast(:key AS text)) IS DISTINCT FROM "
    "(before -> cast(:field AS text) -> cast(:key AS text))) ORDER BY at DESC, id DESC LIMIT 1"
)


async def field_facts(
    ctx: Context, entity_name: str | None, row_id: UUID | None, differences: Iterable[Mapping[str, Any]]
) -> dict[str, dict[str, Any]]:
    """By field of the differences: `{zh, en, changedAt?, changedById?}`. Who changed it where theirs is not base."""
    entity = next((found for found in entities() if described(found).name == entity_name), None)
    found: dict[str, dict[str, Any]] = {}
    for difference in differences:
        name = str(difference.get("field", ""))
        if entity is None or not name:
            continue
        told: dict[str, Any] = await _label(ctx, entity, name)
        if row_id is not None and difference.get("theirs") != difference.get("base"):
            told |= await _changed(ctx, row_id, name)
        found[name] = told
    return found


def labels(entity: type[TenantRow]) -> dict[str, dict[str, str]]:
    """Wire name → what people call the field, for every column that leaves the server."""
    return {wire_name(name): {"zh": f.zh, "en": f.en} for name, f in facets(entity).items() if f.wire}


async def _label(ctx: Context, entity: type[TenantRow], name: str) -> dict[str, Any]:
    head, _, key = name.partition(".")
    if key:
        wanted = select(CustomField.label_zh, CustomField.label_en).where(
            CustomField.tenant_id == ctx.tenant_id,
            CustomField.entity == described(entity).name,
            CustomField.key == key,
        )
        row = (await ctx.session.core(wanted)).first()
        return {"zh": row.label_zh, "en": row.label_en or row.label_zh} if row is not None else {"zh": key, "en": key}
    return {**labels(entity).get(head, {"zh": head, "en": head})}


async def _changed(ctx: Context, row_id: UUID, name: str) -> dict[str, Any]:
    head, _, key = name.partition(".")
    asked = {"tenant_id": ctx.tenant_id, "row_id": row_id, "field": python_name(head), "key": key or None}
    row = (await ctx.session.core(_CHANGED_BY, asked)).first()
    return {} if row is None else {"changedAt": to_wire(row.at), "changedById": to_wire(row.member_id)}
