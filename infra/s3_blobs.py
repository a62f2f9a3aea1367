"""Blobs in an S3-compatible bucket (AWS, MinIO, OSS, COS, Ceph …), through the object_store library.

What a killed process left of a multipart upload is invisible; let a lifecycle rule of the bucket abort it after a day.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from infra.blob_settings import S3Settings
from infra.blobs import PIECE_BYTES, BlobMissing, BlobsUnreachable, checked, folder

if TYPE_CHECKING:
    from obstore import GetOptions
    from obstore.store import S3Config

_PART_BYTES = 8 * 1024 * 1024  # a part of a multipart upload; S3 takes no smaller than 5 MiB
_PARTS_AT_ONCE = 2  # bounds the memory of one upload


class _Source:
    """What a put reads: `read` bytes so far; `broken`: why it ended early."""

    def __init__(self, chunks: AsyncIterator[bytes]) -> None:
        self._chunks = chunks
        self.read = 0
        self.broken: Exception | None = None

    async def next(self, least: int) -> bytes:
        """At least so many bytes; fewer are all that is left."""
        gathered = bytearray()
        async for chunk in self._chunks:
            gathered += chunk
            self.read += len(chunk)
            if len(gathered) >= least:
                break
        return bytes(gathered)

    async def parts(self, first: bytes) -> AsyncIterator[bytes]:
        try:
            while first:
                yield first
                first = await self.next(PIECE_BYTES)
        except Exception as wrong:
            self.broken = wrong
            raise


@contextmanager
def _reaching() -> Iterator[None]:
    """Tells a store that is away from a blob that is missing."""
    try:
        yield
    except FileNotFoundError:
        raise
    except (BaseError, OSError) as wrong:
        raise BlobsUnreachable(type(wrong).__name__) from wrong


class S3Blobs:
    """A folder of a bucket. S3 shows an object once it is whole, and keeps it before it answers."""

    def __init__(self, settings: S3Settings) -> None:
        config: S3Config = {"region": settings.region}
        if settings.endpoint:
            config["endpoint"] = settings.endpoint
        if settings.access_key_id and settings.secret_access_key:
            config["access_key_id"] = settings.access_key_id
            config["secret_access_key"] = settings.secret_access_key
        if settings.session_token:
            config["session_token"] = settings.session_token
        plain = (settings.endpoint or "").startswith("http://")
        self._store = S3Store(
            settings.bucket,
            prefix=settings.prefix or None,
            config=config,
            client_options={"allow_http": plain, "timeout": "60s", "connect_timeout": "5s"},
            retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=20)},
        )

    async def put(self, key: str, chunks: AsyncIterator[bytes]) -> int:
        source = _Source(chunks)
        first = await source.next(_PART_BYTES)
        try:
            with _reaching():
                if len(first) < _PART_BYTES:  # all of it: one request
                    await obstore.put_async(self._store, checked(key), first, use_multipart=False)
                else:
                    await obstore.put_async(
                        self._store,
                        checked(key),
                        source.parts(first),
                        chunk_size=_PART_BYTES,
                        max_concurrency=_PARTS_AT_ONCE,
                    )
        except (BlobsUnreachable, FileNotFoundError) as wrong:
            if source.broken is not None:  # its own fault, which the library tells in its own way
                raise source.broken from None
            if isinstance(wrong, BlobsUnreachable):
                raise
            raise BlobsUnreachable("the bucket is missing") from wrong
        return source.read

    async def size(self, key: str) -> int | None:
        try:
            with _reaching():
                return (await obstore.head_async(self._store, checked(key)))["size"]
        except FileNotFoundError:
            return None

    async def read(self, key: str, start: int = 0, end: int | None = None) -> AsyncGenerator[bytes]:
        size = await self.size(key)
        if size is None:
            raise BlobMissing(key)
        until = size if end is None else min(end, size)
        if start >= until:
            return
        options: GetOptions = {"range": (start, until)}
        try:
            with _reaching():
                stream = (await obstore.get_async(self._store, checked(key), options=options)).stream(PIECE_BYTES)
        except FileNotFoundError:
            raise BlobMissing(key) from None
        while True:
            try:
                with _reaching():
                    data = bytes(await anext(stream))
            except StopAsyncIteration:
                return
            for offset in range(0, len(data), PIECE_BYTES):
                yield data[offset : offset + PIECE_BYTES]

    async def delete(self, key: str) -> None:
        try:
            with _reaching():
                await obstore.delete_async(self._store, checked(key))
        except FileNotFoundError:  # some stores tell, AWS does not
            return

    async def keys(self, prefix: str) -> list[str]:
        found: list[str] = []
        try:
            with _reaching():
                async for page in obstore.list(self._store, folder(prefix) or None):
                    found += [entry["path"] for entry in page]
        except FileNotFoundError as wrong:
            raise BlobsUnreachable("the bucket is missing") from wrong
        return sorted(found)

    async def close(self) -> None:
        """The library's connections go with the store."""
