"""A new warehouse."""

from __future__ import annotations

from uuid import UUID

from kernel.command import Input, command
from kernel.context import Context
from modules.catalog.rows import flush_with, refuse_taken
from modules.inventory.entities import Warehouse
from modules.party.cleaning import cleaned_values, given_values
from modules.party.rows import new_row_id
from values.pinyin import sort_key


class CreateWarehouse(Input, frozen=True, kw_only=True):
    """`id` may be made by the caller, a device for example."""

    name: str
    id: UUID | None = None
    code: str | None = None
    address: str | None = None


@command(
    zh="新建仓库",
    en="Create warehouse",
    permission="inventory.warehouse.create",
    module="inventory",
    offline=True,
)
async def create_warehouse(ctx: Context, data: CreateWarehouse) -> Warehouse:
    """Adds a warehouse. Raises AlreadyTaken for a code or id that the company has."""
    values = cleaned_values(ctx, Warehouse, given_values(data, Warehouse))
    warehouse_id = await new_row_id(ctx, Warehouse, data.id)
    await refuse_taken(ctx, Warehouse, warehouse_id, "code", values["code"])
    warehouse = ctx.add(
        Warehouse(id=warehouse_id, name_key=sort_key(values["name"]), archived_at=None, archived_by_id=None, **values)
    )
    await flush_with(ctx, Warehouse, "code", warehouse.code)
    return warehouse
