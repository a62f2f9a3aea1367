"""Writing what an import's plan decided: one batch of rows of one entity in the command's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, TypeVar, cast

from kernel.context import Context
from kernel.entity import Customisable, TenantRow, described, table
from modules.party.entities import Customer
from modules.party.errors import TooManyRows
from modules.party.import_checks import one_at_a_time
from modules.party.import_rows import Decision, ImportOutcome, PreparedRow
from tenants.custom_field_entities import CustomField
from tenants.custom_fields import delete_custom_values, insert_custom_values
from tenants.tags import insert_row_tags, tag_rows

LARGEST_BATCH = 1000
WrittenT = TypeVar("WrittenT", bound=TenantRow)


class Plan(Protocol[WrittenT]):
    """Decides row by row; `fields` are the company's own fields of the entity, known after `decide`."""

    fields: list[CustomField]

    async def decide(self, rows: Sequence[PreparedRow]) -> list[Decision[WrittenT]]: ...


async def write_batch(
    ctx: Context, entity: type[WrittenT], plan: Plan[WrittenT], rows: Sequence[PreparedRow]
) -> ImportOutcome:
    """Decides and writes at most 1,000 rows. Raises TooManyRows; a row that is refused stops no other."""
    if len(rows) > LARGEST_BATCH:
        raise TooManyRows(field="rows", largest=LARGEST_BATCH)
    await one_at_a_time(ctx, entity)
    decisions = await plan.decide(rows)
    await _update(ctx, entity, plan.fields, [decision for decision in decisions if decision.action == "update"])
    await _create(ctx, entity, plan.fields, [decision for decision in decisions if decision.action == "create"])
    return ImportOutcome(rows=[decision.outcome(ctx.actor.language) for decision in decisions])


async def _create(
    ctx: Context, entity: type[WrittenT], fields: list[CustomField], decisions: Sequence[Decision[WrittenT]]
) -> None:
    columns = table(entity).columns.keys()
    empty = dict.fromkeys(columns)
    rows = []
    for decision in decisions:
        row = {**empty, **decision.values, "id": decision.row_id, "custom": decision.custom or {}}
        if "tag_ids" in columns:
            row["tag_ids"] = decision.tag_ids or []
        rows.append(row)
    await ctx.insert_many(entity, rows)
    await insert_custom_values(ctx, fields, rows)
    await _index_tags(ctx, entity, decisions)


async def _update(
    ctx: Context, entity: type[WrittenT], fields: list[CustomField], decisions: Sequence[Decision[WrittenT]]
) -> None:
    """Edits the loaded rows, which the plan has locked. Codes are set before new rows can want them."""
    customised: list[dict[str, Any]] = []
    for decision in decisions:
        row = decision.existing
        if row is None:
            continue
        for column, value in decision.values.items():
            setattr(row, column, value)
        if decision.tag_ids is not None and isinstance(row, Customer):
            row.tag_ids = decision.tag_ids
        if decision.custom is not None:
            cast(Customisable, row).custom = decision.custom  # only of such an entity a plan decides on them
            customised.append({"id": row.id, "custom": decision.custom})
    await ctx.flush()
    if customised:
        await delete_custom_values(ctx, [row["id"] for row in customised])
        await insert_custom_values(ctx, fields, customised)
    await _index_tags(ctx, entity, decisions)


async def _index_tags(ctx: Context, entity: type[WrittenT], decisions: Sequence[Decision[WrittenT]]) -> None:
    name = described(entity).name
    rows = [row for d in decisions if d.tag_ids for row in tag_rows(ctx.tenant_id, name, d.row_id, d.tag_ids)]
    await insert_row_tags(ctx, rows)
