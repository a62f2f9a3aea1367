"""Where a device on the air stands, and the page that leads on from there."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import msgspec
from msgspec import structs

from infra.questions import Asking
from kernel.db import SNAPSHOT, Opening
from kernel.engine import Engine
from kernel.policy import Actor
from kernel.query import reading_context
from sync.collections import Collection, collections_of, schema_for
from sync.contact import Known
from sync.cursor import Cursor, read, sign
from sync.live import Read
from sync.pull import Reader, asking_standing
from sync.turns import Turns
from sync.views import delta_key, views_of
from sync.wire import MAX_PAGE_ROWS, PullHeader

_LIVE_BYTES = 64 * 1024  # more than this is fetched, compressed


@dataclass(frozen=True, slots=True)
class LivePage:
    """A page for one device. `body`: its lines, the same bytes for all who stand here; empty when there are none."""

    header: PullHeader
    body: bytes

    def encoded(self) -> bytes:
        return b"\n".join((msgspec.json.encode(self.header), self.body))


@dataclass(slots=True)
class LivePlace:
    """A device on the air: what it sees, and the cursor up to which it was told. `actor`: its reader."""

    engine: Engine
    actor: Actor
    known: Known
    collections: Mapping[str, Collection]
    views: str
    schema: str
    cursor: Cursor
    turns: Turns

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Read]:
        """What changed since, read in the name of all who stand here: they have it before the transaction is over."""
        asked = Asking([asking_standing(self.actor.tenant_id, rights_since=self.cursor.clock)])
        opening = Opening(reading_context(self.actor), asked, begin=SNAPSHOT)
        async with (
            self.turns.turn(self.actor.tenant_id, patient=True),
            self.engine.database.opened(opening) as session,
        ):
            reader = Reader(session, self.actor, self.known.device.id, self.collections, MAX_PAGE_ROWS)
            [now] = session.opened
            yield Read(now, await reader.delta(self.cursor.clock, now.clock))

    def page(self, told: Read, token: str) -> LivePage | None:
        """The page that leads on from the cursor `token`; None when the device has to pull."""
        delta, cursor, keys = told.delta, self.cursor, self.engine.keys
        fits = told.standing.epoch == cursor.epoch and told.standing.horizon <= cursor.clock
        if not fits or delta.upto < told.standing.clock or delta.inbox or delta.size > _LIVE_BYTES:
            return None
        header = PullHeader(
            cursor=sign(keys, structs.replace(cursor, clock=delta.upto)),
            follows=hashlib.sha256(token.encode()).hexdigest()[:16],
            more=False,
            rebase=False,
            schema=self.schema,
            sections=delta.sections,
            server_time=self.engine.clock.now(),
        )
        return LivePage(header, delta.body)


def live_place(engine: Engine, turns: Turns, actor: Actor, known: Known, token: str, version: int) -> LivePlace | None:
    """Where a device on the air stands; None when it has to pull first. `turns`: in which it reads; `version`: of the
    schema that its app was built for. Raises CursorInvalid."""
    cursor = read(engine.keys, token, actor, known.device.id)
    viewer = known.reader(actor)
    collections = collections_of(viewer, None, version)
    views = views_of(viewer, collections)
    if cursor.fills or cursor.held != views:
        return None
    key, schema = delta_key(views, collections), schema_for(actor, known.modules, version).hash
    return LivePlace(engine, viewer, known, collections, key, schema, cursor, turns)
