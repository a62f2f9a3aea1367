"""What comes later about a person who was erased: a device edits offline, and sends it when the row is blank already.

Nothing of it is applied, and nothing personal of it is kept.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select

from infra.questions import Question
from kernel.context import Context
from kernel.entity import TenantRow, described, entities, table
from tenants.erasable import Erasable
from tenants.errors import RecordErased
from tenants.mutation_input import row_id_of
from values.errors import Words

_AT_ONCE = 1_000


def named_ids(value: Any) -> set[UUID]:
    """Every id in JSON, however deep: the rows that a queued edit may be about."""
    found: set[UUID] = set()
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            waiting += [*item, *item.values()]
        elif isinstance(item, list):
            waiting += item
        elif (row_id := row_id_of(item)) is not None:
            found.add(row_id)
    return found


async def erased_among(
    ctx: Context, ids: Collection[UUID], *, lock: bool = False
) -> tuple[type[TenantRow], UUID] | None:
    """The first of the rows whose person was erased.

    `lock`: whoever erases one of them waits for this transaction, and then finds what it has written about the row.
    """
    wanted = sorted(ids)
    for entity in entities():
        if not issubclass(entity, Erasable):
            continue
        rows = table(entity).c
        for start in range(0, len(wanted), _AT_ONCE):
            named = select(rows.id, rows.erased_at).where(
                rows.tenant_id == ctx.tenant_id, rows.id.in_(wanted[start : start + _AT_ONCE])
            )
            if lock:
                named = named.order_by(rows.id).with_for_update(read=True)
            for row in (await ctx.session.core(named)).all():
                if row.erased_at is not None:
                    return entity, row.id
    return None


def asking_erased(tenant_id: UUID, ids: Collection[UUID]) -> Question[type[TenantRow] | None]:
    """The kind of an erased row among those that a queued edit names."""
    kinds, statement = _erasable()
    named = [tenant_id, ",".join(sorted(map(str, ids)))]
    return Question(statement, named, lambda rows: kinds[msgspec.json.decode(rows)[0]["kind"]] if rows else None)


@cache
def _erasable() -> tuple[dict[str, type[TenantRow]], str]:
    kinds: dict[str, type[TenantRow]] = {e.__tablename__: e for e in entities() if issubclass(e, Erasable)}
    one = (
        "SELECT '{0}' AS kind FROM app.{0} AS r, named "
        "WHERE r.tenant_id = named.tenant_id AND r.id = ANY(named.ids) AND r.erased_at IS NOT NULL"
    )
    named = "WITH named AS (SELECT %s::uuid AS tenant_id, string_to_array(%s, ',')::uuid[] AS ids) "
    return kinds, named + " UNION ALL ".join(one.format(name) for name in kinds)


async def refuse_erased(ctx: Context, arguments: Mapping[str, Any]) -> None:
    """Raises RecordErased for a queued edit that names an erased row."""
    (found,) = await ctx.session.ask(asking_erased(ctx.tenant_id, named_ids(arguments)))
    if found is not None:
        raise record_erased(found)


def record_erased(entity: type[TenantRow] | None) -> RecordErased:
    """The refusal, with what the entity is called."""
    if entity is None:
        return RecordErased(field="id", entity=Words("记录", "record"))
    about = described(entity)
    return RecordErased(field="id", entity=Words(about.zh, about.en.lower()))


def only_ids(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments that say which rows an edit was about, and nothing about them."""
    return {
        name: value
        for name, value in arguments.items()
        if (name == "id" or name.endswith("Id")) and row_id_of(value) is not None
    }
