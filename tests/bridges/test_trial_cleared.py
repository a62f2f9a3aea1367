"""Clearing the trial's data takes the demo data along; what the company entered as master data stays."""

from __future__ import annotations

from sqlalchemy import func, select

from modules.bridges.commands.clear_demo_data import ClearDemoData
from modules.bridges.demo_rows import CUSTOMERS, demo_id
from modules.crm.entities import Activity
from modules.party.entities import Contact, Customer
from server.parts import Application
from tenants.commands.clear_trial_data import ClearTrialData
from tenants.trial_data import clear_trial_rows
from tests.bridges.test_demo_data import counts, fill
from tests.party.makers import make_activity, make_contact, make_customer, rows_of
from tests.tenants import rows
from tests.tenants.test_trial_data import log_activities
from tests.world import World
from values.clock import FrozenClock

CLEAR, DATA = "tenants.clear_trial_data", ClearTrialData(company_name="云帆贸易")


async def test_demo_customers_go_with_the_trial_and_own_ones_stay(world: World, clock: FrozenClock) -> None:
    company = world.yunfan
    await fill(company, owners=["li"])
    await fill(world.seagull)
    own = await make_customer(company, "li", "自己的客户")
    await make_contact(company, "li", own, "周敏")
    await make_activity(company, "li", own)
    used = demo_id(company.tenant_id, "customer", 0)
    await make_activity(company, "li", used)  # practice: it keeps no demo customer
    clock.move(minutes=1)
    await company.run("admin", CLEAR, DATA)
    assert await counts(company) == [1, 1, 0]
    assert [row.name for row in await rows_of(company, "admin", select(Customer))] == ["自己的客户"]
    assert (await counts(world.seagull))[0] == CUSTOMERS


async def test_demo_data_alone_leaves_the_own_records(world: World, clock: FrozenClock) -> None:
    company = world.yunfan
    await fill(company, owners=["li"])
    own = await make_customer(company, "li", "自己的客户")
    await make_activity(company, "li", own)
    clock.move(minutes=1)
    await company.run("admin", "bridges.clear_demo_data", ClearDemoData())
    assert await counts(company) == [1, 0, 1]


async def test_after_a_long_clearing_the_demo_goes_last(world: World, app: Application, clock: FrozenClock) -> None:
    """Own follow-ups would hold a demo customer back: it goes when they are gone."""
    company = world.yunfan
    await log_activities(company, 1100)
    await fill(company, owners=["li"])
    clock.move(minutes=1)
    first = await company.run("admin", CLEAR, DATA)
    assert first.result["done"] is False
    assert (await counts(company))[0] == CUSTOMERS + 1
    told = "SELECT payload FROM app.outbox WHERE topic = 'tenants.clear_trial_rows'"
    [message] = await rows.rows_of(app, company.tenant_id, told)
    await clear_trial_rows(app.engine, company.tenant_id, message.payload)
    assert await counts(company) == [1, 1, 0]
    assert [await rows_of(company, "admin", select(func.count()).select_from(e)) for e in (Contact, Activity)] == [
        [1],
        [0],
    ]
