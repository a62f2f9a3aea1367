"""Who may see and change what belongs to people: without the right nothing, of another company never, and nobody gains
rights by what they may do to others."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tenants.authority import OWN_ROWS
from tests.graphql_api.identity_door import (
    CHANGE,
    CREATE_MEMBER,
    FIRST,
    FORCE_OUT,
    LASTING,
    ME,
    SET_SETTING,
    SIGN_IN,
    Door,
    open_door,
)
from tests.tenants.identity_desk import OTHER_PASSWORD
from values.ids import new_id

SETTINGS = "{ settings { name label value default accepts } }"
DEVICES = "{ devices { totalCount nodes { id name memberId } } }"
ENTITIES = "{ legalEntities { totalCount nodes { id name } } }"
ASSIGNMENTS = "query($m: ID) { roleAssignments(memberId: $m) { totalCount nodes { id memberId role { key } } } }"
EDIT = "mutation($i: EditMemberInput!) { editMember(input: $i) { id name } }"
DEACTIVATE = "mutation($id: ID!) { deactivateMember(input: {id: $id}) { id } }"
ERASE = "mutation($id: ID!) { eraseMember(input: {id: $id}) { id } }"
ASSIGN = "mutation($i: AssignRoleInput!) { assignRole(input: $i) { id } }"
RESET_MEMBER = "mutation($i: ResetMemberPasswordInput!) { resetMemberPassword(input: $i) { done } }"
DEPARTMENT = "mutation($i: CreateDepartmentInput!) { createDepartment(input: $i) { id name organisationId parentId } }"
ROLE = "mutation($i: CreateRoleInput!) { createRole(input: $i) { id } }"
OFFICE = "{ organisations { nodes { id parentId } } }"
POLICY = "security.password_policy"
HR_RIGHTS = [
    "tenants.member.view",
    "tenants.member.manage",
    "tenants.member.invite",
    "tenants.member.sign_out",
    "tenants.role.view",
    "tenants.department.view",
    "tenants.organisation.view",
]


@pytest.fixture
async def door(app: Any, clock: Any, tmp_path: Path) -> AsyncIterator[Door]:
    async with open_door(app, clock, tmp_path / "outbox") as opened:
        yield opened


@pytest.fixture
async def boss(door: Door) -> dict[str, Any]:
    return await door.company()


@pytest.fixture
async def rival(door: Door) -> dict[str, Any]:
    return await door.company("sun", companyName="海鸥商行")


async def staffed(door: Door, boss: dict[str, Any]) -> tuple[str, dict[str, str], str]:
    """A department with somebody from HR in it who manages its members, and who else sits there.

    HR's token; member ids by account; the department.
    """
    token = boss["token"]
    unit = (await door.data(DEPARTMENT, token=token, i={"name": "销售部"}))["id"]
    hr_role = (await door.data(ROLE, token=token, i={"name": "人事", "permissions": HR_RIGHTS}))["id"]
    ids: dict[str, str] = {}
    seated = {"departmentId": unit}
    ids["hr"], hr = await door.signed_account(boss, "hr", roleIds=[hr_role], scope="subtree", **seated)
    everybody = [(key, await door.role_id(token, key)) for key in ("admin", "general_manager")]
    for key, role_id in everybody:
        ids[key], _ = await door.signed_account(boss, key.replace("_", ""), roleIds=[role_id], scope="all", **seated)
    settler = (await door.data(ROLE, token=token, i={"name": "设置员", "permissions": ["tenants.setting.manage"]}))[
        "id"
    ]
    ids["settler"], _ = await door.signed_account(boss, "settler", roleIds=[settler], scope="own", **seated)
    ids["seller"], _ = await door.signed_account(boss, "seller", **seated)
    ids["clerk"], _ = await door.signed_account(boss, "clerk", roleIds=[hr_role], scope="own", **seated)
    return hr, ids, unit


@pytest.mark.parametrize("query", [SETTINGS, ENTITIES, ASSIGNMENTS])
async def test_without_the_right_the_company_is_not_told(door: Door, boss: dict[str, Any], query: str) -> None:
    _, seller = await door.signed_account(boss, "zhao")
    assert await door.code(query) == "NOT_SIGNED_IN"
    assert await door.code(query, token=seller) == "PERMISSION_DENIED"


@pytest.mark.parametrize("role", ["salesperson", "department_manager", "general_manager", "auditor"])
async def test_only_admins_change_settings(door: Door, boss: dict[str, Any], role: str) -> None:
    role_id = await door.role_id(boss["token"], role)
    _, token = await door.signed_account(boss, "zhao", roleIds=[role_id], scope="all")
    assert await door.code(SET_SETTING, token=token, i={"name": "flag.beta", "value": True}) == "PERMISSION_DENIED"
    assert await door.code(SET_SETTING, i={"name": "flag.beta", "value": True}) == "NOT_SIGNED_IN"


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("security.anything", 5, "SETTING_UNKNOWN"),
        (POLICY, {"minLength": 4}, "SETTING_INVALID"),
        (POLICY, {"history": 25}, "SETTING_INVALID"),
        (POLICY, {"history": -1}, "SETTING_INVALID"),
        (POLICY, "strict", "SETTING_INVALID"),
        ("security.idle_timeout_minutes", 4, "SETTING_INVALID"),
        ("flag.beta", "yes", "SETTING_INVALID"),
    ],
)
async def test_settings_that_make_no_sense_are_refused(
    door: Door, boss: dict[str, Any], name: str, value: Any, code: str
) -> None:
    assert await door.code(SET_SETTING, token=boss["token"], i={"name": name, "value": value}) == code


async def test_a_setting_is_told_in_the_readers_language_and_to_its_own_company_only(
    door: Door, boss: dict[str, Any], rival: dict[str, Any]
) -> None:
    wish = {"minLength": 12, "requireClasses": 3, "history": 5, "maxAgeDays": 90}
    await door.data(SET_SETTING, token=boss["token"], i={"name": POLICY, "value": wish})
    mine, theirs = [
        {row["name"]: row for row in await door.data(SETTINGS, token=company["token"])} for company in (boss, rival)
    ]
    assert mine[POLICY]["value"] == wish
    assert theirs[POLICY]["value"] == theirs[POLICY]["default"]
    assert theirs[POLICY]["default"]["history"] == 0
    assert "不可重复使用的历史密码个数" in mine[POLICY]["accepts"]
    english = await door.company("lee", companyName="Sail", language="en")
    told = {row["name"]: row for row in await door.data(SETTINGS, token=english["token"])}
    assert told[POLICY]["label"] == "Password policy"
    assert told[POLICY]["accepts"].isascii()


async def test_a_setting_is_told_in_the_language_that_the_call_is_read_in(door: Door, boss: dict[str, Any]) -> None:
    """A device may be read in another language than its member once chose."""
    read_in = {"Accept-Language": "en"}
    told = {row["name"]: row for row in await door.data(SETTINGS, token=boss["token"], headers=read_in)}
    assert told[POLICY]["label"] == "Password policy"
    refused = await door.ask("{ customers(first: 0) { totalCount } }", token=boss["token"], headers=read_in)
    assert refused["errors"][0]["message"].isascii()


async def test_the_password_policy_of_today_is_asked_at_the_next_change(door: Door, boss: dict[str, Any]) -> None:
    await door.data(SET_SETTING, token=boss["token"], i={"name": POLICY, "value": {"history": 2}})
    _, token = await door.signed_account(boss, "zhao")
    for old in (FIRST, LASTING):
        asked = {"currentPassword": LASTING, "newPassword": old}
        refused = (await door.ask(CHANGE, token=token, i=asked))["errors"][0]
        expected = "PASSWORD_REUSED" if old == FIRST else "PASSWORD_REFUSED"
        assert refused["extensions"]["code"] == expected
        assert refused["extensions"]["field"] == "newPassword"
        assert refused["extensions"]["remedy"]
        assert old not in str(refused)
    assert (await door.data(CHANGE, token=token, i={"currentPassword": LASTING, "newPassword": OTHER_PASSWORD}))["done"]


async def test_rows_of_another_company_are_in_no_list(door: Door, boss: dict[str, Any], rival: dict[str, Any]) -> None:
    for company in (boss, rival):
        await door.signed_account(company, "zhao")
    own = {row["id"] for row in (await door.data(ENTITIES, token=boss["token"]))["nodes"]}
    foreign = {row["id"] for row in (await door.data(ENTITIES, token=rival["token"]))["nodes"]}
    assert own
    assert foreign
    assert not own & foreign
    held = await door.data(ASSIGNMENTS, token=boss["token"])
    assert held["totalCount"] == len(held["nodes"]) == 2
    theirs = await door.data(ASSIGNMENTS, token=rival["token"])
    assert not {row["memberId"] for row in held["nodes"]} & {row["memberId"] for row in theirs["nodes"]}
    asked = await door.data(ASSIGNMENTS, token=boss["token"], m=rival["member"]["id"])
    assert asked == {"totalCount": 0, "nodes": []}


async def test_devices_are_ones_own_or_with_the_right_the_companys(
    door: Door, boss: dict[str, Any], rival: dict[str, Any]
) -> None:
    assert await door.code(DEVICES) == "NOT_SIGNED_IN"
    _, seller = await door.signed_account(boss, "zhao")
    ids = {}
    for name, token in (("boss", boss["token"]), ("seller", seller), ("rival", rival["token"])):
        ids[name] = new_id()
        assert await door.synced(token, ids[name]) == 200

    async def seen(token: str) -> set[str]:
        found = await door.data(DEVICES, token=token)
        assert found["totalCount"] == len(found["nodes"])
        return {row["id"] for row in found["nodes"]}

    assert await seen(seller) == {str(ids["seller"])}
    assert await seen(boss["token"]) == {str(ids["boss"]), str(ids["seller"])}
    assert await seen(rival["token"]) == {str(ids["rival"])}


async def test_a_department_without_a_place_lies_in_the_head_office(
    door: Door, boss: dict[str, Any], rival: dict[str, Any]
) -> None:
    _, seller = await door.signed_account(boss, "zhao")
    assert await door.code(DEPARTMENT, token=seller, i={"name": "销售部"}) == "PERMISSION_DENIED"
    offices = {}
    for company in (boss, rival):
        rows = (await door.data(OFFICE, token=company["token"]))["nodes"]
        offices[company["token"]] = next(row["id"] for row in rows if row["parentId"] is None)
    made = await door.data(DEPARTMENT, token=boss["token"], i={"name": "销售部"})
    assert (made["organisationId"], made["parentId"]) == (offices[boss["token"]], None)
    below = await door.data(DEPARTMENT, token=boss["token"], i={"name": "一组", "parentId": made["id"]})
    assert (below["organisationId"], below["parentId"]) == (offices[boss["token"]], made["id"])
    wrong = {"name": "偷", "organisationId": offices[rival["token"]]}
    assert await door.code(DEPARTMENT, token=boss["token"], i=wrong) == "NOT_FOUND"


async def test_who_manages_members_takes_no_administrator_over(door: Door, boss: dict[str, Any]) -> None:
    hr, ids, _ = await staffed(door, boss)
    reset = {"memberId": ids["admin"], "initialPassword": OTHER_PASSWORD}
    assert await door.code(RESET_MEMBER, token=hr, i=reset) == "PERMISSION_DENIED"
    for query in (DEACTIVATE, ERASE, FORCE_OUT):
        assert await door.code(query, token=hr, id=ids["admin"]) == "PERMISSION_DENIED"
    assert await door.code(EDIT, token=hr, i={"id": ids["admin"], "name": "改名"}) == "PERMISSION_DENIED"
    for field in ("email", "phone", "account", "userId"):
        asked = {"id": ids["admin"], field: "hr@example.com"}
        assert await door.code(EDIT, token=boss["token"], i=asked) == "GRAPHQL_VALIDATION"
    admin_role = await door.role_id(boss["token"], "admin")
    gain = {"memberId": ids["hr"], "roleId": admin_role, "scope": "all"}
    assert await door.code(ASSIGN, token=hr, i=gain) == "GRANT_EXCEEDED"
    by_account = {"orgCode": boss["tenant"]["orgCode"], "account": "admin", "password": LASTING}
    assert (await door.data(SIGN_IN, i=by_account))["token"]  # nothing of it changed


async def test_who_manages_members_resets_no_password_of_somebody_with_more_rights(
    door: Door, boss: dict[str, Any]
) -> None:
    """Whoever sets an initial password can sign in with it: that must not be a way to rights one does not hold."""
    hr, ids, _ = await staffed(door, boss)
    more = "MEMBER_HOLDS_MORE"
    for member, code in (("general_manager", more), ("settler", more), ("admin", "PERMISSION_DENIED")):
        asked = {"memberId": ids[member], "initialPassword": OTHER_PASSWORD}
        assert await door.code(RESET_MEMBER, token=hr, i=asked) == code
    outside, _ = await door.signed_account(boss, "outside")
    asked = {"memberId": outside, "initialPassword": OTHER_PASSWORD}
    assert await door.code(RESET_MEMBER, token=hr, i=asked) in ("PERMISSION_DENIED", "NOT_FOUND")
    asked = {"memberId": boss["member"]["id"], "initialPassword": OTHER_PASSWORD}
    assert await door.code(RESET_MEMBER, token=hr, i=asked) in ("PERMISSION_DENIED", "NOT_FOUND")
    for member in ("clerk", "seller"):
        asked = {"memberId": ids[member], "initialPassword": OTHER_PASSWORD}
        assert (await door.data(RESET_MEMBER, token=hr, i=asked))["done"]
    by_account = {"orgCode": boss["tenant"]["orgCode"], "account": "clerk", "password": OTHER_PASSWORD}
    assert (await door.data(SIGN_IN, i=by_account))["mustChangePassword"] is True
    for member in ("general_manager", "admin"):
        asked = {"memberId": ids[member], "initialPassword": OTHER_PASSWORD}
        assert (await door.data(RESET_MEMBER, token=boss["token"], i=asked))["done"]


async def test_who_manages_members_brings_in_nobody_above_themselves(door: Door, boss: dict[str, Any]) -> None:
    hr, _, unit = await staffed(door, boss)
    before = await door.data(ME, token=hr)
    for key in ("admin", "general_manager", "salesperson"):
        asked = {
            "account": f"new{key[:3]}",
            "name": "新人",
            "initialPassword": OTHER_PASSWORD,
            "roleIds": [await door.role_id(boss["token"], key)],
            "departmentId": unit,
        }
        assert await door.code(CREATE_MEMBER, token=hr, i=asked) == "GRANT_EXCEEDED"
    assert (await door.data(ME, token=hr))["permissions"] == before["permissions"] == sorted([*HR_RIGHTS, *OWN_ROWS])


async def test_a_member_of_another_company_is_not_found_by_any_door(
    door: Door, boss: dict[str, Any], rival: dict[str, Any]
) -> None:
    foreign, _ = await door.signed_account(rival, "zhao")
    for member_id in (foreign, str(new_id())):
        asked = {"memberId": member_id, "initialPassword": OTHER_PASSWORD}
        assert await door.code(RESET_MEMBER, token=boss["token"], i=asked) == "NOT_FOUND"
        assert await door.code(EDIT, token=boss["token"], i={"id": member_id, "name": "改名"}) == "NOT_FOUND"
        for query in (DEACTIVATE, ERASE, FORCE_OUT):
            assert await door.code(query, token=boss["token"], id=member_id) == "NOT_FOUND"
