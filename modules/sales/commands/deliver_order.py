"""The goods of an order leave."""

from __future__ import annotations

from uuid import UUID

from kernel.command import Input, command
from kernel.context import Context
from modules.sales.entities import SalesOrder
from modules.sales.events import DeliveredLine, OrderDelivered
from modules.sales.pricing import standing_lines
from modules.sales.states import ORDER_LIFE
from values.effects import Sets


class DeliverOrder(Input, frozen=True, kw_only=True):
    """`warehouse_id`: where the goods leave from; may be left out by a company that has one warehouse."""

    id: UUID
    version: int | None = None
    warehouse_id: UUID | None = None


@command(
    zh="销售出库",
    en="Deliver sales order",
    permission="sales.order.deliver",
    module="sales",
    offline=True,
    # Not `again`: a second one may name another warehouse, and goods that left twice must be looked into.
    effect=Sets("state", "delivered", after=("confirmed",), again=False),
)
async def deliver_order(ctx: Context, data: DeliverOrder) -> SalesOrder:
    """All lines leave at once; where the company has the stock module, its stock moves in the same transaction.

    Raises InvalidTransition; from stock: WarehouseMissing, WarehouseNotChosen, NotFound.
    """
    order = await ctx.lock(SalesOrder, data.id, version=data.version, permission="sales.order.deliver")
    ORDER_LIFE.require(order.state, "delivered", field="id")
    lines = await standing_lines(ctx, order)
    order.state, order.delivered_at, order.delivered_by_id = "delivered", ctx.now, ctx.actor.member_id
    await ctx.flush()
    leaving = tuple(DeliveredLine(line.id, line.product_id, line.quantity) for line in lines)
    await ctx.emit(OrderDelivered(order.id, order.number, data.warehouse_id, leaving))
    return order
