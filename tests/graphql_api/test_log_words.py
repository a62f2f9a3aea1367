"""The audit trail and the security log in words, in the reader's language; to nobody whom they are kept from."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from billing.trials import activate_subscription_of
from tests.graphql_api.conftest import Api, Doorman
from tests.graphql_api.identity_door import SIGN_IN, Door, open_door
from tests.tenants.identity_desk import OTHER_PASSWORD
from tests.world import World

NODES = "nodes { entity entityLabel command commandLabel memberId actorLabel }"
TRAIL = f"query($f: AuditFilter) {{ auditEntries(first: 100, filter: $f) {{ {NODES} }} }}"
LOG = "{ securityEvents(first: 100) { events { event eventLabel memberId member { id name } } } }"


@pytest.fixture
async def door(app: Any, clock: Any, tmp_path: Path) -> AsyncIterator[Door]:
    async with open_door(app, clock, tmp_path / "outbox") as opened:
        yield opened


async def test_only_who_may_reads_either(door: Door) -> None:
    boss = await door.company()
    _, seller = await door.signed_account(boss, "zhao")
    for query in (TRAIL, LOG):
        assert await door.code(query) == "NOT_SIGNED_IN"
        assert await door.code(query, token=seller) == "PERMISSION_DENIED"


async def test_a_member_out_of_sight_is_not_named(api: Api, world: World) -> None:
    made = "mutation($n: String!, $p: [String!]!) { createRole(input: {name: $n, permissions: $p}) { id } }"
    role = await api.data(world.yunfan, "admin", made, n="查账", p=["tenants.audit.view", "tenants.role.view"])
    held = "{ roleAssignments { nodes { id memberId } } }"
    rows = (await api.data(world.yunfan, "admin", held))["roleAssignments"]["nodes"]
    mine = str(world.yunfan.people["li"])
    given = 'mutation($m: ID!, $r: ID!) { assignRole(input: {memberId: $m, roleId: $r, scope: "all"}) { id } }'
    await api.data(world.yunfan, "admin", given, m=mine, r=role["createRole"]["id"])
    for row in rows:
        if row["memberId"] == mine:
            await api.data(
                world.yunfan, "admin", "mutation($i: ID!) { unassignRole(input: {id: $i}) { id } }", i=row["id"]
            )
    told = (await api.data(world.yunfan, "li", TRAIL, f={"entity": "tenants.Role"}))["auditEntries"]["nodes"]
    assert told
    assert {node["actorLabel"] for node in told if node["memberId"]} == {"其他成员"}


async def test_the_trail_names_command_entity_and_actor(api: Api, doorman: Doorman, world: World) -> None:
    created = 'mutation { createCustomer(input: {name: "甲"}) { id } }'
    await api.data(world.yunfan, "admin", created)
    asked = {"entity": "party.Customer"}
    [node] = (await api.data(world.yunfan, "admin", TRAIL, f=asked))["auditEntries"]["nodes"]
    assert (node["commandLabel"], node["entityLabel"], node["actorLabel"]) == ("新建客户", "客户", "陈总")
    api._tokens[(id(world.yunfan), "admin")] = doorman.token(world.yunfan, "admin", language="en")
    [node] = (await api.data(world.yunfan, "admin", TRAIL, f=asked))["auditEntries"]["nodes"]
    assert (node["entityLabel"], node["actorLabel"]) == ("Customer", "陈总")
    assert node["commandLabel"].isascii()


@pytest.mark.parametrize(
    ("table", "code", "zh"),
    [
        ("tenant_access", "tenants.TenantAccess", "试用与订阅"),
        ("module_entitlement", "tenants.ModuleEntitlement", "模块开通与申请"),
    ],
)
async def test_what_is_audited_under_a_table_has_a_code_and_a_name(door: Door, table: str, code: str, zh: str) -> None:
    boss = await door.company()
    await activate_subscription_of(door.desk.app.engine, UUID(boss["tenant"]["id"]), ["crm"], None)
    for asked in (table, code):
        nodes = (await door.data(TRAIL, token=boss["token"], f={"entity": asked}))["nodes"]
        assert {(node["entity"], node["entityLabel"]) for node in nodes} == {(code, zh)}
        by = {node["commandLabel"]: node["actorLabel"] for node in nodes}
        assert by["开通订阅"] == "系统"
    english = await door.company("lee", language="en")
    await activate_subscription_of(door.desk.app.engine, UUID(english["tenant"]["id"]), ["crm"], None)
    nodes = (await door.data(TRAIL, token=english["token"], f={"entity": code}))["nodes"]
    assert "System" in {node["actorLabel"] for node in nodes}
    assert "".join(node["entityLabel"] + node["commandLabel"] for node in nodes).isascii()


async def test_the_security_log_names_events_and_members(door: Door) -> None:
    boss = await door.company()
    seller_id, _ = await door.signed_account(boss, "zhao")
    org_code = boss["tenant"]["orgCode"]
    wrong = {"orgCode": org_code, "account": "zhao", "password": OTHER_PASSWORD}
    assert await door.code(SIGN_IN, i=wrong) == "SIGN_IN_REFUSED"
    assert await door.code(SIGN_IN, i={**wrong, "account": "nobody"}) == "SIGN_IN_REFUSED"
    told = (await door.data(LOG, token=boss["token"]))["events"]
    words = {(event["eventLabel"], event["member"]["name"] if event["member"] else None) for event in told}
    assert ("登录被拒绝", "成员zhao") in words
    assert ("登录被拒绝", None) in words
    assert ("修改密码", "成员zhao") in words
    assert {event["member"]["id"] for event in told if event["member"]} == {boss["member"]["id"], seller_id}
    english = await door.company("lee", language="en")
    [signed_up] = (await door.data(LOG, token=english["token"]))["events"]
    assert signed_up["eventLabel"] == "Company signed up"


async def test_the_log_of_one_company_names_nobody_by_another(door: Door) -> None:
    """A person of two companies: each log knows them as its own member."""
    boss = await door.company()
    second = await door.company(companyName="第二家")
    wrong = {"identifier": door.desk.email("chen"), "password": OTHER_PASSWORD}
    assert await door.code(SIGN_IN, i=wrong) == "SIGN_IN_REFUSED"
    for company in (boss, second):
        told = (await door.data(LOG, token=company["token"]))["events"]
        assert {event["memberId"] for event in told} == {company["member"]["id"]}
        assert "sign_in_refused" in {event["event"] for event in told}
