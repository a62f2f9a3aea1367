"""Questions to the database: each knows its statement and what its rows mean; many travel as one statement."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import count, repeat
from typing import Any, Generic, TypeVar, cast

import msgspec
from psycopg.pq.abc import PGresult
from sqlalchemy import ClauseElement
from sqlalchemy.dialects.postgresql.psycopg import dialect

from infra.flights import Flights, Statement

AnswerT = TypeVar("AnswerT")
_DIALECT = dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy's own
_PARAMETER = re.compile(r"%\((\w+)\)s")


@dataclass(frozen=True, slots=True)
class Question(Generic[AnswerT]):
    """A SELECT in the driver's style (%s), and what its rows mean as JSON: a list of objects, None without any."""

    statement: str
    parameters: Sequence[Any]
    answer: Callable[[str | None], AnswerT]


@dataclass(frozen=True, slots=True)
class Selection(Generic[AnswerT]):
    """The same for rows in the types of their columns."""

    statement: str
    parameters: Sequence[Any]
    answer: Callable[[list[Any]], AnswerT]


@dataclass(frozen=True, slots=True)
class Written:
    """A statement of SQLAlchemy's in the driver's style, for what is asked so often that it is put together once."""

    statement: str
    names: tuple[str, ...]
    constants: Mapping[str, Any]

    @classmethod
    def of(cls, statement: ClauseElement) -> Written:
        """With every parameter that is not a constant of the statement by its name."""
        compiled = statement.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
        names, constants = tuple(_PARAMETER.findall(compiled.string)), compiled.params
        return cls(compiled.string % dict.fromkeys(names, "%s"), names, constants)

    def given(self, values: Mapping[str, Any]) -> list[Any]:
        """The parameters in their order; those without a value are the statement's constants."""
        return [values[name] if name in values else self.constants[name] for name in self.names]


@dataclass(frozen=True, slots=True)
class Asking:
    """What is asked in one round trip: all questions as one statement, and the selections behind it."""

    questions: Sequence[Question[Any] | None] = ()
    rows: Sequence[Selection[Any]] = ()

    def statements(self) -> list[Statement]:
        asked = [question for question in self.questions if question is not None]
        whole = [(_asked(tuple(q.statement for q in asked)), [p for q in asked for p in q.parameters])] if asked else []
        return [*whole, *((selection.statement, selection.parameters) for selection in self.rows)]

    def told(self, results: Sequence[PGresult], flights: Flights) -> list[Any]:
        """The answers, in order, those of `rows` behind the others. None where nothing was asked."""
        texts = (
            value.decode() if value is not None else None for value in map(results[0].get_value, repeat(0), count())
        )
        answers = [question and question.answer(next(texts)) for question in self.questions]
        selected = zip(self.rows, results[len(results) - len(self.rows) :], strict=True)
        return [*answers, *(selection.answer(flights.rows(result)) for selection, result in selected)]


def rows_as(kind: type[AnswerT], rows: str | None) -> list[AnswerT]:
    """An answer's rows; none without any. `kind`: a struct whose fields are the columns."""
    found: list[AnswerT] = _decoder(cast("Hashable", kind)).decode(rows) if rows is not None else []
    return found


@cache
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    """Made once each: to make one takes longer than to read a row."""
    return msgspec.json.Decoder(list[kind])


@lru_cache(maxsize=1024)
def together(statements: tuple[str, ...]) -> str:
    """Writes that do not see each other as one statement."""
    parts = (f"w{place} AS ({statement})" for place, statement in enumerate(statements))
    return f"WITH {', '.join(parts)} SELECT 1"


@lru_cache(maxsize=1024)
def _asked(statements: tuple[str, ...]) -> str:
    """Questions as one statement."""
    columns = (f"(SELECT json_agg(q) FROM ({statement}) AS q)::text" for statement in statements)  # noqa: S608 — the kernel's own
    return f"SELECT {', '.join(columns)}"
