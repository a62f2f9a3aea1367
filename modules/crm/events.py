"""What the crm room does when something happens elsewhere."""

from __future__ import annotations

from kernel.context import Context
from modules.crm.entities import Activity
from modules.party.events import CustomerReassigned


async def move_activities(ctx: Context, happened: CustomerReassigned) -> None:
    """Follow-ups are seen where their customer is seen; who wrote them stays."""
    await ctx.update_where(Activity, Activity.customer_id == happened.customer_id, {"scope_path": happened.scope_path})
