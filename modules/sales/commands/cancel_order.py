"""An order is off."""

from __future__ import annotations

from uuid import UUID

from kernel.command import Input, command
from kernel.context import Context
from modules.sales.entities import SalesOrder
from modules.sales.states import ORDER_LIFE
from values.effects import Sets


class CancelOrder(Input, frozen=True, kw_only=True):
    id: UUID
    version: int | None = None


@command(
    zh="取消销售单",
    en="Cancel sales order",
    permission="sales.order.cancel",
    module="sales",
    offline=True,
    effect=Sets("state", "cancelled", after=("draft", "confirmed"), seen_in=("confirmed",)),
)
async def cancel_order(ctx: Context, data: CancelOrder) -> SalesOrder:
    """Ends a draft or a confirmed order that was not delivered. It stays, with its number. Raises InvalidTransition."""
    order = await ctx.lock(SalesOrder, data.id, version=data.version, permission="sales.order.cancel")
    ORDER_LIFE.require(order.state, "cancelled", field="id")
    order.state, order.cancelled_at, order.cancelled_by_id = "cancelled", ctx.now, ctx.actor.member_id
    return order
