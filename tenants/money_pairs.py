"""Which fields stand or fall together."""

from __future__ import annotations

from functools import cache

from kernel.entity import TenantRow, Widget, facets
from values.wire import wire_name


@cache
def money_pairs(entity: type[TenantRow]) -> tuple[tuple[str, str], ...]:
    """What a member sets with its currency (`credit_limit_minor`, `credit_currency`; `list_price`, `currency`): half of
    one would be another amount."""
    known = facets(entity)
    return tuple(
        (wire_name(amount), wire_name(currency))
        for amount, facet in known.items()
        if facet.writable and (facet.widget is Widget.MONEY or amount.endswith("_price"))
        for currency, other in known.items()
        if other.writable and _currency_of(amount, currency)
    )


def _currency_of(amount: str, currency: str) -> bool:
    own = currency.endswith("_currency") and currency.split("_")[0] == amount.split("_")[0]
    return own or currency == "currency"
