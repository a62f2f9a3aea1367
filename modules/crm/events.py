"""What the crm room does when something happens elsewhere."""

from __future__ import annotations

from sqlalchemy import select

from kernel.context import Context
from modules.crm.entities import Activity
from modules.party.events import CustomerReassigned, PersonErased
from tenants.erasure import blank_columns, blank_mentions, blank_rows
from tenants.events import MemberErased

_AT_ONCE = 500  # rows


async def move_activities(ctx: Context, happened: CustomerReassigned) -> None:
    """Follow-ups are seen where their customer is seen; who wrote them stays."""
    await ctx.update_where(Activity, Activity.customer_id == happened.customer_id, {"scope_path": happened.scope_path})


async def erase_activities(ctx: Context, happened: PersonErased) -> None:
    """What was said with the person goes; that, when and by whom stays. Other follow-ups with the customer lose only
    the mentions of the person."""
    wanted = select(Activity).where(Activity.tenant_id == ctx.tenant_id, Activity.customer_id == happened.customer_id)
    rows = list(await ctx.session.scalars(wanted.order_by(Activity.id).with_for_update()))
    with_them = [row for row in rows if happened.contact_id is None or row.contact_id == happened.contact_id]
    await blank_rows(ctx, with_them)
    await blank_mentions(ctx, rows, happened.traces)


async def forget_places(ctx: Context, happened: MemberErased) -> None:
    """Where the member was goes, of every follow-up that they wrote; that they were with a customer, and what was said,
    is the company's."""
    wanted = select(Activity).where(
        Activity.tenant_id == ctx.tenant_id,
        Activity.owner_id == happened.member_id,
        Activity.latitude.is_not(None),
    )
    while rows := list(await ctx.session.scalars(wanted.order_by(Activity.id).limit(_AT_ONCE).with_for_update())):
        await blank_columns(ctx, rows, ["latitude", "longitude", "accuracy_metres"])
