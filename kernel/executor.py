"""One executor for every door: GraphQL, sync push, import, jobs, the command line.

Order: stored outcome → entitlement → rights of this moment → permission → handler → audit, outbox → commit at one
edge. The stored outcome comes first: a retry of an applied command after a lapse must be answered, not refused and
doubled. The rights are read again in every transaction: a long push or import must not outlive them.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Awaitable, Callable, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Protocol, TypeVar
from uuid import UUID, uuid5

import msgspec
import structlog
from psycopg import errors as pg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm.exc import StaleDataError

from infra.questions import Asking, Question, rows_as
from kernel import edge
from kernel.command import Command, Input
from kernel.context import Context, Parts
from kernel.db import SNAPSHOT, Database, Opening, TenantContext, TenantSession
from kernel.entity import TenantRow, described
from kernel.policy import Actor, Authorizer, EntitlementReader, Entitlements, Rung
from kernel.rows import loading
from values.clock import Clock
from values.errors import (
    AlreadyTaken,
    Busy,
    InvalidInput,
    KeyReused,
    Kind,
    ModuleNotBought,
    NotSignedIn,
    PermissionDenied,
    ReadOnlyMaintenance,
    Refusal,
    StillInUse,
    SubscriptionLapsed,
    TextUnreadable,
    VersionConflict,
    Words,
)
from values.modules import module_words
from values.unreadable import unreadable_in
from values.wire import to_wire

log = structlog.get_logger()
_ATTEMPTS = 4
_MEMBERS = UUID("6f0b7a52-3c1e-4f4b-9d5a-2e8c17d4a960")  # names the keys of members, apart from those of devices
_NUL = rb"\u0000"
ResultT = TypeVar("ResultT")


@dataclass(frozen=True, slots=True)
class Outcome:
    """A command's answer. `entity`/`row_id` when it is an entity, `result` otherwise; `replayed` from the store."""

    entity: str | None = None
    row_id: UUID | None = None
    version: int | None = None
    result: dict[str, Any] | None = None
    replayed: bool = False
    value: Any = field(default=None, compare=False)  # the live object; absent on a replay

    def stored(self) -> dict[str, Any]:
        return {
            "entity": self.entity,
            "rowId": str(self.row_id) if self.row_id else None,
            "version": self.version,
            "result": self.result,
        }

    @classmethod
    def from_stored(cls, data: dict[str, Any]) -> Outcome:
        row_id = data.get("rowId")
        return cls(
            data.get("entity"), UUID(row_id) if row_id else None, data.get("version"), data.get("result"), replayed=True
        )


@dataclass(frozen=True, slots=True)
class OfflineClaim:
    """When a device says that an edit was made, and when the server last heard from it before."""

    made_at: datetime
    last_contact_at: datetime


@dataclass(frozen=True, slots=True)
class Invocation:
    """How a command is called. `opening` is asked together with what the executor asks, the rows of `locks` come with
    it, and `closing` is written beside the audit (sync's mutation number). `prepare` may rewrite the input inside the
    transaction (sync's three-way merge); `noting` writes what it did into the audit; `finish` writes beside the effect,
    before the edge. `begun` is the command's own opening (`Executor.opening`) where it was made ahead; `then` makes
    that of the command to come, which travels behind this one's commit."""

    key: str | None = None
    client_id: UUID | None = None
    offline: OfflineClaim | None = None
    opening: tuple[Question[Any], ...] = ()
    locks: tuple[tuple[type[TenantRow], UUID], ...] = ()
    closing: tuple[tuple[str, Sequence[Any]], ...] = ()
    prepare: Callable[[Context, Any], Awaitable[Any]] | None = None
    noting: Callable[[Context, Outcome], None] | None = None
    finish: Callable[[Context, Outcome], Awaitable[None]] | None = None
    begun: Opening | None = None
    then: Callable[[], Opening | None] | None = None


class CommitListener(Protocol):
    """Told after a commit: pokes devices, wakes the outbox."""

    async def committed(self, tenant_id: UUID, entities: frozenset[str], topics: frozenset[str]) -> None: ...


CommandObserver = Callable[[str, str, float], None]  # command, outcome code, seconds


