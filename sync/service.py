"""What the doors of sync call: register, pull, push. Knows no web framework."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial
from secrets import token_bytes
from typing import Any
from uuid import UUID

from msgspec import structs
from sqlalchemy import func, select

from kernel.command import declared
from kernel.engine import Engine
from kernel.policy import Actor
from sync.barrier import read_token, snapshot_at, state_at, token_of
from sync.collections import Collection, collections_of, schema_for
from sync.contact import Known, claims_of, known_device, note_contact, refuse_unencrypted
from sync.cursor import Cursor, read, sign, without
from sync.deltas import Deltas
from sync.device_wire import KeyRequest, KeyResponse, WipedRequest, WipedResponse
from sync.errors import LoadOutdated, ReplicaOfAnother
from sync.live import Read
from sync.load_files import ENCODINGS
from sync.loads import Loads, Stored
from sync.proof import bucket_hashes, checksum, repair
from sync.pull import Page, Reader
from sync.push import Pushed, Pusher
from sync.turns import Fair, Turns
from sync.views import views_key, views_of
from sync.waiting import release_parked
from sync.wiping import refuse_ended, take_receipt
from sync.wire import (
    MAX_PAGE_ROWS,
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
from tenants.identity.rotation import EndedSession, bind_device
from tenants.settings import read_setting
from values.errors import NotFound, Refusal, Words
from values.keyring import KeyRing

_SHARE = "device.key_share"
_SHARE_BYTES = 32

_LIVE_BYTES = 64 * 1024  # more than this is fetched, compressed


@dataclass(frozen=True, slots=True)
class SyncService:
    """One per process, stateless."""

    engine: Engine
    loads: Loads | None = None  # none: first loads come in pages
    deltas: Deltas = field(default_factory=Deltas)
    fair: Fair = field(default_factory=Fair)

    async def load(self, actor: Actor, request: LoadRequest) -> LoadResponse:
        """The files of a first load. Raises NotFound, DeviceRevoked, Busy (a large file is being made)."""
        known = await known_device(self.engine, actor, request.device_id)
        encoding = next((name for name in request.encodings if name in ENCODINGS), None)
        if self.loads is None or encoding is None:
            return LoadResponse(cursor=None, files=[], server_time=self.engine.clock.now())
        collections = collections_of(actor, request.collections)
        return await self.loads.offer(actor, known.device.id, collections, encoding)

    async def load_file(self, actor: Actor, token: str, start: int) -> tuple[Stored, AsyncIterator[bytes]]:
        """A load file's bytes from `start` on. Raises LoadOutdated, NotFound, DeviceRevoked."""
        if self.loads is None:
            raise LoadOutdated
        return await self.loads.open(actor, token, start)

    async def register(self, actor: Actor, request: RegisterRequest) -> RegisterResponse:
        """Registers the member's device, or finds it again.

        Raises ReplicaOfAnother, NotFound (another's id), DeviceRevoked, DeviceWiped, Busy.
        """
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
        """The next page.

        Raises NotFound, DeviceRevoked, DeviceWiped, DeviceMustEncrypt, CursorInvalid, BarrierInvalid, Busy.
        """
        async with AsyncExitStack() as turns:
            if request.reads_all:  # first, so that nobody waits for it with a turn in hand
                await turns.enter_async_context(self.fair.heavy.turn(actor.tenant_id))
            await turns.enter_async_context(self.fair.quick.turn(actor.tenant_id))
            return await self._pulled(actor, request)

    async def _pulled(self, actor: Actor, request: PullRequest) -> PullResponse:
        known = await known_device(self.engine, actor, request.device_id)
        refuse_unencrypted(known, request.about)
        device = known.device
        cursor = read(self.engine.keys, request.cursor, actor, device.id) if request.cursor is not None else None
        if cursor is not None and request.reload:
            cursor = without(cursor, request.reload)
        collections = collections_of(actor, request.collections)
        wanted = [state_at(cursor)] if cursor is not None else []
        if request.at_least is not None:
            wanted.append(read_token(self.engine.keys, request.at_least, actor))
        async with snapshot_at(self.engine, actor, wanted) as session:
            reader = Reader(session, actor, device.id, collections, request.limit, self.deltas)
            page = await reader.page(cursor)
            told = await _checked(reader, page, request) if not page.more else {}
        claims = claims_of(request.about, request.queued, request.schema)
        pulled = None if page.more else page.cursor.clock
        backlog_to = device.last_mutation + request.queued
        await note_contact(self.engine, actor, known, backlog_to, request.queued, claims, pulled)
        schema = schema_for(actor)
        header = PullHeader(
            cursor=sign(self.engine.keys, page.cursor),
            more=page.more,
            rebase=page.rebase,
            schema=schema.hash,
            described=schema if request.schema != schema.hash else None,
            sections=[
                SectionHeader(name=name, mode=part.mode, removes=len(part.removes), puts=len(part.puts))
                for name, part in page.parts()
            ],
            server_time=self.engine.clock.now(),
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
                pusher = self._pusher(engine, actor, known)
                taken.add(await pusher.run(left, max(last, taken.last_mutation), overdue))
                left = taken.left
                if not left:
                    return await self._pushed(engine, actor, request, known, backlog_to, taken)

    def _pusher(self, engine: Engine, actor: Actor, known: Known) -> Pusher:
        release = partial(release_parked, engine, actor.tenant_id)
        return Pusher(engine, actor.with_device(known.device.id), known, release)

    async def _begun(self, engine: Engine, actor: Actor, request: PushRequest) -> tuple[Known, int, int]:
        """What was known of the device before this push, how far its backlog goes, and the number that it stands at."""
        known = await known_device(engine, actor, request.device_id, last_push=request.wipe_order)
        brought = max((mutation.n for mutation in request.mutations), default=0)
        backlog_to = max(brought, known.device.last_mutation) + request.queued
        if known.claims():  # before anything is taken: what counts must not depend on how far this push comes
            await note_contact(engine, actor, known, backlog_to, len(request.mutations) + request.queued)
            known = await known_device(engine, actor, request.device_id, last_push=request.wipe_order)
        last = await self._pusher(engine, actor, known).skip_to(request.skip_to, known.device.last_mutation)
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

    def live_place(self, actor: Actor, device_id: UUID, token: str) -> LivePlace | None:
        """Where a device on the air stands; None when it has to pull first. Raises CursorInvalid."""
        cursor = read(self.engine.keys, token, actor, device_id)
        collections = collections_of(actor)
        views = views_of(actor, collections)
        if cursor.fills or cursor.held != views:
            return None
        return LivePlace(self.engine, actor, device_id, collections, views_key(views), cursor, self.fair.quick)

    def live_page(self, place: LivePlace, told: Read, token: str) -> PullResponse | None:
        """The page that leads on from the cursor `token`; None when the device has to pull."""
        delta, cursor = told.delta, place.cursor
        fits = told.standing.epoch == cursor.epoch and told.standing.horizon <= cursor.clock
        if not fits or delta.upto < told.standing.clock or delta.inbox or delta.size > _LIVE_BYTES:
            return None
        names = sorted(delta.puts.keys() | delta.gone.keys())
        parts = [(name, delta.puts.get(name, []), delta.gone.get(name, [])) for name in names]
        header = PullHeader(
            cursor=sign(self.engine.keys, structs.replace(cursor, clock=delta.upto)),
            follows=hashlib.sha256(token.encode()).hexdigest()[:16],
            more=False,
            rebase=False,
            schema=schema_for(place.actor).hash,
            sections=[
                SectionHeader(name=name, mode="delta", removes=len(gone), puts=len(puts)) for name, puts, gone in parts
            ],
            server_time=self.engine.clock.now(),
        )
        return PullResponse(header, [line for _, puts, gone in parts for line in (*gone, *puts)])

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


@dataclass(slots=True)
class LivePlace:
    """A device on the air: what it sees, and the cursor up to which it was told."""

    engine: Engine
    actor: Actor
    device_id: UUID
    collections: Mapping[str, Collection]
    views: str
    cursor: Cursor
    turns: Turns

    async def read(self) -> Read:
        """What changed since, read in the name of all who stand here."""
        async with (
            self.turns.turn(self.actor.tenant_id, patient=True),
            self.engine.reading(self.actor, snapshot=True) as session,
        ):
            reader = Reader(session, self.actor, self.device_id, self.collections, MAX_PAGE_ROWS)
            now = await reader.standing()
            return Read(now, await reader.delta(self.cursor.clock, now.clock))


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
        page.repairs[found.name] = await repair(session, actor, found, wanted.bucket, wanted.have)
    return told


def _told(actor: Actor, refusal: Refusal) -> WireRefusal:
    return WireRefusal(
        code=refusal.code,
        message=refusal.sentence(actor.language),
        field=refusal.field,
        remedy=refusal.remedy(actor.language),
    )
