"""The demo's products, stock and orders: what can be sold from the first minute, and two documents to look at."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from kernel.context import Context
from modules.bridges.demo_rows import demo_id
from modules.bridges.demo_words import DemoWords
from modules.catalog.commands.create_product import CreateProduct, create_product
from modules.inventory.commands.create_warehouse import CreateWarehouse, create_warehouse
from modules.inventory.commands.record_stock_move import RecordStockMove, record_stock_move
from modules.sales.commands.confirm_order import ConfirmOrder, confirm_order
from modules.sales.commands.create_order import CreateOrder, create_order
from modules.sales.commands.deliver_order import DeliverOrder, deliver_order
from modules.sales.lines import NewOrderLine

NEEDED = frozenset({"sales", "inventory"})
_STOCK = (120, 80, 200, 45, 60, 300)
_LINES_EACH = 3


async def fill_trade(ctx: Context, words: DemoWords) -> tuple[int, int]:
    """Six products in one warehouse, a quotation, and an order that was delivered from it, for the first two demo
    customers. Returns how many products and orders; none without the modules for them."""
    if not ctx.entitlements.modules >= NEEDED:
        return 0, 0
    for number, (name, unit, spec, price) in enumerate(words.products):
        product = CreateProduct(
            id=demo_id(ctx.tenant_id, "product", number),
            name=name,
            code=f"YP-{number + 1:03d}",
            unit=unit,
            spec=spec,
            list_price=Decimal(price),
            currency="CNY",
        )
        await create_product(ctx, product)
    warehouse_id = demo_id(ctx.tenant_id, "warehouse", 0)
    await create_warehouse(ctx, CreateWarehouse(id=warehouse_id, name=words.warehouse, code="YC-01"))
    await ctx.flush()
    for number, quantity in enumerate(_STOCK):
        await record_stock_move(ctx, _receipt(ctx, warehouse_id, number, quantity))
    orders = [_order(ctx.tenant_id, number) for number in range(2)]
    for order in orders:
        await create_order(ctx, order)
        await ctx.flush()
    delivered = orders[1].id
    assert delivered is not None
    await confirm_order(ctx, ConfirmOrder(id=delivered))
    await ctx.flush()
    await deliver_order(ctx, DeliverOrder(id=delivered, warehouse_id=warehouse_id))
    return len(words.products), len(orders)


def _receipt(ctx: Context, warehouse_id: UUID, number: int, quantity: int) -> RecordStockMove:
    return RecordStockMove(
        id=demo_id(ctx.tenant_id, "move", number),
        product_id=demo_id(ctx.tenant_id, "product", number),
        warehouse_id=warehouse_id,
        quantity=Decimal(quantity),
        kind="receipt",
    )


def _order(tenant_id: UUID, number: int) -> CreateOrder:
    places = range(number * _LINES_EACH, (number + 1) * _LINES_EACH)
    return CreateOrder(
        id=demo_id(tenant_id, "order", number),
        customer_id=demo_id(tenant_id, "customer", number),
        currency="CNY",
        lines=[
            NewOrderLine(
                id=demo_id(tenant_id, "line", place),
                product_id=demo_id(tenant_id, "product", place),
                quantity=Decimal(2 + place * 3),
            )
            for place in places
        ],
    )
