"""Whose operation runs: the limits of a member and of a tenant, the order of those who wait, and who is refused."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from graphql_api import turns as room
from graphql_api.turns import Turn, Turns
from kernel.policy import Actor
from tests.world import World
from values.errors import Busy
from values.ids import new_id


@pytest.fixture
async def li(world: World) -> Actor:
    return await world.yunfan.actor("li")


def colleague(actor: Actor) -> Actor:
    return replace(actor, member_id=new_id())


async def test_a_member_beyond_the_own_limit_is_refused_after_the_wait(li: Actor) -> None:
    turns = Turns(tenant_limit=10, member_limit=2)
    held = [await turns.take(li), await turns.take(li)]
    with pytest.raises(Busy):
        await turns.take(li, 0.01)
    await turns.take(colleague(li), 0.01)
    turns.give_back(held[0])
    await turns.take(li, 0.01)


async def test_a_tenant_beyond_its_limit_is_refused_and_its_rival_is_not(li: Actor, world: World) -> None:
    turns = Turns(tenant_limit=3)
    for _ in range(3):
        await turns.take(colleague(li))
    with pytest.raises(Busy):
        await turns.take(colleague(li), 0.01)
    await turns.take(await world.seagull.actor("admin"), 0.01)
    assert turns.running(li.tenant_id) == 3


async def test_a_crowd_is_refused_at_once(li: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MAX_WAITING", 2)
    turns = Turns(tenant_limit=1)
    running = await turns.take(li)
    waiting = [asyncio.create_task(turns.take(li, 60)) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(Busy):
        await turns.take(li, 3600)
    turns.give_back(running)
    turns.give_back(await waiting[0])
    turns.give_back(await waiting[1])
    assert turns.running(li.tenant_id) == 0


async def test_those_who_wait_run_in_their_order(li: Actor) -> None:
    turns, order = Turns(tenant_limit=1), []

    async def work(number: int) -> None:
        turn = await turns.take(colleague(li), 60)
        order.append(number)
        turns.give_back(turn)

    first = await turns.take(li)
    tasks = []
    for number in range(5):
        tasks.append(asyncio.create_task(work(number)))
        await asyncio.sleep(0)
    turns.give_back(first)
    await asyncio.gather(*tasks)
    assert order == [0, 1, 2, 3, 4]


async def test_who_has_reached_the_own_limit_does_not_hold_up_the_colleagues(li: Actor) -> None:
    turns = Turns(tenant_limit=3, member_limit=1)
    await turns.take(li)
    waiting = asyncio.create_task(turns.take(li, 60))
    await asyncio.sleep(0)
    await turns.take(colleague(li), 0.01)
    waiting.cancel()


@pytest.mark.parametrize("granted_first", [False, True])
async def test_who_stops_waiting_leaves_no_trace(li: Actor, granted_first: bool) -> None:
    turns = Turns(tenant_limit=1)
    running = await turns.take(li)
    waiting: asyncio.Task[Turn] = asyncio.create_task(turns.take(li, 60))
    await asyncio.sleep(0)
    if granted_first:
        turns.give_back(running)
        waiting.cancel()
    else:
        waiting.cancel()
        await asyncio.wait({waiting})
        turns.give_back(running)
    found = await asyncio.gather(waiting, return_exceptions=True)
    assert isinstance(found[0], asyncio.CancelledError)
    assert turns.running(li.tenant_id) == 0
    await turns.take(li, 0.01)
