"""Moving a department or a member: everything below takes a new path, in transactions of at most 1,000 rows.

The command moves the departments and as many members, each with all of their rows, as one transaction may hold; an
outbox message moves the rest. Meanwhile rights stay consistent because a member's path and the rows below it change
in one transaction: each member sees all of their rows before and after, and nobody sees a row whom neither the old nor
the new place entitles. (A member with more than 1,000 rows is the exception: the path moves first and the rows follow,
so that for moments the member sees too little, never too much.) A second move waits until the first is done.

Every rewritten row passes the tracking, so that devices which lose it hear of that. A sweep one minute later catches
rows that transactions under way wrote to the old place. Audit entries stay where they were written.

Messages come late, twice and in any order, after further moves too. A message therefore says only where to look: what
is found there goes where it belongs at present (`Places`), and what belongs there stays. No move runs meanwhile.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select

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
from values.ids import path_key

TOPIC = "tenants.rewrite_paths"
ROWS_PER_TRANSACTION = 1000
BUDGET_SECONDS = 20.0  # of a job, below what the outbox allows a handler
_SWEEP_AFTER = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Move:
    """A move as it was decided: what began with `old` was to begin with `new`, in `organisation_id`.

    `old` says where to look; the other two tell the message apart and are never written to a row.
    """

    old: str
    new: str
    organisation_id: UUID

    def to_payload(self, *, sweep: bool = False) -> dict[str, Any]:
        return {"old": self.old, "new": self.new, "organisationId": str(self.organisation_id), "sweep": sweep}

    @classmethod
    def from_payload(cls, payload: dict[str, Any]) -> Move:
        return cls(str(payload["old"]), str(payload["new"]), UUID(str(payload["organisationId"])))


@dataclass(frozen=True, slots=True)
class Unit:
    """An organisation, or a department of one; `path` as the tree says it, whatever the row still says."""

    organisation_id: UUID
    path: str


@dataclass(slots=True)
class Places:
    """Where everything belongs at present: departments below their parents, members in their seats, rows by whom they
    lie. Units by id; departments' and members' paths by path key."""

    units: dict[UUID, Unit]
    departments: dict[str, str]
    members: dict[str, str] = field(default_factory=dict)

    def seat(self, member: Member) -> Unit:
        """The member's organisation and path; unchanged in a department that was made since the tree was read."""
        unit = self.units.get(member.department_id or member.organisation_id)
        if unit is None:
            return Unit(member.organisation_id, member.path)
        return Unit(unit.organisation_id, f"{unit.path}~{path_key(member.id)}/")

    def row(self, path: str) -> str:
        """The present path of a row that lies at `path`: with its member, else in its department, else unmoved."""
        unit, tilde, key = path.partition("~")
        if owner := self.members.get(key.rstrip("/")):
            return owner
        department = self.departments.get(unit.rstrip("/").rpartition("/")[2])
        return f"{department}{tilde}{key}" if department else path


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


async def queue_up(ctx: Context) -> None:
    """Locks the organisations until the commit: moves, and the jobs that carry them on, come one after the other."""
    roots = select(Organisation.id).where(Organisation.tenant_id == ctx.tenant_id).order_by(Organisation.id)
    await ctx.session.execute(roots.with_for_update(key_share=True))


async def refuse_while_moving(ctx: Context) -> None:
    """Raises MovePending while an earlier move is not done. Two moves queue here."""
    await queue_up(ctx)
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
    """What lay below `move.old` follows what the caller has just given a new seat or parent: the departments now,
    members and rows as far as this transaction may go, the rest by an outbox message."""
    if not await rewrite_batch(ctx, move.old):
        ctx.enqueue(TOPIC, move.to_payload())
    sweep_later(ctx, move)


def sweep_later(ctx: Context, move: Move) -> None:
    """Has a job look once more, when every transaction that began before this one has ended."""
    ctx.enqueue(TOPIC, move.to_payload(sweep=True), due_at=ctx.now + _SWEEP_AFTER)


async def rewrite_batch(ctx: Context, old: str) -> bool:
    """Puts what lies below `old`, and does not belong there, where it belongs: all departments, and with them up to
    1,000 members and rows; True when nothing else is left. The caller holds `queue_up`."""
    places = await _places(ctx)
    left = ROWS_PER_TRANSACTION - await _put_departments(ctx, places, old)
    for member_id in await _misplaced_members(ctx, places, old):
        if left <= 0:
            return False
        member = await _locked_member(ctx, member_id)
        old_path, seat = member.path, places.seat(member)
        rows = await _rows_at(ctx, old_path, left)
        if len(rows) >= left and left < ROWS_PER_TRANSACTION:
            return False  # a fresh transaction takes this member whole
        member.path, member.organisation_id = seat.path, seat.organisation_id
        await ctx.flush()
        left -= 1 + await _rewrite(ctx, rows[: left - 1], old_path, seat.path)
    if left > 0:
        left -= await _put_rows(ctx, places, old, left)
    return left > 0


