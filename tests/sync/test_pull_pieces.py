"""A pull of many rows: read in pieces, written down without waiting for the disk, and no less true for either."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from sync import rows
from sync.client import SyncRefused
from sync.client.store import Store
from tests.sync.conftest import Doors
from tests.sync.oracle import differences, held_by, seen_by


def _safety(store: Store) -> int:
    """SQLite's `synchronous`: 2 is FULL, 1 is NORMAL."""
    return int(store.found("PRAGMA synchronous")[0][0])


async def test_a_delta_read_in_pieces_is_the_same_delta(doors: Doors, run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of several people's places, with rows that are gone and rows that the member does not see."""
    company = doors.world.yunfan
    devices = {who: await doors.device(who, who) for who in ("admin", "li")}
    own = [(await run("li", "party.create_customer", name=f"李{n}")).row_id for n in range(5)]
    others = [(await run("zhao", "party.create_customer", name=f"赵{n}")).row_id for n in range(4)]
    for device in devices.values():
        await asyncio.to_thread(device.pull)
    for row_id in (*own, *others):
        await run("admin", "party.edit_customer", id=row_id, notes="改过")
    await run("admin", "party.assign_customer", id=own[0], owner_id=company.people["zhao"])
    monkeypatch.setattr(rows, "_FETCHED", 2)
    for who, device in devices.items():
        assert await asyncio.to_thread(device.pull) >= len(own)
        assert differences(await seen_by(company, who), held_by(device)) == []
    changed = {row["id"] for row in devices["li"].rows("customers") if row["notes"] == "改过"}
    assert changed == set(map(str, own[1:]))


async def test_only_what_the_server_has_may_be_lost_with_the_power(
    doors: Doors, run, monkeypatch: pytest.MonkeyPatch
) -> None:
    li = await doors.device("li", "li")
    await asyncio.to_thread(li.pull)
    await run("li", "party.create_customer", name="新的")
    seen: list[int] = []
    keep = Store.keep

    def watched(store: Store, *given: Any) -> bool:
        seen.append(_safety(store))
        return keep(store, *given)

    monkeypatch.setattr(Store, "keep", watched)
    await asyncio.to_thread(li.pull)
    assert seen == [1]
    assert _safety(li._store) == 2  # what `mutate` writes next is on the disk, and all before it

    def broken(_store: Store, *_given: Any) -> bool:
        raise SyncRefused(500, "X", "x")

    monkeypatch.setattr(Store, "keep", broken)
    with pytest.raises(SyncRefused):
        await asyncio.to_thread(li.pull)
    assert _safety(li._store) == 2
