"""Parses one workbook in a process of its own, so that a file made to break the parser breaks nothing else.

Standard input: marshal of (sheet or None, memory bytes, seconds), then the file. Standard output: marshal of
{"problem": code} | {"problem": "SHEET_MISSING", "sheets": […]} |
{"sheets": […], "name": …, "index": i, "rows": [[cell, …], …]}
where a cell is str, float, int, bool, None, ("d", y, m, d) or ("t", y, m, d, h, min, s, µs).
It is started by path and imports nothing of this product.
"""

import datetime
import io
import marshal
import sys
from typing import Any

import python_calamine as calamine

try:
    import resource
except ImportError:  # not on Windows: there the time limit of the parent is all
    resource = None  # type: ignore[assignment]


def _limit(memory_bytes: int, seconds: int) -> None:
    if resource is not None:
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _plain(cell: Any) -> Any:
    if cell == "" and isinstance(cell, str):
        return None
    if isinstance(cell, datetime.datetime):
        return ("t", cell.year, cell.month, cell.day, cell.hour, cell.minute, cell.second, cell.microsecond)
    if isinstance(cell, datetime.date):
        return ("d", cell.year, cell.month, cell.day)
    if isinstance(cell, datetime.time):
        return cell.isoformat()
    if isinstance(cell, datetime.timedelta):
        minutes, seconds = divmod(round(cell.total_seconds()), 60)
        return f"{minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}"
    return cell


def _parse(data: bytes, wanted: str | None) -> dict[str, Any]:
    workbook = calamine.load_workbook(io.BytesIO(data))
    metadata = workbook.sheets_metadata
    sheets = [sheet.name for sheet in metadata if sheet.typ == calamine.SheetTypeEnum.WorkSheet]
    shown = [
        sheet.name
        for sheet in metadata
        if sheet.typ == calamine.SheetTypeEnum.WorkSheet and sheet.visible == calamine.SheetVisibleEnum.Visible
    ]
    name = wanted if wanted is not None else next(iter(shown or sheets), None)
    if name is None or name not in sheets:
        return {"problem": "SHEET_MISSING", "sheets": sheets}
    index = [sheet.name for sheet in metadata].index(name)
    rows = [
        [_plain(cell) for cell in row] for row in workbook.get_sheet_by_index(index).to_python(skip_empty_area=False)
    ]
    return {"sheets": sheets, "name": name, "index": index, "rows": rows}


def main() -> None:
    """Read, parse, answer; a parser that dies takes only this process with it, and the exit code tells."""
    wanted, memory_bytes, seconds = marshal.load(sys.stdin.buffer)  # noqa: S302 - written by the parent process
    data = sys.stdin.buffer.read()
    _limit(memory_bytes, seconds)
    try:
        answer = _parse(data, wanted)
    except calamine.PasswordError:
        answer = {"problem": "FILE_ENCRYPTED"}
    except (calamine.CalamineError, ValueError, OverflowError, OSError):
        answer = {"problem": "FILE_DAMAGED"}
    marshal.dump(answer, sys.stdout.buffer)


if __name__ == "__main__":
    main()
