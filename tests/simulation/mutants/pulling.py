"""Bugs in what the server tells a device."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import msgspec
from sqlalchemy import select

from kernel.tables import TenantClock
from sync import changes, collections, live_place, loads, poke, pull, rows, service, views
from sync import cursor as cursor_module
from sync.collections import Collection, collections_of, schema_for
from sync.conversion import Told
from sync.cursor import Cursor
from sync.errors import CursorInvalid
from sync.live_place import LivePlace
from sync.pull import Reader
from sync.wire import Checksum
from tests.simulation.mutants import Surgeon, mutant
from values.keyring import InvalidToken, KeyRing


@mutant()
def delta_begins_one_late(m: Surgeon) -> None:
    """`>` where the next number itself belongs to the delta."""
    m.wrap(pull, "span", lambda f: lambda s, actor, found, after, now, limit: f(s, actor, found, after + 1, now, limit))


@mutant()
def delta_ends_one_early(m: Surgeon) -> None:
    """`<` where the last number itself belongs to the delta."""

    def around(span: Any) -> Any:
        async def earlier(session: Any, actor: Any, found: Any, after: int, now: int, limit: int) -> Any:
            read = await span(session, actor, found, after, now - 1, limit)
            read.upto = now if read.upto == now - 1 else read.upto
            return read

        return earlier

    m.wrap(pull, "span", around)


@mutant("archive_online", "archive_on_device", "pull")
def recycle_bin_is_not_sent(m: Surgeon) -> None:
    """Archived rows are left out."""
    m.wrap(rows, "visible", lambda f: lambda entity, actor, **_how: f(entity, actor))


@mutant("change_masks")
def masks_are_not_applied(m: Surgeon) -> None:
    """Hidden fields are sent."""
    m.put(Collection, "shown_to", lambda self, *_who: self.columns)


@mutant("change_masks", "pull")
def changed_masks_are_not_noticed(m: Surgeon) -> None:
    """A mask that comes or goes leaves the device with what it has."""

    def around(shape: Any) -> Any:
        def unmasked(actor: Any, found: Any, reach: Any) -> Any:
            return shape(replace(actor, authority=replace(actor.authority, masks=frozenset())), found, reach)

        return unmasked

    m.wrap(views, "_shape", around)


@mutant("change_scope", "move_member", "pull")
def changed_views_are_not_noticed(m: Surgeon) -> None:
    """Another scope, department or role leaves the device with the rows it has."""
    m.put(pull, "change_between", lambda *_asked: None)


@mutant("change_scope", "move_member", "pull", "reassign_customer")
def lost_rows_are_forgotten(m: Surgeon) -> None:
    """The difference of two views brings what was gained and leaves what was lost."""

    async def none(*_asked: Any) -> set[Any]:
        return set()

    m.put(pull, "lost_rows", none)


@mutant("change_scope", "move_member", "pull", "reassign_customer")
def gained_rows_are_forgotten(m: Surgeon) -> None:
    """The difference of two views takes what was lost and does not bring what was gained."""
    m.wrap(
        pull,
        "change_between",
        lambda f: lambda held, now: replace(change, gained=()) if (change := f(held, now)) is not None else None,
    )


@mutant("change_permissions", "pull")
def dropped_collections_stay(m: Surgeon) -> None:
    """What the member does not view at all any more is not dropped."""

    def around(change_views: Any) -> Any:
        async def kept(self: Reader, page: Any, cursor: Any, now: Any) -> Any:
            found = await change_views(self, page, cursor, now)
            for name in [name for name, part in page.sections.items() if part.mode == "drop"]:
                del page.sections[name]
            return found

        return kept

    m.wrap(Reader, "_change_views", around)


@mutant("server_is_backed_up", "server_is_restored", "pull", "write_both_of_a_pair", "sync")
def restored_server_is_not_noticed(m: Surgeon) -> None:
    """The epoch is not looked at."""
    m.put(pull, "_fits", lambda cursor, now: now.horizon <= cursor.clock)


@mutant("months_pass", "make_or_drop_role", "reassign_customer", "pull")
def the_horizon_is_not_looked_at(m: Surgeon) -> None:
    """Who was away for longer than tombstones are kept goes on as if nothing had been deleted."""
    m.put(pull, "_fits", lambda cursor, now: cursor.epoch == now.epoch and cursor.clock <= now.clock)


@mutant("cursor_of_another_device")
def any_cursor_will_do(m: Surgeon) -> None:
    """A cursor is not held to the device that it was made for."""

    def read(keys: KeyRing, token: str, actor: Any, device_id: Any) -> Cursor:
        try:
            packed = keys.verify(cursor_module._PURPOSE, token)
            found = msgspec.msgpack.decode(zlib.decompress(packed, -cursor_module._WINDOW_BITS), type=Cursor)
        except InvalidToken:
            raise CursorInvalid(field="cursor") from None
        return msgspec.structs.replace(found, member_id=actor.member_id, device_id=device_id)

    for part in (service, live_place):
        m.put(part, "read", read)


@mutant("write_both_of_a_pair", "hours_pass")
def page_is_cut_inside_a_transaction(m: Surgeon) -> None:
    """A delta leaves out a part of the changes of one number and goes on behind it."""

    def around(span: Any) -> Any:
        async def cut(*asked: Any) -> Any:
            found = await span(*asked)
            contacts, customers = (found.by_collection.get(name) for name in ("contacts", "customers"))
            if contacts and customers and contacts.written and customers.written:
                del customers.written[0]
            return found

        return cut

    m.wrap(pull, "span", around)


@mutant("reassign_customer", "pull")
def exits_are_not_read(m: Surgeon) -> None:
    """Rows that left the member's scope stay on the device."""

    def nobody_left(*_asked: Any) -> None:
        return None

    m.put(changes, "_add_exits", nobody_left)


