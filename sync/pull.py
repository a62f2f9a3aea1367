"""Pull: one REPEATABLE READ transaction under the member's own row-level security.

A page of a first load is a keyset page of one collection after another; its cursor keeps the clock of the first page,
so the delta that closes the load brings whatever changed meanwhile. A delta brings every row whose last change lies in
(from, to], and drops those that left. Pages are cut between clock values, but the log keeps only a row's last change:
a replica therefore shows what it pulled only when `more` is false (PROTOCOL.md, "Staging").
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, literal_column, select

from kernel.db import TenantSession
from kernel.entity import ScopedRow, described, table
from kernel.policy import EVERYTHING, Actor
from kernel.query import visible, within
from kernel.tables import ChangeLog, ScopeExit, TenantClock
from sync.collections import Collection
from sync.cursor import Cursor, Loading, scope_hash
from sync.wire import Checksum, CollectionDelta
from tenants.device_entities import InboxEntry
from tenants.inbox_reach import entries_about, shown_rows
from tenants.mask_names import with_wire_masks
from tenants.masking import without_masked
from values.wire import to_wire, wire_name

_IDS_AT_ONCE = 1_000
# MD5 is no secret here: it only spreads the bits alike on server and device.
_SPREAD = "('x' || left(md5(id::text || ':' || version::text), 16))::bit(64)::bigint"


@dataclass(slots=True)
class Page:
    """What a pull answers, before it is signed and encoded."""

    cursor: Cursor
    more: bool
    rebase: bool
    puts: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    removes: dict[str, list[UUID]] = field(default_factory=dict)
    checksums: dict[str, Checksum] | None = None

    def deltas(self) -> dict[str, CollectionDelta]:
        names = sorted({*self.puts, *self.removes})
        return {n: CollectionDelta(puts=self.puts.get(n, []), removes=self.removes.get(n, [])) for n in names}


@dataclass(frozen=True, slots=True)
class Reader:
    """One pull of one member: the open snapshot and what the member may see of it."""

    session: TenantSession
    actor: Actor
    device_id: UUID
    collections: Mapping[str, Collection]
    limit: int

    async def page(self, cursor: Cursor | None, *, checksums: bool = False) -> Page:
        """The next page after `cursor`; a fresh load without one, or with one that no longer fits."""
        clock = (await self.session.core(select(TenantClock.value, TenantClock.epoch))).one()
        scope = scope_hash(self.actor, self.collections)
        fits = (
            cursor is not None
            and (cursor.epoch, cursor.scope) == (clock.epoch, scope)
            and cursor.clock <= clock.value  # ahead of us: the server was restored behind the device
        )
        if cursor is None or not fits:
            fresh = Cursor(
                tenant_id=self.actor.tenant_id,
                member_id=self.actor.member_id or UUID(int=0),
                device_id=self.device_id,
                epoch=clock.epoch,
                clock=clock.value,
                scope=scope,
                loading=Loading(list(self.collections), None),
            )
            return await self._load(fresh, rebase=True)
        if cursor.loading is not None:
            return await self._load(cursor, rebase=False)
        page = await self._delta(cursor, clock.value)
        if checksums and not page.more:
            page.checksums = {name: await self._checksum(found) for name, found in self.collections.items()}
        return page

    async def _load(self, cursor: Cursor, *, rebase: bool) -> Page:
        """As many rows as the limit allows, collection by collection in id order."""
        loading = cursor.loading or Loading([], None)
        left, waiting, after = self.limit, list(loading.collections), loading.after
        page = Page(cursor, more=True, rebase=rebase)
        while waiting and left > 0:
            found = self.collections[waiting[0]]
            rows = await self._rows_after(found, after, left)
            page.puts.setdefault(found.name, []).extend(rows)
            left -= len(rows)
            if left > 0:
                waiting.pop(0)
                after = None
            else:
                after = UUID(rows[-1]["id"])
        page.cursor = _moved(cursor, cursor.clock, Loading(waiting, after) if waiting else None)
        return page

    async def _rows_after(self, found: Collection, after: UUID | None, limit: int) -> list[dict[str, Any]]:
        columns = found.shown_to(self.actor)
        statement = select(*columns).where(*visible(found.entity, self.actor, archived=True))
        if after is not None:
            statement = statement.where(found.entity.id > after)
        rows = await self.session.core(statement.order_by(found.entity.id).limit(limit))
        return await self._encoded(found, rows)

    async def _delta(self, cursor: Cursor, now: int) -> Page:
        upto = await self._end_of_page(cursor.clock, now)
        page = Page(_moved(cursor, upto, None), more=upto < now, rebase=False)
        changed = await self._changed(cursor.clock, upto)
        left = await self._left(cursor.clock, upto)
        if any(found.entity is InboxEntry for found in self.collections.values()):
            await self._show_anew(changed, cursor.clock, upto)
        for name, found in self.collections.items():
            entity = described(found.entity).name
            puts, removed = changed.get(entity, ([], set()))
            rows = await self._rows(found, puts)
            shown = {row["id"] for row in rows}
            # A change that the member may not see any more (or that is gone already) is a removal for the device.
            gone = {i for i in [*removed, *puts, *left.get(entity, ())] if str(i) not in shown}
            if rows:
                page.puts[name] = rows
            if gone:
                page.removes[name] = sorted(gone)
        return page

    async def _end_of_page(self, after: int, now: int) -> int:
        """The clock value at which the page ends: the first at or behind the limit-th change, never inside one."""
        within_range = (ChangeLog.tenant_id == self.actor.tenant_id, ChangeLog.clock > after, ChangeLog.clock <= now)
        statement = select(ChangeLog.clock).where(*within_range).order_by(ChangeLog.clock)
        found = (await self.session.core(statement.offset(self.limit - 1).limit(1))).scalar_one_or_none()
        return now if found is None else int(found)

    async def _changed(self, after: int, upto: int) -> dict[str, tuple[list[UUID], set[UUID]]]:
        """By entity: ids put, ids removed, inside the member's view of that entity."""
        log = table(ChangeLog)
        rows = await self.session.core(
            select(log.c.entity, log.c.row_id, log.c.op, log.c.scope_path)
            .where(log.c.tenant_id == self.actor.tenant_id, log.c.clock > after, log.c.clock <= upto)
            .where(log.c.entity.in_([described(c.entity).name for c in self.collections.values()]))
            .order_by(log.c.clock)
        )
        found: dict[str, tuple[list[UUID], set[UUID]]] = {}
        for row in rows:
            if self._reaches(row.entity, row.scope_path):
                puts, removed = found.setdefault(row.entity, ([], set()))
                if row.op == "put":
                    puts.append(row.row_id)
                else:
                    removed.add(row.row_id)
        return found

    async def _show_anew(self, changed: dict[str, tuple[list[UUID], set[UUID]]], after: int, upto: int) -> None:
        """Adds the inbox entries about rows that changed: where one came into sight, or left it, its entries show
        something else, though nobody edited them."""
        moved: set[UUID] = set()
        for log in (table(ChangeLog), table(ScopeExit)):
            statement = select(log.c.row_id).where(
                log.c.tenant_id == self.actor.tenant_id, log.c.clock > after, log.c.clock <= upto
            )
            moved.update((await self.session.core(statement)).scalars())
        puts, _ = changed.setdefault(described(InboxEntry).name, ([], set()))
        puts += sorted(await entries_about(self.session, self.actor, moved) - set(puts))

    async def _left(self, after: int, upto: int) -> dict[str, set[UUID]]:
        """By entity: ids of rows that left a path which the member views."""
        exits = table(ScopeExit)
        held = {described(c.entity).name: self._prefixes(c) for c in self.collections.values()}
        found: dict[str, set[UUID]] = {}
        scoped = [c for c in self.collections.values() if issubclass(c.entity, ScopedRow)]
        for entity in (described(c.entity).name for c in scoped):
            rows = await self.session.core(
                select(exits.c.row_id).where(
                    exits.c.tenant_id == self.actor.tenant_id,
                    exits.c.clock > after,
                    exits.c.clock <= upto,
                    exits.c.entity == entity,
                    within(exits.c.scope_path, held[entity]),
                )
            )
            found[entity] = set(rows.scalars())
        return found

    async def _rows(self, found: Collection, ids: Sequence[UUID]) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        columns = found.shown_to(self.actor)
        for start in range(0, len(ids), _IDS_AT_ONCE):
            statement = select(*columns).where(
                *visible(found.entity, self.actor, archived=True),
                found.entity.id.in_(ids[start : start + _IDS_AT_ONCE]),
            )
            rows += await self._encoded(found, await self.session.core(statement))
        return rows

    async def _checksum(self, found: Collection) -> Checksum:
        entity = found.entity
        spread: ColumnElement[int] = literal_column(_SPREAD)
        rows = select(entity.id, entity.version).where(*visible(entity, self.actor, archived=True)).subquery()
        statement = select(func.count(), func.coalesce(func.bit_xor(spread), 0)).select_from(rows)
        count, mixed = tuple((await self.session.core(statement)).one())
        return Checksum(count=count, hash=f"{mixed & 0xFFFFFFFFFFFFFFFF:016x}")

    async def _encoded(self, found: Collection, read: Iterable[Any]) -> list[dict[str, Any]]:
        rows: Sequence[Mapping[str, Any]] = [row._mapping for row in read]
        if found.entity is InboxEntry:
            seen = await shown_rows(self.session, self.actor, rows)
            rows = [without_masked(row, self.actor.authority) for row in seen]
        encoded = [{wire_name(name): to_wire(value) for name, value in row.items()} for row in rows]
        return [with_wire_masks(described(found.entity).name, row) for row in encoded]

    def _prefixes(self, found: Collection) -> tuple[str, ...]:
        return self.actor.authority.prefixes(described(found.entity).view_permission)

    def _reaches(self, entity: str, path: str) -> bool:
        for found in self.collections.values():
            if described(found.entity).name == entity:
                held = self._prefixes(found)
                return path == "" or held == EVERYTHING or any(path.startswith(prefix) for prefix in held)
        return False


def _moved(cursor: Cursor, clock: int, loading: Loading | None) -> Cursor:
    return Cursor(
        tenant_id=cursor.tenant_id,
        member_id=cursor.member_id,
        device_id=cursor.device_id,
        epoch=cursor.epoch,
        clock=clock,
        scope=cursor.scope,
        loading=loading,
    )