class Executor:
    """Runs commands. Stateless but for what it was wired with."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        entitlements: EntitlementReader,
        parts: Parts,
        listeners: tuple[CommitListener, ...] = (),
        observer: CommandObserver | None = None,
        authorizer: Authorizer | None = None,
    ) -> None:
        self._database, self._clock, self._entitlements = database, clock, entitlements
        self._parts, self._listeners, self._observer = parts, listeners, observer
        self._authorizer = authorizer

    def on(self, database: Database) -> Executor:
        """The same executor over another way to the database (`Database.holding`)."""
        other = copy(self)
        other._database = database
        return other

    async def run(self, actor: Actor, command: Command, data: Input, call: Invocation | None = None) -> Outcome:
        """One command in one transaction, retried when it lost a race inside the database. Raises Refusal.

        The way for everything that somebody asks for by name: an internal command is refused to everybody.
        """
        if command.internal:
            log.warning("kernel.internal_command_refused", command=command.name)
            raise PermissionDenied(permission=command.name)
        return await self._run(actor, command, data, call)

    async def run_internal(
        self, actor: Actor, command: Command, data: Input, call: Invocation | None = None
    ) -> Outcome:
        """The same for a command that only the product's own code may run: jobs, sign-up, joining, sync's bookkeeping.

        Never with a command whose name came from outside.
        """
        return await self._run(actor, command, data, call)

    async def _run(self, actor: Actor, command: Command, data: Input, call: Invocation | None) -> Outcome:
        started, code = time.perf_counter(), "FAILED"
        who = {"tenant": str(actor.tenant_id), "member": str(actor.member_id) if actor.member_id else None}
        with structlog.contextvars.bound_contextvars(command=command.name, **who):
            try:
                outcome = await self._attempts(actor, command, data, call or Invocation())
                code = "REPLAYED" if outcome.replayed else "APPLIED"
            except Refusal as refusal:
                code = refusal.code
                log.info("kernel.command_refused", code=code, field=refusal.field)
                raise
            finally:
                if self._observer is not None:
                    self._observer(command.name, code, time.perf_counter() - started)
        return outcome

    async def _attempts(self, actor: Actor, command: Command, data: Input, call: Invocation) -> Outcome:
        digest = request_hash(command, data)
        for attempt in range(_ATTEMPTS):
            try:
                return await self._once(actor, command, data, call, digest, call.begun if attempt == 0 else None)
            except Refusal as refusal:
                # Two first calls with one key: the loser may be refused because of what the winner just wrote.
                if call.key is not None and refusal.kind is Kind.CONFLICT and not isinstance(refusal, KeyReused):
                    answered = await self._answered(actor, call, digest, command.pool)
                    if answered is not None:
                        return answered
                raise
            except DBAPIError as wrong:
                keyed = call.key is not None or not isinstance(wrong.orig, pg.UniqueViolation)
                if not (keyed and _lost_a_race(wrong)) or attempt == _ATTEMPTS - 1:
                    raise _as_refusal(wrong) from wrong
            except StaleDataError as stale:
                raise VersionConflict(version="?") from stale
        raise Busy

    async def _answered(self, actor: Actor, call: Invocation, digest: bytes, pool: str) -> Outcome | None:
        context = TenantContext(actor.tenant_id, actor.member_id)
        asking = Asking([_stored_outcome(actor, call)])
        [stored] = await self._database.asked(Opening(context, asking), pool=pool)
        return _replayed(stored, digest)

    def opening(self, actor: Actor, call: Invocation, meanwhile: Callable[[], None] = lambda: None) -> Opening:
        """One round trip: the stored outcome, what the company may use, what the member may do, what the call asks."""
        now = self._clock.now()
        stored = _stored_outcome(actor, call) if call.key is not None else None
        entitled, rights = self._entitlements.asking(actor.tenant_id, now), None
        if self._authorizer is not None and actor.member_id is not None:
            rights = self._authorizer.asking(actor.tenant_id, actor.member_id)
        rows = [loading(entity, actor.tenant_id, row_id, for_update=True) for entity, row_id in call.locks]
        context = TenantContext(actor.tenant_id, actor.member_id).wide()
        return Opening(context, Asking([stored, entitled, rights, *call.opening], rows), meanwhile)

    async def _once(
        self, actor: Actor, command: Command, data: Input, call: Invocation, digest: bytes, begun: Opening | None
    ) -> Outcome:
        opening = begun or self.opening(actor, call)
        async with self._database.opened(opening, pool=command.pool) as session:
            answered = _replayed(session.opened[0], digest)
            if answered is not None:
                return answered
            ctx = self._checked(session, actor, command, call)
            if call.prepare is not None:
                data = await call.prepare(ctx, data)
            value = await command.handler(ctx, data)
            await (ctx.settle() if call.finish is None else ctx.flush())
            outcome = _outcome_of(value)
            if call.noting is not None:
                call.noting(ctx, outcome)
            if call.finish is not None:
                await call.finish(ctx, outcome)
            for bookkeeping in call.closing:
                session.at_end(*bookkeeping)
            if call.key is not None:
                session.at_end(*_outcome_row(ctx.actor, command, call, digest, outcome, ctx.now))
            changed = await edge.commit(ctx, call.then)
        await self._tell(ctx, changed)
        log.debug("kernel.command_applied", changes=len(ctx.changes))  # the audit and the figures tell of every one
        return outcome

    async def rehearse(self, actor: Actor, command: Command, work: Callable[[Context], Awaitable[ResultT]]) -> ResultT:
        """What a command would decide: same checks and context, in a snapshot in which PostgreSQL refuses to write."""
        opening = replace(self.opening(actor, Invocation()), begin=SNAPSHOT)
        async with self._database.opened(opening, pool=command.pool) as session:
            return await work(self._checked(session, actor, command, Invocation()))

    def _checked(self, session: TenantSession, actor: Actor, command: Command, call: Invocation) -> Context:
        """The checks in their order: entitlement, rights, permission. What is locked is locked already: the command's
        instant is later than that of whoever held it before.

        The actor goes on with what they hold in this transaction, never more than they came with. Raises NotSignedIn
        for whoever is no active member any more; internal commands that ask for no right go on: who joins is no member
        yet, and what somebody who has left once sent is still filed.
        """
        now, (_stored, entitlements, held, *opened) = self._clock.now(), session.opened
        _check_entitled(command, entitlements, call.offline, now)
        if held is not None:
            actor = replace(actor, authority=actor.authority.narrowed_to(held))
        elif self._authorizer and actor.member_id and not (command.internal and command.permission is None):
            raise NotSignedIn
        if command.permission is not None:
            actor.authority.require(command.permission)
        ctx = Context(session, actor, command, now, entitlements, self._parts)
        ctx.opened = opened
        for (entity, row_id), row in zip(call.locks, opened[len(call.opening) :], strict=True):
            ctx.know(entity, row_id, row)
        return ctx

    async def _tell(self, ctx: Context, changed: bool) -> None:
        names = frozenset(described(c.entity).name for c in ctx.changes if c.entity.__entity__) if changed else None
        topics = frozenset(message.topic for message in ctx.messages)
        if names is None and not topics:
            return
        for listener in self._listeners:
            await listener.committed(ctx.tenant_id, names or frozenset(), topics)


def request_hash(command: Command, data: Input) -> bytes:
    """SHA-256 over the command's name and its input in canonical form.

    Raises TextUnreadable for text that PostgreSQL could not store: NUL and lone surrogates.
    """
    given = msgspec.to_builtins(data)
    try:
        encoded = msgspec.json.encode({"command": command.name, "input": given}, order="sorted")
    except UnicodeEncodeError:
        encoded = b""
    if not encoded or _NUL in encoded:  # the encoder is quick, the search for the field is not
        unreadable = unreadable_in(given)
        if unreadable is not None:
            raise TextUnreadable(field=unreadable, label=unreadable)
    return hashlib.sha256(encoded).digest()


_STORED = """
SELECT encode(request_hash, 'hex') AS request_hash, outcome FROM app.command_outcome
WHERE tenant_id = %s AND client_id = %s AND key = %s
"""
_STORE = """
INSERT INTO app.command_outcome (tenant_id, client_id, key, request_hash, command, outcome, member_id, created_at)
VALUES (%s, %s, %s, %s, %s, %s::jsonb, %s, %s)
"""


class _Kept(msgspec.Struct):
    request_hash: str
    outcome: dict[str, Any]


def _stored_outcome(actor: Actor, call: Invocation) -> Question[_Kept | None]:
    def answer(rows: str | None) -> _Kept | None:
        return next(iter(rows_as(_Kept, rows)), None)

    return Question(_STORED, [actor.tenant_id, _client(actor, call), call.key], answer)


def _replayed(kept: _Kept | None, digest: bytes) -> Outcome | None:
    if kept is not None and kept.request_hash != digest.hex():
        raise KeyReused(field="idempotencyKey")
    return Outcome.from_stored(kept.outcome) if kept is not None else None


def _client(actor: Actor, call: Invocation) -> UUID:
    """Whose key it is. A device goes by its own id, a member by one derived from theirs.

    A derived id is of version 5, which no device may choose (`register_device`): neither can answer for the other.
    """
    device_id = call.client_id or actor.device_id
    if device_id is not None:
        return device_id
    if actor.member_id is None:
        raise ValueError("an idempotency key needs a client")
    return uuid5(_MEMBERS, actor.member_id.hex)


def _outcome_row(
    actor: Actor, command: Command, call: Invocation, digest: bytes, outcome: Outcome, now: datetime
) -> tuple[str, list[Any]]:
    kept = msgspec.json.encode(outcome.stored()).decode()
    who = [actor.tenant_id, _client(actor, call), call.key]
    return _STORE, [*who, digest, command.name, kept, actor.member_id, now]


def _check_entitled(command: Command, entitlements: Entitlements, offline: OfflineClaim | None, now: datetime) -> None:
    if entitlements.maintenance is not None:
        zh, en = entitlements.maintenance
        raise ReadOnlyMaintenance(reason=Words(zh, en))
    if command.on_read_only:
        return
    if entitlements.rung is Rung.READ_ONLY and not _made_in_time(entitlements, offline, now):
        raise SubscriptionLapsed(ended_at=entitlements.ends_at.date() if entitlements.ends_at else "-")
    if command.module is not None and command.module not in entitlements.modules:
        raise ModuleNotBought(module=module_words(command.module))


def _made_in_time(entitlements: Entitlements, offline: OfflineClaim | None, now: datetime) -> bool:
    """An edit made offline before the end still counts if it arrives within seven days of it."""
    end = entitlements.ends_at
    if offline is None or end is None:
        return False
    return offline.last_contact_at <= offline.made_at <= end and (now - end).total_seconds() <= 7 * 86_400


def _outcome_of(value: Any) -> Outcome:
    if isinstance(value, TenantRow):
        return Outcome(described(type(value)).name, value.id, value.version, value=value)
    if value is None:
        return Outcome(result={})
    return Outcome(result=to_wire(msgspec.to_builtins(value)), value=value)


def _lost_a_race(wrong: DBAPIError) -> bool:
    lost = (pg.SerializationFailure, pg.DeadlockDetected, pg.LockNotAvailable, pg.InvalidSqlStatementName)
    if isinstance(wrong.orig, lost):
        return True
    # Two first calls with one key: the second one finds the stored outcome when it tries again.
    return isinstance(wrong.orig, pg.UniqueViolation)


def _as_refusal(wrong: DBAPIError) -> Exception:
    """What the database refused, as one of our refusals; anything else stays the defect that it is."""
    cause = wrong.orig
    if isinstance(cause, pg.SerializationFailure | pg.DeadlockDetected | pg.LockNotAvailable | pg.QueryCanceled):
        return Busy()
    constraint = getattr(getattr(cause, "diag", None), "constraint_name", None) or ""
    if isinstance(cause, pg.UniqueViolation):
        return AlreadyTaken(value=_constraint_columns(constraint))
    if isinstance(cause, pg.ForeignKeyViolation):
        return StillInUse()
    if isinstance(cause, pg.CheckViolation | pg.DataError) and not isinstance(cause, pg.DivisionByZero):
        return InvalidInput(problem=_constraint_columns(constraint) or Words("数值超出范围", "out of range"))
    return wrong


def _constraint_columns(constraint: str) -> str:
    return constraint.removesuffix("_key").removesuffix("_check").replace("_tenant_id", "")


__all__ = ["CommandObserver", "Executor", "Invocation", "OfflineClaim", "Outcome", "Refusal", "request_hash"]
