"""An entity is an ordinary SQLAlchemy class; each column carries one frozen facet. All shapes derive from that.

Shapes (table, policies, change tracking, GraphQL type, sync collection, permissions, import/export columns, default
form, audit, search) are generic. Decisions (pricing, posting, numbering, transitions) are never derived.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from functools import cache
from typing import Any, ClassVar, cast
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Index,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from values.merging import Merge as Merge
from values.presenting import Choice as Choice
from values.presenting import Search as Search
from values.presenting import Widget as Widget

SCHEMA = "app"
NAMING = {
    "pk": "%(table_name)s_pkey",
    "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "ck": "%(table_name)s_%(constraint_name)s_check",
    "ix": "%(table_name)s_%(column_0_N_name)s_idx",
}


@dataclass(frozen=True, slots=True)
class Facet:
    """Everything that a column means beyond its SQL type. The defaults deny: server only, not searchable."""

    zh: str
    en: str
    wire: bool = False  # may leave the server: API, sync, export
    writable: bool = False  # an edit command may set it, hence import too
    search: Search | None = None
    merge: Merge = Merge.SERVER
    widget: Widget = Widget.TEXT
    choices: tuple[Choice, ...] = ()
    filterable: bool = False
    sortable: bool = False
    personal: bool = False  # cleared when the person behind the row is erased
    secret: bool = False  # never in the audit either
    maskable: bool = False  # a role may hide it


def editable(zh: str, en: str, **options: Any) -> Facet:
    """A facet that members see and may change; offline edits of it merge three ways."""
    return Facet(zh, en, wire=True, writable=True, **{"merge": Merge.THREE_WAY, **options})


def written_once(zh: str, en: str, **options: Any) -> Facet:
    """A facet that members see and fill in once."""
    return Facet(zh, en, wire=True, writable=True, merge=Merge.APPEND_ONLY, **options)


def attribute(kind: Any = None, /, *, facet: Facet, nullable: bool | None = None, **options: Any) -> Any:
    """A mapped column that carries `facet`. Text is byte-ordered (COLLATE "C"): RLS lets only that use an index."""
    column_type = Text(collation="C") if kind in (None, Text, String) else kind
    if nullable is not None:
        options["nullable"] = nullable
    return mapped_column(column_type, info={"facet": facet}, **options)


class Base(DeclarativeBase):
    metadata = MetaData(schema=SCHEMA, naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: DateTime(timezone=True),
        UUID: Uuid(),
        str: Text(collation="C"),
        int: BigInteger(),
        dict[str, Any]: JSONB(),
    }


class Wall(Enum):
    """Which kind of table a table is: decides its policies and who may touch it."""

    TENANT = "tenant"  # behind the tenant wall
    SCOPED = "scoped"  # behind the wall and narrowed to the member's data scope
    REFERENCE = "reference"  # the same for everybody, read-only to the app
    PLATFORM = "platform"  # users, sessions, directory: never granted to the app role


@dataclass(frozen=True, slots=True)
class Entity:
    """What an entity is called and which shapes derive from it. `None` switches a shape off."""

    name: str  # "party.Customer"
    zh: str
    en: str
    permission: str  # prefix: "party.customer" → party.customer.view, .create …
    collection: str | None = None  # sync collection and API connection: "customers"
    graphql: str | None = None  # GraphQL type name
    searchable: bool = False
    archivable: bool = False
    exported: bool = True
    tracked: bool = True
    actions: tuple[str, ...] = ("view",)
    transactional: bool = False  # business transactions, not master data: cleared with the trial's data

    @property
    def view_permission(self) -> str:
        return f"{self.permission}.view"

    @property
    def permissions(self) -> tuple[str, ...]:
        return tuple(f"{self.permission}.{action}" for action in self.actions)


class TenantRow(Base):
    """A row behind the tenant wall. `version` counts the row's edits; only tracking rows carry the tenant clock."""

    __abstract__ = True
    __entity__: ClassVar[Entity | None] = None
    __wall__: ClassVar[Wall] = Wall.TENANT

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True, sort_order=-10)
    id: Mapped[UUID] = mapped_column(
        primary_key=True, sort_order=-9, info={"facet": Facet("编号", "Id", wire=True, filterable=True)}
    )
    version: Mapped[int] = mapped_column(
        sort_order=90, default=1, info={"facet": Facet("版本", "Version", wire=True, widget=Widget.NUMBER)}
    )
    created_at: Mapped[datetime] = mapped_column(
        sort_order=91,
        info={"facet": Facet("创建时间", "Created", wire=True, widget=Widget.INSTANT, filterable=True, sortable=True)},
    )
    created_by_id: Mapped[UUID | None] = mapped_column(
        sort_order=92, info={"facet": Facet("创建人", "Created by", wire=True, widget=Widget.REFERENCE)}
    )
    updated_at: Mapped[datetime] = mapped_column(
        sort_order=93,
        info={"facet": Facet("修改时间", "Updated", wire=True, widget=Widget.INSTANT, filterable=True, sortable=True)},
    )
    updated_by_id: Mapped[UUID | None] = mapped_column(
        sort_order=94, info={"facet": Facet("修改人", "Updated by", wire=True, widget=Widget.REFERENCE)}
    )

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 — SQLAlchemy's own declaration


