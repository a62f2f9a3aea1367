"""`yunfan sync verify`: does the change log say what the rows say? Finds what went past the kernel.

Every tracked row must stand in the change log, at its own place in the scope; every tombstone must be of a row that is
gone. Repairing stamps the row anew with the tenant's clock, so that the next pull of every device brings the truth.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Text, literal, select

from kernel.command import Command, Input
from kernel.context import Context
from kernel.db import TenantContext, TenantSession
from kernel.engine import Engine
from kernel.entity import TenantRow, Wall, described, entities, table
from kernel.policy import Actor, Authority
from kernel.tables import ChangeLog

_BATCH_ROWS = 1_000


@dataclass(frozen=True, slots=True)
class Finding:
    """One row that devices would get wrong. `problem`: missing, moved, deleted or revived."""

    entity: str
    row_id: UUID
    problem: str
    path: str  # where the row lies now, or lay when it was deleted


class Restamp(Input, frozen=True, kw_only=True):
    """No input: what is to be stamped has been found before."""


async def check_tenant(engine: Engine, tenant_id: UUID) -> list[Finding]:
    """Compares every tracked entity with the change log, in one consistent snapshot."""
    context = TenantContext(tenant_id).wide()
    async with engine.database.tenant(context, snapshot=True) as session:
        findings: list[Finding] = []
        for entity in entities():
            if described(entity).tracked:
                findings += await _compare(session, entity)
    return findings


async def repair_tenant(engine: Engine, tenant_id: UUID) -> list[Finding]:
    """Stamps every finding anew, a thousand rows a transaction; returns what was repaired."""
    findings = await check_tenant(engine, tenant_id)
    actor = Actor(tenant_id, None, Authority(), on_behalf_of="operator")
    for start in range(0, len(findings), _BATCH_ROWS):
        await engine.executor.run(actor, _restamping(findings[start : start + _BATCH_ROWS]), Restamp())
    return findings


async def _compare(session: TenantSession, entity: type[TenantRow]) -> list[Finding]:
    rows, log, name = table(entity), table(ChangeLog), described(entity).name
    place = rows.c.scope_path if entity.__wall__ is Wall.SCOPED else literal("", Text())
    live = select(rows.c.id, place.label("place")).where(rows.c.tenant_id == session.tenant_id).subquery()
    logged = (
        select(log.c.row_id, log.c.op, log.c.scope_path)
        .where(log.c.tenant_id == session.tenant_id, log.c.entity == name)
        .subquery()
    )
    differing = (
        select(live.c.id, live.c.place, logged.c.row_id, logged.c.op, logged.c.scope_path)
        .select_from(live.join(logged, live.c.id == logged.c.row_id, full=True))
        .where(
            (logged.c.row_id.is_(None))
            | (live.c.id.is_(None) & (logged.c.op == "put"))
            | (live.c.id.is_not(None) & ((logged.c.op == "remove") | (live.c.place != logged.c.scope_path)))
        )
    )
    found: Any = await session.core(differing)
    return [_finding(name, *row) for row in found]


def _finding(
    name: str, live_id: UUID | None, place: str | None, logged_id: UUID, op: str | None, logged_path: str
) -> Finding:
    if live_id is None:
        return Finding(name, logged_id, "deleted", logged_path)
    problem = "missing" if op is None else "revived" if op == "remove" else "moved"
    return Finding(name, live_id, problem, place or "")


def _restamping(findings: list[Finding]) -> Command:
    by_name = {described(entity).name: entity for entity in entities()}

    async def restamp(ctx: Context, _data: Input) -> None:
        for finding in findings:
            entity = by_name[finding.entity]
            scoped = {"id": finding.row_id, "scope_path": finding.path}
            if finding.problem == "deleted":
                ctx.changes.deleted(entity, finding.row_id, scoped if entity.__wall__ is Wall.SCOPED else {})
            else:
                row = await ctx.get(entity, finding.row_id)
                if row is not None:
                    ctx.changes.updated(entity, row, {}, {})

    return Command(
        name="server.restamp",
        handler=restamp,
        input_type=Restamp,
        result_type=None,
        permission=None,
        module=None,
        zh="修复同步标记",
        en="Repair change tracking",
        on_read_only=True,
        api=False,
    )
