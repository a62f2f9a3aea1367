"""From what a person typed to what is stored: one spelling per kind of field, or a refusal that names the field.

Derived from each column's facet, so a new column is cleaned without a line here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any

import msgspec

from kernel.context import Context
from kernel.entity import Facet, TenantRow, Widget, described, facets, table
from modules.party.errors import (
    AmountOutOfRange,
    ChoiceUnknown,
    CurrencyUnknown,
    CurrencyWithdrawn,
    DateOutOfRange,
    EmailInvalid,
    FieldHiddenFromYou,
    PhoneInvalid,
    TextTooLong,
    WebsiteInvalid,
)
from tenants.identity.identifiers import IdentifierInvalid, normalise_email, normalise_phone
from tenants.offering import offered
from values.errors import Required, TextUnreadable, Words
from values.money import WITHDRAWN, in_use
from values.wire import wire_name

LARGEST_MINOR = 10**17  # a bigint with room for sums of a hundred such rows
LINE_LIMIT, TEXT_LIMIT = 200, 20_000
_LIMITS = {
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
_DIGITS = re.compile(r"[0-9]{4,20}")
# [http(s)://] host with a dot (letters of any script), [:port], [/?# and what follows].
_WEBSITE = re.compile(
    r"(?:https?://)?(?:[\w](?:[\w-]{0,61}[\w])?\.)+[\w-]{2,63}\.?(?::\d{1,5})?(?:[/?#][^\s<>\"']*)?", re.IGNORECASE
)
_EXTENSION = re.compile(r"^(?P<number>.*\d)\s*(?:转|分机|ext\.?|x|#)\s*(?P<extension>\d{1,6})$", re.IGNORECASE)
# Byte-order marks, zero-width spaces and direction overrides come along when text is pasted, and make two names that
# look the same differ. Joiners stay: emoji and several scripts need them.
# Controls and half surrogates (Unicode's Cc and Cs); text of several lines may have line ends and tabs.
_UNREADABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_UNREADABLE_LINES = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_INVISIBLE = re.compile("[\ufeff\u200b\u2060\u202a-\u202e\u2066-\u2069]")


def given_values(data: msgspec.Struct, entity: type[TenantRow]) -> dict[str, Any]:
    """The input's values that are columns of `entity` which a member may write; UNSET ones are left out."""
    known = facets(entity)
    plain = (name for name in data.__struct_fields__ if name in known and name not in ("custom", "tag_ids"))
    found = {name: getattr(data, name) for name in plain if known[name].writable}
    return {name: value for name, value in found.items() if value is not msgspec.UNSET}


def cleaned_values(
    ctx: Context,
    entity: type[TenantRow],
    values: Mapping[str, Any],
    *,
    current: TenantRow | None = None,
    day: date | None = None,
) -> dict[str, Any]:
    """`values` by column, each as it is stored. Raises the refusal of the first field that is wrong.

    `current`: the row that is there already. Clearing a field hidden from the actor is refused like setting it, and
    what stays as it is needs no rule: it was right when it was written. `day`: of the document, today by default.
    """
    known = facets(entity)
    result: dict[str, Any] = {}
    for column, value in values.items():
        same = current is not None and value is not None and value == getattr(current, column)
        result[column] = value if same else clean(entity, column, known[column], value, day or ctx.now.date())
        given = current is not None or result[column] is not None
        if given and ctx.actor.authority.masked(described(entity).name, column):
            raise FieldHiddenFromYou(field=wire_name(column), label=label_of(known[column]))
    return result


def clean(entity: type[TenantRow], column: str, facet: Facet, value: Any, day: date) -> Any:
    """One value as it is stored. Empty text is no value; a column that must have one refuses that.

    `day`: of the document, on which its currency must have been in use.
    """
    field, label = wire_name(column), label_of(facet)
    if isinstance(value, str):
        value = _text(value, column, facet, field, label) or None
    if value is None:
        if not table(entity).c[column].nullable:
            raise Required(field=field, label=label)
        return None
    if column == "website":
        return web_address(value, field, label)
    if column == "currency" or column.endswith("_currency"):
        return currency_code(value, field, label, day)
    rule = _RULES.get(facet.widget)
    return rule(value, facet, field, label) if rule else value


