"""Warehouses go out of use and come back."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import func, select

from kernel.command import Input, command
from kernel.context import Context
from modules.catalog.rows import archive, restore
from modules.inventory.entities import StockBalance, Warehouse
from modules.inventory.errors import WarehouseHoldsStock


class ArchiveWarehouse(Input, frozen=True, kw_only=True):
    id: UUID
    version: int | None = None


class RestoreWarehouse(Input, frozen=True, kw_only=True):
    id: UUID
    version: int | None = None


@command(
    zh="归档仓库",
    en="Archive warehouse",
    permission="inventory.warehouse.archive",
    module="inventory",
    offline=True,
)
async def archive_warehouse(ctx: Context, data: ArchiveWarehouse) -> Warehouse:
    """Takes an empty warehouse out of use. Doing it twice changes nothing. Raises WarehouseHoldsStock."""
    warehouse = await ctx.lock(Warehouse, data.id, version=data.version)
    held = select(func.count()).where(
        StockBalance.tenant_id == ctx.tenant_id,
        StockBalance.warehouse_id == warehouse.id,
        StockBalance.on_hand != 0,
    )
    if warehouse.archived_at is None and (count := await ctx.session.scalar(held)):
        raise WarehouseHoldsStock(field="id", count=count)
    archive(ctx, warehouse)
    return warehouse


@command(
    zh="恢复仓库",
    en="Restore warehouse",
    permission="inventory.warehouse.restore",
    module="inventory",
    offline=True,
)
async def restore_warehouse(ctx: Context, data: RestoreWarehouse) -> Warehouse:
    """Brings a warehouse back into use."""
    warehouse = await ctx.lock(Warehouse, data.id, version=data.version)
    restore(warehouse)
    return warehouse
