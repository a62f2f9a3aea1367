"""What the API derives from an entity: its type, columns, relations. Data only: resolvers and compilers read it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Column

from kernel.entity import Facet, TenantRow, described, entities, facets, table, targets
from kernel.policy import Authority
from values.wire import wire_name

MEMBER = "app.member"


@dataclass(frozen=True, slots=True)
class ToOne:
    """`contact.customer`: a column that holds the id of a row of `target`."""

    name: str
    column: str
    target: str  # GraphQL type name
    about: tuple[str, str]


@dataclass(frozen=True, slots=True)
class ToMany:
    """`customer.contacts`: rows of `target` whose `column` holds this row's id."""

    name: str
    column: str
    target: str
    about: tuple[str, str]


@dataclass(slots=True)
class Shape:
    """One entity in the API. The classes are filled while the schema is built."""

    entity: type[TenantRow]
    name: str
    one: tuple[ToOne, ...] = ()
    many: tuple[ToMany, ...] = ()
    node: type = field(default=object)
    connection: type = field(default=object)
    filter: type = field(default=object)
    order: type = field(default=object)
    facets: dict[str, Facet] = field(default_factory=dict)

    @property
    def label(self) -> tuple[str, str]:
        about = described(self.entity)
        return about.zh, about.en

    @property
    def permission(self) -> str:
        return described(self.entity).view_permission

    @property
    def root_name(self) -> str | None:
        """The connection's field on Query, e.g. `customers`; None when the entity is reached through others only."""
        collection = described(self.entity).collection
        return wire_name(collection) if collection else None

    @property
    def single_name(self) -> str:
        return self.name[0].lower() + self.name[1:]

    def column(self, name: str) -> Column[Any]:
        return table(self.entity).c[name]

    def wired(self) -> list[str]:
        """Columns that may leave the server, in table order."""
        return [name for name, facet in self.facets.items() if facet.wire]

    def sort_column(self, name: str) -> str:
        """Names sort by their stored pinyin key."""
        key = f"{name}_key"
        return key if key in self.facets else name

    def loaded(self) -> list[Column[Any]]:
        """The columns that a read selects: what is wired, and the keys that rows are ordered by."""
        names = [*self.wired(), *(key for key in self.facets if key.endswith("_key") and key[:-4] in self.facets)]
        return [self.column(name) for name in dict.fromkeys(names)]

    def hidden(self, authority: Authority) -> frozenset[str]:
        """The columns that a member's masks take away."""
        name = described(self.entity).name
        masked = {column for column in self.facets if authority.masked(name, column)}
        return frozenset(masked | {f"{column}_key" for column in masked})


class Shapes:
    """All entities that have a GraphQL type, by type name."""

    def __init__(self) -> None:
        found = [entity for entity in entities() if described(entity).graphql]
        self._by_name = {
            str(described(entity).graphql): Shape(entity, str(described(entity).graphql), facets=facets(entity))
            for entity in found
        }
        self._by_table = {f"app.{shape.entity.__tablename__}": shape for shape in self._by_name.values()}
        self._by_entity = {described(shape.entity).name: shape for shape in self._by_name.values()}
        for shape in self:
            shape.one = tuple(self._to_one(shape))
        for shape in self:
            shape.many = tuple(self._to_many(shape))

    def __iter__(self) -> Iterator[Shape]:
        return iter(self._by_name.values())

    def __getitem__(self, name: str) -> Shape:
        return self._by_name[name]

    def of_entity(self, name: str) -> Shape | None:
        """By entity name: `party.Customer`."""
        return self._by_entity.get(name)

    def of_class(self, entity: Any) -> Shape | None:
        return next((shape for shape in self if shape.entity is entity), None)

    def _to_one(self, shape: Shape) -> Iterator[ToOne]:
        related = targets(shape.entity)
        for column in shape.wired():
            # Who did something is a member's id without a foreign key: history outlives the member.
            target = self._by_table.get(related.get(column, MEMBER if column.endswith("_by_id") else ""))
            if column.endswith("_id") and target is not None:
                about = shape.facets[column]
                yield ToOne(wire_name(column.removesuffix("_id")), column, target.name, (about.zh, about.en))

    def _to_many(self, shape: Shape) -> Iterator[ToMany]:
        own = f"app.{shape.entity.__tablename__}"
        for source in self:
            for column, target in sorted(targets(source.entity).items()):
                if target == own and source.facets[column].wire:
                    yield ToMany(_many_name(source, column, shape), column, source.name, source.label)


def _many_name(source: Shape, column: str, target: Shape) -> str:
    """`contacts`, `children`, or with the role when it is neither the obvious key nor the owner: `membersAsLeader`."""
    if source is target and column == "parent_id":
        return "children"
    plural = wire_name(described(source.entity).collection or f"{source.entity.__tablename__}s")
    called = f"_{target.entity.__tablename__}_id"
    if column == "owner_id" or called.endswith(f"_{column}"):  # sales_order_line.order_id is the order's obvious key
        return plural
    role = wire_name(column.removesuffix("_id"))
    return f"{plural}As{role[0].upper()}{role[1:]}"
