"""Plain keyword makers for products, warehouses, stock and orders."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select

from modules.catalog.commands.create_product import CreateProduct
from modules.inventory.commands.create_warehouse import CreateWarehouse
from modules.inventory.commands.record_stock_move import RecordStockMove
from modules.inventory.entities import StockBalance
from modules.sales.commands.cancel_order import CancelOrder
from modules.sales.commands.confirm_order import ConfirmOrder
from modules.sales.commands.create_order import CreateOrder
from modules.sales.commands.deliver_order import DeliverOrder
from modules.sales.entities import SalesOrderLine
from modules.sales.lines import NewOrderLine
from tests.party.makers import rows_of
from tests.world import Company


async def make_product(company: Company, name: str = "龙井茶", **fields: Any) -> UUID:
    given = {"unit": "盒", "list_price": Decimal("12.50"), **fields}
    made = await company.run("admin", "catalog.create_product", CreateProduct(name=name, **given))
    assert made.row_id is not None
    return made.row_id


async def make_warehouse(company: Company, name: str = "下沙仓", **fields: Any) -> UUID:
    made = await company.run("admin", "inventory.create_warehouse", CreateWarehouse(name=name, **fields))
    assert made.row_id is not None
    return made.row_id


async def move(
    company: Company, product_id: UUID, warehouse_id: UUID, quantity: str, kind: str = "adjustment", **fields: Any
) -> UUID:
    data = RecordStockMove(
        product_id=product_id, warehouse_id=warehouse_id, quantity=Decimal(quantity), kind=kind, **fields
    )
    made = await company.run("admin", "inventory.record_stock_move", data)
    assert made.row_id is not None
    return made.row_id


def line(product_id: UUID, quantity: str = "2", price: str | None = None, **fields: Any) -> NewOrderLine:
    return NewOrderLine(
        product_id=product_id,
        quantity=Decimal(quantity),
        unit_price=Decimal(price) if price is not None else None,
        **fields,
    )


async def make_order(
    company: Company, who: str, customer_id: UUID, lines: list[NewOrderLine] | None = None, **fields: Any
) -> UUID:
    data = CreateOrder(customer_id=customer_id, lines=lines or [], **fields)
    made = await company.run(who, "sales.create_order", data)
    assert made.row_id is not None
    return made.row_id


async def confirm(company: Company, who: str, order_id: UUID) -> None:
    await company.run(who, "sales.confirm_order", ConfirmOrder(id=order_id))


async def deliver(company: Company, who: str, order_id: UUID, warehouse_id: UUID | None = None) -> None:
    await company.run(who, "sales.deliver_order", DeliverOrder(id=order_id, warehouse_id=warehouse_id))


async def cancel(company: Company, who: str, order_id: UUID) -> None:
    await company.run(who, "sales.cancel_order", CancelOrder(id=order_id))


async def lines_of(company: Company, order_id: UUID, who: str = "admin") -> list[SalesOrderLine]:
    """The order's lines that were not removed, in their order."""
    standing = select(SalesOrderLine).where(SalesOrderLine.order_id == order_id, SalesOrderLine.archived_at.is_(None))
    return await rows_of(company, who, standing.order_by(SalesOrderLine.position))


async def balance(company: Company, product_id: UUID, warehouse_id: UUID) -> StockBalance | None:
    place = select(StockBalance).where(StockBalance.product_id == product_id, StockBalance.warehouse_id == warehouse_id)
    found = await rows_of(company, "admin", place)
    return found[0] if found else None


async def on_hand(company: Company, product_id: UUID, warehouse_id: UUID) -> Decimal:
    found = await balance(company, product_id, warehouse_id)
    return found.on_hand if found else Decimal(0)
