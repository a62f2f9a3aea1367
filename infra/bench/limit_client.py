"""The bare limit's device: plain sockets, and a SQLite table with one column for each value."""

from __future__ import annotations

import asyncio
import socket
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import zstandard

_PIECE = 256 * 1024
_ROWS_AT_ONCE = 5_000


class BareReplica:
    """A device of the limit. `columns`: of a row, in the order in which it lists them; `seq` is one of them."""

    def __init__(self, path: Path, port: int, tenant_id: UUID, columns: list[str]) -> None:
        self._port, self._tenant_id, self._seq = port, tenant_id, columns.index("seq")
        self.since = self.bytes = 0
        self.db = sqlite3.connect(path, isolation_level=None)
        self.db.execute("PRAGMA journal_mode = WAL")
        self.db.execute("PRAGMA synchronous = NORMAL")
        self.db.execute("PRAGMA cache_size = -65536")
        listed = ", ".join(f'"{name}"' + (" PRIMARY KEY" if name == "id" else "") for name in columns)
        self.db.execute(f"CREATE TABLE IF NOT EXISTS customer ({listed})")
        self._insert = f"INSERT OR REPLACE INTO customer VALUES ({','.join('?' * len(columns))})"

    def load(self) -> int:
        """The first load; how many rows came."""
        unpack, cut, lines, count = zstandard.ZstdDecompressor().decompressobj(), b"", list[bytes](), 0
        for piece in self._body(f"/snapshot?t={self._tenant_id}"):
            unpacked = unpack.decompress(piece)
            if unpacked:
                *whole, cut = (cut + unpacked).split(b"\n")
                lines += whole
            while len(lines) >= _ROWS_AT_ONCE:
                count += self.put_lines(lines[:_ROWS_AT_ONCE])
                del lines[:_ROWS_AT_ONCE]
        return count + self.put_lines(lines)

    async def pull(self) -> int:
        """What changed since; how many rows."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port, limit=1 << 24)
        writer.write(_request(f"/pull?t={self._tenant_id}&since={self.since}"))
        answer = await reader.read(-1)
        writer.close()
        self.bytes += len(answer)
        body = zstandard.ZstdDecompressor().decompressobj().decompress(answer.split(b"\r\n\r\n", 1)[1])
        return self.put_lines(body.splitlines())

    def put_lines(self, lines: list[bytes]) -> int:
        return self.put(msgspec.json.decode(b"[" + b",".join(lines) + b"]"))

    def put(self, rows: list[list[Any]]) -> int:
        """Writes whole rows in one transaction."""
        self.db.execute("BEGIN")
        self.db.executemany(self._insert, rows)
        self.db.execute("COMMIT")
        self.since = max(self.since, max((row[self._seq] for row in rows), default=0))
        return len(rows)

    def close(self) -> None:
        self.db.close()

    def _body(self, path: str) -> Iterator[bytes]:
        with socket.create_connection(("127.0.0.1", self._port)) as connection:
            connection.sendall(_request(path))
            file = connection.makefile("rb", _PIECE)
            if b" 200 " not in file.readline():
                raise RuntimeError(path)
            while (line := file.readline()) != b"\r\n":
                self.bytes += len(line)
            while size := int(file.readline(), 16):
                self.bytes += size
                yield file.read(size)
                file.readline()


def _request(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n".encode()
