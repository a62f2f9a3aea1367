"""A new product, from a screen or a device."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from msgspec import field

from kernel.command import Input, command
from kernel.context import Context
from kernel.entity import facets
from modules.catalog.entities import Product
from modules.catalog.figures import unit_price
from modules.catalog.rows import flush_with, refuse_taken
from modules.party.cleaning import cleaned_values, given_values, label_of
from modules.party.commands.create_customer import base_currency
from modules.party.errors import CurrencyWithoutAmount
from modules.party.rows import new_row_id
from tenants.custom_fields import apply_custom
from values.pinyin import sort_key


class CreateProduct(Input, frozen=True, kw_only=True):
    """`id` may be made by the caller, a device for example. `list_price`: for one unit, in major units."""

    name: str
    id: UUID | None = None
    code: str | None = None
    unit: str | None = None
    spec: str | None = None
    list_price: Decimal | None = None
    currency: str | None = None
    notes: str | None = None
    custom: dict[str, Any] = field(default_factory=dict)


@command(zh="新建商品", en="Create product", permission="catalog.product.create", module=None, offline=True)
async def create_product(ctx: Context, data: CreateProduct) -> Product:
    """Adds a product. Raises AlreadyTaken for a code or id that the company has, PriceInvalid."""
    values = await product_values(ctx, given_values(data, Product))
    product_id = await new_row_id(ctx, Product, data.id)
    await refuse_taken(ctx, Product, product_id, "code", values["code"])
    product = ctx.add(
        Product(
            id=product_id,
            name_key=sort_key(values["name"]),
            archived_at=None,
            archived_by_id=None,
            custom={},
            **values,
        )
    )
    await apply_custom(ctx, product, data.custom)
    await flush_with(ctx, Product, "code", product.code)
    return product


async def product_values(ctx: Context, given: dict[str, Any], current: Product | None = None) -> dict[str, Any]:
    """The given columns as they are stored; a price stands with its currency, by default the company's base one."""
    labels = facets(Product)
    values = cleaned_values(ctx, Product, given, current=current)
    if values.get("list_price") is not None:
        values["list_price"] = unit_price(values["list_price"], "listPrice", label_of(labels["list_price"]))
    if "list_price" not in values and "currency" not in values:
        return values
    price = values.get("list_price", current.list_price if current else None)
    currency = values.get("currency", current.currency if current else None)
    if price is None:
        if values.get("currency") is not None:
            raise CurrencyWithoutAmount(field="currency", label=label_of(labels["currency"]))
        values["currency"] = None
    else:
        values["currency"] = currency or await base_currency(ctx)
    return values
