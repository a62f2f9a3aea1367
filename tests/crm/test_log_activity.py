"""Follow-ups: written once, seen with their customer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from sqlalchemy import select, text

from kernel.command import commands
from kernel.db import TenantContext
from kernel.policy import EVERYTHING
from modules.crm.entities import Activity
from modules.crm.errors import ContactElsewhere, HappensLater
from modules.party.commands.archive_customer import ArchiveCustomer
from modules.party.commands.erase_contact import EraseContact
from modules.party.errors import RecordArchived
from tenants.commands.edit_member import MemberById
from tenants.commands.erase_member import EraseMember
from tenants.errors import RecordErased
from tests.conftest import NOW
from tests.party.makers import make_activity, make_contact, make_customer, row_of, rows_of
from tests.world import World
from values.errors import AlreadyTaken, ModuleNotBought, NotFound, PermissionDenied, Refusal, SubscriptionLapsed

HERE = {"latitude": Decimal(31), "longitude": Decimal(121)}


async def test_the_auditor_may_not(world: World) -> None:
    made = await make_customer(world.yunfan)
    with pytest.raises(PermissionDenied):
        await make_activity(world.yunfan, "zhou", made)


async def test_only_at_a_customer_that_one_sees(world: World) -> None:
    theirs, foreign = await make_customer(world.yunfan, "zhao"), await make_customer(world.seagull)
    for row_id in (theirs, foreign, uuid4()):
        with pytest.raises(NotFound) as refused:
            await make_activity(world.yunfan, "li", row_id)
        assert refused.value.field == "customerId"


async def test_after_the_trial_and_without_the_module(world: World, clock) -> None:
    from billing.trials import activate_subscription_of

    made = await make_customer(world.yunfan)
    clock.move(days=17)
    with pytest.raises(SubscriptionLapsed):
        await make_activity(world.yunfan, "admin", made)
    await activate_subscription_of(world.yunfan.app.engine, world.yunfan.tenant_id, ["finance"], None)
    with pytest.raises(ModuleNotBought):
        await make_activity(world.yunfan, "admin", made)


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"channel": "飞鸽传书"}, "CHOICE_UNKNOWN", "channel"),
        ({"channel": ""}, "REQUIRED", "channel"),
        ({"topic": " "}, "REQUIRED", "topic"),
        ({"topic": "价\x00格"}, "TEXT_UNREADABLE", "topic"),
        ({"content": "长" * 20_001}, "TEXT_TOO_LONG", "content"),
        ({"budget_minor": -1}, "AMOUNT_OUT_OF_RANGE", "budgetMinor"),
        ({"budget_currency": "CNY"}, "CURRENCY_WITHOUT_AMOUNT", "budgetCurrency"),
        ({"budget_minor": 1, "budget_currency": "人民币"}, "CURRENCY_UNKNOWN", "budgetCurrency"),
        ({"happened_at": NOW + timedelta(days=1, seconds=1)}, "HAPPENS_LATER", "happenedAt"),
        ({"happened_at": datetime(1, 1, 1, tzinfo=UTC)}, "DATE_OUT_OF_RANGE", "happenedAt"),
        ({"next_step_at": datetime.max.replace(tzinfo=UTC)}, "DATE_OUT_OF_RANGE", "nextStepAt"),
        ({"custom": {"x": 1}}, "CUSTOM_FIELD_UNKNOWN", "custom.x"),
        ({"latitude": Decimal("90.000001"), "longitude": Decimal(0)}, "PLACE_INVALID", "latitude"),
        ({"latitude": Decimal("NaN"), "longitude": Decimal(0)}, "PLACE_INVALID", "latitude"),
        ({"latitude": Decimal(0), "longitude": Decimal("-180.000001")}, "PLACE_INVALID", "longitude"),
        ({"latitude": Decimal(0), "longitude": Decimal("Infinity")}, "PLACE_INVALID", "longitude"),
        ({"latitude": Decimal(0), "longitude": Decimal("1e999999")}, "PLACE_INVALID", "longitude"),
        ({"latitude": Decimal(31)}, "PLACE_INVALID", "longitude"),
        ({"longitude": Decimal(121)}, "PLACE_INVALID", "latitude"),
        ({"accuracy_metres": 5}, "PLACE_INVALID", "accuracyMetres"),
        (
            {**HERE, "accuracy_metres": -1},
            "PLACE_INVALID",
            "accuracyMetres",
        ),
        (
            {**HERE, "accuracy_metres": 100_001},
            "PLACE_INVALID",
            "accuracyMetres",
        ),
    ],
)
async def test_bad_input_is_refused_by_field(world: World, fields, code, field) -> None:
    made = await make_customer(world.yunfan, "li")
    with pytest.raises(Refusal) as refused:
        await make_activity(world.yunfan, "li", made, **fields)
    assert (refused.value.code, refused.value.field) == (code, field)


async def test_the_contact_must_work_there(world: World) -> None:
    mine, other = [await make_customer(world.yunfan, "li", name=name) for name in ("甲", "乙")]
    elsewhere = await make_contact(world.yunfan, "li", other)
    with pytest.raises(ContactElsewhere) as refused:
        await make_activity(world.yunfan, "li", mine, contact_id=elsewhere)
    assert refused.value.field == "contactId"
    foreign = await make_contact(world.seagull, "admin", await make_customer(world.seagull))
    for unknown in (foreign, uuid4()):
        with pytest.raises(NotFound):
            await make_activity(world.yunfan, "li", mine, contact_id=unknown)


async def test_not_at_a_customer_in_the_recycle_bin(world: World) -> None:
    made = await make_customer(world.yunfan)
    await world.yunfan.run("admin", "party.archive_customer", ArchiveCustomer(id=made))
    with pytest.raises(RecordArchived):
        await make_activity(world.yunfan, "admin", made)


async def test_not_with_a_person_who_was_erased(world: World) -> None:
    made = await make_customer(world.yunfan)
    contact = await make_contact(world.yunfan, "admin", made)
    await world.yunfan.run("admin", "party.erase_contact", EraseContact(id=contact))
    with pytest.raises(RecordErased) as refused:
        await make_activity(world.yunfan, "admin", made, contact_id=contact)
    assert refused.value.field == "contactId"


async def test_it_happened_now_unless_said_otherwise(world: World) -> None:
    made = await make_customer(world.yunfan, "li")
    row = await row_of(world.yunfan, Activity, await make_activity(world.yunfan, "li", made))
    assert (row.happened_at, row.owner_id) == (NOW, world.yunfan.people["li"])
    shanghai = datetime.fromisoformat("2026-03-01T15:00:00+08:00")
    row = await row_of(
        world.yunfan, Activity, await make_activity(world.yunfan, "li", made, happened_at=shanghai, budget_minor=5)
    )
    assert row.happened_at == datetime(2026, 3, 1, 7, tzinfo=UTC)
    assert row.budget_currency == "CNY"
    await make_activity(world.yunfan, "li", made, happened_at=NOW + timedelta(hours=23))
    with pytest.raises(HappensLater):
        await make_activity(world.yunfan, "li", made, happened_at=NOW + timedelta(days=400))


async def test_the_place_is_kept_in_one_spelling_and_goes_with_the_person(world: World) -> None:
    made = await make_customer(world.yunfan, "li")
    contact = await make_contact(world.yunfan, "li", made)
    place = {"latitude": Decimal("31.2304161234"), "longitude": Decimal("-0.0000001"), "accuracy_metres": 12}
    visit = await make_activity(world.yunfan, "li", made, channel="visit", contact_id=contact, **place)
    row = await row_of(world.yunfan, Activity, visit)
    assert (str(row.latitude), str(row.longitude), row.accuracy_metres) == ("31.230416", "0", 12)
    await world.yunfan.run("admin", "party.erase_contact", EraseContact(id=contact))
    row = await row_of(world.yunfan, Activity, visit)
    assert (row.latitude, row.longitude, row.accuracy_metres) == (None, None, None)


async def test_the_corners_of_the_globe(world: World) -> None:
    made = await make_customer(world.yunfan, "li")
    for latitude, longitude in ((90, 180), (-90, -180), (0, 0)):
        place = {"latitude": Decimal(latitude), "longitude": Decimal(longitude), "accuracy_metres": 0}
        row = await row_of(world.yunfan, Activity, await make_activity(world.yunfan, "li", made, **place))
        assert (row.latitude, row.longitude) == (latitude, longitude)


async def test_a_manager_writes_at_a_salespersons_customer(world: World) -> None:
    """王主管 visits 小李's customer; 小李 reads it, 小赵 does not."""
    made = await make_customer(world.yunfan, "li")
    visit = await make_activity(world.yunfan, "wang", made, channel="visit", topic="年度框架合同")
    assert [row.id for row in await rows_of(world.yunfan, "li", select(Activity))] == [visit]
    assert await rows_of(world.yunfan, "zhao", select(Activity)) == []


