"""Files of any size under names: on this machine's disk, or in an S3-compatible bucket that many machines share.

A key is a path of plain segments, `files/0199…/ab12`. A blob is visible whole or not at all, whatever dies meanwhile.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Protocol

from infra.settings import Settings

PIECE_BYTES = 256 * 1024
_KEY = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}(?:/[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}){0,15}", re.ASCII)


class BlobMissing(LookupError):
    """There is no blob of this key (any more)."""


class BlobsUnreachable(ConnectionError):
    """The store is away, or refuses this process: a matter of the moment or of the settings, not of the blob."""


class BlobStore(Protocol):
    """Blobs by key. Keys that are no plain path raise ValueError. Safe for many processes at once.

    Every call may raise BlobsUnreachable or, on a disk, OSError.
    """

    async def put(self, key: str, chunks: AsyncIterator[bytes]) -> int:
        """Store what `chunks` yields, replacing what was there; the number of bytes. Durable when it returns.

        When `chunks` raises, nothing changes.
        """
        ...

    async def size(self, key: str) -> int | None:
        """Bytes, or None when there is no such blob."""
        ...

    def read(self, key: str, start: int = 0, end: int | None = None) -> AsyncGenerator[bytes]:
        """The bytes from `start` up to but without `end`, in pieces of at most PIECE_BYTES. Raises BlobMissing."""
        ...

    async def delete(self, key: str) -> None:
        """Delete; nothing happens when there is no such blob."""
        ...

    async def keys(self, prefix: str) -> list[str]:
        """The keys under the folder `prefix` (whole segments; "" is everything), in order."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


def checked(key: str) -> str:
    """The key itself. Raises ValueError for one that might leave its folder or that not every store can hold."""
    if _KEY.fullmatch(key) is None:
        raise ValueError("a blob's key is a path of plain segments")
    return key


def folder(prefix: str) -> str:
    """The folder without slashes around it; "" is everything."""
    bare = prefix.strip("/")
    return checked(bare) if bare else ""


async def whole(store: BlobStore, key: str) -> bytes:
    """The blob's bytes at once: for small ones. Raises BlobMissing."""
    return b"".join([piece async for piece in store.read(key)])


async def once(data: bytes) -> AsyncIterator[bytes]:
    """Bytes at hand, as chunks for `put`."""
    for start in range(0, len(data), PIECE_BYTES):
        yield data[start : start + PIECE_BYTES]


def open_blobs(settings: Settings) -> BlobStore:
    """The store that the settings choose: YUNFAN_BLOBS_URL, or the folder `blobs` of the data directory."""
    from infra.disk_blobs import DiskBlobs
    from infra.s3_blobs import S3Blobs

    return DiskBlobs(settings.data_dir / "blobs") if settings.s3 is None else S3Blobs(settings.s3)
