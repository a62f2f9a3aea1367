"""The expression with which PostgreSQL writes a row as JSON: the bytes of `row_to_json`, for two thirds of its work.

`row_to_json` and `to_json` look up how a type is written for every value anew. `concat` does so once a statement, and
the names between the values are constants. What has to be escaped is looked for in all texts of a row at once; a row
without any, which is nearly every row, needs no `to_json` for them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Column, ColumnElement, DateTime, Integer, Numeric, Text, Uuid, literal_column
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import JSONB

from values.wire import wire_name

_SAFE_INTEGER = 2**53 - 1  # JavaScript's
_INSTANT = 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'
_MOST_ARGUMENTS = 100  # of a function, says PostgreSQL
_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


class _Value(NamedTuple):
    """A column's value. `written`: what `concat` takes, SQL's null where the JSON is null. `present`: the condition
    under which it is not; None: always. `quoted`: whether its text stands between quotes."""

    written: str
    present: str | None
    quoted: bool


def spelled(columns: Sequence[Column[Any]]) -> ColumnElement[str]:
    """The row's text (PROTOCOL.md, "Rows") out of these columns, which must be in the statement's FROM."""
    return literal_column(_spelled(tuple(columns)), Text())


@lru_cache(maxsize=1024)
def _spelled(columns: tuple[Column[Any], ...]) -> str:
    names = [wire_name(column.name) for column in columns]
    careful = _joined(names, [_value(column, plain=False) for column in columns])
    texts = [_named(column) for column in columns if isinstance(column.type, Text)]
    if not texts:
        return careful
    plain = _joined(names, [_value(column, plain=True) for column in columns])
    # Whatever JSON escapes, it escapes with a backslash, and a backslash itself too.
    return rf"CASE WHEN strpos(to_json({_concat(texts)})::text, E'\\') = 0 THEN {plain} ELSE {careful} END"


def _joined(names: Sequence[str], values: Sequence[_Value]) -> str:
    """The values with what stands between them: `","code":"`, or as nulls on either side want it."""
    parts, before = list[str](), None
    for name, value in zip(names, values, strict=True):
        parts += [_between(before, f'{"{" if before is None else ","}"{name}":', value), value.written]
        before = value
    return _concat([*parts, _after(before, "}")])


def _between(before: _Value | None, opening: str, value: _Value) -> str:
    there = _after(before, f"{opening}{_quote(value)}")
    if value.present is None:
        return there
    return f"CASE WHEN {value.present} THEN {there} ELSE {_after(before, f'{opening}null')} END"


def _after(before: _Value | None, text: str) -> str:
    """The constant that follows a value: its closing quote, if it has one, and `text`."""
    if before is None or not before.quoted:
        return _literal(text)
    closed = _literal(f'"{text}')
    return closed if before.present is None else f"CASE WHEN {before.present} THEN {closed} ELSE {_literal(text)} END"


def _quote(value: _Value) -> str:
    return '"' if value.quoted else ""


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _concat(parts: Sequence[str]) -> str:
    if len(parts) <= _MOST_ARGUMENTS:
        return f"concat({', '.join(parts)})"
    return _concat([_concat(some) for some in _groups(parts)])


def _groups(parts: Sequence[str]) -> Iterator[Sequence[str]]:
    return (parts[start : start + _MOST_ARGUMENTS] for start in range(0, len(parts), _MOST_ARGUMENTS))


def _named(column: Column[Any]) -> str:
    return str(column.compile(dialect=_DIALECT))


def _value(column: Column[Any], *, plain: bool) -> _Value:
    """As `to_wire` would write it. `plain`: nothing in the row's texts is escaped."""
    name, kind = _named(column), column.type
    present = f"{name} IS NOT NULL" if column.nullable else None
    if (isinstance(kind, Text) and plain) or isinstance(kind, Uuid | Numeric):
        return _Value(name, present, quoted=True)
    if isinstance(kind, DateTime):  # an infinite instant has no text: null
        return _Value(f"to_char(timezone('UTC', {name}), '{_INSTANT}')", f"isfinite({name})", quoted=True)
    if isinstance(kind, BigInteger) and column.name != "version":
        safe = f"{name} BETWEEN {-_SAFE_INTEGER} AND {_SAFE_INTEGER}"
        return _Value(f"CASE WHEN {safe} THEN {name}::text ELSE '\"' || {name} || '\"' END", present, quoted=False)
    if isinstance(kind, Integer | JSONB):
        return _Value(name, present, quoted=False)
    return _Value(f"to_json({name})", present, quoted=False)
