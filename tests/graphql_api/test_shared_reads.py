"""What many subscriptions read at the same moment: bounded per member, per company and in all; shared; repeated."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.exc import TimeoutError as PoolTimeout

from graphql_api import shared_reads
from graphql_api.shared_reads import MEMBER_READS, PROCESS_READS, TENANT_READS, SharedReads
from kernel.policy import Actor, Authority
from values.ids import new_id


def _actor(tenant_id: UUID | None = None) -> Actor:
    return Actor(tenant_id or new_id(), new_id(), Authority())


class Gauge:
    """Reads that end when they are let go, and how many there were at a time."""

    def __init__(self) -> None:
        self.now = self.most = self.begun = 0
        self.go = asyncio.Event()

    def read(self) -> Callable[[], Awaitable[int]]:
        async def work() -> int:
            self.begun += 1
            self.now += 1
            self.most = max(self.most, self.now)
            try:
                await self.go.wait()
                await asyncio.sleep(0)
            finally:
                self.now -= 1
            return self.begun

        return work


async def _settled() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("actors", "limit"),
    [
        ([_actor()] * 30, MEMBER_READS),
        ([_actor(tenant) for tenant in [new_id()] for _ in range(30)], TENANT_READS),
        ([_actor() for _ in range(30)], PROCESS_READS),
    ],
)
async def test_so_many_at_a_time(actors: list[Actor], limit: int) -> None:
    reads, gauge = SharedReads(), Gauge()
    asked = [asyncio.create_task(reads.read(n, actor, gauge.read())) for n, actor in enumerate(actors)]
    await _settled()
    assert gauge.now == limit
    gauge.go.set()
    await asyncio.gather(*asked)
    assert (gauge.most, gauge.begun) == (limit, len(actors))


async def test_a_busy_company_does_not_hold_up_its_rival() -> None:
    reads, held, free = SharedReads(), Gauge(), Gauge()
    tenant = new_id()
    asked = [asyncio.create_task(reads.read(n, _actor(tenant), held.read())) for n in range(60)]
    await _settled()
    free.go.set()
    async with asyncio.timeout(30):
        await reads.read("rival", _actor(), free.read())
    assert held.now == TENANT_READS
    for task in asked:
        task.cancel()
    await asyncio.gather(*asked, return_exceptions=True)
    await _settled()
    assert held.now == 0


async def test_who_asks_before_it_begins_shares_it_and_who_asks_later_does_not() -> None:
    reads, gauge, actor = SharedReads(), Gauge(), _actor()
    first = asyncio.create_task(reads.read("key", actor, gauge.read()))
    await _settled()  # it has begun: what commits now it may not see
    later = [asyncio.create_task(reads.read("key", actor, gauge.read())) for _ in range(400)]
    await _settled()
    gauge.go.set()
    assert (await first).value == 1
    assert {answer.value for answer in await asyncio.gather(*later)} == {2}
    assert gauge.begun == 2


async def test_one_who_leaves_does_not_end_it_for_the_others() -> None:
    reads, gauge, actor = SharedReads(), Gauge(), _actor()
    leaving, staying = (asyncio.create_task(reads.read("key", actor, gauge.read())) for _ in range(2))
    await _settled()
    leaving.cancel()
    await _settled()
    gauge.go.set()
    assert (await staying).value == 1
    assert leaving.cancelled()


async def test_an_empty_pool_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_reads, "_PAUSE_SECONDS", 0.01)
    reads, tries = SharedReads(), 0

    async def work() -> str:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise PoolTimeout
        return "read"

    answer = await reads.read("key", _actor(), work)
    assert (answer.value, answer.late, tries) == ("read", True, 3)


async def test_a_defect_is_told_to_everybody_who_shares_it() -> None:
    reads, actor = SharedReads(), _actor()

    async def work() -> Any:
        raise LookupError("a defect")

    found = await asyncio.gather(*(reads.read("key", actor, work) for _ in range(3)), return_exceptions=True)
    assert [type(wrong) for wrong in found] == [LookupError] * 3
    gauge = Gauge()
    gauge.go.set()
    assert (await reads.read("key", actor, gauge.read())).value == 1
