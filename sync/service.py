"""What the doors of sync call: register, pull, push. Knows no web framework."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from kernel.command import declared
from kernel.engine import Engine
from kernel.policy import Actor
from sync.collections import collections_of, schema_for
from sync.contact import known_device, note_contact
from sync.cursor import read, sign
from sync.errors import ReplicaOfAnother
from sync.pull import Reader
from sync.push import Pusher
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
from values.errors import Refusal


@dataclass(frozen=True, slots=True)
class SyncService:
    """One per process, stateless."""

    engine: Engine

    async def register(self, actor: Actor, request: RegisterRequest) -> RegisterResponse:
        """Registers the member's device, or finds it again.

        Raises ReplicaOfAnother, NotFound (another's id), DeviceRevoked.
        """
        if request.member_id not in (None, actor.member_id):
            raise ReplicaOfAnother(field="memberId")
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
        known = await known_device(self.engine, actor, request.device_id)
        device = known.device
        cursor = read(self.engine.keys, request.cursor, actor, device.id) if request.cursor is not None else None
        collections = collections_of(actor, request.collections)
        async with self.engine.reading(actor, snapshot=True) as session:
            reader = Reader(session, actor, device.id, collections, request.limit)
            page = await reader.page(cursor, checksums=request.checksums)
        await note_contact(self.engine, actor, known, device.last_mutation + request.queued, request.queued)
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
        async with self.engine.holding() as engine:
            return await self._push(engine, actor, request)

    async def _push(self, engine: Engine, actor: Actor, request: PushRequest) -> PushResponse:
        known = await known_device(engine, actor, request.device_id)
        brought = max((mutation.n for mutation in request.mutations), default=0)
        backlog_to = max(brought, known.device.last_mutation) + request.queued
        if known.claims():  # before anything is taken: what counts must not depend on how far this push comes
            await note_contact(engine, actor, known, backlog_to, len(request.mutations) + request.queued)
            known = await known_device(engine, actor, request.device_id)
        pusher = Pusher(engine, actor.with_device(known.device.id), known)
        pushed = await pusher.run(request.mutations, known.device.last_mutation)
        if pushed.stopped is None:
            await note_contact(engine, actor, known, backlog_to, request.queued)
        return PushResponse(
            outcomes=pushed.outcomes,
            last_mutation=pushed.last_mutation,
            stopped=_told(actor, pushed.stopped) if pushed.stopped is not None else None,
            server_time=self.engine.clock.now(),
        )

    async def device(self, actor: Actor, device_id: UUID) -> Device:
        """The member's own device; another's is as unknown as none. Raises NotFound, DeviceRevoked."""
        return (await known_device(self.engine, actor, device_id)).device


def _told(actor: Actor, refusal: Refusal) -> WireRefusal:
    return WireRefusal(
        code=refusal.code,
        message=refusal.sentence(actor.language),
        field=refusal.field,
        remedy=refusal.remedy(actor.language),
    )
