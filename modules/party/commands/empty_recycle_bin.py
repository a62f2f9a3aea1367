"""What has lain in the recycle bin for more than 30 days goes for good."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from kernel.command import Input, Result, command
from kernel.context import Context
from modules.party.entities import Contact, Customer
from modules.party.rows import RESTORABLE_DAYS
from tenants.references import unreferenced
from tenants.removing import delete_for_good

BATCH_ROWS = 200


class EmptyRecycleBin(Input, frozen=True, kw_only=True):
    """No choices: the retention is the same for everybody."""


class RecycleBinEmptied(Result, frozen=True, kw_only=True):
    """How many rows are gone. `customers` + `contacts` = 0: nothing is left to do."""

    customers: int
    contacts: int


@command(zh="清空回收站", en="Empty the recycle bin", permission=None, module=None, on_read_only=True, api=False)
async def empty_recycle_bin(ctx: Context, _data: EmptyRecycleBin) -> RecycleBinEmptied:
    """Deletes at most 200 contacts and 200 customers whose 30 days are over and to which nothing refers.

    A customer with follow-ups stays: the follow-ups are the company's history. Devices get a tombstone.
    """
    contacts = await _delete(ctx, Contact)
    customers = await _delete(ctx, Customer)
    return RecycleBinEmptied(customers=customers, contacts=contacts)


async def _delete(ctx: Context, entity: type[Customer] | type[Contact]) -> int:
    over = (
        select(entity)
        .where(
            entity.tenant_id == ctx.tenant_id,
            entity.archived_at < ctx.now - timedelta(days=RESTORABLE_DAYS),
            unreferenced(entity),
        )
        .order_by(entity.id)
        .limit(BATCH_ROWS)
        .with_for_update()
    )
    return await delete_for_good(ctx, await ctx.session.scalars(over))
