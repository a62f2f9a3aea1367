"""Jobs by the clock: one company's failure stops no other's turn, and the job says how many failed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID, uuid4

import psycopg
from sqlalchemy import select

from billing.trials import extend_trial_of
from kernel.db import TenantContext
from server import upkeep
from server.parts import Application
from server.worker import Jobs, _measured
from tenants.entities import TenantAccess
from tests.conftest import NOW
from tests.directory import list_in_directory
from tests.world import World
from values.errors import NotFound


@asynccontextmanager
async def unreadable(app: Application, tenant_id: UUID, table: str, number: str) -> AsyncIterator[None]:
    """A fault that only one company has: to look at its rows in `table` divides by zero. `number`: any number of it."""
    policy = f"tests_{tenant_id.hex} ON app.{table}"
    async with await psycopg.AsyncConnection.connect(str(app.settings.database_admin_url), autocommit=True) as admin:
        await admin.execute(
            f"CREATE POLICY {policy} AS RESTRICTIVE USING (tenant_id <> '{tenant_id}' OR 1 / ({number} - {number}) = 0)"
        )
        try:
            yield
        finally:
            await admin.execute(f"DROP POLICY {policy}")


async def ended(app: Application, tenant_id: UUID) -> bool:
    async with app.engine.database.tenant(TenantContext(tenant_id).wide()) as session:
        access = await session.scalar(select(TenantAccess).where(TenantAccess.tenant_id == tenant_id))
        assert access is not None
        return access.trial_ended_at is not None


async def test_one_companys_failure_stops_no_others_upkeep(app: Application, world: World):
    await list_in_directory(app, world.yunfan.tenant_id)
    await list_in_directory(app, world.seagull.tenant_id)
    reached: list[UUID] = []

    async def work(tenant_id: UUID) -> int:
        reached.append(tenant_id)
        if tenant_id == world.yunfan.tenant_id:
            raise RuntimeError
        if tenant_id == world.seagull.tenant_id:
            raise NotFound  # an answer, no failure
        return 1

    assert await upkeep.for_each_tenant(app.engine, work) == upkeep.Round(done=len(reached) - 2, failed=1)
    assert {world.yunfan.tenant_id, world.seagull.tenant_id} <= set(reached)


async def test_a_database_error_in_one_company_leaves_the_other_trials_to_end(app: Application, world: World, clock):
    ill, well, unknown = world.yunfan.tenant_id, world.seagull.tenant_id, uuid4()
    for later, tenant_id in enumerate((ill, unknown, well)):
        await list_in_directory(app, tenant_id, NOW + timedelta(days=15, seconds=later))
    clock.instant = NOW + timedelta(days=16)
    job = _measured(app, Jobs(app).end_trials)
    async with unreadable(app, ill, "tenant_access", "version"):
        found = await job({})
        assert found.failed == 1
        assert found.done >= 1
        assert 'yunfan_jobs_total{job="end_trials",outcome="incomplete"} 1.0' in app.metrics.text()
    assert (await ended(app, ill), await ended(app, well)) == (False, True)
    assert (await job({})).failed == 0
    assert await ended(app, ill)


async def test_the_backlog_of_others_is_counted_when_one_cannot_be_read(app: Application, world: World):
    ill, well = world.yunfan.tenant_id, world.seagull.tenant_id
    before = await upkeep.backlog(app.engine)
    for tenant_id in (ill, well):
        await list_in_directory(app, tenant_id)
        await extend_trial_of(app.engine, tenant_id, NOW + timedelta(days=40))
    async with unreadable(app, ill, "outbox", "attempts"):
        assert (await upkeep.backlog(app.engine)).waiting == before.waiting + 1
    assert (await upkeep.backlog(app.engine)).waiting == before.waiting + 2
