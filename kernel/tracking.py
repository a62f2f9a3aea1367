"""What a transaction changed: collected from every flush and bulk write, written once at the edge."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import inspect
from sqlalchemy.orm import Session, UOWTransaction

from kernel.entity import TenantRow, Wall, facets
from values.wire import to_wire

# Kept on every row anyway; they would only blur the audit.
_BOOKKEEPING = frozenset({"tenant_id", "id", "version", "created_at", "created_by_id", "updated_at", "updated_by_id"})


@dataclass(slots=True)
class Change:
    """One row's change within the transaction, coalesced: the first `before`, the last `after`."""

    entity: type[TenantRow]
    row_id: UUID
    op: str  # insert | update | delete
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    scope_before: str | None = None  # None: the row did not exist
    scope_after: str | None = None  # None: the row is gone
    row: TenantRow | dict[str, Any] | None = None

    def value(self, column: str) -> Any:
        """The row's current value of a column."""
        if isinstance(self.row, dict):
            return self.row.get(column)
        return getattr(self.row, column)


class Changes:
    """The transaction's changes by row, in order of first touch."""

    def __init__(self, member_id: UUID | None, now: datetime, tenant_id: UUID) -> None:
        self._by_row: dict[tuple[str, UUID], Change] = {}
        self._member_id, self._now, self._tenant_id = member_id, now, tenant_id

    def __iter__(self) -> Any:
        return iter(self._by_row.values())

    def __len__(self) -> int:
        return len(self._by_row)

    def snapshot(self) -> dict[tuple[str, UUID], Change]:
        """For savepoints: what has been collected so far."""
        return {
            key: Change(c.entity, c.row_id, c.op, dict(c.before), dict(c.after), c.scope_before, c.scope_after, c.row)
            for key, c in self._by_row.items()
        }

    def restore(self, snapshot: dict[tuple[str, UUID], Change]) -> None:
        """A savepoint was rolled back: what it collected never happened."""
        self._by_row = snapshot

    def stamp(self, row: TenantRow, *, fresh: bool) -> None:
        """Fills tenant, who and when."""
        if fresh:
            row.tenant_id = self._tenant_id
            row.created_at, row.created_by_id = self._now, self._member_id
        row.updated_at, row.updated_by_id = self._now, self._member_id

    def before_flush(self, session: Session, _context: UOWTransaction, _instances: Any) -> None:
        for row in session.new:
            if isinstance(row, TenantRow):
                self.stamp(row, fresh=True)
        for row in session.dirty:
            if isinstance(row, TenantRow) and session.is_modified(row):
                self.stamp(row, fresh=False)

    def after_flush(self, session: Session, _context: UOWTransaction) -> None:
        for row in session.new:
            if isinstance(row, TenantRow):
                self.inserted(type(row), row, _values(row))
        for row in session.dirty:
            if isinstance(row, TenantRow) and session.is_modified(row):
                self.updated(type(row), row, *edits(row))
        for row in session.deleted:
            if isinstance(row, TenantRow):
                self.deleted(type(row), row.id, _values(row))

    def inserted(self, entity: type[TenantRow], row: TenantRow | dict[str, Any], values: dict[str, Any]) -> None:
        filled = {name: value for name, value in values.items() if value is not None}
        change = Change(entity, values["id"], "insert", {}, _audited(entity, filled), None, _path(entity, values), row)
        self._merge(change)

    def updated(
        self, entity: type[TenantRow], row: TenantRow | dict[str, Any], before: dict[str, Any], after: dict[str, Any]
    ) -> None:
        """`before` and `after` hold the changed columns; `row` the whole row as it is now."""
        now_path = _path(entity, row if isinstance(row, dict) else row.__dict__)
        old_path = before.get("scope_path", now_path) if entity.__wall__ is Wall.SCOPED else now_path
        row_id = row["id"] if isinstance(row, dict) else row.id
        self._merge(
            Change(entity, row_id, "update", _audited(entity, before), _audited(entity, after), old_path, now_path, row)
        )

    def deleted(self, entity: type[TenantRow], row_id: UUID, values: dict[str, Any]) -> None:
        self._merge(Change(entity, row_id, "delete", _audited(entity, values), {}, _path(entity, values), None))

    def edited(self, row: TenantRow) -> dict[str, Any]:
        """Stamps a row that was edited outside the unit of work and collects its change: what must be written."""
        if not inspect(row).committed_state:
            return {}
        before, after = edits(row)
        if after:
            self.updated(type(row), row, before, after)
            after |= {"updated_at": self._now, "updated_by_id": self._member_id, "version": row.version + 1}
        return after

    def _merge(self, change: Change) -> None:
        key = (change.entity.__tablename__, change.row_id)
        earlier = self._by_row.get(key)
        if earlier is None:
            self._by_row[key] = change
            return
        if earlier.op == "insert" and change.op == "delete":
            del self._by_row[key]
            return
        earlier.op = "insert" if earlier.op == "insert" else change.op
        for name, value in change.before.items():
            earlier.before.setdefault(name, value)
        earlier.after = {} if change.op == "delete" else {**earlier.after, **change.after}
        if earlier.op == "insert":
            earlier.before = {}
        earlier.scope_after, earlier.row = change.scope_after, change.row


def edits(row: TenantRow) -> tuple[dict[str, Any], dict[str, Any]]:
    """The columns whose value is not as it was loaded: before, after."""
    state = inspect(row)
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for name in state.committed_state:
        history = state.attrs[name].history
        if history.has_changes():
            before[name] = history.deleted[0] if history.deleted else None
            after[name] = history.added[0] if history.added else None
    return before, after


def _values(row: TenantRow) -> dict[str, Any]:
    return {column.key: getattr(row, column.key) for column in inspect(type(row)).column_attrs}


def _path(entity: type[TenantRow], values: dict[str, Any]) -> str:
    return str(values["scope_path"]) if entity.__wall__ is Wall.SCOPED else ""


def _audited(entity: type[TenantRow], values: dict[str, Any]) -> dict[str, Any]:
    secret = _secret(entity)
    return {
        name: "***" if name in secret else value if type(value) is str else to_wire(value)
        for name, value in values.items()
        if name not in _BOOKKEEPING and not isinstance(value, bytes)
    }


@cache
def _secret(entity: type[TenantRow]) -> frozenset[str]:
    return frozenset(name for name, facet in facets(entity).items() if facet.secret)
