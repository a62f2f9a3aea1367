"""The first load: files of what a member sees, made once for all who see the same, then deltas from their instant.

A small file comes first where there is much: what a member begins to work with while the whole is on its way. Files lie
in the blob store, so that any server process can hand them out; a device fetches them in ranges, as often as it is cut
off.
"""

from __future__ import annotations

import asyncio
import secrets
import tempfile
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import structlog
from sqlalchemy import func, literal, select

from infra.blobs import BlobStore
from kernel.engine import Engine
from kernel.policy import Actor
from kernel.tables import ChangeLog
from sync.collections import Collection, collections_of
from sync.cursor import Fill, sign
from sync.errors import DeviceMustEncrypt, LoadOutdated
from sync.list_tables import lists_hash
from sync.load_files import BuiltFile, build_file, pieces_of
from sync.load_freshness import is_given_still
from sync.load_parts import to_begin_with
from sync.pull import Reader, Standing
from sync.turns import Fair, Turns
from sync.uses import Uses
from sync.versions import current
from sync.views import views_key, views_of
from sync.wire import FirstFile, LoadFile, LoadResponse
from tenants.device_entities import InboxEntry
from values.errors import Busy
from values.keyring import InvalidToken

log = structlog.get_logger()
_PURPOSE = "sync.load"
_FOLDER = "loads"
_PAGED_ROWS = 2_000  # fewer are quicker by pages
_FIRST_FROM_ROWS = 20_000  # from here on a small file comes first
_KEPT = timedelta(hours=6)
_WAIT_SECONDS = 20.0
_NO_DEVICE = UUID(int=0)  # the file is for whoever sees the same


class Ticket(msgspec.Struct, frozen=True, array_like=True):
    """What a file's address says, signed: whose it is and under which view it may be read. `encrypted`: what the device
    said of its replica."""

    tenant_id: UUID
    device_id: UUID
    collections: list[str]
    views: str
    key: str
    version: int  # of the schema
    encrypted: bool = False


@dataclass(frozen=True, slots=True)
class Stored:
    """A file in the blob store; its facts are its name."""

    clock: int
    epoch: UUID
    made_at: int  # seconds since 1970
    rows: int
    raw_bytes: int
    packed_bytes: int
    sha256: str
    encoding: str
    folder: str

    @property
    def key(self) -> str:
        facts = (self.clock, self.epoch.hex, self.made_at, self.rows, self.raw_bytes, self.packed_bytes)
        return f"{self.folder}/{'.'.join(map(str, facts))}/{self.sha256}.{self.encoding}"

    @classmethod
    def from_key(cls, key: str) -> Stored:
        folder, facts, name = key.rsplit("/", 2)
        clock, epoch, made_at, rows, raw, packed = facts.split(".")
        sha256, encoding = name.split(".")
        numbers = (int(made_at), int(rows), int(raw), int(packed))
        return cls(int(clock), UUID(epoch), *numbers, sha256, encoding, folder)


@dataclass(frozen=True, slots=True)
class _Places:
    """The folders of a member's files: all who see the same share the whole, the first is one's own."""

    whole: str
    first: str

    @classmethod
    def of(cls, actor: Actor, collections: Mapping[str, Collection], lists: str | None) -> _Places:
        folder, key = _folder(actor, lists), views_key(views_of(actor, collections))
        return cls(f"{folder}/{key}", f"{folder}/{actor.member_id}-{key}")