async def test_an_id_is_taken_once(world: World) -> None:
    made = await make_customer(world.yunfan, "li")
    once = await make_activity(world.yunfan, "li", made)
    with pytest.raises(AlreadyTaken) as refused:
        await make_activity(world.yunfan, "li", made, id=once)
    assert refused.value.field == "id"


def test_nothing_edits_or_removes_a_follow_up() -> None:
    assert [c.name for c in commands() if c.name.startswith("crm.")] == ["crm.log_activity"]


async def test_where_an_erased_member_was_is_forgotten_and_what_they_did_is_not(world: World, app) -> None:
    company = world.yunfan
    made = await make_customer(company, "li")
    there = {"latitude": Decimal("30.259244"), "longitude": Decimal("120.219375"), "accuracy_metres": 25}
    mine = await make_activity(company, "li", made, content="看了样品", **there)
    theirs = await make_activity(company, "wang", made, **there)
    await company.run("admin", "tenants.deactivate_member", MemberById(id=company.people["li"]))
    assert (await row_of(company, Activity, mine)).latitude is not None
    await company.run("admin", "tenants.erase_member", EraseMember(id=company.people["li"]))
    forgotten = await row_of(company, Activity, mine)
    assert (forgotten.latitude, forgotten.longitude, forgotten.accuracy_metres) == (None, None, None)
    assert (forgotten.content, forgotten.owner_id) == ("看了样品", company.people["li"])
    assert (await row_of(company, Activity, theirs)).latitude == there["latitude"]
    async with app.engine.database.tenant(TenantContext(company.tenant_id, None, EVERYTHING)) as session:
        told = await session.execute(
            text("SELECT row_id FROM app.audit_entry WHERE concat(before, after) LIKE '%30.259244%'")
        )
        assert {row.row_id for row in told} == {theirs}