class ScopedRow(TenantRow):
    """A row that a member sees only inside the data scope. `scope_path` is `/org/dept/~owner/` in path keys."""

    __abstract__ = True
    __wall__: ClassVar[Wall] = Wall.SCOPED

    owner_id: Mapped[UUID | None] = mapped_column(
        sort_order=80,
        info={"facet": Facet("负责人", "Owner", wire=True, widget=Widget.REFERENCE, filterable=True, sortable=False)},
    )
    scope_path: Mapped[str] = mapped_column(
        Text(collation="C"), sort_order=81, info={"facet": Facet("数据范围", "Scope path")}
    )


class Archivable:
    """Adds the recycle bin: a fact (when, by whom), not a flag. Restorable for 30 days."""

    archived_at: Mapped[datetime | None] = mapped_column(
        sort_order=85, info={"facet": Facet("归档时间", "Archived", wire=True, widget=Widget.INSTANT, filterable=True)}
    )
    archived_by_id: Mapped[UUID | None] = mapped_column(
        sort_order=86, info={"facet": Facet("归档人", "Archived by", wire=True, widget=Widget.REFERENCE)}
    )


class Customisable:
    """Adds the tenant's own fields: typed JSONB, validated against the tenant's definitions."""

    custom: Mapped[dict[str, Any]] = mapped_column(
        JSONB(),
        sort_order=84,
        default=dict,
        info={"facet": editable("自定义字段", "Custom fields", widget=Widget.JSON, maskable=True)},
    )


def link(column: str, table: str) -> ForeignKeyConstraint:
    """A foreign key inside the tenant: both sides begin with `tenant_id`, nothing cascades, nothing is set to null."""
    return ForeignKeyConstraint(["tenant_id", column], [f"{SCHEMA}.{table}.tenant_id", f"{SCHEMA}.{table}.id"])


def index(name: str, *columns: str, unique: bool = False, **options: Any) -> Index:
    """An index that begins with `tenant_id`."""
    return Index(name, "tenant_id", *columns, unique=unique, **options)


def unique(*columns: str) -> UniqueConstraint:
    """A unique constraint that begins with `tenant_id`: a global one would tell what another tenant has."""
    return UniqueConstraint("tenant_id", *columns)


def one_of(column: str, choices: tuple[Choice, ...]) -> CheckConstraint:
    """Filterable status is text + CHECK: an enum's operators are not leakproof and lose their index under RLS."""
    values = ", ".join(f"'{choice.value}'" for choice in choices)
    return CheckConstraint(f"{column} IN ({values})", name=column)


def table(entity: type[Base]) -> Table:
    """The mapped table."""
    return cast("Table", entity.__table__)


@cache
def facets(entity: type[TenantRow]) -> dict[str, Facet]:
    """The facets of an entity by column name, in table order; columns without one are server only. Not to be changed:

    every caller gets the same dict, computed once per class.
    """
    return {column.name: facet_of(column) for column in table(entity).columns}


def facet_of(column: Column[Any]) -> Facet:
    """A column's facet. A column without one never leaves the server."""
    facet = column.info.get("facet")
    return facet if isinstance(facet, Facet) else Facet(column.name, column.name)


def described(entity: type[TenantRow]) -> Entity:
    """The entity's description. Raises LookupError for a bare table."""
    if entity.__entity__ is None:
        raise LookupError(f"{entity.__name__} is a table, not an entity")
    return entity.__entity__


def targets(entity: type[TenantRow]) -> dict[str, str]:
    """Column name → qualified table that it refers to, inside the tenant."""
    found: dict[str, str] = {}
    for constraint in table(entity).constraints:
        if isinstance(constraint, ForeignKeyConstraint):
            own = [column.name for column in constraint.columns if column.name != "tenant_id"]
            if len(own) == 1:
                found[own[0]] = constraint.elements[0].target_fullname.rsplit(".", 1)[0]
    return found


def entities() -> Iterator[type[TenantRow]]:
    """Every described entity that has been imported, in name order."""
    found = [mapper.class_ for mapper in Base.registry.mappers]
    yield from sorted(
        (cls for cls in found if issubclass(cls, TenantRow) and cls.__entity__ is not None),
        key=lambda cls: described(cls).name,
    )


@cache
def entity_named(name: str) -> type[TenantRow]:
    """The entity called `party.Customer`. Raises LookupError."""
    for entity in entities():
        if described(entity).name == name:
            return entity
    raise LookupError(name)


def tables() -> Iterator[type[Base]]:
    """Every mapped class, entities and bare tables alike."""
    yield from sorted((m.class_ for m in Base.registry.mappers), key=lambda cls: cls.__tablename__)
