"""Cells of an imported table: normal form of text and numbers, and the mark that keeps formulas inert in CSV."""

import re
import unicodedata
from datetime import date, datetime
from decimal import Decimal

from exchange.errors_text import CellProblem
from exchange.limits import Limits

Cell = str | Decimal | date | datetime | bool | None
RawCell = str | int | float | bool | date | datetime | None

_SURROUNDING = " \t\r\n\u00a0\u3000\u200b\u2060\ufeff"
_REFUSED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_FORMULA = re.compile("'*[\t\r\n]|[\\s'\u200b\u2060\ufeff]*[=+\\-@＝＋－＠]")
_SCIENTIFIC = re.compile(r"[+-]?\d(?:\.\d+)?[eE]\+\d{2}")
_TEXT_FORMULA = re.compile(r'="([^"]*)"')


def could_be_formula(text: str) -> bool:
    """Whether a spreadsheet could take the text for a formula (OWASP, ASVS 1.2.10).

    True also for such a text behind apostrophes, so that `guard_formula` and `unguard_formula` are exact inverses.
    """
    return _FORMULA.match(text) is not None


def guard_formula(text: str) -> str:
    """Put an apostrophe before what a spreadsheet could take for a formula: '=1+1' → "'=1+1"."""
    return "'" + text if could_be_formula(text) else text


def unguard_formula(text: str) -> str:
    """Take away exactly the apostrophe that `guard_formula` put: unguard_formula(guard_formula(x)) == x for every x."""
    return text[1:] if text[:1] == "'" and could_be_formula(text[1:]) else text


def column_letter(index: int) -> str:
    """0 → 'A', 25 → 'Z', 26 → 'AA'."""
    letters, number = "", index + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def normal_text(text: str) -> str:
    """NFC, line ends as \\n, without surrounding blanks (U+3000 and zero-width ones included)."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.strip(_SURROUNDING)


def is_blank(text: str) -> bool:
    """Whether nothing of the text would stay: a row of such cells is no row."""
    return not normal_text(text)


def cell_text(cell: Cell) -> str:
    """The cell for a text column: a phone number in a numeric cell is '13800000000', without '.0' or 'E+10'."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, Decimal):
        return format(cell, "f")
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ")
    return cell.isoformat() if isinstance(cell, date) else cell


def csv_text(text: str) -> str:
    """The meaning of a field in a CSV file: the guard taken away, and ="0012" (text in Excel's way) unwrapped."""
    if text[:1] == "'":
        return unguard_formula(text)
    if text[:2] == '="':
        wrapped = _TEXT_FORMULA.fullmatch(text)
        return wrapped[1] if wrapped else text
    return text


class CellReader:
    """Turns raw cells into cells and remembers what was wrong with them."""

    def __init__(self, headers: list[str], limits: Limits) -> None:
        self._headers = headers
        self._limits = limits

    def problem(self, code: str, row: int, index: int, value: str) -> CellProblem:
        header = self._headers[index] if index < len(self._headers) else None
        return CellProblem(code, row, column_letter(index), header, value)

    def read(self, raw: RawCell, row: int, index: int) -> tuple[Cell, CellProblem | None]:
        if raw is None:
            return None, None
        if isinstance(raw, str):
            return self._text(raw, row, index)
        if isinstance(raw, bool | date):
            return raw, None
        return self._number(raw, row, index)

    def _text(self, raw: str, row: int, index: int) -> tuple[Cell, CellProblem | None]:
        text = normal_text(raw)
        if not text:
            return None, None
        refused = _REFUSED.search(text)
        if refused is not None:
            return None, self.problem("CELL_CONTROL_CHARACTER", row, index, f"U+{ord(refused.group()):04X}")
        if len(text) > self._limits.cell_chars:
            return None, self.problem("CELL_TOO_LONG", row, index, f"{self._limits.cell_chars:,}")
        if len(text) < 32 and "+" in text and _SCIENTIFIC.fullmatch(text):
            return text, self.problem("NUMBER_IN_SCIENTIFIC_NOTATION", row, index, text)
        return text, None

    def _number(self, raw: int | float, row: int, index: int) -> tuple[Cell, CellProblem | None]:
        if raw != raw or raw in (float("inf"), float("-inf")):
            return None, self.problem("CELL_NOT_A_NUMBER", row, index, str(raw))
        if raw == int(raw):
            # Beyond 2**53 a float's further digits are noise: the 15 that Excel shows, then zeros.
            number = Decimal(int(raw) if abs(raw) <= 2**53 else int(Decimal(format(raw, ".15g"))))
        else:
            number = Decimal(format(raw, ".15g"))  # Excel computes and shows 15 digits: 0.30000000000000004 is 0.3
        if abs(raw) >= 1e15:
            return number, self.problem("NUMBER_MAY_BE_CUT", row, index, format(number, "f")[:40])
        return number, None
