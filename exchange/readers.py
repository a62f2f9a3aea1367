"""One way to read a table from whatever file somebody uploads: CSV, XLSX or XLS, told apart by content, not by name."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from exchange.cells import Cell, CellReader, RawCell, cell_text, column_letter
from exchange.csv_reader import read_csv
from exchange.errors_text import CellProblem, UnreadableFile
from exchange.limits import DEFAULT_LIMITS, Limits
from exchange.ole_container import MAGIC as OLE_MAGIC
from exchange.workbook_reader import Sheet, read_xls, read_xlsx

__all__ = ["Cell", "CellProblem", "Row", "Table", "UnreadableFile", "read_table"]

_FOREIGN = {
    b"%PDF": "PDF", b"\x89PNG": "PNG", b"\xff\xd8\xff": "JPEG", b"GIF8": "GIF", b"Rar!": "RAR", b"7z\xbc\xaf": "7Z",
    b"\x1f\x8b": "GZIP", b"{\\rtf": "RTF", b"SQLite format 3": "SQLite",
}  # fmt: skip
_MARKUP = (b"<!doctype", b"<html", b"<table", b"<?xml", b"<head", b"<meta", b"<style")


@dataclass(frozen=True, slots=True)
class Row:
    """One row below the header, as long as the header. `number` is what a spreadsheet shows beside it (1-based)."""

    number: int
    values: list[Cell]
    problems: list[CellProblem]


@dataclass(frozen=True, slots=True)
class Table:
    """A table whose file has been checked as a whole: going through `rows` (as often as one likes) raises nothing more.

    Blank rows are left out; what is wrong with single cells stands in `Row.problems`. `encoding` and `separator` are
    set for CSV, `sheet` and `sheet_names` for workbooks. `row_count` is the number of rows below the header.
    """

    kind: str
    headers: list[str]
    header_row: int
    encoding: str | None
    separator: str | None
    sheet: str | None
    sheet_names: list[str]
    _records: list[tuple[int, list[RawCell]]]
    _errors: dict[tuple[int, int], str] = field(default_factory=dict)
    _limits: Limits = DEFAULT_LIMITS

    @property
    def row_count(self) -> int:
        return len(self._records)

    @property
    def rows(self) -> Iterator[Row]:
        reader = CellReader(self.headers, self._limits)
        for number, raw in self._records:
            yield self._row(reader, number, raw)

    def _row(self, reader: CellReader, number: int, raw: list[RawCell]) -> Row:
        width = len(self.headers)
        values: list[Cell] = []
        problems: list[CellProblem] = []
        problem: CellProblem | None
        for index, raw_cell in enumerate(raw):
            if self._errors and (number - 1, index) in self._errors:
                error = self._errors[number - 1, index]
                code = "CELL_ERROR" if error else "FORMULA_NOT_COMPUTED"
                value, problem = None, reader.problem(code, number, index, error)
            else:
                value, problem = reader.read(raw_cell, number, index)
            if index < width:
                values.append(value)
                if problem is not None:
                    problems.append(problem)
            elif value is not None or problem is not None:
                problems.append(reader.problem("CELL_OUTSIDE_TABLE", number, index, ""))
                break
        values += [None] * (width - len(values))
        return Row(number, values, problems)


def read_table(data: bytes, filename: str, *, sheet: str | None = None, limits: Limits = DEFAULT_LIMITS) -> Table:
    """Read the first non-blank row as the header and what stands below it as rows.

    `sheet` chooses a sheet of a workbook (the first visible one otherwise); `filename` tells nothing about the kind, it
    only names it when nothing else does. CSV cells are text; workbooks also give Decimal, date, datetime and bool.
    Blocks while a workbook is parsed: call it from a thread. Raises UnreadableFile only.
    """
    if len(data) > limits.file_bytes:
        raise UnreadableFile("FILE_TOO_LARGE", limit=limits.file_bytes // (1024 * 1024))
    if not data.strip(b" \t\r\n\0"):
        raise UnreadableFile("FILE_EMPTY")
    _refuse_foreign(data, filename)
    if data.startswith(b"PK\x03\x04"):
        return _from_sheet("xlsx", read_xlsx(data, sheet, limits), limits)
    if data.startswith(OLE_MAGIC):
        return _from_sheet("xls", read_xls(data, sheet, limits), limits)
    records, encoding, separator = read_csv(data, limits)
    raw_records: list[tuple[int, list[RawCell]]] = [(row, list(fields)) for row, fields in records]
    header_row, headers, body = _split_header(raw_records, {}, limits)
    return Table("csv", headers, header_row, encoding, separator, None, [], body, {}, limits)


def _from_sheet(kind: str, sheet: Sheet, limits: Limits) -> Table:
    with_errors = {row for row, _ in sheet.errors}
    records = [
        (index + 1, cells)
        for index, cells in enumerate(sheet.rows)
        if index in with_errors or any(cell is not None and cell != "" for cell in cells)
    ]
    header_row, headers, body = _split_header(records, sheet.errors, limits)
    return Table(kind, headers, header_row, None, None, sheet.name, sheet.names, body, sheet.errors, limits)


def _refuse_foreign(data: bytes, filename: str) -> None:
    kind = next((kind for magic, kind in _FOREIGN.items() if data.startswith(magic)), None)
    if kind is None and data[:256].lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_MARKUP):
        # Many older systems export an HTML table and call it .xls; Excel opens that, so people do not know.
        kind = "HTML/XML"
    if kind is None and data.startswith((b"PK\x05\x06", b"PK\x07\x08")):
        kind = "ZIP"
    if kind is None and filename.lower().endswith((".numbers", ".et")) and b"\0" in data[:512]:
        kind = filename.rpartition(".")[2].upper()
    if kind is not None and not data.startswith((b"PK\x03\x04", OLE_MAGIC)):
        raise UnreadableFile("FILE_KIND_UNSUPPORTED", kind=kind)


def _split_header(
    records: list[tuple[int, list[RawCell]]], errors: dict[tuple[int, int], str], limits: Limits
) -> tuple[int, list[str], list[tuple[int, list[RawCell]]]]:
    if not records:
        raise UnreadableFile("FILE_EMPTY")
    row, cells = records[0]
    headers = [_header(cell, row, index, errors, limits) for index, cell in enumerate(cells)]
    while headers and not headers[-1]:
        headers.pop()
    if not headers:
        raise UnreadableFile("FILE_EMPTY")
    if len(headers) > limits.columns:
        raise UnreadableFile("TOO_MANY_COLUMNS", row=row, limit=limits.columns)
    seen: dict[str, int] = {}
    for index, header in enumerate(headers):
        if not header:
            raise UnreadableFile("HEADER_EMPTY", row=row, column=column_letter(index))
        first = seen.setdefault(header.casefold(), index)
        if first != index:
            columns = f"{column_letter(first)}, {column_letter(index)}"
            raise UnreadableFile(
                "HEADER_DUPLICATE", row=row, column=column_letter(index), name=header[:60], columns=columns
            )
    return row, headers, records[1:]


def _header(raw: RawCell, row: int, index: int, errors: dict[tuple[int, int], str], limits: Limits) -> str:
    value, problem = CellReader([], limits).read(raw, row, index)
    if (row - 1, index) in errors or (problem is not None and not problem.is_warning):
        raise UnreadableFile("HEADER_INVALID", row=row, column=column_letter(index))
    return " ".join(cell_text(value).split())
