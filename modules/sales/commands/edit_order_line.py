"""A line changes, or more of it is packed."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from msgspec import UNSET, UnsetType

from kernel.command import Input, command
from kernel.context import Context
from modules.catalog.naming import products_named
from modules.party.cleaning import given_values
from modules.party.rows import set_changed
from modules.sales.entities import SalesOrderLine
from modules.sales.lines import line_values
from modules.sales.pricing import price_order
from modules.sales.rows import lock_line
from modules.sales.states import require_draft, require_state
from values.wire import wire_name

_PACKABLE = ("draft", "confirmed")


class EditOrderLine(Input, frozen=True, kw_only=True):
    """Only what is given changes. All of a draft's line; `packed_quantity` of a confirmed order's line too."""

    id: UUID
    version: int | None = None
    product_id: UUID | UnsetType = UNSET
    quantity: Decimal | UnsetType = UNSET
    unit_price: Decimal | UnsetType = UNSET
    packed_quantity: Decimal | UnsetType = UNSET
    position: int | UnsetType = UNSET


class PackOrderLine(Input, frozen=True, kw_only=True):
    """`packed_quantity`: how much of the line is packed by now."""

    id: UUID
    packed_quantity: Decimal | UnsetType = UNSET
    version: int | None = None


@command(
    zh="修改销售明细",
    en="Edit order line",
    permission="sales.order.edit",
    module="sales",
    offline=True,
    merges="sales.SalesOrderLine",
)
async def edit_order_line(ctx: Context, data: EditOrderLine) -> SalesOrderLine:
    """Changes the given fields and computes the amounts anew.

    Raises VersionConflict, LineRemoved, OrderSettled, QuantityNotPositive, PriceInvalid.
    """
    order, line = await lock_line(ctx, data.id, version=data.version)
    values = line_values(ctx, given_values(data, SalesOrderLine), line)
    changed = {name: value for name, value in values.items() if value != getattr(line, name)}
    for name in changed:
        if name == "packed_quantity":
            require_state(order, _PACKABLE, wire_name(name))
        else:
            require_draft(order, wire_name(name))
    if "product_id" in changed:
        await products_named(ctx, [changed["product_id"]], ["productId"])
    set_changed(line, changed)
    if changed.keys() & {"quantity", "unit_price"}:
        await price_order(ctx, order)
    return line


@command(
    zh="登记装箱数量",
    en="Pack order line",
    permission="sales.order.pack",
    module="sales",
    offline=True,
    merges="sales.SalesOrderLine",
)
async def pack_order_line(ctx: Context, data: PackOrderLine) -> SalesOrderLine:
    """Says how much of a line is packed; the right for it changes nothing else. Raises LineRemoved, OrderSettled."""
    order, line = await lock_line(ctx, data.id, version=data.version)
    values = line_values(ctx, given_values(data, SalesOrderLine), line)
    if values:
        require_state(order, _PACKABLE, "packedQuantity")
    set_changed(line, values)
    return line
