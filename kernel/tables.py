"""The kernel's own tables: clock, change tracking, audit, outbox, stored outcomes, search terms."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, Index, LargeBinary, PrimaryKeyConstraint, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from kernel.entity import Base, Wall


class TenantClock(Base):
    """One row per tenant. A committing transaction increments it last and stamps its changes with the new value."""

    __tablename__ = "tenant_clock"
    __wall__: ClassVar[Wall] = Wall.TENANT

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    value: Mapped[int]
    epoch: Mapped[UUID]  # a UUIDv7, new after a restore: every cursor of an earlier epoch re-bases
    horizon: Mapped[int] = mapped_column(default=0)  # tombstones up to it are gone: an older cursor loads afresh
    marks: Mapped[dict[str, Any]] = mapped_column(default=dict)  # day → the clock's value on it
    restored_at: Mapped[datetime | None]  # when the epoch began by a restore; null: with the company


class ChangeLog(Base):
    """The last change of each row, tombstones included: one row per key, so it compacts itself."""

    __tablename__ = "change_log"
    __wall__: ClassVar[Wall] = Wall.SCOPED
    __unscoped_path__: ClassVar[bool] = True
    __table_args__ = (
        PrimaryKeyConstraint("tenant_id", "entity", "row_id"),
        Index("change_log_clock_idx", "tenant_id", "clock"),
        CheckConstraint("op IN ('put', 'remove')", name="op"),
    )

    tenant_id: Mapped[UUID]
    entity: Mapped[str]
    row_id: Mapped[UUID]
    op: Mapped[str]
    scope_path: Mapped[str]  # '' for entities without a data scope
    clock: Mapped[int]


class ScopeExit(Base):
    """A row left this path at this clock: devices that hold the path drop the row in the same checkpoint."""

    __tablename__ = "scope_exit"
    __wall__: ClassVar[Wall] = Wall.SCOPED
    __table_args__ = (
        PrimaryKeyConstraint("tenant_id", "entity", "row_id", "scope_path"),
        Index("scope_exit_clock_idx", "tenant_id", "clock"),
    )

    tenant_id: Mapped[UUID]
    entity: Mapped[str]
    row_id: Mapped[UUID]
    scope_path: Mapped[str]
    clock: Mapped[int]


class AuditEntry(Base):
    """Who changed what, on whose behalf, from which device, before → after. Append-only, partitioned by month."""

    __tablename__ = "audit_entry"
    __wall__: ClassVar[Wall] = Wall.SCOPED
    __append_only__: ClassVar[bool] = True
    __unscoped_path__: ClassVar[bool] = True
    __table_args__ = (
        PrimaryKeyConstraint("tenant_id", "at", "id"),
        Index("audit_entry_row_idx", "tenant_id", "row_id", "at"),
        Index("audit_entry_merge_idx", "tenant_id", "id", postgresql_where="op = 'merge'"),
        {"postgresql_partition_by": "RANGE (at)"},
    )

    tenant_id: Mapped[UUID]
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    id: Mapped[UUID]
    entity: Mapped[str]
    row_id: Mapped[UUID]
    op: Mapped[str]
    command: Mapped[str]
    member_id: Mapped[UUID | None]
    on_behalf_of: Mapped[str | None]
    device_id: Mapped[UUID | None]
    request_id: Mapped[str | None]
    before: Mapped[dict[str, Any] | None] = mapped_column(JSONB())
    after: Mapped[dict[str, Any] | None] = mapped_column(JSONB())
    scope_path: Mapped[str]


class Outbox(Base):
    """Messages for the outside world, committed with the change that caused them; jobs deliver them afterwards."""

    __tablename__ = "outbox"
    __wall__: ClassVar[Wall] = Wall.TENANT
    __table_args__ = (
        PrimaryKeyConstraint("tenant_id", "id"),
        Index("outbox_due_idx", "tenant_id", "due_at", postgresql_where="delivered_at IS NULL"),
    )

    tenant_id: Mapped[UUID]
    id: Mapped[UUID]
    topic: Mapped[str]
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB())
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    delivered_at: Mapped[datetime | None]
    last_error: Mapped[str | None]


class CommandOutcome(Base):
    """The stored answer to a command: a retry with the same key gets it again instead of a second effect."""

    __tablename__ = "command_outcome"
    __wall__: ClassVar[Wall] = Wall.TENANT
    __table_args__ = (
        PrimaryKeyConstraint("tenant_id", "client_id", "key"),
        Index("command_outcome_age_idx", "tenant_id", "created_at"),
    )

    tenant_id: Mapped[UUID]
    client_id: Mapped[UUID]
    key: Mapped[str]
    request_hash: Mapped[bytes] = mapped_column(LargeBinary())
    command: Mapped[str]
    outcome: Mapped[dict[str, Any]] = mapped_column(JSONB())
    member_id: Mapped[UUID | None]
    created_at: Mapped[datetime]


class SearchTerm(Base):
    """A term under which a row is found. Looked up by prefix range: the one text search that may use an index.

    Two ways in: the index from the term, and the key from the rows of who may see few of them.
    """

    __tablename__ = "search_term"
    __wall__: ClassVar[Wall] = Wall.SCOPED
    __unscoped_path__: ClassVar[bool] = True
    __table_args__ = (
        PrimaryKeyConstraint("tenant_id", "row_id", "entity", "term"),
        Index("search_term_prefix_idx", "tenant_id", "entity", "term"),
    )

    tenant_id: Mapped[UUID]
    term: Mapped[str] = mapped_column(Text(collation="C"))
    entity: Mapped[str]
    row_id: Mapped[UUID]
    scope_path: Mapped[str]


class ServiceState(Base):
    """One row for everybody: an operator's read-only maintenance switch."""

    __tablename__ = "service_state"
    __wall__: ClassVar[Wall] = Wall.REFERENCE
    __table_args__ = (CheckConstraint("id = 1", name="single"),)

    id: Mapped[int] = mapped_column(BigInteger(), primary_key=True, autoincrement=False)
    read_only_since: Mapped[datetime | None]
    reason_zh: Mapped[str | None]
    reason_en: Mapped[str | None]
