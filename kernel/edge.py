"""The one edge: audit, search terms, outbox, stored outcome; then the tenant clock, last, in one go with COMMIT.

All of it is one round trip of at most five statements.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import msgspec

from infra.insertions import insertion
from kernel.context import Committing, Context
from kernel.db import Opening
from kernel.entity import Archivable, ScopedRow, Wall, described, table
from kernel.search import terms_of
from kernel.tables import AuditEntry, Outbox
from kernel.tracking import Change
from values.ids import new_id
from values.wire import to_wire

# The clock is locked first inside this statement and the statement is the transaction's last: the lock lives for one
# round trip. Rows of one transaction share one value, so a pull can never see half of it. The division refuses to
# commit untracked changes of a tenant whose clock row is missing.
_STAMP = """
WITH tick AS (
    UPDATE app.tenant_clock SET value = value + 1 WHERE tenant_id = %s RETURNING value
), changed AS (
    SELECT * FROM json_to_recordset(%s::json)
        AS c (entity text, row_id uuid, op text, scope_path text, left_path text)
), put AS (
    INSERT INTO app.change_log (tenant_id, entity, row_id, op, scope_path, clock)
    SELECT %s::uuid, c.entity, c.row_id, c.op, c.scope_path, tick.value FROM tick, changed AS c
    ON CONFLICT (tenant_id, entity, row_id)
    DO UPDATE SET op = excluded.op, scope_path = excluded.scope_path, clock = excluded.clock
){exits}
SELECT max(value), 1 / count(*) FROM tick
"""
# Only where a row leaves a scope, which is rare: an empty part of a statement costs PostgreSQL a fifth of the whole.
_EXITS = """, exits AS (
    INSERT INTO app.scope_exit (tenant_id, entity, row_id, scope_path, clock)
    SELECT %s::uuid, c.entity, c.row_id, c.left_path, tick.value FROM tick, changed AS c
    WHERE c.left_path IS NOT NULL
    ON CONFLICT (tenant_id, entity, row_id, scope_path) DO UPDATE SET clock = excluded.clock
)"""
_MOVE_TERMS = "UPDATE app.search_term SET scope_path = %s WHERE tenant_id = %s AND row_id = %s"
_DELETE_TERMS = "DELETE FROM app.search_term WHERE tenant_id = %s AND row_id = ANY(%s::uuid[])"
# A row's terms travel as one text: 25 terms a row would drown an executemany, and arrays of terms are slow to write in
# Python. Terms are letters and digits, so a line end separates them.
_INSERT_TERMS = """
INSERT INTO app.search_term (tenant_id, term, entity, row_id, scope_path)
SELECT %s::uuid, term, c.entity, c.row_id, c.scope_path
FROM unnest(%s::text[], %s::uuid[], %s::text[], %s::text[]) AS c (entity, row_id, scope_path, terms),
    unnest(string_to_array(c.terms, E'\\n')) AS term
