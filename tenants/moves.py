"""Moving a department or a member: everything below takes a new path, in transactions of at most 1,000 rows.

The command moves the departments and as many members, each with all of their rows, as one transaction may hold; an
outbox message moves the rest. Meanwhile rights stay consistent because a member's path and the rows below it change
in one transaction: each member sees all of their rows before and after, and nobody sees a row whom neither the old nor
the new place entitles. (A member with more than 1,000 rows is the exception: the path moves first and the rows follow,
so that for moments the member sees too little, never too much.) A second move waits until the first is done.

Every rewritten row passes the tracking, so that devices which lose it hear of that. A sweep one minute later catches
rows that transactions under way wrote to the old place. Audit entries stay where they were written.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, select

from kernel.command import Input, command_named
from kernel.context import Context
from kernel.engine import Engine
from kernel.entity import Base, ScopedRow
from kernel.policy import Actor, Authority, prefix_range, reaches
from kernel.tables import Outbox
from tenants.entities import Department, Member, Organisation
from tenants.errors import MovePending
from tenants.granting import ADMINISTER, administers_rights
from values.errors import PermissionDenied

TOPIC = "tenants.rewrite_paths"
ROWS_PER_TRANSACTION = 1000
BUDGET_SECONDS = 20.0  # of a job, below what the outbox allows a handler
_SWEEP_AFTER = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Move:
    """All paths that begin with `old` shall begin with `new`; what moves belongs to `organisation_id` then."""

    old: str
    new: str
    organisation_id: UUID

    def moved(self, path: str) -> str:
        return self.new + path.removeprefix(self.old)

    def to_payload(self, *, sweep: bool = False) -> dict[str, Any]:
        return {"old": self.old, "new": self.new, "organisationId": str(self.organisation_id), "sweep": sweep}

    @classmethod
    def from_payload(cls, payload: dict[str, Any]) -> Move:
        return cls(str(payload["old"]), str(payload["new"]), UUID(str(payload["organisationId"])))


class RewritePaths(Input, frozen=True, kw_only=True):
    """`hand_over`: leave a message for what this transaction does not reach."""

    old: str
    new: str
    organisation_id: UUID
    hand_over: bool = False


def scoped_entities() -> Iterator[type[ScopedRow]]:
    """Every mapped class whose rows lie in a data scope, in table order."""
    found = [mapper.class_ for mapper in Base.registry.mappers if issubclass(mapper.class_, ScopedRow)]
    yield from sorted(found, key=lambda entity: entity.__tablename__)


async def refuse_while_moving(ctx: Context) -> None:
    """Raises MovePending while an earlier move is not done. Locks the organisations: two moves queue here."""
    roots = select(Organisation.id).where(Organisation.tenant_id == ctx.tenant_id).order_by(Organisation.id)
    await ctx.session.execute(roots.with_for_update())
    waiting = select(Outbox.payload).where(
        Outbox.tenant_id == ctx.tenant_id, Outbox.topic == TOPIC, Outbox.delivered_at.is_(None)
    )
    if any(not payload.get("sweep") for payload in await ctx.session.scalars(waiting)):
        raise MovePending


def refuse_gain(ctx: Context, old: str, new: str) -> None:
    """A move changes who sees what. Raises PermissionDenied if it brought the mover rights over what moves."""
    authority = ctx.actor.authority
    gains = any(reaches(held, new) and not reaches(held, old) for held in authority.grants.values())
    if gains and not administers_rights(authority):
        raise PermissionDenied(permission=ADMINISTER)


async def move_below(ctx: Context, move: Move) -> None:
    """Departments now, members and rows as far as this transaction may go, the rest by an outbox message."""
    departments = await ctx.session.scalars(
        select(Department)
        .where(Department.tenant_id == ctx.tenant_id, _under(Department.path, move.old))
        .order_by(Department.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    for department in departments:
        department.path, department.organisation_id = move.moved(department.path), move.organisation_id
    await ctx.flush()
    if not await rewrite_batch(ctx, move, max(0, ROWS_PER_TRANSACTION - len(departments))):
        ctx.enqueue(TOPIC, move.to_payload())
    ctx.enqueue(TOPIC, move.to_payload(sweep=True), due_at=ctx.now + _SWEEP_AFTER)


async def rewrite_batch(ctx: Context, move: Move, limit: int = ROWS_PER_TRANSACTION) -> bool:
    """Moves up to `limit` members and rows; True when nothing is left at the old place."""
    left = limit
    while left > 0 and (member := await _next_member(ctx, move)) is not None:
        old_path, new_path = member.path, move.moved(member.path)
        rows = await _rows_under(ctx, old_path, left)
        if len(rows) >= left and left < ROWS_PER_TRANSACTION:
            return False  # a fresh transaction takes this member whole
        member.path, member.organisation_id = new_path, move.organisation_id
        await ctx.flush()
        left -= 1 + await _rewrite(ctx, rows[: left - 1], old_path, new_path)
    if left > 0:
        left -= await _rewrite(ctx, await _rows_under(ctx, move.old, left), move.old, move.new)
    return left > 0


async def rewrite_paths(
    engine: Engine, tenant_id: UUID, payload: dict[str, Any], *, budget_seconds: float = BUDGET_SECONDS
) -> int:
    """The job behind the outbox message: one transaction after the other; returns how many.

    When the budget is spent, the last transaction leaves a new message for the rest. May be stopped anywhere and run
    again: each transaction looks at what still lies at the old place.
    """
    move, until, transactions = Move.from_payload(payload), time.monotonic() + budget_seconds, 0
    while True:
        last = time.monotonic() >= until
        data = RewritePaths(old=move.old, new=move.new, organisation_id=move.organisation_id, hand_over=last)
        system = Actor(tenant_id, None, Authority())
        outcome = await engine.executor.run_internal(system, command_named("tenants.rewrite_paths"), data)
        transactions += 1
        if last or (outcome.result or {}).get("done"):
            return transactions


async def _next_member(ctx: Context, move: Move) -> Member | None:
    statement = (
        select(Member)
        .where(Member.tenant_id == ctx.tenant_id, _under(Member.path, move.old))
        .order_by(Member.id)
        .limit(1)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    found: Member | None = await ctx.session.scalar(statement)
    return found


async def _rows_under(ctx: Context, prefix: str, limit: int) -> list[tuple[type[ScopedRow], UUID, str]]:
    """At most `limit` scoped rows of any entity whose path begins with `prefix`."""
    found: list[tuple[type[ScopedRow], UUID, str]] = []
    for entity in scoped_entities():
        if len(found) >= limit:
            break
        rows = await ctx.session.execute(
            select(entity.id, entity.scope_path)
            .where(entity.tenant_id == ctx.tenant_id, _under(entity.scope_path, prefix))
            .order_by(entity.id)
            .limit(limit - len(found))
        )
        found.extend((entity, row.id, row.scope_path) for row in rows.all())
    return found


async def _rewrite(ctx: Context, rows: list[tuple[type[ScopedRow], UUID, str]], old: str, new: str) -> int:
    """Gives rows their new path; returns how many were given."""
    places: dict[tuple[type[ScopedRow], str], list[UUID]] = defaultdict(list)
    for entity, row_id, path in rows:
        places[entity, path].append(row_id)
    for (entity, path), ids in places.items():
        # The path once more: a row that somebody reassigned meanwhile lies where it should.
        here = and_(entity.id.in_(ids), entity.scope_path == path)
        await ctx.update_where(entity, here, {"scope_path": new + path.removeprefix(old)})
    return len(rows)


def _under(column: Any, prefix: str) -> ColumnElement[bool]:
    low, high = prefix_range(prefix)
    return and_(column >= low, column < high)
