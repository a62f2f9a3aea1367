"""The kinds of custom field: which JSON value each takes, its byte order, and its form in a spreadsheet cell."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from tenants.custom_field_entities import CustomField
from tenants.custom_field_errors import (
    AmountExpected,
    ChoiceExpected,
    DateExpected,
    NumberExpected,
    ReferenceExpected,
    TextExpected,
    YesNoExpected,
)
from values.errors import AmountInvalid, QuantityInvalid, Refusal
from values.money import Money, finite_decimal
from values.wire import to_wire

TEXT_LIMIT = 2000
# A B-tree entry must stay below a third of a page; longer texts are indexed by their beginning.
INDEXED_TEXT = 200
_EXACT_FLOAT_DIGITS = 15  # IEEE 754: a decimal of at most 15 digits survives the way to binary and back
_EXPONENT_SHIFT = 5000
_COMPLEMENT = str.maketrans("0123456789", "9876543210")
_YES = frozenset({"是", "yes", "y", "true", "1", "√", "对", "有"})
_NO = frozenset({"否", "no", "n", "false", "0", "×", "错", "无"})


def parse_value(field: CustomField, value: Any) -> Any:
    """A JSON value in its canonical form for the field's kind; None stays None.

    text: str · number: decimal str · money: {"amountMinor": int, beyond ±(2⁵³−1) str, "currency": str} · date: ISO str
    · yes_no: bool · choice: the choice's value · reference: id as str. Raises a refusal that names `custom.<key>`.
    """
    if value is None or value == "":
        return None
    return _PARSERS[field.kind](field, value)


def custom_sort_value(kind: str, value: Any) -> str:
    """A canonical value as text whose byte order is the value's order: what `custom_value` holds."""
    if kind == "text":
        return str(value)[:INDEXED_TEXT]
    if kind == "number":
        return number_key(Decimal(value))
    if kind == "money":
        return number_key(Decimal(int(value["amountMinor"])))
    if kind == "yes_no":
        return "1" if value else "0"
    return str(value)


def number_key(number: Decimal) -> str:
    """A decimal as text in byte order: a sign digit, the shifted exponent, the digits; all mirrored below zero.

    The closing `~` of negative keys sorts after every digit, so that -1.2 comes after -1.23.
    """
    if number == 0:
        return "1"
    digits = "".join(map(str, number.normalize().as_tuple().digits))
    key = f"{number.adjusted() + _EXPONENT_SHIFT:04d}{digits}"
    return f"2{key}" if number > 0 else f"0{key.translate(_COMPLEMENT)}~"


def from_cell(field: CustomField, cell: str) -> Any:
    """What a spreadsheet cell says, as the JSON value that `parse_value` takes. Raises the same refusals.

    Amounts are in major units; dates also as 2026/3/2 or 2026年3月2日; yes/no and choices also by their labels.
    """
    text = cell.strip()
    if not text:
        return None
    if field.kind == "number":
        return text.replace(",", "").replace("，", "")
    if field.kind == "money":
        return _amount_from_cell(field, text)
    if field.kind == "date":
        return _date_from_cell(text)
    if field.kind == "yes_no":
        return True if text.lower() in _YES else False if text.lower() in _NO else text
    if field.kind == "choice":
        return next((choice["value"] for choice in field.choices or [] if text in choice.values()), text)
    return text


def to_cell(field: CustomField, value: Any, language: str) -> str:
    """A canonical value as a person reads it: the inverse of `from_cell`."""
    if value is None:
        return ""
    english = language.startswith("en")
    if field.kind == "money":
        return format(Money(int(value["amountMinor"]), value["currency"]).to_decimal(), "f")
    if field.kind == "yes_no":
        return ("Yes" if value else "No") if english else ("是" if value else "否")
    if field.kind == "choice":
        chosen = next((choice for choice in field.choices or [] if choice["value"] == value), {})
        return chosen.get("en" if english else "zh") or str(value)
    return str(value)


def labels(field: CustomField) -> dict[str, str]:
    """The labels as details of a refusal."""
    return {"label_zh": field.label_zh, "label_en": field.label_en or field.label_zh}


def _refused(refusal: type[Refusal], field: CustomField, **details: Any) -> Refusal:
    return refusal(field=f"custom.{field.key}", **labels(field), **details)


