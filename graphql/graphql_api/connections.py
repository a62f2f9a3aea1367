"""Relay connections: edges, cursors, pageInfo; nothing is read or counted that was not asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import strawberry
from strawberry import UNSET

from graphql_api.errors import PageTooLarge
from graphql_api.filters import Archived, FilterCompiler, archived_of, count_of
from graphql_api.ordering import Ordering, ordering_of
from graphql_api.request import Request
from graphql_api.scalars import maybe
from graphql_api.shapes import Shape, Shapes
from graphql_api.types import node_of
from kernel.policy import Authority
from kernel.query import visible
from tenants.device_reach import within_reach
from tenants.erasable import in_recycle_bin
from values.errors import PermissionDenied

MAX_PAGE = 200
DEFAULT_PAGE = 50


@strawberry.type(description="分页信息 / Where a page stands")
class PageInfo:
    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@dataclass(slots=True)
class Edge:
    node: Any
    cursor: str


@dataclass(slots=True)
class Page:
    """The rows of one page, and whether others follow."""

    edges: list[Edge]
    more: bool
    began: bool  # False when the page begins behind a cursor


class Connection:
    """A list that has not been read yet: the page and the count are each read at most once, when selected."""

    def __init__(self, page: Callable[[], Awaitable[Page]], count: Callable[[], Awaitable[int]]) -> None:
        self._read_page, self._read_count = page, count
        self._page: asyncio.Future[Page] | None = None

    async def page(self) -> Page:
        if self._page is None:
            self._page = asyncio.ensure_future(self._read_page())
        return await self._page

    async def count(self) -> int:
        return await self._read_count()


@dataclass(frozen=True, slots=True)
class Asked:
    """A connection's arguments, checked and compiled."""

    shape: Shape
    conditions: tuple[Any, ...]
    ordering: Ordering
    first: int
    after: str | None

    def page_conditions(self) -> list[Any]:
        return [*self.conditions, *([self.ordering.after(self.after)] if self.after else [])]

    def page_of(self, rows: list[Any], authority: Authority) -> Page:
        kept, hidden = rows[: self.first], self.shape.hidden(authority)
        edges = [Edge(node_of(self.shape, row, hidden, authority), self.ordering.cursor(row)) for row in kept]
        return Page(edges, len(rows) > self.first, self.after is None)


async def asked_for(
    request: Request,
    shape: Shape,
    first: Any,
    after: Any,
    filter: Any,  # noqa: A002 — the argument's name on the wire
    order: Any,
) -> Asked:
    """Checks the arguments and the right to see the entity. Raises PermissionDenied, PageTooLarge, FieldMasked."""
    if not request.actor.authority.holds(shape.permission):
        raise PermissionDenied(permission=shape.permission)
    size = page_size(first)
    bin_asked = archived_of(filter)
    conditions = visible(shape.entity, request.actor, archived=bin_asked is not Archived.ACTIVE)
    conditions += within_reach(shape.entity, request.actor)
    if bin_asked is Archived.ARCHIVED:
        conditions += in_recycle_bin(shape.entity)
    conditions += await FilterCompiler(shape, request).conditions(filter)
    return Asked(shape, tuple(conditions), ordering_of(shape, order, request), size, after or None)


def page_size(first: Any) -> int:
    """`first`, or 50. Raises PageTooLarge outside 1 … 200."""
    size = DEFAULT_PAGE if first is None or first is UNSET else first
    if not 1 <= size <= MAX_PAGE:
        raise PageTooLarge(field="first", limit=MAX_PAGE)
    return size


def root_connection(request: Request, asked: Asked) -> Connection:
    """A connection over all rows that meet the conditions."""
    from sqlalchemy import select

    shape = asked.shape
    statement = (
        select(*shape.loaded())
        .where(*asked.page_conditions())
        .order_by(*asked.ordering.clauses())
        .limit(asked.first + 1)
    )

    async def page() -> Page:
        return asked.page_of(list(await request.rows(statement)), request.actor.authority)

    async def count() -> int:
        return int((await request.rows(count_of(list(asked.conditions), shape.entity)))[0]["found"])

    return Connection(page, count)


def declare_connections(shapes: Shapes) -> None:
    """`CustomerConnection {edges {node cursor} nodes pageInfo totalCount}` per entity."""
    for shape in shapes:
        shape.connection = connection_type(shape.name, shape.node)


def connection_type(name: str, node: Any) -> type:
    """The connection type over `node`; its values are `Connection`."""
    edge: Any = type(f"{name}Edge", (), {"__annotations__": {"node": node, "cursor": str}})
    edge = strawberry.type(edge)

    async def edges(root: Any) -> Any:
        return (await root.page()).edges

    async def nodes(root: Any) -> Any:
        return [found.node for found in (await root.page()).edges]

    edges.__annotations__ = {"return": list[edge]}
    nodes.__annotations__ = {"return": list[node]}
    connection: Any = type(f"{name}Connection", (), {})
    connection.edges = strawberry.field(resolver=edges)
    connection.nodes = strawberry.field(resolver=nodes)
    connection.page_info = strawberry.field(resolver=_page_info, name="pageInfo")
    connection.total_count = strawberry.field(resolver=_total_count, name="totalCount")
    made: type = strawberry.type(connection)
    return made


async def _page_info(root: Any) -> PageInfo:
    page = await root.page()
    edges = page.edges
    return PageInfo(
        has_next_page=page.more,
        has_previous_page=not page.began,
        start_cursor=edges[0].cursor if edges else None,
        end_cursor=edges[-1].cursor if edges else None,
    )


async def _total_count(root: Any) -> int:
    return int(await root.count())


_page_info.__annotations__ = {"root": Any, "return": PageInfo}
_total_count.__annotations__ = {"root": Any, "return": int}


def connection_arguments(shape: Shape) -> dict[str, Any]:
    """The annotations of a connection field's arguments."""
    found: dict[str, Any] = {"first": maybe(int), "after": maybe(str), "filter": maybe(shape.filter)}
    if any(facet.wire and facet.sortable for facet in shape.facets.values()):
        found["order_by"] = maybe(list[shape.order])  # type: ignore[name-defined]
    return found
