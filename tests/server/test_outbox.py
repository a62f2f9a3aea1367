"""The outbox: at least once, never two at a time, ever more patiently."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from kernel.context import Context
from kernel.db import TenantContext
from kernel.tables import Outbox
from server import leases, retention, upkeep
from server.outbox import Delivery, OutboxDelivery, Undeliverable, pause_after
from server.parts import Application
from server.worker import Jobs, build_worker, close_worker
from tests.directory import list_in_directory
from tests.world import World, seed


async def enqueue(app: Application, world: World, *topics: str) -> None:
    async def work(ctx: Context) -> None:
        for number, topic in enumerate(topics):
            ctx.enqueue(topic, {"n": number})

    await seed(app, world.yunfan.tenant_id, work)


async def rows(app: Application, world: World) -> list[Any]:
    async with app.engine.database.tenant(TenantContext(world.yunfan.tenant_id)) as session:
        found = await session.core(select(Outbox.__table__).order_by(Outbox.due_at, Outbox.id))
        return list(found)


def delivery(app: Application, handler: Any, topic: str = "tests.topic") -> OutboxDelivery:
    return OutboxDelivery(app.engine, {topic: handler}, app.metrics)


async def test_a_failing_handler_is_tried_again_later_and_its_text_is_not_kept(app: Application, world: World, clock):
    seen: list[Delivery] = []

    async def fails(message: Delivery) -> None:
        seen.append(message)
        raise ValueError("陈总 13800138000")

    await enqueue(app, world, "tests.topic")
    deliveries, tenant = delivery(app, fails), world.yunfan.tenant_id
    assert await deliveries.deliver(tenant) == 0
    assert await deliveries.deliver(tenant) == 0
    assert len(seen) == 1
    (row,) = await rows(app, world)
    assert (row.attempts, row.last_error, row.delivered_at) == (1, "ValueError", None)
    assert row.due_at == clock.now() + timedelta(seconds=30)
    clock.move(seconds=30)
    await deliveries.deliver(tenant)
    assert [message.attempts for message in seen] == [1, 2]
    assert seen[0].id == seen[1].id


async def test_nobody_tries_what_cannot_work(app: Application, world: World, clock):
    async def cannot(_message: Delivery) -> None:
        raise Undeliverable("the address does not exist")

    await enqueue(app, world, "tests.topic")
    await delivery(app, cannot).deliver(world.yunfan.tenant_id)
    clock.move(days=400)
    assert await delivery(app, cannot).deliver(world.yunfan.tenant_id) == 0
    (row,) = await rows(app, world)
    assert row.attempts == leases.MAX_ATTEMPTS
    async with app.engine.database.tenant(TenantContext(world.yunfan.tenant_id)) as session:
        found = await retention.backlog(session, clock.now())
    assert (found.waiting, found.given_up) == (0, 1)


async def test_an_unknown_topic_waits_for_a_newer_version(app: Application, world: World):
    await enqueue(app, world, "tests.from_the_future")
    assert await delivery(app, None).deliver(world.yunfan.tenant_id) == 0
    (row,) = await rows(app, world)
    assert row.attempts == 1
    assert row.delivered_at is None


async def test_one_bad_message_keeps_no_other_back(app: Application, world: World):
    left: list[int] = []

    async def picky(message: Delivery) -> None:
        if message.payload["n"] == 0:
            raise ValueError
        left.append(message.payload["n"])

    await enqueue(app, world, *["tests.topic"] * 25)
    assert await delivery(app, picky).deliver(world.yunfan.tenant_id) == 24
    assert sorted(left) == list(range(1, 25))


async def test_who_dies_between_lease_and_mark_delivers_again(app: Application, world: World, clock):
    left: list[Delivery] = []

    async def dies(message: Delivery) -> None:
        left.append(message)
        raise asyncio.CancelledError  # the process is killed after the mail has gone

    async def works(message: Delivery) -> None:
        left.append(message)

    await enqueue(app, world, "tests.topic")
    tenant = world.yunfan.tenant_id
    with pytest.raises(asyncio.CancelledError):
        await delivery(app, dies).deliver(tenant)
    assert await delivery(app, works).deliver(tenant) == 0  # still leased
    clock.move(minutes=10)
    assert await delivery(app, works).deliver(tenant) == 1
    assert len(left) == 2
    assert left[0].id == left[1].id
    (row,) = await rows(app, world)
    assert row.delivered_at == clock.now()


async def test_deliveries_side_by_side_share_nothing(app: Application, world: World):
    left: list[int] = []

    async def slow(message: Delivery) -> None:
        await asyncio.sleep(0.005)
        left.append(message.payload["n"])

    await enqueue(app, world, *["tests.topic"] * 40)
    tenant = world.yunfan.tenant_id
    counts = await asyncio.gather(*(delivery(app, slow).deliver(tenant) for _ in range(4)))
    assert sum(counts) == 40
    assert sorted(left) == list(range(40))
    assert sum(count > 0 for count in counts) > 1


async def test_a_claim_skips_what_another_transaction_holds(app: Application, world: World, clock):
    await enqueue(app, world, "tests.a", "tests.b")
    context = TenantContext(world.yunfan.tenant_id)
    async with app.engine.database.tenant(context) as holding:
        await holding.core(select(Outbox.id).where(Outbox.topic == "tests.a").with_for_update())
        async with app.engine.database.tenant(context) as session:
            claimed = await asyncio.wait_for(leases.claim(session, clock.now()), 5)
    assert [found.topic for found in claimed] == ["tests.b"]


async def test_another_tenants_messages_are_out_of_reach(app: Application, world: World, clock):
    await enqueue(app, world, "tests.topic")
    async with app.engine.database.tenant(TenantContext(world.seagull.tenant_id)) as session:
        assert await leases.claim(session, clock.now()) == []


def test_pauses_grow_and_end_at_six_hours():
    pauses = [pause_after(attempt) for attempt in range(1, leases.MAX_ATTEMPTS + 1)]
    assert pauses == sorted(pauses)
    assert pauses[0] == timedelta(seconds=30)
    assert pauses[-1] == timedelta(hours=6)


async def test_a_commit_wakes_the_worker(app: Application, world: World, clock):
    await app.jobs.delete("yunfan:jobs")
    await enqueue(app, world, "billing.trial_extended")
    ours = str(world.yunfan.tenant_id)
    for _ in range(500):
        # What another test's company committed last may be announced as late as now.
        if any(ours in job.decode() for job in await app.jobs.zrange("yunfan:jobs", 0, -1)):
            break
        await asyncio.sleep(0.02)
    worker = build_worker(app, handle_signals=False, burst=True)
    await worker.async_run()
    await close_worker(worker)
    (row,) = await rows(app, world)
    assert row.delivered_at == clock.now()


async def test_the_sweep_finds_what_no_wake_announced(app: Application, world: World):
    await Jobs(app).sweep_outbox({})  # what companies of other tests left
    await list_in_directory(app, world.yunfan.tenant_id)
    await enqueue(app, world, "billing.trial_extended", "tests.unknown")
    assert await Jobs(app).sweep_outbox({}) == upkeep.Round(done=1, failed=0)
    by_topic = {row.topic: row for row in await rows(app, world)}
    assert by_topic["billing.trial_extended"].delivered_at is not None
    assert by_topic["tests.unknown"].delivered_at is None


async def test_upkeep_forgets_in_time_and_not_before(app: Application, world: World, clock):
    async def works(_message: Delivery) -> None:
        return

    await list_in_directory(app, world.yunfan.tenant_id)
    await enqueue(app, world, "tests.topic")
    await delivery(app, works).deliver(world.yunfan.tenant_id)
    clock.move(days=7)
    await upkeep.purge_outcomes(app.engine)
    assert len(await rows(app, world)) == 1
    clock.move(minutes=1)
    await upkeep.purge_outcomes(app.engine)
    assert await rows(app, world) == []
