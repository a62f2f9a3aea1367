"""`changes(entity)`: what changed, within the member's scope, without content: a client reads again what it shows."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

import strawberry
from sqlalchemy import Select, literal, or_, select
from strawberry import UNSET
from strawberry.types.info import Info

from graphql_api.errors import one_of
from graphql_api.request import Request
from graphql_api.scalars import BigInt, maybe
from kernel.entity import Wall, described, entities, entity_named
from kernel.policy import EVERYTHING, Actor
from kernel.query import within
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


async def _changes(info: Any, entity: Any = UNSET) -> AsyncIterator[ChangeNotice]:
    request: Request = info.context
    names = _watched(request.actor, entity)
    assert request.pokes is not None  # only the socket's door comes here, and it has them
    async with request.pokes.subscribe(request.actor.tenant_id) as pokes:
        since = await _clock(request)
        async for touched in pokes:
            if touched and not names & touched:  # an empty set: something may have been missed
                continue
            found, since = await _since(request, names, since)
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


async def _clock(request: Request) -> int:
    tenant = request.actor.tenant_id
    rows = await request.rows(select(TenantClock.value).where(TenantClock.tenant_id == tenant))
    await request.close_reading()
    return int(rows[0]["value"]) if rows else 0


async def _since(request: Request, names: frozenset[str], since: int) -> tuple[list[ChangeNotice], int]:
    """The changes after a clock value under the member's rights as they are now, and the clock to go on from."""
    actor = request.actor
    held = [name for name in sorted(names) if actor.authority.holds(_view(name))]
    if not held:
        return [], since
    rows = list(await request.rows(_behind(actor, ChangeLog, ChangeLog.op, held, since)))
    seen = {(row["entity"], row["row_id"]) for row in rows}
    # A row that left the scope is a removal here, unless it is still, or again, within reach.
    exits = await request.rows(_behind(actor, ScopeExit, literal("remove").label("op"), held, since))
    rows += [row for row in exits if (row["entity"], row["row_id"]) not in seen]
    await request.close_reading()
    if len(rows) > _MAX_BEHIND:
        now = await _clock(request)
        return [ChangeNotice(entity=name, id=None, op="reset", clock=BigInt(now)) for name in sorted(names)], now
    rows.sort(key=lambda row: (row["clock"], row["row_id"]))
    notices = [
        ChangeNotice(
            entity=row["entity"], id=strawberry.ID(str(row["row_id"])), op=row["op"], clock=BigInt(row["clock"])
        )
        for row in rows
    ]
    return notices, max((row["clock"] for row in rows), default=since)


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
