"""Money and quantities: what is refused first, then exactness."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from values.errors import AmountInvalid, CurrencyMismatch, QuantityInvalid
from values.money import CURRENCIES, WITHDRAWN, Money, in_use, plain, quantity


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "1e400", "1,5", "", "abc", "0.001", "9" * 70])
def test_bad_amounts_are_refused(value: str) -> None:
    with pytest.raises(AmountInvalid):
        Money.of(value, "CNY")


@pytest.mark.parametrize("currency", ["", "cny", "RMB1", "元"])
def test_bad_currencies_are_refused(currency: str) -> None:
    with pytest.raises(AmountInvalid):
        Money(1, currency)


def test_amounts_beyond_a_bigint_are_refused() -> None:
    with pytest.raises(AmountInvalid):
        Money(2**63, "CNY")


def test_currencies_do_not_mix() -> None:
    with pytest.raises(CurrencyMismatch):
        Money(1, "CNY") + Money(1, "USD")


@pytest.mark.parametrize("value", ["NaN", "sNaN", "1e15", "0.0000000001", "x"])
def test_bad_quantities_are_refused(value: str) -> None:
    with pytest.raises(QuantityInvalid):
        quantity(value)


def test_a_float_is_not_a_quantity() -> None:
    with pytest.raises(QuantityInvalid):
        quantity(0.1)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("amount", "currency", "minor"), [("12.50", "CNY", 1250), ("1200", "JPY", 1200), ("1.234", "KWD", 1234)]
)
def test_minor_units_follow_the_currency(amount: str, currency: str, minor: int) -> None:
    money = Money.of(amount, currency)
    assert money.amount_minor == minor
    assert money.to_decimal() == Decimal(amount)


def test_rounding_is_half_up() -> None:
    assert Money(5, "CNY").times(Decimal("0.5")).amount_minor == 3
    assert Money(-5, "CNY").times(Decimal("0.5")).amount_minor == -3


@given(st.integers(-(10**15), 10**15), st.integers(-(10**15), 10**15))
def test_addition_is_exact(a: int, b: int) -> None:
    assert (Money(a, "CNY") + Money(b, "CNY") - Money(b, "CNY")).amount_minor == a


def test_a_withdrawn_currency_is_in_use_up_to_its_last_day_only() -> None:
    """Bulgaria paid in leva beside the euro for one month more, up to 31 January 2026."""
    assert "BGN" not in CURRENCIES
    assert in_use("BGN", date(2026, 1, 31))
    assert not in_use("BGN", date(2026, 2, 1))
    assert in_use("EUR", date(2026, 2, 1))
    assert not in_use("ABC", date(2020, 1, 1))


def test_every_withdrawn_currency_gave_way_to_one_that_is_in_use() -> None:
    assert CURRENCIES.isdisjoint(WITHDRAWN)
    for code, gone in WITHDRAWN.items():
        assert gone.successor in CURRENCIES
        assert Money.of("12.50", code).amount_minor == 1250


@pytest.mark.parametrize("value", ["NaN", "Infinity", "1e400"])
def test_what_is_no_number_has_no_price(value: str) -> None:
    with pytest.raises(AmountInvalid):
        Money.priced(Decimal(value), Decimal(1), "CNY")
    with pytest.raises(QuantityInvalid):
        Money.priced(Decimal(1), Decimal(value), "CNY")


@pytest.mark.parametrize(
    ("price", "count", "currency", "minor"),
    [
        ("0.335", "3", "CNY", 101),  # 1.005
        ("0.005", "1", "CNY", 1),
        ("0.004999", "1", "CNY", 0),
        ("12.5", "1", "JPY", 13),
        ("12.5", "1", "KWD", 12500),
        ("0.01", "1e-9", "CNY", 0),
        ("999999999999.999999", "90000.000000001", "CNY", 9000000000000099991),  # beyond 28 digits
    ],
)
def test_a_price_times_a_quantity_is_rounded_once(price: str, count: str, currency: str, minor: int) -> None:
    assert Money.priced(Decimal(price), Decimal(count), currency) == Money(minor, currency)


@given(st.decimals(min_value=0, max_value=10**11, places=6), st.decimals(min_value=0, max_value=10**5, places=9))
def test_rounding_is_off_by_half_a_minor_unit_at_most(price: Decimal, count: Decimal) -> None:
    from fractions import Fraction

    exact = Fraction(price) * Fraction(count) * 100
    assert abs(Money.priced(price, count, "CNY").amount_minor - exact) <= Fraction(1, 2)


@pytest.mark.parametrize(
    ("given_", "shortest"), [("2.50", "2.5"), ("1E+3", "1000"), ("0.000", "0"), ("-0.0", "0"), ("-3.10", "-3.1")]
)
def test_a_number_has_one_spelling(given_: str, shortest: str) -> None:
    assert format(plain(Decimal(given_)), "f") == shortest


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**15), max_value=10**15, places=9))
def test_the_spelling_changes_no_value(number: Decimal) -> None:
    assert plain(number) == number
