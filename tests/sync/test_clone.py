"""A copied replica: both copies go on, and nothing is done twice or lost."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import select

from modules.party.entities import Customer
from sync.client import Offline, Replica
from tests.sync.conftest import Doors, Network, copied
from tests.sync.raw_device import Raw
from tests.tenants.rows import rows_of


def cloned(doors: Doors, replica: Replica, name: str, **options: object) -> Replica:
    path = copied(replica, doors.folder / f"{name}.sqlite")
    clone = Replica(path, doors.url, replica.token, now=doors.app.engine.clock.now, sleep=lambda _s: None, **options)
    doors.opened.append(clone)
    return clone


async def _customers(doors: Doors) -> list[str]:
    async with doors.app.engine.reading(await doors.world.yunfan.actor("lin")) as session:
        return sorted(await session.scalars(select(Customer.name)))


async def _devices(doors: Doors) -> list[tuple[bool, int]]:
    rows = await rows_of(
        doors.app,
        doors.world.yunfan.tenant_id,
        "SELECT origin_id, last_mutation FROM app.device ORDER BY created_at, id",
    )
    return [(row.origin_id is not None, row.last_mutation) for row in rows]


async def test_both_copies_go_on_and_what_both_held_is_done_once(doors: Doors) -> None:
    li = await doors.device("li", "li")
    done = li.mutate("party.create_customer", name="已同步")
    await asyncio.to_thread(li.sync)
    shared = li.mutate("party.create_customer", name="两份都有")
    li.mutate("party.create_customer", name="")  # both hold a refused one, too
    clone = cloned(doors, li, "clone")
    li.mutate("party.edit_customer", id=shared, level="a")
    only = clone.mutate("party.create_customer", name="只在副本")
    clone.mutate("party.edit_customer", id=shared, region="华东")
    first_id = li.device_id
    await asyncio.to_thread(li.sync)
    told = await asyncio.to_thread(clone.sync)
    assert told["queued"] == 0
    assert (li.device_id, clone.device_id != first_id) == (first_id, True)
    assert await _customers(doors) == ["两份都有", "只在副本", "已同步"]
    for replica in (li, clone, li):
        await asyncio.to_thread(replica.sync)
        row = replica.row("customers", shared)
        assert [e["code"] for e in replica.inbox()] == ["REQUIRED"]
        assert {r["id"] for r in replica.rows("customers")} >= {done, shared}
        assert await asyncio.to_thread(replica.verify) == []
    assert (row["level"], row["region"]) == ("a", "华东")
    assert li.row("customers", only) is not None
    assert await _devices(doors) == [(False, 4), (True, 5)]


async def test_what_one_copy_filed_the_other_does_not_run(doors: Doors, run) -> None:
    """Between the two pushes the row came back: the edit could be applied now, but it lies in the inbox already."""
    wang = await doors.device("wang", "wang")
    row = wang.mutate("party.create_customer", name="甲")
    await asyncio.to_thread(wang.sync)
    wang.mutate("party.edit_customer", id=row, region="华东")
    clone = cloned(doors, wang, "clone")
    for replica, name in ((wang, "只在正本"), (clone, "只在副本")):
        replica.mutate("party.create_customer", name=name)
    await run("lin", "party.archive_customer", id=row)
    assert (await asyncio.to_thread(wang.sync))["pushed"] == {"inbox": 1, "applied": 1}
    await run("lin", "party.restore_customer", id=row)
    await asyncio.to_thread(clone.sync)
    assert clone.row("customers", row)["region"] is None
    assert [entry["code"] for entry in clone.inbox()] == ["ROW_ARCHIVED"]


async def test_a_copy_of_a_copy_and_an_old_one_restored_later(doors: Doors) -> None:
    li = await doors.device("li", "li")
    li.mutate("party.create_customer", name="甲")
    old = cloned(doors, li, "old")
    await asyncio.to_thread(li.sync)
    second = cloned(doors, li, "second")
    li.mutate("party.create_customer", name="乙")
    second.mutate("party.create_customer", name="丙")
    for replica in (li, second):
        await asyncio.to_thread(replica.sync)
    third = cloned(doors, second, "third")
    second.mutate("party.create_customer", name="丁")
    third.mutate("party.create_customer", name="戊")
    old.mutate("party.create_customer", name="己")
    for replica in (second, third, old, li, second, third, old):
        await asyncio.to_thread(replica.sync)
        assert replica.pending() == []
    assert await _customers(doors) == sorted("甲乙丙丁戊己")
    for replica in (li, second, third, old):
        await asyncio.to_thread(replica.sync)
        assert {r["name"] for r in replica.rows("customers")} == set("甲乙丙丁戊己")
        assert replica.inbox() == []
        assert await asyncio.to_thread(replica.verify) == []


async def test_a_fork_that_is_cut_off_goes_on_where_it_was(doors: Doors) -> None:
    network = Network()
    li = await doors.device("li", "li")
    clone = cloned(doors, li, "clone", transport=network)
    li.mutate("party.create_customer", name="原件")
    clone.mutate("party.create_customer", name="副本")
    await asyncio.to_thread(li.sync)
    network.lose_answers = {"/sync/v1/devices"}
    with pytest.raises(Offline):
        await asyncio.to_thread(clone.sync)
    clone.mutate("party.create_customer", name="断网时")  # no network needed to go on working
    again = Replica(Path(doors.folder / "clone.sqlite"), doors.url, clone.token, now=doors.app.engine.clock.now)
    doors.opened.append(again)
    await asyncio.to_thread(again.sync)
    assert again.pending() == []
    assert await _customers(doors) == ["副本", "原件", "断网时"]
    assert len(await _devices(doors)) == 2


async def test_nobody_shares_the_outcomes_of_anothers_device(doors: Doors) -> None:
    raw = await Raw(doors, "wang").register()
    applied = raw.mutation(1, "party.create_customer", name="王的客户")
    await raw.push(applied)
    li = await doors.device("li", "li", registered=False)
    li._store.set(origin_id=str(raw.id))
    await asyncio.to_thread(li.register, "li")
    rows = await rows_of(doors.app, doors.world.yunfan.tenant_id, "SELECT origin_id FROM app.device")
    assert [row.origin_id for row in rows] == [None, None]
