"""Customers from a file: many rows in one transaction, each row created, updated, left or refused."""

from __future__ import annotations

from kernel.command import Input, command
from kernel.context import Context
from modules.party.entities import Customer
from modules.party.import_customers_plan import CustomersPlan
from modules.party.import_rows import Existing, ImportOutcome, PreparedRow
from modules.party.import_writing import write_batch


class ImportCustomers(Input, frozen=True, kw_only=True):
    """At most 1,000 rows. A row that is refused stops no other."""

    rows: list[PreparedRow]
    existing: Existing = "update"


@command(zh="导入客户", en="Import customers", permission="party.customer.import", module="crm", api=False)
async def import_customers(ctx: Context, data: ImportCustomers) -> ImportOutcome:
    """Applies a batch. The same rows a second time change nothing: they find the customers that they made."""
    return await write_batch(ctx, Customer, CustomersPlan(ctx, data.existing, writing=True), data.rows)
