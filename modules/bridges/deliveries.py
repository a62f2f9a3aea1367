"""Sales and stock meet: what is delivered leaves the warehouse, in the same transaction."""

from __future__ import annotations

from kernel.context import Context
from kernel.entity import described
from modules.inventory.balances import NewMove, move_stock
from modules.inventory.entities import StockBalance, Warehouse
from modules.inventory.warehouses import chosen_warehouse
from modules.sales.entities import SalesOrderLine
from modules.sales.events import OrderDelivered
from values.effects import Takes, takes_beside

STOCK_MODULE = "inventory"
# What a keeper without a network sees go at once.
takes_beside(
    "sales.deliver_order",
    Takes(
        described(StockBalance).name,
        rows=described(SalesOrderLine).name,
        parent="order_id",
        match=("product_id", "warehouse_id"),
        number="on_hand",
        minus="quantity",
        only={"warehouse_id": described(Warehouse).name},
    ),
)


async def move_stock_out(ctx: Context, happened: OrderDelivered) -> None:
    """One move of kind `delivery` per line. A company without the stock module keeps no stock: nothing moves.

    Raises WarehouseMissing, WarehouseNotChosen, NotFound, MasterDataArchived.
    """
    if STOCK_MODULE not in ctx.entitlements.modules or not happened.lines:
        return
    warehouse_id = await chosen_warehouse(ctx, happened.warehouse_id, "warehouseId")
    await move_stock(
        ctx,
        [
            NewMove(
                product_id=line.product_id,
                warehouse_id=warehouse_id,
                quantity=-line.quantity,
                kind="delivery",
                made_at=ctx.now,
                reference=(described(SalesOrderLine).name, line.line_id),
                note=happened.number,
            )
            for line in happened.lines
        ],
    )
