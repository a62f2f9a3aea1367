"""The one edge: audit, search terms, outbox, stored outcome; then the tenant clock, last, in one go with COMMIT."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, update

from kernel.context import Committing, Context, Note
from kernel.entity import Archivable, ScopedRow, Wall, described, table
from kernel.search import terms_of
from kernel.tables import AuditEntry, CommandOutcome, Outbox, SearchTerm
from kernel.tracking import Change
from values.ids import new_id
from values.wire import to_wire

# The clock is locked first inside this statement and the statement is the transaction's last: the lock lives for one
# round trip. Rows of one transaction share one value, so a pull can never see half of it. The division refuses to
# commit untracked changes of a tenant whose clock row is missing.
_STAMP = """
WITH tick AS (
    UPDATE app.tenant_clock SET value = value + 1 WHERE tenant_id = %(tenant_id)s RETURNING value
), put AS (
    INSERT INTO app.change_log (tenant_id, entity, row_id, op, scope_path, clock)
    SELECT %(tenant_id)s, c.entity, c.row_id, c.op, c.scope_path, tick.value
    FROM tick, unnest(%(entities)s::text[], %(row_ids)s::uuid[], %(ops)s::text[], %(paths)s::text[])
        AS c (entity, row_id, op, scope_path)
    ON CONFLICT (tenant_id, entity, row_id)
    DO UPDATE SET op = excluded.op, scope_path = excluded.scope_path, clock = excluded.clock
), exits AS (
    INSERT INTO app.scope_exit (tenant_id, entity, row_id, scope_path, clock)
    SELECT %(tenant_id)s, e.entity, e.row_id, e.scope_path, tick.value
    FROM tick, unnest(%(exit_entities)s::text[], %(exit_ids)s::uuid[], %(exit_paths)s::text[])
        AS e (entity, row_id, scope_path)
    ON CONFLICT (tenant_id, entity, row_id, scope_path) DO UPDATE SET clock = excluded.clock
)
SELECT max(value), 1 / count(*) FROM tick
"""


async def commit(ctx: Context, outcome: CommandOutcome | None) -> bool:
    """Writes everything that follows from the collected changes and commits. True if any row changed."""
    await ctx.flush()
    await ctx.emit(Committing())
    changes = list(ctx.changes)
    await _write_audit(ctx, changes)
    await _write_search_terms(ctx, changes)
    if ctx.messages:
        await ctx.session.core(insert(table(Outbox)), [_outbox_row(ctx, m) for m in ctx.messages])
    if outcome is not None:
        ctx.session.orm.add(outcome)
        await ctx.flush()
    tracked = [change for change in changes if described_and_tracked(change)]
    if tracked:
        await ctx.session.commit_with(_STAMP, _stamp_parameters(ctx, tracked))
    else:
        await ctx.session.commit()
    return bool(tracked)


def described_and_tracked(change: Change) -> bool:
    return change.entity.__entity__ is not None and described(change.entity).tracked


def _stamp_parameters(ctx: Context, changes: list[Change]) -> dict[str, Any]:
    # Ordered by key, so that two transactions that touch the same rows queue instead of deadlocking.
    changes = sorted(changes, key=lambda c: (described(c.entity).name, c.row_id))
    moved = [c for c in changes if c.scope_before is not None and c.scope_after not in (None, c.scope_before)]
    return {
        "tenant_id": ctx.tenant_id,
        "entities": [described(c.entity).name for c in changes],
        "row_ids": [c.row_id for c in changes],
        "ops": ["remove" if c.op == "delete" else "put" for c in changes],
        "paths": [c.scope_before if c.op == "delete" else c.scope_after for c in changes],
        "exit_entities": [described(c.entity).name for c in moved],
        "exit_ids": [c.row_id for c in moved],
        "exit_paths": [c.scope_before for c in moved],
    }


async def _write_audit(ctx: Context, changes: list[Change]) -> None:
    actor = ctx.actor
    rows = [
        {
            "tenant_id": ctx.tenant_id,
            "at": ctx.now,
            "id": new_id(),
            "entity": described(c.entity).name if c.entity.__entity__ else c.entity.__tablename__,
            "row_id": c.row_id,
            "op": c.op,
            "command": ctx.command.name,
            "member_id": actor.member_id,
            "on_behalf_of": actor.on_behalf_of,
            "device_id": actor.device_id,
            "request_id": actor.request_id,
            "before": c.before or None,
            "after": c.after or None,
            "scope_path": c.scope_after if c.scope_after is not None else c.scope_before,
        }
        for c in changes
        if c.before or c.after
    ] + [_noted(ctx, note) for note in ctx.notes]
    if rows:
        await ctx.session.insert_rows(table(AuditEntry), rows)


def _noted(ctx: Context, note: Note) -> dict[str, Any]:
    actor = ctx.actor
    return {
        "tenant_id": ctx.tenant_id,
        "at": ctx.now,
        "id": new_id(),
        "entity": note.entity,
        "row_id": note.row.id if note.row is not None else actor.member_id or ctx.tenant_id,
        "op": note.op,
        "command": ctx.command.name,
        "member_id": actor.member_id,
        "on_behalf_of": actor.on_behalf_of,
        "device_id": actor.device_id,
        "request_id": actor.request_id,
        "before": None,
        "after": to_wire(note.facts),
        "scope_path": note.row.scope_path if isinstance(note.row, ScopedRow) else "",
    }


async def _write_search_terms(ctx: Context, changes: list[Change]) -> None:
    """Terms follow the row: rebuilt when a searched field or the archive changes, moved when only the scope does."""
    rebuilt: list[Change] = []
    for change in changes:
        if change.entity.__entity__ is None or not described(change.entity).searchable:
            continue
        touched = set(change.before) | set(change.after)
        if change.op != "update" or touched & terms_of(change.entity).columns or "archived_at" in touched:
            rebuilt.append(change)
        elif change.scope_before != change.scope_after:
            await ctx.session.core(
                update(table(SearchTerm))
                .where(SearchTerm.tenant_id == ctx.tenant_id, SearchTerm.row_id == change.row_id)
                .values(scope_path=change.scope_after)
            )
    old = [c.row_id for c in rebuilt if c.scope_before is not None]  # the row was there before, whatever became of it
    if old:
        await ctx.session.core(
            delete(table(SearchTerm)).where(SearchTerm.tenant_id == ctx.tenant_id, SearchTerm.row_id.in_(old))
        )
    terms = [row for change in rebuilt if _is_live(change) for row in _terms(change)]
    if terms:
        await ctx.session.insert_terms(terms)


def _is_live(change: Change) -> bool:
    if change.op == "delete":
        return False
    return not (issubclass(change.entity, Archivable) and change.value("archived_at") is not None)


def _terms(change: Change) -> list[tuple[str, UUID, str, list[str]]]:
    path = (change.scope_after or "") if change.entity.__wall__ is Wall.SCOPED else ""
    terms = terms_of(change.entity).of(change.value)
    return [(described(change.entity).name, change.row_id, path, terms)] if terms else []


def _outbox_row(ctx: Context, message: Any) -> dict[str, Any]:
    return {
        "tenant_id": ctx.tenant_id,
        "id": new_id(),
        "topic": message.topic,
        "payload": message.payload,
        "created_at": ctx.now,
        "due_at": message.due_at,
        "attempts": 0,
        "delivered_at": None,
        "last_error": None,
    }
