"""The numbers of a device's mutations: taken one after the other, each once, in the transaction of its effect."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, update

from kernel.context import Context
from kernel.db import TenantContext
from kernel.engine import Engine
from kernel.entity import table
from kernel.executor import Invocation, Outcome
from kernel.policy import Actor
from sync.contact import NOTE_CONTACT, NoteContact
from sync.errors import DeviceForked, DeviceRevoked, MutationGap
from sync.outcomes import stored_outcome
from sync.wire import Mutation, MutationOutcome
from tenants.device_entities import Device


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
        # Tenant-wide: the answer is the device's own, even where the member may see less today.
        wide = TenantContext(self.actor.tenant_id, self.actor.member_id).wide()
        async with self.engine.database.tenant(wide) as session:
            found = await stored_outcome(session, self.client_id, mutation, self.actor)
        if found is None:
            raise DeviceForked(field="deviceId")
        return found

    async def lock(self, ctx: Context, n: int) -> None:
        """Serialises the device's pushes. Raises Superseded, MutationGap, DeviceRevoked."""
        row = (
            await ctx.session.core(
                select(Device.last_mutation, Device.revoked_at)
                .where(Device.tenant_id == ctx.tenant_id, Device.id == self.device_id)
                .with_for_update()
            )
        ).one()
        if row.revoked_at is not None:
            raise DeviceRevoked(field="deviceId")
        if row.last_mutation >= n:
            raise Superseded
        if row.last_mutation < n - 1:
            raise MutationGap(field="mutations", expected=row.last_mutation + 1)

    async def advance(self, ctx: Context, n: int) -> None:
        # Not as an edit of the row: the number is bookkeeping of the protocol, no change by anybody.
        await ctx.session.execute(
            update(table(Device))
            .where(Device.tenant_id == ctx.tenant_id, Device.id == self.device_id)
            .values(last_mutation=n)
        )

    async def skip(self, n: int) -> None:
        """The effect was there already under its uuid; only the number is behind."""

        async def finish(ctx: Context, _outcome: Outcome) -> None:
            await self.lock(ctx, n)
            await self.advance(ctx, n)

        with suppress(Superseded):
            await self.engine.executor.run_internal(
                self.actor, NOTE_CONTACT, NoteContact(id=self.device_id), Invocation(finish=finish)
            )
