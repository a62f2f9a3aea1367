"""Roles: who may define and give them; nobody raises themselves; the last admin stays."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from kernel.command import command_named
from kernel.context import Context
from kernel.executor import Outcome
from tenants.commands.assign_role import AssignRole, SetScope, UnassignRole
from tenants.commands.create_organisation import CreateOrganisation
from tenants.commands.create_role import CreateRole, DeleteRole, EditRole
from tenants.commands.edit_member import MemberById
from tenants.entities import Role, RoleAssignment
from tenants.errors import (
    FieldNotMaskable,
    GrantExceeded,
    LastAdmin,
    MemberInactive,
    NameInvalid,
    PermissionUnknown,
    RoleAlreadyHeld,
    RoleAssigned,
    RoleBuiltIn,
)
from tests.tenants.rows import rows_of
from tests.world import Company, World, seed
from values.errors import AlreadyTaken, InvalidInput, NotFound, NotSignedIn, PermissionDenied, VersionConflict
from values.ids import new_id

CREATE, EDIT, DELETE = "tenants.create_role", "tenants.edit_role", "tenants.delete_role"
ASSIGN, SCOPE, UNASSIGN = "tenants.assign_role", "tenants.set_scope", "tenants.unassign_role"
HR = ["tenants.member.view", "tenants.member.manage", "tenants.role.view", "tenants.organisation.view"]


async def role_id(company: Company, key: str) -> UUID:
    rows = await rows_of(company.app, company.tenant_id, "SELECT id FROM app.role WHERE key = :key", key=key)
    return UUID(str(rows[0].id))


async def make_role(company: Company, name: str, permissions: list[str], masks: list[str] | None = None) -> UUID:
    data = CreateRole(name=name, permissions=permissions, masks=masks or [])
    return (await company.run("admin", CREATE, data)).row_id


async def give(company: Company, by: str, to: str, role: UUID, scope: str, where: UUID | None = None) -> UUID:
    data = AssignRole(member_id=company.people[to], role_id=role, scope=scope, organisation_id=where)
    return (await company.run(by, ASSIGN, data)).row_id


async def assignment_of(company: Company, who: str) -> UUID:
    rows = await rows_of(
        company.app,
        company.tenant_id,
        "SELECT id FROM app.role_assignment WHERE member_id = :id",
        id=company.people[who],
    )
    return UUID(str(rows[0].id))


async def hr_officer(company: Company, who: str = "wang", scope: str = "subtree", extra: tuple[str, ...] = ()) -> UUID:
    """Makes a person who may manage members, and thereby assign roles, but does not administer rights."""
    role = await make_role(company, f"人事{new_id().hex[-4:]}", [*HR, *extra])
    await give(company, "admin", who, role, scope)
    return role


@pytest.mark.parametrize("who", ["li", "wang", "lin", "zhou"])
async def test_only_admins_touch_roles(world: World, who: str) -> None:
    sales = await role_id(world.yunfan, "salesperson")
    held = await assignment_of(world.yunfan, who)
    me = world.yunfan.people[who]
    attempts: list[tuple[str, Any]] = [
        (CREATE, CreateRole(name="我的", permissions=["party.customer.view"])),
        (EDIT, EditRole(id=sales, permissions=["party.customer.view", "party.customer.erase"])),
        (DELETE, DeleteRole(id=sales)),
        (ASSIGN, AssignRole(member_id=me, role_id=await role_id(world.yunfan, "admin"), scope="all")),
        (SCOPE, SetScope(id=held, scope="all")),
        (UNASSIGN, UnassignRole(id=held)),
    ]
    for command, data in attempts:
        with pytest.raises(PermissionDenied):
            await world.yunfan.run(who, command, data)


async def test_another_companys_roles_members_and_assignments_are_not_found(world: World) -> None:
    foreign_role = await role_id(world.seagull, "salesperson")
    own_role = await role_id(world.yunfan, "salesperson")
    foreign_assignment = await assignment_of(world.seagull, "qian")
    attempts: list[tuple[str, Any]] = [
        (EDIT, EditRole(id=foreign_role, name="偷")),
        (DELETE, DeleteRole(id=foreign_role)),
        (ASSIGN, AssignRole(member_id=world.yunfan.people["li"], role_id=foreign_role, scope="own")),
        (ASSIGN, AssignRole(member_id=world.seagull.people["qian"], role_id=own_role, scope="own")),
        (
            ASSIGN,
            AssignRole(member_id=world.yunfan.people["li"], role_id=own_role, scope="own", organisation_id=new_id()),
        ),
        (SCOPE, SetScope(id=foreign_assignment, scope="all")),
        (UNASSIGN, UnassignRole(id=foreign_assignment)),
    ]
    for command, data in attempts:
        with pytest.raises(NotFound):
            await world.yunfan.run("admin", command, data)


async def test_definitions_are_checked(world: World) -> None:
    cases: list[tuple[CreateRole, Any]] = [
        (CreateRole(name=" ", permissions=[]), NameInvalid),
        (CreateRole(name="业务员", permissions=[]), AlreadyTaken),
        (CreateRole(name="新", permissions=["party.customer.fly"]), PermissionUnknown),
        (CreateRole(name="新", permissions=[], masks=["party.Customer.name"]), FieldNotMaskable),
        (CreateRole(name="新", permissions=[], masks=["party.Customer.nothing"]), FieldNotMaskable),
        (CreateRole(name="新", permissions=[], masks=["party.Nothing.phone"]), FieldNotMaskable),
        (CreateRole(name="新", permissions=[], masks=["phone"]), FieldNotMaskable),
    ]
    for data, refusal in cases:
        with pytest.raises(refusal):
            await world.yunfan.run("admin", CREATE, data)


async def test_a_role_is_defined_changed_and_deleted_when_nobody_holds_it(world: World) -> None:
    made = await world.yunfan.run(
        "admin",
        CREATE,
        CreateRole(name="店长", permissions=["party.customer.view"] * 2, masks=["party.Customer.phone"]),
    )
    assert made.value.permissions == ["party.customer.view"]
    edit = EditRole(id=made.row_id, version=1, name="店经理", permissions=["party.customer.view", "crm.activity.view"])
    await world.yunfan.run("admin", EDIT, edit)
    with pytest.raises(VersionConflict):
        await world.yunfan.run("admin", EDIT, edit)
    held = await give(world.yunfan, "admin", "li", made.row_id, "department")
    assert (await world.yunfan.actor("li")).authority.holds("crm.activity.view")
    with pytest.raises(RoleAssigned):
        await world.yunfan.run("admin", DELETE, DeleteRole(id=made.row_id))
    await world.yunfan.run("admin", UNASSIGN, UnassignRole(id=held))
    await world.yunfan.run("admin", DELETE, DeleteRole(id=made.row_id))
    with pytest.raises(RoleBuiltIn):
        await world.yunfan.run("admin", DELETE, DeleteRole(id=await role_id(world.yunfan, "auditor")))
    ops = await rows_of(
        world.yunfan.app,
        world.yunfan.tenant_id,
        "SELECT op FROM app.audit_entry WHERE row_id = :id ORDER BY id",
        id=made.row_id,
    )
    assert [row.op for row in ops] == ["insert", "update", "delete"]


async def test_assignments_are_checked(world: World) -> None:
    sales = await role_id(world.yunfan, "salesperson")
    with pytest.raises(InvalidInput):
        await give(world.yunfan, "admin", "li", sales, "planet")
    with pytest.raises(RoleAlreadyHeld):
        await give(world.yunfan, "admin", "li", sales, "all")
    await world.yunfan.run("admin", "tenants.deactivate_member", MemberById(id=world.yunfan.people["zhao"]))
    with pytest.raises(MemberInactive):
        await give(world.yunfan, "admin", "zhao", await role_id(world.yunfan, "auditor"), "all")


async def test_an_hr_officer_gives_only_what_they_hold_where_they_hold_it(world: World) -> None:
    """王主管 holds the manager's role over 销售部 and may manage members there."""
    await hr_officer(world.yunfan)
    manager = await role_id(world.yunfan, "department_manager")
    refused: list[tuple[str, UUID, str]] = [
        ("wang", await role_id(world.yunfan, "admin"), "own"),  # himself, more rights
        ("wang", await role_id(world.yunfan, "general_manager"), "all"),
        ("li", manager, "all"),  # wider than he reaches
        ("li", await role_id(world.yunfan, "auditor"), "own"),  # audit rights that he does not hold
    ]
    for to, role, scope in refused:
        with pytest.raises(GrantExceeded):
            await give(world.yunfan, "wang", to, role, scope)
    with pytest.raises(PermissionDenied):  # 周会计 sits outside his department
        await give(world.yunfan, "wang", "zhou", await role_id(world.yunfan, "salesperson"), "own")
    given = await give(world.yunfan, "wang", "li", manager, "own")
    await world.yunfan.run("wang", SCOPE, SetScope(id=given, scope="subtree"))
    with pytest.raises(GrantExceeded):
        await world.yunfan.run("wang", SCOPE, SetScope(id=given, scope="all"))
    await world.yunfan.run("wang", UNASSIGN, UnassignRole(id=given))


