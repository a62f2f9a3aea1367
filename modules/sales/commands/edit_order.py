"""A quotation's header changes."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from msgspec import UNSET, UnsetType

from kernel.command import Input, command
from kernel.context import Context
from modules.party.cleaning import cleaned_values, given_values
from modules.party.rows import set_changed
from modules.sales.entities import SalesOrder
from modules.sales.pricing import price_order
from modules.sales.states import require_draft
from values.wire import wire_name

_TERMS = ("currency", "ordered_on")  # what the price hangs on


class EditOrder(Input, frozen=True, kw_only=True):
    """Only what is given changes; null clears. `currency` and `ordered_on` of a draft only."""

    id: UUID
    version: int | None = None
    ordered_on: date | UnsetType = UNSET
    currency: str | UnsetType = UNSET
    notes: str | UnsetType | None = UNSET


@command(
    zh="修改销售单",
    en="Edit sales order",
    permission="sales.order.edit",
    module="sales",
    offline=True,
    merges="sales.SalesOrder",
)
async def edit_order(ctx: Context, data: EditOrder) -> SalesOrder:
    """Changes the given fields and computes the amounts anew. Raises VersionConflict, OrderSettled."""
    order = await ctx.lock(SalesOrder, data.id, version=data.version)
    given = given_values(data, SalesOrder)
    values = cleaned_values(ctx, SalesOrder, given, current=order, day=given.get("ordered_on", order.ordered_on))
    for name in _TERMS:
        if values.get(name, getattr(order, name)) != getattr(order, name):
            require_draft(order, wire_name(name))
    set_changed(order, values)
    if "currency" in values:
        await price_order(ctx, order)
    return order
