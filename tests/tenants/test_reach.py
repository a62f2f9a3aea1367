"""What one member does to another stays within reach and below the administrators; rights are those of the moment."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid5

import pytest
from sqlalchemy import select

from kernel.command import command_named
from kernel.context import Context
from kernel.executor import Invocation
from tenants.commands.assign_role import AssignRole, UnassignRole
from tenants.commands.create_role import CreateRole
from tenants.commands.create_tag import CreateTag
from tenants.commands.edit_member import EditMember, MemberById, MoveMember
from tenants.commands.erase_member import EraseMember
from tenants.commands.register_device import MOST_DEVICES, RegisterDevice
from tenants.commands.revoke_device import RevokeDevice
from tenants.entities import Department, Role, RoleAssignment
from tenants.errors import DeviceIdUnusable, InvitationOutdated, TooManyDevices
from tenants.identity.inputs import CreateMember, ResetMemberPassword, SignIn
from tenants.identity.results import Authenticated
from tests.tenants.identity_desk import ADDRESS, OTHER_PASSWORD, Desk
from tests.tenants.test_invitations import accepting
from tests.world import World, seed
from values.errors import NotFound, NotSignedIn, PermissionDenied, Refusal
from values.ids import new_id

ALL_RIGHTS_OVER_MEMBERS = [
    "tenants.member.view",
    "tenants.member.manage",
    "tenants.member.sign_out",
    "tenants.device.view",
    "tenants.device.revoke",
    "tenants.role.view",
]
NEW_PASSWORD = "Xk9-竹林-harbour-2026"


async def run(desk: Desk, who: Authenticated, command: str, data: Any) -> Any:
    return await desk.app.engine.executor.run(who.actor, command_named(command), data)


async def account(desk: Desk, boss: Authenticated, name: str, **more: object) -> UUID:
    """A member with an account of the company's own."""
    asked = {"account": name, "name": name, "initial_password": OTHER_PASSWORD, **more}
    return (await desk.identity.create_member(boss, CreateMember(**asked))).member.id


async def device_of(desk: Desk, who: Authenticated) -> UUID:
    data = RegisterDevice(id=new_id(), name="手机", platform="android")
    executor = desk.app.engine.executor
    return (await executor.run_internal(who.actor, command_named("tenants.register_device"), data)).row_id


async def leader(desk: Desk, boss: Authenticated, department_id: UUID, scope: str) -> Authenticated:
    """Holds every right over members, but only in a department."""
    made = await run(
        desk, boss, "tenants.create_role", CreateRole(name="班长", permissions=ALL_RIGHTS_OVER_MEMBERS, masks=[])
    )
    return await desk.join(boss, "lead", role_ids=[made.row_id], scope=scope, department_id=department_id)


def directed(
    desk: Desk, by: Authenticated, target: UUID, device_id: UUID, role_id: UUID
) -> dict[str, Callable[[], Awaitable[Any]]]:
    """Everything that one member can do to another."""
    return {
        "reset": lambda: desk.identity.reset_member_password(
            by, ResetMemberPassword(member_id=target, initial_password=NEW_PASSWORD), address=ADDRESS
        ),
        "sign_out": lambda: desk.identity.force_sign_out(by.actor, target),
        "revoke": lambda: run(desk, by, "tenants.revoke_device", RevokeDevice(id=device_id)),
        "edit": lambda: run(desk, by, "tenants.edit_member", EditMember(id=target, name="改名")),
        "move": lambda: run(desk, by, "tenants.move_member", MoveMember(id=target, department_id=None)),
        "deactivate": lambda: run(desk, by, "tenants.deactivate_member", MemberById(id=target)),
        "reactivate": lambda: run(desk, by, "tenants.reactivate_member", MemberById(id=target)),
        "erase": lambda: run(desk, by, "tenants.erase_member", EraseMember(id=target)),
        "assign": lambda: run(
            desk, by, "tenants.assign_role", AssignRole(member_id=target, role_id=role_id, scope="own")
        ),
    }


