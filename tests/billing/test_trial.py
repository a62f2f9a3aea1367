"""The trial's end, an extension, a subscription: on the frozen clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import insert, text

from billing.commands.request_module import RequestModule
from billing.errors import ModuleUnknown, SubscriptionEndInvalid, TrialEndInvalid, TrialStillRuns
from billing.trials import activate_subscription_of, due_trials, end_trial_of, extend_trial_of
from kernel.command import commands
from kernel.db import TenantContext
from kernel.policy import EVERYTHING, Rung
from tenants.access import MODULES, AccessReader, open_requests
from tenants.platform_tables import Tenant
from tests.conftest import NOW
from tests.party.makers import make_customer
from tests.world import Company, World
from values.errors import ModuleNotBought, NotFound, PermissionDenied, SubscriptionLapsed

ENDS = datetime(2026, 3, 17, 16, 0, tzinfo=UTC)  # midnight in Shanghai after 15 × 24 hours


async def topics(company: Company) -> list[str]:
    async with company.app.engine.database.tenant(TenantContext(company.tenant_id, None, EVERYTHING)) as session:
        return list(
            await session.scalars(text("SELECT topic FROM app.outbox WHERE topic LIKE 'billing.%' ORDER BY id"))
        )


async def stand(company: Company):
    engine = company.app.engine
    async with engine.database.tenant(TenantContext(company.tenant_id, None, EVERYTHING)) as session:
        return await AccessReader().read(session, engine.clock.now())


async def enter_directory(company: Company) -> None:
    """What sign-up writes on the platform's side."""
    async with company.app.engine.database.platform_session() as connection:
        await connection.execute(
            insert(Tenant).values(
                id=company.tenant_id,
                name="云帆贸易",
                org_code=f"t{company.tenant_id.hex[-12:]}",
                zone="Asia/Shanghai",
                placement="main",
                created_at=NOW,
                suspended_at=None,
                trial_ends_at=ENDS,
            )
        )


def test_no_member_reaches_these_through_the_api() -> None:
    billing = [found for found in commands() if found.name.startswith("billing.")]
    assert len(billing) == 4
    assert {found.name for found in billing if found.api} == {"billing.request_module"}, "asking gives nothing"


async def test_an_unknown_company(app) -> None:
    for refused in (
        end_trial_of(app.engine, uuid4()),
        extend_trial_of(app.engine, uuid4(), ENDS),
        activate_subscription_of(app.engine, uuid4(), ["crm"], None),
    ):
        with pytest.raises(NotFound):
            await refused


async def test_a_running_trial_is_not_ended(world: World, clock) -> None:
    clock.instant = ENDS - timedelta(seconds=1)
    with pytest.raises(TrialStillRuns):
        await end_trial_of(world.yunfan.app.engine, world.yunfan.tenant_id)
    await make_customer(world.yunfan)
    assert await topics(world.yunfan) == []


async def test_the_clock_ends_it_and_the_job_says_so_once(world: World, clock) -> None:
    clock.instant = ENDS
    with pytest.raises(SubscriptionLapsed):
        await make_customer(world.yunfan)
    engine = world.yunfan.app.engine
    assert [await end_trial_of(engine, world.yunfan.tenant_id) for _ in range(3)] == [True, False, False]
    assert await topics(world.yunfan) == ["billing.trial_ended"]
    assert await topics(world.seagull) == []


async def test_bad_ends_and_modules(world: World) -> None:
    engine, tenant = world.yunfan.app.engine, world.yunfan.tenant_id
    for until in (NOW, ENDS, datetime(2027, 1, 1)):  # noqa: DTZ001 — an end without offset is what is refused
        with pytest.raises(TrialEndInvalid):
            await extend_trial_of(engine, tenant, until)
    for until in (NOW, datetime(2027, 1, 1)):  # noqa: DTZ001 — as above
        with pytest.raises(SubscriptionEndInvalid):
            await activate_subscription_of(engine, tenant, ["crm"], until)
    for modules in ([], ["crm", "魔法"]):
        with pytest.raises(ModuleUnknown):
            await activate_subscription_of(engine, tenant, modules, None)


