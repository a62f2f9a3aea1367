"""Whoever is ahead of its rate goes behind others: at each step, not for ever, and with its errors and cancellations
as they are."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from uuid import uuid4

import pytest

from infra.quota_settings import Limit
from kernel.policy import Actor, Authority
from sync.buckets import Buckets
from sync.gate import ONE
from sync.quotas import AHEAD_SECONDS, Quotas
from sync.turns import Turns
from sync.yielding import Foreground
from tests.sync.test_quotas import _settings
from tests.sync.test_turns import Ticking, _settled


async def _steps(done: list[int], most: int = 1_000) -> str:
    for number in range(most):
        done.append(number)
        await asyncio.sleep(0)
    return "done"


async def test_what_is_behind_stands_still_while_another_runs_and_goes_on_then() -> None:
    foreground, done = Foreground(step_seconds=60, whole_seconds=60), list[int]()
    task = asyncio.create_task(foreground.behind(_steps(done)))
    await _settled()
    assert done  # nobody else is there
    with foreground.running():
        await _settled()
        before = len(done)
        await _settled()
        assert len(done) == before
        with foreground.running():
            await _settled()
        await _settled()
        assert len(done) == before  # the other one is still under way
    assert await task == "done"


async def test_a_step_waits_for_a_moment_only() -> None:
    foreground, done = Foreground(step_seconds=0.01, whole_seconds=60), list[int]()
    with foreground.running():
        assert await asyncio.wait_for(foreground.behind(_steps(done, 5)), 5) == "done"


async def test_a_request_waits_for_so_long_in_all() -> None:
    foreground, loop = Foreground(step_seconds=0.02, whole_seconds=0.1), asyncio.get_running_loop()
    with foreground.running():
        began = loop.time()
        await asyncio.wait_for(foreground.behind(_steps([], 1_000)), 5)  # a thousand steps of 0.02 s were 20 s
        assert loop.time() - began >= 0.1


async def test_an_error_passes_and_is_what_it_was() -> None:
    async def fails() -> None:
        await asyncio.sleep(0)
        raise LookupError("its own")

    foreground = Foreground(step_seconds=0.01)
    with foreground.running(), pytest.raises(LookupError, match="its own"):
        await foreground.behind(fails())


async def test_whoever_is_cancelled_while_it_stands_back_ends_at_its_own_place() -> None:
    ended, foreground = list[str](), Foreground(step_seconds=60, whole_seconds=60)

    async def work() -> None:
        try:
            await _steps([])
        except asyncio.CancelledError:
            await asyncio.sleep(0)
            ended.append("tidied up")
            raise

    task = asyncio.create_task(foreground.behind(work()))
    await _settled()
    with foreground.running():
        await _settled()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(task, 5)
    assert ended == ["tidied up"]


async def test_a_time_out_inside_holds_while_it_stands_back() -> None:
    async def work() -> str:
        try:
            async with asyncio.timeout(0.05):
                await _steps([], 1_000_000)
        except TimeoutError:
            return "timed out"
        return "done"

    foreground = Foreground(step_seconds=60, whole_seconds=60)
    task = asyncio.create_task(foreground.behind(work()))
    await asyncio.sleep(0)
    with foreground.running():
        assert await asyncio.wait_for(task, 5) == "timed out"


async def test_a_company_is_ahead_from_more_than_its_rate_on_until_that_is_made_up_for() -> None:
    now = Ticking()
    quotas = Quotas(Buckets(None, now), _settings(requests_tenant=Limit(10, 500), requests_device=Limit(1_000, 1_000)))
    li, rival = Actor(uuid4(), uuid4(), Authority()), uuid4()
    assert not quotas.ahead(li.tenant_id)
    for _ in range(int(10 * AHEAD_SECONDS) - 1):
        await quotas.take(li, uuid4(), ONE)
    assert not quotas.ahead(li.tenant_id)  # a bunch
    for _ in range(30):
        await quotas.take(li, uuid4(), ONE)
    assert quotas.ahead(li.tenant_id)
    assert not quotas.ahead(rival)
    assert not quotas.ahead("whoever it is")
    for _ in range(20):  # at its rate it never is
        now.at += 1
        for _ in range(8):
            await quotas.take(li, uuid4(), ONE)
    assert not quotas.ahead(li.tenant_id)


async def test_beside_others_one_turn_is_enough_for_who_is_ahead() -> None:
    ahead = {"a"}
    found = Turns(10, 6, 3, ahead=lambda tenant: tenant in ahead)
    held = [found.turn("a") for _ in range(2)]
    for turn in held:
        await turn.__aenter__()  # alone it has more
    async with found.turn("b"):
        third = asyncio.create_task(held_for_a_moment(found, "a"))
        await _settled()
        assert (found.running("a"), found.waiting()) == (2, 1)
        await held.pop().__aexit__(None, None, None)
        await _settled()
        assert (found.running("a"), found.waiting()) == (1, 1)  # one still runs: the other waits
        ahead.clear()
        again = [asyncio.create_task(held_for_a_moment(found, "b"))]
        await asyncio.gather(*again)
        await asyncio.wait_for(third, 5)
    await held.pop().__aexit__(None, None, None)


async def test_for_who_is_ahead_nobody_makes_room_and_it_has_its_turn_all_the_same() -> None:
    ahead = {"a"}
    found = Turns(10, 6, 3, ahead=lambda tenant: tenant in ahead)
    async with AsyncExitStack() as held:
        await held.enter_async_context(found.turn("a"))
        for _ in range(6):
            await asyncio.wait_for(held.enter_async_context(found.turn("b")), 5)
        waits = asyncio.create_task(held_for_a_moment(found, "b"))
        await _settled()
        assert (found.running("b"), found.waiting()) == (6, 1)  # never more than alone
        async with asyncio.timeout(5), found.turn("c"):  # a third that keeps to its rate: now there is one to mind
            assert found.running("c") == 1
        waits.cancel()
    async with AsyncExitStack() as held:
        ahead.clear()
        for tenant in ("a", "b", "b", "b"):
            await asyncio.wait_for(held.enter_async_context(found.turn(tenant)), 5)
        waits = asyncio.create_task(held_for_a_moment(found, "b"))
        await _settled()
        assert (found.running("b"), found.waiting()) == (3, 1)
        waits.cancel()


async def held_for_a_moment(found: Turns, tenant: str) -> None:
    async with found.turn(tenant):
        await asyncio.sleep(0)
