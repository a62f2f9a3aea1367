"""What the kernel's own tables keep and for how long: counting what waits, forgetting what is over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select

from kernel.db import TenantSession
from kernel.entity import table
from kernel.tables import CommandOutcome, Outbox
from server.leases import MAX_ATTEMPTS

_OUTBOX = table(Outbox)


@dataclass(frozen=True, slots=True)
class Backlog:
    """`waiting` messages are due, the oldest since `oldest_due_at`; `given_up` are tried no more."""

    waiting: int
    given_up: int
    oldest_due_at: datetime | None


async def backlog(session: TenantSession, now: datetime) -> Backlog:
    """What has not left yet."""
    open_, given_up = _OUTBOX.c.delivered_at.is_(None), _OUTBOX.c.attempts >= MAX_ATTEMPTS
    counted = select(
        func.count().filter(~given_up, _OUTBOX.c.due_at <= now),
        func.count().filter(given_up),
        func.min(_OUTBOX.c.due_at).filter(~given_up, _OUTBOX.c.due_at <= now),
    ).where(_OUTBOX.c.tenant_id == session.tenant_id, open_)
    found: Any = (await session.core(counted)).one()
    return Backlog(*found)


async def forget_delivered(session: TenantSession, before: datetime) -> int:
    """Deletes messages that left before this instant: their payloads name people. Commits; returns how many."""
    gone = delete(_OUTBOX).where(_OUTBOX.c.tenant_id == session.tenant_id, _OUTBOX.c.delivered_at < before)
    return await _deleted(session, gone)


async def forget_outcomes(session: TenantSession, before: datetime) -> int:
    """Deletes stored command outcomes older than this instant. Commits; returns how many."""
    stored = table(CommandOutcome)
    gone = delete(stored).where(stored.c.tenant_id == session.tenant_id, stored.c.created_at < before)
    return await _deleted(session, gone)


async def _deleted(session: TenantSession, statement: Any) -> int:
    count = (await session.core(statement)).rowcount
    await session.commit()
    return count