@pytest.mark.parametrize("scope", ["own", "department", "subtree"])
async def test_a_right_in_a_department_reaches_nobody_outside(desk: Desk, scope: str) -> None:
    boss = await desk.founder()
    units = await desk.departments(boss, "销售部", "采购部")
    by = await leader(desk, boss, units["销售部"], scope)
    other = await desk.join(boss, "li", department_id=units["采购部"])
    role_id = await desk.role(boss, "salesperson")
    for name, act in directed(desk, by, other.member_id, await device_of(desk, other), role_id).items():
        with pytest.raises(Refusal) as refused:
            await act()
        assert refused.value.code == "PERMISSION_DENIED", name
    assert (await desk.who((await desk.sign_in("li")).token)).member_id == other.member_id


async def test_an_administrator_is_in_no_other_hands(desk: Desk) -> None:
    boss = await desk.founder()
    units = await desk.departments(boss, "销售部")
    by = await leader(desk, boss, units["销售部"], "subtree")
    second = await account(
        desk, boss, "adm", role_ids=[await desk.role(boss, "admin")], scope="all", department_id=units["销售部"]
    )
    third = await desk.join(
        boss, "third", role_ids=[await desk.role(boss, "admin")], scope="all", department_id=units["销售部"]
    )
    role_id = await desk.role(boss, "admin")
    device_id = await device_of(desk, third)
    for name in ("reset", "sign_out", "deactivate", "reactivate", "erase", "assign"):
        with pytest.raises(Refusal) as refused:
            await directed(desk, by, second, device_id, role_id)[name]()
        assert refused.value.code in ("PERMISSION_DENIED", "GRANT_EXCEEDED"), name
    with pytest.raises(PermissionDenied):
        await directed(desk, by, second, device_id, role_id)["revoke"]()
    await directed(desk, boss, second, device_id, role_id)["revoke"]()
    await directed(desk, boss, second, device_id, role_id)["reset"]()


async def test_within_reach_the_right_works(desk: Desk) -> None:
    boss = await desk.founder()
    units = await desk.departments(boss, "销售部")
    by = await leader(desk, boss, units["销售部"], "subtree")
    role_ids = [await desk.role(boss, "salesperson")]
    keeper = await account(desk, boss, "zhao", role_ids=role_ids, department_id=units["销售部"])
    li = await desk.join(boss, "li", department_id=units["销售部"])
    mine = directed(desk, by, keeper, await device_of(desk, li), role_ids[0])
    await mine["reset"]()
    await mine["sign_out"]()
    await mine["revoke"]()
    org_code = (await desk.platform("SELECT org_code FROM platform.tenant WHERE id = :id", id=boss.tenant_id))[0][0]
    signed = await desk.identity.sign_in(
        SignIn(org_code=org_code, account="zhao", password=NEW_PASSWORD), address=ADDRESS
    )
    assert signed.must_change_password


async def test_an_invitation_is_worth_what_its_inviter_holds_today(desk: Desk) -> None:
    boss = await desk.founder()
    admin = [await desk.role(boss, "admin")]
    second = await desk.join(boss, "li", role_ids=admin, scope="all")
    token = await desk.invite(second, "ghost", role_ids=admin, scope="all")
    async with desk.app.engine.reading(boss.actor) as session:
        held = await session.scalar(select(RoleAssignment.id).where(RoleAssignment.member_id == second.member_id))
    await run(desk, boss, "tenants.unassign_role", UnassignRole(id=held))
    for _ in range(2):  # refused, the link is not used up: nobody learns by a second try
        with pytest.raises(InvitationOutdated):
            await desk.identity.accept_invitation(accepting(token), address=ADDRESS)
    await run(desk, boss, "tenants.assign_role", AssignRole(member_id=second.member_id, role_id=admin[0], scope="all"))
    joined = await desk.identity.accept_invitation(accepting(token), address=ADDRESS)
    assert (await desk.who(joined.token)).tenant_id == boss.tenant_id


