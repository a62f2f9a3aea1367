"""A count of a warehouse begins."""

from __future__ import annotations

from uuid import UUID

from kernel.command import Input, command
from kernel.context import Context
from modules.catalog.rows import usable
from modules.inventory.entities import StockCount, Warehouse
from modules.party.rows import new_row_id
from values.effects import Creates


class CreateStockCount(Input, frozen=True, kw_only=True):
    """`id` may be made by the caller, a device for example."""

    warehouse_id: UUID
    id: UUID | None = None


@command(
    zh="新建盘点单",
    en="Create stock count",
    permission="inventory.stock_count.create",
    module="inventory",
    offline=True,
    effect=Creates(starts={"state": "draft"}),
)
async def create_stock_count(ctx: Context, data: CreateStockCount) -> StockCount:
    """Adds a count in progress, so that others see who counts where; `post_stock_count` brings what was found."""
    count_id = await new_row_id(ctx, StockCount, data.id)
    warehouse = await usable(ctx, Warehouse, data.warehouse_id, "warehouseId")
    return ctx.add(StockCount(id=count_id, warehouse_id=warehouse.id, state="draft", posted_at=None, posted_by_id=None))
