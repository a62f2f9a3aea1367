"""Reads of the party room beyond what derives from the entities."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from kernel.db import TenantSession
from kernel.policy import Actor
from kernel.query import visible
from modules.party.entities import Customer

MAX_DEPTH = 20


@dataclass(frozen=True, slots=True)
class GroupNode:
    """A company of a group: `depth` 0 is the topmost one that the actor may see."""

    customer_id: UUID
    parent_id: UUID | None
    name: str
    depth: int


async def group_tree(session: TenantSession, actor: Actor, customer_id: UUID) -> list[GroupNode]:
    """The group that a customer belongs to, parents before children, names in human order; [] if it is not visible.

    Only what the actor may view counts: an invisible company cuts the tree, and what hangs below it alone is left out.
    """
    top = await _topmost(session, actor, customer_id)
    if top is None:
        return []
    found = [GroupNode(top.id, top.parent_id, top.name, 0)]
    level = [top.id]
    for depth in range(1, MAX_DEPTH + 1):
        below = await session.scalars(
            select(Customer)
            .where(*visible(Customer, actor), Customer.parent_id.in_(level))
            .order_by(Customer.name_key, Customer.id)
        )
        if not below:
            break
        found += [GroupNode(row.id, row.parent_id, row.name, depth) for row in below]
        level = [row.id for row in below]
    return found


async def _topmost(session: TenantSession, actor: Actor, customer_id: UUID) -> Customer | None:
    top: Customer | None = None
    above: UUID | None = customer_id
    for _ in range(MAX_DEPTH + 1):
        if above is None:
            break
        row = await session.scalar(select(Customer).where(*visible(Customer, actor), Customer.id == above))
        if row is None:
            break
        top, above = row, row.parent_id
    return top
