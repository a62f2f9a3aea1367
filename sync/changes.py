"""What changed between two values of the tenant clock, as one member may hear of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, not_, or_, select

from infra.questions import Selection
from kernel.db import TenantContext, TenantSession
from kernel.entity import ScopedRow, described, table
from kernel.policy import EVERYTHING, Actor
from kernel.query import within
from kernel.tables import ChangeLog, ScopeExit
from sync.collections import Collection
from sync.views import View
from tenants.device_entities import InboxEntry
from tenants.inbox_reach import entries_about

_LOGGED = """
SELECT entity, op, scope_path, max(clock), string_agg(row_id::text, ',')
FROM (
    SELECT entity, op, scope_path, clock, row_id FROM app.change_log
    WHERE tenant_id = %s AND clock > %s AND clock <= %s ORDER BY clock FETCH FIRST %s ROWS WITH TIES
) AS logged
GROUP BY entity, op, scope_path
"""


@dataclass(slots=True)
class Changed:
    """Of one collection: ids that were written, and ids that were deleted or left a path that the member views. As the
    rows spell them: thousands at a time, and nobody here looks into one."""

    written: list[str] = field(default_factory=list)
    gone: set[str] = field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.written or self.gone)


@dataclass(slots=True)
class Span:
    """The changes in (after, upto], whole transactions. `upto` is short of what was asked for when the limit cut it."""

    upto: int
    by_collection: dict[str, Changed]


async def span(
    session: TenantSession, actor: Actor, collections: Mapping[str, Collection], after: int, now: int, limit: int
) -> Span:
    """Reads at most `limit` changes, plus what belongs to the last one's transaction.

    They come in a line for each place: what is looked at is the place, and many small rows are slow to receive.
    """
    found = Span(now, {name: Changed() for name in collections})
    if after >= now:
        return found
    names = {described(c.entity).name: name for name, c in collections.items()}
    moved: list[str] = []
    last = 0
    for entity, op, path, clock, listed in await session.select(_logged(actor.tenant_id, after, now, limit)):
        ids, name = listed.split(","), names.get(entity)
        moved += ids
        last = max(last, clock)
        if name is None or not _in_view(actor, collections[name], path):
            continue
        changed = found.by_collection[name]
        if op == "put":
            changed.written += ids
        else:
            changed.gone.update(ids)
    if len(moved) >= limit:
        found.upto = min(now, last)
    await _add_exits(session, actor, collections, names, found, after)
    if any(c.entity is InboxEntry for c in collections.values()):
        await _add_entries(session, actor, collections, found, after, moved)
    return found


def _logged(tenant_id: UUID, after: int, now: int, limit: int) -> Selection[list[tuple[str, str, str, int, str]]]:
    """(entity, op, path, last clock, ids) of what the log has; a row stands in it once."""
    return Selection(_LOGGED, [tenant_id, after, now, limit], lambda rows: rows)


async def lost_rows(
    session: TenantSession, actor: Actor, found: Collection, held: View, now: View, after: int, limit: int
) -> set[UUID] | None:
    """Ids that a device may hold of what it is to lose: rows under `held` and not under `now`; None beyond `limit`.

    They lie outside what the member may see, so this looks tenant-wide, for ids alone, and only where the device was
    allowed to look before.
    """
    entity = described(found.entity).name
    lost = within_view(table(ChangeLog).c.scope_path, held, now)
    left = within_view(table(ScopeExit).c.scope_path, held, now)
    log, exits = table(ChangeLog), table(ScopeExit)
    ids: set[UUID] = set()
    async with seen_widely(session):
        # The log has every row once, where it lies now, tombstones included.
        statement = select(log.c.row_id).where(
            log.c.tenant_id == actor.tenant_id,
            log.c.entity == entity,
            lost,
            or_(log.c.op == "put", log.c.clock > after),
        )
        ids.update((await session.core(statement.limit(limit + 1))).scalars())
        gone = select(exits.c.row_id).where(
            exits.c.tenant_id == actor.tenant_id, exits.c.clock > after, exits.c.entity == entity, left
        )
        ids.update((await session.core(gone.limit(limit + 1))).scalars())
    return ids if len(ids) <= limit else None


def within_view(path: Any, held: View, now: View) -> ColumnElement[bool]:
    """The path lies under `held` and not under `now`."""
    inside = within(path, now.prefixes) if now.prefixes else false()
    return and_(within(path, held.prefixes), not_(inside))


@asynccontextmanager
async def seen_widely(session: TenantSession) -> AsyncIterator[None]:
    """The same snapshot without the member's narrowing, of the same tenant."""
    connection = await session.raw()
    wide = TenantContext(session.tenant_id, session.context.member_id).wide()
    await connection.execute(wide.statements().encode())
    try:
        yield
    finally:
        await connection.execute(session.context.statements().encode())


async def _add_exits(
    session: TenantSession,
    actor: Actor,
    collections: Mapping[str, Collection],
    names: Mapping[str, str],
    found: Span,
    after: int,
) -> None:
    """Rows that left a path which the member views: one of theirs, or of no matter whom they see."""
    exits = table(ScopeExit)
    scoped = [described(c.entity).name for c in collections.values() if issubclass(c.entity, ScopedRow)]
    if not scoped:
        return
    statement = select(exits.c.entity, exits.c.row_id, exits.c.scope_path).where(
        exits.c.tenant_id == actor.tenant_id,
        exits.c.clock > after,
        exits.c.clock <= found.upto,
        exits.c.entity.in_(scoped),
    )
    for row in await session.core(statement):
        name = names[row.entity]
        if _in_view(actor, collections[name], row.scope_path):
            found.by_collection[name].gone.add(str(row.row_id))


async def _add_entries(
    session: TenantSession,
    actor: Actor,
    collections: Mapping[str, Collection],
    found: Span,
    after: int,
    logged: Sequence[str],
) -> None:
    """Inbox entries about rows that changed: where one came into sight, or left it, its entries show something else,
    though nobody edited them."""
    inbox = next(name for name, c in collections.items() if c.entity is InboxEntry)
    own = table(InboxEntry)
    if (await session.core(select(own.c.id).where(own.c.tenant_id == actor.tenant_id).limit(1))).first() is None:
        return
    exits = table(ScopeExit)
    moved = set(map(UUID, logged))
    statement = select(exits.c.row_id).where(
        exits.c.tenant_id == actor.tenant_id, exits.c.clock > after, exits.c.clock <= found.upto
    )
    moved.update((await session.core(statement)).scalars())
    changed = found.by_collection[inbox]
    about = {str(entry) for entry in await entries_about(session, actor, moved)}
    changed.written += sorted(about - set(changed.written))


def _in_view(actor: Actor, found: Collection, path: str) -> bool:
    held = actor.authority.prefixes(described(found.entity).view_permission)
    return path == "" or held == EVERYTHING or any(path.startswith(prefix) for prefix in held)