@mutant("make_or_drop_role", "pull")
def tombstones_are_not_read(m: Surgeon) -> None:
    """Deleted rows stay on the device."""

    def around(span: Any) -> Any:
        async def alive(*asked: Any) -> Any:
            found = await span(*asked)
            for changed in found.by_collection.values():
                changed.gone = set()
            return found

        return alive

    m.wrap(pull, "span", around)


@mutant("others_work_while_it_loads")
def load_ends_at_the_clock_of_its_last_page(m: Surgeon) -> None:
    """What changed during a first load, behind its pages, is missed."""

    def around(fill: Any) -> Any:
        async def filled(self: Reader, page: Any, *read: int) -> Any:
            await fill(self, page, *read)
            now = (await self.session.core(select(TenantClock.value))).scalar_one()
            page.cursor = msgspec.structs.replace(page.cursor, clock=now)

        return filled

    m.wrap(Reader, "_fill", around)


@mutant("verify")
def checksum_is_constant(m: Surgeon) -> None:
    """The server's checksum says nothing."""

    async def nothing(*_asked: Any) -> Checksum:
        return Checksum(count=0, hash="0" * 16)

    m.put(service, "checksum", nothing)


@mutant("reload")
def keyset_skips_a_row(m: Surgeon) -> None:
    """Each further page of a load begins one row too late."""

    def around(rows_of: Any) -> Any:
        async def read(self: Reader, fill: Any, limit: int) -> Any:
            found = await rows_of(self, fill, limit)
            return found[1:] if fill.after is not None and len(found) > 1 else found

        return read

    m.wrap(Reader, "_rows_of", around)


@mutant("rival_pulls", "buy_device", "reload")
def rows_are_cached_across_companies(m: Surgeon) -> None:
    """Pages of a load are kept by collection, and not by company."""
    kept: dict[Any, Any] = {}

    def around(rows_of: Any) -> Any:
        async def cached(self: Reader, fill: Any, limit: int) -> Any:
            if (fill.collection, fill.after) not in kept:
                kept[fill.collection, fill.after] = await rows_of(self, fill, limit)
            return kept[fill.collection, fill.after]

        return cached

    def around_first(first: Any) -> Any:
        async def cached(session: Any, actor: Any, wanted: Any, views: Any, most: int) -> Any:
            asked = (*(found.name for found in wanted), most)
            if asked not in kept:
                kept[asked] = await first(session, actor, wanted, views, most)
            return kept[asked]

        return cached

    m.wrap(Reader, "_rows_of", around)
    m.wrap(pull, "first_rows", around_first)


@mutant("give_role", "change_scope", "pull")
def rows_reach_whoever_may_see_any(m: Surgeon) -> None:
    """Rows are not narrowed to where the member's permission holds."""
    m.put(rows, "visible", lambda entity, actor, **_how: [entity.tenant_id == actor.tenant_id])


@mutant("pull", "sync", "edit_customer_online", "buy_device")
def the_cache_of_deltas_knows_no_readers(m: Surgeon) -> None:
    """A delta that was read for one is served to whoever stands at the same clock."""
    m.put(pull, "delta_key", lambda _views, _collections: "all")


@mutant("buy_device", "reload", "app_dies_while_it_loads")
def a_load_file_serves_every_view(m: Surgeon) -> None:
    """Files are kept by company alone: whoever loads after another gets what the other may see."""
    m.put(loads, "views_key", lambda _views: "all")


@mutant("row_leaves_on_the_air")
def a_page_on_the_air_leaves_out_what_left(m: Surgeon) -> None:
    """Pages on the socket bring rows and take none."""

    def around(page: Any) -> Any:
        def paged(self: LivePlace, told: Any, token: str) -> Any:
            return page(self, replace(told, delta=replace(told.delta, gone={})), token)

        return paged

    m.wrap(LivePlace, "page", around)


@mutant("pages_go_astray", "change_scope", "change_masks")
def the_air_knows_nothing_of_new_rights(m: Surgeon) -> None:
    """Pages on the socket go on under the view that the device once had."""

    def around(place: Any) -> Any:
        def placed(engine: Any, turns: Any, actor: Any, known: Any, token: str, version: int) -> Any:
            cursor = cursor_module.read(engine.keys, token, actor, known.device.id)
            found = place(engine, turns, actor, known, token, version)
            if found is not None or cursor.fills:
                return found
            viewer, schema = known.reader(actor), schema_for(actor, known.modules, version).hash
            return LivePlace(engine, viewer, known, collections_of(viewer, None, version), "any", schema, cursor, turns)

        return placed

    m.wrap(poke, "live_place", around)


@mutant("pull_asks_for_the_future")
def the_barrier_is_ignored(m: Surgeon) -> None:
    """A pull answers from whatever state is at hand."""

    @asynccontextmanager
    async def at_once(engine: Any, actor: Any, wanted: Any, *also: Any) -> AsyncIterator[Any]:
        async with engine.reading(actor, snapshot=True) as session:
            yield session, await session.ask(*also)

    m.put(service, "snapshot_at", at_once)


@mutant("app_is_updated", "create_customer_online")
def old_apps_are_told_in_todays_words(m: Surgeon) -> None:
    """Rows go to every device as the newest app reads them."""
    m.put(collections, "told_as", lambda collection, *_version, **_how: Told(collection))
