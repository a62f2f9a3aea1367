"""What a command handler works with: the rows that it may touch, and the only ways to write."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, TypeVar, cast
from uuid import UUID

from sqlalchemy import ColumnElement, Result, TextClause, event, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.exc import StaleDataError

from infra.insertions import insertion
from kernel.command import BulkResult, Command, RowOutcome
from kernel.db import TenantSession
from kernel.entity import ScopedRow, TenantRow, described, table
from kernel.policy import Actor, Entitlements, reaches
from kernel.query import NARROWED, visible
from kernel.rows import Loaded, loading, writing
from kernel.tracking import Changes
from values.errors import NotFound, PermissionDenied, Refusal, VersionConflict, Words
from values.ids import new_id

RowT = TypeVar("RowT", bound=TenantRow)
PortT = TypeVar("PortT")


class Event:
    """Base of domain events: handled synchronously, in the transaction that emits them."""


class Committing(Event):
    """The handler is done and its changes are known: what follows from them in other rooms joins the transaction."""


EventHandler = Callable[["Context", Any], Awaitable[None]]


class ScopePaths(Protocol):
    """Where a member's rows lie. Filled by `tenants`."""

    async def path_of(self, session: TenantSession, member_id: UUID | None, fallback: str) -> str: ...


@dataclass(frozen=True, slots=True)
class Message:
    """An outbox message for the outside world."""

    topic: str
    payload: dict[str, Any]
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Note:
    """An audit entry for something that changes no row. `row`: the row that it is about, where there is one; its
    facts go by column then, so that masks and erasure reach them."""

    entity: str
    op: str
    facts: dict[str, Any]
    row: TenantRow | None = None


@dataclass(slots=True)
class Parts:
    """What the process wires into every context: ports by protocol, handlers by event."""

    ports: dict[type[Any], Any] = field(default_factory=dict)
    handlers: dict[type[Event], list[EventHandler]] = field(default_factory=dict)


