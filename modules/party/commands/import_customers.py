"""Customers from a file: many rows in one transaction, each row created, updated, left or refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kernel.command import Input, command
from kernel.context import Context
from kernel.entity import table
from modules.party.entities import Customer
from modules.party.errors import TooManyRows
from modules.party.import_checks import one_at_a_time
from modules.party.import_customers_plan import CustomersPlan
from modules.party.import_rows import Decision, Existing, ImportOutcome, PreparedRow
from tenants.custom_field_entities import CustomField
from tenants.custom_fields import delete_custom_values, insert_custom_values
from tenants.tags import insert_row_tags, tag_rows

LARGEST_BATCH = 1000


class ImportCustomers(Input, frozen=True, kw_only=True):
    """At most 1,000 rows. A row that is refused stops no other."""

    rows: list[PreparedRow]
    existing: Existing = "update"


@command(zh="导入客户", en="Import customers", permission="party.customer.import", module="crm", api=False)
async def import_customers(ctx: Context, data: ImportCustomers) -> ImportOutcome:
    """Applies a batch. The same rows a second time change nothing: they find the customers that they made."""
    if len(data.rows) > LARGEST_BATCH:
        raise TooManyRows(field="rows", largest=LARGEST_BATCH)
    await one_at_a_time(ctx, Customer)
    plan = CustomersPlan(ctx, data.existing, writing=True)
    decisions = await plan.decide(data.rows)
    await _update(ctx, plan.fields, [decision for decision in decisions if decision.action == "update"])
    await _create(ctx, plan.fields, [decision for decision in decisions if decision.action == "create"])
    return ImportOutcome(rows=[decision.outcome(ctx.actor.language) for decision in decisions])


async def _create(ctx: Context, fields: list[CustomField], decisions: Sequence[Decision[Customer]]) -> None:
    empty = dict.fromkeys(table(Customer).columns.keys())
    rows = [
        {**empty, **d.values, "id": d.row_id, "custom": d.custom or {}, "tag_ids": d.tag_ids or []} for d in decisions
    ]
    await ctx.insert_many(Customer, rows)
    await insert_custom_values(ctx, fields, rows)
    await _index_tags(ctx, decisions)


async def _update(ctx: Context, fields: list[CustomField], decisions: Sequence[Decision[Customer]]) -> None:
    """Edits the loaded rows, which the plan has locked. Codes are set before new rows can want them."""
    customised: list[dict[str, Any]] = []
    for decision in decisions:
        customer = decision.existing
        if customer is None:
            continue
        for column, value in decision.values.items():
            setattr(customer, column, value)
        if decision.tag_ids is not None:
            customer.tag_ids = decision.tag_ids
        if decision.custom is not None:
            customer.custom = decision.custom
            customised.append({"id": customer.id, "custom": decision.custom})
    await ctx.flush()
    if customised:
        await delete_custom_values(ctx, [row["id"] for row in customised])
        await insert_custom_values(ctx, fields, customised)
    await _index_tags(ctx, decisions)


async def _index_tags(ctx: Context, decisions: Sequence[Decision[Customer]]) -> None:
    rows = [
        row for d in decisions if d.tag_ids for row in tag_rows(ctx.tenant_id, "party.Customer", d.row_id, d.tag_ids)
    ]
    await insert_row_tags(ctx, rows)
