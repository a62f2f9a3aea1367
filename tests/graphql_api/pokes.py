"""When a socket listens: nothing tells a test, so it looks at the subscribers of this process."""

from __future__ import annotations

import asyncio
from uuid import UUID

from server.pokes import RedisPokes


def listening(pokes: RedisPokes, tenant_id: UUID) -> int:
    """How many sockets of this process wait for the tenant's changes."""
    return len(pokes._listeners.get(f"poke:{tenant_id}", ()))


async def until_listening(pokes: RedisPokes, tenant_id: UUID, number: int) -> None:
    async with asyncio.timeout(30):
        while listening(pokes, tenant_id) != number:  # noqa: ASYNC110 — nothing signals it
            await asyncio.sleep(0.01)
