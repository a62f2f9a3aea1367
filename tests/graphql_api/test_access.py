"""Every member sees what the company may use: trial, subscription, modules; and when nothing can be changed, why."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from billing.trials import activate_subscription_of
from tenants.maintenance import set_maintenance
from tests.graphql_api.identity_door import CREATE_MEMBER, FIRST, SIGN_IN, Door, open_door

ACCESS = "access { state since endsAt trialEndsAt writable modules { code name trial } reason remedy }"
MINE = f"{{ me {{ tenant {{ trialEndsAt {ACCESS} }} }} }}"
ALL = f"{{ myTenants {{ id current {ACCESS} }} }}"


@pytest.fixture
async def door(app: Any, clock: Any, tmp_path: Path) -> AsyncIterator[Door]:
    async with open_door(app, clock, tmp_path / "outbox") as opened:
        yield opened


async def access(door: Door, token: str) -> dict[str, Any]:
    found: dict[str, Any] = (await door.data(MINE, token=token))["tenant"]["access"]
    return found


@pytest.mark.parametrize("query", [MINE, ALL])
async def test_nobody_outside_is_told(door: Door, query: str) -> None:
    await door.company()
    assert await door.code(query) == "NOT_SIGNED_IN"
    assert await door.code(query, token="guessed") == "NOT_SIGNED_IN"


async def test_a_lapsed_company_reads_why_and_what_to_do(door: Door) -> None:
    boss = await door.company()
    before = await access(door, boss["token"])
    door.desk.clock.move(days=16)
    token = (await door.sign_in())["token"]
    lapsed = await access(door, token)
    assert (lapsed["state"], lapsed["writable"], lapsed["endsAt"]) == ("read_only", False, None)
    assert lapsed["modules"] == before["modules"], "they can still be read"
    assert lapsed["since"] == lapsed["trialEndsAt"] == before["trialEndsAt"]
    refused = (await door.ask('mutation { createCustomer(input: {name: "甲"}) { id } }', token=token))["errors"][0]
    assert refused["extensions"]["code"] == "SUBSCRIPTION_LAPSED"
    assert (lapsed["reason"], lapsed["remedy"]) == (refused["message"], refused["extensions"]["remedy"])
    assert "只能查看和导出" in lapsed["reason"]


async def test_the_books_say_currency_and_zone(door: Door) -> None:
    """The first legal entity's, by which the server itself fills in a currency and tells what day it is."""
    boss = await door.company()
    asked = "{ me { tenant { zone access { baseCurrency zone } } } }"
    tenant = (await door.data(asked, token=boss["token"]))["tenant"]
    entity = (await door.data("{ legalEntities(first: 1) { nodes { currency zone } } }", token=boss["token"]))["nodes"][
        0
    ]
    assert tenant["access"] == {"baseCurrency": entity["currency"], "zone": entity["zone"]}


async def test_in_maintenance_it_says_so(door: Door) -> None:
    boss = await door.company(language="en")
    database = door.desk.app.engine.database
    await set_maintenance(database, True, "数据库升级", "Database upgrade", now=door.desk.clock.now())
    try:
        found = await access(door, boss["token"])
    finally:
        await set_maintenance(database, False, "", "", now=door.desk.clock.now())
    assert (found["state"], found["writable"]) == ("trial", False)
    assert "Database upgrade" in found["reason"]
    assert found["remedy"].isascii()
    assert (await access(door, boss["token"]))["writable"] is True


async def test_every_member_sees_the_trial_with_its_modules_in_their_language(door: Door) -> None:
    boss = await door.company()
    _, seller = await door.signed_account(boss, "zhao", language="en")
    mine, theirs = await access(door, boss["token"]), await access(door, seller)
    assert (mine["state"], mine["writable"], mine["reason"], mine["remedy"]) == ("trial", True, None, None)
    assert mine["endsAt"] == mine["trialEndsAt"]
    assert {"code": "crm", "name": "客户关系", "trial": True} in mine["modules"]
    assert {"code": "crm", "name": "Customer relations", "trial": True} in theirs["modules"]
    assert [row["code"] for row in mine["modules"]] == [row["code"] for row in theirs["modules"]]
    assert {**mine, "modules": 0} == {**theirs, "modules": 0}


async def test_a_subscription_shows_what_was_bought(door: Door) -> None:
    boss = await door.company()
    tenant_id, now = UUID(boss["tenant"]["id"]), door.desk.clock.now()
    door.desk.clock.move(days=16)
    paid = door.desk.clock.now()
    until = now + timedelta(days=400)
    await activate_subscription_of(door.desk.app.engine, tenant_id, ["crm", "sales"], until)
    token = (await door.sign_in())["token"]
    found = await access(door, token)
    assert (found["state"], found["writable"]) == ("active", True)
    assert [row["code"] for row in found["modules"]] == ["crm", "sales"]
    assert found["since"][:19] == paid.isoformat()[:19]
    assert found["endsAt"][:19] == until.isoformat()[:19]
    await activate_subscription_of(door.desk.app.engine, tenant_id, ["crm"], None)
    assert (await access(door, token))["endsAt"] is None


async def test_who_subscribes_early_sees_what_is_bought_and_what_is_free_for_a_while(door: Door) -> None:
    boss = await door.company()
    tenant_id = UUID(boss["tenant"]["id"])
    await activate_subscription_of(door.desk.app.engine, tenant_id, ["crm"], None)
    found = await access(door, boss["token"])
    assert found["state"] == "active"
    assert len(found["modules"]) > 1
    assert [row["code"] for row in found["modules"] if not row["trial"]] == ["crm"]
    door.desk.clock.move(days=16)
    found = await access(door, (await door.sign_in())["token"])
    assert [(row["code"], row["trial"]) for row in found["modules"]] == [("crm", False)]


async def test_each_company_tells_its_own(door: Door) -> None:
    boss = await door.company()
    second = await door.company(companyName="第二家")
    await activate_subscription_of(door.desk.app.engine, UUID(second["tenant"]["id"]), ["crm"], None)
    found = {row["id"]: row["access"]["state"] for row in await door.data(ALL, token=boss["token"])}
    assert found == {boss["tenant"]["id"]: "trial", second["tenant"]["id"]: "active"}


async def test_it_is_told_before_an_initial_password_is_changed(door: Door) -> None:
    boss = await door.company()
    role = await door.role_id(boss["token"], "salesperson")
    asked = {"account": "zhao", "name": "小赵", "initialPassword": FIRST, "roleIds": [role]}
    made = await door.data(CREATE_MEMBER, token=boss["token"], i=asked)
    signed = await door.data(SIGN_IN, i={"orgCode": made["orgCode"], "account": "zhao", "password": FIRST})
    assert signed["mustChangePassword"] is True
    assert (await access(door, signed["token"]))["state"] == "trial"
    assert await door.code(ALL, token=signed["token"]) == "PASSWORD_CHANGE_REQUIRED"
