"""Prices and quantities as they are stored: exact, in one spelling, or a refusal that names the field."""

from __future__ import annotations

from decimal import Decimal

from modules.catalog.entities import Product
from modules.catalog.errors import PriceInvalid, QuantityNegative, QuantityNotPositive
from modules.party.field_checks import Check, check_also
from values.errors import AmountInvalid, QuantityInvalid, Words
from values.money import finite_decimal, plain, quantity

PRICE = Check("decimal", PriceInvalid, {"least": "0", "below": "1000000000000", "places": 6})
POSITIVE = Check("decimal", QuantityNotPositive, {"above": "0"})
NATURAL = Check("decimal", QuantityNegative, {"least": "0"})
check_also(Product, "list_price", PRICE)


def unit_price(value: Decimal, field: str, label: Words) -> Decimal:
    """A price for one unit, in major units. Raises PriceInvalid."""
    try:
        price = plain(finite_decimal(value, AmountInvalid))
    except AmountInvalid:
        raise PRICE.refuse(field, label) from None
    if not PRICE.holds(price):
        raise PRICE.refuse(field, label)
    return price


def signed_quantity(value: Decimal, field: str) -> Decimal:
    """Raises QuantityInvalid: not finite, more than 9 decimals, 10^15 or more in size."""
    try:
        return plain(quantity(value))
    except QuantityInvalid as wrong:
        wrong.field = field
        raise


def positive_quantity(value: Decimal, field: str, label: Words) -> Decimal:
    """Raises QuantityInvalid, QuantityNotPositive."""
    found = signed_quantity(value, field)
    if not POSITIVE.holds(found):
        raise POSITIVE.refuse(field, label)
    return found


def natural_quantity(value: Decimal, field: str, label: Words) -> Decimal:
    """Raises QuantityInvalid, QuantityNegative."""
    found = signed_quantity(value, field)
    if not NATURAL.holds(found):
        raise NATURAL.refuse(field, label)
    return found
