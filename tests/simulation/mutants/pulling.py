"""Bugs in what the server tells a device."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import select

from kernel.tables import TenantClock
from sync import cursor as cursor_module
from sync import pull, service
from sync.collections import Collection
from sync.cursor import Cursor
from sync.errors import CursorInvalid
from sync.pull import Reader
from sync.wire import Checksum
from tests.simulation.mutants import Surgeon, mutant
from values.keyring import InvalidToken, KeyRing


@mutant()
def delta_begins_one_late(m: Surgeon) -> None:
    """`>` where the next number itself belongs to the delta."""

    def around(changed: Any) -> Any:
        async def later(self: Reader, after: int, upto: int) -> Any:
            return await changed(self, after + 1, upto)

        return later

    m.wrap(Reader, "_changed", around)


@mutant()
def delta_ends_one_early(m: Surgeon) -> None:
    """`<` where the last number itself belongs to the delta."""

    def around(changed: Any) -> Any:
        async def earlier(self: Reader, after: int, upto: int) -> Any:
            return await changed(self, after, upto - 1)

        return earlier

    m.wrap(Reader, "_changed", around)


@mutant("archive_online", "archive_on_device", "pull")
def recycle_bin_is_not_sent(m: Surgeon) -> None:
    """Archived rows are left out."""
    m.wrap(pull, "visible", lambda f: lambda entity, actor, **_how: f(entity, actor))


@mutant("change_masks")
def masks_are_not_applied(m: Surgeon) -> None:
    """Hidden fields are sent."""
    m.put(Collection, "shown_to", lambda self, *_who: self.columns)


@mutant("change_masks", "pull")
def changed_masks_are_not_noticed(m: Surgeon) -> None:
    """A mask that comes or goes leaves the device with what it has."""

    def around(scope: Any) -> Any:
        def unmasked(actor: Any, collections: Any) -> Any:
            from dataclasses import replace

            return scope(replace(actor, authority=replace(actor.authority, masks=frozenset())), collections)

        return unmasked

    m.wrap(pull, "scope_hash", around)


@mutant("change_scope", "move_member", "pull")
def changed_scopes_are_not_noticed(m: Surgeon) -> None:
    """Another scope, department or role leaves the device with the rows it has."""
    m.put(pull, "scope_hash", lambda *_asked: "always")


@mutant("server_is_backed_up", "server_is_restored", "pull", "write_both_of_a_pair")
def restored_server_is_not_noticed(m: Surgeon) -> None:
    """The epoch is not looked at."""

    def around(page: Any) -> Any:
        async def paged(self: Reader, cursor: Cursor | None, **how: Any) -> Any:
            if cursor is not None:
                epoch = (await self.session.core(select(TenantClock.epoch))).scalar_one()
                cursor = msgspec.structs.replace(cursor, epoch=epoch)
            return await page(self, cursor, **how)

        return paged

    m.wrap(Reader, "page", around)


@mutant("cursor_of_another_device")
def any_cursor_will_do(m: Surgeon) -> None:
    """A cursor is not held to the device that it was made for."""

    def read(keys: KeyRing, token: str, actor: Any, device_id: Any) -> Cursor:
        try:
            found = msgspec.msgpack.decode(keys.verify(cursor_module._PURPOSE, token), type=Cursor)
        except InvalidToken:
            raise CursorInvalid(field="cursor") from None
        return msgspec.structs.replace(found, member_id=actor.member_id, device_id=device_id)

    m.put(service, "read", read)


@mutant("write_both_of_a_pair", "hours_pass")
def page_is_cut_inside_a_transaction(m: Surgeon) -> None:
    """A delta stops in the middle of the changes of one number and goes on behind it."""

    def around(changed: Any) -> Any:
        async def cut(self: Reader, after: int, upto: int) -> Any:
            found = await changed(self, after, upto)
            contacts = found.get("party.Contact")
            if contacts is not None and found.get("party.Customer") is not None:
                del contacts[0][1:]
                found["party.Customer"][0][:] = found["party.Customer"][0][1:]
            return found

        return cut

    m.wrap(Reader, "_changed", around)


@mutant("reassign_customer", "pull")
def exits_are_not_read(m: Surgeon) -> None:
    """Rows that left the member's scope stay on the device."""

    async def nobody_left(self: Reader, after: int, upto: int) -> dict[str, Any]:
        return {}

    m.put(Reader, "_left", nobody_left)


@mutant("make_or_drop_role", "pull")
def tombstones_are_not_read(m: Surgeon) -> None:
    """Deleted rows stay on the device."""

    def around(changed: Any) -> Any:
        async def alive(self: Reader, after: int, upto: int) -> Any:
            return {name: (puts, set()) for name, (puts, _gone) in (await changed(self, after, upto)).items()}

        return alive

    m.wrap(Reader, "_changed", around)


@mutant("others_work_while_it_loads")
def load_ends_at_the_clock_of_its_last_page(m: Surgeon) -> None:
    """What changed during a first load, behind its pages, is missed."""

    def around(load: Any) -> Any:
        async def loaded(self: Reader, cursor: Cursor, *, rebase: bool) -> Any:
            page = await load(self, cursor, rebase=rebase)
            now = (await self.session.core(select(TenantClock.value))).scalar_one()
            page.cursor = msgspec.structs.replace(page.cursor, clock=now)
            return page

        return loaded

    m.wrap(Reader, "_load", around)


@mutant("verify")
def checksum_is_constant(m: Surgeon) -> None:
    """The server's checksum says nothing."""

    async def nothing(self: Reader, found: Collection) -> Checksum:
        return Checksum(count=0, hash="0" * 16)

    m.put(Reader, "_checksum", nothing)


@mutant("reload")
def keyset_skips_a_row(m: Surgeon) -> None:
    """Each further page of a load begins one row too late."""

    def around(rows_after: Any) -> Any:
        async def rows(self: Reader, found: Collection, after: Any, limit: int) -> Any:
            read = await rows_after(self, found, after, limit)
            return read[1:] if after is not None and len(read) > 1 else read

        return rows

    m.wrap(Reader, "_rows_after", around)


@mutant("rival_pulls", "buy_device", "reload")
def rows_are_cached_across_companies(m: Surgeon) -> None:
    """Pages of a load are kept by collection, and not by company."""
    kept: dict[Any, Any] = {}

    def around(rows_after: Any) -> Any:
        async def cached(self: Reader, found: Collection, after: Any, limit: int) -> Any:
            if (found.name, after) not in kept:
                kept[found.name, after] = await rows_after(self, found, after, limit)
            return kept[found.name, after]

        return cached

    m.wrap(Reader, "_rows_after", around)


@mutant("give_role", "change_scope", "pull")
def rows_reach_whoever_may_see_any(m: Surgeon) -> None:
    """A delta is not narrowed to where the member's permission holds."""

    def wide(entity: Any, actor: Any, archived: bool = False) -> list[Any]:
        return [entity.tenant_id == actor.tenant_id]

    m.put(pull, "visible", wide)
