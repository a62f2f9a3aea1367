"""What the doors of sync call: register, pull, push. Knows no web framework."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from kernel.command import declared
from kernel.db import TenantContext
from kernel.engine import Engine
from kernel.policy import Actor
from sync.collections import collections_of, schema_for
from sync.cursor import read, sign
from sync.errors import DeviceRevoked
from sync.pull import Reader
from sync.push import NOTE_CONTACT, NoteContact, Pusher, wire_refusal
from sync.wire import (
    PullRequest,
    PullResponse,
    PushRequest,
    PushResponse,
    RegisterRequest,
    RegisterResponse,
    WireRefusal,
)
from tenants.commands.register_device import RegisterDevice, register_device
from tenants.device_entities import Device
from values.errors import NotFound, ReadOnlyMaintenance, Words

# A heartbeat a pull would be a write a poke; to the minute is enough for a list of devices.
_CONTACT_EVERY = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class SyncService:
    """One per process, stateless."""

    engine: Engine

    async def register(self, actor: Actor, request: RegisterRequest) -> RegisterResponse:
        """Registers the member's device, or finds it again. Raises NotFound (another's id), DeviceRevoked."""
        data = RegisterDevice(id=request.device_id, name=request.name, platform=request.platform)
        await self.engine.executor.run_internal(actor.with_device(request.device_id), declared(register_device), data)
        device = await self.device(actor, request.device_id)
        return RegisterResponse(
            device_id=device.id,
            member_id=device.member_id,
            last_mutation=device.last_mutation,
            schema=schema_for(actor),
            server_time=self.engine.clock.now(),
        )

    async def pull(self, actor: Actor, request: PullRequest) -> PullResponse:
        """The next page. Raises NotFound, DeviceRevoked, CursorInvalid."""
        device = await self.device(actor, request.device_id)
        cursor = read(self.engine.keys, request.cursor, actor, device.id) if request.cursor is not None else None
        collections = collections_of(actor, request.collections)
        async with self.engine.reading(actor, snapshot=True) as session:
            reader = Reader(session, actor, device.id, collections, request.limit)
            page = await reader.page(cursor, checksums=request.checksums)
        await self._note_contact(actor, device, request.queued)
        schema = schema_for(actor)
        return PullResponse(
            cursor=sign(self.engine.keys, page.cursor),
            more=page.more,
            rebase=page.rebase,
            schema=schema.hash,
            described=schema if request.schema != schema.hash else None,
            collections=page.deltas(),
            checksums=page.checksums,
            server_time=self.engine.clock.now(),
        )

    async def push(self, actor: Actor, request: PushRequest) -> PushResponse:
        """Each mutation to its outcome. Raises NotFound, DeviceRevoked; what stops the queue is told inside."""
        device = await self.device(actor, request.device_id)
        pusher = Pusher(self.engine, actor.with_device(device.id), device.id, device.last_contact_at)
        pushed = await pusher.run(request.mutations, device.last_mutation)
        if pushed.stopped is None:
            await self._note_contact(actor, device, request.queued)
        return PushResponse(
            outcomes=pushed.outcomes,
            last_mutation=pushed.last_mutation,
            stopped=WireRefusal(**wire_refusal(actor, pushed.stopped)) if pushed.stopped is not None else None,
            server_time=self.engine.clock.now(),
        )

    async def device(self, actor: Actor, device_id: UUID) -> Device:
        """The member's own device; another's is as unknown as none. Raises NotFound, DeviceRevoked."""
        async with self.engine.database.tenant(TenantContext(actor.tenant_id, actor.member_id)) as session:
            found: Device | None = await session.scalar(
                select(Device).where(
                    Device.tenant_id == actor.tenant_id, Device.id == device_id, Device.member_id == actor.member_id
                )
            )
            session.orm.expunge_all()  # it outlives the transaction
        if found is None:
            raise NotFound(field="deviceId", entity=Words("设备", "device"))
        if found.revoked_at is not None:
            raise DeviceRevoked(field="deviceId")
        return found

    async def _note_contact(self, actor: Actor, device: Device, queued: int) -> None:
        """While mutations wait on the device the last contact stands still: they were made after that one, and a
        queue that comes in several pieces must not make its own later pieces late."""
        if queued or self.engine.clock.now() - device.last_contact_at < _CONTACT_EVERY:
            return
        try:
            await self.engine.executor.run_internal(
                actor.with_device(device.id), NOTE_CONTACT, NoteContact(id=device.id)
            )
        except ReadOnlyMaintenance:
            return  # reading goes on during maintenance; the contact is noted by the next one