ON CONFLICT DO NOTHING
"""


async def commit(ctx: Context, then: Callable[[], Opening | None] | None = None) -> bool:
    """Writes everything that follows from the collected changes and commits. True if any row changed.

    `then`: makes the opening that travels behind the commit.
    """
    await ctx.flush()
    await ctx.emit(Committing())
    changes = list(ctx.changes)
    _write_audit(ctx, changes)
    if ctx.messages:
        ctx.session.at_end(*insertion(table(Outbox), [_outbox_row(ctx, m) for m in ctx.messages]))
    behind = _search_terms(ctx, changes)
    tracked = [change for change in changes if described_and_tracked(change)]
    if tracked:
        exits = any(change.scope_after not in (None, change.scope_before) for change in tracked)
        given = [ctx.tenant_id, _stamped(tracked), *[ctx.tenant_id] * (1 + exits)]
        behind.append((_STAMP.format(exits=_EXITS if exits else ""), given))
    await ctx.session.commit(*behind, then=then() if then is not None else None)
    return bool(tracked)


def described_and_tracked(change: Change) -> bool:
    return change.entity.__entity__ is not None and described(change.entity).tracked


def _stamped(changes: list[Change]) -> str:
    # Ordered by key, so that two transactions that touch the same rows queue instead of deadlocking.
    changes = sorted(changes, key=lambda c: (described(c.entity).name, c.row_id))
    rows = [
        {
            "entity": described(c.entity).name,
            "row_id": c.row_id,
            "op": "remove" if c.op == "delete" else "put",
            "scope_path": c.scope_before if c.op == "delete" else c.scope_after,
            "left_path": c.scope_before if c.scope_after not in (None, c.scope_before) else None,
        }
        for c in changes
    ]
    return msgspec.json.encode(rows).decode()


def _write_audit(ctx: Context, changes: list[Change]) -> None:
    rows = [
        _entry(
            ctx,
            entity=described(c.entity).name if c.entity.__entity__ else c.entity.__tablename__,
            row_id=c.row_id,
            op=c.op,
            before=c.before or None,
            after=c.after or None,
            scope_path=c.scope_after if c.scope_after is not None else c.scope_before,
        )
        for c in changes
        if c.before or c.after
    ]
    for note in ctx.notes:
        row_id = note.row.id if note.row is not None else ctx.actor.member_id or ctx.tenant_id
        path = note.row.scope_path if isinstance(note.row, ScopedRow) else ""
        about = {"entity": note.entity, "row_id": row_id, "op": note.op, "scope_path": path}
        rows.append(_entry(ctx, **about, before=None, after=to_wire(note.facts)))
    if rows:
        ctx.session.at_end(*insertion(table(AuditEntry), rows))


def _entry(ctx: Context, **about: Any) -> dict[str, Any]:
    actor = ctx.actor
    return {
        **about,
        "tenant_id": ctx.tenant_id,
        "at": ctx.now,
        "id": new_id(),
        "command": ctx.command.name,
        "member_id": actor.member_id,
        "on_behalf_of": actor.on_behalf_of,
        "device_id": actor.device_id,
        "request_id": actor.request_id,
    }


def _search_terms(ctx: Context, changes: list[Change]) -> list[tuple[str, Any]]:
    """Terms follow the row: rebuilt when a searched field or the archive changes, moved when only the scope does."""
    written: list[tuple[str, Any]] = []
    rebuilt: list[Change] = []
    for change in changes:
        if change.entity.__entity__ is None or not described(change.entity).searchable:
            continue
        touched = set(change.before) | set(change.after)
        if change.op != "update" or touched & terms_of(change.entity).columns or "archived_at" in touched:
            rebuilt.append(change)
        elif change.scope_before != change.scope_after:
            written.append((_MOVE_TERMS, [change.scope_after, ctx.tenant_id, change.row_id]))
    old = [c.row_id for c in rebuilt if c.scope_before is not None]  # the row was there before, whatever became of it
    if old:
        written.append((_DELETE_TERMS, [ctx.tenant_id, old]))
    terms = [row for change in rebuilt if _is_live(change) for row in _terms(change)]
    if terms:
        written.append((_INSERT_TERMS, [ctx.tenant_id, *map(list, zip(*terms, strict=True))]))
    return written


def _is_live(change: Change) -> bool:
    if change.op == "delete":
        return False
    return not (issubclass(change.entity, Archivable) and change.value("archived_at") is not None)


def _terms(change: Change) -> list[tuple[str, UUID, str, str]]:
    path = (change.scope_after or "") if change.entity.__wall__ is Wall.SCOPED else ""
    terms = terms_of(change.entity).of(change.value)
    return [(described(change.entity).name, change.row_id, path, "\n".join(terms))] if terms else []


def _outbox_row(ctx: Context, message: Any) -> dict[str, Any]:
    return {
        "tenant_id": ctx.tenant_id,
        "id": new_id(),
        "topic": message.topic,
        "payload": message.payload,
        "created_at": ctx.now,
        "due_at": message.due_at,
    }
