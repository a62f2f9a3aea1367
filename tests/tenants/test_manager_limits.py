"""A manager with a reach: acts on nobody above, widens nobody's rights, and changes nothing that is the company's."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from modules.bridges.commands.clear_demo_data import ClearDemoData
from tenants.commands.assign_role import AssignRole, SetScope, UnassignRole
from tenants.commands.create_department import CreateDepartment, EditDepartment, MoveDepartment
from tenants.commands.create_organisation import CreateOrganisation, EditLegalEntity, EditOrganisation, NewLegalEntity
from tenants.commands.create_role import CreateRole, DeleteRole, EditRole
from tenants.commands.define_custom_field import DefineCustomField
from tenants.commands.edit_member import EditMember, MemberById, MoveMember
from tenants.commands.erase_member import EraseMember
from tenants.commands.set_setting import SetSetting
from tenants.errors import GrantExceeded
from tests.tenants.rows import rows_of
from tests.tenants.test_roles import assignment_of, give, make_role, role_id
from tests.world import Company, World
from values.errors import PermissionDenied

# All that manages a company but defining roles, and the view of what it manages.
MANAGES = [
    *("tenants.member.view", "tenants.member.manage", "tenants.member.invite", "tenants.role.view"),
    *("tenants.department.view", "tenants.department.manage"),
    *("tenants.organisation.view", "tenants.organisation.manage"),
    *("tenants.legal_entity.view", "tenants.legal_entity.edit"),
    *("tenants.setting.view", "tenants.setting.manage"),
    *("tenants.custom_field.view", "tenants.custom_field.manage"),
]
PHONE = "party.Customer.phone"
HEAD_OFFICE = "SELECT id FROM app.organisation WHERE parent_id IS NULL"


async def manager(company: Company, scope: str = "subtree", **role: Any) -> UUID:
    """王主管 manages 销售部 and what is below it; the assignment's id."""
    made = await make_role(company, "分管", [*MANAGES, *role.get("permissions", [])], role.get("masks"))
    return await give(company, "admin", "wang", made, scope)


async def promoted(company: Company, who: str = "li") -> None:
    """An administrator who sits in 销售部, inside the manager's reach."""
    await give(company, "admin", who, await role_id(company, "admin"), "all")


async def rights(company: Company, who: str) -> tuple[dict[str, tuple[str, ...]], frozenset[str]]:
    authority = (await company.actor(who)).authority
    return dict(authority.grants), authority.masks


async def test_an_administrator_inside_the_reach_is_out_of_the_managers_hands(world: World) -> None:
    company = world.yunfan
    await manager(company)
    await promoted(company)
    li = company.people["li"]
    small = await role_id(company, "salesperson")
    before = await rights(company, "li")
    mine = await rows_of(
        company.app,
        company.tenant_id,
        "SELECT a.id FROM app.role_assignment a WHERE member_id = :id AND role_id = :role",
        id=li,
        role=small,
    )
    extra = await make_role(company, "小角色", ["tenants.member.view"])
    attempts: list[tuple[str, Any]] = [
        ("tenants.edit_member", EditMember(id=li, name="被改名")),
        ("tenants.move_member", MoveMember(id=li, department_id=company.departments["销售一组"])),
        ("tenants.deactivate_member", MemberById(id=li)),
        ("tenants.erase_member", EraseMember(id=li)),
        ("tenants.assign_role", AssignRole(member_id=li, role_id=extra, scope="own")),
        ("tenants.set_scope", SetScope(id=mine[0].id, scope="department")),
        ("tenants.unassign_role", UnassignRole(id=mine[0].id)),
    ]
    for command, data in attempts:
        with pytest.raises((PermissionDenied, GrantExceeded)):
            await company.run("wang", command, data)
    assert await rights(company, "li") == before
    await company.run("admin", "tenants.deactivate_member", MemberById(id=li))
    with pytest.raises(PermissionDenied):
        await company.run("wang", "tenants.reactivate_member", MemberById(id=li))


async def test_a_manager_gives_themselves_nothing(world: World) -> None:
    company = world.yunfan
    held = await manager(company)
    wang = company.people["wang"]
    before = await rights(company, "wang")
    [office] = await rows_of(company.app, company.tenant_id, HEAD_OFFICE)
    wider = await make_role(company, "客户全览", ["party.customer.view", "party.customer.assign"])
    attempts: list[tuple[str, Any]] = [
        ("tenants.set_scope", SetScope(id=held, scope="all")),
        ("tenants.set_scope", SetScope(id=await assignment_of(company, "wang"), scope="all")),
        ("tenants.assign_role", AssignRole(member_id=wang, role_id=wider, scope="own")),
        ("tenants.assign_role", AssignRole(member_id=wang, role_id=wider, scope="all", organisation_id=office.id)),
        ("tenants.move_member", MoveMember(id=wang, organisation_id=office.id)),
        ("tenants.create_role", CreateRole(name="新", permissions=MANAGES)),
        ("tenants.edit_role", EditRole(id=wider, permissions=[])),
        ("tenants.delete_role", DeleteRole(id=wider)),
    ]
    for command, data in attempts:
        with pytest.raises((PermissionDenied, GrantExceeded)):
            await company.run("wang", command, data)
    assert await rights(company, "wang") == before


