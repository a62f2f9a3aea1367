"""How a fresh load begins: the first rows of every collection, by one statement.

Most collections of most companies are small, and a statement takes longer to put together than to run. So its text is
kept: of the rows by what is shown of them, of the choice by the member's view. The company is a parameter.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from psycopg import AsyncRawCursor, Error
from sqlalchemy import Column, Select, bindparam, literal_column, select
from sqlalchemy import any_ as any_of
from sqlalchemy.dialects.postgresql.psycopg import dialect
from sqlalchemy.exc import DBAPIError

from infra.flights import numbered
from kernel.db import TenantSession
from kernel.entity import TenantRow
from kernel.policy import Actor
from kernel.query import visible
from sync.collections import Collection
from sync.rows import id_of, text_where
from sync.views import View

_DIALECT = dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy's own
_PARAMETER = re.compile(r"%\((\w+)\)s")
_CHOSEN = "{chosen}"
_MOST_PARAMETERS = 32_000  # PostgreSQL's protocol counts them in 16 bits


@dataclass(frozen=True, slots=True)
class _Seen:
    """What decides which rows of an entity are chosen. `actor`: anybody who views it so, of whichever company."""

    entity: type[TenantRow]
    view: View
    actor: Actor = field(compare=False)


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
        chosen, parameters = _chosen(_Seen(found.entity, views[found.name], actor))
        if len(given) + len(parameters) >= _MOST_PARAMETERS:
            continue
        asked.append(found.name)
        parts.append(_joined(found, found.shown_to(actor)).replace(_CHOSEN, chosen))
        for name, value in (("tenant", None), *parameters):
            given.append({"tenant": actor.tenant_id, "most": most}.get(name, value))
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
    return {name: _lines(text) for name, text in zip(asked, told, strict=True)}


def _lines(text: str | None) -> list[str]:
    return sorted(text.split("\n"), key=id_of) if text is not None else []  # JSON has no bare line ends


@lru_cache(maxsize=2_048)
def _joined(found: Collection, columns: tuple[Column[Any], ...]) -> str:
    """The texts of the chosen rows as one value; the company's id comes first among its parameters."""
    entity: Any = found.entity
    # The literals are written as they are: %s, and what chooses, take their places when everything else stands.
    company = entity.tenant_id == literal_column("%s::uuid")
    each = text_where(columns, entity, company, entity.id == any_of(literal_column(f"ARRAY({_CHOSEN})"))).subquery("t")
    statement: Select[Any] = select(literal_column("string_agg(t.text, E'\\n')")).select_from(each)
    compiled = statement.compile(dialect=_DIALECT, compile_kwargs={"literal_binds": True})
    return f"({compiled.string % ()})"


@lru_cache(maxsize=2_048)
def _chosen(seen: _Seen) -> tuple[str, list[tuple[str, Any]]]:
    """A select of ids, and its parameters by name, in order; the company's is called `tenant`."""
    entity: Any = seen.entity
    statement = select(entity.id).where(*visible(entity, seen.actor, archived=True)).order_by(entity.id)
    compiled = statement.limit(bindparam("most")).compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
    names, given = _PARAMETER.findall(compiled.string), compiled.params  # asked once: it is put together anew each time
    values = [(name, given[name]) for name in names]
    parameters = [("tenant", None) if value == seen.actor.tenant_id else (name, value) for name, value in values]
    return compiled.string % dict.fromkeys(names, "%s"), parameters
