"""From a table to rows that a command takes: cells read by column, duplicates inside the file, parents first."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from exchange.cells import Cell, cell_text, column_letter
from exchange.columns import Column, Role
from exchange.errors import DuplicateInFile
from exchange.readers import Row, Table
from exchange.report import Reporter
from exchange.values import read_cell
from kernel.entity import Widget
from modules.party.import_rows import PreparedRow, plain_name
from values.errors import Refusal
from values.money import Money

_TAG_SEPARATORS = re.compile(r"[,，;；、|\n]+")
_NOT_DIGITS = re.compile(r"[^0-9]+")


@dataclass(frozen=True, slots=True)
class Identity:
    """The columns by which rows of one file are told apart: (above, name), or code, or `beside`: a phone."""

    beside: str
    above: bool = False  # names count within the row above: a contact within its customer
    digits: bool = True  # `beside` holds phones, of which the digits count; otherwise words


def prepare(
    table: Table, columns: dict[int, Column], reporter: Reporter, identity: Identity, currency: str
) -> list[PreparedRow]:
    """The rows in an order in which parents come before their children. Bad cells go to the reporter.

    Rows with unreadable cells are `spoiled`; repeated rows are left out. Takes about 0.1 ms a row: call from a thread.
    """
    prepared = [_row(row, columns, reporter, currency) for row in table.rows]
    return _parents_first(_without_duplicates(prepared, reporter, identity))


def _row(row: Row, columns: dict[int, Column], reporter: Reporter, currency: str) -> PreparedRow:
    spoiled: list[str] = []
    for problem in row.problems:
        at = next((at for at in columns if column_letter(at) == problem.column), None)
        if problem.header is not None and at is None:
            continue  # in a column that is not imported
        field = columns[at].wire if at is not None else ""
        reporter.cell(problem, field or None)
        spoiled += [] if problem.is_warning else [field]
    found: dict[str, Any] = {"values": {}, "custom": {}, "refs": {}}
    currency = _row_currency(row, columns) or currency
    for at, column in columns.items():
        cell = row.values[at]
        if cell is None or cell_text(cell).strip() == "":
            continue
        try:
            _put(found, column, cell, currency)
        except Refusal as refusal:
            reporter.refused(row.number, refusal)
            spoiled.append(column.wire)
    _drop_lone_currencies(found["values"], columns)
    return PreparedRow(row=row.number, spoiled=spoiled, **found)


def _put(found: dict[str, Any], column: Column, cell: Cell, currency: str) -> None:
    if column.role is Role.OWNER:
        found["owner"] = cell_text(cell).strip()
    elif column.role is Role.ABOVE:
        found["above"] = cell_text(cell).strip()
    elif column.role is Role.REFERENCE:
        found["refs"][column.name] = cell_text(cell).strip()
    elif column.role is Role.TAGS:
        found["tags"] = [name.strip() for name in _TAG_SEPARATORS.split(cell_text(cell)) if name.strip()]
    elif column.role is Role.CUSTOM:
        found["custom"][column.name] = read_cell(column, cell, currency)
    else:
        value = read_cell(column, cell, currency)
        if isinstance(value, Money):
            found["values"][column.name] = value.amount_minor
            if column.currency_column:
                found["values"][column.currency_column] = value.currency
        else:
            found["values"].setdefault(column.name, value)


def _row_currency(row: Row, columns: dict[int, Column]) -> str | None:
    """What the row's currency column says, when it is a currency code; the entity's own rule refuses other text."""
    for at, column in columns.items():
        if column.name.endswith("_currency") and row.values[at] is not None:
            text = cell_text(row.values[at]).strip().upper()
            return text if re.fullmatch(r"[A-Z]{3}", text) else None
    return None


def _drop_lone_currencies(values: dict[str, Any], columns: dict[int, Column]) -> None:
    """A column that says CNY in every row means nothing where the amount is empty."""
    for column in columns.values():
        is_amount = column.facet is not None and column.facet.widget is Widget.MONEY
        if is_amount and column.currency_column and column.name not in values:
            values.pop(column.currency_column, None)


def _without_duplicates(rows: Sequence[PreparedRow], reporter: Reporter, identity: Identity) -> list[PreparedRow]:
    """Each record once. Rows of one name without codes pass when every one of them has its own phone."""
    by_code: dict[str, int] = {}
    groups: dict[tuple[str, str], list[PreparedRow]] = defaultdict(list)
    for row in rows:
        name = plain_name(str(row.values.get("name", "")))
        if name:
            groups[plain_name(row.above or "") if identity.above else "", name].append(row)
    apart = {key for key, group in groups.items() if len(group) > 1 and _phones_differ(group, identity)}
    kept: list[PreparedRow] = []
    seen: dict[tuple[str, str], int] = {}
    for row in rows:
        code = str(row.values.get("code", ""))
        key = (plain_name(row.above or "") if identity.above else "", plain_name(str(row.values.get("name", ""))))
        first = by_code.get(code) if code else None
        if first is None and not code and key[1] and key not in apart:
            first = seen.get(key)
        if first is not None:
            reporter.refused(row.row, DuplicateInFile(field="code" if code else "name", first=first))
            continue
        if code:
            by_code[code] = row.row
        if key[1]:
            seen.setdefault(key, row.row)
        by_phone = key in apart and not code
        kept.append(msgspec.structs.replace(row, apart_by_phone=True) if by_phone else row)
    return kept


def _phones_differ(group: Sequence[PreparedRow], identity: Identity) -> bool:
    found = [str(row.values.get(identity.beside, "")) for row in group if not row.values.get("code")]
    phones = [_NOT_DIGITS.sub("", text) if identity.digits else plain_name(text) for text in found]
    return len(phones) == len(group) and "" not in phones and len(set(phones)) == len(phones)


def _parents_first(rows: list[PreparedRow]) -> list[PreparedRow]:
    """Stable: only rows that name a row further down move behind it. A ring stays as it is and is refused later."""
    position: dict[str, int] = {}
    for index, row in enumerate(rows):
        for text in (row.values.get("code"), row.values.get("name")):
            if text:
                position.setdefault(plain_name(str(text)), index)
    ordered: list[PreparedRow] = []
    placed: set[int] = set()
    for start in range(len(rows)):
        chain: list[int] = []
        at: int | None = start
        while at is not None and at not in placed and at not in chain:
            chain.append(at)
            above = rows[at].above
            at = position.get(plain_name(above)) if above else None
        for link in reversed(chain):
            placed.add(link)
            ordered.append(rows[link])
    return ordered
