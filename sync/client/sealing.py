"""Files beside an encrypted replica: how their bytes are sealed, written on after a cut, and read in any place.

A file is `YFSEAL1\\n`, 32 random bytes, and chunks of 64 KiB, each as nonce (12) ‖ AES-256-GCM ‖ tag (16). Its key is
HKDF-SHA256 over the replica's file key, the 32 bytes being the salt. A nonce is random and never used again, so that
the last chunk of a file that is still coming may be written anew, longer. What is authenticated beside a chunk is its
number (8 bytes), and of the last one of a finished file a mark with the name that the file is kept under: chunks that
were moved, left out or exchanged, a file that was cut and one that took another's place do not open. A chunk before the
last is full; only the last may be shorter.
"""

from __future__ import annotations

import io
import os
from collections import OrderedDict
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from sync.client.errors import FileDamaged

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

CHUNK_BYTES = 64 * 1024
_MAGIC = b"YFSEAL1\n"
_SALT_BYTES, _NONCE_BYTES, _TAG_BYTES = 32, 12, 16
_HEADER_BYTES = len(_MAGIC) + _SALT_BYTES
_ADDED_BYTES = _NONCE_BYTES + _TAG_BYTES
_SLOT_BYTES = CHUNK_BYTES + _ADDED_BYTES
_REMEMBERED_CHUNKS = 16


class SealedWriter:
    """Writes a file, or goes on with one that is not finished. What was written is there after `close`; after a kill
    all but the last chunk of it."""

    def __init__(self, path: Path, key: bytes, *, durable: bool = True) -> None:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
        self._file, self._key, self._durable = os.fdopen(descriptor, "r+b"), key, durable
        self._tail, self._index, self._changed = bytearray(), 0, False
        if not self._go_on():
            self.begin_anew()

    @property
    def size(self) -> int:
        """Bytes of content so far."""
        return self._index * CHUNK_BYTES + len(self._tail)

    def begin_anew(self) -> None:
        """Under another key: nothing of what was there is used again."""
        self._file.seek(0)
        self._file.truncate()
        salt = os.urandom(_SALT_BYTES)
        self._file.write(_MAGIC + salt)
        self._cipher = _cipher(self._key, salt)
        self._tail, self._index, self._changed = bytearray(), 0, False

    def write(self, data: bytes) -> None:
        self._tail += data
        self._changed = self._changed or bool(data)
        while len(self._tail) > CHUNK_BYTES:
            self._seal(bytes(self._tail[:CHUNK_BYTES]), _place(self._index))
            del self._tail[:CHUNK_BYTES]
            self._index += 1

    def finish(self, name: str) -> None:
        """That was all, and `name` is what the file is kept under."""
        self._seal(bytes(self._tail), _place(self._index, name))
        self._changed = False

    def close(self) -> None:
        """What came so far is kept."""
        try:
            if self._changed:
                self._seal(bytes(self._tail), _place(self._index))
            self._file.flush()
            if self._durable:
                os.fsync(self._file.fileno())
        finally:
            self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _go_on(self) -> bool:
        """Takes up the last chunk; one that a kill tore is fetched again. False: there is nothing to go on with."""
        payload = os.fstat(self._file.fileno()).st_size - _HEADER_BYTES
        cipher = _cipher_of(self._file, self._key)
        if payload < 0 or cipher is None:
            return False
        self._cipher = cipher
        slots = -(-payload // _SLOT_BYTES)
        if slots:
            self._index = slots - 1
            opened = _opened(self._file, cipher, self._index, _place(self._index))
            self._tail = bytearray(opened or b"")
        return True

    def _seal(self, content: bytes, place: bytes) -> None:
        nonce = os.urandom(_NONCE_BYTES)
        self._file.seek(_HEADER_BYTES + self._index * _SLOT_BYTES)
        self._file.write(nonce + self._cipher.encrypt(nonce, content, place))
        self._file.truncate()


class SealedContent:
    """A sealed file's content, read in any place. `name`: what it is kept under; None for one that is not finished.

    Raises FileDamaged, also while reading.
    """

    def __init__(self, path: Path, key: bytes, name: str | None) -> None:
        try:
            self._file = path.open("rb")
        except FileNotFoundError:
            raise FileDamaged(path.name) from None
        try:
            self._path, self._name = path, name
            payload = os.fstat(self._file.fileno()).st_size - _HEADER_BYTES
            cipher = _cipher_of(self._file, key)
            self._slots = -(-payload // _SLOT_BYTES)
            if payload < 0 or cipher is None or (not payload and name is not None):
                raise FileDamaged(path.name)
            self._cipher, self._known = cipher, OrderedDict[int, bytes]()
            self.size = (self._slots - 1) * CHUNK_BYTES + len(self._chunk(self._slots - 1)) if self._slots else 0
        except BaseException:
            self._file.close()
            raise

    def read(self, amount: int, offset: int) -> bytes:
        """Fewer bytes than `amount` at the end only."""
        found, end = bytearray(), min(offset + amount, self.size)
        while offset < end:
            index, start = divmod(offset, CHUNK_BYTES)
            piece = self._chunk(index)[start : start + end - offset]
            found += piece
            offset += len(piece)
        return bytes(found)

    def close(self) -> None:
        self._file.close()

    def _chunk(self, index: int) -> bytes:
        if index in self._known:
            self._known.move_to_end(index)
            return self._known[index]
        last = index == self._slots - 1
        place = _place(index, self._name) if last and self._name is not None else _place(index)
        content = _opened(self._file, self._cipher, index, place)
        if content is None or (not last and len(content) < CHUNK_BYTES):
            raise FileDamaged(self._path.name)
        self._known[index] = content
        if len(self._known) > _REMEMBERED_CHUNKS:
            self._known.popitem(last=False)
        return content


class SealedStream(io.RawIOBase):
    """The content as a stream for reading."""

    def __init__(self, content: SealedContent) -> None:
        super().__init__()
        self._content, self._at = content, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._content.size}[whence]
        if start + offset < 0:
            raise ValueError("a place before the beginning of the file")
        self._at = start + offset
        return self._at

    def readinto(self, buffer: Any, /) -> int:
        found = self._content.read(len(buffer), self._at)
        buffer[: len(found)] = found
        self._at += len(found)
        return len(found)

    def close(self) -> None:
        self._content.close()
        super().close()


def _place(index: int, name: str | None = None) -> bytes:
    """What is authenticated beside a chunk."""
    return index.to_bytes(8, "big") + (b"" if name is None else b"\x01" + name.encode())


def _opened(file: Any, cipher: AESGCM, index: int, place: bytes) -> bytes | None:
    """The chunk's content; None if it is not what was written there."""
    from cryptography.exceptions import InvalidTag

    file.seek(_HEADER_BYTES + index * _SLOT_BYTES)
    slot = file.read(_SLOT_BYTES)
    if len(slot) < _ADDED_BYTES:
        return None
    try:
        return cipher.decrypt(slot[:_NONCE_BYTES], slot[_NONCE_BYTES:], place)
    except InvalidTag:
        return None


def _cipher_of(file: Any, key: bytes) -> AESGCM | None:
    file.seek(0)
    header = file.read(_HEADER_BYTES)
    whole = len(header) == _HEADER_BYTES and header.startswith(_MAGIC)
    return _cipher(key, header[len(_MAGIC) :]) if whole else None


def _cipher(key: bytes, salt: bytes) -> AESGCM:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return AESGCM(HKDF(hashes.SHA256(), 32, salt=salt, info=b"yunfan/device/v1/file").derive(key))
