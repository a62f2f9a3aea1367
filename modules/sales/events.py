"""What happens in the sales room, and what it does when something happens elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select

from kernel.context import Context, Event
from modules.party.entities import Customer
from modules.party.events import CustomerReassigned, PersonErased
from modules.sales.entities import SalesOrder, SalesOrderLine
from tenants.erasure import blank_mentions, blank_rows


@dataclass(frozen=True, slots=True)
class DeliveredLine:
    line_id: UUID
    product_id: UUID
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class OrderDelivered(Event):
    """The goods of an order left. `warehouse_id`: as the caller named it, unchecked; None when they did not."""

    order_id: UUID
    number: str
    warehouse_id: UUID | None
    lines: tuple[DeliveredLine, ...]


async def move_orders(ctx: Context, happened: CustomerReassigned) -> None:
    """Orders and their lines are seen where their customer is seen, and belong to the customer's owner; who confirmed
    and delivered them stays."""
    customer = await ctx.get(Customer, happened.customer_id)
    place = {"scope_path": happened.scope_path, "owner_id": customer.owner_id if customer else None}
    await ctx.update_where(SalesOrder, SalesOrder.customer_id == happened.customer_id, place)
    orders = select(SalesOrder.id).where(
        SalesOrder.tenant_id == ctx.tenant_id, SalesOrder.customer_id == happened.customer_id
    )
    await ctx.update_where(SalesOrderLine, SalesOrderLine.order_id.in_(orders), place)


async def erase_orders(ctx: Context, happened: PersonErased) -> None:
    """Orders stay, for the books; notes about the customer go, notes that mention one of its people lose the name."""
    wanted = select(SalesOrder).where(
        SalesOrder.tenant_id == ctx.tenant_id, SalesOrder.customer_id == happened.customer_id
    )
    rows = list(await ctx.session.scalars(wanted.order_by(SalesOrder.id).with_for_update()))
    if happened.contact_id is None:
        await blank_rows(ctx, rows)
    else:
        await blank_mentions(ctx, rows, happened.traces)
