"""Tables as files that Excel and WPS open rightly and that `exchange.readers` reads back as they were.

Formulas stay inert (OWASP CSV injection, ASVS 1.2.10). In CSV a text that a spreadsheet could take for a formula gets
an apostrophe before it (`cells.guard_formula`), and the reader takes exactly that apostrophe away; numbers typed as
int or Decimal keep their sign. In XLSX text is stored as text, which no program computes, so nothing is added.
Characters that a file cannot hold (NUL, other control characters, lone surrogates) become U+FFFD.
"""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import chain, islice

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from exchange.cells import could_be_formula, guard_formula
from exchange.limits import DEFAULT_LIMITS

Value = str | int | Decimal | date | datetime | bool | None

_CHUNK_CHARS = 64 * 1024
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_XLSX_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_SHEET_NAME_REFUSED = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
_EXCEL_DIGITS = 15
_EXCEL_FIRST_DATE = date(1900, 3, 1)  # before it Excel counts a 29 February 1900 that never was
_WIDTH_SAMPLE_ROWS = 100
_MIN_WIDTH, _MAX_WIDTH = 8, 60


def write_csv(headers: Sequence[str], rows: Iterable[Sequence[Value]]) -> Iterator[bytes]:
    """UTF-8 with byte order mark (Excel on Windows needs it for Chinese), CRLF, quotes as needed; pieces of 64 kB."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    buffer.write("\ufeff")
    for row in chain([headers], rows):
        fields = [_csv_field(value) for value in row]
        # A row of one empty field would be a blank line, which readers skip.
        writer.writerow(fields)
        if buffer.tell() >= _CHUNK_CHARS:
            yield buffer.getvalue().encode("utf-8")
            buffer.seek(0)
            buffer.truncate()
    if buffer.tell():
        yield buffer.getvalue().encode("utf-8")


def _csv_field(value: Value) -> str:
    if isinstance(value, str):
        return guard_formula(_writable(value))
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def _writable(text: str) -> str:
    return _UNWRITABLE.sub("\ufffd", text)


def write_xlsx(headers: Sequence[str], rows: Iterable[Sequence[Value]], sheet_name: str) -> bytes:
    """One sheet with a frozen bold header; text as text, dates as dates, numbers of up to 15 digits as numbers.

    Longer numbers, dates before March 1900 and instants with a time zone are text, since Excel would alter them (give
    local times without zone to get dates). Text beyond 32,767 characters is cut and ends with '…'.
    """
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet(_sheet_name(sheet_name))
    remaining = iter(rows)
    sample = list(islice(remaining, _WIDTH_SAMPLE_ROWS))
    for index, width in enumerate(_widths(headers, sample), start=1):
        sheet.column_dimensions[get_column_letter(index)].width = width
    sheet.freeze_panes = "A2"
    header_cells = [_text_cell(sheet, header) for header in headers]
    bold = Font(bold=True)
    for cell in header_cells:
        cell.font = bold
    sheet.append(header_cells)
    for row in chain(sample, remaining):
        sheet.append([_xlsx_cell(sheet, value) for value in row])
    stream = io.BytesIO()
    workbook.save(stream)
    return stream.getvalue()


def _xlsx_cell(sheet: object, value: Value) -> object:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _text_cell(sheet, value)
    if isinstance(value, int | Decimal):
        return value if _fits_excel(value) else _text_cell(sheet, _csv_field(value))
    is_instant = isinstance(value, datetime) and (value.tzinfo is not None or value.microsecond % 1000 != 0)
    day = value.date() if isinstance(value, datetime) else value
    if is_instant or day < _EXCEL_FIRST_DATE:
        return _text_cell(sheet, _csv_field(value))
    cell = WriteOnlyCell(sheet, value)
    cell.number_format = "yyyy-mm-dd hh:mm:ss" if isinstance(value, datetime) else "yyyy-mm-dd"
    return cell


def _text_cell(sheet: object, text: str) -> WriteOnlyCell:
    limit = DEFAULT_LIMITS.cell_chars
    text = _writable(text).replace("\r\n", "\n").replace("\r", "\n")
    if len(text) > limit:
        text = text[: limit - 1] + "…"
    is_formula = could_be_formula(text)
    cell = WriteOnlyCell(sheet, "")
    cell._value = _XLSX_ESCAPE.sub("_x005F_", text)  # the public setter would guess formulas, errors and dates
    cell.data_type = "s"
    if is_formula:
        cell.quotePrefix = True  # stays text when somebody edits the cell
    return cell


def _fits_excel(number: int | Decimal) -> bool:
    exact = Decimal(number)
    if not exact.is_finite():
        return False
    digits = exact.normalize().as_tuple().digits
    return len(digits) <= _EXCEL_DIGITS and -_EXCEL_DIGITS <= exact.adjusted() < _EXCEL_DIGITS


def _sheet_name(name: str) -> str:
    """What Excel accepts as the name of a sheet: no []:*?/\\, no apostrophe at the ends, at most 31 UTF-16 units."""
    cleaned = _SHEET_NAME_REFUSED.sub(" ", _writable(name)).strip(" '")
    while len(cleaned.encode("utf-16-le")) > 62:
        cleaned = cleaned[:-1]
    return cleaned.strip(" '") or "Sheet1"


def _widths(headers: Sequence[str], sample: list[Sequence[Value]]) -> list[int]:
    """Widths in characters of the default font; a Chinese character takes two."""
    columns = [[header, *(row[index] for row in sample if index < len(row))] for index, header in enumerate(headers)]
    return [max(_MIN_WIDTH, min(_MAX_WIDTH, 2 + max(_display_width(value) for value in column))) for column in columns]


def _display_width(value: Value) -> int:
    text = _csv_field(value)[: _MAX_WIDTH * 2].partition("\n")[0]
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
