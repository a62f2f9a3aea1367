"""Statements for rows, as text: they take longer to put together than to run.

The text is kept: of the rows by what is shown of them, of the choice among them by the member's view. The company is a
parameter.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain
from typing import Any

from sqlalchemy import ARRAY, Column, ColumnElement, Select, Text, Uuid, and_, bindparam, cast, literal_column, select
from sqlalchemy import any_ as any_of
from sqlalchemy.dialects.postgresql.psycopg import dialect

from infra.questions import Selection, Written
from kernel.db import TenantSession
from kernel.entity import TenantRow, table
from kernel.policy import Actor
from kernel.query import visible
from sync.collections import Collection
from sync.rows import id_of, text_where
from sync.views import View, views_of

Parameters = list[tuple[str, Any]]  # by name, in order

_DIALECT = dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy's own
_CHOSEN = "{chosen}"
_FETCHED = 500  # most rows are below a kilobyte: what PostgreSQL gathers beyond half a megabyte it copies once more


@dataclass(frozen=True, slots=True)
class Seen:
    """What decides which rows of an entity are chosen. `actor`: anybody who views it so, of whichever company."""

    entity: type[TenantRow]
    view: View
    actor: Actor = field(compare=False)


async def texts_of(session: TenantSession, actor: Actor, found: Collection, ids: Iterable[str]) -> list[str]:
    """The texts of those of these rows that the actor may view, in no order; not for rows by reader.

    Thousands come as one value: the driver wakes up for every few rows that arrive apart.
    """
    view = views_of(actor, {found.name: found})[found.name]
    condition, parameters = among(Seen(found.entity, view, actor))
    statement = f"SELECT {joined(found, found.shown_to(actor), condition)}"
    selections, ordered = list[Selection[list[str]]](), sorted(ids)  # neighbours lie on one page
    for start in range(0, len(ordered), _FETCHED):
        listed = f"{{{','.join(ordered[start : start + _FETCHED])}}}"
        given = given_for(parameters, tenant=actor.tenant_id, ids=listed)
        selections.append(Selection(statement, given, _lines))
    return list(chain.from_iterable(await session.ask(rows=selections))) if selections else []


def _lines(rows: list[Any]) -> list[str]:
    [(text,)] = rows
    return text.split("\n") if text is not None else []  # JSON has no bare line ends


def lines_of(text: str | None) -> list[str]:
    """The rows that PostgreSQL joined, in id order."""
    return sorted(_lines([(text,)]), key=id_of)


def joined(found: Collection, columns: tuple[Column[Any], ...], condition: str) -> str:
    """The texts of the rows that meet the condition as one value; the company's id comes first among its parameters,
    those of the condition follow."""
    return _joined(found, columns).replace(_CHOSEN, condition)


def given_for(parameters: Parameters, **values: Any) -> list[Any]:
    """What is given with `joined`."""
    return [values.get(name, value) for name, value in [("tenant", None), *parameters]]


@lru_cache(maxsize=2_048)
def _joined(found: Collection, columns: tuple[Column[Any], ...]) -> str:
    entity: Any = found.entity
    # The literals are written as they are: %s, and what chooses, take their places when everything else stands.
    company = entity.tenant_id == literal_column("%s::uuid")
    each = text_where(columns, entity, company, literal_column(_CHOSEN)).subquery("t")
    statement: Select[Any] = select(literal_column("string_agg(t.text, E'\\n')")).select_from(each)
    compiled = statement.compile(dialect=_DIALECT, compile_kwargs={"literal_binds": True})
    return f"({compiled.string % ()})"


@lru_cache(maxsize=2_048)
def first_of(seen: Seen) -> tuple[str, Parameters]:
    """The condition for the first rows in id order, of which `most` are taken. Among the parameters the company's is
    called `tenant`."""
    entity: Any = seen.entity
    ids = select(entity.id).where(*visible(entity, seen.actor, archived=True)).order_by(entity.id)
    text, parameters = _as_text(seen, ids.limit(bindparam("most")))
    return f"{table(entity).fullname}.id = ANY(ARRAY({text}))", parameters


@lru_cache(maxsize=2_048)
def among(seen: Seen) -> tuple[str, Parameters]:
    """The condition for the rows among `ids`: one parameter however many they are, which PostgreSQL reads."""
    entity: Any = seen.entity
    chosen = entity.id == any_of(cast(bindparam("ids", type_=Text()), ARRAY(Uuid())))
    return _as_text(seen, and_(*visible(entity, seen.actor, archived=True), chosen))


def _as_text(seen: Seen, wanted: Select[Any] | ColumnElement[bool]) -> tuple[str, Parameters]:
    written = Written.of(wanted)
    values = [(name, written.constants[name]) for name in written.names]
    parameters = [("tenant", None) if value == seen.actor.tenant_id else (name, value) for name, value in values]
    return written.statement, parameters
