"""Blobs in an S3-compatible bucket (AWS, MinIO, OSS, COS, Ceph …), through the object_store library.

What a killed process left of a multipart upload is invisible; let a lifecycle rule of the bucket abort it after a day.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from typing import TYPE_CHECKING

import obstore
from obstore.store import S3Store

from infra.blob_settings import S3Settings
from infra.blobs import PIECE_BYTES, BlobMissing, checked, folder

if TYPE_CHECKING:
    from obstore import GetOptions
    from obstore.store import S3Config

_PART_BYTES = 8 * 1024 * 1024  # a part of a multipart upload; S3 takes no smaller than 5 MiB
_PARTS_AT_ONCE = 2  # bounds the memory of one upload


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
        )

    async def put(self, key: str, chunks: AsyncIterator[bytes]) -> int:
        written = 0

        async def counted() -> AsyncIterator[bytes]:
            nonlocal written
            async for chunk in chunks:
                written += len(chunk)
                yield chunk

        await obstore.put_async(
            self._store, checked(key), counted(), chunk_size=_PART_BYTES, max_concurrency=_PARTS_AT_ONCE
        )
        return written

    async def size(self, key: str) -> int | None:
        try:
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
            answer = await obstore.get_async(self._store, checked(key), options=options)
        except FileNotFoundError:
            raise BlobMissing(key) from None
        async for piece in answer.stream(min_chunk_size=PIECE_BYTES):
            data = bytes(piece)
            for offset in range(0, len(data), PIECE_BYTES):
                yield data[offset : offset + PIECE_BYTES]

    async def delete(self, key: str) -> None:
        try:
            await obstore.delete_async(self._store, checked(key))
        except FileNotFoundError:  # some stores tell, AWS does not
            return

    async def keys(self, prefix: str) -> list[str]:
        found: list[str] = []
        async for page in obstore.list(self._store, folder(prefix) or None):
            found += [entry["path"] for entry in page]
        return sorted(found)

    async def close(self) -> None:
        """The library's connections go with the store."""
