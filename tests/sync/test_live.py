"""Pages on the air: they lead on from where the device stands, show nothing that it may not see, and may be lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import select

from sync import live
from sync.client import Replica, SyncRefused
from sync.client.live import follow
from sync.live import Channel
from tenants.entities import RoleAssignment
from tests.sync.conftest import Doors
from tests.tenants.rows import rows_of
from tests.world import seed


@asynccontextmanager
async def on_air(*replicas: Replica) -> AsyncIterator[list[asyncio.Task[None]]]:
    started = [asyncio.Event() for _ in replicas]
    tasks = [
        asyncio.create_task(follow(replica, ready=event.set)) for replica, event in zip(replicas, started, strict=True)
    ]
    try:
        async with asyncio.timeout(20):
            await asyncio.gather(*(event.wait() for event in started))
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _shows(replica: Replica, names: set[str], seconds: float = 5) -> None:
    async with asyncio.timeout(seconds):
        while {row["name"] for row in replica.rows("customers")} != names:  # noqa: ASYNC110 - no event
            await asyncio.sleep(0.02)


async def test_a_device_without_rights_is_told_to_stop(doors: Doors, run) -> None:
    li = await doors.device("li", "li")
    async with on_air(li) as [task]:
        del doors.tokens[li.token]
        assert live.LOOK_SECONDS <= 2.5  # the look itself and the pull have the other half of five
        async with asyncio.timeout(30):
            with pytest.raises(SyncRefused, match="NOT_SIGNED_IN"):
                await task


async def test_a_change_shows_without_a_pull(doors: Doors, run) -> None:
    li, zhao, wang = [await doors.device(who, who) for who in ("li", "zhao", "wang")]
    async with on_air(li, zhao, wang):
        pulls = [replica.pull for replica in (li, zhao, wang)]
        for replica in (li, zhao, wang):
            replica.pull = lambda: pytest.fail("a page was enough")  # type: ignore[method-assign,assignment,misc]
        await run("li", "party.create_customer", name="小李的")
        await _shows(li, {"小李的"})
        await _shows(wang, {"小李的"})
        await run("zhao", "party.create_customer", name="小赵的")
        await _shows(zhao, {"小赵的"})
        await _shows(wang, {"小李的", "小赵的"})
        await _shows(li, {"小李的"})
        for replica, pull in zip((li, zhao, wang), pulls, strict=True):
            replica.pull = pull  # type: ignore[method-assign]
    for replica in (li, zhao, wang):
        assert await asyncio.to_thread(replica.verify) == []


async def test_what_was_decided_stays_decided_when_a_page_comes(doors: Doors, run) -> None:
    li = await doors.device("li", "li")
    refused = li.mutate("party.create_customer", name="没有这个级别", level="z")
    await asyncio.to_thread(li.sync)
    assert [(row["id"], row["_state"]) for row in li.rows("customers", states=True)] == [(refused, "inbox")]
    [entry] = li.inbox()
    li.resolve(entry["id"], "discard")
    await asyncio.to_thread(li.sync)
    async with on_air(li):
        li.pull = lambda: pytest.fail("a page was enough")  # type: ignore[method-assign,assignment,misc]
        await run("li", "party.create_customer", name="页面带来的")
        await _shows(li, {"页面带来的"})
        assert [(row["name"], row["_state"]) for row in li.rows("customers", states=True)] == [("页面带来的", None)]


async def test_revoked_rows_are_gone_within_five_seconds(doors: Doors, run) -> None:
    yunfan = doors.world.yunfan
    made = await run("li", "party.create_customer", name="移交")
    li, zhao, wang = [await doors.device(who, who) for who in ("li", "zhao", "wang")]
    async with on_air(li, zhao, wang):
        await run("lin", "party.assign_customer", id=made.row_id, owner_id=yunfan.people["zhao"])
        await _shows(li, set())
        await _shows(zhao, {"移交"})

        async def narrow(ctx) -> None:
            [found] = await ctx.session.scalars(
                select(RoleAssignment).where(RoleAssignment.member_id == yunfan.people["wang"])
            )
            await ctx.delete(found)

        await seed(doors.app, yunfan.tenant_id, narrow)
        await _shows(wang, set())


async def test_a_device_that_pulls_by_itself_stays_on_the_air(doors: Doors, run) -> None:
    li = await doors.device("li", "li")
    async with on_air(li):
        await run("li", "party.create_customer", name="一")
        await asyncio.to_thread(li.pull)
        for i in range(5):
            await run("li", "party.create_customer", name=f"客户{i}")
            await asyncio.to_thread(li.pull)
        await run("li", "party.create_customer", name="二")
        await _shows(li, {"一", "二", *(f"客户{i}" for i in range(5))})
    assert await asyncio.to_thread(li.verify) == []


async def test_own_edits_stay_visible_all_along(doors: Doors, run) -> None:
    """A page may have been read before the push was taken: what was written here must not vanish for a moment."""
    li = await doors.device("li", "li")
    seen: list[bool] = []
    async with on_air(li):
        li.mutate("party.create_customer", name="本地")

        async def watch() -> None:
            while True:
                seen.append("本地" in {row["name"] for row in li.rows("customers")})
                await asyncio.sleep(0.005)

        watching = asyncio.create_task(watch())
        for i in range(8):
            await run("li", "party.create_customer", name=f"别处{i}")
            if i == 3:
                await asyncio.to_thread(li.push)
        await asyncio.to_thread(li.sync)
        watching.cancel()
    assert seen
    assert all(seen)


async def test_what_was_read_is_told_before_the_transaction_is_over() -> None:
    """Ending it takes round trips, for which nobody who is sent the page waits. A failure reaches all of them."""
    over, ended = asyncio.Event(), asyncio.Event()
    found: Any = object()

    @asynccontextmanager
    async def reading() -> AsyncIterator[Any]:
        yield found
        await over.wait()
        ended.set()

    @asynccontextmanager
    async def broken() -> AsyncIterator[Any]:
        raise OSError("the database is away")
        yield

    channel = Channel()
    async with asyncio.timeout(5):
        read = await asyncio.gather(*(channel.together("views", 1, 0, reading) for _ in range(3)))
        assert read == [found] * 3
        assert not ended.is_set()
        over.set()
        await ended.wait()
        told = await asyncio.gather(
            *(channel.together("views", 2, 0, broken) for _ in range(3)), return_exceptions=True
        )
    assert [type(wrong) for wrong in told] == [OSError] * 3


async def test_a_field_that_a_role_hides_is_gone_within_five_seconds(doors: Doors, run) -> None:
    made = await run("li", "party.create_customer", name="遮掩", phone="010-62345678")
    li, wang = [await doors.device(who, who) for who in ("li", "wang")]
    key = str(made.row_id)
    assert li.row("customers", key)["phone"]
    role = await _role(doors, "li")
    async with on_air(li, wang):
        await run("admin", "tenants.edit_role", id=role, masks=["party.Customer.phone"])
        await _until(lambda: "phone" not in (li.row("customers", key) or {}))
        assert wang.row("customers", key)["phone"]
        # What a colleague writes from here on does not bring it back by a page.
        await run("wang", "party.edit_customer", id=made.row_id, phone="010-62345679", region="华北")
        await _until(lambda: li.row("customers", key).get("region") == "华北")
        assert "phone" not in li.row("customers", key)
    for replica in (li, wang):
        assert await asyncio.to_thread(replica.verify) == []


@pytest.mark.parametrize("way", ["scope", "department"])
async def test_rows_out_of_reach_are_gone_within_five_seconds(doors: Doors, run, way: str) -> None:
    """The manager of a department sees their own customers only from now on, or sits somewhere else."""
    yunfan = doors.world.yunfan
    await run("li", "party.create_customer", name="小李的")
    await run("wang", "party.create_customer", name="王主管的")
    li, wang = [await doors.device(who, who) for who in ("li", "wang")]
    assert {row["name"] for row in wang.rows("customers")} == {"小李的", "王主管的"}
    async with on_air(li, wang):
        if way == "scope":
            [held] = await _assigned(doors, "wang")
            await run("admin", "tenants.set_scope", id=held.id, scope="own")
        else:
            team = yunfan.departments["销售一组"]
            await run("admin", "tenants.move_member", id=yunfan.people["wang"], department_id=team)
        await _until(lambda: not _of_li(wang))  # their own may still be on its way behind them
        await run("li", "party.create_customer", name="小李后来的")
        await _shows(li, {"小李的", "小李后来的"})
        await asyncio.sleep(0.3)
        assert not _of_li(wang)
    assert await asyncio.to_thread(wang.verify) == []


def _of_li(replica: Replica) -> list[str]:
    return [row["name"] for row in replica.rows("customers") if row["name"].startswith("小李")]


async def _assigned(doors: Doors, who: str) -> Sequence[Any]:
    return await rows_of(
        doors.app,
        doors.world.yunfan.tenant_id,
        f"SELECT id, role_id FROM app.role_assignment WHERE member_id = '{doors.world.yunfan.people[who]}'",
    )


async def _role(doors: Doors, who: str) -> Any:
    [held] = await _assigned(doors, who)
    return held.role_id


async def _until(holds: Callable[[], bool], seconds: float = 5) -> None:
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110 - no event
            await asyncio.sleep(0.02)
