"""A product's details change."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from msgspec import UNSET, UnsetType

from kernel.command import Input, command
from kernel.context import Context
from modules.catalog.commands.create_product import product_values
from modules.catalog.entities import Product
from modules.catalog.rows import flush_with, refuse_archived, refuse_taken
from modules.party.cleaning import given_values
from modules.party.rows import set_changed
from tenants.custom_fields import apply_custom


class EditProduct(Input, frozen=True, kw_only=True):
    """Only what is given changes; null clears. In `custom` only the given keys change."""

    id: UUID
    version: int | None = None
    name: str | UnsetType = UNSET
    code: str | UnsetType | None = UNSET
    unit: str | UnsetType | None = UNSET
    spec: str | UnsetType | None = UNSET
    list_price: Decimal | UnsetType | None = UNSET
    currency: str | UnsetType | None = UNSET
    notes: str | UnsetType | None = UNSET
    custom: dict[str, Any] | UnsetType = UNSET


@command(
    zh="修改商品",
    en="Edit product",
    permission="catalog.product.edit",
    module=None,
    offline=True,
    merges="catalog.Product",
)
async def edit_product(ctx: Context, data: EditProduct) -> Product:
    """Changes the given fields; orders keep the prices that they were made with.

    Raises VersionConflict, MasterDataArchived, AlreadyTaken, PriceInvalid.
    """
    product = await ctx.lock(Product, data.id, version=data.version)
    refuse_archived(product)
    values = await product_values(ctx, given_values(data, Product), product)
    if values.get("code", product.code) != product.code:
        await refuse_taken(ctx, Product, product.id, "code", values["code"])
    set_changed(product, values)
    if data.custom is not UNSET:
        await apply_custom(ctx, product, data.custom)
    await flush_with(ctx, Product, "code", product.code)
    return product
