"""Who may export now: few exports at once in a process, one of a member, so that exports leave room for everybody's
everyday work. An export reads under one snapshot and fills a processor and a connection for seconds.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from values.errors import Busy

AT_ONCE = 2
WAIT_SECONDS = 10.0


class ExportTurns:
    """One per process. `at_once`: exports that run together; `wait_seconds`: how long another waits for its turn."""

    def __init__(self, at_once: int = AT_ONCE, wait_seconds: float = WAIT_SECONDS) -> None:
        self._wait_seconds = wait_seconds
        self._free = asyncio.Semaphore(at_once)
        self._members: set[UUID] = set()  # with an export that runs, or that waits for its turn

    @asynccontextmanager
    async def turn(self, member_id: UUID) -> AsyncIterator[None]:
        """Waits for a turn and holds it. Raises Busy: at once when the member has an export already, else in time."""
        if member_id in self._members:
            raise Busy
        self._members.add(member_id)
        try:
            try:
                await asyncio.wait_for(self._free.acquire(), self._wait_seconds)
            except TimeoutError:
                raise Busy from None
            try:
                yield
            finally:
                self._free.release()
        finally:
            self._members.discard(member_id)
