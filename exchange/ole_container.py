"""The outer shell of an .xls file: a compound file ([MS-CFB]) with a stream of records ([MS-XLS]).

Only what must be known before the parser runs is read here: whether the file is encrypted, how large its sheets are,
and which cells hold a formula error (the parser shows those as empty).
"""

import struct
from dataclasses import dataclass, field

from exchange.errors_text import UnreadableFile

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_LAST_SECTOR = 0xFFFFFFFA
_MAX_STREAM_BYTES = 64 * 1024 * 1024

_BOF, _EOF, _FILE_PASS, _BOUND_SHEET, _FORMULA, _BOOL_ERR = 0x0809, 0x000A, 0x002F, 0x0085, 0x0006, 0x0205
# number, label, RK, label of the shared table, rich text, blank, formula, boolean or error
_CELLS = frozenset({0x0203, 0x0204, 0x027E, 0x00FD, 0x00D6, 0x0201, _FORMULA, _BOOL_ERR})
_CELL_RANGES = frozenset({0x00BD, 0x00BE})  # several RK or blank cells of one row
_ERROR_NAMES = {0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!", 42: "#N/A"}


@dataclass(slots=True)
class SheetOutline:
    """Extent of a sheet and its formula errors {(row, column): '#N/A'}, both 0-based."""

    rows: int = 0
    columns: int = 0
    errors: dict[tuple[int, int], str] = field(default_factory=dict)


class CompoundFile:
    """Streams of a compound file by name; chains that run in circles or out of the file are FILE_DAMAGED."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        try:
            self._read_header()
        except (struct.error, IndexError) as error:
            raise UnreadableFile("FILE_DAMAGED") from error

    def _read_header(self) -> None:
        data = self._data
        shift = struct.unpack_from("<H", data, 30)[0]
        if shift not in (9, 12):
            raise UnreadableFile("FILE_DAMAGED")
        self._sector_bytes = 1 << shift
        directory, _, self._cutoff, mini_fat = struct.unpack_from("<4I", data, 48)
        difat_sector = struct.unpack_from("<I", data, 68)[0]
        fat_sectors = list(struct.unpack_from("<109I", data, 76))
        seen: set[int] = set()
        while difat_sector < _LAST_SECTOR:
            if difat_sector in seen:
                raise UnreadableFile("FILE_DAMAGED")
            seen.add(difat_sector)
            entries = self._integers(self._sector(difat_sector))
            fat_sectors += entries[:-1]
            difat_sector = entries[-1]
        self._fat: list[int] = []
        for sector in fat_sectors:
            if sector < _LAST_SECTOR:
                if len(self._fat) * self._sector_bytes > len(data) + (1 << 22):
                    raise UnreadableFile("FILE_DAMAGED")
                self._fat += self._integers(self._sector(sector))
        self._entries: dict[str, tuple[int, int]] = {}
        self._root = (_LAST_SECTOR, 0)
        self._read_directory(self._chain(directory))
        self._mini_fat = self._integers(self._chain(mini_fat)) if mini_fat < _LAST_SECTOR else []

    def _read_directory(self, directory: bytes) -> None:
        for offset in range(0, len(directory) - 127, 128):
            name_bytes, kind = struct.unpack_from("<HB", directory, offset + 64)
            start, size = struct.unpack_from("<IQ", directory, offset + 116)
            if self._sector_bytes == 512:
                size &= 0xFFFFFFFF  # version 3 leaves the upper half undefined
            if kind == 5:
                self._root = (start, size)
            elif kind == 2:
                raw = directory[offset : offset + max(0, min(name_bytes, 64) - 2)]
                self._entries[raw.decode("utf-16-le", errors="replace").lower()] = (start, size)

    def names(self) -> set[str]:
        """Names of the streams in lower case."""
        return set(self._entries)

    def stream(self, name: str) -> bytes:
        start, size = self._entries[name]
        if size > min(len(self._data), _MAX_STREAM_BYTES):
            raise UnreadableFile("FILE_DAMAGED")
        content = self._chain(start) if size >= self._cutoff else self._mini_chain(start)
        if len(content) < size:
            raise UnreadableFile("FILE_DAMAGED")
        return content[:size]

    def _integers(self, content: bytes) -> list[int]:
        return list(struct.unpack(f"<{len(content) // 4}I", content[: len(content) // 4 * 4]))

    def _sector(self, sector: int) -> bytes:
        offset = (sector + 1) * self._sector_bytes
        content = self._data[offset : offset + self._sector_bytes]
        if not content:
            raise UnreadableFile("FILE_DAMAGED")
        return content

    def _chain(self, sector: int) -> bytes:
        return b"".join(self._sector(each) for each in self._walk(sector, self._fat))

    def _mini_chain(self, sector: int) -> bytes:
        container = self._chain(self._root[0])
        return b"".join(container[each * 64 : each * 64 + 64] for each in self._walk(sector, self._mini_fat))

    def _walk(self, sector: int, table: list[int]) -> list[int]:
        path: list[int] = []
        while sector < _LAST_SECTOR:
            if sector >= len(table) or len(path) >= len(table):
                raise UnreadableFile("FILE_DAMAGED")
            path.append(sector)
            sector = table[sector]
        return path


def outline_xls(data: bytes) -> list[SheetOutline]:
    """Outlines of all sheets in the order of the workbook.

    Raises UnreadableFile: FILE_DAMAGED, FILE_ENCRYPTED, FILE_KIND_UNSUPPORTED (a compound file that is no workbook).
    """
    compound = CompoundFile(data)
    names = compound.names()
    if "encryptedpackage" in names:
        raise UnreadableFile("FILE_ENCRYPTED")
    name = next((each for each in ("workbook", "book") if each in names), None)
    if name is None:
        raise UnreadableFile("FILE_KIND_UNSUPPORTED", kind="Word/PowerPoint")
    stream = compound.stream(name)
    try:
        offsets = []
        for kind, body in _records(stream, 0):
            if kind == _FILE_PASS:
                raise UnreadableFile("FILE_ENCRYPTED")
            if kind == _BOUND_SHEET:
                offsets.append(struct.unpack_from("<I", body)[0])
        return [_outline_sheet(stream, offset) for offset in offsets]
    except (struct.error, IndexError) as error:
        raise UnreadableFile("FILE_DAMAGED") from error


def _records(stream: bytes, offset: int) -> list[tuple[int, bytes]]:
    """Records of one substream; those of charts embedded in it are left out."""
    records: list[tuple[int, bytes]] = []
    depth = 0
    while True:
        if offset + 4 > len(stream):
            raise UnreadableFile("FILE_DAMAGED")
        kind, length = struct.unpack_from("<HH", stream, offset)
        body = stream[offset + 4 : offset + 4 + length]
        offset += 4 + length
        if kind == _BOF:
            depth += 1
        elif kind == _EOF:
            depth -= 1
            if depth <= 0:
                return records
        elif depth == 1:
            records.append((kind, body))


def _outline_sheet(stream: bytes, offset: int) -> SheetOutline:
    outline = SheetOutline()
    for kind, body in _records(stream, offset):
        if kind in _CELLS:
            row, column = struct.unpack_from("<HH", body)
            last = column
        elif kind in _CELL_RANGES:
            row, column = struct.unpack_from("<HH", body)
            last = struct.unpack_from("<H", body, len(body) - 2)[0]
        else:
            continue
        outline.rows = max(outline.rows, row + 1)
        outline.columns = max(outline.columns, last + 1)
        if kind == _BOOL_ERR and body[7] == 1:
            outline.errors[row, column] = _ERROR_NAMES.get(body[6], "#ERROR")
        elif kind == _FORMULA and body[12:14] == b"\xff\xff" and body[6] == 2:
            outline.errors[row, column] = _ERROR_NAMES.get(body[8], "#ERROR")
    return outline
