"""Files what no retry can mend: an inbox entry with all that was sent, in the transaction that takes the number."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from msgspec import structs
from sqlalchemy import select

from kernel.command import Command, declared
from kernel.context import Context
from kernel.entity import described, table
from kernel.policy import Actor
from kernel.query import visible
from sync.ahead import Ahead, hold
from sync.effects import effect_of, entity_of, transition_of
from sync.errors import (
    AwaitsOtherDevice,
    CommandOnlineOnly,
    CommandUnknown,
    MadeByOlderApp,
    MutationTooLarge,
)
from sync.field_labels import with_label
from sync.limits import without_content
from sync.merge import difference
from sync.numbered import Numbered, Superseded
from sync.outcomes import NOTE_SETTLED, NoteSettled, asking_applied, filed_key
from sync.preconditions import SEEN
from sync.queueable import known
from sync.rebasing import field_policies
from sync.splitting import Aside
from sync.wire import Mutation, MutationOutcome
from tenants.commands.file_inbox_entry import FileInboxEntry, file_inbox_entry, reason_of
from tenants.device_entities import InboxEntry
from tenants.errors import Parked
from tenants.mutation_input import EARLIEST, row_id_of, storable
from values.clashing import Clash
from values.effects import ARCHIVE
from values.errors import KeyReused, Kind, Refusal
from values.wire import to_wire, wire_name

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Filing:
    """Of one push. `ahead`: what lies unresolved, behind which an entry may wait."""

    numbered: Numbered
    ahead: Ahead

    async def file(self, mutation: Mutation, refusal: Refusal) -> MutationOutcome:
        """Into the inbox; the number advances in the same transaction."""
        if isinstance(refusal, MutationTooLarge):
            mutation = without_content(mutation)
        # The name of what no device may run is kept as a record only: without entity, differences and a way to run it.
        command = None if isinstance(refusal, CommandUnknown | CommandOnlineOnly) else known(mutation.command)
        refusal = with_label(command, refusal)
        behind = self.ahead.waits_of(command, mutation.arguments) if isinstance(refusal, Parked) else []
        state = "waiting" if refusal.kind is Kind.READ_ONLY else "open"
        state = "parked" if behind or isinstance(refusal, AwaitsOtherDevice) else state
        found = refusal.differences if isinstance(refusal, Clash) else None
        differences = found if found is not None else await self._differences(command, mutation, refusal)
        entry = self.entry(mutation, command, refusal, differences, state=state)
        entry = structs.replace(entry, waits_for=[str(found.id) for found in behind])

        async def still_to_be_filed(ctx: Context) -> None:
            if not isinstance(refusal, KeyReused):
                await self._refuse_applied(ctx, mutation)
            await hold(ctx, behind)

        call = self.numbered.in_turn(mutation.n, filed_key(mutation), also=still_to_be_filed, copies=True)
        value: object = None
        with suppress(Superseded, KeyReused):
            filed = await self.numbered.engine.executor.run_internal(
                self.numbered.actor, declared(file_inbox_entry), entry, call
            )
            log.info("sync.mutation_filed", command=mutation.command, code=refusal.code)
            value = filed.value
        if isinstance(value, InboxEntry):
            self.ahead.filed(value)
        else:
            await self.numbered.skip(mutation.n)  # a copy of this replica has filed it: only the number is behind
        return await self.numbered.replay(mutation)  # as it stands: of an edit about an erased person less is kept

    async def _refuse_applied(self, ctx: Context, mutation: Mutation) -> None:
        """Raises Superseded when a copy of this replica applied it while this one was refused."""
        (applied,) = await ctx.session.ask(asking_applied(ctx.tenant_id, self.numbered.client_id, mutation))
        if applied:
            raise Superseded

    async def note_settled(self, mutation: Mutation, refusal: Refusal) -> MutationOutcome:
        """Nothing is left to do, and no entry made of it: somebody was quicker with the same inbox entry, or a device
        asked for what the company has not subscribed to."""
        data = NoteSettled(**storable(reason_of(refusal)))
        call = self.numbered.in_turn(mutation.n, filed_key(mutation))
        with suppress(Superseded, KeyReused):
            noted = await self.numbered.engine.executor.run_internal(self.numbered.actor, NOTE_SETTLED, data, call)
            if noted.replayed:
                await self.numbered.skip(mutation.n)
        return await self.numbered.replay(mutation)

    def entry(
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
            device_id=self.numbered.device_id,
            command=storable(mutation.command),
            entity=described(entity).name if entity is not None else None,
            row_id=row_id_of(mutation.arguments.get("id")),
            state=state,
            arguments=storable(mutation.arguments),
            differences=storable(differences),
            facts=storable(refusal.facts) if isinstance(refusal, Clash) else {},
            made_at=self.made_at(mutation),
            **storable(reason_of(refusal)),
        )

    def entry_aside(self, mutation: Mutation, command: Command, aside: Aside, row_id: UUID) -> FileInboxEntry:
        """What is kept back of a mutation that took effect otherwise: a document of its own, to be decided about."""
        kept = aside.kept_back(mutation, row_id)
        entry = self.entry(kept, command, aside.refusal, aside.differences, state="open")
        return structs.replace(entry, facts=storable(aside.facts))

    def made_at(self, mutation: Mutation) -> datetime:
        """A device's clock is a claim: never from the future, never out of the calendar."""
        return max(EARLIEST, min(mutation.made_at, self.numbered.engine.clock.now()))

    async def _differences(self, command: Command | None, mutation: Mutation, refusal: Refusal) -> list[dict[str, Any]]:
        """Base, mine and, where the member may see the row, theirs, for an edit or transition that was refused whole.

        Of an archive that waits for a subscription, the version that it was about: it is compared with that later.
        """
        row_id = row_id_of(mutation.arguments.get("id"))
        entity = entity_of(command) if command is not None else None
        if command is None or entity is None or row_id is None or isinstance(refusal, MadeByOlderApp):
            return []
        if effect_of(command) == ARCHIVE:
            waits = refusal.kind is Kind.READ_ONLY
            return [
                difference(name, mutation.base[name], None, None) for name in SEEN if waits and name in mutation.base
            ]
        move = transition_of(command)
        mine = {wire_name(move[1].column): move[1].to} if move is not None else mutation.arguments
        if move is None and command.merges is None:
            return []
        policies, actor = field_policies(entity), self.numbered.actor
        theirs: dict[str, Any] = {}
        held = actor.authority.prefixes(described(entity).view_permission)
        async with self.numbered.engine.reading(actor) as session:
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


def _named(entity: Any, actor: Actor, row_id: UUID) -> list[Any]:
    return [*visible(entity, actor, archived=True), entity.id == row_id]
