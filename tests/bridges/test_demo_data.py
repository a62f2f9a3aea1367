"""Demo data: who may, the same every time, and gone again without the company's own."""

from __future__ import annotations

from dataclasses import fields

import pytest
from sqlalchemy import func, select

from kernel.command import command_named
from modules.bridges.commands.clear_demo_data import ClearDemoData
from modules.bridges.commands.fill_demo_data import FillDemoData
from modules.bridges.demo_rows import CUSTOMERS, demo_customers, demo_id
from modules.bridges.demo_words import CHINESE, DemoWords
from modules.bridges.demo_words_english import ENGLISH
from modules.crm.entities import Activity
from modules.party.commands.edit_customer import EditCustomer
from modules.party.entities import Contact, Customer
from tenants.entities import Tag
from tests.conftest import NOW
from tests.party.makers import make_activity, make_customer, rows_of
from tests.world import Company, World
from values.errors import PermissionDenied


async def fill(company: Company, who: str = "admin", owners: list[str] | None = None):
    people = [company.people[nick] for nick in owners or []]
    return await company.run_internal(who, "bridges.fill_demo_data", FillDemoData(owner_ids=people))


async def counts(company: Company, who: str = "admin") -> list[int]:
    return [
        (await rows_of(company, who, select(func.count()).select_from(e)))[0] for e in (Customer, Contact, Activity)
    ]


async def test_only_who_manages_the_company(world: World) -> None:
    for who in ("li", "wang", "lin", "zhou"):
        with pytest.raises(PermissionDenied):
            await fill(world.yunfan, who)
        with pytest.raises(PermissionDenied):
            await world.yunfan.run(who, "bridges.clear_demo_data", ClearDemoData())


async def test_it_is_the_same_for_everybody_but_for_its_ids(world: World) -> None:
    mine, again, theirs = (
        [made.customer.name for made in demo_customers(company.tenant_id, [company.admin_id], [], NOW)]
        for company in (world.yunfan, world.yunfan, world.seagull)
    )
    assert mine == again == theirs
    assert len(set(mine)) == CUSTOMERS
    assert demo_id(world.yunfan.tenant_id, "customer", 0) != demo_id(world.seagull.tenant_id, "customer", 0)


async def test_it_speaks_the_language_of_who_asks(world: World) -> None:
    english = await world.yunfan.actor("admin", language="en")
    command = command_named("bridges.fill_demo_data")
    await world.yunfan.app.engine.executor.run_internal(english, command, FillDemoData(owner_ids=[]))
    await fill(world.seagull)
    told = select(Customer.name, Customer.industry, Customer.region, Customer.address, Customer.notes)
    for company, plain in ((world.yunfan, True), (world.seagull, False)):
        async with company.app.engine.reading(await company.actor()) as session:
            rows = (await session.execute(told)).all()
            names = list(await session.scalars(select(Contact.name))) + list(await session.scalars(select(Tag.name)))
            names += list(await session.scalars(select(Activity.content)))
        assert len({row.name for row in rows}) == CUSTOMERS
        assert {text.isascii() for row in rows for text in row if text} == {plain}
        assert {name.isascii() for name in names} == {plain}


def test_both_languages_have_as_many_words() -> None:
    for part in fields(DemoWords):
        mine, theirs = getattr(CHINESE, part.name), getattr(ENGLISH, part.name)
        if isinstance(mine, tuple):
            assert len(mine) == len(theirs), part.name
    for words in (CHINESE, ENGLISH):
        assert words.quotation in {topic[0] for topic in words.topics}


async def test_it_fills_once_and_spreads_over_the_owners(world: World) -> None:
    done = await fill(world.yunfan, owners=["li", "zhao"])
    assert done.result["customers"] == CUSTOMERS
    customers, contacts, activities = await counts(world.yunfan)
    assert (customers, contacts, activities) == (CUSTOMERS, done.result["contacts"], done.result["activities"])
    assert contacts > CUSTOMERS
    assert activities > CUSTOMERS
    assert (await counts(world.yunfan, "li"))[0] == CUSTOMERS // 2
    assert (await fill(world.yunfan)).result == {
        "customers": 0,
        "contacts": 0,
        "activities": 0,
        "products": 0,
        "orders": 0,
    }
    assert await counts(world.seagull) == [0, 0, 0]


async def test_clearing_leaves_what_is_the_companys_own(world: World) -> None:
    own = await make_customer(world.yunfan, name="自己的客户")
    await fill(world.yunfan, owners=["li"])
    await fill(world.seagull)
    used = demo_id(world.yunfan.tenant_id, "customer", 0)
    await world.yunfan.run("admin", "party.edit_customer", EditCustomer(id=used, name="改过名的示例客户"))
    await make_activity(world.yunfan, "li", used)
    await make_activity(world.yunfan, "admin", own)
    done = await world.yunfan.run("admin", "bridges.clear_demo_data", ClearDemoData())
    assert done.result["customers"] == CUSTOMERS - 1
    assert done.result["kept"] == 1
    assert {row.name for row in await rows_of(world.yunfan, "admin", select(Customer))} == {
        "自己的客户",
        "改过名的示例客户",
    }
    assert (await counts(world.yunfan))[1:] == [0, 2]
    assert len(await rows_of(world.yunfan, "admin", select(Tag))) == 4
    assert (await counts(world.seagull))[0] == CUSTOMERS
