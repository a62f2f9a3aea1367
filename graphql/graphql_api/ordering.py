"""Order inputs and keyset conditions. An order always ends with the id: a page never repeats or skips a row."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

import msgspec
import strawberry
from sqlalchemy import BigInteger, ColumnElement, SmallInteger, and_, false, or_, tuple_
from strawberry import UNSET

from graphql_api.arguments import readable
from graphql_api.errors import InvalidCursor, QueryTooLarge
from graphql_api.filters import refuse_masked
from graphql_api.request import Request
from graphql_api.scalars import maybe
from graphql_api.shapes import Shape, Shapes
from values.wire import to_wire

MAX_KEYS = 3
_DIGITS = 1000


@strawberry.enum(description="排序方向，默认升序 / Direction of an order, ascending by default")
class Direction(Enum):
    ASC = "ASC"
    DESC = "DESC"


def declare_orders(shapes: Shapes) -> None:
    """`CustomerOrder {field: CustomerOrderField!, direction: Direction}` per entity with sortable fields."""
    for shape in shapes:
        names = [name for name, facet in shape.facets.items() if facet.wire and facet.sortable]
        options = {name.upper(): name for name in names}
        fields: Any = strawberry.enum(Enum(f"{shape.name}OrderField", options))  # type: ignore[call-overload]
        cls: Any = type(f"{shape.name}Order", (), {"direction": UNSET})
        cls.__annotations__ = {"field": fields, "direction": maybe(Direction)}
        shape.order = strawberry.input(cls)


@dataclass(frozen=True, slots=True)
class Key:
    """One column of an order. PostgreSQL's own place for nulls (last ascending, first descending) keeps the index."""

    column: str
    descending: bool
    nullable: bool


@dataclass(frozen=True, slots=True)
class Ordering:
    """A total order of an entity's rows."""

    shape: Shape
    keys: tuple[Key, ...]

    @property
    def signature(self) -> str:
        return ",".join(f"{'-' if key.descending else ''}{key.column}" for key in self.keys)

    def clauses(self) -> list[Any]:
        found = []
        for key in self.keys:
            column: Any = getattr(self.shape.entity, key.column)
            found.append(column.desc() if key.descending else column.asc())
        return found

    def cursor(self, row: Any) -> str:
        """The place of a row in this order: opaque to clients, useless under another order."""
        values = [to_wire(row[key.column]) for key in self.keys]
        packed = msgspec.json.encode([self.signature, values])
        return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()

    def after(self, cursor: str) -> ColumnElement[bool]:
        """The rows behind a cursor. Raises InvalidCursor."""
        values = self._opened(cursor)
        if all(not key.nullable for key in self.keys) and len({key.descending for key in self.keys}) == 1:
            columns = tuple_(*(getattr(self.shape.entity, key.column) for key in self.keys))
            return columns < tuple(values) if self.keys[0].descending else columns > tuple(values)
        alternatives: list[ColumnElement[bool]] = []
        same: list[ColumnElement[bool]] = []
        for key, value in zip(self.keys, values, strict=True):
            column: Any = getattr(self.shape.entity, key.column)
            alternatives.append(and_(*same, _behind(column, value, key)))
            same.append(column.is_(None) if value is None else column == value)
        return or_(*alternatives)

    def _opened(self, cursor: str) -> list[Any]:
        try:
            packed = base64.urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4))
            signature, values = msgspec.json.decode(packed, type=tuple[str, list[Any]])
        except (ValueError, RecursionError, binascii.Error, msgspec.MsgspecError):
            raise InvalidCursor(field="after") from None
        if signature != self.signature or len(values) != len(self.keys):
            raise InvalidCursor(field="after")
        return [self._typed(key, value) for key, value in zip(self.keys, values, strict=True)]

    def _typed(self, key: Key, value: Any) -> Any:
        kind = self.shape.column(key.column).type
        if value is None and key.nullable:
            return None
        try:
            found = msgspec.convert(value, kind.python_type, strict=False)
            if isinstance(found, datetime):
                found = found.astimezone(UTC) if found.tzinfo else None
        except (msgspec.ValidationError, TypeError, ValueError, OverflowError):
            found = None
        if found is None or not _storable(found, kind):
            raise InvalidCursor(field="after")
        return found


def _storable(value: Any, kind: Any) -> bool:
    """A cursor is a client's word like any other: what no row can hold never reaches the database."""
    if isinstance(value, str):
        return readable(value)
    if isinstance(value, int) and not isinstance(value, bool):
        bits = 63 if isinstance(kind, BigInteger) else 15 if isinstance(kind, SmallInteger) else 31
        return bool(abs(value) < 2**bits)
    return not isinstance(value, Decimal) or (value.is_finite() and abs(value.adjusted()) < _DIGITS)


def _behind(column: Any, value: Any, key: Key) -> ColumnElement[bool]:
    if key.descending:  # nulls come first
        return column.is_not(None) if value is None else column < value  # type: ignore[no-any-return]
    if value is None:  # nulls come last
        return false()
    return or_(column > value, column.is_(None)) if key.nullable else column > value


def ordering_of(shape: Shape, asked: Any, request: Request) -> Ordering:
    """The order that was asked for, or the entity's own: names by pinyin, else newest first."""
    if asked and len(asked) > MAX_KEYS:
        raise QueryTooLarge(field="orderBy", measure="orderBy", found=len(asked), limit=MAX_KEYS)
    hidden = shape.hidden(request.actor.authority)
    keys: dict[str, Key] = {}
    for item in asked or []:
        name = item.field.value
        refuse_masked(shape, name, hidden, request)
        column = shape.sort_column(name)
        keys.setdefault(column, _key(shape, column, item.direction is Direction.DESC))
    if not keys:
        column, descending = _default(shape, hidden)
        keys[column] = _key(shape, column, descending)
    descending = list(keys.values())[-1].descending
    return Ordering(shape, (*keys.values(), Key("id", descending, nullable=False)))


def _default(shape: Shape, hidden: frozenset[str]) -> tuple[str, bool]:
    if "name_key" in shape.facets and "name" not in hidden:
        return "name_key", False
    newest = next((name for name in ("happened_at", "created_at") if name in shape.facets), "created_at")
    return newest, True


def _key(shape: Shape, column: str, descending: bool) -> Key:
    return Key(column, descending, bool(shape.column(column).nullable))
