"""Push: a device's queue, one command and one transaction per mutation, each exactly once.

Effect, outcome and number commit together. A refusal that no retry can mend goes to the inbox in a transaction that
advances the number just the same, so it blocks nothing behind it; a passing one stops the queue without advancing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import structlog
from msgspec import structs
from sqlalchemy import exc, select

from infra.questions import Question
from kernel.command import Command, command_named, declared
from kernel.context import Context
from kernel.db import TenantContext
from kernel.engine import Engine
from kernel.entity import described, entity_named, table
from kernel.executor import Invocation, Outcome
from kernel.policy import Actor
from kernel.query import visible
from sync.ahead import Ahead, ParkedNoMore, hold
from sync.contact import NOTE_CONTACT, Known, NoteContact
from sync.effects import effect_of, entity_of, transition_of
from sync.errors import (
    AwaitsOtherDevice,
    CommandOnlineOnly,
    CommandUnknown,
    Defect,
    DeviceForked,
    DeviceRevoked,
    EditClashed,
    MutationGap,
    MutationTooLarge,
    RowEditedMeanwhile,
    ValueUnsendable,
)
from sync.gone import file_gone
from sync.limits import refuse_too_large, without_content
from sync.merge import difference, refuse_misshapen
from sync.offline import Offline, Sent
from sync.outcomes import NOTE_DECIDED, NoteDecided, filed_key, stored_outcome
from sync.preconditions import SEEN
from sync.rebasing import field_policies
from sync.restored import awaited
from sync.wire import AppliedTo, Mutation, MutationOutcome
from tenants.commands.file_inbox_entry import FileInboxEntry, file_inbox_entry, new_entry, reason_of
from tenants.device_entities import InboxEntry
from tenants.erased_rows import asking_erased, record_erased
from tenants.errors import AlreadyDecided, Parked
from tenants.mutation_input import EARLIEST, input_from_wire, row_id_of, storable
from tenants.parking import RESOLVE
from values.effects import ARCHIVE
from values.errors import Busy, KeyReused, Kind, NotFound, Refusal, Words
from values.wire import to_wire, wire_name

log = structlog.get_logger()
_TRIES = 4
_DONE = frozenset({"applied", "merged"})
# The network's and the pool's moods: the same mutation may succeed in a minute.
PASSING = (exc.OperationalError, exc.InterfaceError, exc.TimeoutError, OSError)
_LOCK_DEVICE = """
SELECT last_mutation, revoked_at IS NOT NULL AS revoked FROM app.device WHERE tenant_id = %s AND id = %s FOR UPDATE
"""


class Superseded(Exception):
    """Another request has taken this number meanwhile: its stored outcome is the answer."""


@dataclass(slots=True)
class Pushed:
    """What became of a batch. `stopped`: why the rest was not taken."""

    outcomes: list[MutationOutcome] = field(default_factory=list)
    last_mutation: int = 0
    stopped: Refusal | None = None


@dataclass(frozen=True, slots=True)
class Pusher:
    """One push of one device. `known`: what the server knew of the device before this push."""

    engine: Engine
    actor: Actor  # with its device
    known: Known
    release: Callable[[UUID | None], Awaitable[object]]  # runs what was parked of a member's, where it waits no more
    ahead: Ahead = field(default_factory=Ahead)

    @property
    def device_id(self) -> UUID:
        return self.known.device.id

    @property
    def client_id(self) -> UUID:
        """Whose stored outcomes these are: copies of one replica share them, so that what both hold is done once."""
        return self.known.device.origin_id or self.known.device.id

    async def skip_to(self, first: int | None, last: int) -> int:
        """The device goes on at number `first`: what the server asks for before it is gone, and that is filed.

        Returns the number at which the device stands now.
        """
        if first is None or first <= last + 1:
            return last
        try:
            return await file_gone(self.engine, self.actor, self.known.device, first - 1, self._in_turn)
        except (Superseded, MutationGap, KeyReused):
            return last  # another push came between: what the device is told next puts it right

    async def run(self, mutations: Sequence[Mutation], last: int) -> Pushed:
        """Takes the mutations by number. `last`: the device's number so far."""
        done = Pushed(last_mutation=last)
        if mutations:
            await self._look_ahead()
        for mutation in sorted(mutations, key=lambda m: m.n):
            try:
                done.outcomes.append(await self._take(mutation, done.last_mutation))
            except Refusal as refusal:
                done.stopped = refusal
                break
            except PASSING as passing:
                log.warning("sync.push_interrupted", error=type(passing).__name__)
                done.stopped = Busy()
                break
            done.last_mutation = max(done.last_mutation, mutation.n)
        if self.ahead.restored and any(outcome.status in _DONE for outcome in done.outcomes):
            await self._release(None)  # others may have waited for what this device has sent again
        return done

    async def _take(self, mutation: Mutation, last: int) -> MutationOutcome:
        """One mutation to its outcome. Raises only what must stop the queue."""
        if mutation.n <= last:
            return await self._replay(mutation)
        if mutation.n > last + 1:
            raise MutationGap(field="mutations", expected=last + 1)
        if (
            not mutation.arguments
        ):  # a device forgets what it sent about an erased person, and may have to offer it again
            with suppress(DeviceForked):
                answered = await self._replay(mutation)
                await self._skip(mutation.n)
                return answered
        for _ in range(_TRIES):
            try:
                return await self._apply_or_file(mutation)
            except ParkedNoMore:
                await self._look_ahead()
        raise Busy

    async def _apply_or_file(self, mutation: Mutation) -> MutationOutcome:
        """Raises ParkedNoMore when what it was to wait for has been settled in between."""
        try:
            return await self._apply(mutation)
        except Superseded:
            return await self._replay(mutation)
        except AlreadyDecided as decided:
            if mutation.arguments.get("arguments") is not None:  # what was typed anew must not be lost
                return await self._file(mutation, decided)
            return await self._note_decided(mutation, decided)
        except NotFound as unknown:
            later = await awaited(self.engine, self.actor, mutation.command, mutation.arguments)
            return await self._file(mutation, later or unknown)
        except Refusal as refusal:
            if _stops_the_queue(refusal):
                raise
            return await self._file(mutation, refusal)
        except PASSING:
            raise
        except Exception as defect:
            # A defect in one command must not block the device for ever: it is logged, filed, and the queue goes on.
            log.exception("sync.mutation_failed", command=mutation.command, error=type(defect).__name__)
            return await self._file(mutation, Defect())

    async def _look_ahead(self) -> None:
        """Reads what lies unresolved; what waits there for nothing any more runs before anything newer does."""
        await self.ahead.read(self.engine, self.actor)
        if self.ahead.free():
            await self._release(self.actor.member_id)
            await self.ahead.read(self.engine, self.actor)

    async def _replay(self, mutation: Mutation) -> MutationOutcome:
        # Tenant-wide: the answer is the device's own, even where the member may see less today.
        wide = TenantContext(self.actor.tenant_id, self.actor.member_id).wide()
        async with self.engine.database.tenant(wide) as session:
            found = await stored_outcome(session, self.client_id, mutation, self.actor)
        if found is None:
            raise DeviceForked(field="deviceId")
        return found

    async def _apply(self, mutation: Mutation) -> MutationOutcome:
        refuse_too_large(mutation)
        command = queueable(mutation.command)
        if mutation.unsendable is not None:
            raise ValueUnsendable(field=mutation.unsendable)
        data = input_from_wire(command, mutation.arguments)
        if command.merges is not None:  # before it could wait for a subscription with it
            policies = field_policies(entity_named(command.merges))
            refuse_misshapen(policies, mutation.arguments, mutation.base, mutation.server_base)
        queued = Offline(command, Sent(self.device_id, mutation.base, mutation.server_base))
        entries: list[UUID] = []

        async def prepare(ctx: Context, sent: Any) -> Any:
            entries.clear()
            self._refuse_out_of_turn(ctx.opened[0], mutation.n)
            if ctx.opened[1] is not None:
                raise record_erased(ctx.opened[1])
            self.ahead.refuse_parked(command, mutation.arguments)
            prepared = await queued.prepare(ctx, sent)
            if differences := queued.found.merged.differences:
                kept = self._entry(mutation, command, EditClashed(), differences, state="open")
                entries.append((await new_entry(ctx, kept)).id)
            return prepared

        call = Invocation(
            key=str(mutation.uuid),
            client_id=self.client_id,
            offline=self.known.claim(mutation.n, self._made_at(mutation)),
            opening=(self._lock(), asking_erased(self.actor.tenant_id, mutation.arguments)),
            closing=(self._advance(mutation.n),),
            locks=((entity_named(command.merges), data.id),) if command.merges is not None else (),  # type: ignore[attr-defined]  # every merging input names its row
            prepare=prepare,
            noting=lambda ctx, outcome: queued.note(ctx, outcome.value),
        )
        outcome = await self.engine.executor.run(self.actor, queued.command, data, call)
        if outcome.replayed:
            await self._skip(mutation.n)
            return await self._replay(mutation)
        if command.name == RESOLVE:
            await self._settled(outcome)
        return MutationOutcome(
            n=mutation.n,
            uuid=mutation.uuid,
            status="merged" if queued.found.combined else "applied",
            result=AppliedTo(entity=outcome.entity, id=outcome.row_id, version=outcome.version),
            inbox_id=entries[0] if entries else None,
        )

    async def _file(self, mutation: Mutation, refusal: Refusal) -> MutationOutcome:
        """Into the inbox; the number advances in the same transaction."""
        if isinstance(refusal, MutationTooLarge):
            mutation = without_content(mutation)
        # The name of what no device may run is kept as a record only: without entity, differences and a way to run it.
        command = None if isinstance(refusal, CommandUnknown | CommandOnlineOnly) else known(mutation.command)
        behind = self.ahead.waits_of(command, mutation.arguments) if isinstance(refusal, Parked) else []
        state = "waiting" if refusal.kind is Kind.READ_ONLY else "open"
        state = "parked" if behind or isinstance(refusal, AwaitsOtherDevice) else state
        found = refusal.differences if isinstance(refusal, RowEditedMeanwhile) else None
        differences = found if found is not None else await self._differences(command, mutation, state == "waiting")
        entry = self._entry(mutation, command, refusal, differences, state=state)
        entry = structs.replace(entry, waits_for=[str(found.id) for found in behind])

        call = self._in_turn(mutation.n, filed_key(mutation), also=lambda ctx: hold(ctx, behind))
        value: object = None
        with suppress(Superseded, KeyReused):
            filed = await self.engine.executor.run_internal(self.actor, declared(file_inbox_entry), entry, call)
            log.info("sync.mutation_filed", command=mutation.command, code=refusal.code)
            value = filed.value
        if isinstance(value, InboxEntry):
            self.ahead.filed(value)
        else:
            await self._skip(mutation.n)  # a copy of this replica has filed it: only the number is behind
        return await self._replay(mutation)  # as it stands: of an edit about an erased person less is kept

    async def _note_decided(self, mutation: Mutation, decided: AlreadyDecided) -> MutationOutcome:
        """Somebody was quicker with the same inbox entry: nothing is to be done, and no second entry made of it."""
        data = NoteDecided(**storable(reason_of(decided)))

        call = self._in_turn(mutation.n, filed_key(mutation))
        with suppress(Superseded, KeyReused):
            noted = await self.engine.executor.run_internal(self.actor, NOTE_DECIDED, data, call)
            if noted.replayed:
                await self._skip(mutation.n)
        return await self._replay(mutation)

    async def _settled(self, outcome: Outcome) -> None:
        """A decision was carried out: what was parked behind its entry runs before anything that was made later.

        The decision's own message in the outbox does the same, should this be cut short.
        """
        if isinstance(outcome.value, InboxEntry):
            await self._release(outcome.value.owner_id)
        await self.ahead.read(self.engine, self.actor)

    async def _release(self, member_id: UUID | None) -> None:
        """A passing failure stops no push: the decision's message in the outbox, or the daily job, comes back to it."""
        try:
            await self.release(member_id)
        except (Refusal, *PASSING) as passing:
            log.warning("sync.release_interrupted", error=type(passing).__name__)

    async def _skip(self, n: int) -> None:
        """The effect was there already under its uuid; only the number is behind."""

        with suppress(Superseded):
            await self.engine.executor.run_internal(
                self.actor, NOTE_CONTACT, NoteContact(id=self.device_id), self._in_turn(n)
            )

    def _in_turn(
        self,
        n: int,
        key: str | None = None,
        *,
        to: int | None = None,
        also: Callable[[Context], Awaitable[None]] | None = None,
    ) -> Invocation:
        """A command that takes the device's number `n` (up to `to`) and nothing of a mutation's effect."""

        async def prepare(ctx: Context, sent: Any) -> Any:
            self._refuse_out_of_turn(ctx.opened[0], n)
            if also is not None:
                await also(ctx)
            return sent

        return Invocation(
            key=key,
            client_id=self.client_id,
            opening=(self._lock(),),
            closing=(self._advance(to or n),),
            prepare=prepare,
        )

    def _lock(self) -> Question[Any]:
        """Serialises the device's pushes, from the command's opening to its commit."""
        return Question(
            _LOCK_DEVICE, [self.actor.tenant_id, self.device_id], lambda rows: msgspec.json.decode(rows or "[]")
        )

    def _refuse_out_of_turn(self, locked: Any, n: int) -> None:
        """Raises Superseded, MutationGap, DeviceRevoked."""
        ((last, revoked),) = (tuple(row.values()) for row in locked)
        if revoked:
            raise DeviceRevoked(field="deviceId")
        if last >= n:
            raise Superseded
        if last < n - 1:
            raise MutationGap(field="mutations", expected=last + 1)

    def _advance(self, n: int) -> tuple[str, list[Any]]:
        # Not as an edit of the row: the number is bookkeeping of the protocol, no change by anybody.
        advance = "UPDATE app.device SET last_mutation = %s WHERE tenant_id = %s AND id = %s"
        return advance, [n, self.actor.tenant_id, self.device_id]

    def _made_at(self, mutation: Mutation) -> datetime:
        """A device's clock is a claim: never from the future, never out of the calendar."""
        return max(EARLIEST, min(mutation.made_at, self.engine.clock.now()))

    def _entry(
        self,
        mutation: Mutation,
        command: Command | None,
        refusal: Refusal,
        differences: list[dict[str, Any]],
        *,
        state: str,
    ) -> FileInboxEntry:
        entity = entity_of(command) if command is not None else None
        return FileInboxEntry(
            mutation_id=mutation.uuid,
            device_id=self.device_id,
            command=storable(mutation.command),
            entity=described(entity).name if entity is not None else None,
            row_id=row_id_of(mutation.arguments.get("id")),
            state=state,
            arguments=storable(mutation.arguments),
            differences=storable(differences),
            made_at=self._made_at(mutation),
            **storable(reason_of(refusal)),
        )

    async def _differences(self, command: Command | None, mutation: Mutation, waits: bool) -> list[dict[str, Any]]:
        """Base, mine and, where the member may see the row, theirs, for an edit or transition that was refused whole.

        Of an archive that waits for a subscription, the version that it was about: it is compared with that later.
        """
        row_id = row_id_of(mutation.arguments.get("id"))
        entity = entity_of(command) if command is not None else None
        if command is None or entity is None or row_id is None:
            return []
        if effect_of(command) == ARCHIVE:
            return [
                difference(name, mutation.base[name], None, None) for name in SEEN if waits and name in mutation.base
            ]
        move = transition_of(command)
        mine = {wire_name(move[1].column): move[1].to} if move is not None else mutation.arguments
        if move is None and command.merges is None:
            return []
        policies, actor = field_policies(entity), self.actor
        theirs: dict[str, Any] = {}
        held = actor.authority.prefixes(described(entity).view_permission)
        async with self.engine.reading(actor) as session:
            columns = [c for c in table(entity).columns if wire_name(c.name) in policies]
            shown = [c for c in columns if not actor.authority.masked(described(entity).name, c.name)]
            if held:
                row = (await session.core(select(*shown).where(*_named(entity, actor, row_id)))).one_or_none()
                theirs = {wire_name(k): to_wire(v) for k, v in row._mapping.items()} if row is not None else {}
        return [
            difference(name, mutation.base.get(name), value, theirs.get(name)) | _under(mutation, name)
            for name, value in mine.items()
            if name in policies
        ]


def _under(mutation: Mutation, name: str) -> dict[str, Any]:
    return {"serverBase": mutation.server_base[name]} if name in mutation.server_base else {}


def known(name: str) -> Command | None:
    """The command, if there is one of that name."""
    try:
        return command_named(name)
    except LookupError:
        return None


def queueable(name: str) -> Command:
    """A command that a device may queue. Raises CommandUnknown, CommandOnlineOnly.

    The inbox asks the same before it runs an entry again (`resolve_inbox_entry`).
    """
    command = known(name)
    if command is None or command.internal:
        raise CommandUnknown(field="command", command=name)
    if not command.offline:
        raise CommandOnlineOnly(field="command", command=Words(command.zh, command.en))
    return command


def _named(entity: Any, actor: Actor, row_id: UUID) -> list[Any]:
    return [*visible(entity, actor, archived=True), entity.id == row_id]


def _stops_the_queue(refusal: Refusal) -> bool:
    """Passing refusals, and those about the device itself. What the company has not bought waits in the inbox."""
    if isinstance(refusal, DeviceRevoked | MutationGap | DeviceForked):
        return True
    return refusal.kind.transient and refusal.kind is not Kind.READ_ONLY
