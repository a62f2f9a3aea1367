"""XLSX and XLS workbooks: checked first, then parsed in a process of its own (`workbook_process`)."""

import marshal
import posixpath
import re
import subprocess
import sys
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from exchange.cells import RawCell
from exchange.errors_text import UnreadableFile, unsafe
from exchange.limits import Limits
from exchange.ole_container import SheetOutline, outline_xls
from exchange.zip_container import Archive

_PARSER = Path(__file__).with_name("workbook_process.py")
_MAX_ROWS, _MAX_COLUMNS = 1_048_576, 16_384  # of Excel

# A quoted attribute may hold '>', so the quotes are followed; possessive, so that no input makes it slow.
_TAG = re.compile(rb"""<(?:\w+:)?(row|c)(?=[\s/>])((?:[^>"']++|"[^"]*+"|'[^']*+')*+)>""")
_POSITION = re.compile(rb"""\sr\s*=\s*["']([A-Za-z]*)(\d+)["']""")
_IS_ERROR = re.compile(rb"""\st\s*=\s*["']e["']""")
_IS_TYPED = re.compile(rb"""\st\s*=""")
# After the tag of a cell: a formula and no value. Programs that do not compute write that; Excel never does.
_NO_RESULT = re.compile(
    rb"<(?:\w+:)?f(?:\s[^>]*)?(?:/>|>[^<]*</(?:\w+:)?f>)\s*(?:<(?:\w+:)?v\s*(?:/>|></(?:\w+:)?v>))?\s*</(?:\w+:)?c>"
)
_VALUE = re.compile(rb"<(?:\w+:)?v[^>]*>([^<]*)<")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One parsed sheet: rows of raw cells from row 1 on, and its formula errors {(row, column): '#N/A'}, 0-based;

    '' is a formula without a result."""

    name: str
    names: list[str]
    rows: list[list[RawCell]]
    errors: dict[tuple[int, int], str]


def read_xlsx(data: bytes, sheet: str | None, limits: Limits) -> Sheet:
    """Raises UnreadableFile: FILE_DAMAGED, _UNSAFE, _ENCRYPTED, _KIND_UNSUPPORTED, SHEET_MISSING, TOO_MANY_…."""
    archive = Archive(data, limits)
    _check_kind(archive.names())
    parts, hidden = _sheet_parts(archive)
    shown = [name for name in parts if name not in hidden] or list(parts)
    name = sheet if sheet is not None else next(iter(shown), "")
    if name not in parts:
        raise _sheet_missing(name, list(parts))
    xml = archive.read(parts[name])
    if xml is None:
        raise UnreadableFile("FILE_DAMAGED")
    outline = _outline_xlsx(xml, limits)
    _check_extent(outline, limits)
    answer = _parse(data, name, limits)
    return Sheet(name, list(parts), _raw_rows(answer["rows"]), outline.errors)


def read_xls(data: bytes, sheet: str | None, limits: Limits) -> Sheet:
    """Raises UnreadableFile as `read_xlsx` does."""
    outlines = outline_xls(data)
    for outline in outlines:  # the parser reads all sheets at once
        _check_extent(outline, limits)
    if sum(outline.rows * outline.columns for outline in outlines) > 2 * limits.cells:
        raise UnreadableFile("TOO_MANY_CELLS", limit=limits.cells)
    answer = _parse(data, sheet, limits)
    index = int(answer["index"])
    if len(outlines) <= index:
        raise UnreadableFile("FILE_DAMAGED")
    name = sheet if sheet is not None else str(answer["name"])
    return Sheet(name, list(answer["sheets"]), _raw_rows(answer["rows"]), outlines[index].errors)


def _sheet_missing(sheet: str, names: list[str]) -> UnreadableFile:
    return UnreadableFile("SHEET_MISSING", sheet=sheet, sheets="、".join(names))


def _check_kind(names: list[str]) -> None:
    if "xl/workbook.xml" in names:
        return
    signs = {"xl/workbook.bin": "XLSB", "word/document.xml": "DOCX", "ppt/presentation.xml": "PPTX", "mimetype": "ODS"}
    kind = next((kind for sign, kind in signs.items() if sign in names), "ZIP")
    raise UnreadableFile("FILE_KIND_UNSUPPORTED", kind=kind)


def _sheet_parts(archive: Archive) -> tuple[dict[str, str], set[str]]:
    """{name of a worksheet: its member of the archive}, and the names of those that are hidden."""
    workbook, relations = _xml(archive, "xl/workbook.xml"), _xml(archive, "xl/_rels/workbook.xml.rels")
    targets = {
        relation.get("Id"): posixpath.normpath(posixpath.join("/xl", relation.get("Target", ""))).lstrip("/")
        for relation in relations
        if relation.get("Type", "").endswith("/worksheet")
    }
    parts, hidden = {}, set()
    for element in workbook.iter():
        if element.tag.rpartition("}")[2] != "sheet":
            continue
        relation_id = next((value for key, value in element.items() if key.endswith("}id")), None)
        name = element.get("name", "")
        if relation_id in targets:
            parts[name] = targets[relation_id]
            if element.get("state", "visible") != "visible":
                hidden.add(name)
    return parts, hidden


def _xml(archive: Archive, name: str) -> ElementTree.Element:
    content = archive.read(name)
    if content is None:
        raise UnreadableFile("FILE_DAMAGED")
    try:
        return ElementTree.fromstring(content)  # noqa: S314 - Archive has refused every DOCTYPE and entity
    except ElementTree.ParseError as error:
        raise UnreadableFile("FILE_DAMAGED") from error


def _outline_xlsx(xml: bytes, limits: Limits) -> SheetOutline:
    """Extent and errors from the cells themselves: the <dimension> of a file is only a claim."""
    outline = SheetOutline()
    row, column = -1, -1
    has_formulas = b"<f" in xml or b":f" in xml
    for tag in _TAG.finditer(xml):
        attributes = tag[2]
        position = _POSITION.search(attributes)
        if tag[1] == b"row":
            row, column = (int(position[2][:9]) - 1 if position else row + 1), -1
            continue
        if position and position[1]:
            row, column = int(position[2][:9]) - 1, _column_index(position[1])
        else:
            column += 1
        if row >= _MAX_ROWS or column >= _MAX_COLUMNS:
            raise UnreadableFile("FILE_DAMAGED")
        outline.rows = max(outline.rows, row + 1)
        outline.columns = max(outline.columns, column + 1)
        if _IS_ERROR.search(attributes) and len(outline.errors) <= limits.rows:
            value = _VALUE.search(xml, tag.end(), tag.end() + 4096)
            outline.errors[row, column] = value[1].decode("utf-8", errors="replace")[:20] if value else "#ERROR"
        elif has_formulas and not _IS_TYPED.search(attributes) and _NO_RESULT.match(xml, tag.end()):
            outline.errors[row, column] = ""
    return outline


def _column_index(letters: bytes) -> int:
    index = 0
    for letter in letters[:5].upper():
        index = index * 26 + letter - 64
    return index - 1


def _check_extent(outline: SheetOutline, limits: Limits) -> None:
    if outline.columns > limits.columns:
        raise UnreadableFile("TOO_MANY_COLUMNS", limit=limits.columns)
    if outline.rows > limits.rows + 1:
        raise UnreadableFile("TOO_MANY_ROWS", limit=limits.rows)
    if outline.rows * outline.columns > limits.cells:
        raise UnreadableFile("TOO_MANY_CELLS", limit=limits.cells)


def _parse(data: bytes, sheet: str | None, limits: Limits) -> dict[str, Any]:
    request = marshal.dumps((sheet, limits.parser_memory_bytes, limits.parser_seconds))
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter and our own file, no shell
            [sys.executable, "-I", str(_PARSER)],
            input=request + data,
            capture_output=True,
            timeout=limits.parser_seconds + 10,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise unsafe("parsing") from error
    if done.returncode < 0 or b"MemoryError" in done.stderr:  # stopped by a limit, or aborted for want of memory
        raise unsafe("parsing")
    if done.returncode != 0:
        raise UnreadableFile("FILE_DAMAGED")
    answer: dict[str, Any] = marshal.loads(done.stdout)  # noqa: S302 - written by our own process
    problem = answer.get("problem")
    if problem == "SHEET_MISSING":
        raise _sheet_missing(sheet or "", answer["sheets"])
    if problem is not None:
        raise UnreadableFile(str(problem))
    return answer


def _raw_rows(rows: list[list[Any]]) -> list[list[RawCell]]:
    return [[_raw(cell) if isinstance(cell, tuple) else cell for cell in row] for row in rows]


def _raw(cell: tuple[Any, ...]) -> RawCell:
    return datetime(*cell[1:]) if cell[0] == "t" else date(*cell[1:])  # noqa: DTZ001 - a workbook knows no time zone
