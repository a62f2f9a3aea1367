"""What changed between two values of the tenant clock, as one member may hear of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, and_, false, not_, or_, select

from infra.questions import Question, rows_as
from kernel.db import TenantContext, TenantSession
from kernel.entity import ScopedRow, described, table
from kernel.policy import EVERYTHING, Actor
from kernel.query import within
from kernel.tables import ChangeLog, ScopeExit
from sync.collections import Collection
from sync.views import View
from tenants.device_entities import InboxEntry
from tenants.inbox_reach import entries_about

_CHANGES = """
SELECT entity, op, scope_path, max(clock) AS clock, string_agg(row_id::text, ',') AS ids
FROM (
    SELECT entity, op, scope_path, clock, row_id FROM app.change_log
    WHERE tenant_id = %s AND clock > %s AND clock <= %s ORDER BY clock FETCH FIRST (%s) ROWS WITH TIES
) AS logged
GROUP BY entity, op, scope_path
"""
_EXITS = """
SELECT entity, scope_path, clock, row_id AS ids FROM app.scope_exit
WHERE tenant_id = %s AND clock > %s AND clock <= %s
"""
_ANY_ENTRY = "SELECT id FROM app.inbox_entry WHERE tenant_id = %s LIMIT 1"


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


class _Moved(msgspec.Struct, frozen=True):
    """What the log has of one place, up to `clock`, or one row that left it (`op` is empty). `ids`: with commas."""

    entity: str
    scope_path: str
    clock: int
    ids: str
    op: str = ""


def _moved(rows: str | None) -> list[_Moved]:
    return rows_as(_Moved, rows)


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
    tenant_id, inbox = actor.tenant_id, any(c.entity is InboxEntry for c in collections.values())
    changes = Question(_CHANGES, [tenant_id, after, now, limit], _moved)
    exits = Question(_EXITS, [tenant_id, after, now], _moved)
    entries = Question(_ANY_ENTRY, [tenant_id], bool) if inbox else None
    places, left, any_entry = await session.ask(changes, exits, entries)
    written: list[str] = []
    for place in places:
        ids, name = place.ids.split(","), names.get(place.entity)
        written += ids
        if name is None or not _in_view(actor, collections[name], place.scope_path):
            continue
        changed = found.by_collection[name]
        if place.op == "put":
            changed.written += ids
        else:
            changed.gone.update(ids)
    if len(written) >= limit:
        found.upto = min(now, max(place.clock for place in places))
    left = [place for place in left if place.clock <= found.upto]
    _add_exits(actor, collections, names, found, left)
    if any_entry:
        await _add_entries(session, actor, collections, found, {*written, *(place.ids for place in left)})
    return found


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


def _add_exits(
    actor: Actor, collections: Mapping[str, Collection], names: Mapping[str, str], found: Span, left: Sequence[_Moved]
) -> None:
    """Rows that left a path which the member views: one of theirs, or of no matter whom they see."""
    for place in left:
        name = names.get(place.entity)
        if (
            name is not None
            and issubclass(collections[name].entity, ScopedRow)
            and _in_view(actor, collections[name], place.scope_path)
        ):
            found.by_collection[name].gone.add(place.ids)


async def _add_entries(
    session: TenantSession, actor: Actor, collections: Mapping[str, Collection], found: Span, moved: set[str]
) -> None:
    """Inbox entries about rows that changed: where one came into sight, or left it, its entries show something else,
    though nobody edited them."""
    inbox = next(name for name, c in collections.items() if c.entity is InboxEntry)
    changed = found.by_collection[inbox]
    about = {str(entry) for entry in await entries_about(session, actor, set(map(UUID, moved)))}
    changed.written += sorted(about - set(changed.written))


def _in_view(actor: Actor, found: Collection, path: str) -> bool:
    held = actor.authority.prefixes(described(found.entity).view_permission)
    return path == "" or held == EVERYTHING or any(path.startswith(prefix) for prefix in held)
