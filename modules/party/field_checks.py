"""What a value must be, told by the value alone: the server refuses by these checks, and devices hold to them in forms.

One declaration for both sides: `yunfan schema` writes the checks of every field and the patterns into the web client's
description. A check may let through what only the server can tell (a country's telephone numbers, a withdrawn
currency); it never refuses what the server takes, since the server runs the same check first.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final, Literal

import email_validator
from sqlalchemy import Text

from kernel.entity import Facet, TenantRow, Widget, table
from modules.party.errors import (
    AmountOutOfRange,
    ChoiceUnknown,
    CurrencyUnknown,
    DateOutOfRange,
    EmailInvalid,
    PhoneInvalid,
    TextTooLong,
    WebsiteInvalid,
)
from tenants.offering import offered
from values.errors import QuantityInvalid, Refusal, Required, TextUnreadable, Words
from values.money import CURRENCIES, WITHDRAWN, finite_decimal, plain

CheckKind = Literal["required", "readable", "length", "shape", "choice", "whole", "decimal", "days"]
LARGEST_MINOR: Final = 10**17  # a bigint with room for sums of a hundred such rows
LINE_LIMIT, TEXT_LIMIT = 200, 20_000
_LIMITS: Final = {
    "code": 64,
    "number": 64,
    "unit": 20,
    "address": 500,
    "website": 500,
    "currency": 3,
    "credit_currency": 3,
    "budget_currency": 3,
}
_EARLIEST, _LATEST = date(1900, 1, 1), date(2200, 12, 31)
# Written so that Python and ECMAScript read them alike; `\w`, which differs, is told to devices as `\p{L}\p{N}_`.
_SPECIAL = "|".join(sorted(email_validator.SPECIAL_USE_DOMAIN_NAMES))
_ATOM = "[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
_HOST = r"(?:[\w](?:[\w-]{0,61}[\w])?\.)+[\w-]{2,63}"
PATTERNS: Final[Mapping[str, str]] = MappingProxyType(
    {
        # Controls and half surrogates (Unicode's Cc and Cs); text of several lines may have line ends and tabs.
        "line": "[^\\x00-\\x1f\\x7f-\\x9f\\ud800-\\udfff]*",
        "lines": "[^\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\ud800-\\udfff]*",
        # 4 to 20 digits (7 at least behind a +) between signs that people set into numbers; the extension last.
        "phone": r"(?=(?:[^0-9]*[0-9]){4,26}[^0-9]*$)(?!\s*\+(?:[^0-9]*[0-9]){0,6}[^0-9]*$)"
        r"[0-9+()\[\]\s./~*#\u2010-\u2015\u2212-]{4,60}(?:\s*(?:转|分机|ext\.?|x|#)\s*[0-9]{1,6})?",
        "email": rf"(?!.*[@.](?:{_SPECIAL})$)(?=.{{3,254}}$)(?=[^@]{{1,64}}@){_ATOM}(?:\.{_ATOM})*@{_HOST}",
        # [http(s)://] host with a dot (letters of any script), [:port], [/?# and what follows].
        "website": rf"(?:https?://)?{_HOST}\.?(?::[0-9]{{1,5}})?(?:[/?#][^\s<>\x22']*)?",
        "currency": "|".join(sorted(CURRENCIES | WITHDRAWN.keys())),
    }
)
# Full-width letters and signs are what Chinese keyboards type; both are read alike in these.
FOLDED: Final = frozenset({"phone", "email"})
ANY_CASE: Final = frozenset({"phone", "email", "website"})
_COMPILED = {name: re.compile(pattern, re.IGNORECASE if name in ANY_CASE else 0) for name, pattern in PATTERNS.items()}


@dataclass(frozen=True, slots=True)
class Check:
    """A rule on one value. `told`: what a device needs to hold to it, which fills the refusal's sentences too."""

    kind: CheckKind
    refusal: type[Refusal]
    told: Mapping[str, Any] = field(default_factory=dict)
    words: Mapping[str, Words] = field(default_factory=dict)

    def refuse(self, field: str, label: Words) -> Refusal:
        """The refusal of a value that does not hold."""
        return self.refusal(field=field, label=label, **self.told, **self.words)

    def holds(self, value: Any, facet: Facet | None = None) -> bool:
        """Whether the value is as it must be; None, which is no value, fails only where one is required."""
        if value is None:
            return self.kind != "required"
        if self.kind == "choice":
            return facet is not None and value in {option.value for option in facet.choices}
        return _HOLDS[self.kind](value, self.told)


