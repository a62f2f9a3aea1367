"""Emptying a company's recycle bin, as a job does every night."""

from __future__ import annotations

from uuid import UUID

from kernel.command import command_named
from kernel.engine import Engine
from kernel.policy import Actor, Authority
from modules.party.commands.empty_recycle_bin import EmptyRecycleBin, RecycleBinEmptied


async def purge_recycle_bin(engine: Engine, tenant_id: UUID) -> int:
    """Deletes for good what was archived more than 30 days ago by the engine's clock; returns the number of rows.

    One transaction per 400 rows, so that nobody waits for it.
    """
    actor, command, gone = Actor(tenant_id, None, Authority()), command_named("party.empty_recycle_bin"), 0
    while True:
        outcome = await engine.executor.run_internal(actor, command, EmptyRecycleBin())
        batch: RecycleBinEmptied = outcome.value
        if batch.customers + batch.contacts == 0:
            return gone
        gone += batch.customers + batch.contacts
