"""How files lie beside a replica: as they are beside a plain one, sealed beside an encrypted one.

A sealed file's name ends with `.sealed`, so that each file says in which state it is, whenever a process is killed. The
key of sealed files is random and kept inside the encrypted replica: who cannot open the one cannot open the others, and
a replica that gets another key leaves its files as they are.
"""

from __future__ import annotations

import base64
import hashlib
import io
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, BinaryIO, Protocol, Self, cast

from sync.client.errors import FileDamaged
from sync.client.replica_file import ReplicaFile
from sync.client.sealing import SealedContent, SealedStream, SealedWriter

PIECE_BYTES = 256 * 1024
SEALED = ".sealed"
_KEY_BYTES = 32
_KEY = "files_key"


class Writer(Protocol):
    """A file that is being written. `size`: bytes of content so far."""

    @property
    def size(self) -> int: ...
    def begin_anew(self) -> None: ...
    def write(self, data: bytes) -> None: ...
    def finish(self, name: str) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Shelf(Protocol):
    """`name`, of a finished file: what it is kept under; None: it is not finished."""

    def at(self, path: Path) -> Path:
        """Where the file lies that would lie at `path`."""

    def writing(self, path: Path, *, durable: bool = True) -> Writer:
        """Goes on with the file if there is one. `durable`: it is on the disk when the writer is closed."""

    def opened(self, path: Path, name: str | None) -> BinaryIO:
        """For reading. Raises FileDamaged, and so does reading."""

    def attachable(self, path: Path, name: str) -> AbstractContextManager[str]:
        """What to ATTACH for a file that is a SQLite database."""


class PlainShelf:
    """Files as they are."""

    def at(self, path: Path) -> Path:
        return path

    def writing(self, path: Path, *, durable: bool = True) -> Writer:
        return _PlainWriter(path, durable)

    def opened(self, path: Path, name: str | None) -> BinaryIO:  # noqa: ARG002 - only sealed files say their name
        try:
            return path.open("rb")
        except FileNotFoundError:
            raise FileDamaged(path.name) from None

    @contextmanager
    def attachable(self, path: Path, name: str) -> Iterator[str]:  # noqa: ARG002 - as in `opened`
        yield str(path)


class SealedShelf:
    """Files that this key alone opens."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def at(self, path: Path) -> Path:
        return path.with_name(path.name + SEALED)

    def writing(self, path: Path, *, durable: bool = True) -> Writer:
        return SealedWriter(path, self._key, durable=durable)

    def opened(self, path: Path, name: str | None) -> BinaryIO:
        stream = SealedStream(SealedContent(path, self._key, name))
        return cast(BinaryIO, io.BufferedReader(stream, PIECE_BYTES))

    @contextmanager
    def attachable(self, path: Path, name: str) -> Iterator[str]:
        from sync.client.sealed_sqlite import attachable

        content = SealedContent(path, self._key, name)
        try:
            with attachable(content) as attached:
                yield attached
        finally:
            content.close()


class _PlainWriter:
    def __init__(self, path: Path, durable: bool) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
        self._file: IO[bytes] = os.fdopen(os.open(path, flags, 0o600), "ab")
        self._durable = durable

    @property
    def size(self) -> int:
        return self._file.tell()

    def begin_anew(self) -> None:
        self._file.truncate(0)
        self._file.seek(0)

    def write(self, data: bytes) -> None:
        self._file.write(data)

    def finish(self, name: str) -> None:
        """A plain file has no mark of its end."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._file.flush()
            if self._durable:
                os.fsync(self._file.fileno())
        finally:
            self._file.close()


def shelf_of(replica: ReplicaFile) -> Shelf:
    """How files lie beside this replica now. The key is made the first time that one is needed."""
    if not replica.encrypted:
        return PlainShelf()
    kept = replica.get(_KEY)
    if kept is None:
        with replica.transaction():
            kept = replica.get(_KEY) or base64.b64encode(os.urandom(_KEY_BYTES)).decode()
            replica.put_meta({_KEY: kept})
    return SealedShelf(base64.b64decode(kept))


def sha256_of(content: BinaryIO) -> str:
    """Reads the content to its end, and closes it. Raises FileDamaged."""
    with content:
        digest = hashlib.sha256()
        while data := content.read(PIECE_BYTES):
            digest.update(data)
        return digest.hexdigest()
