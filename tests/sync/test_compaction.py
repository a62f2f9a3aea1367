"""Old tombstones end; a device that was away for longer loads afresh and keeps its queue."""

from __future__ import annotations

import asyncio

from sqlalchemy import func, select

from kernel.db import TenantContext
from kernel.tables import ChangeLog, ScopeExit, TenantClock
from sync import compaction
from sync.compaction import compact
from tests.sync.conftest import Doors
from tests.sync.test_trial_end import _subscribe
from values.clock import FrozenClock


async def _counts(doors: Doors) -> tuple[int, int, int]:
    async with doors.app.engine.database.tenant(TenantContext(doors.world.yunfan.tenant_id).wide()) as session:
        dead = await session.scalar(select(func.count()).select_from(ChangeLog).where(ChangeLog.op == "remove"))
        exits = await session.scalar(select(func.count()).select_from(ScopeExit))
        return dead, exits, await session.scalar(select(TenantClock.horizon))


async def test_a_device_within_the_horizon_hears_of_every_removal(doors: Doors, run, clock: FrozenClock) -> None:
    yunfan = doors.world.yunfan
    made = [await run("li", "party.create_customer", name=f"客户{i}") for i in range(3)]
    assert await compact(doors.app.engine, yunfan.tenant_id) == 0
    li = await doors.device("li", "li")
    clock.move(days=5)
    await run("lin", "party.assign_customer", id=made[0].row_id, owner_id=yunfan.people["zhao"])
    await compact(doors.app.engine, yunfan.tenant_id)
    clock.move(days=60)
    await compact(doors.app.engine, yunfan.tenant_id)
    assert (await _counts(doors))[1] == 1
    await asyncio.to_thread(li.pull)
    assert len(li.rows("customers")) == 2


async def test_a_device_beyond_the_horizon_loads_afresh_and_keeps_its_queue(
    doors: Doors, run, clock: FrozenClock, monkeypatch
) -> None:
    yunfan = doors.world.yunfan
    monkeypatch.setattr(compaction, "_AT_ONCE", 2)
    made = [await run("li", "party.create_customer", name=f"客户{i}") for i in range(7)]
    li, zhao = await doors.device("li", "li"), await doors.device("zhao", "zhao")
    li.mutate("party.create_customer", name="久别")
    for outcome in made[:6]:
        await run("lin", "party.assign_customer", id=outcome.row_id, owner_id=yunfan.people["zhao"])
    await asyncio.to_thread(zhao.pull)
    await compact(doors.app.engine, yunfan.tenant_id)
    clock.move(days=101)

    await _subscribe(doors)
    await run("li", "party.create_customer", name="今天")
    assert await compact(doors.app.engine, yunfan.tenant_id) == 6
    dead, exits, horizon = await _counts(doors)
    assert (dead, exits) == (0, 0)
    assert horizon > 0
    assert await compact(doors.app.engine, yunfan.tenant_id) == 0
    pages = []
    keep = li._store.keep
    li._store.keep = lambda page, asked: pages.append(page) or keep(page, asked)  # type: ignore[method-assign]
    await asyncio.to_thread(li.sync)
    assert pages[0].rebase
    assert {row["name"] for row in li.rows("customers")} == {"客户6", "久别", "今天"}
    assert li.pending() == []
    assert await asyncio.to_thread(li.verify) == []
    assert await asyncio.to_thread(zhao.verify) == []
