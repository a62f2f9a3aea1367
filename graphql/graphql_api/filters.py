"""Filter inputs by field type, and their conditions in SQL. Only facets that say `filterable` can be asked for."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from functools import partial
from typing import Any, Optional

import strawberry
from sqlalchemy import ColumnElement, and_, exists, func, not_, or_, select
from strawberry import UNSET
from strawberry.scalars import JSON

from graphql_api.errors import InputMalformed, QueryTooLarge
from graphql_api.request import Request
from graphql_api.scalars import BigInt, Day, Exact, Instant, as_uuid, maybe, wire_type
from graphql_api.shapes import Shape, Shapes
from kernel.entity import Archivable, Customisable, described
from kernel.query import beginning_with
from tenants.custom_field_entities import CustomField
from tenants.custom_fields import Operator, custom_condition, definitions
from tenants.entities import RowTag
from values.errors import FieldMasked
from values.wire import wire_name

MAX_CONDITIONS = 200  # parts of and/or/not count as one each
MAX_TOGETHER = 500  # parts of all filters of one request, however many fields carry them
MAX_LISTED = 500
MAX_NESTING = 8


@strawberry.enum(description="回收站 / The recycle bin")
class Archived(Enum):
    ACTIVE = "ACTIVE"
    ARCHIVED = "ARCHIVED"
    ALL = "ALL"


def _comparison(name: str, kind: Any, *, ordered: bool, text: bool = False) -> type:
    """`{eq, in, gte, lte, isNull}` for one scalar; `eq: null` means the same as `isNull: true`."""
    operators = ["eq", *(["gte", "lte", "gt", "lt"] if ordered else []), *(["starts_with"] if text else [])]
    cls: Any = type(name, (), {})
    cls.__annotations__ = dict.fromkeys(operators, maybe(kind))
    for operator in operators:
        setattr(cls, operator, strawberry.field(default=UNSET, name=wire_name(operator)))
    cls.__annotations__ |= {"in_": maybe(list[kind]), "is_null": maybe(bool)}
    cls.in_ = strawberry.field(default=UNSET, name="in")
    cls.is_null = strawberry.field(default=UNSET, name="isNull")
    made: type = strawberry.input(cls)
    return made


_COMPARISONS: dict[Any, type] = {
    str: _comparison("StringFilter", str, ordered=False, text=True),
    strawberry.ID: _comparison("IDFilter", strawberry.ID, ordered=False),
    bool: _comparison("BooleanFilter", bool, ordered=False),
    int: _comparison("IntFilter", int, ordered=True),
    BigInt: _comparison("BigIntFilter", BigInt, ordered=True),
    Exact: _comparison("DecimalFilter", Exact, ordered=True),
    Instant: _comparison("DateTimeFilter", Instant, ordered=True),
    Day: _comparison("DateFilter", Day, ordered=True),
}


@strawberry.input(description="自定义字段条件 / A condition on one of the company's own fields")
class CustomFilter:
    key: str
    eq: Optional[JSON] = UNSET  # noqa: UP045 — JSON is a scalar wrapper
    in_: Optional[list[JSON]] = strawberry.field(default=UNSET, name="in")  # noqa: UP045
    gte: Optional[JSON] = UNSET  # noqa: UP045
    lte: Optional[JSON] = UNSET  # noqa: UP045
    is_null: bool | None = UNSET


@strawberry.input(description="标签条件 / Rows that carry tags")
class TagsFilter:
    any_: list[strawberry.ID] | None = strawberry.field(default=UNSET, name="any")
    all_: list[strawberry.ID] | None = strawberry.field(default=UNSET, name="all")


def declare_filters(shapes: Shapes) -> None:
    """One filter input per entity; fields of one input are joined by AND."""
    for shape in shapes:
        cls: Any = type(f"{shape.name}Filter", (), {})
        cls.__annotations__ = {}
        for name, annotation in _fields(shape, cls):
            cls.__annotations__[name] = annotation
            setattr(cls, name, strawberry.field(default=UNSET, name=wire_name(name.rstrip("_"))))
        shape.filter = strawberry.input(cls)


def _fields(shape: Shape, cls: type) -> Iterator[tuple[str, Any]]:
    for name, facet in shape.facets.items():
        if facet.wire and facet.filterable:
            yield name, maybe(_COMPARISONS[wire_type(shape.column(name))])
    if "tag_ids" in shape.facets:
        yield "tags", maybe(TagsFilter)
    if issubclass(shape.entity, Customisable):
        yield "custom_filter", maybe(list[CustomFilter])
    if issubclass(shape.entity, Archivable):
        yield "archived", maybe(Archived)
    yield "and_", maybe(list[cls])  # type: ignore[valid-type]
    yield "or_", maybe(list[cls])  # type: ignore[valid-type]
    yield "not_", maybe(cls)


def archived_of(asked: Any) -> Archived:
    """Whether the recycle bin is asked for; only at the filter's top level."""
    found = getattr(asked, "archived", None) if asked else None
    return found if isinstance(found, Archived) else Archived.ACTIVE


