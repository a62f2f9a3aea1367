"""A line leaves a quotation."""

from __future__ import annotations

from uuid import UUID

from kernel.command import Input, command
from kernel.context import Context
from modules.sales.entities import SalesOrder, SalesOrderLine
from modules.sales.pricing import price_order
from modules.sales.states import require_draft


class RemoveOrderLine(Input, frozen=True, kw_only=True):
    id: UUID
    version: int | None = None


@command(zh="移除销售明细", en="Remove order line", permission="sales.order.edit", module="sales", offline=True)
async def remove_order_line(ctx: Context, data: RemoveOrderLine) -> SalesOrderLine:
    """Takes a draft's line out of the order and its amount off the total. Doing it twice changes nothing.

    Raises VersionConflict, OrderSettled.
    """
    seen = await ctx.visible(SalesOrderLine, data.id)
    order = await ctx.lock(SalesOrder, seen.order_id)
    line = await ctx.lock(SalesOrderLine, data.id, version=data.version)
    if line.archived_at is None:
        require_draft(order, "id")
        line.archived_at, line.archived_by_id = ctx.now, ctx.actor.member_id
        await price_order(ctx, order)
    return line
