"""A warehouse's details change."""

from __future__ import annotations

from uuid import UUID

from msgspec import UNSET, UnsetType

from kernel.command import Input, command
from kernel.context import Context
from modules.catalog.rows import flush_with, refuse_archived, refuse_taken
from modules.inventory.entities import Warehouse
from modules.party.cleaning import cleaned_values, given_values
from modules.party.rows import set_changed


class EditWarehouse(Input, frozen=True, kw_only=True):
    """Only what is given changes; null clears."""

    id: UUID
    version: int | None = None
    name: str | UnsetType = UNSET
    code: str | UnsetType | None = UNSET
    address: str | UnsetType | None = UNSET


@command(
    zh="修改仓库",
    en="Edit warehouse",
    permission="inventory.warehouse.edit",
    module="inventory",
    offline=True,
    merges="inventory.Warehouse",
)
async def edit_warehouse(ctx: Context, data: EditWarehouse) -> Warehouse:
    """Changes the given fields. Raises VersionConflict, MasterDataArchived, AlreadyTaken."""
    warehouse = await ctx.lock(Warehouse, data.id, version=data.version)
    refuse_archived(warehouse)
    values = cleaned_values(ctx, Warehouse, given_values(data, Warehouse), current=warehouse)
    if values.get("code", warehouse.code) != warehouse.code:
        await refuse_taken(ctx, Warehouse, warehouse.id, "code", values["code"])
    set_changed(warehouse, values)
    await flush_with(ctx, Warehouse, "code", warehouse.code)
    return warehouse
