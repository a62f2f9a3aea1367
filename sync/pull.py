"""Pull: one REPEATABLE READ transaction under the member's own row-level security.

A page brings what changed since the cursor, or goes on reading rows that the device has yet to hold (`Fill`): all of a
collection at first, a part of it when the member's view grew. The cursor keeps the clock of the page that began the
fills, so the delta that closes them brings whatever changed meanwhile. Pages are cut between clock values, but the log
keeps only a row's last change: a replica therefore shows what it pulled only when `more` is false (PROTOCOL.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import UUID

import msgspec
from msgspec import structs
from sqlalchemy import ColumnElement

from infra.questions import Question, rows_as
from kernel.db import TenantSession
from kernel.policy import EVERYTHING, Actor
from kernel.query import within
from sync.changes import Changed, Span, lost_rows, span
from sync.collections import Collection
from sync.cursor import Cursor, Fill
from sync.deltas import Delta, Deltas
from sync.first_rows import first_rows
from sync.row_statements import texts_of
from sync.rows import by_reader, id_of, of_ids, texts
from sync.views import View, change_between, delta_key, views_of
from tenants.device_entities import InboxEntry

_MOST_LOST = 5_000  # more ids than this are heavier than loading the collection afresh
_PAGE_BYTES = 8 * 1024 * 1024
_CHUNK_ROWS = 500  # rows of unknown size are read by so many, until a page has its bytes
_FEW_ROWS = 50  # of each collection, which a fresh load reads together: at twenty, what a page of the usual limit holds
_HEAVY_ROWS = 100  # inbox entries may hold half a megabyte each
_NOBODY = UUID(int=0)
# A change of these moves rows in and out of a replica, whether or not the member may see the change.
RIGHTS = ("tenants.Department", "tenants.Member", "tenants.Organisation", "tenants.Role", "tenants.RoleAssignment")


@dataclass(slots=True)
class Section:
    """One collection's part of a page. `mode`: delta; replace (a fresh load of it begins: forget what is staged of it,
    and when all is there, what was shown); drop (the member does not view it any more)."""

    mode: str = "delta"
    removes: list[str] = field(default_factory=list)
    puts: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Page:
    """What a pull answers, before it is signed and encoded."""

    cursor: Cursor
    more: bool = True
    rebase: bool = False
    sections: dict[str, Section] = field(default_factory=dict)
    repairs: dict[str, Section] = field(default_factory=dict)

    def parts(self) -> list[tuple[str, Section]]:
        """In the order in which a device takes them: what changed, then what it had wrong."""
        return [*self.sections.items(), *self.repairs.items()]

    def section(self, name: str) -> Section:
        return self.sections.setdefault(name, Section())


class Standing(msgspec.Struct, frozen=True):
    """The tenant's clock as the snapshot sees it."""

    clock: int
    epoch: UUID
    horizon: int
    rights_changed: bool = False  # anything that says who sees what, since the clock that was asked about


_STANDING = "SELECT value AS clock, epoch, horizon FROM app.tenant_clock WHERE tenant_id = %s"
# What came since, and no more: before that the log may hold a hundred thousand rows without a right among them.
_STANDING_SINCE = """
SELECT c.value AS clock, c.epoch, c.horizon, EXISTS (
    SELECT FROM app.change_log AS l WHERE l.tenant_id = %s AND l.clock > %s AND l.entity = ANY(%s)
) AS rights_changed
FROM app.tenant_clock AS c WHERE c.tenant_id = %s
"""


def asking_standing(tenant_id: UUID, rights_since: int | None = None) -> Question[Standing]:
    """Where the snapshot stands that is asked; with `rights_since`, whether rights changed after that clock value."""

    def answer(rows: str | None) -> Standing:
        [found] = rows_as(Standing, rows)
        return found

    if rights_since is None:
        return Question(_STANDING, [tenant_id], answer)
    return Question(_STANDING_SINCE, [tenant_id, rights_since, list(RIGHTS), tenant_id], answer)


