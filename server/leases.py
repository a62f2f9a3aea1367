"""The outbox seen by those who deliver it: taking due messages on lease, and writing down what became of them.

A lease, not a lock, covers the delivery: no transaction stays open while a mail server thinks. Who dies between the
lease and the mark delivers again when the lease is over, so every message leaves at least once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from kernel.db import TenantSession
from kernel.entity import table
from kernel.tables import Outbox

MAX_ATTEMPTS = 20  # then nobody tries any more and an operator looks at `last_error`
LEASE = timedelta(minutes=10)
_OUTBOX = table(Outbox)


@dataclass(frozen=True, slots=True)
class Leased:
    """A message that is ours to deliver until the lease ends. `attempts` counts this one."""

    id: UUID
    topic: str
    payload: dict[str, Any]
    attempts: int


async def claim(session: TenantSession, now: datetime, limit: int = 10) -> list[Leased]:
    """Leases the oldest due messages that nobody else is taking, and commits."""
    due = (
        select(_OUTBOX.c.id)
        .where(_OUTBOX.c.tenant_id == session.tenant_id, _OUTBOX.c.delivered_at.is_(None))
        .where(_OUTBOX.c.due_at <= now, _OUTBOX.c.attempts < MAX_ATTEMPTS)
        .order_by(_OUTBOX.c.due_at, _OUTBOX.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    ids = list((await session.core(due)).scalars())
    leased = (
        update(_OUTBOX)
        .where(_OUTBOX.c.tenant_id == session.tenant_id, _OUTBOX.c.id.in_(ids))
        .values(attempts=_OUTBOX.c.attempts + 1, due_at=now + LEASE)
        .returning(_OUTBOX.c.id, _OUTBOX.c.topic, _OUTBOX.c.payload, _OUTBOX.c.attempts)
    )
    rows = {row.id: row for row in await session.core(leased)} if ids else {}
    await session.commit()
    return [Leased(row.id, row.topic, row.payload, row.attempts) for row in (rows[found] for found in ids)]


async def mark_delivered(session: TenantSession, message_id: UUID, now: datetime) -> None:
    """The message has left."""
    await _mark(session, message_id, delivered_at=now, last_error=None)


async def mark_failed(session: TenantSession, message_id: UUID, error: str, retry_at: datetime | None) -> None:
    """The message has not left. `error` names no person; `retry_at` None: trying again cannot help."""
    if retry_at is None:
        await _mark(session, message_id, last_error=error[:500], attempts=MAX_ATTEMPTS)
    else:
        await _mark(session, message_id, last_error=error[:500], due_at=retry_at)


async def _mark(session: TenantSession, message_id: UUID, **values: Any) -> None:
    mine = (_OUTBOX.c.tenant_id == session.tenant_id) & (_OUTBOX.c.id == message_id)
    await session.core(update(_OUTBOX).where(mine).values(**values))
    await session.commit()
