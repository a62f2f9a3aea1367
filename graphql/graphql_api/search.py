"""Global search: by name, code, phone, e-mail, full pinyin and initials, within the member's rights."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Union

import strawberry
from sqlalchemy import CTE, ColumnElement, Select, func, select, union_all
from strawberry import UNSET
from strawberry.types.info import Info

from graphql_api.connections import page_size
from graphql_api.relations import load_node
from graphql_api.request import Request
from graphql_api.scalars import maybe
from graphql_api.shapes import Shape, Shapes
from kernel.entity import Choice, Wall, described
from kernel.policy import EVERYTHING, Actor
from kernel.query import beginning_with, visible, within
from kernel.search import terms_of
from kernel.tables import SearchTerm
from tenants.offering import only
from values.errors import InvalidInput, Words
from values.pinyin import query_term

# A prefix may match many terms of one row, and a row may fall out by a mask: read more terms than rows are wanted.
_TERMS_PER_ROW = 5
_MAX_TERMS = 400
_DEFAULT_HITS = 20
_MAX_TEXT = 200
# Who may see at most so many rows of a kind is searched from the rows: a frequent word's terms nearly all belong to
# others, and reading past them would take longer the bigger the company is. Above it, the share of one's own suffices.
_FEW_ROWS = 1000


def search_fields(shapes: Shapes) -> dict[str, Any]:
    """`search(text, first, kinds)`."""
    searchable = {shape.name: shape for shape in shapes if described(shape.entity).searchable}
    nodes: Any = Annotated[
        Union[tuple(shape.node for shape in searchable.values())],  # noqa: UP007 — built from a tuple
        strawberry.union("SearchNode"),
    ]
    hit: Any = type(
        "SearchHit", (), {"__annotations__": {"kind": str, "id": strawberry.ID, "title": str, "node": nodes}}
    )
    hit = strawberry.type(hit, description="搜索结果 / One found row: `kind` is its type")

    async def search(info: Any, text: str, first: Any = UNSET, kinds: Any = UNSET) -> Any:
        request: Request = info.context
        _refuse_unfit(request.actor, text, kinds, searchable)
        wanted = [shape for shape in searchable.values() if not kinds or shape.name in kinds]
        found = await find(request, wanted, text, page_size(first or (_DEFAULT_HITS if first != 0 else 0)))
        return [hit(kind=shape.name, id=node.id, title=_title(node), node=node) for shape, node in found]

    search.__annotations__ = {
        "info": Info,
        "text": str,
        "first": maybe(int),
        "kinds": maybe(list[str]),
        "return": list[hit],
    }
    return {
        "search": strawberry.field(
            resolver=search,
            description="全局搜索：名称、编码、电话、邮箱、全拼与首字母 / Search everything you may see",
        )
    }


def _title(node: Any) -> str:
    """What the row is called; documents go by their number."""
    return getattr(node, "name", None) or getattr(node, "number", None) or ""


def _refuse_unfit(actor: Actor, text: str, kinds: Any, known: dict[str, Shape]) -> None:
    """Raises InvalidInput for a kind that cannot be searched, or a text that no name is as long as."""
    if len(text) > _MAX_TEXT:
        problem = Words(f"最多 {_MAX_TEXT} 个字", f"at most {_MAX_TEXT} characters")
        raise InvalidInput(field="text", problem=problem)
    if any(kind not in known for kind in kinds or ()):
        choices = [
            Choice(shape.name, *shape.label) for shape in known.values() if actor.authority.holds(shape.permission)
        ]
        raise InvalidInput(field="kinds", problem=only(Words("对象", "this argument"), choices))


async def find(request: Request, shapes: list[Shape], text: str, limit: int) -> list[tuple[Shape, Any]]:
    """Up to `limit` rows per kind, exact matches first, kinds in the order given. Nothing typed finds nothing."""
    term = query_term(text)
    held = [shape for shape in shapes if request.actor.authority.holds(shape.permission)]
    if not term or not held:
        return []
    parts = [part for shape in held for part in _matches(request, shape, term, limit)]
    rows = await request.rows(union_all(*(select(part.subquery()) for part in parts)))
    by_name = {described(shape.entity).name: shape for shape in held}
    ids: dict[str, dict[Any, None]] = {}
    for row in sorted(rows, key=lambda row: str(row["term"])):
        ids.setdefault(row["entity"], {})[row["row_id"]] = None
    found: list[tuple[Shape, Any]] = []
    for name, shape in by_name.items():
        found += [(shape, node) for node in await _shown(request, shape, term, list(ids.get(name, {})), limit)]
    return found


def _matches(request: Request, shape: Shape, term: str, limit: int) -> list[Select[Any, Any, Any]]:
    """Terms that begin with what was typed, as byte ranges in index order, which stop as soon as enough are read.

    One way in for those who see everything; else two of which the database runs one: see `_FEW_ROWS`.
    """
    held = request.actor.authority.prefixes(shape.permission)
    scoped = shape.entity.__wall__ is Wall.SCOPED
    if not scoped:
        return [_read(request, shape, term, limit, SearchTerm.scope_path == "")]
    if held == EVERYTHING:
        return [_read(request, shape, term, limit)]
    mine = _some_rows(request, shape)
    within_reach, few = within(SearchTerm.scope_path, held), _count(mine) <= _FEW_ROWS
    from_rows = _read(request, shape, term, limit, within_reach, few).join(mine, mine.c.id == SearchTerm.row_id)
    return [from_rows, _read(request, shape, term, limit, within_reach, ~few)]


def _some_rows(request: Request, shape: Shape) -> CTE:
    """Ids of the rows that the member may see: all of them, or one more than few."""
    rows = select(shape.entity.id).where(*visible(shape.entity, request.actor)).limit(_FEW_ROWS + 1)
    return rows.cte(f"some_{shape.name}").prefix_with("MATERIALIZED")


def _count(rows: CTE) -> ColumnElement[int]:
    return select(func.count()).select_from(rows).scalar_subquery()


def _read(
    request: Request, shape: Shape, term: str, limit: int, *conditions: ColumnElement[bool]
) -> Select[Any, Any, Any]:
    masked = terms_of(shape.entity).columns & shape.hidden(request.actor.authority)
    terms = _MAX_TERMS if masked else min(limit * _TERMS_PER_ROW, _MAX_TERMS)
    return (
        select(SearchTerm.entity, SearchTerm.row_id, SearchTerm.term)
        .where(
            SearchTerm.tenant_id == request.actor.tenant_id,
            SearchTerm.entity == described(shape.entity).name,
            beginning_with(SearchTerm.term, term),
            *conditions,
        )
        .order_by(SearchTerm.term)
        .limit(terms)
    )


async def _shown(request: Request, shape: Shape, term: str, ids: list[Any], limit: int) -> list[Any]:
    hidden = shape.hidden(request.actor.authority)
    masked = bool(terms_of(shape.entity).columns & hidden)
    found: list[Any] = []
    for start in range(0, len(ids), limit):
        page = ids[start : start + limit]
        nodes = await asyncio.gather(*(load_node(request, shape, row_id) for row_id in page))
        # The terms do not say which column they came from: with a masked one among them, a hit must be provable
        # from the columns that the member sees.
        found += [node for node in nodes if node is not None and (not masked or _provable(shape, node, hidden, term))]
        if len(found) >= limit:
            break
    return found[:limit]


def _provable(shape: Shape, node: Any, hidden: frozenset[str], term: str) -> bool:
    for column, make in terms_of(shape.entity).makers:
        value = None if column in hidden else getattr(node, column, None)
        if value and any(found.startswith(term) for found in make(str(value))):
            return True
    return False