async def rewrite_paths(
    engine: Engine, tenant_id: UUID, payload: dict[str, Any], *, budget_seconds: float = BUDGET_SECONDS
) -> int:
    """The job behind the outbox message: one transaction after the other; returns how many.

    When the budget is spent, the last transaction leaves a new message for the rest. May be stopped anywhere and run
    again, at any time: each transaction looks at what lies at the old place and does not belong there.
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


async def _places(ctx: Context) -> Places:
    """The tree as its rows' parents tell it. Members' paths are not in it yet: they may be about to change."""
    organisations = await ctx.session.execute(
        select(Organisation.id, Organisation.path).where(Organisation.tenant_id == ctx.tenant_id)
    )
    places = Places({row.id: Unit(row.id, row.path) for row in organisations.all()}, {})
    departments = await ctx.session.execute(
        select(Department.id, Department.parent_id, Department.organisation_id).where(
            Department.tenant_id == ctx.tenant_id
        )
    )
    below: dict[UUID, list[UUID]] = defaultdict(list)
    for row in departments.all():
        below[row.parent_id or row.organisation_id].append(row.id)
    reached = list(places.units)
    while reached:
        above = places.units[(parent_id := reached.pop())]
        for department_id in below[parent_id]:
            unit = Unit(above.organisation_id, f"{above.path}{path_key(department_id)}/")
            places.units[department_id] = unit
            places.departments[path_key(department_id)] = unit.path
            reached.append(department_id)
    return places


async def _put_departments(ctx: Context, places: Places, old: str) -> int:
    """Departments below `old` that belong elsewhere: those that move, and such as were made while their parent moved.
    Returns how many."""
    columns = select(Department.id, Department.path, Department.organisation_id).where(
        Department.tenant_id == ctx.tenant_id, _under(Department.path, old)
    )
    found = (await ctx.session.execute(columns)).all()
    now = {row.id: Unit(row.organisation_id, row.path) for row in found}
    misplaced = [row_id for row_id, unit in now.items() if places.units.get(row_id, unit) != unit]
    departments = await ctx.session.scalars(
        select(Department)
        .where(Department.tenant_id == ctx.tenant_id, Department.id.in_(misplaced))
        .order_by(Department.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    for department in departments:
        unit = places.units[department.id]
        department.path, department.organisation_id = unit.path, unit.organisation_id
    await ctx.flush()
    return len(misplaced)


async def _misplaced_members(ctx: Context, places: Places, old: str) -> list[UUID]:
    """The members below `old` who sit elsewhere, by id."""
    members = await ctx.session.scalars(
        select(Member).where(Member.tenant_id == ctx.tenant_id, _under(Member.path, old)).order_by(Member.id)
    )
    return [member.id for member in members if places.seat(member).path != member.path]


async def _locked_member(ctx: Context, member_id: UUID) -> Member:
    """As they are now: somebody who came back meanwhile may have got another seat."""
    mine = select(Member).where(Member.tenant_id == ctx.tenant_id, Member.id == member_id)
    statement = mine.with_for_update().execution_options(populate_existing=True)
    member: Member
    (member,) = await ctx.session.scalars(statement)
    return member


async def _put_rows(ctx: Context, places: Places, old: str, limit: int) -> int:
    """Moves at most `limit` scoped rows that lie below `old` and belong elsewhere; returns how many."""
    members = await ctx.session.execute(select(Member.id, Member.path).where(Member.tenant_id == ctx.tenant_id))
    places.members = {path_key(row.id): row.path for row in members.all()}
    left = limit
    for entity in scoped_entities():
        for path in await _paths_below(ctx, entity, old):
            if left > 0 and (now := places.row(path)) != path:
                left -= await _rewrite(ctx, await _rows_of(ctx, entity, path, left), path, now)
    return limit - left


async def _paths_below(ctx: Context, entity: type[ScopedRow], prefix: str) -> list[str]:
    """The paths below `prefix` at which rows lie. Skips through the index: a step a path, not a row."""
    here = and_(entity.tenant_id == ctx.tenant_id, _under(entity.scope_path, prefix))
    found = select(func.min(entity.scope_path).label("path")).where(here).cte("found", recursive=True)
    following = select(func.min(entity.scope_path)).where(here, entity.scope_path > found.c.path).scalar_subquery()
    found = found.union_all(select(following).where(found.c.path.is_not(None)))
    paths = await ctx.session.scalars(select(found.c.path).where(found.c.path.is_not(None)))
    return [str(path) for path in paths]


async def _rows_at(ctx: Context, path: str, limit: int) -> list[tuple[type[ScopedRow], UUID]]:
    """At most `limit` scoped rows of any entity that lie at `path`."""
    found: list[tuple[type[ScopedRow], UUID]] = []
    for entity in scoped_entities():
        found.extend(await _rows_of(ctx, entity, path, limit - len(found)))
    return found


async def _rows_of(ctx: Context, entity: type[ScopedRow], path: str, limit: int) -> list[tuple[type[ScopedRow], UUID]]:
    """At most `limit` rows of one entity that lie at `path`."""
    ids = await ctx.session.scalars(
        select(entity.id)
        .where(entity.tenant_id == ctx.tenant_id, entity.scope_path == path)
        .order_by(entity.id)
        .limit(limit)
    )
    return [(entity, row_id) for row_id in ids]


async def _rewrite(ctx: Context, rows: list[tuple[type[ScopedRow], UUID]], old_path: str, new_path: str) -> int:
    """Gives rows their new path; returns how many were given."""
    by_entity: dict[type[ScopedRow], list[UUID]] = defaultdict(list)
    for entity, row_id in rows:
        by_entity[entity].append(row_id)
    for entity, ids in by_entity.items():
        # The path once more: a row that somebody reassigned meanwhile lies where it should.
        here = and_(entity.id.in_(ids), entity.scope_path == old_path)
        await ctx.update_where(entity, here, {"scope_path": new_path})
    return len(rows)


def _under(column: Any, prefix: str) -> ColumnElement[bool]:
    low, high = prefix_range(prefix)
    return and_(column >= low, column < high)
