"""Money and quantities: exact, never float, never NaN."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from kernel.errors import AmountInvalid, CurrencyMismatch, QuantityInvalid

# ISO 4217: currencies whose minor unit is not 1/100. All others that we accept have two digits.
_MINOR_DIGITS = {"JPY": 0, "KRW": 0, "VND": 0, "CLP": 0, "ISK": 0, "BHD": 3, "KWD": 3, "OMR": 3, "JOD": 3, "TND": 3}
_CURRENCY = re.compile(r"^[A-Z]{3}$")
_LARGEST_MINOR = 2**63 - 1
_LARGEST_QUANTITY = Decimal(10) ** 15
_QUANTITY_DIGITS = 9


def minor_digits(currency: str) -> int:
    """Digits after the point of a currency's minor unit (ISO 4217)."""
    if not _CURRENCY.match(currency):
        raise AmountInvalid(field="currency", value=currency)
    return _MINOR_DIGITS.get(currency, 2)


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An amount in minor units with its currency: `Money(1250, "CNY")` is ¥12.50."""

    amount_minor: int
    currency: str

    def __post_init__(self) -> None:
        minor_digits(self.currency)
        if not -_LARGEST_MINOR <= self.amount_minor <= _LARGEST_MINOR:
            raise AmountInvalid(value=str(self.amount_minor))

    @classmethod
    def of(cls, amount: Decimal | str, currency: str) -> Money:
        """From major units; more digits than the currency has are refused, not rounded away."""
        scaled = finite_decimal(amount, AmountInvalid) * (Decimal(10) ** minor_digits(currency))
        if scaled != scaled.to_integral_value():
            raise AmountInvalid(value=str(amount))
        return cls(int(scaled), currency)

    def __add__(self, other: Money) -> Money:
        return Money(self.amount_minor + self._same(other).amount_minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount_minor - self._same(other).amount_minor, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount_minor, self.currency)

    def times(self, factor: Decimal) -> Money:
        """Multiplied and rounded half up to the minor unit (the rule of 小企业会计准则 practice)."""
        exact = Decimal(self.amount_minor) * finite_decimal(factor, AmountInvalid)
        return Money(int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP)), self.currency)

    def to_decimal(self) -> Decimal:
        """The amount in major units, with the currency's digits."""
        return Decimal(self.amount_minor).scaleb(-minor_digits(self.currency))

    def _same(self, other: Money) -> Money:
        if other.currency != self.currency:
            raise CurrencyMismatch(left=self.currency, right=other.currency)
        return other


def quantity(value: Decimal | str | int) -> Decimal:
    """A stock quantity: finite, at most 9 decimals, below 10^15 in size."""
    number = finite_decimal(value, QuantityInvalid)
    exponent = number.normalize().as_tuple().exponent
    if abs(number) >= _LARGEST_QUANTITY or (isinstance(exponent, int) and -exponent > _QUANTITY_DIGITS):
        raise QuantityInvalid(value=str(value))
    return number


def finite_decimal(value: Decimal | str | int, error: type[AmountInvalid] | type[QuantityInvalid]) -> Decimal:
    """`value` as a finite Decimal of sane length, or `error`. A float is refused: it is not exact."""
    if isinstance(value, float) or len(str(value)) > 60:
        raise error(value=str(value)[:60])
    try:
        number = Decimal(value)
    except InvalidOperation as wrong:
        raise error(value=str(value)) from wrong
    if not number.is_finite() or abs(number.adjusted()) > 40:
        raise error(value=str(value))
    return number