def label_of(facet: Facet) -> Words:
    """The field's name, in whichever language the refusal is read."""
    return Words(facet.zh, facet.en)


def _text(value: str, column: str, facet: Facet, field: str, label: Words) -> str:
    several_lines = facet.widget is Widget.LONG_TEXT
    limit = TEXT_LIMIT if several_lines else _LIMITS.get(column, LINE_LIMIT)
    if len(value) > 4 * limit + 100:  # before any work on it
        raise TextTooLong(field=field, label=label, limit=limit)
    if several_lines:
        value = value.replace("\r\n", "\n").replace("\r", "\n")
    if (_UNREADABLE_LINES if several_lines else _UNREADABLE).search(value.strip()):
        raise TextUnreadable(field=field, label=label)
    value = _INVISIBLE.sub("", unicodedata.normalize("NFC", value)).strip()
    if len(value) > limit:
        raise TextTooLong(field=field, label=label, limit=limit)
    return value


def phone(value: str, _facet: Facet, field: str, label: Words) -> str:
    """E.164 where the number is a full one (`+8657188888888`), with its extension (`x801`); else its bare digits.

    Bare digits are service numbers (95588) and local numbers without an area code. Raises PhoneInvalid.
    """
    text = unicodedata.normalize("NFKC", value)
    parts = _EXTENSION.match(text)
    number, extension = (parts["number"], f"x{parts['extension']}") if parts else (text, "")
    try:
        return normalise_phone(number, mobile_only=False) + extension
    except IdentifierInvalid:
        digits = re.sub(r"[\s()-]", "", number)
        if not _DIGITS.fullmatch(digits):
            raise PhoneInvalid(field=field, label=label) from None
        return digits + extension


def email(value: str, _facet: Facet, field: str, label: Words) -> str:
    """The address in its stored spelling. Raises EmailInvalid."""
    try:
        return normalise_email(value)
    except IdentifierInvalid:
        raise EmailInvalid(field=field, label=label) from None


def choice(value: str, facet: Facet, field: str, label: Words) -> str:
    """One of the facet's choices. Raises ChoiceUnknown."""
    if value not in {option.value for option in facet.choices}:
        raise ChoiceUnknown(field=field, label=label, choices=offered(facet.choices))
    return value


def amount(value: int, _facet: Facet, field: str, label: Words) -> int:
    """Minor units, not negative. Raises AmountOutOfRange."""
    if isinstance(value, bool) or not 0 <= value <= LARGEST_MINOR:
        raise AmountOutOfRange(field=field, label=label, largest=LARGEST_MINOR)
    return value


def web_address(value: str, field: str, label: Words) -> str:
    """An http(s) address, or a bare domain with whatever follows it: a click on it must not run anything.

    Raises WebsiteInvalid.
    """
    if not _WEBSITE.fullmatch(value):
        raise WebsiteInvalid(field=field, label=label)
    return value


def currency_code(value: str, field: str, label: Words, day: date) -> str:
    """A currency in use on that day (ISO 4217), in capital letters. Raises CurrencyWithdrawn, CurrencyUnknown."""
    if in_use(value, day):
        return value
    gone = WITHDRAWN.get(value)
    if gone is None:
        raise CurrencyUnknown(field=field, label=label)
    raise CurrencyWithdrawn(field=field, label=label, currency=value, last_day=gone.last_day, successor=gone.successor)


def calendar_day(value: date, _facet: Facet, field: str, label: Words) -> date:
    """A day of a living memory. Raises DateOutOfRange."""
    if not _EARLIEST <= value <= _LATEST:
        raise DateOutOfRange(field=field, label=label, earliest=_EARLIEST, latest=_LATEST)
    return value


def instant(value: datetime, facet: Facet, field: str, label: Words) -> datetime:
    """An instant in UTC; a time without an offset counts as UTC, as every wire sends it. Raises DateOutOfRange."""
    calendar_day(value.date(), facet, field, label)
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


_RULES: dict[Widget, Callable[[Any, Facet, str, Words], Any]] = {
    Widget.PHONE: phone,
    Widget.EMAIL: email,
    Widget.CHOICE: choice,
    Widget.MONEY: amount,
    Widget.DATE: calendar_day,
    Widget.INSTANT: instant,
}
