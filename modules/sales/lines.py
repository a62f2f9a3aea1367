"""From the lines of an input to rows: cleaned, priced, in their order."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from kernel.command import Input
from kernel.context import Context
from kernel.entity import facets
from modules.catalog.entities import Product
from modules.catalog.figures import NATURAL, POSITIVE, PRICE, natural_quantity, positive_quantity, unit_price
from modules.catalog.naming import products_named
from modules.catalog.rows import inside
from modules.party.cleaning import cleaned_values, label_of
from modules.party.errors import TooManyRows
from modules.party.field_checks import check_also
from modules.party.rows import new_row_id
from modules.sales.entities import SalesOrder, SalesOrderLine
from modules.sales.errors import PriceMissing
from modules.sales.pricing import amount_of, next_position
from values.errors import AlreadyTaken

LARGEST_ORDER = 500
check_also(SalesOrderLine, "quantity", POSITIVE)
check_also(SalesOrderLine, "packed_quantity", NATURAL)
check_also(SalesOrderLine, "unit_price", PRICE)


class NewOrderLine(Input, frozen=True, kw_only=True):
    """`unit_price`: for one unit, in major units of the order's currency; without one, the product's list price."""

    product_id: UUID
    quantity: Decimal
    id: UUID | None = None
    unit_price: Decimal | None = None


async def new_lines(
    ctx: Context, order: SalesOrder, given: Sequence[NewOrderLine], *, place: str | None = "lines"
) -> list[SalesOrderLine]:
    """Lines behind those that an order has, which is new or locked; the caller adds them. `place`: the path of the list
    in the input; None: the line is the input itself.

    Raises TooManyRows, NotFound, MasterDataArchived, QuantityNotPositive, PriceInvalid, PriceMissing, AlreadyTaken.
    """
    if len(given) > LARGEST_ORDER:
        raise TooManyRows(field=place, largest=LARGEST_ORDER)
    paths = [f"{place}.{number}" if place else "" for number in range(len(given))]
    named = [f"{path}.productId".lstrip(".") for path in paths]
    products = await products_named(ctx, [line.product_id for line in given], named)
    first = await next_position(ctx, order)
    ids: set[UUID] = set()
    made: list[SalesOrderLine] = []
    for number, (path, line) in enumerate(zip(paths, given, strict=True)):
        with inside(path):
            row = await _line(ctx, order, line, products[line.product_id], first + number)
            if row.id in ids:
                raise AlreadyTaken(field="id", value=row.id)
        ids.add(row.id)
        made.append(row)
    return made


async def _line(
    ctx: Context, order: SalesOrder, given: NewOrderLine, product: Product, position: int
) -> SalesOrderLine:
    values = line_values(ctx, {"quantity": given.quantity, "unit_price": given.unit_price}, None)
    price = values["unit_price"]
    if price is None:
        if product.list_price is None or product.currency != order.currency:
            raise PriceMissing(field="unitPrice", product=product.name, currency=order.currency)
        price = product.list_price
    row = SalesOrderLine(
        id=await new_row_id(ctx, SalesOrderLine, given.id),
        order_id=order.id,
        product_id=product.id,
        quantity=values["quantity"],
        unit_price=price,
        amount_minor=0,
        currency=order.currency,
        packed_quantity=Decimal(0),
        position=position,
        owner_id=order.owner_id,
        scope_path=order.scope_path,
        archived_at=None,
        archived_by_id=None,
    )
    row.amount_minor = amount_of(row, order.currency).amount_minor
    return row


def line_values(ctx: Context, given: dict[str, Any], current: SalesOrderLine | None) -> dict[str, Any]:
    """The given columns of a line as they are stored. A price may be left open (None) on a new line only."""
    known = facets(SalesOrderLine)
    found = dict(given)
    if "quantity" in found:
        found["quantity"] = positive_quantity(found["quantity"], "quantity", label_of(known["quantity"]))
    if "packed_quantity" in found:
        label = label_of(known["packed_quantity"])
        found["packed_quantity"] = natural_quantity(found["packed_quantity"], "packedQuantity", label)
    price_open = current is None and found.get("unit_price") is None
    if price_open:
        del found["unit_price"]
    elif "unit_price" in found:
        found["unit_price"] = unit_price(found["unit_price"], "unitPrice", label_of(known["unit_price"]))
    values = cleaned_values(ctx, SalesOrderLine, found, current=current)
    return {**values, "unit_price": None} if price_open else values