class FilterCompiler:
    """Turns one filter input into conditions. Refuses masked fields and oversized filters before any SQL is built."""

    def __init__(self, shape: Shape, request: Request) -> None:
        self._shape, self._request = shape, request
        self._hidden = shape.hidden(request.actor.authority)

    async def conditions(self, asked: Any) -> list[ColumnElement[bool]]:
        """The conditions of a filter, joined by AND. Raises FieldMasked, InputMalformed, QueryTooLarge."""
        if not asked:
            return []
        self._request.count_conditions(refuse_oversized(asked), MAX_TOGETHER)
        return await self._all(asked)

    async def _part(self, asked: Any, place: str) -> ColumnElement[bool]:
        """One part of and/or/not: a part that says nothing is a mistake, and would mean everything."""
        found = await self._all(asked)
        if not found:
            raise InputMalformed(field=f"filter.{place}")
        return and_(*found)

    async def _all(self, asked: Any) -> list[ColumnElement[bool]]:
        found: list[ColumnElement[bool]] = []
        for name, value in vars(asked).items():
            if value is UNSET or value is None or name == "archived":
                continue
            if name in ("and_", "or_"):
                if not value:
                    raise InputMalformed(field=f"filter.{name[:-1]}")
                parts = [await self._part(part, name[:-1]) for part in value]
                found.append((and_ if name == "and_" else or_)(*parts))
            elif name == "not_":
                found.append(not_(await self._part(value, "not")))
            elif name == "tags":
                found += self._tags(value)
            elif name == "custom_filter":
                found += [await self._custom(part) for part in value]
            else:
                found += self._column(name, value)
        return found

    def _column(self, name: str, asked: Any) -> Iterator[ColumnElement[bool]]:
        wire = wire_name(name)
        refuse_masked(self._shape, name, self._hidden, self._request)
        column: Any = getattr(self._shape.entity, name)
        ids = wire_type(self._shape.column(name)) is strawberry.ID
        for operator, value in vars(asked).items():
            if value is UNSET:
                continue
            if operator == "is_null" or value is None:
                yield column.is_not(None) if operator == "is_null" and value is False else column.is_(None)
            elif operator == "in_":
                yield column.in_([as_uuid(item, f"filter.{wire}.in") if ids else item for item in value])
            elif operator == "starts_with":
                yield beginning_with(column, value) if value else column.is_not(None)
            else:
                single = as_uuid(value, f"filter.{wire}.{operator}") if ids else value
                yield _OPERATORS[operator](column, single)

    def _tags(self, asked: TagsFilter) -> Iterator[ColumnElement[bool]]:
        if asked.any_ is not UNSET and asked.any_ is not None:
            yield self._tagged([as_uuid(tag, "filter.tags.any") for tag in asked.any_])
        for tag in asked.all_ or []:
            yield self._tagged([as_uuid(tag, "filter.tags.all")])

    def _tagged(self, tags: list[Any]) -> ColumnElement[bool]:
        entity = self._shape.entity
        return exists(
            select(RowTag.row_id).where(
                RowTag.tenant_id == entity.tenant_id,
                RowTag.tag_id.in_(tags),
                RowTag.entity == described(entity).name,
                RowTag.row_id == entity.id,
            )
        )

    async def _custom(self, asked: CustomFilter) -> ColumnElement[bool]:
        refuse_masked(self._shape, "custom", self._hidden, self._request)
        known = await self._definitions()
        field = next((found for found in known if found.key == asked.key), None)
        if field is None:
            raise InputMalformed(field=f"filter.customFilter.{asked.key[:64]}")
        found: list[ColumnElement[bool]] = []
        for operator in _CUSTOM:
            value = getattr(asked, operator)
            if value is not UNSET:
                found.append(custom_condition(self._shape.entity, field, _CUSTOM[operator], value))
        return and_(*found)

    async def _definitions(self) -> list[CustomField]:
        """The company's own fields of this entity: read once per request, however many conditions ask for them."""

        async def load(names: list[str]) -> list[Any]:
            return [await self._request.reading(partial(definitions, entity_name=name)) for name in names]

        entity = described(self._shape.entity).name
        found: list[CustomField] = await self._request.loader("definitions", load).load(entity)
        return found


