"""Pokes inside one process, for tests that move them by hand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID


class LocalPokes:
    """The kernel's Pokes without Redis: what is poked arrives at every subscriber of the tenant."""

    def __init__(self) -> None:
        self._queues: dict[UUID, list[asyncio.Queue[frozenset[str]]]] = {}

    async def committed(self, tenant_id: UUID, entities: frozenset[str], topics: frozenset[str]) -> None:
        del topics
        for queue in self._queues.get(tenant_id, []):
            queue.put_nowait(entities)

    @asynccontextmanager
    async def subscribe(self, tenant_id: UUID) -> AsyncIterator[AsyncIterator[frozenset[str]]]:
        queue: asyncio.Queue[frozenset[str]] = asyncio.Queue()
        self._queues.setdefault(tenant_id, []).append(queue)
        try:
            yield _drained(queue)
        finally:
            self._queues[tenant_id].remove(queue)

    def listening(self, tenant_id: UUID) -> int:
        return len(self._queues.get(tenant_id, []))


async def _drained(queue: asyncio.Queue[frozenset[str]]) -> AsyncIterator[frozenset[str]]:
    while True:
        yield await queue.get()
