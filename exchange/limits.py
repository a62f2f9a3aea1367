"""How much a file that somebody uploads may hold."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Upper bounds of one imported file; what goes beyond is refused before it is parsed."""

    file_bytes: int = 20 * 1024 * 1024
    unpacked_bytes: int = 200 * 1024 * 1024
    unpack_ratio: int = 200  # unpacked / packed, over the whole archive
    archive_members: int = 2_000
    rows: int = 200_000  # below the header
    columns: int = 512
    cells: int = 4_000_000  # of the bounding box of a sheet: workbooks are parsed into a dense grid
    cell_chars: int = 32_767  # what a cell of Excel holds
    parser_memory_bytes: int = 2 * 1024 * 1024 * 1024  # address space of the process that parses a workbook
    parser_seconds: int = 60


DEFAULT_LIMITS = Limits()
