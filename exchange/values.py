"""Between a cell of a spreadsheet and a column's value, by the column's widget. Formats only: what is allowed is the

rule of the entity's own room.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from exchange.cells import Cell, cell_text
from exchange.columns import Column
from exchange.errors import CellNotAmount, CellNotChoice, CellNotDate, CellNotNumber, CellNotYesNo
from exchange.writers import Value
from kernel.entity import Facet, Widget
from tenants.custom_fields import from_cell, to_cell
from values.errors import AmountInvalid, QuantityInvalid
from values.money import Money, quantity

_DATE = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[T ].*)?")
_COMPACT_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})")
_AMOUNT_NOISE = re.compile(r"[,\s¥$€£元]|RMB")
_CURRENCY = re.compile(r"(?:([A-Z]{3})\s*)?(.*?)(?:\s*([A-Z]{3}))?")
_YES = frozenset({"是", "yes", "y", "true", "t", "1", "√", "对", "有"})
_NO = frozenset({"否", "no", "n", "false", "f", "0", "×", "错", "无"})


def read_cell(column: Column, cell: Cell, currency: str) -> Any:
    """The cell as the column's value; an amount as `Money`, in `currency` unless the cell names one.

    Raises CellNotDate, CellNotNumber, CellNotAmount, CellNotYesNo, CellNotChoice, and the custom fields' refusals.
    """
    if column.custom is not None:
        return from_cell(column.custom, _custom_text(column.custom.kind, cell))
    widget = column.facet.widget if column.facet else Widget.TEXT
    if widget is Widget.DATE:
        return _date(cell, column)
    if widget is Widget.MONEY:
        return read_money(cell, currency, column.wire)
    text = cell_text(cell).strip()
    if widget is Widget.NUMBER:
        return _number(text, column)
    if widget is Widget.SWITCH:
        return _yes_no(text, column)
    if widget is Widget.CHOICE and column.facet is not None:
        return _choice(text, column.facet, column.wire)
    return text.upper() if column.name.endswith("currency") else text


def read_money(cell: Cell, currency: str, field: str) -> Money:
    """ "1,234.50", "¥1,234.50", "USD 12", 1234.5 → minor units. Raises CellNotAmount."""
    text = unicodedata.normalize("NFKC", cell_text(cell)).strip().upper().removesuffix("元").removeprefix("RMB")
    parts = _CURRENCY.fullmatch(text.strip())
    named = (parts[1] or parts[3]) if parts else None
    try:
        return Money.of(_AMOUNT_NOISE.sub("", parts[2] if parts else text), named or currency)
    except AmountInvalid:
        raise CellNotAmount(field=field, value=cell_text(cell)[:40], currency=named or currency) from None


def show_value(column: Column, value: Any, language: str, zone: ZoneInfo) -> Value:
    """The value as a person reads it in a spreadsheet; instants as local time without zone, which Excel knows."""
    if value is None:
        return None
    if column.custom is not None:
        return to_cell(column.custom, value, language)
    if isinstance(value, datetime):
        return value.astimezone(zone).replace(microsecond=0, tzinfo=None)
    if isinstance(value, bool):
        return _yes_no_word(value, language)
    if isinstance(value, str | int | Decimal | date):
        return _label(column.facet, value, language) if isinstance(value, str) else value
    return str(value)


def _custom_text(kind: str, cell: Cell) -> str:
    if kind == "date" and isinstance(cell, date):
        return (cell.date() if isinstance(cell, datetime) else cell).isoformat()
    return unicodedata.normalize("NFKC", cell_text(cell)) if kind in ("number", "money", "date") else cell_text(cell)


def _date(cell: Cell, column: Column) -> date:
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    text = unicodedata.normalize("NFKC", cell_text(cell)).strip()
    parts = _DATE.fullmatch(text) or _COMPACT_DATE.fullmatch(text)
    try:
        if parts is None:
            raise ValueError(text)
        return date(int(parts[1]), int(parts[2]), int(parts[3]))
    except ValueError:
        raise CellNotDate(field=column.wire, value=text[:40]) from None


def _number(text: str, column: Column) -> Decimal:
    try:
        return quantity(unicodedata.normalize("NFKC", text).replace(",", ""))
    except QuantityInvalid:
        raise CellNotNumber(field=column.wire, value=text[:40]) from None


def _yes_no(text: str, column: Column) -> bool:
    word = unicodedata.normalize("NFKC", text).casefold()
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise CellNotYesNo(field=column.wire, value=text[:40])


def _yes_no_word(value: bool, language: str) -> str:
    if language.startswith("en"):
        return "Yes" if value else "No"
    return "是" if value else "否"


def _choice(text: str, facet: Facet, field: str) -> str:
    wanted = _folded(text)
    for choice in facet.choices:
        # "A 级（重点）" folds to ascii brackets: what stands before them is enough.
        short = _folded(choice.zh).partition("(")[0], _folded(choice.en).partition("(")[0]
        if wanted in (_folded(choice.value), _folded(choice.zh), _folded(choice.en), *short):
            return choice.value
    raise CellNotChoice(
        field=field,
        value=text[:40],
        choices_zh="、".join(choice.zh for choice in facet.choices),
        choices_en=", ".join(choice.en for choice in facet.choices),
    )


def _folded(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def _label(facet: Facet | None, value: str, language: str) -> str:
    chosen = next((choice for choice in facet.choices if choice.value == value), None) if facet else None
    if chosen is None:
        return value
    return chosen.en if language.startswith("en") else chosen.zh
