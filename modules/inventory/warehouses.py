"""Which warehouse goods leave from when a document does not say."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from kernel.context import Context
from modules.catalog.rows import usable
from modules.inventory.entities import Warehouse
from modules.inventory.errors import WarehouseMissing, WarehouseNotChosen


async def chosen_warehouse(ctx: Context, warehouse_id: UUID | None, field: str) -> UUID:
    """The one that the caller names, else the company's only one.

    Raises NotFound, MasterDataArchived, WarehouseMissing, WarehouseNotChosen.
    """
    if warehouse_id is not None:
        return (await usable(ctx, Warehouse, warehouse_id, field)).id
    in_use = select(Warehouse.id).where(Warehouse.tenant_id == ctx.tenant_id, Warehouse.archived_at.is_(None)).limit(2)
    found: list[UUID] = list(await ctx.session.scalars(in_use))
    if not found:
        raise WarehouseMissing(field=field)
    if len(found) > 1:
        raise WarehouseNotChosen(field=field)
    return found[0]
