"""Tombstones and scope exits end with time: nobody who was away for so long is told of each, they load afresh.

A clock value says nothing about time, so a mark a day remembers which value the clock had. The horizon moves with what
is deleted, in the same transaction: a cursor behind it no longer fits (`sync.pull`). A device's queue is never touched.
"""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import structlog
from sqlalchemy import Select, delete, select, update

from kernel.db import TenantContext, TenantSession
from kernel.engine import Engine
from kernel.tables import ChangeLog, ScopeExit, TenantClock

log = structlog.get_logger()
TOMBSTONES_KEPT = timedelta(days=100)
_AT_ONCE = 10_000


async def compact(engine: Engine, tenant_id: UUID) -> int:
    """Marks today's clock and deletes what lies behind the horizon, some thousand rows a transaction; how many.

    May be called at any time and again.
    """
    total = 0
    while True:
        async with engine.database.tenant(TenantContext(tenant_id).wide()) as session:
            horizon = await _marked(session, engine.clock.now().date())
            gone = await _deleted(session, horizon) if horizon is not None else 0
            await session.commit()
        total += gone
        if gone == 0:
            break
    if total:
        log.info("sync.compacted", rows=total)
    return total


async def _marked(session: TenantSession, today: date) -> int | None:
    """Writes the day's mark; the clock value before which everything is old, None while there is none."""
    here = TenantClock.tenant_id == session.tenant_id
    told = select(TenantClock.value, TenantClock.marks).where(here).with_for_update()
    row = (await session.core(told)).one()
    oldest = (today - TOMBSTONES_KEPT).isoformat()
    old = [value for day, value in row.marks.items() if day < oldest]
    marks = {day: value for day, value in row.marks.items() if day >= oldest} | {today.isoformat(): row.value}
    if old:  # kept until all behind it is deleted: the next call goes on from here
        marks |= {day: value for day, value in row.marks.items() if value == max(old)}
    if marks != row.marks:
        await session.core(update(TenantClock).where(here).values(marks=marks))
    return max(old) if old else None


async def _deleted(session: TenantSession, horizon: int) -> int:
    """Deletes the oldest tombstones and exits up to the horizon, and moves the tenant's horizon to what is gone."""
    dead = (ChangeLog.tenant_id == session.tenant_id, ChangeLog.op == "remove")
    left = ScopeExit.tenant_id == session.tenant_id
    upto = min(
        await _cut(session, select(ChangeLog.clock).where(*dead, ChangeLog.clock <= horizon), horizon),
        await _cut(session, select(ScopeExit.clock).where(left, ScopeExit.clock <= horizon), horizon),
    )
    gone = (await session.core(delete(ChangeLog).where(*dead, ChangeLog.clock <= upto))).rowcount
    gone += (await session.core(delete(ScopeExit).where(left, ScopeExit.clock <= upto))).rowcount
    if gone:
        here = TenantClock.tenant_id == session.tenant_id
        await session.core(update(TenantClock).where(here, TenantClock.horizon < upto).values(horizon=upto))
    return gone


async def _cut(session: TenantSession, clocks: Select[int], horizon: int) -> int:
    """Up to where one transaction deletes: whole clock values."""
    found = await session.core(clocks.order_by(clocks.selected_columns[0]).offset(_AT_ONCE).limit(1))
    cut = found.scalar_one_or_none()
    return horizon if cut is None else int(cut)
