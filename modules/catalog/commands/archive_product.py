"""Products go out of use and come back."""

from __future__ import annotations

from uuid import UUID

from kernel.command import Input, command
from kernel.context import Context
from modules.catalog.entities import Product
from modules.catalog.rows import archive, restore


class ArchiveProduct(Input, frozen=True, kw_only=True):
    id: UUID
    version: int | None = None


class RestoreProduct(Input, frozen=True, kw_only=True):
    id: UUID
    version: int | None = None


@command(zh="归档商品", en="Archive product", permission="catalog.product.archive", module=None, offline=True)
async def archive_product(ctx: Context, data: ArchiveProduct) -> Product:
    """Takes a product out of use: no new order takes it, documents keep it. Doing it twice changes nothing."""
    product = await ctx.lock(Product, data.id, version=data.version)
    archive(ctx, product)
    return product


@command(zh="恢复商品", en="Restore product", permission="catalog.product.restore", module=None, offline=True)
async def restore_product(ctx: Context, data: RestoreProduct) -> Product:
    """Brings a product back into use."""
    product = await ctx.lock(Product, data.id, version=data.version)
    restore(product)
    return product
