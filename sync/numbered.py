"""The numbers of a device's mutations: taken one after the other, each once, in the transaction of its effect."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec

from infra.questions import Question, rows_as
from kernel.context import Context
from kernel.db import TenantContext
from kernel.engine import Engine
from kernel.executor import Invocation
from kernel.policy import Actor
from sync.contact import NOTE_CONTACT, NoteContact
from sync.errors import DeviceForked, DeviceRevoked, MutationGap
from sync.outcomes import stored_outcome
from sync.wire import Mutation, MutationOutcome

_LOCK = """
SELECT last_mutation, revoked_at IS NOT NULL AS revoked FROM app.device WHERE tenant_id = %s AND id = %s FOR UPDATE
"""
# All copies of one replica, in one order: what one of them files, none of the others applies meanwhile.
_LOCK_COPIES = """
WITH copies AS (
    SELECT id, last_mutation, revoked_at FROM app.device
    WHERE tenant_id = %s AND member_id = %s AND coalesce(origin_id, id) = %s ORDER BY id FOR UPDATE
)
SELECT last_mutation, revoked_at IS NOT NULL AS revoked FROM copies WHERE id = %s
"""


class Place(msgspec.Struct, frozen=True):
    """Where a device stands."""

    last_mutation: int
    revoked: bool


class Superseded(Exception):
    """Another request has taken this number meanwhile: its stored outcome is the answer."""


class Filed(Exception):
    """A copy of this replica has brought the mutation, and it went to the inbox: once is enough."""


@dataclass(frozen=True, slots=True)
class Numbered:
    """One device's. `client_id`: whose stored outcomes these are; copies of one replica share them, so that what both
    hold is done once."""

    engine: Engine
    actor: Actor
    device_id: UUID
    client_id: UUID

    async def replay(self, mutation: Mutation) -> MutationOutcome:
        """The stored outcome. Raises DeviceForked when this number is another mutation's."""
        found = await self._stored(mutation)
        if found is None:
            raise DeviceForked(field="deviceId")
        return found

    async def answered(self, mutation: Mutation) -> MutationOutcome | None:
        """What became of it when a copy of this replica brought it; only the number is behind then."""
        found = await self._stored(mutation)
        if found is not None:
            await self.skip(mutation.n)
        return found

    async def _stored(self, mutation: Mutation) -> MutationOutcome | None:
        async with self.engine.database.tenant(self.wide()) as session:
            return await stored_outcome(session, self.client_id, mutation, self.actor)

    def wide(self) -> TenantContext:
        """Tenant-wide: an answer is the device's own, even where the member may see less today."""
        return TenantContext(self.actor.tenant_id, self.actor.member_id).wide()

    async def skip(self, n: int) -> None:
        """The effect was there already under its uuid; only the number is behind."""
        with suppress(Superseded):
            await self.engine.executor.run_internal(
                self.actor, NOTE_CONTACT, NoteContact(id=self.device_id), self.in_turn(n)
            )

    def in_turn(
        self,
        n: int,
        key: str | None = None,
        *,
        to: int | None = None,
        also: Callable[[Context], Awaitable[None]] | None = None,
        copies: bool = False,
    ) -> Invocation:
        """A command that takes the number `n` (up to `to`) and nothing of a mutation's effect. `copies`: meanwhile no
        copy of the replica takes anything."""

        async def prepare(ctx: Context, sent: Any) -> Any:
            refuse_out_of_turn(ctx.opened[0], n)
            if also is not None:
                await also(ctx)
            return sent

        return Invocation(
            key=key,
            client_id=self.client_id,
            opening=(self._locking_copies() if copies else self.locking(),),
            closing=(self.advance(to or n),),
            prepare=prepare,
        )

    def locking(self) -> Question[Place]:
        """Where the device stands; locked from a command's opening to its commit, so that its pushes queue."""
        return Question(_LOCK, [self.actor.tenant_id, self.device_id], _place)

    def _locking_copies(self) -> Question[Place]:
        owner = [self.actor.tenant_id, self.actor.member_id, self.client_id]
        return Question(_LOCK_COPIES, [*owner, self.device_id], _place)

    def advance(self, n: int) -> tuple[str, list[Any]]:
        """For the commit. Not as an edit of the row: the number is the protocol's bookkeeping, no change by anybody."""
        advance = "UPDATE app.device SET last_mutation = %s WHERE tenant_id = %s AND id = %s"
        return advance, [n, self.actor.tenant_id, self.device_id]


def _place(rows: str | None) -> Place:
    [place] = rows_as(Place, rows)
    return place


def refuse_out_of_turn(place: Place, n: int) -> None:
    """Raises Superseded, MutationGap, DeviceRevoked."""
    if place.revoked:
        raise DeviceRevoked(field="deviceId")
    if place.last_mutation >= n:
        raise Superseded
    if place.last_mutation < n - 1:
        raise MutationGap(field="mutations", expected=place.last_mutation + 1)