class Context:
    """One command in one transaction of one tenant."""

    def __init__(
        self,
        session: TenantSession,
        actor: Actor,
        command: Command,
        now: datetime,
        entitlements: Entitlements,
        parts: Parts,
    ) -> None:
        self.session, self.actor, self.command, self.now = session, actor, command, now
        self.entitlements, self._parts = entitlements, parts
        self.changes = Changes(actor.member_id, now, session.tenant_id)
        self.messages: list[Message] = []
        self.notes: list[Note] = []
        self.events: list[Event] = []
        self.opened: Sequence[Any] = ()  # the answers to what the invocation asked in the command's opening
        self._rows: dict[tuple[type[TenantRow], UUID], Loaded] = {}
        session.on_orm = self._join

    @property
    def tenant_id(self) -> UUID:
        return self.session.tenant_id

    @staticmethod
    def new_id() -> UUID:
        return new_id()

    async def visible(self, entity: type[RowT], row_id: UUID, *, field: str | None = None) -> RowT:
        """A row that the actor may see. Raises NotFound for unknown and invisible alike."""
        return await self._load(entity, row_id, described(entity).view_permission, field, for_update=False)

    async def lock(
        self, entity: type[RowT], row_id: UUID, *, version: int | None = None, permission: str | None = None
    ) -> RowT:
        """A row that the actor may change by this command, locked until the commit.

        Raises NotFound when the actor cannot see it, PermissionDenied when they see it but the command's permission
        does not reach it, VersionConflict when `version` is not the row's.
        """
        row = await self._load(entity, row_id, described(entity).view_permission, None, for_update=True)
        needed = permission or self.command.permission
        out_of_reach = isinstance(row, ScopedRow) and needed and not self._reaches(needed, row.scope_path)
        if needed and out_of_reach:
            raise PermissionDenied(permission=needed)
        if version is not None and version != row.version:
            raise VersionConflict(field="version", version=row.version)
        return row

    async def get(self, entity: type[RowT], row_id: UUID) -> RowT | None:
        """A row by id, tenant-wide: for rules, never for rows that the caller named."""
        return await self._row(entity, row_id, for_update=False)

    async def scope_path(self, owner_id: UUID | None) -> str:
        """Where a row of this owner lies; without an owner, in the actor's own department."""
        return await self.port(ScopePaths).path_of(self.session, owner_id, self.actor.home_path)

    def add(self, row: RowT) -> RowT:
        self.session.orm.add(row)
        return row

    async def delete(self, row: TenantRow) -> None:
        """Removes the row for good and leaves a tombstone. Foreign keys refuse it while others refer to it."""
        await self.session.orm.delete(row)

    async def flush(self) -> None:
        """Writes what has changed so far."""
        if self.session.has_orm:
            await self.session.orm.flush()
        for _, statement, parameters in self._edits():
            await self._run_edit(statement, parameters)

    async def settle(self) -> None:
        """Like `flush` where nothing else will be asked of the database: edits of locked rows go with the commit."""
        for loaded, statement, parameters in self._edits():
            if loaded.locked:
                self.session.at_end(statement, parameters)
            else:
                await self._run_edit(statement, parameters)
        await self.flush()

    async def _run_edit(self, statement: str, parameters: Sequence[Any]) -> None:
        if await self.session.write_now(statement, parameters) != 1:
            raise StaleDataError("a row was loaded without a lock and has changed since")

    def _edits(self) -> Iterator[tuple[Loaded, str, list[Any]]]:
        """The statements that write the edited rows, each tracked; none when the unit of work keeps them."""
        for loaded in () if self.session.has_orm else self._rows.values():
            after = self.changes.edited(loaded.row)
            if after:
                yield loaded, *writing(loaded, after)

    def know(self, entity: type[TenantRow], row_id: UUID, loaded: Loaded | None) -> None:
        """A row that the command's opening has brought already."""
        if loaded is not None:
            self._rows[entity, row_id] = loaded

    def _join(self, orm: AsyncSession) -> None:
        """The unit of work takes over the rows that were loaded before it was made."""
        event.listen(orm.sync_session, "before_flush", self.changes.before_flush)
        event.listen(orm.sync_session, "after_flush", self.changes.after_flush)
        orm.add_all(loaded.row for loaded in self._rows.values())

    async def insert_many(self, entity: type[TenantRow], rows: Sequence[dict[str, Any]]) -> None:
        """Inserts rows in one statement, tracked like any other write. At most 1,000 at a time."""
        if len(rows) > 1000:
            raise ValueError("at most 1,000 rows at a time")
        member = self.actor.member_id
        for row in rows:
            row.setdefault("id", new_id())
            row.update(tenant_id=self.tenant_id, version=1, created_at=self.now, created_by_id=member)
            row.update(updated_at=self.now, updated_by_id=member)
        if rows:
            await self.session.write_now(*insertion(table(entity), rows))
        for row in rows:
            self.changes.inserted(entity, row, row)

    async def update_where(
        self, entity: type[TenantRow], condition: ColumnElement[bool], values: Mapping[str, Any]
    ) -> list[UUID]:
        """Sets `values` on every row that meets `condition`, locked by id in order; returns the ids that changed."""
        target = table(entity)
        rows = (
            await self.session.core(
                select(target)
                .where(target.c.tenant_id == self.tenant_id, condition)
                .order_by(target.c.id)
                .with_for_update()
            )
        ).mappings()
        changed: list[UUID] = []
        for row in list(rows):
            after = {name: value for name, value in values.items() if row[name] != value}
            if after:
                changed.append(row["id"])
                self.changes.updated(entity, {**row, **after}, {name: row[name] for name in after}, after)
        if changed:
            await self.session.core(
                update(target)
                .where(target.c.tenant_id == self.tenant_id, target.c.id.in_(changed))
                .values(
                    **values,
                    version=target.c.version + 1,
                    updated_at=self.now,
                    updated_by_id=self.actor.member_id,
                )
            )
        return changed

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """Runs a part that may be refused without losing the rest; a refusal drops what the part collected."""
        await self.flush()
        collected, messages, events = self.changes.snapshot(), len(self.messages), len(self.events)
        notes = len(self.notes)
        try:
            async with self.session.orm.begin_nested():
                yield
                await self.flush()
        except BaseException:
            self.changes.restore(collected)
            del self.messages[messages:], self.events[events:], self.notes[notes:]
            raise

    async def each(self, ids: Sequence[UUID], work: Callable[[UUID], Awaitable[Any]]) -> BulkResult:
        """Runs `work` on each id in its own savepoint: an outcome per row, a refused row stops no other."""
        outcomes: list[RowOutcome] = []
        for row_id in ids:
            try:
                async with self.savepoint():
                    await work(row_id)
            except Refusal as refusal:
                outcomes.append(RowOutcome(id=str(row_id), applied=False, **refusal.to_wire(self.actor.language)))
            else:
                outcomes.append(RowOutcome(id=str(row_id), applied=True))
        return BulkResult(rows=outcomes)

    async def emit(self, happened: Event) -> None:
        """Runs every handler of the event in this transaction."""
        self.events.append(happened)
        for handler in self._parts.handlers.get(type(happened), []):
            await handler(self, happened)

    def enqueue(self, topic: str, payload: dict[str, Any], *, due_at: datetime | None = None) -> None:
        """A message for the outside world; it leaves only if this transaction commits."""
        self.messages.append(Message(topic, payload, due_at or self.now))

    def note(self, entity: str, op: str, facts: dict[str, Any], row: TenantRow | None = None) -> None:
        """Audits something that changes no row, such as an export; kept only if this transaction commits."""
        self.notes.append(Note(entity, op, facts, row))

    def port(self, protocol: type[PortT]) -> PortT:
        """What another room provides under a protocol. Raises LookupError if the process was wired without it."""
        found = self._parts.ports.get(protocol)
        if found is None:
            raise LookupError(f"nothing provides {protocol.__name__}")
        return cast("PortT", found)

    async def platform(self, statement: TextClause, parameters: dict[str, Any] | None = None) -> Result[Any]:
        """A statement on the platform's tables in the same transaction: only for commands of the provision pool."""
        if self.command.pool != "provision":
            raise PermissionError(f"{self.command.name} has no business with the platform's tables")
        return await self.session.core(statement, parameters)

    def _reaches(self, permission: str, path: str) -> bool:
        return reaches(self.actor.authority.require(permission), path)

    async def _load(
        self, entity: type[RowT], row_id: UUID, permission: str, field: str | None, *, for_update: bool
    ) -> RowT:
        row = await self._row(entity, row_id, for_update=for_update)
        held = self.actor.authority.prefixes(permission)
        reached = not isinstance(row, ScopedRow) or reaches(held, row.scope_path)
        if row is None or not held or not (reached or await self._sees_otherwise(entity, row_id)):
            raise NotFound(field=field, entity=self._called(entity))
        return row

    async def _sees_otherwise(self, entity: type[RowT], row_id: UUID) -> bool:
        """Whether the entity's own condition shows a row that lies outside of the data scope: a view that is shared."""
        if entity not in NARROWED:
            return False
        seen = select(entity.id).where(*visible(entity, self.actor, archived=True), entity.id == row_id)
        return (await self.session.core(seen)).first() is not None

    async def _row(self, entity: type[RowT], row_id: UUID, *, for_update: bool) -> RowT | None:
        """By the driver, as long as nobody asked for the unit of work: then it must know every row that is about."""
        if self.session.has_orm:
            statement = select(entity).where(entity.tenant_id == self.tenant_id, entity.id == row_id)
            if for_update:
                statement = statement.with_for_update().execution_options(populate_existing=True)
            return cast("RowT | None", await self.session.scalar(statement))
        known = self._rows.get((entity, row_id))
        if known is None or (for_update and not known.locked):
            known = await self.session.select(loading(entity, self.tenant_id, row_id, known, for_update=for_update))
            self.know(entity, row_id, known)
        return cast("RowT | None", known and known.row)

    @staticmethod
    def _called(entity: type[TenantRow]) -> Words:
        about = described(entity)
        return Words(about.zh, about.en.lower())
