"""Pokes over a real Redis, between two processes' clients."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

import pytest
from redis.asyncio import Redis

from server.jobs import QUEUE, begin_delivery, queue, wake_outbox
from server.parts import Application
from server.pokes import RedisPokes
from tests.redis_fixture import running_redis
from tests.world import World

NONE: frozenset[str] = frozenset()


@asynccontextmanager
async def process(url: str, failures: list[int] | None = None) -> AsyncIterator[RedisPokes]:
    """One process's pokes with clients of its own."""
    redis, jobs = Redis.from_url(url, socket_connect_timeout=1), queue(url)
    pokes = RedisPokes(redis, jobs, lambda: failures.append(1) if failures is not None else None)
    try:
        yield pokes
    finally:
        await pokes.close()
        await jobs.aclose(close_connection_pool=True)
        await redis.aclose()


async def first(changes: AsyncIterator[frozenset[str]], seconds: float = 30.0) -> frozenset[str]:
    return await asyncio.wait_for(anext(changes), seconds)


async def test_redis_that_is_away_fails_no_commit_and_no_subscriber():
    failures: list[int] = []
    async with process("redis://127.0.0.1:1/0", failures) as pokes:
        # A commit hands the news over and waits for nobody: it ends without giving up its turn.
        told = pokes.committed(uuid4(), frozenset({"party.Customer"}), frozenset({"billing.subscribed"}))
        with pytest.raises(StopIteration):
            told.send(None)
        async with pokes.subscribe(uuid4()):
            await asyncio.sleep(0)
    assert failures


async def test_a_commit_reaches_every_process_of_that_tenant_only(services):
    tenant, other = uuid4(), uuid4()
    async with (
        process(services.redis_url) as one,
        process(services.redis_url) as two,
        one.subscribe(tenant) as mine,
        two.subscribe(tenant) as theirs,
        two.subscribe(other) as rival,
    ):
        await one.committed(tenant, frozenset({"party.Customer"}), NONE)
        assert await first(mine) == {"party.Customer"}
        assert await first(theirs) == {"party.Customer"}
        await two.committed(other, frozenset({"party.Contact"}), NONE)
        assert await first(rival) == {"party.Contact"}


async def test_the_process_that_committed_hears_without_redis():
    tenant = uuid4()
    async with process("redis://127.0.0.1:1/0") as pokes, pokes.subscribe(tenant) as changes:
        await pokes.committed(tenant, frozenset({"party.Customer"}), NONE)
        assert await first(changes, 1.0) == {"party.Customer"}


async def test_the_process_that_committed_hears_once(services):
    tenant = uuid4()
    async with (
        process(services.redis_url) as one,
        process(services.redis_url) as two,
        one.subscribe(tenant) as mine,
        two.subscribe(tenant) as theirs,
    ):
        await one.committed(tenant, frozenset({"party.Customer"}), NONE)
        assert await first(mine) == {"party.Customer"}
        assert await first(theirs) == {"party.Customer"}  # so the message is back from Redis by now, or soon
        with pytest.raises(TimeoutError):
            await first(mine, 0.3)


async def test_a_slow_subscriber_gets_one_poke_for_many(services):
    tenant = uuid4()
    async with process(services.redis_url) as one, process(services.redis_url) as two, two.subscribe(tenant) as slow:
        for n in range(50):
            await one.committed(tenant, frozenset({f"tests.E{n % 3}"}), NONE)
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.3)
        assert await first(slow) == {"tests.E0", "tests.E1", "tests.E2"}
        await one.committed(tenant, frozenset({"tests.Last"}), NONE)
        assert await first(slow) == {"tests.Last"}


async def test_after_a_lost_connection_subscribers_are_told_that_something_may_be_missing():
    tenant = uuid4()
    with running_redis() as server:
        await _lose_the_connection(server.url, tenant)


async def _lose_the_connection(url: str, tenant: UUID) -> None:
    async with process(url) as one, process(url) as two, two.subscribe(tenant) as changes:
        admin = Redis.from_url(url)
        await admin.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
        assert await first(changes) == NONE
        await one.committed(tenant, frozenset({"party.Customer"}), NONE)
        assert await first(changes) == {"party.Customer"}
        await admin.aclose()