async def test_dropping_the_role_that_hides_a_field_does_not_show_it(world: World) -> None:
    """Two roles: one shows own customers whole, one shows the department's without the phone."""
    company = world.yunfan
    await company.run("admin", "tenants.unassign_role", UnassignRole(id=await assignment_of(company, "wang")))
    held = await manager(company, permissions=["party.customer.view"], masks=[PHONE])
    officer = await make_role(company, "人事", MANAGES)
    await give(company, "admin", "wang", officer, "subtree")
    await give(company, "admin", "wang", await make_role(company, "自己的", ["party.customer.view"]), "own")
    assert PHONE in (await rights(company, "wang"))[1]
    for command, data in (
        ("tenants.unassign_role", UnassignRole(id=held)),
        ("tenants.set_scope", SetScope(id=held, scope="own")),
    ):
        with pytest.raises((PermissionDenied, GrantExceeded)):
            await company.run("wang", command, data)
    assert PHONE in (await rights(company, "wang"))[1]
    await company.run("admin", "tenants.unassign_role", UnassignRole(id=held))
    assert PHONE not in (await rights(company, "wang"))[1]


async def test_nor_does_a_colleague_who_sees_as_little_show_it(world: World) -> None:
    company = world.yunfan
    await company.run("admin", "tenants.unassign_role", UnassignRole(id=await assignment_of(company, "wang")))
    await manager(company, permissions=["party.customer.view"], masks=[PHONE])
    masking = await make_role(company, "盲", ["party.customer.view"], [PHONE])
    await company.run("admin", "tenants.unassign_role", UnassignRole(id=await assignment_of(company, "li")))
    await give(company, "admin", "li", await make_role(company, "自己的", ["party.customer.view"]), "own")
    held = await give(company, "admin", "li", masking, "department")
    with pytest.raises((PermissionDenied, GrantExceeded)):
        await company.run("wang", "tenants.unassign_role", UnassignRole(id=held))
    assert PHONE in (await rights(company, "li"))[1]


async def test_departments_and_organisations_outside_the_reach(world: World) -> None:
    company = world.yunfan
    await manager(company)
    [office] = await rows_of(company.app, company.tenant_id, HEAD_OFFICE)
    sales, buying = company.departments["销售部"], company.departments["采购部"]
    attempts: list[tuple[str, Any]] = [
        ("tenants.create_department", CreateDepartment(name="新")),  # the head office by default
        ("tenants.create_department", CreateDepartment(name="新", organisation_id=office.id)),
        ("tenants.create_department", CreateDepartment(name="新", parent_id=buying)),
        ("tenants.edit_department", EditDepartment(id=buying, name="新")),
        ("tenants.move_department", MoveDepartment(id=buying, parent_id=sales)),  # brings its people into the reach
        ("tenants.move_department", MoveDepartment(id=company.departments["销售一组"], parent_id=buying)),
        ("tenants.create_organisation", CreateOrganisation(name="新", kind="branch")),
        ("tenants.edit_organisation", EditOrganisation(id=office.id, name="新")),
    ]
    for command, data in attempts:
        with pytest.raises(PermissionDenied):
            await company.run("wang", command, data)
    made = await company.run("wang", "tenants.create_department", CreateDepartment(name="二组", parent_id=sales))
    assert made.value.path.startswith((await company.actor("wang")).home_path)


async def test_what_is_the_companys_needs_a_right_over_the_company(world: World) -> None:
    """Settings, fields and books hold for everybody: a right that ends at a department is none over them."""
    company = world.yunfan
    held = await manager(company)
    [legal] = await rows_of(company.app, company.tenant_id, "SELECT id FROM app.legal_entity")
    field = DefineCustomField(entity="party.Customer", key="grade", label_zh="等第", kind="text")
    branch = CreateOrganisation(name="新", kind="branch", legal_entity=NewLegalEntity(name="新主体"))
    attempts: list[tuple[str, Any]] = [
        ("tenants.set_setting", SetSetting(name="security.idle_timeout_minutes", value=60)),
        ("tenants.define_custom_field", field),
        ("tenants.edit_legal_entity", EditLegalEntity(id=legal.id, name="改名")),
        ("tenants.create_organisation", branch),
        ("bridges.clear_demo_data", ClearDemoData()),
    ]
    for command, data in attempts:
        with pytest.raises(PermissionDenied):
            await company.run("wang", command, data)
    await company.run("admin", "tenants.set_scope", SetScope(id=held, scope="all"))
    for command, data in attempts[1:]:
        await company.run("wang", command, data)
