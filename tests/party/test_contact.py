"""Contacts: seen where their customer is seen."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

import pytest

from modules.party.commands.archive_customer import ArchiveCustomer
from modules.party.commands.edit_contact import EditContact
from modules.party.entities import Contact, Customer
from modules.party.errors import RecordArchived
from tests.party.makers import make_contact, make_customer, row_of
from tests.world import World
from values.errors import AlreadyTaken, NotFound, PermissionDenied, Refusal


async def test_the_auditor_may_not(world: World) -> None:
    made = await make_customer(world.yunfan)
    with pytest.raises(PermissionDenied):
        await make_contact(world.yunfan, "zhou", made)


async def test_only_at_a_customer_that_one_sees(world: World) -> None:
    theirs = await make_customer(world.yunfan, "zhao")
    foreign = await make_customer(world.seagull)
    for row_id in (theirs, foreign, uuid4()):
        with pytest.raises(NotFound) as refused:
            await make_contact(world.yunfan, "li", row_id)
        assert refused.value.field == "customerId"


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"name": "\u3000"}, "REQUIRED", "name"),
        ({"name": "王\x00"}, "TEXT_UNREADABLE", "name"),
        ({"mobile": "一三八"}, "PHONE_INVALID", "mobile"),
        ({"email": "wang"}, "EMAIL_INVALID", "email"),
        ({"birthday": date(1066, 10, 14)}, "DATE_OUT_OF_RANGE", "birthday"),
        ({"wechat": "w" * 201}, "TEXT_TOO_LONG", "wechat"),
        ({"preference": "茶\x07"}, "TEXT_UNREADABLE", "preference"),
        ({"custom": {"x": 1}}, "CUSTOM_FIELD_UNKNOWN", "custom.x"),
    ],
)
async def test_bad_input_is_refused_by_field(world: World, fields, code, field) -> None:
    made = await make_customer(world.yunfan, "li")
    with pytest.raises(Refusal) as refused:
        await make_contact(world.yunfan, "li", made, **fields)
    assert (refused.value.code, refused.value.field) == (code, field)
    kept = await make_contact(world.yunfan, "li", made)
    with pytest.raises(Refusal) as refused:
        await world.yunfan.run("li", "party.edit_contact", EditContact(id=kept, **fields))
    assert (refused.value.code, refused.value.field) == (code, field)


async def test_not_at_a_customer_in_the_recycle_bin(world: World) -> None:
    made = await make_customer(world.yunfan)
    await world.yunfan.run("admin", "party.archive_customer", ArchiveCustomer(id=made))
    with pytest.raises(RecordArchived) as refused:
        await make_contact(world.yunfan, "admin", made)
    assert refused.value.field == "customerId"


async def test_it_lies_where_its_customer_lies(world: World) -> None:
    made = await make_customer(world.yunfan, "li")
    contact = await make_contact(world.yunfan, "wang", made, "曾总", mobile="13912345678", birthday=date(1980, 2, 29))
    row, customer = await row_of(world.yunfan, Contact, contact), await row_of(world.yunfan, Customer, made)
    assert (row.scope_path, row.owner_id) == (customer.scope_path, world.yunfan.people["li"])
    assert (row.mobile, row.birthday, row.created_by_id) == (
        "+8613912345678",
        date(1980, 2, 29),
        world.yunfan.people["wang"],
    )
    assert row.name_key.startswith("zeng1")


async def test_an_edit_keeps_what_is_left_out(world: World) -> None:
    contact = await make_contact(world.yunfan, "li", await make_customer(world.yunfan, "li"), title="采购经理")
    await world.yunfan.run("li", "party.edit_contact", EditContact(id=contact, wechat="zhoumin", version=1))
    row = await row_of(world.yunfan, Contact, contact)
    assert (row.title, row.wechat, row.version) == ("采购经理", "zhoumin", 2)


async def test_an_id_is_taken_once_in_a_tenant_and_free_in_another(world: World) -> None:
    mine, theirs = await make_customer(world.yunfan), await make_customer(world.seagull)
    shared = await make_contact(world.yunfan, "admin", mine)
    with pytest.raises(AlreadyTaken) as refused:
        await make_contact(world.yunfan, "admin", mine, id=shared)
    assert refused.value.field == "id"
    assert await make_contact(world.seagull, "admin", theirs, id=shared) == shared
