"""Members: own name and language, deactivation and its undoing."""

from __future__ import annotations

from typing import Any

import pytest

from tenants.commands.edit_member import EditMember, MemberById, MoveMember
from tenants.errors import GrantExceeded, LanguageUnknown, MemberActive, MemberInactive, NameInvalid
from tests.tenants.rows import rows_of
from tests.tenants.test_roles import give, hr_officer, role_id
from tests.world import World
from values.errors import NotFound, PermissionDenied, VersionConflict

EDIT, MOVE = "tenants.edit_member", "tenants.move_member"
DEACTIVATE, REACTIVATE = "tenants.deactivate_member", "tenants.reactivate_member"


@pytest.mark.parametrize("who", ["li", "wang", "lin", "zhou"])
async def test_only_admins_manage_others(world: World, who: str) -> None:
    zhao = world.yunfan.people["zhao"]
    for command, data in (
        (EDIT, EditMember(id=zhao, name="改")),
        (MOVE, MoveMember(id=zhao, department_id=world.yunfan.departments["采购部"])),
        (DEACTIVATE, MemberById(id=zhao)),
        (REACTIVATE, MemberById(id=zhao)),
    ):
        with pytest.raises(PermissionDenied):
            await world.yunfan.run(who, command, data)


async def test_another_companys_members_are_not_found(world: World) -> None:
    qian = world.seagull.people["qian"]
    attempts: list[tuple[str, Any]] = [
        (EDIT, EditMember(id=qian, name="改")),
        (MOVE, MoveMember(id=qian, department_id=world.yunfan.departments["采购部"])),
        (
            MOVE,
            MoveMember(id=world.yunfan.people["li"], department_id=world.seagull.departments["业务部"]),
        ),
        (DEACTIVATE, MemberById(id=qian)),
        (REACTIVATE, MemberById(id=qian)),
    ]
    for command, data in attempts:
        with pytest.raises(NotFound):
            await world.yunfan.run("admin", command, data)


async def test_an_officer_of_a_department_manages_only_there(world: World) -> None:
    await hr_officer(world.yunfan)
    with pytest.raises(PermissionDenied):
        await world.yunfan.run("wang", DEACTIVATE, MemberById(id=world.yunfan.people["zhou"]))
    await world.yunfan.run("wang", EDIT, EditMember(id=world.yunfan.people["li"], name="李大力"))
    await world.yunfan.run("wang", DEACTIVATE, MemberById(id=world.yunfan.people["li"]))


async def test_everybody_edits_their_own_name_and_language(world: World) -> None:
    for data, refusal in (
        (EditMember(name=" "), NameInvalid),
        (EditMember(language="fr"), LanguageUnknown),
        (EditMember(name="新", version=7), VersionConflict),
    ):
        with pytest.raises(refusal):
            await world.yunfan.run("li", EDIT, data)
    await world.yunfan.run("li", EDIT, EditMember(name="王小李", language="en", version=1))
    rows = await rows_of(
        world.yunfan.app,
        world.yunfan.tenant_id,
        "SELECT name, name_key, language FROM app.member WHERE id = :id",
        id=world.yunfan.people["li"],
    )
    assert (rows[0].name, rows[0].language) == ("王小李", "en")
    assert rows[0].name_key.startswith("wang")


async def test_a_deactivated_member_holds_nothing_until_reactivated(world: World) -> None:
    li = world.yunfan.people["li"]
    with pytest.raises(MemberActive):
        await world.yunfan.run("admin", REACTIVATE, MemberById(id=li))
    await world.yunfan.run("admin", DEACTIVATE, MemberById(id=li))
    with pytest.raises(MemberInactive):
        await world.yunfan.run("admin", DEACTIVATE, MemberById(id=li))
    assert not (await world.yunfan.actor("li")).authority.grants
    rows = await rows_of(
        world.yunfan.app,
        world.yunfan.tenant_id,
        "SELECT deactivated_at, deactivated_by_id FROM app.member WHERE id = :id",
        id=li,
    )
    assert rows[0].deactivated_at is not None
    assert rows[0].deactivated_by_id == world.yunfan.admin_id
    await world.yunfan.run("admin", REACTIVATE, MemberById(id=li))
    assert (await world.yunfan.actor("li")).authority.holds("party.customer.view")


async def test_nobody_reactivates_more_than_they_hold(world: World) -> None:
    company = world.yunfan
    await hr_officer(company)
    await give(company, "admin", "li", await role_id(company, "auditor"), "all")
    await company.run("admin", DEACTIVATE, MemberById(id=company.people["li"]))
    with pytest.raises(GrantExceeded):
        await company.run("wang", REACTIVATE, MemberById(id=company.people["li"]))
