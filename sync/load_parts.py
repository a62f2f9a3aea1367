"""What the first file of a load holds: of each collection what the member owns, and what changed last."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Select, select

from kernel.db import TenantSession
from kernel.entity import ScopedRow, TenantRow, table
from kernel.policy import Actor
from kernel.query import visible
from sync.collections import Collection
from sync.rows import of_ids

OWN_ROWS = 5_000  # of each collection
OTHER_ROWS = 1_000  # those of scopes; what is nobody's is like one's own


async def to_begin_with(
    session: TenantSession, actor: Actor, collections: Mapping[str, Collection]
) -> dict[str, list[ColumnElement[bool]]]:
    """By collection, the condition that a row is among them."""
    found = {}
    for name, collection in collections.items():
        ids = (await session.core(_ids(collection.entity, actor))).scalars()
        found[name] = [of_ids(collection.entity, map(str, ids))]
    return found


def _ids(entity: type[TenantRow], actor: Actor) -> Select[Any]:
    newest = select(entity.id).where(*visible(entity, actor, archived=True)).order_by(*_newest_first(entity))
    if not issubclass(entity, ScopedRow):
        return newest.limit(OWN_ROWS)
    own = newest.where(entity.owner_id == actor.member_id).limit(OWN_ROWS).subquery()
    others = newest.limit(OTHER_ROWS).subquery()
    return select(select(own.c.id).union(select(others.c.id)).subquery().c.id)


def _newest_first(entity: type[TenantRow]) -> list[ColumnElement[Any]]:
    """As lists stand that nobody sorted, where an index has it; else by the ids, which grow with time."""
    indexed = any([column.name for column in index.columns][1:2] == ["updated_at"] for index in table(entity).indexes)
    return [entity.updated_at.desc(), entity.id.desc()] if indexed else [entity.id.desc()]
