"""Finds and repairs what someone changed behind the kernel's back: the change log must tell what the rows are.

Repairing goes through the executor like any write: audited, stamped with a new clock value, poked. The row itself stays
as it is; devices fetch it again, or drop it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import select, text

from kernel.command import Command, Input
from kernel.context import Context
from kernel.db import TenantContext, TenantSession
from kernel.engine import Engine
from kernel.entity import TenantRow, Wall, described, entities, entity_named, table
from kernel.policy import Actor, Authority
from kernel.search import terms_of
from kernel.tables import AuditEntry
from values.wire import to_wire

log = structlog.get_logger()
_AT_ONCE = 500
_CHANGES = ("insert", "update", "delete")  # the other entries are notes
_KEPT_BY_KERNEL = frozenset(
    {"version", "created_at", "created_by_id", "updated_at", "updated_by_id", "tenant_id", "id"}
)

# `xmin` is the transaction that wrote a row version. A log entry older than its row is only a suspicion: a savepoint's
# id is younger than its transaction's, so the audit decides.
_COMPARED = """
SELECT coalesce(r.id, l.row_id) AS row_id, l.scope_path AS logged, {path} AS actual,
    CASE WHEN r.id IS NULL THEN 'deleted' WHEN l.row_id IS NULL THEN 'unlogged' WHEN l.op = 'remove' THEN 'restored'
    WHEN l.scope_path <> {path} THEN 'moved' ELSE 'suspected' END AS problem
FROM (SELECT *, age(xmin) AS written FROM app.{name} WHERE tenant_id = :tenant_id) AS r
FULL JOIN (SELECT *, age(xmin) AS written FROM app.change_log WHERE tenant_id = :tenant_id AND entity = :entity) AS l
    ON l.row_id = r.id
WHERE r.id IS NULL AND l.op = 'put' OR l.row_id IS NULL
    OR r.id IS NOT NULL AND (l.op = 'remove' OR l.scope_path <> {path} OR r.written < l.written)
ORDER BY 1
"""
_TERMS = """
SELECT t.row_id, max(r.scope) AS actual FROM app.search_term AS t
LEFT JOIN (SELECT id, {path} AS scope FROM app.{name} AS r WHERE tenant_id = :tenant_id) AS r ON r.id = t.row_id
WHERE t.tenant_id = :tenant_id AND t.entity = :entity AND t.scope_path IS DISTINCT FROM r.scope
GROUP BY t.row_id ORDER BY 1
"""


@dataclass(frozen=True, slots=True)
class Finding:
    """`problem`: unlogged, deleted, restored, moved, changed, or terms (the search terms lie elsewhere than the row).

    `before`: for a changed row, what the audit says its fields were.
    """

    entity: str
    row_id: UUID
    problem: str
    path: str | None = None  # where the log or the terms put the row; for terms, where the row is
    before: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What was found, and how many of it were repaired."""

    findings: list[Finding]
    repaired: int


async def verify(engine: Engine, tenant_id: UUID, repair: bool = False) -> VerifyReport:
    """Compares every tracked row of a tenant with the log and the search terms, at one instant."""
    findings: list[Finding] = []
    async with engine.database.tenant(TenantContext(tenant_id).wide(), snapshot=True) as session:
        for entity in entities():
            if described(entity).tracked:
                findings += await _untold(session, entity)
            if described(entity).searchable:
                findings += await _misplaced_terms(session, entity)
    if repair:
        for start in range(0, len(findings), _AT_ONCE):
            await _repair(engine, tenant_id, findings[start : start + _AT_ONCE])
    log.info("sync.verified", found=len(findings), repaired=len(findings) if repair else 0)
    return VerifyReport(findings, len(findings) if repair else 0)


async def _untold(session: TenantSession, entity: type[TenantRow]) -> list[Finding]:
    name = described(entity).name
    statement = _COMPARED.format(name=entity.__tablename__, path=_path(entity))
    rows = await session.core(text(statement), {"tenant_id": session.tenant_id, "entity": name})
    found: list[Finding] = []
    for row in rows.all():
        if row.problem != "suspected":
            found.append(Finding(name, row.row_id, row.problem, row.logged))
        elif before := await _differs_from_audit(session, entity, row.row_id):
            found.append(Finding(name, row.row_id, "changed", row.logged, before))
    return found


async def _differs_from_audit(session: TenantSession, entity: type[TenantRow], row_id: UUID) -> dict[str, Any]:
    """The fields whose value is not what the audit last said, with what it said. Secrets are not in the audit."""
    columns = table(entity).columns
    entries = await session.core(
        select(AuditEntry.op, AuditEntry.after)
        .where(AuditEntry.tenant_id == session.tenant_id, AuditEntry.row_id == row_id, AuditEntry.op.in_(_CHANGES))
        .order_by(AuditEntry.at, AuditEntry.id)
    )
    told: dict[str, Any] = {}
    for entry in entries:
        if entry.op == "insert":  # the audit of a new row leaves out what is null
            told = dict.fromkeys(c.name for c in columns if c.name not in _KEPT_BY_KERNEL)
        told.update(entry.after or {})
    statement = select(*columns).where(columns["tenant_id"] == session.tenant_id, columns["id"] == row_id)
    row = (await session.core(statement)).one()._mapping
    return {
        name: value
        for name, value in told.items()
        if name in row and value != "***" and not isinstance(row[name], bytes) and to_wire(row[name]) != value
    }


async def _misplaced_terms(session: TenantSession, entity: type[TenantRow]) -> list[Finding]:
    name = described(entity).name
    statement = _TERMS.format(name=entity.__tablename__, path=_path(entity))
    rows = await session.core(text(statement), {"tenant_id": session.tenant_id, "entity": name})
    return [Finding(name, row.row_id, "terms", row.actual) for row in rows]


def _path(entity: type[TenantRow]) -> str:
    return "r.scope_path" if entity.__wall__ is Wall.SCOPED else "''"


class _Nothing(Input, frozen=True, kw_only=True):
    """A command without input."""


async def _repair(engine: Engine, tenant_id: UUID, findings: Sequence[Finding]) -> None:
    async def handler(ctx: Context, _data: Input) -> None:
        for finding in findings:
            await _mend(ctx, finding)

    command = Command(
        name="sync.repair",
        handler=handler,
        input_type=_Nothing,
        result_type=None,
        permission=None,
        module=None,
        zh="修复变更日志",
        en="Repair the change log",
        on_read_only=True,
        api=False,
    )
    await engine.executor.run_internal(Actor(tenant_id, None, Authority()), command, _Nothing())


async def _mend(ctx: Context, finding: Finding) -> None:
    """Tells the kernel's own tracking what happened; the edge writes log, exits, terms and audit from it."""
    entity = entity_named(finding.entity)
    target = table(entity)
    statement = select(target).where(target.c.tenant_id == ctx.tenant_id, target.c.id == finding.row_id)
    row = (await ctx.session.core(statement.with_for_update())).one_or_none()
    if row is None:
        ctx.changes.deleted(entity, finding.row_id, {"id": finding.row_id, "scope_path": finding.path or ""})
        return
    values = dict(row._mapping)
    if finding.problem in ("unlogged", "restored"):
        ctx.changes.inserted(entity, values, values)
        return
    if finding.problem == "terms":  # as if the searched fields had been written again
        told = {name: values[name] for name in terms_of(entity).columns}
        ctx.changes.updated(entity, values, told, told)
        return
    before = dict(finding.before)
    if finding.problem == "moved":
        before["scope_path"] = finding.path
    ctx.changes.updated(entity, values, before, {name: values[name] for name in before})
