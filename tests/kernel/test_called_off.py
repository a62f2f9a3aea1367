"""Requests that are called off at any moment: no connection goes back to the pool with a transaction or settings of
whoever had it, and what was answered is there."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from typing import Any
from uuid import uuid4

import pytest
from psycopg.pq import PipelineStatus, TransactionStatus
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from infra.flights import flights_of
from kernel.db import Database, TenantContext
from modules.party.commands.create_customer import CreateCustomer
from modules.party.entities import Customer
from server.parts import Application
from sync.service import SyncService
from sync.wire import Mutation, PullRequest, PushRequest, RegisterRequest
from tenants.commands.revoke_device import RevokeDevice
from tenants.identity.inputs import SignUp
from tests.world import Company, World
from values.clock import FrozenClock
from values.errors import Refusal
from values.ids import new_id

TRIES = int(os.environ.get("CALLED_OFF_TRIES", "60"))
SEED = int(os.environ.get("CALLED_OFF_SEED", "0")) or random.SystemRandom().randrange(1, 2**32)
_SETTINGS = ("tenant_id", "member_id", "scope_from", "scope_to", "arms")


async def look_at_the_pools(database: Database) -> list[Any]:
    """What the next borrowers of all idle connections find. Empty: nothing of those before them."""
    return [*await _look_at(database.app), *await _look_at(database.provision)]


async def _look_at(engine: AsyncEngine) -> list[Any]:
    found: list[Any] = []
    pool: Any = engine.pool
    borrowed = [await engine.connect() for _ in range(max(1, pool.checkedin()))]
    try:
        for connection in borrowed:
            driver: Any = (await connection.get_raw_connection()).driver_connection
            flights = flights_of(driver)
            state = (driver.info.transaction_status, driver.pgconn.pipeline_status, flights.up, flights.ahead)
            if state != (TransactionStatus.IDLE, PipelineStatus.OFF, 0, None) or not driver.autocommit:
                found.append(state)
                continue
            asked = ", ".join(f"coalesce(current_setting('app.{name}', true), '')" for name in _SETTINGS)
            told = (await connection.execute(text(f"SELECT {asked}"))).one()
            seen = (await connection.execute(text("SELECT count(*) FROM app.customer"))).scalar_one()
            found += [tuple(told)] if any(told) else []
            found += [seen] if seen else []
    finally:
        for connection in borrowed:
            await connection.close()
    return found


async def call_off(chance: random.Random, work: Callable[[], Awaitable[Any]], longest: float) -> bool:
    """Whether it was called off before it ended, once or, as a server that stops does, twice."""
    running = asyncio.ensure_future(work())
    with suppress(TimeoutError, Refusal):
        await asyncio.wait_for(asyncio.shield(running), chance.uniform(0, longest))
    if not running.done():
        running.cancel()
        if chance.random() < 0.4:
            for _ in range(chance.randrange(4)):
                await asyncio.sleep(0)
            running.cancel()
    with suppress(asyncio.CancelledError, Refusal):
        await running
    return running.cancelled()


async def _pushing(company: Company, service: SyncService, who: str) -> Callable[[], Awaitable[Any]]:
    device = new_id()
    actor = await company.actor(who)
    await service.register(actor, RegisterRequest(device_id=device, name="raw", platform="test"))
    taken = [0]

    def mutation(n: int) -> Mutation:
        name = "" if n % 7 == 0 else f"客户 {n}"  # some are refused, and filed
        made_at = company.app.engine.clock.now()
        given = {"id": str(new_id()), "name": name}
        return Mutation(n=n, uuid=uuid4(), command="party.create_customer", arguments=given, made_at=made_at)

    async def push() -> None:
        first = (await service.device(actor, device)).last_mutation + 1
        request = PushRequest(device_id=device, mutations=[mutation(first + i) for i in range(12)])
        taken.append((await service.push(actor, request)).last_mutation)

    return push


async def _pulling(company: Company, service: SyncService, who: str) -> Callable[[], Awaitable[Any]]:
    device, actor = new_id(), await company.actor(who)
    await service.register(actor, RegisterRequest(device_id=device, name="raw", platform="test"))
    asked = PullRequest(device_id=device, checksums=True, buckets="customers")
    return lambda: service.pull(actor, asked)


async def _device(company: Company, service: SyncService, who: str) -> Callable[[], Awaitable[Any]]:
    """Registered and revoked again, which writes on both sides."""
    actor = await company.actor(who)

    async def there_and_gone() -> None:
        device_id = new_id()
        await service.register(actor, RegisterRequest(device_id=device_id, name="raw", platform="test"))
        await company.run("admin", "tenants.revoke_device", RevokeDevice(id=device_id))

    return there_and_gone


async def _command(company: Company) -> Callable[[], Awaitable[Any]]:
    return lambda: company.run("admin", "party.create_customer", CreateCustomer(name="甲"))


@pytest.mark.parametrize("crowd", [1, 6])
async def test_what_is_called_off_leaves_a_clean_connection(
    app: Application, world: World, clock: FrozenClock, crowd: int
) -> None:
    print(f"CALLED_OFF_SEED={SEED} CALLED_OFF_TRIES={TRIES}")
    chance = random.Random(SEED + crowd)
    service = SyncService(app.engine)
    works = [
        await _pushing(world.yunfan, service, "li"),
        await _pushing(world.seagull, service, "qian"),
        await _pulling(world.yunfan, service, "lin"),
        await _pulling(world.seagull, service, "qian"),
        await _device(world.yunfan, service, "zhao"),
        await _device(world.seagull, service, "qian"),
        await _command(world.yunfan),
        await _command(world.seagull),
    ]
    ended = list[bool]()
    pool: Any = app.engine.database.app.pool
    provision: Any = app.engine.database.provision.pool
    for _ in range(TRIES // crowd):
        chosen = chance.sample(works, crowd)
        ended += await asyncio.gather(*(call_off(chance, work, 0.06 * crowd) for work in chosen))
        assert await look_at_the_pools(app.engine.database) == []
        assert (pool.checkedout(), provision.checkedout()) == (0, 0), "a place in the pool was not given back"
    assert len(set(ended)) == 2, "some must be called off, and some must come through"


async def test_a_tenant_reads_its_own_rows_after_others_were_called_off(
    app: Application, world: World, clock: FrozenClock
) -> None:
    chance = random.Random(SEED)
    service = SyncService(app.engine)
    push = await _pushing(world.yunfan, service, "li")
    for _ in range(TRIES // 5):
        await call_off(chance, push, 0.06)
        context = TenantContext(world.seagull.tenant_id, world.seagull.people["qian"]).wide()
        async with app.engine.database.tenant(context) as session:
            assert await session.scalars(select(Customer.id)) == []


async def test_a_sign_in_that_is_called_off_leaves_a_clean_connection(app: Application) -> None:
    given = SignUp(company_name="云帆", email="chen@example.com", password="Longjing-Spring-26", admin_name="陈总")
    token, chance = (await app.identity.sign_up(given)).token, random.Random(SEED)
    engine, ended = app.engine.database.platform, list[bool]()
    pool: Any = engine.pool
    for _ in range(TRIES):
        ended.append(await call_off(chance, lambda: app.identity.authenticate(token), 0.006))
        async with AsyncExitStack() as borrowed:
            for _ in range(max(1, pool.checkedin())):
                connection = await borrowed.enter_async_context(engine.connect())
                driver: Any = (await connection.get_raw_connection()).driver_connection
                state = (driver.info.transaction_status, driver.pgconn.pipeline_status, flights_of(driver).up)
                assert state == (TransactionStatus.IDLE, PipelineStatus.OFF, 0)
                assert (await connection.execute(text("SELECT 1"))).scalar_one() == 1
        assert pool.checkedout() == 0, "a place in the pool was not given back"
    assert len(set(ended)) == 2, "some must be called off, and some must come through"
