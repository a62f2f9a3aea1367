"""Money and quantities: what is refused first, then exactness."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from values.errors import AmountInvalid, CurrencyMismatch, QuantityInvalid
from values.money import CURRENCIES, WITHDRAWN, Money, in_use, quantity


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