def refuse_oversized(asked: Any) -> int:
    """A filter's parts and conditions, counted before anything is made of them. Raises QueryTooLarge."""
    level, count = [asked], 0
    for _ in range(MAX_NESTING + 1):
        inner: list[Any] = []
        for part in level:
            for name, value in vars(part).items():
                if value is UNSET or value is None:
                    continue
                parts = value if isinstance(value, list) else [value]
                count += len(parts)
                if name in ("and_", "or_", "not_"):
                    inner.extend(parts)
                else:
                    count += sum(_conditions_in(found, f"filter.{wire_name(name)}") for found in parts[:MAX_CONDITIONS])
                if count > MAX_CONDITIONS:
                    raise QueryTooLarge(field="filter", measure="filter", found=count, limit=MAX_CONDITIONS)
        if not inner:
            return count
        level = inner
    raise QueryTooLarge(field="filter", measure="filter nesting", found=f">{MAX_NESTING}", limit=MAX_NESTING)


def _conditions_in(comparison: Any, field: str) -> int:
    """Conditions of one comparison beyond its first; each list is bounded for itself."""
    given = vars(comparison) if hasattr(type(comparison), "__strawberry_definition__") else {}
    found = -1
    for name, value in given.items():
        if value is UNSET or name == "key":
            continue
        found += len(value or ()) if name == "all_" else 1
        if isinstance(value, list) and len(value) > MAX_LISTED:
            place = f"{field}.{wire_name(name.rstrip('_'))}"
            raise QueryTooLarge(field=place, measure=wire_name(name.rstrip("_")), found=len(value), limit=MAX_LISTED)
    return max(found, 0)


_CUSTOM: dict[str, Operator] = {"eq": "eq", "in_": "in", "gte": "gte", "lte": "lte", "is_null": "is_null"}
_OPERATORS: dict[str, Any] = {
    "eq": lambda column, value: column == value,
    "gte": lambda column, value: column >= value,
    "lte": lambda column, value: column <= value,
    "gt": lambda column, value: column > value,
    "lt": lambda column, value: column < value,
}


def refuse_masked(shape: Shape, column: str, hidden: frozenset[str], request: Request) -> None:
    """Raises FieldMasked: a hidden field must not be found out by asking about it."""
    if column in hidden:
        facet = shape.facets[column]
        label = facet.en if request.language.startswith("en") else facet.zh
        raise FieldMasked(field=wire_name(column), label=label)


def count_of(conditions: list[ColumnElement[bool]], entity: Any) -> Any:
    """`SELECT count(*)` of the rows that meet the conditions."""
    return select(func.count().label("found")).select_from(entity).where(*conditions)
