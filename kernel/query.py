"""Reading under the member's rights: one place adds the tenant, the scope and the recycle bin to a select."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, false, or_, select

from kernel.db import TenantContext
from kernel.entity import Archivable, ScopedRow, TenantRow, described
from kernel.policy import EVERYTHING, Actor, prefix_range

# Entities whose rows are seen with rows of other entities: this condition takes the place of their own scope.
NARROWED: dict[type[TenantRow], Callable[[Actor], ColumnElement[bool]]] = {}


def reading_context(actor: Actor) -> TenantContext:
    """The context for queries and pulls: row-level security narrows to all that any view permission reaches."""
    return TenantContext(actor.tenant_id, actor.member_id, actor.authority.view_prefixes())


def within(column: Any, prefixes: tuple[str, ...]) -> ColumnElement[bool]:
    """`column` begins with one of `prefixes`, as byte ranges that a (tenant_id, scope_path) index serves."""
    if not prefixes:
        return false()
    ranges = [prefix_range(prefix) for prefix in prefixes]
    return or_(*(and_(column >= low, column < high) for low, high in ranges))


_FIRST_SURROGATE, _BEHIND_SURROGATES, _LAST = 0xD800, 0xE000, 0x10FFFF


def text_range(prefix: str) -> tuple[str, str | None]:
    """The half-open byte range of all texts that begin with `prefix`, which is not empty. None: without upper bound.

    Unlike a path, a text may end in any character: the bound steps over the surrogates, which UTF-8 does not have,
    and a last character beyond which there is none gives way to the one before it.
    """
    kept = prefix.rstrip(chr(_LAST))
    if not kept:
        return prefix, None
    following = ord(kept[-1]) + 1
    return prefix, kept[:-1] + chr(_BEHIND_SURROGATES if following == _FIRST_SURROGATE else following)


def beginning_with(column: Any, prefix: str) -> ColumnElement[bool]:
    """`column` begins with `prefix`, as a byte range: row-level security lets it use the index, which LIKE may not."""
    low, high = text_range(prefix)
    found: ColumnElement[bool] = column >= low
    return found if high is None else and_(found, column < high)


def visible(entity: type[TenantRow], actor: Actor, *, archived: bool = False) -> list[ColumnElement[bool]]:
    """The conditions for the rows of `entity` that the actor may view.

    Row-level security is the authority; these literals are for the planner, for Citus, and for what is narrower than
    the wall: a member may hold one entity's view permission in fewer places than another's.
    """
    conditions: list[ColumnElement[bool]] = [entity.tenant_id == actor.tenant_id]
    held = actor.authority.prefixes(described(entity).view_permission)
    if not held:
        conditions.append(false())
    elif entity in NARROWED:
        conditions.append(NARROWED[entity](actor))
    elif issubclass(entity, ScopedRow) and held != EVERYTHING:
        conditions.append(within(entity.scope_path, held))
    if issubclass(entity, Archivable) and not archived:
        conditions.append(entity.archived_at.is_(None))
    return conditions


def select_visible(entity: type[TenantRow], actor: Actor, *, archived: bool = False) -> Select[Any]:
    """`SELECT entity` limited to what the actor may view."""
    return select(entity).where(*visible(entity, actor, archived=archived))


def select_by_ids(entity: type[TenantRow], actor: Actor, ids: list[UUID]) -> Select[Any]:
    """The visible ones among `ids`, the recycle bin included: a reference may point there."""
    return select_visible(entity, actor, archived=True).where(entity.id.in_(ids))