async def test_an_hr_officer_cannot_touch_what_others_hold_beyond_them(world: World) -> None:
    await hr_officer(world.yunfan, scope="all")
    for command, data in (
        (UNASSIGN, UnassignRole(id=await assignment_of(world.yunfan, "admin"))),
        (SCOPE, SetScope(id=await assignment_of(world.yunfan, "lin"), scope="own")),
        ("tenants.deactivate_member", MemberById(id=world.yunfan.people["admin"])),
    ):
        with pytest.raises((GrantExceeded, PermissionDenied)):
            await world.yunfan.run("wang", command, data)


async def test_a_grant_cannot_be_anchored_beyond_the_givers_reach(world: World) -> None:
    made = await world.yunfan.run(
        "admin", "tenants.create_organisation", CreateOrganisation(name="上海分公司", kind="branch")
    )
    await hr_officer(world.yunfan)
    with pytest.raises(GrantExceeded):
        await give(world.yunfan, "wang", "li", await role_id(world.yunfan, "salesperson"), "all", where=made.row_id)


async def test_a_role_that_unmasks_is_not_ones_to_give(world: World) -> None:
    """Whoever does not see a field gives no role that shows it, not even to a colleague."""
    blind = await make_role(
        world.yunfan, "盲", [*HR, "party.customer.view"], ["party.Customer.phone", "party.Customer.email"]
    )
    open_role = await make_role(world.yunfan, "明", ["party.customer.view"], ["party.Customer.email"])
    await world.yunfan.run("admin", UNASSIGN, UnassignRole(id=await assignment_of(world.yunfan, "zhou")))
    await give(world.yunfan, "admin", "zhou", blind, "all")
    with pytest.raises(GrantExceeded):
        await give(world.yunfan, "zhou", "zhou", open_role, "own")
    same = await make_role(
        world.yunfan, "同", ["party.customer.view"], ["party.Customer.phone", "party.Customer.email"]
    )
    await give(world.yunfan, "zhou", "zhou", same, "own")


