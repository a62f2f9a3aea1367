"""Whether a file of a first load may still be given to who asks anew: it is of an earlier instant, and a device that
takes it gets every row that lay in the view then."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import literal, select

from kernel.db import TenantSession
from kernel.entity import ScopedRow, described, table
from kernel.policy import EVERYTHING, Actor
from kernel.query import within
from kernel.tables import ChangeLog, ScopeExit
from sync.collections import Collection
from tenants.erasable import Erasable

STALE_CHANGES = 5_000  # further behind it is quicker to make it anew


async def is_given_still(
    session: TenantSession, actor: Actor, collections: Mapping[str, Collection], clock: int
) -> bool:
    """Nothing left the view since `clock` that the file would hand out once more: rows that went to others, personal
    data that was erased; and it is not far behind."""
    behind = select(ChangeLog.row_id).where(ChangeLog.tenant_id == actor.tenant_id, ChangeLog.clock > clock)
    if await session.scalar(behind.offset(STALE_CHANGES).limit(1)) is not None:
        return False
    if await _any_left(session, actor, collections, clock):
        return False
    return not await _any_erased(session, actor, collections, clock)


async def _any_left(session: TenantSession, actor: Actor, collections: Mapping[str, Collection], clock: int) -> bool:
    """Whoever views a collection everywhere loses no row of it to others."""
    exits = table(ScopeExit)
    for found in collections.values():
        held = actor.authority.prefixes(described(found.entity).view_permission)
        if not issubclass(found.entity, ScopedRow) or held == EVERYTHING:
            continue
        left = select(literal(1)).where(
            exits.c.tenant_id == actor.tenant_id,
            exits.c.clock > clock,
            exits.c.entity == described(found.entity).name,
            within(exits.c.scope_path, held),
        )
        if (await session.core(left.limit(1))).first() is not None:
            return True
    return False


async def _any_erased(session: TenantSession, actor: Actor, collections: Mapping[str, Collection], clock: int) -> bool:
    log = table(ChangeLog)
    for found in collections.values():
        if not issubclass(found.entity, Erasable):
            continue
        rows = table(found.entity)
        erased = (
            select(literal(1))
            .select_from(log.join(rows, (rows.c.tenant_id == log.c.tenant_id) & (rows.c.id == log.c.row_id)))
            .where(log.c.tenant_id == actor.tenant_id, log.c.clock > clock, rows.c.erased_at.is_not(None))
        )
        if (await session.core(erased.limit(1))).first() is not None:
            return True
    return False
