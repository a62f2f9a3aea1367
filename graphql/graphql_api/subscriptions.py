"""`changes(entity)`: what changed, within the member's scope, without content: a client reads again what it shows."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any
from weakref import WeakKeyDictionary

import strawberry
from sqlalchemy import Select, literal, or_, select, text
from strawberry import UNSET
from strawberry.types.info import Info

from graphql_api.errors import STATEMENT_SECONDS, one_of
from graphql_api.request import Request
from graphql_api.scalars import BigInt, maybe
from graphql_api.shared_reads import Answer, SharedReads
from kernel.db import TenantSession
from kernel.engine import Engine
from kernel.entity import Wall, described, entities, entity_named
from kernel.policy import EVERYTHING, Actor
from kernel.query import reading_context, within
from kernel.tables import ChangeLog, ScopeExit, TenantClock
from values.errors import InvalidInput, PermissionDenied

# A client that falls further behind is told so once, and reads its lists again.
_MAX_BEHIND = 500


@strawberry.type(description="变更通知 / One changed row; op is put, remove, or reset when too much changed to list")
class ChangeNotice:
    entity: str
    id: strawberry.ID | None
    op: str
    clock: BigInt


def subscription_fields() -> dict[str, Any]:
    """`changes(entity: [String!])`."""
    return {
        "changes": strawberry.subscription(
            resolver=_changes, description="实时变更，仅限本人数据范围 / What changes, within your own scope"
        )
    }


# Of each process' parts: what is woken together reads together.
_SHARED: WeakKeyDictionary[Any, SharedReads] = WeakKeyDictionary()


async def _changes(info: Any, entity: Any = UNSET) -> AsyncIterator[ChangeNotice]:
    request: Request = info.context
    names = _watched(request.actor, entity)
    assert request.pokes is not None  # only the socket's door comes here, and it has them
    reads = _SHARED.setdefault(request.pokes, SharedReads())
    async with request.pokes.subscribe(request.actor.tenant_id) as pokes:
        begun = await _clock(request, reads)
        since: int = begun.value
        if begun.late:  # the client may have read its lists before the clock from which it is told
            for notice in _reset(sorted(names), since):
                yield notice
        async for touched in pokes:
            if touched and not names & touched:  # an empty set: something may have been missed
                continue
            found, since = await _since(request, reads, names, since)
            for notice in found:
                yield notice


_changes.__annotations__ = {
    "info": Info,
    "entity": maybe(list[str]),
    "return": AsyncIterator[ChangeNotice],
}


def _watched(actor: Actor, asked: Sequence[str] | None) -> frozenset[str]:
    """The entity names to watch: those asked for, or all that the member may view."""
    if not asked:
        held = (described(found) for found in entities())
        return frozenset(about.name for about in held if about.tracked and actor.authority.holds(about.view_permission))
    for name in asked:
        try:
            about = described(entity_named(name))
        except LookupError:
            raise InvalidInput(field="entity", problem=_allowed(actor)) from None
        if not actor.authority.holds(about.view_permission):
            raise PermissionDenied(permission=about.view_permission)
    return frozenset(asked)


def _allowed(actor: Actor) -> str:
    known = [about.name for about in map(described, entities()) if about.tracked]
    return one_of(sorted(known), english=actor.language.startswith("en"))


async def _clock(request: Request, reads: SharedReads) -> Answer:
    """The clock's value now, the same for everybody in the company."""
    engine, actor = request.engine, request.actor

    async def read() -> int:
        async with engine.reading(actor) as session:
            return await _now(session)

    return await reads.read(("clock", actor.tenant_id), actor, read)


async def _now(session: TenantSession) -> int:
    found = await session.core(select(TenantClock.value).where(TenantClock.tenant_id == session.tenant_id))
    return int(found.scalar_one_or_none() or 0)


async def _since(
    request: Request, reads: SharedReads, names: frozenset[str], since: int
) -> tuple[list[ChangeNotice], int]:
    """The changes after a clock value under the member's rights as they are now, and the clock to go on from."""
    engine, actor = request.engine, request.actor
    held = tuple((name, actor.authority.prefixes(_view(name))) for name in sorted(names))
    held = tuple((name, prefixes) for name, prefixes in held if prefixes)
    if not held:
        return [], since

    async def read() -> tuple[list[ChangeNotice], int]:
        return await _read_since(engine, actor, [name for name, _ in held], since)

    # What row-level security and the statements narrow by is in the key: who shares an answer may see the same.
    key = (reading_context(actor), held, since)
    answer = await reads.read(key, actor, read)
    if answer.late and request.actor.authority != actor.authority:  # what was waited for is no longer theirs to see
        return await _since(request, reads, names, since)
    found: tuple[list[ChangeNotice], int] = answer.value
    return found


async def _read_since(engine: Engine, actor: Actor, held: list[str], since: int) -> tuple[list[ChangeNotice], int]:
    """One instant of both tables and of the clock: what commits between two statements is told the next time."""
    async with engine.reading(actor, snapshot=True) as session:
        await session.core(text(f"SET LOCAL statement_timeout = '{STATEMENT_SECONDS}s'"))
        now = await _now(session)
        rows = list((await session.core(_behind(actor, ChangeLog, ChangeLog.op, held, since))).mappings())
        exits = _behind(actor, ScopeExit, literal("remove").label("op"), held, since)
        left = list((await session.core(exits)).mappings())
    seen = {(row["entity"], row["row_id"]) for row in rows}
    # A row that left the scope is a removal here, unless it is still, or again, within reach.
    rows += [row for row in left if (row["entity"], row["row_id"]) not in seen]
    if len(rows) > _MAX_BEHIND or len(left) > _MAX_BEHIND:
        return _reset(held, now), now
    rows.sort(key=lambda row: (row["clock"], row["row_id"]))
    notices = [
        ChangeNotice(
            entity=row["entity"], id=strawberry.ID(str(row["row_id"])), op=row["op"], clock=BigInt(row["clock"])
        )
        for row in rows
    ]
    return notices, now


def _reset(names: list[str], clock: int) -> list[ChangeNotice]:
    return [ChangeNotice(entity=name, id=None, op="reset", clock=BigInt(clock)) for name in names]


def _behind(actor: Actor, source: Any, op: Any, names: list[str], since: int) -> Select[Any, Any, Any, Any]:
    """What a tracking table holds after a clock value, of the named entities, within the member's reach."""
    return (
        select(source.entity, source.row_id, op, source.clock)
        .where(
            source.tenant_id == actor.tenant_id,
            source.clock > since,
            or_(*(_reach(actor, source, name) for name in names)),
        )
        .order_by(source.clock, source.row_id)
        .limit(_MAX_BEHIND + 1)
    )


def _view(name: str) -> str:
    return described(entity_named(name)).view_permission


def _reach(actor: Actor, source: Any, name: str) -> Any:
    entity = entity_named(name)
    held = actor.authority.prefixes(described(entity).view_permission)
    named = source.entity == name
    if entity.__wall__ is not Wall.SCOPED or held == EVERYTHING:
        return named
    return named & within(source.scope_path, held)
