"""Nested relations both ways along foreign keys: one statement per relation and level, however many parents."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import strawberry
from sqlalchemy import func, select
from strawberry import UNSET
from strawberry.types.info import Info

from graphql_api.connections import Asked, Connection, Page, asked_for, connection_arguments
from graphql_api.deprecated import reason_for
from graphql_api.request import Request
from graphql_api.scalars import maybe
from graphql_api.shapes import Shape, Shapes, ToMany, ToOne
from graphql_api.types import node_of
from kernel.query import select_by_ids
from tenants.device_entities import Device
from tenants.device_reach import devices_by_ids


def relation_fields(shapes: Shapes) -> dict[str, dict[str, Any]]:
    """GraphQL type name → attribute → field."""
    found: dict[str, dict[str, Any]] = {}
    for shape in shapes:
        fields = {f"to_{one.column}": _to_one(shapes, shape, one) for one in shape.one}
        fields |= {f"many_{many.name}": _to_many(shapes, shape, many) for many in shape.many}
        if "tag_ids" in shape.facets:
            fields["tags"] = _tags(shapes)
        found[shape.name] = fields
    return found


async def load_node(request: Request, shape: Shape, row_id: UUID | None) -> Any:
    """The row as its type, or None when it does not exist or is not the member's to see. Batched per request."""
    of_devices = shape.entity is Device  # a member's own are theirs to see, whatever they hold
    if row_id is None or not (of_devices or request.actor.authority.holds(shape.permission)):
        return None

    async def load(ids: list[UUID]) -> list[Any]:
        authority = request.actor.authority
        hidden = shape.hidden(authority)
        chosen = devices_by_ids(request.actor, ids) if of_devices else select_by_ids(shape.entity, request.actor, ids)
        statement = chosen.with_only_columns(*shape.loaded())
        rows = {row["id"]: node_of(shape, row, hidden, authority) for row in await request.rows(statement)}
        return [rows.get(row_id) for row_id in ids]

    return await request.loader(("one", shape.name), load).load(row_id)


def _to_one(shapes: Shapes, owner: Shape, relation: ToOne) -> Any:
    target = shapes[relation.target]

    async def resolve(root: Any, info: Any) -> Any:
        return await load_node(info.context, target, getattr(root, relation.column))

    resolve.__annotations__ = {"info": Info, "return": maybe(target.node)}
    return strawberry.field(
        resolver=resolve,
        name=relation.name,
        description=" / ".join(relation.about),
        deprecation_reason=reason_for(owner.name, relation.name),
    )


def _to_many(shapes: Shapes, owner: Shape, relation: ToMany) -> Any:
    target = shapes[relation.target]

    async def resolve(
        root: Any,
        info: Any,
        first: Any = UNSET,
        after: Any = UNSET,
        filter: Any = UNSET,  # noqa: A002 — the argument's name on the wire
        order_by: Any = UNSET,
    ) -> Any:
        request: Request = info.context
        if not request.actor.authority.holds(target.permission):
            return None
        key = ("asked", owner.name, relation.name, first, after, repr(filter), repr(order_by))

        async def compile_once(_keys: list[Any]) -> list[Any]:
            return [await asked_for(request, target, first, after, filter, order_by)]

        asked = await request.loader(key, compile_once).load(0)
        return _children(request, asked, relation.column, root.id, key)

    resolve.__annotations__ = {"info": Info, **connection_arguments(target), "return": maybe(target.connection)}
    return strawberry.field(
        resolver=resolve,
        name=relation.name,
        description=" / ".join(relation.about),
        deprecation_reason=reason_for(owner.name, relation.name),
    )


def _children(request: Request, asked: Asked, column: str, parent_id: UUID, key: Any) -> Connection:
    """A connection over one parent's rows; the rows of all parents of a level come in one statement."""
    shape = asked.shape
    parent: Any = getattr(shape.entity, column)

    async def load_pages(parents: list[UUID]) -> list[Page]:
        place = func.row_number().over(partition_by=parent, order_by=asked.ordering.clauses()).label("place")
        ranked = (
            select(*shape.loaded(), parent.label("parent_key"), place)
            .where(*asked.page_conditions(), parent.in_(parents))
            .subquery()
        )
        statement = (
            select(ranked).where(ranked.c.place <= asked.first + 1).order_by(ranked.c.parent_key, ranked.c.place)
        )
        by_parent: dict[UUID, list[Any]] = {found: [] for found in parents}
        for row in await request.rows(statement):
            by_parent[row["parent_key"]].append(row)
        return [asked.page_of(by_parent[found], request.actor.authority) for found in parents]

    async def load_counts(parents: list[UUID]) -> list[int]:
        statement = (
            select(parent.label("parent_key"), func.count().label("found"))
            .where(*asked.conditions, parent.in_(parents))
            .group_by(parent)
        )
        counts = {row["parent_key"]: int(row["found"]) for row in await request.rows(statement)}
        return [counts.get(found, 0) for found in parents]

    async def page() -> Page:
        return await request.loader((*key, "page"), load_pages).load(parent_id)  # type: ignore[no-any-return]

    async def count() -> int:
        return await request.loader((*key, "count"), load_counts).load(parent_id)  # type: ignore[no-any-return]

    return Connection(page, count)


def _tags(shapes: Shapes) -> Any:
    target = shapes["Tag"]

    async def resolve(root: Any, info: Any) -> Any:
        found = await asyncio.gather(*(load_node(info.context, target, tag_id) for tag_id in root.tag_ids or ()))
        return [tag for tag in found if tag is not None]

    resolve.__annotations__ = {"info": Info, "return": list[target.node]}  # type: ignore[name-defined]
    return strawberry.field(resolver=resolve, name="tags", description="标签 / Tags")
