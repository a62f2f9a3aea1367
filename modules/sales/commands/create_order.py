"""A new quotation, from a screen or a device."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from msgspec import field

from kernel.command import Input, command
from kernel.context import Context
from modules.catalog.rows import flush_with
from modules.party.cleaning import cleaned_values
from modules.party.commands.create_customer import base_currency
from modules.party.entities import Customer
from modules.party.rows import lock_named, new_row_id, refuse_archived
from modules.sales.entities import SalesOrder
from modules.sales.lines import NewOrderLine, new_lines
from modules.sales.pricing import total_of
from modules.sales.rows import business_day
from tenants.numbering import declare_series, take_number
from values.effects import Creates
from values.money import Money

SERIES = "sales.order"
declare_series(SERIES, "销售单", "Sales order", "SO", brought_by="sales.create_order")


class CreateOrder(Input, frozen=True, kw_only=True):
    """`id`s may be made by the caller, a device for example. `number`: one that was leased to the device; without it
    the server's next one. `ordered_on` defaults to today, `currency` to the company's base currency. Up to 500 lines.
    """

    customer_id: UUID
    id: UUID | None = None
    number: str | None = None
    ordered_on: date | None = None
    currency: str | None = None
    notes: str | None = None
    lines: list[NewOrderLine] = field(default_factory=list)


@command(
    zh="新建销售单",
    en="Create sales order",
    permission="sales.order.create",
    module="sales",
    offline=True,
    effect=Creates(children={"lines": ("sales.SalesOrderLine", "order_id")}, starts={"state": "draft"}),
)
async def create_order(ctx: Context, data: CreateOrder) -> SalesOrder:
    """Adds a draft with its lines; it lies where its customer lies and belongs to the customer's owner.

    The customer is locked: an assignment at the same moment would leave the order behind in the old scope.
    Raises NotFound, RecordArchived, RecordErased, AlreadyTaken, PriceMissing, CurrencyUnknown.
    """
    ordered_on = data.ordered_on or await business_day(ctx)
    given = {"ordered_on": ordered_on, "currency": data.currency or await base_currency(ctx), "notes": data.notes}
    values = cleaned_values(ctx, SalesOrder, given, day=ordered_on)
    order_id = await new_row_id(ctx, SalesOrder, data.id)
    customer = await lock_named(ctx, Customer, data.customer_id, "customerId", permission="sales.order.create")
    refuse_archived(customer, "customerId")
    order = SalesOrder(
        id=order_id,
        customer_id=customer.id,
        state="draft",
        confirmed_at=None,
        confirmed_by_id=None,
        delivered_at=None,
        delivered_by_id=None,
        cancelled_at=None,
        cancelled_by_id=None,
        owner_id=customer.owner_id,
        scope_path=customer.scope_path,
        **values,
    )
    lines = await new_lines(ctx, order, data.lines)
    amounts = (Money(line.amount_minor, line.currency) for line in lines)
    order.total_minor = total_of(amounts, order.currency).amount_minor
    # Last: its series is locked from here to the commit.
    order.number = await take_number(ctx, SERIES, data.number, entity=SalesOrder, row_id=order_id)
    ctx.add(order)
    await flush_with(ctx, SalesOrder, "number", order.number)
    for line in lines:
        ctx.add(line)
    return order
