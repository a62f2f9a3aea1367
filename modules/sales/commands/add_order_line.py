"""A quotation gets another line."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from kernel.command import Input, command
from kernel.context import Context
from modules.party.errors import TooManyRows
from modules.party.rows import lock_named
from modules.sales.entities import SalesOrder, SalesOrderLine
from modules.sales.lines import LARGEST_ORDER, NewOrderLine, new_lines
from modules.sales.pricing import price_order
from modules.sales.states import require_draft


class AddOrderLine(Input, frozen=True, kw_only=True):
    """`id` may be made by the caller, a device for example. `unit_price`: without one, the product's list price."""

    order_id: UUID
    product_id: UUID
    quantity: Decimal
    id: UUID | None = None
    unit_price: Decimal | None = None


@command(zh="添加销售明细", en="Add order line", permission="sales.order.edit", module="sales", offline=True)
async def add_order_line(ctx: Context, data: AddOrderLine) -> SalesOrderLine:
    """Adds a line behind the others and its amount to the total.

    Raises NotFound, OrderSettled, QuantityNotPositive, PriceInvalid, PriceMissing, TooManyRows.
    """
    order = await lock_named(ctx, SalesOrder, data.order_id, "orderId", permission="sales.order.edit")
    require_draft(order, "orderId")
    line = NewOrderLine(product_id=data.product_id, quantity=data.quantity, id=data.id, unit_price=data.unit_price)
    (row,) = await new_lines(ctx, order, [line], place=None)
    ctx.add(row)
    if len(await price_order(ctx, order)) > LARGEST_ORDER:
        raise TooManyRows(field="orderId", largest=LARGEST_ORDER)
    return row
