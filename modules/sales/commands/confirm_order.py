"""A quotation becomes a binding order."""

from __future__ import annotations

from uuid import UUID

from kernel.command import Input, command
from kernel.context import Context
from modules.sales.entities import SalesOrder
from modules.sales.errors import OrderWithoutLines
from modules.sales.pricing import price_order
from modules.sales.seen import SeenOrder, require_as_seen
from modules.sales.states import ORDER_LIFE
from values.effects import Sets


class ConfirmOrder(Input, frozen=True, kw_only=True):
    """`seen`: 确认人看到的销售单，与现状不符则拒绝确认；可不填。/ The order as whoever confirms has seen it: where it
    stands otherwise by now, the confirmation is refused. May be left out."""

    id: UUID
    version: int | None = None
    seen: SeenOrder | None = None


@command(
    zh="确认销售单",
    en="Confirm sales order",
    permission="sales.order.confirm",
    module="sales",
    offline=True,
    effect=Sets("state", "confirmed", after=("draft",), seen="seen"),
)
async def confirm_order(ctx: Context, data: ConfirmOrder) -> SalesOrder:
    """From here on lines, prices and currency stay as they are. Raises InvalidTransition, OrderWithoutLines,
    OrderChangedSinceSeen."""
    order = await ctx.lock(SalesOrder, data.id, version=data.version, permission="sales.order.confirm")
    ORDER_LIFE.require(order.state, "confirmed", field="id")
    lines = await price_order(ctx, order)
    if not lines:
        raise OrderWithoutLines(field="id")
    if data.seen is not None:
        await require_as_seen(ctx, order, lines, data.seen)
    order.state, order.confirmed_at, order.confirmed_by_id = "confirmed", ctx.now, ctx.actor.member_id
    return order
