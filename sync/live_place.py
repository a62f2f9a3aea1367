"""Where a device on the air stands, and the page that leads on from there."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from msgspec import structs

from kernel.engine import Engine
from kernel.policy import Actor
from sync.collections import Collection, collections_of, schema_for
from sync.contact import Known
from sync.cursor import Cursor, read, sign
from sync.live import Read
from sync.pull import Reader
from sync.views import delta_key, views_of
from sync.wire import MAX_PAGE_ROWS, PullHeader, PullResponse, SectionHeader

_LIVE_BYTES = 64 * 1024  # more than this is fetched, compressed


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

    async def read(self) -> Read:
        """What changed since, read in the name of all who stand here."""
        async with self.engine.reading(self.actor, snapshot=True) as session:
            reader = Reader(session, self.actor, self.known.device.id, self.collections, MAX_PAGE_ROWS)
            now = await reader.standing()
            return Read(now, await reader.delta(self.cursor.clock, now.clock))

    def page(self, told: Read, token: str) -> PullResponse | None:
        """The page that leads on from the cursor `token`; None when the device has to pull."""
        delta, cursor, keys = told.delta, self.cursor, self.engine.keys
        fits = told.standing.epoch == cursor.epoch and told.standing.horizon <= cursor.clock
        if not fits or delta.upto < told.standing.clock or delta.inbox or delta.size > _LIVE_BYTES:
            return None
        names = sorted(delta.puts.keys() | delta.gone.keys())
        parts = [(name, delta.puts.get(name, []), delta.gone.get(name, [])) for name in names]
        header = PullHeader(
            cursor=sign(keys, structs.replace(cursor, clock=delta.upto)),
            follows=hashlib.sha256(token.encode()).hexdigest()[:16],
            more=False,
            rebase=False,
            schema=self.schema,
            sections=[
                SectionHeader(name=name, mode="delta", removes=len(gone), puts=len(puts)) for name, puts, gone in parts
            ],
            server_time=self.engine.clock.now(),
        )
        return PullResponse(header, [line for _, puts, gone in parts for line in (*gone, *puts)])


def live_place(engine: Engine, actor: Actor, known: Known, token: str) -> LivePlace | None:
    """Where a device on the air stands; None when it has to pull first. Raises CursorInvalid."""
    cursor = read(engine.keys, token, actor, known.device.id)
    viewer = known.reader(actor)
    collections = collections_of(viewer)
    views = views_of(viewer, collections)
    if cursor.fills or cursor.held != views:
        return None
    key, schema = delta_key(views, collections), schema_for(actor, known.modules).hash
    return LivePlace(engine, viewer, known, collections, key, schema, cursor)
