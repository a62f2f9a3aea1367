"""What the doors of sync call: register, pull, push. Knows no web framework."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from kernel.command import declared
from kernel.engine import Engine
from kernel.policy import Actor
from sync.barrier import read_token, snapshot_at, state_at, token_of
from sync.collections import collections_of, schema_for
from sync.contact import Known, claims_of, known_device, note_contact, reader_now, refuse_unencrypted
from sync.cursor import read, sign, without
from sync.deltas import Deltas
from sync.device_wire import KeyRequest, KeyResponse, WipedRequest, WipedResponse
from sync.errors import LoadOutdated, ReplicaOfAnother
from sync.key_share import new_share, opened_share
from sync.load_files import ENCODINGS
from sync.loads import Loads, Stored
from sync.proof import bucket_hashes, checksum, repair
from sync.pull import Page, Reader, asking_standing
from sync.push import Pushed, Pusher
from sync.turns import Fair
from sync.uses import Uses
from sync.versions import describable, readable
from sync.waiting import release_parked
from sync.wiping import refuse_ended, take_receipt
from sync.wire import (
    AheadRequest,
    AheadResponse,
    LoadRequest,
    LoadResponse,
    Mutation,
    PullHeader,
    PullRequest,
    PullResponse,
    PushRequest,
    PushResponse,
    RegisterRequest,
    RegisterResponse,
    SectionHeader,
    WireRefusal,
)
from tenants.commands.register_device import RegisterDevice, register_device
from tenants.device_entities import Device
from tenants.device_settings import OFFLINE_HOURS
from tenants.errors import TokenShared
from tenants.identity.rotation import EndedSession
from tenants.identity.tenant_rules import IDLE_TIMEOUT
from tenants.settings import read_setting
from values.errors import Refusal


@dataclass(frozen=True, slots=True)
class SyncService:
    """One per process, stateless."""

    engine: Engine
    loads: Loads | None = None  # none: first loads come in pages
    deltas: Deltas = field(default_factory=Deltas)
    fair: Fair = field(default_factory=Fair)
    uses: Uses = field(default_factory=Uses)

    async def load(self, actor: Actor, request: LoadRequest) -> LoadResponse:
        """The files of a first load. Raises NotFound, DeviceRevoked, DeviceWiped, DeviceMustEncrypt, AppTooOld,
        ServerTooOld, Busy (a large file is being made)."""
        known = await self.uses.known(self.engine, actor, request.device_id)
        refuse_unencrypted(known, request.about)
        version = readable(request.schema_version)
        encoding = next((name for name in request.encodings if name in ENCODINGS), None)
        if self.loads is None or encoding is None:
            return LoadResponse(cursor=None, files=[], server_time=self.engine.clock.now())
        reader = known.reader(actor)
        collections = collections_of(reader, request.collections, version)
        encrypted = request.about is not None and request.about.encrypted is True
        return await self.loads.offer(
            reader,
            known.device.id,
            collections,
            encoding,
            version,
            encrypted=encrypted,
            lists=request.lists,
            first=request.first,
        )

    async def load_ahead(self, actor: Actor, request: AheadRequest) -> AheadResponse:
        """Begins to make the file that the member's new device will ask for. Raises AppTooOld, ServerTooOld."""
        version = readable(request.schema_version)
        encoding = next((name for name in request.encodings if name in ENCODINGS), None)
        if self.loads is not None and encoding is not None:
            reader = await reader_now(self.engine, actor)
            await self.loads.ahead(reader, collections_of(reader, None, version), encoding, version, request.lists)
        return AheadResponse(server_time=self.engine.clock.now())

    async def load_file(self, actor: Actor, token: str, start: int) -> tuple[Stored, AsyncIterator[bytes]]:
        """A load file's bytes from `start` on. Raises LoadOutdated, NotFound, DeviceRevoked, DeviceMustEncrypt."""
        if self.loads is None:
            raise LoadOutdated
        return await self.loads.open(actor, token, start)

    async def register(self, actor: Actor, request: RegisterRequest) -> RegisterResponse:
        """Registers the member's device, or finds it again.

        Raises ReplicaOfAnother, NotFound (another's id), DeviceRevoked, DeviceWiped, ServerTooOld, Busy. An app
        that is too old to be sent rows registers all the same: what is on it is to be pushed.
        """
        version = describable(request.schema_version)
        if request.member_id not in (None, actor.member_id):
            raise ReplicaOfAnother(field="memberId")
        data = RegisterDevice(
            id=request.device_id,
            name=request.name,
            platform=request.platform,
            origin_id=request.origin_id,
            claims=claims_of(request.about, 0),
            key_share=new_share(self.engine.keys, actor.tenant_id, request.device_id),
        )
        async with self.fair.quick.turn(actor.tenant_id):
            announced = actor.with_device(request.device_id)
            await self.engine.executor.run_internal(announced, declared(register_device), data)
        # Whatever the row says: it names this sign-in since a moment ago. One that is out already takes nobody along.
        await known_device(self.engine, actor, request.device_id)
        known = await self.uses.note(self.engine, actor, request.device_id)
        return RegisterResponse(
            device_id=known.device.id,
            member_id=known.device.member_id,
            last_mutation=known.device.last_mutation,
            schema=schema_for(actor, known.modules, version),
            schema_version=version,
            server_time=self.engine.clock.now(),
        )

    async def pull(self, actor: Actor, request: PullRequest) -> PullResponse:
        """The next page.

        Raises NotFound, DeviceRevoked, DeviceWiped, DeviceMustEncrypt, AppTooOld, ServerTooOld, CursorInvalid,
        BarrierInvalid, Busy.
        """
        async with AsyncExitStack() as turns:
            if request.reads_all:  # first, so that nobody waits for it with a turn in hand
                await turns.enter_async_context(self.fair.heavy.turn(actor.tenant_id))
            await turns.enter_async_context(self.fair.quick.turn(actor.tenant_id))
            async with self.engine.holding() as engine:  # not before: nobody holds a connection while waiting
                return await self._pull(engine, actor, request)

    async def _pull(self, engine: Engine, actor: Actor, request: PullRequest) -> PullResponse:
        known = await self.uses.known(engine, actor, request.device_id)
        refuse_unencrypted(known, request.about)
        device, version = known.device, readable(request.schema_version)
        cursor = read(engine.keys, request.cursor, actor, device.id) if request.cursor is not None else None
        if cursor is not None and request.reload:
            cursor = without(cursor, request.reload)
        viewer = known.reader(actor)
        collections = collections_of(viewer, request.collections, version)
        wanted = [state_at(cursor)] if cursor is not None else []
        if request.at_least is not None:
            wanted.append(read_token(engine.keys, request.at_least, actor))
        async with snapshot_at(engine, viewer, wanted, asking_standing(viewer.tenant_id)) as (session, [now]):
            reader = Reader(session, viewer, device.id, collections, request.limit, self.deltas)
            page = await reader.page(cursor, now)
            told = await _checked(reader, page, request) if not page.more else {}
        claims = claims_of(request.about, request.queued, request.schema)
        pulled = None if page.more else page.cursor.clock
        backlog_to = device.last_mutation + request.queued
        await note_contact(engine, actor, known, backlog_to, request.queued, claims, pulled)
        schema = schema_for(actor, known.modules, version)
        header = PullHeader(
            cursor=sign(engine.keys, page.cursor),
            more=page.more,
            rebase=page.rebase,
            schema=schema.hash,
            described=schema if request.schema != schema.hash else None,
            sections=[
                SectionHeader(name=name, mode=part.mode, removes=len(part.removes), puts=len(part.puts))
                for name, part in page.parts()
            ],
            server_time=engine.clock.now(),
            **told,
        )
        return PullResponse(header, [line for _, part in page.parts() for line in (*part.removes, *part.puts)])

    async def push(self, actor: Actor, request: PushRequest) -> PushResponse:
        """Each mutation to its outcome. Raises NotFound, DeviceRevoked, DeviceWiped; what stops the queue is told
        inside."""
        begun: tuple[Known, int, int] | None = None
        taken = Pushed()
        left: Sequence[Mutation] = request.mutations
        while True:  # in slices: a long queue keeps neither rivals nor colleagues waiting, nor a connection meanwhile
            turn = self.fair.quick.turn(actor.tenant_id, patient=begun is not None)
            async with turn as overdue, self.engine.holding() as engine:
                begun = begun or await self._begun(engine, actor, request)
                known, backlog_to, last = begun
                pusher = self._pusher(engine, actor, known, request.schema_version)
                taken.add(await pusher.run(left, max(last, taken.last_mutation), overdue))
                left = taken.left
                if not left:
                    return await self._pushed(engine, actor, request, known, backlog_to, taken)

    def _pusher(self, engine: Engine, actor: Actor, known: Known, version: int) -> Pusher:
        release = partial(release_parked, engine, actor.tenant_id)
        return Pusher(engine, actor.with_device(known.device.id), known, release, version)

    async def _begun(self, engine: Engine, actor: Actor, request: PushRequest) -> tuple[Known, int, int]:
        """What was known of the device before this push, how far its backlog goes, and the number that it stands at."""
        known = await self.uses.known(engine, actor, request.device_id, last_push=request.wipe_order)
        brought = max((mutation.n for mutation in request.mutations), default=0)
        backlog_to = max(brought, known.device.last_mutation) + request.queued
        if known.claims():  # before anything is taken: what counts must not depend on how far this push comes
            await note_contact(engine, actor, known, backlog_to, len(request.mutations) + request.queued)
            known = await known_device(engine, actor, request.device_id, last_push=request.wipe_order)
        pusher = self._pusher(engine, actor, known, request.schema_version)
        last = await pusher.skip_to(request.skip_to, known.device.last_mutation)
        return known, backlog_to, last

    async def _pushed(
        self, engine: Engine, actor: Actor, request: PushRequest, known: Known, backlog_to: int, pushed: Pushed
    ) -> PushResponse:
        if pushed.stopped is None:
            claims = claims_of(request.about, request.queued)
            await note_contact(engine, actor, known, backlog_to, request.queued, claims)
        return PushResponse(
            outcomes=pushed.outcomes,
            last_mutation=pushed.last_mutation,
            clock=await token_of(engine, actor),
            stopped=_told(actor, pushed.stopped) if pushed.stopped is not None else None,
            server_time=self.engine.clock.now(),
        )

    async def device(self, actor: Actor, device_id: UUID) -> Device:
        """The member's own device; another's is as unknown as none. Raises NotFound, DeviceRevoked, DeviceWiped."""
        return (await self.uses.known(self.engine, actor, device_id)).device

    async def greeted(self, actor: Actor, device_id: UUID) -> Known:
        """The same for a device on the air. Raises NotFound, DeviceRevoked, DeviceWiped."""
        return await self.uses.known(self.engine, actor, device_id, greeting=True)

    async def key(self, actor: Actor, request: KeyRequest) -> KeyResponse:
        """The server's half of the device's key. Raises NotFound, DeviceRevoked, DeviceWiped: then never again."""
        device = await self.device(actor, request.device_id)
        share = opened_share(self.engine.keys, device)
        async with self.engine.reading(actor) as session:
            hours = await read_setting(session, OFFLINE_HOURS)
            idle = await read_setting(session, IDLE_TIMEOUT)
        return KeyResponse(
            device_id=device.id,
            share=share,
            offline_hours=hours,
            idle_minutes=idle,
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


async def _checked(reader: Reader, page: Page, request: PullRequest) -> dict[str, Any]:
    """What the device wants to compare, at the instant of this page."""
    told: dict[str, Any] = {}
    session, actor, collections = reader.session, reader.actor, reader.collections
    if request.checksums:
        told["checksums"] = {name: await checksum(session, actor, found) for name, found in collections.items()}
    if request.buckets is not None and request.buckets in collections:
        told["buckets"] = await bucket_hashes(session, actor, collections[request.buckets])
    wanted = request.repair
    if wanted is not None and wanted.collection in collections:
        found = collections[wanted.collection]
        page.repairs[found.name] = await repair(session, actor, found, wanted.bucket, wanted.of, wanted.have)
    return told


def _told(actor: Actor, refusal: Refusal) -> WireRefusal:
    return WireRefusal(
        code=refusal.code,
        message=refusal.sentence(actor.language),
        field=refusal.field,
        remedy=refusal.remedy(actor.language),
        problems=[_told(actor, part) for part in refusal.parts],
    )
