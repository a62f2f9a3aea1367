"""Taking the demo data out again: recognised by its ids, whatever was edited meanwhile."""

from __future__ import annotations

from typing import TypeVar

from sqlalchemy import or_, select

from kernel.command import Result
from kernel.context import Context
from kernel.entity import TenantRow
from modules.bridges.demo_rows import demo_ids
from modules.catalog.entities import Product
from modules.crm.entities import Activity
from modules.inventory.balances import settle_balances
from modules.inventory.entities import StockMove, Warehouse
from modules.party.entities import Contact, Customer
from modules.sales.entities import SalesOrder, SalesOrderLine
from tenants.references import unreferenced
from tenants.removing import delete_for_good

RowT = TypeVar("RowT", bound=TenantRow)


class DemoDataCleared(Result, frozen=True, kw_only=True):
    """How many rows are gone; `kept`: how many demo customers, contacts, products and orders stay because own records
    refer to them."""

    customers: int
    contacts: int
    activities: int
    products: int
    orders: int
    kept: int


async def remove_demo_rows(ctx: Context) -> DemoDataCleared:
    """Deletes the demo customers, contacts, follow-ups, products, orders and stock for good, some 500 rows.

    One to which the company's own records refer stays, with a count of them.
    """
    orders = await _delete_orders(ctx)
    products = await _delete(ctx, Product, "product")
    await _delete(ctx, Warehouse, "warehouse")
    activities = await _delete(ctx, Activity, "activity")
    contacts = await _delete(ctx, Contact, "contact")
    customers = 0
    # Subsidiaries first: their parents are free only when they are gone.
    while gone := await _delete(ctx, Customer, "customer"):
        customers += gone
    kinds: list[tuple[type[TenantRow], str]] = [
        (Contact, "contact"),
        (Customer, "customer"),
        (Product, "product"),
        (SalesOrder, "order"),
    ]
    kept = sum([len(await _rows(ctx, entity, kind)) for entity, kind in kinds])
    return DemoDataCleared(
        customers=customers, contacts=contacts, activities=activities, products=products, orders=orders, kept=kept
    )


async def _delete_orders(ctx: Context) -> int:
    """The demo's orders with their lines, and the stock that the demo moved. An order to which the company has added
    a line of its own stays whole, and what it delivered too."""
    orders = await _rows(ctx, SalesOrder, "order")
    named = [order.id for order in orders]
    lines = list(
        await ctx.session.scalars(
            select(SalesOrderLine)
            .where(SalesOrderLine.tenant_id == ctx.tenant_id, SalesOrderLine.order_id.in_(named))
            .order_by(SalesOrderLine.id)
            .with_for_update()
        )
    )
    of_demo = set(demo_ids(ctx.tenant_id, "line"))
    used = {line.order_id for line in lines if line.id not in of_demo}
    going = [line for line in lines if line.order_id not in used]
    moved = or_(
        StockMove.id.in_(demo_ids(ctx.tenant_id, "move")), StockMove.reference_id.in_([line.id for line in going])
    )
    moves = select(StockMove).where(StockMove.tenant_id == ctx.tenant_id, moved).order_by(StockMove.id)
    await delete_for_good(ctx, list(await ctx.session.scalars(moves.with_for_update())))
    await delete_for_good(ctx, going)
    gone = await delete_for_good(ctx, [order for order in orders if order.id not in used])
    await settle_balances(ctx)
    return gone


async def _delete(ctx: Context, entity: type[RowT], kind: str) -> int:
    return await delete_for_good(ctx, await _rows(ctx, entity, kind, free=True))


async def _rows(ctx: Context, entity: type[RowT], kind: str, *, free: bool = False) -> list[RowT]:
    statement = (
        select(entity)
        .where(entity.tenant_id == ctx.tenant_id, entity.id.in_(demo_ids(ctx.tenant_id, kind)))
        .order_by(entity.id)
        .with_for_update()
    )
    return list(await ctx.session.scalars(statement.where(unreferenced(entity)) if free else statement))
