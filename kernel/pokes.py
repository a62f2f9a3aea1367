"""How a door hears that something changed in a tenant: by entity names, without content."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Protocol
from uuid import UUID


class Pokes(Protocol):
    """Filled by `server` over Redis, so that many processes serve one tenant. A lost poke costs latency only."""

    def subscribe(self, tenant_id: UUID) -> AbstractAsyncContextManager[AsyncIterator[frozenset[str]]]:
        """While entered, an iterator over the names of entities that commits touched, coalesced."""
        ...