@dataclass(slots=True)
class Loads:
    """One per process. What it makes lies in the blob store; what is being made, here."""

    engine: Engine
    blobs: BlobStore
    building: dict[str, asyncio.Future[Stored]] = field(default_factory=dict)
    turns: Turns = field(default_factory=lambda: Fair().heavy)
    quick: Turns = field(default_factory=lambda: Fair().quick)  # of small files, which wait for no large one
    uses: Uses = field(default_factory=Uses)

    async def offer(
        self,
        actor: Actor,
        device_id: UUID,
        collections: Mapping[str, Collection],
        encoding: str,
        version: int,
        *,
        encrypted: bool = False,
        lists: str | None = None,
        first: FirstFile | None = None,
    ) -> LoadResponse:
        """The files to import, in order, and the cursor to go on from. No files: few rows, pages are quicker.

        `lists`: the hash of the device's list tables; where it is the present one, the files hold them filled.
        `first`: alone, it comes before the whole is made, without a cursor. Raises Busy while a large file is being
        made: ask again.
        """
        shared = _shared(collections)
        views = views_of(actor, shared)
        async with self.engine.reading(actor, snapshot=True) as session:
            now = await Reader(session, actor, device_id, collections, 1).standing()
            count = await _about(session, actor, _FIRST_FROM_ROWS)
        if count <= _PAGED_ROWS:
            return LoadResponse(cursor=None, files=[], server_time=self.engine.clock.now())
        files: list[LoadFile] = []
        ticket = partial(Ticket, actor.tenant_id, device_id, list(views), views_key(views), encrypted=encrypted)
        places = _Places.of(actor, shared, lists if version == current() else None)
        whole = await self._fresh(actor, shared, places.whole, now, encoding)
        if whole is None:
            part = None
            if count >= _FIRST_FROM_ROWS and first != "none":
                part = await self._first(actor, shared, places, now, encoding)
            making = self._making(actor, shared, places.whole, encoding, after=part)
            if part is not None:
                made = await _waited(part)
                files.append(self._told("first", made, ticket(made.key, version)))
                if first == "alone":
                    return LoadResponse(cursor=None, files=files, server_time=self.engine.clock.now())
            whole = await _waited(making)
        files.append(self._told("whole", whole, ticket(whole.key, version)))
        unread = [Fill(name) for name in collections if name not in shared]
        async with self.engine.reading(actor, snapshot=True) as session:
            reader = Reader(session, actor, device_id, collections, 1)
            standing = Standing(whole.clock, whole.epoch, 0)
            cursor = reader.beginning(standing, views_of(actor, collections), unread)
        return LoadResponse(cursor=sign(self.engine.keys, cursor), files=files, server_time=self.engine.clock.now())

    async def ahead(
        self, actor: Actor, collections: Mapping[str, Collection], encoding: str, version: int, lists: str | None
    ) -> None:
        """Begins to make the files that a member is about to ask for, unless the whole stands or there is little. What
        goes wrong with it hears who asks."""
        shared = _shared(collections)
        async with self.engine.reading(actor, snapshot=True) as session:
            now = await Reader(session, actor, _NO_DEVICE, collections, 1).standing()
            count = await _about(session, actor, _FIRST_FROM_ROWS)
        places = _Places.of(actor, shared, lists if version == current() else None)
        if count >= _FIRST_FROM_ROWS and await self._fresh(actor, shared, places.whole, now, encoding) is None:
            part = await self._first(actor, shared, places, now, encoding)
            self._making(actor, shared, places.whole, encoding, after=part)

    async def open(self, actor: Actor, token: str, start: int) -> tuple[Stored, AsyncIterator[bytes]]:
        """The bytes of a file from `start` on. Raises LoadOutdated: not this member's view (any more), or gone.

        Raises NotFound, DeviceRevoked for a device that is not the member's, or out; DeviceMustEncrypt.
        """
        try:
            ticket = msgspec.msgpack.decode(self.engine.keys.verify(_PURPOSE, token), type=Ticket)
        except (InvalidToken, msgspec.DecodeError):
            raise LoadOutdated from None
        if ticket.tenant_id != actor.tenant_id:
            raise LoadOutdated
        known = await self.uses.known(self.engine, actor, ticket.device_id)
        if not known.may_fetch(ticket.encrypted):  # the company asks for it since
            raise DeviceMustEncrypt
        reader = known.reader(actor)
        collections = collections_of(reader, ticket.collections, ticket.version)
        if ticket.version > current() or ticket.views != views_key(views_of(reader, _shared(collections))):
            raise LoadOutdated
        if await self.blobs.size(ticket.key) is None:
            raise LoadOutdated
        return Stored.from_key(ticket.key), self.blobs.read(ticket.key, start)

    async def tidy(self) -> int:
        """Deletes files that nobody can still be fetching; how many."""
        oldest = int((self.engine.clock.now() - 2 * _KEPT).timestamp())
        old = [key for key in await self.blobs.keys(_FOLDER) if Stored.from_key(key).made_at < oldest]
        for key in old:
            await self.blobs.delete(key)
        return len(old)

    async def _fresh(
        self, actor: Actor, collections: Mapping[str, Collection], place: str, now: Standing, encoding: str
    ) -> Stored | None:
        """A file that stands and may be given."""
        oldest = int((self.engine.clock.now() - _KEPT).timestamp())
        found = [Stored.from_key(key) for key in await self.blobs.keys(place)]
        good = [
            stored
            for stored in found
            if (stored.epoch, stored.encoding) == (now.epoch, encoding)
            and now.horizon <= stored.clock <= now.clock
            and stored.made_at >= oldest
        ]
        newest = max(good, key=lambda stored: stored.clock, default=None)
        if newest is None:
            return None
        async with self.engine.reading(actor) as session:
            given = await is_given_still(session, actor, collections, newest.clock)
        return newest if given else None

    def _making(
        self,
        actor: Actor,
        collections: Mapping[str, Collection],
        place: str,
        encoding: str,
        *,
        is_part: bool = False,
        after: asyncio.Future[Stored] | None = None,
    ) -> asyncio.Future[Stored]:
        """The file being made, by whoever asked for it first; when `after` is, which is waited for more eagerly."""
        made = f"{place}.{encoding}"
        task = self.building.get(made)
        if task is None:
            task = asyncio.create_task(self._build(actor, collections, place, encoding, is_part, after))
            self.building[made] = task
            task.add_done_callback(partial(self._ended, made))
        return task

    def _ended(self, made: str, task: asyncio.Future[Stored]) -> None:
        self.building.pop(made, None)
        if not task.cancelled() and (wrong := task.exception()) is not None:
            log.warning("sync.load_failed", error=type(wrong).__name__)  # whoever waits for it raises it

    async def _first(
        self, actor: Actor, collections: Mapping[str, Collection], places: _Places, now: Standing, encoding: str
    ) -> asyncio.Future[Stored]:
        """What the member begins with."""
        stands = await self._fresh(actor, collections, places.first, now, encoding)
        if stands is not None:
            made: asyncio.Future[Stored] = asyncio.get_running_loop().create_future()
            made.set_result(stands)
            return made
        return self._making(actor, collections, places.first, encoding, is_part=True)

    async def _build(
        self,
        actor: Actor,
        collections: Mapping[str, Collection],
        place: str,
        encoding: str,
        is_part: bool,
        after: asyncio.Future[Stored] | None,
    ) -> Stored:
        if after is not None:
            await asyncio.wait({after})
        turns = self.quick if is_part else self.turns
        async with turns.turn(actor.tenant_id):
            with tempfile.TemporaryDirectory(prefix="yunfan-load-") as folder:
                target = Path(folder) / f"load-{secrets.token_hex(4)}.packed"
                async with self.engine.reading(actor, snapshot=True) as session:
                    now = await Reader(session, actor, _NO_DEVICE, collections, 1).standing()
                    built = await build_file(
                        session,
                        actor,
                        collections,
                        target,
                        encoding,
                        conditions=await to_begin_with(session, actor, collections) if is_part else None,
                        lists=place.rsplit("/", 1)[0] == _folder(actor, lists_hash()),
                    )
                stored = self._stored(now, built, place, encoding)
                await self.blobs.put(stored.key, pieces_of(target))
        log.info("sync.load_built", rows=built.rows, bytes=built.packed_bytes)
        return stored

    def _stored(self, now: Standing, built: BuiltFile, place: str, encoding: str) -> Stored:
        made_at = int(self.engine.clock.now().timestamp())
        return Stored(
            now.clock,
            now.epoch,
            made_at,
            built.rows,
            built.raw_bytes,
            built.packed_bytes,
            built.sha256,
            encoding,
            place,
        )

    def _told(self, name: str, stored: Stored, ticket: Ticket) -> LoadFile:
        token = self.engine.keys.sign(_PURPOSE, msgspec.msgpack.encode(ticket))
        return LoadFile(
            name=name,
            path=f"/sync/v1/loads/{token}",
            encoding=stored.encoding,
            rows=stored.rows,
            bytes=stored.packed_bytes,
            raw_bytes=stored.raw_bytes,
            sha256=stored.sha256,
        )


async def _waited(making: asyncio.Future[Stored]) -> Stored:
    """Raises Busy, and what kept the file from being made."""
    try:
        return await asyncio.wait_for(asyncio.shield(making), _WAIT_SECONDS)
    except TimeoutError:
        raise Busy from None


def _shared(collections: Mapping[str, Collection]) -> dict[str, Collection]:
    """Those whose rows read alike for all with the same view."""
    return {name: found for name, found in collections.items() if found.entity is not InboxEntry}


def _folder(actor: Actor, lists: str | None) -> str:
    """Files with list tables lie apart: by the tables' hash. Those that no server knows any more are left out."""
    return f"{_FOLDER}/{actor.tenant_id}/{f'lists-{lists}' if lists == lists_hash() else 'plain'}"


async def _about(session: Any, actor: Actor, most: int) -> int:
    """How many rows the member may see, counted as far as it matters."""
    seen = select(literal(1)).where(ChangeLog.tenant_id == actor.tenant_id, ChangeLog.op == "put").limit(most)
    return int((await session.core(select(func.count()).select_from(seen.subquery()))).scalar_one())
