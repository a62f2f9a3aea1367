"""Erasing customers and contacts: who may, what is left of the person (nothing), and what stays."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from kernel.command import command_named
from kernel.executor import Invocation
from modules.crm.entities import Activity
from modules.party.commands.archive_contact import ArchiveContact
from modules.party.commands.edit_contact import EditContact
from modules.party.commands.edit_customer import EditCustomer
from modules.party.commands.erase_contact import EraseContact
from modules.party.commands.erase_customer import EraseCustomer
from modules.party.entities import Contact, Customer
from server.parts import Application
from tenants.commands.define_custom_field import DefineCustomField
from tests.party.makers import make_activity, make_contact, make_customer, row_of
from tests.party.makers import rows_of as seen_by
from tests.tenants.rows import rows_of
from tests.tenants.test_erasure import add_inbox_entry, traces
from tests.world import Company, World
from values.errors import KeyReused, NotFound, PermissionDenied, VersionConflict

CUSTOMER, CONTACT = "party.erase_customer", "party.erase_contact"


async def customer_of(company: Company, who: str = "li") -> UUID:
    """A customer that is a person, with everything that tells who."""
    made = await make_customer(
        company, who, "金丝雀小姐", phone="13800001111", email="canary@example.com", notes="金丝雀爱唱歌", code="K-1"
    )
    await company.run(who, "party.edit_customer", EditCustomer(id=made, name="金丝雀女士", region="浙江"))
    return made


@pytest.mark.parametrize("who", ["li", "wang", "lin", "zhou"])
async def test_only_who_holds_the_right_erases(world: World, who: str) -> None:
    company = world.yunfan
    customer = await customer_of(company)
    contact = await make_contact(company, "li", customer)
    for command, data in ((CUSTOMER, EraseCustomer(id=customer)), (CONTACT, EraseContact(id=contact))):
        with pytest.raises(PermissionDenied):
            await company.run(who, command, data)
    assert (await row_of(company, Customer, customer)).name == "金丝雀女士"


async def test_unknown_and_foreign_rows_are_not_found(world: World) -> None:
    foreign = await make_customer(world.seagull)
    theirs = await make_contact(world.seagull, "admin", foreign)
    attempts: list[tuple[str, Any]] = [
        (CUSTOMER, EraseCustomer(id=foreign)),
        (CUSTOMER, EraseCustomer(id=uuid4())),
        (CONTACT, EraseContact(id=theirs)),
        (CONTACT, EraseContact(id=uuid4())),
    ]
    for command, data in attempts:
        with pytest.raises(NotFound):
            await world.yunfan.run("admin", command, data)
    assert (await row_of(world.seagull, Contact, theirs)).name == "周敏"


async def test_an_older_version_is_refused(world: World) -> None:
    customer = await customer_of(world.yunfan)
    with pytest.raises(VersionConflict):
        await world.yunfan.run("admin", CUSTOMER, EraseCustomer(id=customer, version=1))
    contact = await make_contact(world.yunfan, "li", customer)
    with pytest.raises(VersionConflict):
        await world.yunfan.run("admin", CONTACT, EraseContact(id=contact, version=2))


async def test_no_trace_of_a_customer_and_its_contacts_is_left(world: World, app: Application) -> None:
    company = world.yunfan
    await company.run(
        "admin",
        "tenants.define_custom_field",
        DefineCustomField(entity="party.Customer", key="nick", label_zh="昵称", kind="text"),
    )
    customer = await customer_of(company)
    await company.run("li", "party.edit_customer", EditCustomer(id=customer, custom={"nick": "金丝雀"}))
    contact = await make_contact(company, "li", customer, "Canary's 先生", mobile="13800001111")
    binned = await make_contact(company, "li", customer, "金丝雀太太", email="canary@example.com")
    await company.run("wang", "party.archive_contact", ArchiveContact(id=binned))
    told = await make_activity(
        company, "zhao", await make_customer(company, "zhao", "别家"), topic="金", content="与此无关"
    )
    about = await make_activity(
        company, "li", customer, contact_id=contact, topic="金丝雀女士来电", content="打 13800001111", next_step="回访"
    )
    await add_inbox_entry(company, customer, {"id": str(customer), "name": "金丝雀小姐"})
    await add_inbox_entry(company, uuid4(), {"customerId": str(customer), "content": "金丝雀来电"})
    before = await traces(company)
    assert {"customer: 金丝雀", "contact: Canary's", "activity: 金丝雀", "audit_entry: 金丝雀"} <= set(before)
    assert {"search_term: jinsique", "custom_value: 金丝雀", "inbox_entry: 金丝雀"} <= set(before)

    erased = await company.run("admin", CUSTOMER, EraseCustomer(id=customer))
    assert erased.row_id == customer
    assert await traces(company) == {}
    row = await row_of(company, Customer, customer)
    assert (row.name, row.phone, row.email, row.notes, row.custom) == ("已删除", None, None, None, {})
    assert (row.code, row.region, row.archived_by_id) == ("K-1", "浙江", company.admin_id)
    for contact_id in (contact, binned):
        assert (await row_of(company, Contact, contact_id)).name == "已删除"
    assert (await row_of(company, Contact, binned)).archived_by_id == company.people["wang"]
    said = await row_of(company, Activity, about)
    assert (said.topic, said.content, said.next_step, said.channel) == ("***来电", None, "回访", "phone")
    assert said.owner_id == company.people["li"]
    assert (await row_of(company, Activity, told)).content == "与此无关"
    clock = (await rows_of(app, company.tenant_id, "SELECT value FROM app.tenant_clock"))[0].value
    told_devices = await rows_of(
        app, company.tenant_id, "SELECT row_id FROM app.change_log WHERE clock = :clock AND op = 'put'", clock=clock
    )
    assert {customer, contact, binned, about} <= {change.row_id for change in told_devices}


async def test_an_erased_contact_is_gone_from_its_own_and_from_other_follow_ups(world: World) -> None:
    company = world.yunfan
    customer = await make_customer(company, "li", "鸿达贸易")
    contact = await make_contact(company, "li", customer, "金丝雀", mobile="13800001111", title="经理")
    colleague = await make_contact(company, "li", customer, "周敏")
    own = await make_activity(company, "li", customer, contact_id=contact, content="她说要休假")
    other = await make_activity(
        company, "li", customer, contact_id=colleague, content="金丝雀(13800001111)休假，找周敏。"
    )
    await company.run("li", "party.edit_contact", EditContact(id=colleague, notes="接手"))
    await company.run("admin", CONTACT, EraseContact(id=contact))
    assert await traces(company) == {}
    row = await row_of(company, Contact, contact)
    assert (row.name, row.mobile, row.title, row.archived_at is not None) == ("已删除", None, "经理", True)
    assert (await row_of(company, Customer, customer)).name == "鸿达贸易"
    assert (await row_of(company, Contact, colleague)).name == "周敏"
    assert (await row_of(company, Activity, own)).content is None
    assert (await row_of(company, Activity, other)).content == "***(***)休假，找周敏。"
    # What stays in the recycle bin shows to members without anything personal.
    assert [seen.name for seen in await seen_by(company, "li", select(Contact).where(Contact.id == contact))] == [
        "已删除"
    ]


async def test_erasing_again_changes_nothing(world: World) -> None:
    company = world.yunfan
    customer = await customer_of(company)
    contact = await make_contact(company, "li", customer)
    for command, data, entity in (
        (CONTACT, EraseContact(id=contact), Contact),
        (CUSTOMER, EraseCustomer(id=customer), Customer),
    ):
        await company.run("admin", command, data)
        version = (await row_of(company, entity, data.id)).version
        await company.run("admin", command, data)
        assert (await row_of(company, entity, data.id)).version == version


async def test_a_retry_is_answered_and_another_use_of_its_key_refused(world: World) -> None:
    company, executor = world.yunfan, world.yunfan.app.engine.executor
    customer, other = await customer_of(company), await make_customer(company)
    admin, command = await company.actor(), command_named(CUSTOMER)
    await executor.run(admin, command, EraseCustomer(id=customer), Invocation(key="erase-1"))
    again = await executor.run(admin, command, EraseCustomer(id=customer), Invocation(key="erase-1"))
    assert again.replayed
    with pytest.raises(KeyReused):
        await executor.run(admin, command, EraseCustomer(id=other), Invocation(key="erase-1"))


async def test_the_duty_does_not_end_with_the_trial(world: World, clock: Any) -> None:
    customer = await customer_of(world.yunfan)
    clock.move(days=20)
    await world.yunfan.run("admin", CUSTOMER, EraseCustomer(id=customer))
    assert await traces(world.yunfan) == {}


async def test_the_rivals_namesake_stays(world: World) -> None:
    mine, theirs = await customer_of(world.yunfan), await customer_of(world.seagull, "qian")
    await world.yunfan.run("admin", CUSTOMER, EraseCustomer(id=mine))
    assert (await row_of(world.seagull, Customer, theirs)).name == "金丝雀女士"
