"""Files in git that derive from the code: which, how they are made, and whether they are up to date."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from server.catalogue import load_rooms

_ROOT = Path(__file__).resolve().parents[1]


def _made() -> Iterator[tuple[Path, str]]:
    from graphql import build_schema

    from graphql_api import web_operations
    from graphql_api.schema import sdl
    from graphql_api.sdl import FILE, GUIDE, guide
    from server import web_description
    from sync import shape

    load_rooms()
    yield FILE, sdl()
    yield GUIDE, guide()
    yield shape.FILE, shape.written()
    yield web_description.FILE, web_description.written()
    yield web_description.VERSION_FILE, web_description.version_written()
    yield web_operations.FILE, web_operations.written(build_schema(sdl()))


def outdated() -> list[str]:
    """Paths, from the root, of files that are missing or differ from what the code makes."""
    return [
        str(path.relative_to(_ROOT))
        for path, text in _made()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]


def write() -> list[str]:
    """Writes them all; returns their paths from the root."""
    written = []
    for path, text in _made():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        written.append(str(path.relative_to(_ROOT)))
    return written
