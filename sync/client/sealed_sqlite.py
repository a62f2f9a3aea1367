"""Lets SQLite read a sealed database file as it is: nothing of it comes to the disk in plain. Needs apsw."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import apsw

from sync.client.sealing import SealedContent

_NAME = "yunfan-sealed"


@contextmanager
def attachable(content: SealedContent) -> Iterator[str]:
    """The name under which `ATTACH DATABASE` finds the content meanwhile, for reading."""
    name, vfs = f"/{secrets.token_hex(8)}", _vfs()
    with vfs.lock:
        vfs.contents[name] = content
    try:
        yield f"file:{name}?vfs={_NAME}&immutable=1"
    finally:
        with vfs.lock:
            del vfs.contents[name]


class _SealedFile:
    """What SQLite calls on an immutable file. It is closed by whoever opened the content."""

    def __init__(self, content: SealedContent) -> None:
        self._content = content

    def xRead(self, amount: int, offset: int) -> bytes:  # noqa: N802 - SQLite's names
        return self._content.read(amount, offset)

    def xFileSize(self) -> int:  # noqa: N802
        return self._content.size

    def xClose(self) -> None:  # noqa: N802
        """Nothing is held here."""

    def xLock(self, level: int) -> None:  # noqa: N802
        """Nobody else can name it."""

    def xUnlock(self, level: int) -> None:  # noqa: N802
        """As `xLock`."""

    def xCheckReservedLock(self) -> bool:  # noqa: N802
        return False

    def xSectorSize(self) -> int:  # noqa: N802
        return 4096

    def xDeviceCharacteristics(self) -> int:  # noqa: N802
        return apsw.SQLITE_IOCAP_IMMUTABLE

    def xFileControl(self, _operation: int, _pointer: int) -> bool:  # noqa: N802
        return False


class _SealedVFS(apsw.VFS):
    """SQLite's way to the contents that are attachable at the moment, and to nothing else."""

    def __init__(self) -> None:
        super().__init__(_NAME, "")
        self.lock, self.contents = threading.Lock(), dict[str, SealedContent]()

    def xFullPathname(self, name: str) -> str:  # noqa: N802
        return name

    def xAccess(self, _pathname: str, _flags: int) -> bool:  # noqa: N802
        return False

    def xOpen(self, name: Any, _flags: list[int]) -> Any:  # noqa: N802
        wanted = name.filename() if isinstance(name, apsw.URIFilename) else name
        with self.lock:
            content = self.contents.get(str(wanted))
        if content is None:
            raise apsw.CantOpenError(f"{wanted} is nothing that is sealed here")
        return _SealedFile(content)


@cache
def _vfs() -> _SealedVFS:
    """One for the process: SQLite keeps a reference to it."""
    return _SealedVFS()
