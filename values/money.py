"""Money and quantities: exact, never float, never NaN."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation, localcontext

from values.errors import AmountInvalid, CurrencyMismatch, QuantityInvalid

# ISO 4217, list one: the currencies in use; without funds, metals and test codes.
# fmt: off
CURRENCIES = frozenset({
    "AED", "AFN", "ALL", "AMD", "AOA", "ARS", "AUD", "AWG", "AZN", "BAM", "BBD", "BDT", "BHD", "BIF", "BMD", "BND",
    "BOB", "BRL", "BSD", "BTN", "BWP", "BYN", "BZD", "CAD", "CDF", "CHF", "CLP", "CNY", "COP", "CRC", "CUP", "CVE",
    "CZK", "DJF", "DKK", "DOP", "DZD", "EGP", "ERN", "ETB", "EUR", "FJD", "FKP", "GBP", "GEL", "GHS", "GIP", "GMD",
    "GNF", "GTQ", "GYD", "HKD", "HNL", "HTG", "HUF", "IDR", "ILS", "INR", "IQD", "IRR", "ISK", "JMD", "JOD", "JPY",
    "KES", "KGS", "KHR", "KMF", "KPW", "KRW", "KWD", "KYD", "KZT", "LAK", "LBP", "LKR", "LRD", "LSL", "LYD", "MAD",
    "MDL", "MGA", "MKD", "MMK", "MNT", "MOP", "MRU", "MUR", "MVR", "MWK", "MXN", "MYR", "MZN", "NAD", "NGN", "NIO",
    "NOK", "NPR", "NZD", "OMR", "PAB", "PEN", "PGK", "PHP", "PKR", "PLN", "PYG", "QAR", "RON", "RSD", "RUB", "RWF",
    "SAR", "SBD", "SCR", "SDG", "SEK", "SGD", "SHP", "SLE", "SOS", "SRD", "SSP", "STN", "SVC", "SYP", "SZL", "THB",
    "TJS", "TMT", "TND", "TOP", "TRY", "TTD", "TWD", "TZS", "UAH", "UGX", "USD", "UYU", "UZS", "VES", "VND", "VUV",
    "WST", "XAF", "XCD", "XCG", "XOF", "XPF", "YER", "ZAR", "ZMW", "ZWG",
})
# fmt: on


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A former currency: the last day on which it was legal tender, and what replaced it."""

    last_day: date
    successor: str


# ISO 4217, list three: those that documents of recent years may carry. All of them have two digits.
WITHDRAWN = {
    "ANG": Withdrawn(date(2025, 6, 30), "XCG"),
    "BGN": Withdrawn(date(2026, 1, 31), "EUR"),
    "HRK": Withdrawn(date(2023, 1, 14), "EUR"),
    "SLL": Withdrawn(date(2023, 12, 31), "SLE"),
    "ZWL": Withdrawn(date(2024, 8, 31), "ZWG"),
}
# ISO 4217: currencies whose minor unit is not 1/100. All others have two digits.
_WHOLE = (
    "BIF",
    "CLP",
    "DJF",
    "GNF",
    "ISK",
    "JPY",
    "KMF",
    "KRW",
    "PYG",
    "RWF",
    "UGX",
    "VND",
    "VUV",
    "XAF",
    "XOF",
    "XPF",
)
_THOUSANDTHS = ("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND")
_MINOR_DIGITS = {**dict.fromkeys(_WHOLE, 0), **dict.fromkeys(_THOUSANDTHS, 3)}
_CURRENCY = re.compile(r"^[A-Z]{3}$")
_LARGEST_MINOR = 2**63 - 1
_LARGEST_QUANTITY = Decimal(10) ** 15
_QUANTITY_DIGITS = 9


def in_use(currency: str, day: date) -> bool:
    """Whether a document of that day may be in this currency."""
    gone = WITHDRAWN.get(currency)
    return currency in CURRENCIES if gone is None else day <= gone.last_day


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

    @classmethod
    def priced(cls, unit_price: Decimal, quantity: Decimal, currency: str) -> Money:
        """`unit_price` (major units, with as many digits as it has) times `quantity`, exact, and only then rounded half
        up to the minor unit: ¥0.335 × 3 = ¥1.01."""
        with localcontext() as exact:
            exact.prec = 130  # two factors of at most 60 digits, and the digits of the minor unit
            amount = finite_decimal(unit_price, AmountInvalid) * finite_decimal(quantity, QuantityInvalid)
            scaled = amount.scaleb(minor_digits(currency)).quantize(Decimal(1), rounding=ROUND_HALF_UP)
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

    def spelled(self) -> str:
        """As people read it in a sentence: `¥1,312.50`, `USD 1,312.50`."""
        sign = "¥" if self.currency == "CNY" else f"{self.currency} "
        return f"{'-' if self.amount_minor < 0 else ''}{sign}{abs(self.to_decimal()):,}"

    def _same(self, other: Money) -> Money:
        if other.currency != self.currency:
            raise CurrencyMismatch(left=self.currency, right=other.currency)
        return other


def plain(number: Decimal) -> Decimal:
    """The number in its one spelling: `2.50` and `2.5` are the same to people and in every replica."""
    with localcontext() as exact:
        exact.prec = 130
        shortest = number.normalize()
        return shortest.quantize(Decimal(1)) if int(shortest.as_tuple().exponent) > 0 else shortest + 0


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