async def test_subscribers_that_come_while_the_first_connects_hear_too(services):
    async with process(services.redis_url) as pokes, process(services.redis_url) as other:
        heard: dict[UUID, frozenset[str]] = {}
        ready = [asyncio.Event() for _ in range(20)]

        async def listen(tenant: UUID, ready: asyncio.Event) -> None:
            async with pokes.subscribe(tenant) as changes:
                ready.set()
                heard[tenant] = await first(changes)

        tenants = [uuid4() for _ in ready]
        listening = []
        for tenant, sign in zip(tenants, ready, strict=True):
            listening.append(asyncio.create_task(listen(tenant, sign)))
            await asyncio.sleep(0)  # one a turn of the loop: the connection is made meanwhile
        async with asyncio.timeout(30):
            await asyncio.gather(*(sign.wait() for sign in ready))
        for tenant in tenants:
            await other.committed(tenant, frozenset({"party.Customer"}), NONE)
        await asyncio.gather(*listening)
        assert heard == dict.fromkeys(tenants, frozenset({"party.Customer"}))


async def test_what_redis_did_not_take_is_told_when_it_is_back():
    tenant, failures = uuid4(), list[int]()
    with running_redis() as server:
        admin = Redis.from_url(server.url)
        async with process(server.url, failures) as one, process(server.url) as two, two.subscribe(tenant) as changes:
            await admin.config_set("maxclients", 1)  # whoever connects now is turned away
            await one.committed(tenant, frozenset({"party.Customer"}), NONE)
            async with asyncio.timeout(30):
                while len(failures) < 2:  # noqa: ASYNC110 - no event
                    await asyncio.sleep(0.02)
            await one.committed(tenant, frozenset({"party.Contact"}), NONE)
            await admin.config_set("maxclients", 100)
            assert await first(changes) == {"party.Customer", "party.Contact"}
        await admin.aclose()


async def test_what_may_be_missing_outweighs_the_names_that_were_heard():
    tenant, tags = uuid4(), frozenset({"tenants.Tag"})
    with running_redis() as server:
        async with process(server.url) as pokes, pokes.subscribe(tenant) as changes:
            await pokes.committed(tenant, tags, NONE)
            await asyncio.sleep(0.3)
            admin = Redis.from_url(server.url)
            await admin.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
            await asyncio.sleep(1)  # the reader has connected again and told that it was away
            assert await first(changes) == NONE
            await pokes.committed(tenant, tags, NONE)
            assert await first(changes) == tags
            await admin.aclose()


async def test_channels_are_let_go(services):
    tenant = uuid4()
    async with process(services.redis_url) as pokes:
        admin = Redis.from_url(services.redis_url)
        async with pokes.subscribe(tenant), pokes.subscribe(tenant):
            assert (await admin.pubsub_numsub(f"poke:{tenant}"))[0][1] == 1
        for _ in range(100):
            if (await admin.pubsub_numsub(f"poke:{tenant}"))[0][1] == 0:
                break
            await asyncio.sleep(0.02)
        assert (await admin.pubsub_numsub(f"poke:{tenant}"))[0][1] == 0
        await admin.aclose()


async def test_many_wakes_are_one_job_and_one_during_a_delivery_is_another():
    with running_redis() as server:
        jobs, tenant = queue(server.url), uuid4()
        for _ in range(5):
            await wake_outbox(jobs, tenant)
        assert await jobs.zcard(QUEUE) == 1
        await begin_delivery(jobs, tenant)  # the job has begun and is still in Redis
        await wake_outbox(jobs, tenant)
        assert await jobs.zcard(QUEUE) == 2
        await jobs.aclose(close_connection_pool=True)


async def test_a_command_pokes(app: Application, world: World):
    async with app.pokes.subscribe(world.yunfan.tenant_id) as changes:
        from tenants.commands.create_tag import CreateTag

        await world.yunfan.run("admin", "tenants.create_tag", CreateTag(name="重点"))
        assert "tenants.Tag" in await first(changes)
