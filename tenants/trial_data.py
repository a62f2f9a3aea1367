"""Clearing what was tried out: business transactions go, master data stays; then other rooms clear what was theirs.

A module says which of its entities are transactions: `Entity(transactional=True)`. Customers, contacts, tags, fields
and people are master data. Rows go in transactions of at most 1,000, each with tombstones and audit.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from kernel.command import Input, command_named
from kernel.context import Context
from kernel.engine import Engine
from kernel.entity import Base, TenantRow, described, entities, table
from kernel.policy import Actor, Authority
from tenants.references import unreferenced
from tenants.removing import delete_for_good

TOPIC = "tenants.clear_trial_rows"
ROWS_PER_TRANSACTION = 1000
ROOM_FOR_OTHERS = 500  # rows of the last transaction that leave room for what other rooms clear in it
BUDGET_SECONDS = 20.0  # of a job, below what the outbox allows a handler


class ClearTrialRows(Input, frozen=True, kw_only=True):
    """Rows made before `made_before` go. `hand_over`: leave a message for what this transaction does not reach."""

    made_before: datetime
    hand_over: bool = False


def transactional_entities() -> Iterator[type[TenantRow]]:
    """The entities whose rows are transactions, those that refer to others first."""
    order = [found.name for found in Base.metadata.sorted_tables]
    found = [entity for entity in entities() if described(entity).transactional]
    yield from sorted(found, key=lambda entity: order.index(table(entity).name), reverse=True)


async def clear_batch(ctx: Context, made_before: datetime, limit: int = ROWS_PER_TRANSACTION) -> tuple[int, bool]:
    """Deletes up to `limit` rows; how many went, and whether nothing is left."""
    left = limit
    for entity in transactional_entities():
        if left == 0:
            break
        rows = await ctx.session.scalars(
            select(entity)
            # What was made since may refer to a row: then both stay.
            .where(entity.tenant_id == ctx.tenant_id, entity.created_at < made_before, unreferenced(entity))
            .order_by(entity.id)
            .limit(left)
            .with_for_update()
        )
        left -= await delete_for_good(ctx, rows)
    return limit - left, left > 0


async def clear_trial_rows(
    engine: Engine, tenant_id: UUID, payload: dict[str, Any], *, budget_seconds: float = BUDGET_SECONDS
) -> int:
    """The job behind the outbox message: one transaction after the other; returns how many. May be run again."""
    made_before, until = datetime.fromisoformat(str(payload["madeBefore"])), time.monotonic() + budget_seconds
    transactions = 0
    while True:
        last = time.monotonic() >= until
        data = ClearTrialRows(made_before=made_before, hand_over=last)
        system = Actor(tenant_id, None, Authority())
        outcome = await engine.executor.run_internal(system, command_named("tenants.clear_trial_rows"), data)
        transactions += 1
        if last or (outcome.result or {}).get("done"):
            return transactions
