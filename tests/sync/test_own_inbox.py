"""What became of one's own edits one sees and decides with any role; of others' edits only with the permission."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from sync.client.replica import Replica
from tenants.commands.assign_role import AssignRole, UnassignRole
from tenants.commands.create_role import CreateRole
from tenants.commands.resolve_inbox_entry import ResolveInboxEntry
from tenants.entities import RoleAssignment
from tests.party.makers import rows_of
from tests.sync.conftest import Doors
from tests.world import Company
from values.errors import NotFound, PermissionDenied

FIELD_WORK = ["party.customer.view", "party.customer.create"]
VIEW, RESOLVE = "tenants.inbox.view", "tenants.inbox.resolve"


async def gives(company: Company, who: str, permissions: list[str], scope: str) -> None:
    """The member holds this and nothing else from now on."""
    made = await company.run(
        "admin",
        "tenants.create_role",
        CreateRole(name=f"{who} {len(permissions)} {permissions[-1]}", permissions=permissions),
    )
    member = company.people[who]
    given = AssignRole(member_id=member, role_id=made.row_id, scope=scope)
    kept = (await company.run("admin", "tenants.assign_role", given)).row_id
    for held in await rows_of(company, "admin", select(RoleAssignment).where(RoleAssignment.member_id == member)):
        if held.id != kept:
            await company.run("admin", "tenants.unassign_role", UnassignRole(id=held.id))


@pytest.fixture
async def company(doors: Doors) -> Company:
    for who in ("li", "zhao"):
        await gives(doors.world.yunfan, who, FIELD_WORK, "own")
    return doors.world.yunfan


async def refused(doors: Doors, who: str) -> tuple[Replica, dict[str, Any]]:
    device = await doors.device(who, who)
    device.mutate("party.create_customer", name="青山", phone="abc")
    await asyncio.to_thread(device.sync)
    [entry] = device.inbox()
    return device, entry


async def decides(company: Company, who: str, entry: dict[str, Any], action: Any) -> str:
    data = ResolveInboxEntry(id=UUID(entry["id"]), action=action)
    return str((await company.run(who, "tenants.resolve_inbox_entry", data)).value.state)


async def test_anothers_entry_stays_out_of_sight_without_the_permission(doors: Doors, company: Company) -> None:
    _, entry = await refused(doors, "li")
    for permissions, wrong in (
        ([*FIELD_WORK], NotFound),  # over the whole company, and no word of the inbox
        ([*FIELD_WORK, RESOLVE], NotFound),
        ([*FIELD_WORK, VIEW], PermissionDenied),
    ):
        await gives(company, "wang", permissions, "all")
        with pytest.raises(wrong):
            await decides(company, "wang", entry, "discard")
    with pytest.raises(NotFound):
        await decides(company, "zhao", entry, "discard")
    assert (await doors.device("zhao", "zhao")).inbox() == []
    with pytest.raises(NotFound):
        await decides(doors.world.seagull, "qian", entry, "discard")


async def test_a_colleague_over_the_whole_company_pulls_their_own_alone(doors: Doors, company: Company) -> None:
    await refused(doors, "li")
    await gives(company, "wang", FIELD_WORK, "all")
    wang, own = await refused(doors, "wang")
    assert [entry["id"] for entry in wang.rows("inbox")] == [own["id"]]
    await gives(company, "wang", [*FIELD_WORK, VIEW], "all")
    await asyncio.to_thread(wang.pull)
    assert len(wang.inbox()) == 2
    assert await asyncio.to_thread(wang.verify) == []


async def test_ones_own_entry_needs_no_permission(doors: Doors, company: Company) -> None:
    device, entry = await refused(doors, "li")
    assert (entry["code"], entry["ownerId"]) == ("PHONE_INVALID", str(company.people["li"]))
    other = await doors.device("li", "another of mine")
    assert [found["id"] for found in other.inbox()] == [entry["id"]]
    arguments = {**entry["arguments"], "phone": "95588"}
    device.resolve(entry["id"], "mine", arguments=arguments)
    assert (await asyncio.to_thread(device.sync))["pushed"] == {"applied": 1}
    assert (device.inbox(), len(device.rows("customers", name="青山"))) == ([], 1)
    assert await asyncio.to_thread(device.verify) == []


async def test_whose_roles_were_all_taken_away_still_decides(doors: Doors, company: Company) -> None:
    """What they may not do any more they may not take over either; giving it up remains."""
    device, entry = await refused(doors, "li")
    held = select(RoleAssignment).where(RoleAssignment.member_id == company.people["li"])
    for found in await rows_of(company, "admin", held):
        await company.run("admin", "tenants.unassign_role", UnassignRole(id=found.id))
    await asyncio.to_thread(device.pull)
    assert [found["id"] for found in device.inbox()] == [entry["id"]]
    with pytest.raises(PermissionDenied):
        await decides(company, "li", entry, "mine")
    assert await decides(company, "li", entry, "discard") == "discarded"
