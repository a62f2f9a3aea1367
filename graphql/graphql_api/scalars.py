"""How values are spelt in the API: instants in UTC with Z, decimals and big integers as strings, ids as `ID`."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any, NewType, Optional
from uuid import UUID

import strawberry
from sqlalchemy import ARRAY, BigInteger, Boolean, Column, Date, DateTime, Integer, Numeric, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from strawberry.exceptions import StrawberryInputCoercionError
from strawberry.scalars import JSON
from strawberry.types.scalar import ScalarDefinition

from graphql_api.errors import InvalidId
from kernel.entity import Widget, facet_of
from values.errors import QuantityInvalid, Refusal
from values.money import finite_decimal
from values.wire import to_wire

BigInt = NewType("BigInt", int)
Exact = NewType("Exact", Decimal)
Instant = NewType("Instant", dt.datetime)
Day = NewType("Day", dt.date)

_LARGEST = 2**63 - 1


def _big_int(value: Any) -> int:
    """Accepts "12" and 12. A float is refused: it may already have lost digits."""
    text = str(value)
    digits = text[1:] if text.startswith("-") else text
    unfit = isinstance(value, bool | float) or not digits.isascii() or not digits.isdigit() or len(digits) > 19
    if unfit or abs(int(text)) > _LARGEST:
        raise StrawberryInputCoercionError("BigInt takes an integer of at most 64 bits, best as a string.")
    return int(text)


def _exact(value: Any) -> Decimal:
    if isinstance(value, bool | float) or not isinstance(value, str | int):
        raise StrawberryInputCoercionError("Decimal takes a string.")
    try:
        return finite_decimal(value, QuantityInvalid)
    except Refusal as refused:
        raise StrawberryInputCoercionError("Decimal takes a finite number of sane length.") from refused


def _instant(value: Any) -> dt.datetime:
    try:
        found = dt.datetime.fromisoformat(value) if isinstance(value, str) and len(value) <= 40 else None
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise StrawberryInputCoercionError(
            "DateTime takes an ISO 8601 instant with its offset, like 2026-03-02T01:30Z."
        )
    try:
        return found.astimezone(dt.UTC)
    except OverflowError:
        raise StrawberryInputCoercionError("DateTime is out of range.") from None


def _day(value: Any) -> dt.date:
    try:
        return dt.date.fromisoformat(value if isinstance(value, str) and len(value) <= 10 else "")
    except ValueError:
        raise StrawberryInputCoercionError("Date takes an ISO 8601 day, like 2026-03-02.") from None


def _scalar(name: str, about: str, parse: Any, serialize: Any = to_wire) -> ScalarDefinition:
    return ScalarDefinition(name, about, None, serialize, parse, None)


SCALARS: dict[object, ScalarDefinition] = {
    BigInt: _scalar("BigInt", "A 64-bit integer as a string: JavaScript loses digits beyond 2^53.", _big_int, str),
    Exact: _scalar("Decimal", "An exact decimal as a string.", _exact),
    Instant: _scalar("DateTime", "An instant in UTC, ISO 8601 with microseconds and Z.", _instant),
    Day: _scalar("Date", "A calendar day, ISO 8601.", _day),
}


def wire_type(column: Column[Any]) -> Any:
    """The Python annotation that stands for a column in the API, without nullability."""
    kind = column.type
    if isinstance(kind, Uuid):
        return strawberry.ID
    if isinstance(kind, ARRAY):
        return list[strawberry.ID] if isinstance(kind.item_type, Uuid) else list[str]
    if isinstance(kind, JSONB):
        return JSON
    if isinstance(kind, Boolean):
        return bool
    if isinstance(kind, BigInteger):
        # Counters (version, position) stay far below 2^31; everything else may grow beyond JavaScript's integers.
        return int if facet_of(column).widget is Widget.NUMBER else BigInt
    for sql_type, annotation in ((Integer, int), (Numeric, Exact), (DateTime, Instant), (Date, Day)):
        if isinstance(kind, sql_type):
            return annotation
    return str


def maybe(kind: Any) -> Any:
    """The nullable form of an annotation that is only known at run time."""
    return Optional[kind]  # noqa: UP045 — scalars and classes in the making take no `|`


def as_uuid(value: Any, field: str | None = None) -> UUID:
    """An `ID` argument as a UUID. Raises InvalidId."""
    try:
        return value if isinstance(value, UUID) else UUID(str(value))
    except ValueError:
        raise InvalidId(field=field) from None
