"""A mask on `custom` hides the company's own fields: nobody reads or writes through it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from modules.crm.commands.log_activity import LogActivity
from modules.party.commands.create_contact import CreateContact
from modules.party.commands.create_customer import CreateCustomer
from modules.party.commands.edit_customer import EditCustomer
from modules.party.entities import Customer
from tenants.commands.assign_role import AssignRole, UnassignRole
from tenants.commands.create_role import CreateRole
from tenants.commands.define_custom_field import DefineCustomField
from tenants.errors import FieldNotMaskable
from tests.party.makers import make_customer, row_of
from tests.tenants.test_roles import assignment_of
from tests.world import Company, World
from values.errors import FieldMasked

ACTIONS = ("party.customer", "party.contact")
MAY = [f"{prefix}.{action}" for prefix in ACTIONS for action in ("view", "create", "edit")]
MAY += ["crm.activity.view", "crm.activity.log"]
MASKS = ["party.Customer.custom", "party.Contact.custom", "crm.Activity.custom"]


async def blinded(world: World) -> tuple[Company, UUID]:
    """小李 may not see the company's own fields; a customer of his has one, which new customers must have too."""
    company = world.yunfan
    made = await make_customer(company, "li", "西湖茶业")
    for entity in ("party.Customer", "party.Contact", "crm.Activity"):
        field = DefineCustomField(entity=entity, key="grade", label_zh="等第", kind="text", required=True)
        await company.run("admin", "tenants.define_custom_field", field)
    await company.run("admin", "party.edit_customer", EditCustomer(id=made, custom={"grade": "甲"}))
    await company.run("admin", "tenants.unassign_role", UnassignRole(id=await assignment_of(company, "li")))
    role = await company.run("admin", "tenants.create_role", CreateRole(name="外勤", permissions=MAY, masks=MASKS))
    given = AssignRole(member_id=company.people["li"], role_id=role.row_id, scope="own")
    await company.run("admin", "tenants.assign_role", given)
    return company, made


async def test_a_single_field_is_not_maskable(world: World) -> None:
    role = CreateRole(name="外勤", permissions=[], masks=["party.Customer.custom.grade"])
    with pytest.raises(FieldNotMaskable):
        await world.yunfan.run("admin", "tenants.create_role", role)


@pytest.mark.parametrize("value", ["乙", None])
async def test_a_hidden_field_is_neither_set_nor_cleared(world: World, value: str | None) -> None:
    company, made = await blinded(world)
    custom: dict[str, Any] = {"grade": value}
    attempts: list[tuple[str, Any]] = [
        ("party.edit_customer", EditCustomer(id=made, custom=custom)),
        ("party.create_customer", CreateCustomer(name="新客户", custom=custom)),
        ("party.create_contact", CreateContact(customer_id=made, name="周敏", custom=custom)),
        ("crm.log_activity", LogActivity(customer_id=made, channel="phone", topic="询价", custom=custom)),
    ]
    for command, data in attempts:
        with pytest.raises(FieldMasked) as refused:
            await company.run("li", command, data)
        assert refused.value.field == "custom"
    assert (await row_of(company, Customer, made)).custom == {"grade": "甲"}


async def test_who_sees_none_of_them_still_works(world: World) -> None:
    company, made = await blinded(world)
    await company.run("li", "party.edit_customer", EditCustomer(id=made, region="浙江"))
    new = await company.run("li", "party.create_customer", CreateCustomer(name="新客户"))
    assert (await row_of(company, Customer, new.row_id)).custom == {}
    assert (await row_of(company, Customer, made)).custom == {"grade": "甲"}
