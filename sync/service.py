"""What the doors of sync call: register, pull, push. Knows no web framework."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from dataclasses import dataclass
from secrets import token_bytes
from uuid import UUID

from sqlalchemy import func, select

from kernel.command import declared
from kernel.engine import Engine
from kernel.policy import Actor
from sync.collections import collections_of, schema_for
from sync.contact import claims_of, known_device, note_contact, refuse_unencrypted
from sync.cursor import read, sign
from sync.device_wire import KeyRequest, KeyResponse, WipedRequest, WipedResponse
from sync.errors import ReplicaOfAnother
from sync.pull import Reader
from sync.push import Pusher
from sync.wiping import refuse_ended, take_receipt
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
from tenants.device_settings import OFFLINE_HOURS
from tenants.errors import TokenShared
from tenants.identity.rotation import EndedSession, bind_device
from tenants.settings import read_setting
from values.errors import NotFound, Refusal, Words
from values.keyring import KeyRing

_SHARE = "device.key_share"
_SHARE_BYTES = 32


@dataclass(frozen=True, slots=True)
class SyncService:
    """One per process, stateless."""

    engine: Engine

    async def register(self, actor: Actor, request: RegisterRequest) -> RegisterResponse:
        """Registers the member's device, or finds it again.

        Raises ReplicaOfAnother, NotFound (another's id), DeviceRevoked, DeviceWiped.
        """
        if request.member_id not in (None, actor.member_id):
            raise ReplicaOfAnother(field="memberId")
        data = RegisterDevice(
            id=request.device_id,
            name=request.name,
            platform=request.platform,
            claims=claims_of(request.about, 0),
            key_share=new_share(self.engine.keys, actor.tenant_id, request.device_id),
        )
        await self.engine.executor.run_internal(actor.with_device(request.device_id), declared(register_device), data)
        if actor.session_id is not None:
            await bind_device(self.engine, actor, request.device_id)
        device = await self.device(actor, request.device_id)
        return RegisterResponse(
            device_id=device.id,
            member_id=device.member_id,
            last_mutation=device.last_mutation,
            schema=schema_for(actor),
            server_time=self.engine.clock.now(),
        )

    async def pull(self, actor: Actor, request: PullRequest) -> PullResponse:
        """The next page. Raises NotFound, DeviceRevoked, DeviceWiped, DeviceMustEncrypt, CursorInvalid."""
        known = await known_device(self.engine, actor, request.device_id)
        refuse_unencrypted(known, request.about)
        device = known.device
        cursor = read(self.engine.keys, request.cursor, actor, device.id) if request.cursor is not None else None
        collections = collections_of(actor, request.collections)
        async with self.engine.reading(actor, snapshot=True) as session:
            reader = Reader(session, actor, device.id, collections, request.limit)
            page = await reader.page(cursor, checksums=request.checksums)
        claims = claims_of(request.about, request.queued, request.schema)
        pulled = None if page.more else page.cursor.clock
        backlog_to = device.last_mutation + request.queued
        await note_contact(self.engine, actor, known, backlog_to, request.queued, claims, pulled)
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
        """Each mutation to its outcome. Raises NotFound, DeviceRevoked, DeviceWiped; what stops the queue is told
        inside."""
        known = await known_device(self.engine, actor, request.device_id, last_push=request.wipe_order)
        brought = max((mutation.n for mutation in request.mutations), default=0)
        backlog_to = max(brought, known.device.last_mutation) + request.queued
        if known.claims():  # before anything is taken: what counts must not depend on how far this push comes
            await note_contact(self.engine, actor, known, backlog_to, len(request.mutations) + request.queued)
            known = await known_device(self.engine, actor, request.device_id, last_push=request.wipe_order)
        pusher = Pusher(self.engine, actor.with_device(known.device.id), known)
        pushed = await pusher.run(request.mutations, known.device.last_mutation)
        if pushed.stopped is None:
            claims = claims_of(request.about, request.queued)
            await note_contact(self.engine, actor, known, backlog_to, request.queued, claims)
        return PushResponse(
            outcomes=pushed.outcomes,
            last_mutation=pushed.last_mutation,
            stopped=_told(actor, pushed.stopped) if pushed.stopped is not None else None,
            server_time=self.engine.clock.now(),
        )

    async def device(self, actor: Actor, device_id: UUID, *, greeting: bool = False) -> Device:
        """The member's own device; another's is as unknown as none. Raises NotFound, DeviceRevoked, DeviceWiped."""
        return (await known_device(self.engine, actor, device_id, greeting=greeting)).device

    async def key(self, actor: Actor, request: KeyRequest) -> KeyResponse:
        """The server's half of the device's key. Raises NotFound, DeviceRevoked, DeviceWiped: then never again."""
        device = await self.device(actor, request.device_id)
        if device.key_share is None:
            raise NotFound(field="deviceId", entity=Words("密钥份额", "key share"))
        share = self.engine.keys.decrypt(_SHARE, device.key_share, _place(device.tenant_id, device.id))
        async with self.engine.reading(actor) as session:
            hours = await read_setting(session, OFFLINE_HOURS)
        return KeyResponse(
            device_id=device.id,
            share=urlsafe_b64encode(share).rstrip(b"=").decode(),
            offline_hours=hours,
            server_time=self.engine.clock.now(),
        )

    async def may_rotate(self, actor: Actor, device_id: UUID) -> None:
        """Whether the sign-in at hand is this device's alone. Raises NotFound, DeviceRevoked, DeviceWiped, TokenShared:
        what one of two rotates, the other would bring back as a spent token."""
        device = await self.device(actor, device_id)
        others = (
            select(func.count())
            .select_from(Device)
            .where(
                Device.tenant_id == actor.tenant_id,
                Device.member_id == actor.member_id,
                Device.session_id == actor.session_id,
                Device.id != device.id,
                Device.revoked_at.is_(None),
            )
        )
        async with self.engine.reading(actor) as session:
            if await session.scalar(others):
                raise TokenShared(field="deviceId")

    async def wiped(self, request: WipedRequest) -> WipedResponse:
        """Takes the receipt of a wiped device. Raises WipeOrderInvalid."""
        return await take_receipt(self.engine, request)

    async def turned_away(self, ended: EndedSession, device_id: UUID) -> None:
        """A device whose sign-in is over. Raises DeviceWiped when it is to be wiped."""
        await refuse_ended(self.engine, ended, device_id)


def new_share(keys: KeyRing, tenant_id: UUID, device_id: UUID) -> str:
    """A random half of a key, sealed for its place."""
    return keys.encrypt(_SHARE, token_bytes(_SHARE_BYTES), _place(tenant_id, device_id))


def _place(tenant_id: UUID, device_id: UUID) -> bytes:
    return f"{tenant_id}:{device_id}".encode()


def _told(actor: Actor, refusal: Refusal) -> WireRefusal:
    return WireRefusal(
        code=refusal.code,
        message=refusal.sentence(actor.language),
        field=refusal.field,
        remedy=refusal.remedy(actor.language),
    )
