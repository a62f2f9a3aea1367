"""The numbers of a device's mutations: taken one after the other, each once, in the transaction of its effect."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec

from kernel.context import Context
from kernel.db import Question, TenantContext
from kernel.engine import Engine
from kernel.executor import Invocation
from kernel.policy import Actor
from sync.contact import NOTE_CONTACT, NoteContact
from sync.errors import DeviceForked, DeviceRevoked, MutationGap
from sync.outcomes import stored_outcome
from sync.wire import Mutation, MutationOutcome

_LOCK_DEVICE = """
SELECT last_mutation, revoked_at IS NOT NULL AS revoked FROM app.device WHERE tenant_id = %s AND id = %s FOR UPDATE
"""
_ADVANCE = "UPDATE app.device SET last_mutation = %s WHERE tenant_id = %s AND id = %s"


class Superseded(Exception):
    """Another request has taken this number meanwhile: its stored outcome is the answer."""


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

    def in_turn(
        self,
        n: int,
        key: str | None = None,
        *,
        to: int | None = None,
        also: Callable[[Context], Awaitable[None]] | None = None,
    ) -> Invocation:
        """Of a command that takes number `n` (up to `to`) without a mutation's effect."""

        async def prepare(ctx: Context, sent: Any) -> Any:
            self.refuse_out_of_turn(ctx.opened[0], n)
            if also is not None:
                await also(ctx)
            return sent

        return Invocation(
            key=key,
            client_id=self.client_id,
            opening=(self.locked(),),
            closing=(self.advanced(to or n),),
            prepare=prepare,
        )

    def locked(self) -> Question[Any]:
        """Serialises the device's pushes, from the command's opening to its commit."""
        asked = [self.actor.tenant_id, self.device_id]
        return Question(_LOCK_DEVICE, asked, lambda rows: msgspec.json.decode(rows or "[]"))

    def refuse_out_of_turn(self, locked: Any, n: int) -> None:
        """Raises Superseded, MutationGap, DeviceRevoked."""
        ((last, revoked),) = (tuple(row.values()) for row in locked)
        if revoked:
            raise DeviceRevoked(field="deviceId")
        if last >= n:
            raise Superseded
        if last < n - 1:
            raise MutationGap(field="mutations", expected=last + 1)

    def advanced(self, n: int) -> tuple[str, list[Any]]:
        # Not as an edit of the row: the number is bookkeeping of the protocol, no change by anybody.
        return _ADVANCE, [n, self.actor.tenant_id, self.device_id]

    async def skip(self, n: int) -> None:
        """The effect was there already under its uuid; only the number is behind."""
        with suppress(Superseded):
            await self.engine.executor.run_internal(
                self.actor, NOTE_CONTACT, NoteContact(id=self.device_id), self.in_turn(n)
            )
