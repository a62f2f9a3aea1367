"""Prices and quantities as they are stored: exact, in one spelling, or a refusal that names the field."""

from __future__ import annotations

from decimal import Decimal

from modules.catalog.errors import PriceInvalid, QuantityNegative, QuantityNotPositive
from values.errors import AmountInvalid, QuantityInvalid, Words
from values.money import finite_decimal, plain, quantity

_LARGEST_PRICE = Decimal(10) ** 12
_PRICE_DIGITS = 6


def unit_price(value: Decimal, field: str, label: Words) -> Decimal:
    """A price for one unit, in major units. Raises PriceInvalid."""
    try:
        price = plain(finite_decimal(value, AmountInvalid))
    except AmountInvalid:
        raise PriceInvalid(field=field, label=label) from None
    if not 0 <= price < _LARGEST_PRICE or -int(price.as_tuple().exponent) > _PRICE_DIGITS:
        raise PriceInvalid(field=field, label=label)
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
    if found <= 0:
        raise QuantityNotPositive(field=field, label=label)
    return found


def natural_quantity(value: Decimal, field: str, label: Words) -> Decimal:
    """Raises QuantityInvalid, QuantityNegative."""
    found = signed_quantity(value, field)
    if found < 0:
        raise QuantityNegative(field=field, label=label)
    return found
