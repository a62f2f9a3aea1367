"""The bare limit's server: what no sync engine on this stack can beat. Bare ASGI, psycopg's COPY through zstd, RLS on.

It is a floor and no peer: one table, a plain sequence as cursor (which loses rows of transactions that commit late),
no deletes, no devices, no sign-in. `limit_client` talks to it, `limit_tables` fills it.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

import psycopg
import zstandard
from psycopg_pool import AsyncConnectionPool

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

_LEVEL = 1
_AT_ONCE = 128 * 1024  # bytes that are compressed together
_ROW = f"json_build_array({', '.join(os.environ.get('LIMIT_COLUMNS', 'id').split(','))})::text"
# JSON never holds these two signs, so a row comes out of COPY as it is.
_SNAPSHOT = rf"COPY (SELECT {_ROW} FROM bench.customer c) TO STDOUT (FORMAT csv, QUOTE E'\x01', DELIMITER E'\x02')"
_SINCE = (
    f"SELECT string_agg({_ROW}, E'\\n' ORDER BY seq) || E'\\n' FROM bench.customer c WHERE tenant_id = %s AND seq > %s"
)
_NEWS = f"SELECT seq, {_ROW} FROM bench.customer c WHERE tenant_id = %s AND seq > %s ORDER BY seq LIMIT 5000"
_LAST = "SELECT max(seq) FROM bench.customer WHERE tenant_id = %s"
_CONTEXT = "SELECT set_config('app.tenant_id', %s, true)"


class _Limit:
    """The process's pool and sockets."""

    def __init__(self) -> None:
        self.pool: AsyncConnectionPool[Any]
        self.sockets: set[tuple[str, Send]] = set()
        self.listening: asyncio.Task[None] | None = None
        self.last: dict[str, int] = {}

    async def start(self) -> None:
        dsn = os.environ["LIMIT_DATABASE"]
        self.pool = AsyncConnectionPool(dsn, min_size=4, max_size=16, open=False, kwargs={"autocommit": True})
        await self.pool.open(wait=True)
        self.listening = asyncio.create_task(self._listen(dsn))

    async def stop(self) -> None:
        if self.listening is not None:
            self.listening.cancel()
        await self.pool.close()

    async def _listen(self, dsn: str) -> None:
        """One connection listens, and one question a wake-up serves all sockets of the tenant."""
        async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as listening:
            await listening.execute("LISTEN bench_changes")
            async for notice in listening.notifies():
                await self._tell(notice.payload)

    async def _tell(self, tenant: str) -> None:
        async with self.pool.connection() as connection, connection.transaction():
            await connection.execute(_CONTEXT, (tenant,))
            found = await connection.execute(_NEWS, (tenant, self.last[tenant]))
            rows = await found.fetchall()
        if not rows:
            return
        self.last[tenant] = rows[-1][0]
        message = "[" + ",".join(row[1] for row in rows) + "]"
        sends = [send for of, send in self.sockets if of == tenant]
        await asyncio.gather(*(send({"type": "websocket.send", "text": message}) for send in sends))

    async def socket(self, tenant: str, receive: Receive, send: Send) -> None:
        await receive()
        if tenant not in self.last:
            async with self.pool.connection() as connection, connection.transaction():
                await connection.execute(_CONTEXT, (tenant,))
                [self.last[tenant]] = await (await connection.execute(_LAST, (tenant,))).fetchone() or (0,)
        me = (tenant, send)
        self.sockets.add(me)
        await send({"type": "websocket.accept"})
        while (await receive())["type"] != "websocket.disconnect":
            pass
        self.sockets.discard(me)

    async def snapshot(self, tenant: str, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        packer, waiting, size = zstandard.ZstdCompressor(level=_LEVEL).compressobj(), list[bytes](), 0
        async with self.pool.connection() as connection, connection.transaction(), connection.cursor() as cursor:
            await cursor.execute(_CONTEXT, (tenant,))
            async with cursor.copy(_SNAPSHOT.encode()) as copy:
                async for data in copy:
                    waiting.append(bytes(data))
                    size += len(data)
                    if size > _AT_ONCE:
                        packed = packer.compress(b"".join(waiting))
                        waiting.clear()
                        size = 0
                        if packed:
                            await send({"type": "http.response.body", "body": packed, "more_body": True})
        await send({"type": "http.response.body", "body": packer.compress(b"".join(waiting)) + packer.flush()})

    async def pull(self, tenant: str, since: int, send: Send) -> None:
        async with self.pool.connection() as connection, connection.pipeline(), connection.transaction():
            await connection.execute(_CONTEXT, (tenant,))
            found = await connection.execute(_SINCE, (tenant, since))
            row = await found.fetchone()
        body = zstandard.compress(((row and row[0]) or "").encode(), _LEVEL)
        headers = [(b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


_LIMIT = _Limit()


async def app(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """`/snapshot`, `/pull` and the socket; `t` is the tenant, `since` the last sequence number known."""
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
        return
    text = scope["query_string"]
    given = parse_qs(text.decode() if isinstance(text, bytes) else text)
    tenant = str(UUID(given["t"][0]))
    if scope["type"] == "websocket":
        await _LIMIT.socket(tenant, receive, send)
    elif scope["path"] == "/snapshot":
        await _LIMIT.snapshot(tenant, send)
    else:
        await _LIMIT.pull(tenant, int(given["since"][0]), send)


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            await _LIMIT.start()
            await send({"type": "lifespan.startup.complete"})
        else:
            await _LIMIT.stop()
            await send({"type": "lifespan.shutdown.complete"})
            return
