"""Reads that many subscriptions want at the same moment: done once, few at a time, and again when the pool was empty.

One change wakes every subscription of its company. Were each to read for itself, one member with many sockets would
hold all of the process's connections, and another company would wait.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Any

import structlog
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from graphql_api.turns import Turns
from kernel.policy import Actor
from values.errors import Busy

PROCESS_READS, TENANT_READS, MEMBER_READS = 5, 2, 1
# What passes by itself: an empty pool, a statement that was stopped, a database that restarts.
PASSING = (PoolTimeout, OperationalError, Busy)
_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS, _TURN_SECONDS = 1.0, 15.0, 10.0
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Answer:
    """What was read. `late`: not at the first attempt, so the reader may have missed what happened meanwhile."""

    value: Any
    late: bool


@dataclass(slots=True, eq=False)
class _Shared:
    task: asyncio.Task[Answer] | None = None
    wanted: int = 0


class SharedReads:
    """The reads of one process' subscriptions."""

    def __init__(self) -> None:
        self._turns = Turns(TENANT_READS, MEMBER_READS)
        self._process = asyncio.Semaphore(PROCESS_READS)
        self._ahead: dict[Hashable, _Shared] = {}  # not begun yet: what begins later sees all that is committed now

    async def read(self, key: Hashable, actor: Actor, work: Callable[[], Awaitable[Any]]) -> Answer:
        """The answer of `work`, begun after this call. Whoever asks under the same key before it begins shares it.

        Waits as long as the database is busy; what `work` raises otherwise is raised to everybody who shares it.
        """
        shared = self._ahead.get(key)
        if shared is None:
            shared = self._ahead[key] = _Shared()
            shared.task = asyncio.create_task(self._patiently(key, shared, actor, work))
        assert shared.task is not None
        shared.wanted += 1
        try:
            return await asyncio.shield(shared.task)
        finally:
            shared.wanted -= 1
            if not shared.wanted:
                self._begin(key, shared)
                shared.task.cancel()

    async def _patiently(
        self, key: Hashable, shared: _Shared, actor: Actor, work: Callable[[], Awaitable[Any]]
    ) -> Answer:
        pause, late = _PAUSE_SECONDS, False
        while True:
            try:
                turn = await self._turns.take(actor, _TURN_SECONDS)
                try:
                    async with self._process:
                        self._begin(key, shared)
                        return Answer(await work(), late)
                finally:
                    self._turns.give_back(turn)
            except PASSING as wrong:
                _log.warning("graphql_api.changes_read_later", reason=type(wrong).__name__, pause_seconds=pause)
            self._ahead.setdefault(key, shared)
            await asyncio.sleep(pause)
            pause, late = min(pause * 2, _LONGEST_PAUSE_SECONDS), True

    def _begin(self, key: Hashable, shared: _Shared) -> None:
        """From here on nobody joins."""
        if self._ahead.get(key) is shared:
            del self._ahead[key]