def _text(field: CustomField, value: Any) -> str:
    if not isinstance(value, str) or len(value) > TEXT_LIMIT or "\x00" in value:
        raise _refused(TextExpected, field, limit=TEXT_LIMIT)
    try:
        value.encode()  # a lone surrogate has no place in the database
    except UnicodeEncodeError:
        raise _refused(TextExpected, field, limit=TEXT_LIMIT) from None
    return value


def _number(field: CustomField, value: Any) -> str:
    if isinstance(value, float):
        value = _exact(field, value)
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise _refused(NumberExpected, field, value=_shown(value))
    try:
        number = finite_decimal(value, QuantityInvalid)
    except QuantityInvalid:
        raise _refused(NumberExpected, field, value=_shown(value)) from None
    return _plain(number)


def _exact(field: CustomField, value: float) -> str:
    """A JSON parser's float as it was typed; refused when the float may already have lost digits."""
    text = repr(value)
    digits = Decimal(text).as_tuple().digits if value == value and abs(value) != float("inf") else ()
    if not digits or len(digits) > _EXACT_FLOAT_DIGITS:
        raise _refused(NumberExpected, field, value=text)
    return text


def _plain(number: Decimal) -> str:
    """Without exponent or trailing zeros, so that equal numbers are equal texts."""
    text = format(number, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if number == 0 else text


def _money(field: CustomField, value: Any) -> dict[str, Any]:
    amount = value.get("amountMinor") if isinstance(value, dict) else None
    if isinstance(amount, str):
        amount = int(amount) if amount.lstrip("-").isdecimal() and amount.isascii() and len(amount) < 21 else None
    if isinstance(amount, bool) or not isinstance(amount, int) or value.get("currency") != field.currency:
        raise _refused(AmountExpected, field, currency=field.currency)
    try:
        money = Money(amount, str(field.currency))
    except AmountInvalid:
        raise _refused(AmountExpected, field, currency=field.currency) from None
    # What JSON numbers do not carry is kept as text: so every reader gets the same spelling, devices included.
    return {"amountMinor": to_wire(money.amount_minor), "currency": money.currency}


def _date(field: CustomField, value: Any) -> str:
    try:
        if not isinstance(value, str) or len(value) != 10:
            raise ValueError(value)
        return date.fromisoformat(value).isoformat()
    except ValueError:
        raise _refused(DateExpected, field, value=_shown(value)) from None


def _yes_no(field: CustomField, value: Any) -> bool:
    if not isinstance(value, bool):
        raise _refused(YesNoExpected, field)
    return value


def _choice(field: CustomField, value: Any) -> str:
    known = field.choices or []
    if not any(choice["value"] == value for choice in known):
        raise _refused(ChoiceExpected, field, value=_shown(value), choices="、".join(choice["zh"] for choice in known))
    return str(value)


def _reference(field: CustomField, value: Any) -> str:
    try:
        return str(UUID(value))
    except (ValueError, AttributeError, TypeError):
        raise _refused(ReferenceExpected, field) from None


def _shown(value: Any) -> str:
    return str(value)[:60]


def _amount_from_cell(field: CustomField, text: str) -> dict[str, Any]:
    plain = text.replace(",", "").replace("，", "").lstrip("¥￥$€ ")
    try:
        money = Money.of(plain, str(field.currency))
    except AmountInvalid:
        raise _refused(AmountExpected, field, currency=field.currency) from None
    # What JSON numbers do not carry is kept as text: so every reader gets the same spelling, devices included.
    return {"amountMinor": to_wire(money.amount_minor), "currency": money.currency}


def _date_from_cell(text: str) -> str:
    for layout in ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日", "%Y%m%d", "%Y-%m-%d %H:%M:%S"):
        try:
            return datetime.strptime(text, layout).date().isoformat()  # noqa: DTZ007 — a calendar day has no zone
        except ValueError:
            continue
    return text


_PARSERS: dict[str, Callable[[CustomField, Any], Any]] = {
    "text": _text,
    "number": _number,
    "money": _money,
    "date": _date,
    "yes_no": _yes_no,
    "choice": _choice,
    "reference": _reference,
}