async def test_a_branchs_administrator_does_not_redefine_the_companys_roles(world: World) -> None:
    """`tenants.role.manage` that holds in one branch is no right over roles, which hold everywhere."""
    branch = await world.yunfan.run(
        "admin", "tenants.create_organisation", CreateOrganisation(name="上海分公司", kind="branch")
    )
    await world.yunfan.run("admin", UNASSIGN, UnassignRole(id=await assignment_of(world.yunfan, "wang")))
    admin = await role_id(world.yunfan, "admin")
    await give(world.yunfan, "admin", "wang", admin, "all", where=branch.row_id)
    assert (await world.yunfan.actor("wang")).authority.holds("tenants.role.manage")
    own = await role_id(world.yunfan, "department_manager")
    for command, data in (
        (CREATE, CreateRole(name="新", permissions=[])),
        (EDIT, EditRole(id=admin, masks=[])),
        (EDIT, EditRole(id=own, permissions=["party.customer.erase"])),
        (DELETE, DeleteRole(id=own)),
    ):
        with pytest.raises(PermissionDenied):
            await world.yunfan.run("wang", command, data)
    with pytest.raises(PermissionDenied):  # he sits at the head office, outside his branch
        await give(world.yunfan, "wang", "wang", admin, "all")


async def test_the_last_admin_stays(world: World) -> None:
    held = await assignment_of(world.yunfan, "admin")
    admin_role = await role_id(world.yunfan, "admin")
    attempts: list[tuple[str, Any]] = [
        (UNASSIGN, UnassignRole(id=held)),
        (SCOPE, SetScope(id=held, scope="department")),
        (EDIT, EditRole(id=admin_role, permissions=["party.customer.view"])),
        ("tenants.deactivate_member", MemberById(id=world.yunfan.admin_id)),
    ]
    for command, data in attempts:
        with pytest.raises(LastAdmin):
            await world.yunfan.run("admin", command, data)
    await give(world.yunfan, "admin", "lin", admin_role, "all")
    await world.yunfan.run("admin", UNASSIGN, UnassignRole(id=held))
    with pytest.raises(LastAdmin):
        await world.yunfan.run("lin", "tenants.deactivate_member", MemberById(id=world.yunfan.people["lin"]))


async def test_two_admins_cannot_remove_each_other_at_once(world: World, app) -> None:
    admin_role = await role_id(world.yunfan, "admin")
    deactivate = command_named("tenants.deactivate_member")
    for _ in range(4):
        await give(world.yunfan, "admin", "lin", admin_role, "all")
        pairs = [("admin", world.yunfan.people["lin"]), ("lin", world.yunfan.admin_id)]
        actors = [(await world.yunfan.actor(who), target) for who, target in pairs]
        results = await asyncio.gather(
            *(app.engine.executor.run(actor, deactivate, MemberById(id=target)) for actor, target in actors),
            return_exceptions=True,
        )
        # Who comes so late that the other has taken effect is nobody any more: refused all the same.
        assert sum(isinstance(result, LastAdmin | NotSignedIn) for result in results) == 1, results
        assert sum(isinstance(result, Outcome) for result in results) == 1, results
        await seed(app, world.yunfan.tenant_id, _restore_admin(world.yunfan))


def _restore_admin(company: Company) -> Any:
    async def work(ctx: Context) -> None:
        for nick in ("admin", "lin"):
            await ctx.session.core(
                _members().update().where(_members().c.id == company.people[nick]).values(deactivated_at=None)
            )
        admin = await ctx.session.scalar(select(Role).where(Role.key == "admin"))
        for held in await ctx.session.scalars(
            select(RoleAssignment).where(
                RoleAssignment.member_id == company.people["lin"], RoleAssignment.role_id == admin.id
            )
        ):
            await ctx.delete(held)

    return work


def _members() -> Any:
    from kernel.entity import table
    from tenants.entities import Member

    return table(Member)
