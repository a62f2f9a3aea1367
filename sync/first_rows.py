"""How a fresh load begins: the first rows of every collection, by one statement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from psycopg import AsyncRawCursor, Error
from sqlalchemy.exc import DBAPIError

from infra.flights import numbered
from kernel.db import TenantSession
from kernel.policy import Actor
from sync.collections import Collection
from sync.row_statements import Seen, first_of, given_for, joined, lines_of
from sync.views import View

_MOST_PARAMETERS = 32_000  # PostgreSQL's protocol counts them in 16 bits


async def first_rows(
    session: TenantSession, actor: Actor, wanted: Sequence[Collection], views: Mapping[str, View], most: int
) -> dict[str, list[str]]:
    """Of each collection the texts of its first `most` visible rows, in id order; not of collections by reader, nor of
    those for which a member has more places than one statement takes: they are absent.

    The driver prepares what it is asked often and forgets what it is not: there are as many statements as roles.
    Raises SQLAlchemy's DBAPIError.
    """
    given, parts, asked = list[Any](), list[str](), list[str]()
    for found in wanted:
        condition, parameters = first_of(Seen(found.entity, views[found.name], actor))
        if len(given) + len(parameters) >= _MOST_PARAMETERS:
            continue
        asked.append(found.name)
        parts.append(joined(found, found.shown_to(actor), condition))
        given += given_for(parameters, tenant=actor.tenant_id, most=most)
    if not asked:
        return {}
    statement = numbered(f"SELECT {', '.join(parts)}")
    connection = await session.raw()
    try:
        async with AsyncRawCursor(connection) as cursor:
            await cursor.execute(statement, given)
            [told] = await cursor.fetchall()
    except Error as wrong:
        raise DBAPIError.instance(statement.decode(), None, wrong, Error, hide_parameters=True) from wrong
    return {name: lines_of(text) for name, text in zip(asked, told, strict=True)}
