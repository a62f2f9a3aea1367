"""Taking the demo data out again: recognised by its ids, whatever was edited meanwhile."""

from __future__ import annotations

from typing import TypeVar

from sqlalchemy import select

from kernel.command import Result
from kernel.context import Context
from modules.bridges.demo_rows import demo_ids
from modules.crm.entities import Activity
from modules.party.entities import Contact, Customer
from tenants.references import unreferenced
from tenants.removing import delete_for_good

RowT = TypeVar("RowT", Customer, Contact, Activity)


class DemoDataCleared(Result, frozen=True, kw_only=True):
    """How many rows are gone, and how many demo customers and contacts stay because own records refer to them."""

    customers: int
    contacts: int
    activities: int
    kept: int


async def remove_demo_rows(ctx: Context) -> DemoDataCleared:
    """Deletes the demo customers, contacts and follow-ups for good, at most 480 rows.

    One to which the company's own records refer stays, with a count of them.
    """
    activities = await _delete(ctx, Activity, "activity")
    contacts = await _delete(ctx, Contact, "contact")
    customers = 0
    # Subsidiaries first: their parents are free only when they are gone.
    while gone := await _delete(ctx, Customer, "customer"):
        customers += gone
    kept = len(await _rows(ctx, Contact, "contact")) + len(await _rows(ctx, Customer, "customer"))
    return DemoDataCleared(customers=customers, contacts=contacts, activities=activities, kept=kept)


async def _delete(ctx: Context, entity: type[RowT], kind: str) -> int:
    return await delete_for_good(ctx, await _rows(ctx, entity, kind, free=True))


async def _rows(ctx: Context, entity: type[RowT], kind: str, *, free: bool = False) -> list[RowT]:
    statement = (
        select(entity)
        .where(entity.tenant_id == ctx.tenant_id, entity.id.in_(demo_ids(ctx.tenant_id, kind)))
        .order_by(entity.id)
        .with_for_update()
    )
    return list(await ctx.session.scalars(statement.where(unreferenced(entity)) if free else statement))
