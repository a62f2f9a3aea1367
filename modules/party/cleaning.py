"""From what a person typed to what is stored: one spelling per kind of field, or a refusal that names the field.

Derived from each column's facet, so a new column is cleaned without a line here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import msgspec

from kernel.context import Context
from kernel.entity import Facet, TenantRow, Widget, described, facets, table
from modules.party.errors import (
    CurrencyUnknown,
    CurrencyWithdrawn,
    EmailInvalid,
    FieldHiddenFromYou,
    FieldsWrong,
    PhoneInvalid,
)
from modules.party.field_checks import Check, checks_of
from tenants.identity.identifiers import IdentifierInvalid, normalise_email, normalise_phone
from values.errors import Refusal, Required, Words
from values.money import WITHDRAWN, in_use
from values.wire import wire_name

_DIGITS = re.compile(r"[0-9]{4,20}")
_EXTENSION = re.compile(r"^(?P<number>.*\d)\s*(?:转|分机|ext\.?|x|#)\s*(?P<extension>\d{1,6})$", re.IGNORECASE)
# Byte-order marks, zero-width spaces and direction overrides come along when text is pasted, and make two names that
# look the same differ. Joiners stay: emoji and several scripts need them.
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
    """`values` by column, each as it is stored. Raises the refusal of the field that is wrong, FieldsWrong of several.

    `current`: the row that is there already. Clearing a field hidden from the actor is refused like setting it, and
    what stays as it is needs no rule: it was right when it was written. `day`: of the document, today by default.
    """
    known = facets(entity)
    result: dict[str, Any] = {}
    wrong: list[Refusal] = []
    for column, value in values.items():
        nowhere = isinstance(value, Decimal) and not value.is_finite()  # compares with nothing
        same = current is not None and value is not None and not nowhere and value == getattr(current, column)
        try:
            result[column] = value if same else clean(entity, column, known[column], value, day or ctx.now.date())
        except CurrencyWithdrawn:
            raise  # quotes what was given, which a sentence about several fields must not
        except Refusal as refusal:
            wrong.append(refusal)
            continue
        given = current is not None or result[column] is not None
        if given and ctx.actor.authority.masked(described(entity).name, column):
            raise FieldHiddenFromYou(field=wire_name(column), label=label_of(known[column]))
    if wrong:
        raise wrong[0] if len(wrong) == 1 else FieldsWrong.of(wrong)
    return result


def clean(entity: type[TenantRow], column: str, facet: Facet, value: Any, day: date) -> Any:
    """One value as it is stored. Empty text is no value; a column that must have one refuses that.

    `day`: of the document, on which its currency must have been in use.
    """
    field, label = wire_name(column), label_of(facet)
    checks = checks_of(entity, column, facet)
    if isinstance(value, str):
        value = _text(value, facet, checks, field, label) or None
    for check in checks:
        if not check.holds(value, facet):
            raise check.refuse(field, label)
    if value is None:
        if not table(entity).c[column].nullable:
            raise Required(field=field, label=label)
        return None
    if column == "currency" or column.endswith("_currency"):
        return currency_code(value, field, label, day)
    rule = _RULES.get(facet.widget)
    return rule(value, field, label) if rule else value


def label_of(facet: Facet) -> Words:
    """The field's name, in whichever language the refusal is read."""
    return Words(facet.zh, facet.en)


def _text(value: str, facet: Facet, checks: Sequence[Check], field: str, label: Words) -> str:
    """Composed and without what nobody sees. Raises TextTooLong, TextUnreadable."""
    several_lines = facet.widget is Widget.LONG_TEXT
    for check in checks:
        if check.kind == "length" and len(value) > 4 * check.told["limit"] + 100:  # before any work on it
            raise check.refuse(field, label)
    if several_lines:
        value = value.replace("\r\n", "\n").replace("\r", "\n")
    for check in checks:
        if check.kind == "readable" and not check.holds(value.strip()):
            raise check.refuse(field, label)
    return _INVISIBLE.sub("", unicodedata.normalize("NFC", value)).strip()


def phone(value: str, field: str, label: Words) -> str:
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


def email(value: str, field: str, label: Words) -> str:
    """The address in its stored spelling. Raises EmailInvalid."""
    try:
        return normalise_email(value)
    except IdentifierInvalid:
        raise EmailInvalid(field=field, label=label) from None


def currency_code(value: str, field: str, label: Words, day: date) -> str:
    """A currency in use on that day (ISO 4217), in capital letters. Raises CurrencyWithdrawn, CurrencyUnknown."""
    if in_use(value, day):
        return value
    gone = WITHDRAWN.get(value)
    if gone is None:
        raise CurrencyUnknown(field=field, label=label)
    raise CurrencyWithdrawn(field=field, label=label, currency=value, last_day=gone.last_day, successor=gone.successor)


def instant(value: datetime, _field: str, _label: Words) -> datetime:
    """An instant in UTC; a time without an offset counts as UTC, as every wire sends it."""
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


_RULES: dict[Widget, Callable[[Any, str, Words], Any]] = {
    Widget.PHONE: phone,
    Widget.EMAIL: email,
    Widget.INSTANT: instant,
}
