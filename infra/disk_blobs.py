"""Blobs on this machine's disk: private files, renamed into place once they are whole and durable."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import time
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path
from typing import BinaryIO

from infra.blobs import PIECE_BYTES, BlobMissing, checked, folder

_ARRIVING = ".arriving"  # no key begins with a dot
_LEFT_BEHIND_SECONDS = 24 * 3600


class DiskBlobs:
    """A directory (0700) of files (0600). What a killed process left half written is cleared away a day later."""

    def __init__(self, root: Path) -> None:
        self._root = root.absolute()
        self._arriving = self._root / _ARRIVING
        for left in self._arriving.glob("*"):  # nothing is made before it is needed: the disk may be read-only
            with contextlib.suppress(FileNotFoundError):  # another process clears them away too
                if time.time() - left.stat().st_mtime > _LEFT_BEHIND_SECONDS:
                    left.unlink()

    async def put(self, key: str, chunks: AsyncIterator[bytes]) -> int:
        target = self._path(key)
        arriving = self._arriving / secrets.token_hex(16)
        written = 0
        file = await asyncio.to_thread(self._begin, arriving)
        try:
            with file:
                async for chunk in chunks:
                    written += await asyncio.to_thread(file.write, chunk)
                await asyncio.to_thread(_make_durable, file)
            await asyncio.to_thread(self._place, arriving, target)
        except BaseException:
            arriving.unlink(missing_ok=True)
            raise
        return written

    async def size(self, key: str) -> int | None:
        path = self._path(key)
        try:
            return (await asyncio.to_thread(path.stat)).st_size
        except (FileNotFoundError, NotADirectoryError):
            return None

    async def read(self, key: str, start: int = 0, end: int | None = None) -> AsyncGenerator[bytes]:
        path = self._path(key)
        try:
            file = await asyncio.to_thread(path.open, "rb")
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            raise BlobMissing(key) from None
        with file:
            await asyncio.to_thread(file.seek, start)
            left = None if end is None else end - start
            while left is None or left > 0:
                piece = await asyncio.to_thread(file.read, PIECE_BYTES if left is None else min(left, PIECE_BYTES))
                if not piece:
                    return
                left = None if left is None else left - len(piece)
                yield piece

    async def delete(self, key: str) -> None:
        await asyncio.to_thread(self._remove, self._path(key))

    async def keys(self, prefix: str) -> list[str]:
        return await asyncio.to_thread(self._walk, folder(prefix))

    async def close(self) -> None:
        """Nothing is held between calls."""

    def _path(self, key: str) -> Path:
        return self._root / checked(key)

    def _begin(self, arriving: Path) -> BinaryIO:
        _make_private(self._arriving)
        return _create(arriving)

    def _place(self, arriving: Path, target: Path) -> None:
        while True:
            try:
                made = _make_private(target.parent, within=self._root)
                os.replace(arriving, target)
            except FileNotFoundError:
                if not arriving.exists():
                    raise
                continue  # a deletion took an emptied directory away in between
            break
        for directory in {target.parent, *(path.parent for path in made)}:
            _sync_directory(directory)

    def _remove(self, path: Path) -> None:
        try:
            path.unlink()
        except (FileNotFoundError, NotADirectoryError):
            return
        _sync_directory(path.parent)
        for directory in path.parents:
            if directory == self._root:
                return
            try:
                directory.rmdir()
            except OSError:  # not empty: others live there
                return

    def _walk(self, prefix: str) -> list[str]:
        found: list[str] = []
        for directory, names, files in os.walk(self._root / prefix if prefix else self._root):
            names[:] = [name for name in names if not name.startswith(".")]
            found += [str((Path(directory) / name).relative_to(self._root)) for name in files]
        return sorted(found)


def _make_private(directory: Path, within: Path | None = None) -> list[Path]:
    """Make `directory` and what is missing above it, mode 0700; what was made."""
    missing = []
    for path in (directory, *directory.parents):
        if path == within or path.is_dir():
            break
        missing.append(path)
    for path in reversed(missing):
        with contextlib.suppress(FileExistsError):
            path.mkdir(mode=0o700)
    return missing


def _create(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb")


def _make_durable(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _sync_directory(directory: Path) -> None:
    try:
        handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:  # emptied and taken away meanwhile
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
