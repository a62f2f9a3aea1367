"""Products from a file: many rows in one transaction, each row created, updated, left or refused."""

from __future__ import annotations

from kernel.command import Input, command
from kernel.context import Context
from modules.catalog.entities import Product
from modules.catalog.import_products_plan import ProductsPlan
from modules.party.import_rows import Existing, ImportOutcome, PreparedRow
from modules.party.import_writing import write_batch


class ImportProducts(Input, frozen=True, kw_only=True):
    """At most 1,000 rows. A row that is refused stops no other."""

    rows: list[PreparedRow]
    existing: Existing = "update"


@command(zh="导入商品", en="Import products", permission="catalog.product.import", module=None, api=False)
async def import_products(ctx: Context, data: ImportProducts) -> ImportOutcome:
    """Applies a batch. The same rows a second time change nothing: they find the products that they made."""
    return await write_batch(ctx, Product, ProductsPlan(ctx, data.existing, writing=True), data.rows)