async def test_an_invitation_does_not_fall_back_to_another_seat_or_fewer_roles(desk: Desk) -> None:
    boss = await desk.founder()
    units = await desk.departments(boss, "销售部")
    token = await desk.invite(boss, "li", department_id=units["销售部"])

    async def dissolve(ctx: Context) -> None:
        department = await ctx.get(Department, units["销售部"])
        assert department is not None
        await ctx.delete(department)

    await seed(desk.app, boss.tenant_id, dissolve)
    with pytest.raises(InvitationOutdated):
        await desk.identity.accept_invitation(accepting(token), address=ADDRESS)


async def register(world: World, who: str, device_id: UUID) -> Any:
    data = RegisterDevice(id=device_id, name="手机", platform="android")
    return await world.yunfan.run_internal(who, "tenants.register_device", data)


async def test_a_device_cannot_take_the_id_of_a_member(world: World) -> None:
    for taken in (world.yunfan.people["lin"], world.yunfan.people["li"], uuid5(new_id(), "x")):
        with pytest.raises(DeviceIdUnusable):
            await register(world, "li", taken)


async def test_a_devices_keys_and_a_members_keys_never_meet(world: World) -> None:
    company, key = world.yunfan, str(new_id())
    call = Invocation(key=key)
    first = await company.run("admin", "tenants.create_tag", CreateTag(name="甲"), call=call)
    as_device = Invocation(key=key, client_id=company.people["admin"])
    with pytest.raises(Refusal) as refused:  # runs, and is refused as a twin: the admin's outcome does not answer it
        await company.run("lin", "tenants.create_tag", CreateTag(name="甲"), call=as_device)
    assert refused.value.code in ("ALREADY_TAKEN", "PERMISSION_DENIED")
    again = await company.run("admin", "tenants.create_tag", CreateTag(name="甲"), call=call)
    assert (again.row_id, again.replayed) == (first.row_id, True)


async def test_a_member_has_a_limited_number_of_devices(world: World) -> None:
    made = [await register(world, "li", new_id()) for _ in range(MOST_DEVICES)]
    with pytest.raises(TooManyDevices):
        await register(world, "li", new_id())
    assert (await register(world, "li", made[0].row_id)).row_id == made[0].row_id
    await register(world, "zhao", new_id())
    await world.yunfan.run("li", "tenants.revoke_device", RevokeDevice(id=made[0].row_id))
    await register(world, "li", new_id())


async def test_rights_taken_away_are_gone_in_the_next_transaction(world: World) -> None:
    company = world.yunfan
    executor, command = company.app.engine.executor, command_named("tenants.create_tag")
    before = await company.actor()
    lin = await company.actor("lin")
    async with company.app.engine.reading(before) as session:
        assignment = await session.scalar(
            select(RoleAssignment.id).where(RoleAssignment.member_id == company.people["lin"])
        )
        auditor = await session.scalar(select(Role.id).where(Role.key == "auditor"))
    await company.run("admin", "tenants.unassign_role", UnassignRole(id=assignment))
    await company.run("admin", "tenants.assign_role", AssignRole(member_id=lin.member_id, role_id=auditor, scope="all"))
    with pytest.raises(PermissionDenied):
        await executor.run(lin, command, CreateTag(name="旧权限"))
    await company.run("admin", "tenants.deactivate_member", MemberById(id=lin.member_id))
    with pytest.raises(NotSignedIn):
        await executor.run(lin, command, CreateTag(name="已离职"))
    with pytest.raises(NotFound):
        await company.run("admin", "tenants.revoke_device", RevokeDevice(id=new_id()))


async def test_reading_the_rights_anew_widens_nothing(world: World) -> None:
    company = world.yunfan
    li = await company.actor("li")
    async with company.app.engine.reading(await company.actor()) as session:
        admin = await session.scalar(select(Role.id).where(Role.key == "admin"))
    await company.run("admin", "tenants.assign_role", AssignRole(member_id=li.member_id, role_id=admin, scope="all"))
    with pytest.raises(PermissionDenied):
        await company.app.engine.executor.run(li, command_named("tenants.create_tag"), CreateTag(name="未登录"))
