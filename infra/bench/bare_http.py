"""HTTP/1.1 over a plain socket with prepared bytes: what asks must not take the cores from what is measured."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import zstandard

from infra.bench.firms import Device


def prepared(device: Device, door: str, body: dict[str, Any]) -> bytes:
    """A request of a device at a door of sync, as bytes."""
    content = json.dumps({"deviceId": device.id, **body}).encode()
    head = (
        f"POST /sync/v1/{door} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {device.token}\r\n"
        f"Accept-Encoding: zstd\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


class Line:
    """One connection, kept; one request at a time. Made anew where the other end has closed it."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        """Status and body of the answer. Raises OSError."""
        if self._streams is not None and self._streams[0].at_eof():
            self.close()
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._host, self._port)
        reader, writer = self._streams
        try:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            told = {name.lower(): value for name, _, value in (line.partition(b": ") for line in head.split(b"\r\n"))}
            body = await reader.readexactly(int(told[b"content-length"]))
            packed = told.get(b"content-encoding") == b"zstd"
            return int(head[9:12]), zstandard.decompress(body) if packed else body
        except (OSError, asyncio.IncompleteReadError) as gone:
            self.close()
            raise OSError("the connection is gone") from gone

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
        self._streams = None
