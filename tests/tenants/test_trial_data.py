"""Clearing trial data: transactions go with tombstones, master data stays; only an admin, only during the trial."""

from __future__ import annotations

import pytest

from kernel.context import Context
from kernel.entity import described
from modules.crm.entities import Activity
from tenants.commands.clear_trial_data import ClearTrialData
from tenants.entities import TenantAccess
from tenants.errors import NotConfirmed, OnlyDuringTrial
from tenants.trial_data import clear_trial_rows, transactional_entities
from tests.tenants.rows import add_contact, add_customer, rows_of
from tests.world import Company, World, seed
from values.errors import PermissionDenied, SubscriptionLapsed

CLEAR = "tenants.clear_trial_data"
DATA = ClearTrialData(company_name="云帆贸易")


async def log_activities(company: Company, count: int) -> None:
    customer = await add_customer(company, "鸿达", "li" if "li" in company.people else "qian")

    async def work(ctx: Context) -> None:
        (place,) = {
            row.scope_path
            for row in await rows_of(company.app, company.tenant_id, "SELECT scope_path FROM app.customer")
        }
        for start in range(0, count, 1000):
            rows = [
                {
                    "customer_id": customer,
                    "channel": "phone",
                    "topic": f"试用{i}",
                    "happened_at": ctx.now,
                    "scope_path": place,
                    "custom": {},
                }
                for i in range(start, min(start + 1000, count))
            ]
            await ctx.insert_many(Activity, rows)

    await seed(company.app, company.tenant_id, work)
    await add_contact(company, customer, "张三")


async def counted(company: Company, table: str, where: str = "true") -> int:
    rows = await rows_of(company.app, company.tenant_id, f"SELECT count(*) FROM app.{table} WHERE {where}")
    return int(rows[0][0])


@pytest.mark.parametrize("who", ["li", "wang", "lin", "zhou"])
async def test_only_admins_clear(world: World, who: str) -> None:
    with pytest.raises(PermissionDenied):
        await world.yunfan.run(who, CLEAR, DATA)


async def test_it_must_be_confirmed_by_the_companys_name(world: World) -> None:
    for name in ("", "海鸥商行", "云帆"):
        with pytest.raises(NotConfirmed):
            await world.yunfan.run("admin", CLEAR, ClearTrialData(company_name=name))


async def test_not_after_the_trial_and_not_with_a_subscription(world: World, app, clock) -> None:
    async def subscribe(ctx: Context) -> None:
        from sqlalchemy import select

        access = await ctx.session.scalar(select(TenantAccess).where(TenantAccess.tenant_id == ctx.tenant_id))
        access.subscribed_from = ctx.now

    await seed(app, world.yunfan.tenant_id, subscribe)
    with pytest.raises(OnlyDuringTrial):
        await world.yunfan.run("admin", CLEAR, DATA)
    clock.move(days=17)
    with pytest.raises(SubscriptionLapsed):
        await world.seagull.run("admin", CLEAR, ClearTrialData(company_name="海鸥商行"))


def test_which_entities_are_transactions() -> None:
    assert "crm.Activity" in [described(entity).name for entity in transactional_entities()]
    assert "party.Customer" not in [described(entity).name for entity in transactional_entities()]


async def test_transactions_go_and_master_data_stays(world: World, app, clock) -> None:
    company = world.yunfan
    await log_activities(company, 2300)
    await log_activities(world.seagull, 3)
    clock.move(minutes=1)
    outcome = await company.run("admin", CLEAR, DATA)
    assert outcome.result == {"removed": 1000, "done": False}
    (message,) = await rows_of(
        app, company.tenant_id, "SELECT payload FROM app.outbox WHERE topic = 'tenants.clear_trial_rows'"
    )
    clock.move(minutes=1)
    await seed(app, company.tenant_id, _late(company))
    assert await clear_trial_rows(app.engine, company.tenant_id, message.payload) == 2
    assert await counted(company, "activity") == 1  # made after the clearing began
    assert await counted(company, "activity", "topic = '之后'") == 1
    assert (await counted(company, "customer"), await counted(company, "contact")) == (1, 1)
    assert await counted(company, "change_log", "entity = 'crm.Activity' AND op = 'remove'") == 2300
    assert await counted(company, "audit_entry", "entity = 'crm.Activity' AND op = 'delete'") == 2300
    assert await counted(world.seagull, "activity") == 3
    assert await clear_trial_rows(app.engine, company.tenant_id, message.payload) == 1


def _late(company: Company):
    async def work(ctx: Context) -> None:
        (customer,) = await rows_of(company.app, company.tenant_id, "SELECT id, scope_path FROM app.customer")
        ctx.add(
            Activity(
                id=ctx.new_id(),
                customer_id=customer.id,
                channel="phone",
                topic="之后",
                happened_at=ctx.now,
                owner_id=None,
                scope_path=customer.scope_path,
            )
        )

    return work