def checks_of(entity: type[TenantRow], column: str, facet: Facet) -> tuple[Check, ...]:
    """Everything that a value of this column must be, in the order in which it is asked."""
    stored = table(entity).c[column]
    required = () if stored.nullable or not facet.writable or stored.default is not None else (_REQUIRED,)
    texts = _of_texts(column, facet) if isinstance(stored.type, Text) else ()
    return (*texts, *required, *_of_widgets(column, facet), *_OWN.get((entity, column), ()))


def check_also(entity: type[TenantRow], column: str, *checks: Check) -> None:
    """Declares what a column must be beyond its type and widget; beside the entity, once."""
    _OWN[entity, column] = checks


def matches(pattern: str, text: str) -> bool:
    """Whether the whole text is of one of PATTERNS."""
    return _COMPILED[pattern].fullmatch(unicodedata.normalize("NFKC", text) if pattern in FOLDED else text) is not None


def _of_texts(column: str, facet: Facet) -> tuple[Check, ...]:
    several = facet.widget is Widget.LONG_TEXT
    limit = TEXT_LIMIT if several else _LIMITS.get(column, LINE_LIMIT)
    return (
        Check("readable", TextUnreadable, {"pattern": "lines" if several else "line"}),
        Check("length", TextTooLong, {"limit": limit}),
    )


def _of_widgets(column: str, facet: Facet) -> tuple[Check, ...]:
    if column == "website":
        return (Check("shape", WebsiteInvalid, {"pattern": "website"}),)
    if column == "currency" or column.endswith("_currency"):
        return (Check("shape", CurrencyUnknown, {"pattern": "currency"}),)
    if facet.widget is Widget.CHOICE:
        return (Check("choice", ChoiceUnknown, {}, {"choices": offered(facet.choices)}),)
    found = _BY_WIDGET.get(facet.widget)
    return (found,) if found else ()


def _whole(value: Any, told: Mapping[str, Any]) -> bool:
    return not isinstance(value, bool) and 0 <= value <= int(told["largest"])


def _decimal(value: Any, told: Mapping[str, Any]) -> bool:
    try:
        number = plain(finite_decimal(value, QuantityInvalid))
    except QuantityInvalid:
        return False
    return (
        -int(number.as_tuple().exponent) <= told.get("places", 60)
        and number >= Decimal(told.get("least", "-Infinity"))
        and number > Decimal(told.get("above", "-Infinity"))
        and number < Decimal(told.get("below", "Infinity"))
    )


def _days(value: Any, told: Mapping[str, Any]) -> bool:
    day = value.date() if isinstance(value, datetime) else value
    return bool(told["earliest"] <= day <= told["latest"])


_REQUIRED = Check("required", Required)
_DAYS = Check("days", DateOutOfRange, {"earliest": _EARLIEST, "latest": _LATEST})
_BY_WIDGET = {
    Widget.PHONE: Check("shape", PhoneInvalid, {"pattern": "phone"}),
    Widget.EMAIL: Check("shape", EmailInvalid, {"pattern": "email"}),
    Widget.MONEY: Check("whole", AmountOutOfRange, {"largest": LARGEST_MINOR}),
    Widget.DATE: _DAYS,
    Widget.INSTANT: _DAYS,
}
_HOLDS: dict[CheckKind, Callable[[Any, Mapping[str, Any]], bool]] = {
    "required": lambda value, _told: value is not None,
    "readable": lambda value, told: matches(told["pattern"], value),
    "length": lambda value, told: len(value) <= told["limit"],
    "shape": lambda value, told: matches(told["pattern"], value),
    "whole": _whole,
    "decimal": _decimal,
    "days": _days,
}
_OWN: dict[tuple[type[TenantRow], str], tuple[Check, ...]] = {}
