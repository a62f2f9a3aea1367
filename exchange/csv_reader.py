"""CSV as it comes out of Excel, WPS and other systems: encoding and separator are found from the content."""

import codecs
import csv
import io
import re
from collections.abc import Iterator

from exchange.cells import csv_text, is_blank
from exchange.errors_text import UnreadableFile
from exchange.limits import Limits

_SEPARATORS = (",", ";", "\t")
_SAMPLE_CHARS = 64 * 1024
_SAMPLE_RECORDS = 200
_MOST_NULS = 8
_EXCEL_HINT = re.compile(r"sep=([,;\t])(?:\r\n|\r|\n)")
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


def decode(data: bytes) -> tuple[str, str]:
    """The text and its encoding: UTF-8 and UTF-16 by their mark, else UTF-8, else GB18030.

    Raises UnreadableFile ENCODING_UNKNOWN, or FILE_DAMAGED for UTF-8 that is broken in a few places (it would pass for
    GB18030 and come out as nonsense).
    """
    if data.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise UnreadableFile("ENCODING_UNKNOWN")
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            try:
                return data[len(mark) :].decode(encoding), encoding
            except UnicodeDecodeError as error:
                raise UnreadableFile("FILE_DAMAGED") from error
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return _decode_gb18030(data), "gb18030"


def _decode_gb18030(data: bytes) -> str:
    as_utf8 = data.decode("utf-8", errors="replace")
    wrong = as_utf8.count("\ufffd")
    right = sum(1 for char in as_utf8 if char >= "\u0800") - wrong
    if right > 10 * wrong:
        raise UnreadableFile("FILE_DAMAGED", row=as_utf8[: as_utf8.index("\ufffd")].count("\n") + 1)
    try:
        return data.decode("gb18030")
    except UnicodeDecodeError as error:
        raise UnreadableFile("ENCODING_UNKNOWN") from error


def find_separator(text: str) -> str:
    """The separator with which the records agree best on their number of cells; ',' when there is one column only."""
    sample = text[:_SAMPLE_CHARS]
    best, best_score = ",", (0.0, 0)
    for separator in _SEPARATORS:
        records = _sample_records(sample, separator, whole=len(text) <= _SAMPLE_CHARS)
        if not records or len(records[0]) < 2:
            continue
        width = len(records[0])
        agreeing = sum(1 for record in records if len(record) == width) / len(records)
        if (agreeing, width) > best_score:
            best, best_score = separator, (agreeing, width)
    return best


def _sample_records(sample: str, separator: str, *, whole: bool) -> list[list[str]]:
    records: list[list[str]] = []
    try:
        for record in csv.reader(io.StringIO(sample, newline=""), delimiter=separator):
            if any(record):
                records.append(record)
            if len(records) > _SAMPLE_RECORDS:
                break
    except csv.Error:  # a field beyond the parser's limit: what was read so far tells enough
        return records
    return records if whole or len(records) < 2 else records[:-1]


def read_csv(data: bytes, limits: Limits) -> tuple[list[tuple[int, list[str]]], str, str]:
    """All non-blank records as (row, fields), with encoding and separator.

    A row is what a spreadsheet counts: blank lines count, line ends within quotes do not.
    Raises UnreadableFile: FILE_DAMAGED, FILE_KIND_UNSUPPORTED, ENCODING_UNKNOWN, QUOTES_BROKEN, CELL_TOO_LONG,
    TOO_MANY_ROWS, TOO_MANY_COLUMNS.
    """
    text, encoding = decode(data)
    if text.count("\0") > _MOST_NULS + len(text) // 100:  # a few are reported cell by cell
        raise UnreadableFile("FILE_KIND_UNSUPPORTED", kind="binary")
    hint = _EXCEL_HINT.match(text)
    separator = hint[1] if hint else find_separator(text)
    records: list[tuple[int, list[str]]] = []
    for row, written in _records(text, separator):
        if (hint and row == 1) or not any(written):
            continue
        fields = [csv_text(field) for field in written]
        while fields and is_blank(fields[-1]):
            fields.pop()
        if not fields:
            continue
        if len(fields) > limits.columns:
            raise UnreadableFile("TOO_MANY_COLUMNS", row=row, limit=limits.columns)
        if len(records) > limits.rows:
            raise UnreadableFile("TOO_MANY_ROWS", row=row, limit=limits.rows)
        records.append((row, fields))
    return records, encoding, separator


def _records(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    # Not a loop with enumerate: the number of the record that broke is part of the answer.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    row = 0
    while True:
        row += 1
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            code = "CELL_TOO_LONG" if "field limit" in str(error) else "QUOTES_BROKEN"
            raise UnreadableFile(code, row=row) from error
        yield row, fields
