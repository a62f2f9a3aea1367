"""What a door needs to reach the rules: the pools, the executor, the clock, the keys. Built once per process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace

from kernel.db import Database, TenantSession
from kernel.executor import Executor
from kernel.policy import Actor
from kernel.query import reading_context
from values.clock import Clock
from values.keyring import KeyRing


@dataclass(frozen=True, slots=True)
class Engine:
    """The process's running parts below any door."""

    database: Database
    executor: Executor
    clock: Clock
    keys: KeyRing

    @asynccontextmanager
    async def holding(self) -> AsyncIterator[Engine]:
        """The same engine on one connection, for a caller with many transactions, one after another."""
        async with self.database.holding() as database:
            yield replace(self, database=database, executor=self.executor.on(database))

    def reading(self, actor: Actor, *, snapshot: bool = False) -> AbstractAsyncContextManager[TenantSession]:
        """A read transaction under the member's own rights and scope."""
        return self.database.tenant(reading_context(actor), snapshot=snapshot)
