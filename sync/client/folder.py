"""The folder `<replica>.files`: attachments' content, each under its SHA-256, on the disk before anything refers to it.

Beside an encrypted replica nothing lies here in plain: what was here before is sealed at the moment of encryption, or,
after a kill, at the next start.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from sync.client.errors import ArgumentRefused, FileDamaged
from sync.client.replica_file import ReplicaFile
from sync.client.shelf import PIECE_BYTES, SEALED, PlainShelf, Shelf, Writer, sha256_of, shelf_of

_LEFT_BEHIND_SECONDS = 24 * 3600
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class KeptFile:
    """The content of an attachment that lies beside the replica. There is no path to it: beside an encrypted replica
    it is encrypted too."""

    sha256: str
    size_bytes: int
    _open: Callable[[str], BinaryIO]

    def open(self) -> BinaryIO:
        """A stream for reading, which can seek. Raises FileDamaged, and so does reading."""
        return self._open(self.sha256)

    def read_bytes(self) -> bytes:
        """All of it at once. Raises FileDamaged."""
        with self.open() as content:
            return content.read()

    def export(self, target: str | Path) -> Path:
        """Writes the content to a file of its own, mode 0600, in plain: what becomes of it is the caller's to see to.
        `target` is replaced when all is there, or left as it is. Raises FileDamaged, OSError."""
        target = Path(target)
        arriving = target.with_name(f".{target.name[:100]}.{secrets.token_hex(8)}")
        try:
            descriptor = os.open(arriving, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
            with os.fdopen(descriptor, "wb") as written, self.open() as content:
                while data := content.read(PIECE_BYTES):
                    written.write(data)
            os.replace(arriving, target)
        finally:
            arriving.unlink(missing_ok=True)
        return target


class Folder:
    """The files of one replica. `waiting`: the hashes of those that the server does not have yet."""

    def __init__(self, path: str | Path, replica: ReplicaFile, waiting: Callable[[], set[str]]) -> None:
        self._folder, self._replica, self._waiting = Path(f"{path}.files"), replica, waiting
        self._writers_of_plain, self._turn = 0, threading.Condition()
        self._clear_left_behind()
        self.seal_what_is_plain()

    def add(self, source: Path) -> KeptFile:
        """Copies it here. Raises ArgumentRefused where there is nothing in it, OSError."""
        with source.open("rb") as content:
            if not content.peek(1):
                raise ArgumentRefused("path", "FILE_EMPTY")
            with self._writing() as shelf:
                return self._taken(shelf, content)

    def kept(self, sha256: str) -> KeptFile | None:
        """None: it is not here whole. Beside an encrypted replica all of it is looked at."""
        shelf = shelf_of(self._replica)
        path = self._at(shelf, sha256)
        if not path.exists():
            return None
        try:
            with shelf.opened(path, sha256) as content:
                size_bytes = content.seek(0, os.SEEK_END)
            if path.name.endswith(SEALED) and sha256_of(shelf.opened(path, sha256)) != sha256:
                return None
        except FileDamaged:
            return None
        return KeptFile(sha256, size_bytes, self.open)

    def open(self, sha256: str) -> BinaryIO:
        """Raises FileDamaged, and so does reading."""
        shelf = shelf_of(self._replica)
        return shelf.opened(self._at(shelf, sha256), sha256)

    def is_intact(self, sha256: str) -> bool:
        """Whether the content still has its hash."""
        try:
            return sha256_of(self.open(sha256)) == sha256
        except FileDamaged:
            return False

    @contextmanager
    def arriving(self, sha256: str) -> Iterator[Arriving]:
        """A file that comes in parts; what has come is kept from one time to the next."""
        with self._writing() as shelf:
            yield Arriving(shelf, self._at(shelf, f"{sha256}.part"), self._at(shelf, sha256), sha256)

    def seal_what_is_plain(self) -> None:
        """Beside an encrypted replica: seals every file that is not. The plain one goes when the sealed one is on the
        disk, so a kill leaves one of them or both; parts of downloads are fetched again.

        One whose content has not its hash was never attached: it goes, unless it is all that there is to be sent.
        """
        with self._turn:
            if not self._replica.encrypted or not self._folder.is_dir():
                return
            self._turn.wait_for(lambda: self._writers_of_plain == 0)
            plain = [path for path in self._folder.iterdir() if path.is_file() and not path.name.endswith(SEALED)]
            if not plain:
                return
            shelf, waiting = shelf_of(self._replica), self._waiting()
            for path in plain:
                if _SHA256.fullmatch(path.name):
                    self._seal(shelf, path, waiting)
                path.unlink(missing_ok=True)
            sync_folder(self._folder)

    def _seal(self, shelf: Shelf, path: Path, waiting: set[str]) -> None:
        with suppress(FileNotFoundError), path.open("rb") as content:  # another process seals too
            intact = sha256_of(path.open("rb")) == path.name
            if intact or (path.name in waiting and not self._at(shelf, path.name).exists()):
                self._taken(shelf, content, path.name)

    @contextmanager
    def _writing(self) -> Iterator[Shelf]:
        """How to write. Sealing waits for those who write in plain, and whoever comes after it writes sealed."""
        with self._turn:
            shelf = shelf_of(self._replica)
            plain = isinstance(shelf, PlainShelf)
            self._writers_of_plain += plain
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            yield shelf
        finally:
            with self._turn:
                self._writers_of_plain -= plain
                self._turn.notify_all()

    def _taken(self, shelf: Shelf, content: BinaryIO, name: str | None = None) -> KeptFile:
        """Copied, under its hash or the name given."""
        copy = shelf.at(self._folder / f".{secrets.token_hex(8)}")
        try:
            with shelf.writing(copy) as written:
                sha256 = _copied(content, written)
                name = name or sha256
                written.finish(name)
                size_bytes = written.size
            os.replace(copy, self._at(shelf, name))
        finally:
            copy.unlink(missing_ok=True)
        sync_folder(self._folder)
        return KeptFile(name, size_bytes, self.open)

    def _at(self, shelf: Shelf, name: str) -> Path:
        return shelf.at(self._folder / name)

    def _clear_left_behind(self) -> None:
        """What a kill left of a copy under way: nothing refers to it."""
        for left in self._folder.glob(".*"):
            with suppress(FileNotFoundError):  # another process clears up too
                if time.time() - left.stat().st_mtime > _LEFT_BEHIND_SECONDS:
                    left.unlink()


@dataclass(frozen=True, slots=True)
class Arriving:
    """A file on its way here."""

    shelf: Shelf
    part: Path
    target: Path
    sha256: str

    def going_on(self) -> Writer:
        """Writes behind what has come."""
        return self.shelf.writing(self.part)

    def complete(self) -> bool:
        """Whether this is the file; from then on it is kept. Otherwise it was spoilt, and begins anew."""
        try:
            whole = sha256_of(self.shelf.opened(self.part, None)) == self.sha256
        except FileDamaged:
            whole = False
        if not whole:
            self.part.unlink(missing_ok=True)
            return False
        with self.shelf.writing(self.part) as written:
            written.finish(self.sha256)
        os.replace(self.part, self.target)
        sync_folder(self.part.parent)
        return True


def _copied(content: BinaryIO, written: Writer) -> str:
    """The hash of what was copied."""
    digest = hashlib.sha256()
    while data := content.read(PIECE_BYTES):
        digest.update(data)
        written.write(data)
    return digest.hexdigest()


def sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