async def test_an_extension_opens_the_doors_again(world: World, clock) -> None:
    engine, tenant = world.yunfan.app.engine, world.yunfan.tenant_id
    await enter_directory(world.yunfan)
    clock.instant = ENDS + timedelta(days=1)
    assert tenant in await due_trials(engine.database, clock.now())
    await end_trial_of(engine, tenant)
    await extend_trial_of(engine, tenant, clock.now() + timedelta(days=7))
    await make_customer(world.yunfan)
    assert tenant not in await due_trials(engine.database, clock.now())
    clock.move(days=7)
    assert tenant in await due_trials(engine.database, clock.now())
    assert await end_trial_of(engine, tenant)
    assert await topics(world.yunfan) == ["billing.trial_ended", "billing.trial_extended", "billing.trial_ended"]
    clock.move(days=31)
    assert tenant not in await due_trials(engine.database, clock.now())


async def test_a_subscription_gives_what_was_bought_until_its_end(world: World, clock) -> None:
    engine, tenant = world.yunfan.app.engine, world.yunfan.tenant_id
    clock.instant = ENDS + timedelta(days=3)
    await activate_subscription_of(engine, tenant, ["finance", "crm", "crm"], clock.now() + timedelta(days=30))
    found = await stand(world.yunfan)
    assert (found.rung, found.modules) == (Rung.ACTIVE, {"crm", "finance"})
    await make_customer(world.yunfan)
    await activate_subscription_of(engine, tenant, ["finance"], clock.now() + timedelta(days=60))
    with pytest.raises(ModuleNotBought):
        await make_customer(world.yunfan)
    clock.move(days=60)
    assert (await stand(world.yunfan)).rung is Rung.READ_ONLY
    with pytest.raises(SubscriptionLapsed):
        await make_customer(world.yunfan)
    assert await topics(world.yunfan) == ["billing.subscribed", "billing.subscribed"]


async def test_who_subscribes_early_keeps_the_free_modules_to_the_trials_end(world: World, clock) -> None:
    engine, tenant = world.yunfan.app.engine, world.yunfan.tenant_id
    await activate_subscription_of(engine, tenant, ["crm"], NOW + timedelta(days=365))
    assert (await stand(world.yunfan)).modules == set(MODULES)
    clock.instant = ENDS
    assert (await stand(world.yunfan)).modules == {"crm"}
    assert await end_trial_of(engine, tenant)
    assert await topics(world.yunfan) == ["billing.subscribed"], "nobody is told that they may no longer write"


async def _asks(company: Company, who: str, module: str) -> object:
    return await company.run(who, "billing.request_module", RequestModule(module=module))


async def _requested(company: Company) -> list[str]:
    engine = company.app.engine
    async with engine.database.tenant(TenantContext(company.tenant_id, None, EVERYTHING)) as session:
        return [row.module for row in (await session.core(open_requests(company.tenant_id))).all()]


async def test_nobody_but_an_admin_asks_for_a_module_and_for_none_that_does_not_exist(world: World) -> None:
    with pytest.raises(PermissionDenied):
        await _asks(world.yunfan, "li", "sales")
    with pytest.raises(ModuleUnknown) as refused:
        await _asks(world.yunfan, "admin", "nonsense")
    assert refused.value.field == "module"
    assert await _requested(world.yunfan) == []


async def test_asking_gives_nothing_is_kept_once_and_ends_with_the_purchase(world: World, clock) -> None:
    company = world.yunfan
    await activate_subscription_of(company.app.engine, company.tenant_id, ["crm"], None)
    clock.instant = ENDS + timedelta(days=1)
    first = (await _asks(company, "admin", "sales")).value.requested_at
    clock.instant += timedelta(days=1)
    assert (await _asks(company, "admin", "sales")).value.requested_at == first
    assert await _requested(company) == ["sales"]
    assert await _requested(world.seagull) == []
    assert (await stand(company)).modules == frozenset({"crm"})
    clock.instant += timedelta(days=1)
    await activate_subscription_of(company.app.engine, company.tenant_id, ["crm", "sales"], None)
    assert await _requested(company) == []


async def test_a_lapsed_company_may_still_ask(world: World, clock) -> None:
    clock.instant = ENDS + timedelta(days=1)
    await _asks(world.yunfan, "admin", "inventory")
    assert await _requested(world.yunfan) == ["inventory"]