@dataclass(frozen=True, slots=True)
class Reader:
    """One pull of one member: the open snapshot and what the member may see of it."""

    session: TenantSession
    actor: Actor
    device_id: UUID
    collections: Mapping[str, Collection]
    limit: int
    deltas: Deltas = field(default_factory=Deltas)

    async def standing(self) -> Standing:
        """The clock as the snapshot sees it."""
        [found] = await self.session.ask(asking_standing(self.actor.tenant_id))
        return cast("Standing", found)

    async def page(self, cursor: Cursor | None, now: Standing) -> Page:
        """The next page after `cursor`; the first of a fresh load without one, or with one that no longer fits."""
        views = views_of(self.actor, self.collections)
        if cursor is None or not _fits(cursor, now):
            return await self._fresh(now, views)
        page = Page(cursor)
        if cursor.held != views:
            page.cursor = await self._change_views(page, cursor, views)
        if page.cursor.fills:
            await self._fill(page)
        else:
            await self._delta(page, now)
        return page

    def beginning(self, now: Standing, views: Mapping[str, View], fills: Iterable[Fill] = ()) -> Cursor:
        """A cursor at the snapshot's clock, for a device that holds `views` when `fills` are read."""
        return Cursor(
            tenant_id=self.actor.tenant_id,
            member_id=self.actor.member_id or _NOBODY,
            device_id=self.device_id,
            epoch=now.epoch,
            clock=now.clock,
            held=dict(views),
            fills=list(fills),
        )

    async def _fresh(self, now: Standing, views: Mapping[str, View]) -> Page:
        page = Page(self.beginning(now, views, map(Fill, views)), rebase=True)
        for name in views:
            page.section(name).mode = "replace"
        await self._fill(page, await self._begin(page, now, views))
        return page

    async def _change_views(self, page: Page, cursor: Cursor, views: Mapping[str, View]) -> Cursor:
        """What the device has to drop goes into the page, what it has yet to read into the cursor."""
        for name in cursor.held.keys() - views.keys():
            page.section(name).mode = "drop"
        unread = {fill.collection for fill in cursor.fills}
        fills = [
            f for f in cursor.fills if f.collection in views and cursor.held.get(f.collection) == views[f.collection]
        ]
        for name, view in views.items():
            held = cursor.held.get(name)
            change = change_between(held, view)
            if change is None:
                continue
            lost: set[UUID] | None = set()
            if change.lost and held is not None:
                found = self.collections[name]
                lost = await lost_rows(self.session, self.actor, found, held, view, cursor.clock, _MOST_LOST)
            if change.replaced or lost is None or name in unread:
                page.sections[name] = Section("replace")
                fills.append(Fill(name))
                continue
            page.section(name).removes += sorted(map(str, lost))
            if change.gained:
                fills.append(Fill(name, change.gained))
        return structs.replace(cursor, held=dict(views), fills=fills)

    async def _begin(self, page: Page, now: Standing, views: Mapping[str, View]) -> int:
        """The first rows of each collection, so that the small ones are whole: read once for all who see the same, as a
        delta is. How many rows that made."""
        fills = page.cursor.fills
        few = min(_FEW_ROWS, self.limit // max(1, len(fills)))
        wanted = [self.collections[fill.collection] for fill in fills if few]
        made_here = [found for found in wanted if by_reader(found) and found.entity is not InboxEntry]
        wanted = [found for found in wanted if not by_reader(found)]

        async def first() -> Delta:
            read = await first_rows(self.session, self.actor, wanted, views, few)
            for found in made_here:  # by Python, but alike for all who see the same
                read[found.name] = await texts(self.session, self.actor, found, limit=few)
            return Delta(now.clock, read, {}, Changed())

        alike = f"first {delta_key(views, self.collections)}"
        read = (await self.deltas.get((self.actor.tenant_id, now.epoch, alike, few, now.clock, 0), first)).puts
        left = list[Fill]()
        for fill in fills:
            rows = read.get(fill.collection)
            if rows is None:
                left.append(fill)
                continue
            _put(page.section(fill.collection), rows)
            if len(rows) == few:
                left.append(Fill(fill.collection, None, UUID(id_of(rows[-1]))))
        page.cursor = structs.replace(page.cursor, fills=left)
        return sum(map(len, read.values()))

    async def _fill(self, page: Page, read: int = 0) -> None:
        """As many rows as the limit allows besides those `read`, one fill after the other, in id order."""
        fills, left, size = list(page.cursor.fills), self.limit - read, 0
        while fills and left > 0 and size < _PAGE_BYTES:
            fill, at_once = fills[0], min(left, _CHUNK_ROWS)
            rows = await self._rows_of(fill, at_once)
            _put(page.section(fill.collection), rows)
            left, size = left - len(rows), size + sum(map(len, rows))
            if len(rows) < at_once:
                fills.pop(0)
            else:
                fills[0] = Fill(fill.collection, fill.prefixes, UUID(id_of(rows[-1])))
        page.cursor = structs.replace(page.cursor, fills=fills)

    async def _rows_of(self, fill: Fill, limit: int) -> list[str]:
        found, conditions = self.collections[fill.collection], list[ColumnElement[bool]]()
        entity: Any = found.entity
        if fill.after is not None:
            conditions.append(entity.id > fill.after)
        if fill.prefixes is not None and fill.prefixes != EVERYTHING:
            conditions.append(within(entity.scope_path, fill.prefixes))
        return await texts(self.session, self.actor, found, *conditions, limit=limit)

    async def _delta(self, page: Page, standing: Standing) -> None:
        cursor = page.cursor
        alike = delta_key(cursor.held, self.collections)
        key = (cursor.tenant_id, cursor.epoch, alike, cursor.clock, standing.clock, self.limit)
        delta = await self.deltas.get(key, lambda: self.delta(cursor.clock, standing.clock))
        await self.take(page, delta, standing.clock)

    async def take(self, page: Page, delta: Delta, now: int) -> None:
        """The delta, and what of the inbox this reader sees of it, into the page."""
        for name in delta.puts.keys() | delta.gone.keys():
            _put(page.section(name), delta.puts.get(name, ()), delta.gone.get(name, ()))
        if delta.inbox:
            [name] = [name for name, found in self.collections.items() if found.entity is InboxEntry]
            rows = await self._rows(self.collections[name], delta.inbox.written)
            shown = {id_of(text) for text in rows}
            _put(page.section(name), rows, {*delta.inbox.written, *delta.inbox.gone} - shown)
        page.cursor = structs.replace(page.cursor, clock=delta.upto)
        page.more = delta.upto < now

    async def delta(self, after: int, now: int) -> Delta:
        """What changed in (after, now], as far as a page may go; of the inbox only which entries."""
        limit = self.limit
        while True:
            changes = await span(self.session, self.actor, self.collections, after, now, limit)
            inbox = [name for name, found in self.collections.items() if found.entity is InboxEntry]
            about = changes.by_collection.pop(inbox[0], Changed()) if inbox else Changed()
            puts = await self._written(changes, _PAGE_BYTES if limit > 1 else None)
            if puts is not None and (len(about.written) <= _HEAVY_ROWS or limit <= _HEAVY_ROWS):
                break
            limit = max(1, limit // 4)
        gone: dict[str, list[str]] = {}
        for name, changed in changes.by_collection.items():
            # A change that the member may not see any more (or that is gone already) is a removal for the device.
            shown = {id_of(text) for text in puts[name]}
            gone[name] = sorted({*changed.gone, *changed.written} - shown)
        return Delta(
            changes.upto,
            {name: rows for name, rows in puts.items() if rows},
            {name: ids for name, ids in gone.items() if ids},
            about,
        )

    async def _written(self, changes: Span, most_bytes: int | None) -> dict[str, list[str]] | None:
        """The rows that were written, by collection; None when they are more than a page may weigh."""
        rows: dict[str, list[str]] = {}
        size = 0
        for name, changed in changes.by_collection.items():
            rows[name] = await self._rows(self.collections[name], changed.written)
            size += sum(map(len, rows[name]))
            if most_bytes is not None and size > most_bytes:
                return None
        return rows

    async def _rows(self, found: Collection, ids: Sequence[str]) -> list[str]:
        if ids and by_reader(found):
            return await texts(self.session, self.actor, found, of_ids(found.entity, ids))
        return await texts_of(self.session, self.actor, found, ids)


def _fits(cursor: Cursor, now: Standing) -> bool:
    """Ahead of us: the server was restored behind the device. Behind the horizon: tombstones are gone."""
    return cursor.epoch == now.epoch and now.horizon <= cursor.clock <= now.clock


def _put(section: Section, rows: Iterable[str], gone: Iterable[str] = ()) -> None:
    """What is put stays, though it left another place of the member's before."""
    section.puts += rows
    if section.removes or gone:
        shown = {id_of(text) for text in section.puts}
        section.removes = sorted({*section.removes, *gone} - shown)
