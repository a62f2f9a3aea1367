"""What roles are made of: permissions and maskable fields, for who views roles; masks have one spelling outside."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import select

from sync.service import SyncService
from sync.wire import PullRequest, RegisterRequest
from tenants.default_roles import all_permissions
from tenants.entities import Role
from tests.graphql_api.conftest import Api, Doorman
from tests.party.makers import rows_of
from tests.sync.rows_told import rows_told
from tests.world import World
from values.ids import new_id

PERMISSIONS = "{ permissions { code name } }"
MASKABLE = "{ maskableFields { code entity entityLabel field label } }"
CREATE = "mutation($i: CreateRoleInput!) { createRole(input: $i) { id masks permissions } }"
EDIT = "mutation($i: EditRoleInput!) { editRole(input: $i) { masks } }"
LIMIT, STORED = "party.Customer.creditLimitMinor", "party.Customer.credit_limit_minor"


@pytest.mark.parametrize("query", [PERMISSIONS, MASKABLE])
async def test_only_who_views_roles(api: Api, world: World, query: str) -> None:
    assert await api.code(None, "", query) == "NOT_SIGNED_IN"
    assert await api.code(world.yunfan, "li", query) == "PERMISSION_DENIED"


@pytest.mark.parametrize(
    "mask",
    [
        "party.Customer.name",
        "party.Customer.creditLimit",
        "party.Customer.CreditLimitMinor",
        "party.Nothing.phone",
        "creditLimitMinor",
        "party.Customer.custom.grade",
        "",
    ],
)
async def test_what_is_no_maskable_field_is_refused(api: Api, world: World, mask: str) -> None:
    asked = {"name": "外勤", "permissions": [], "masks": [mask]}
    assert await api.code(world.yunfan, "admin", CREATE, i=asked) == "FIELD_NOT_MASKABLE"


async def test_all_permissions_come_with_their_names(api: Api, doorman: Doorman, world: World) -> None:
    for who in ("admin", "wang", "zhou"):
        found = {row["code"]: row["name"] for row in (await api.data(world.yunfan, who, PERMISSIONS))["permissions"]}
        assert sorted(found) == all_permissions()
    assert found["party.customer.archive"] == "把客户移入回收站"
    api._tokens[(id(world.yunfan), "admin")] = doorman.token(world.yunfan, "admin", language="en")
    english = (await api.data(world.yunfan, "admin", PERMISSIONS))["permissions"]
    assert {"code": "party.customer.view", "name": "view: customer"} in english
    assert json.dumps(english, ensure_ascii=False).isascii()


async def test_a_role_takes_every_maskable_field_as_it_is_listed(api: Api, world: World) -> None:
    found = (await api.data(world.yunfan, "admin", MASKABLE))["maskableFields"]
    limit = next(row for row in found if row["code"] == LIMIT)
    assert (limit["entity"], limit["entityLabel"], limit["field"]) == ("party.Customer", "客户", "creditLimitMinor")
    assert "信用额度" in limit["label"]
    codes = sorted(row["code"] for row in found)
    made = await api.data(world.yunfan, "admin", CREATE, i={"name": "外勤", "permissions": [], "masks": codes})
    assert sorted(made["createRole"]["masks"]) == codes


async def test_both_spellings_are_taken_and_one_is_told(api: Api, world: World) -> None:
    """Stored snake_case, camelCase in the answer, in lists, in the audit trail and on devices."""
    company = world.yunfan
    asked = {"name": "外勤", "permissions": ["party.customer.view"], "masks": [LIMIT, STORED]}
    made = (await api.data(company, "admin", CREATE, i=asked))["createRole"]
    assert made["masks"] == [LIMIT]
    [stored] = await rows_of(company, "admin", select(Role.masks).where(Role.name == "外勤"))
    assert stored == [STORED]
    edited = {"id": made["id"], "masks": ["party.Customer.phone", STORED]}
    assert (await api.data(company, "admin", EDIT, i=edited))["editRole"]["masks"] == [LIMIT, "party.Customer.phone"]
    roles = (await api.data(company, "admin", "{ roles { nodes { name masks } } }"))["roles"]["nodes"]
    assert {row["name"]: row["masks"] for row in roles}["外勤"] == [LIMIT, "party.Customer.phone"]
    trail = '{ auditEntries(filter: {entity: "tenants.Role"}) { nodes { before after } } }'
    told = json.dumps((await api.data(company, "admin", trail))["auditEntries"]["nodes"])
    assert LIMIT in told
    assert STORED not in told
    assert await _on_a_device(company) == [LIMIT, "party.Customer.phone"]


async def _on_a_device(company: Any) -> list[str]:
    admin, service, device = await company.actor("admin"), SyncService(company.app.engine), new_id()
    await service.register(admin, RegisterRequest(device_id=device, name="x", platform="y"))
    cursor, found = None, None
    while found is None:
        page = await service.pull(admin, PullRequest(device_id=device, cursor=cursor))
        cursor = page.header.cursor
        found = next((row["masks"] for row in rows_told(page, "roles") if row["name"] == "外勤"), None)
        assert found is not None or page.header.more
    return found
