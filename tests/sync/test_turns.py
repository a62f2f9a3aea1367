"""Turns: refused when too many wait, a company's crowd never before a rival, and nothing leaks when one gives up."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from sync import turns
from sync.turns import Turns
from values.errors import Busy


class Ticking:
    """Seconds that the test moves."""

    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at


async def _settled() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


def _works(found: Turns, order: list[str], seconds: float = 0.0) -> Callable[[str], Awaitable[None]]:
    async def work(tenant: str) -> None:
        async with found.turn(tenant):
            order.append(tenant)
            await asyncio.sleep(seconds)

    return work


async def test_whoever_waits_too_long_is_refused_and_leaves_no_trace() -> None:
    found = Turns(1, 1, 1, wait_seconds=0.05)
    async with found.turn("a"):
        with pytest.raises(Busy):
            async with found.turn("b"):
                pytest.fail("nobody gave back")
        assert found.waiting() == 0
    async with found.turn("b"):
        assert (found.running("a"), found.running("b")) == (0, 1)


async def test_a_crowd_is_refused_at_once_and_a_rival_is_not() -> None:
    found = Turns(1, 1, 1, max_waiting=2)
    async with found.turn("a"):
        crowd = [asyncio.create_task(_works(found, [])("a")) for _ in range(2)]
        await _settled()
        with pytest.raises(Busy):
            async with asyncio.timeout(0.1), found.turn("a"):
                pytest.fail("two wait already")
        rival = asyncio.create_task(_works(found, [])("b"))
        await _settled()
        assert found.waiting() == 3
    await asyncio.gather(*crowd, rival)


async def test_turns_go_round_among_companies() -> None:
    found, order = Turns(1, 1, 1), list[str]()
    work = _works(found, order)
    async with found.turn("x"):
        crowd = [asyncio.create_task(work("a")) for _ in range(20)]
        await _settled()
        late = [asyncio.create_task(work(name)) for name in ("b", "c", "b")]
        await _settled()
    await asyncio.gather(*crowd, *late)
    assert order[:6] == ["a", "b", "c", "a", "b", "a"]
    assert order[6:] == ["a"] * 17


async def test_alone_a_company_has_more_than_beside_a_busy_one() -> None:
    now = Ticking()
    found = Turns(20, 10, 2, now=now)
    crowd = [asyncio.create_task(_works(found, [], 3600)("a")) for _ in range(30)]
    await _settled()
    assert found.running("a") == 10
    async with found.turn("b"):
        crowd[0].cancel()
        await _settled()
        assert found.running("a") == 9  # no new ones while a rival is busy
    now.at += turns.RIVALS_SECONDS + 0.1
    crowd[1].cancel()
    await _settled()
    assert found.running("a") == 10
    for task in crowd:
        task.cancel()
    await asyncio.gather(*crowd, return_exceptions=True)
    assert (found.running("a"), found.waiting()) == (0, 0)


async def test_what_is_long_is_told_when_others_wait() -> None:
    now = Ticking()
    found = Turns(1, 1, 1, now=now)
    async with found.turn("a") as overdue:
        now.at += 60
        assert not overdue()
        rival = asyncio.create_task(_works(found, [])("b"))
        await _settled()
        assert overdue()
        now.at -= 60
        assert not overdue()
    await rival


async def test_whoever_is_cancelled_with_a_turn_in_hand_passes_it_on() -> None:
    found, order = Turns(1, 1, 1), list[str]()
    async with found.turn("a"):
        waiting = [asyncio.create_task(_works(found, order)(name)) for name in ("b", "c")]
        await _settled()
    waiting[0].cancel()  # granted in this very moment, and gone
    await asyncio.gather(*waiting, return_exceptions=True)
    assert order == ["c"]
    assert found.running("b") == found.running("c") == 0
