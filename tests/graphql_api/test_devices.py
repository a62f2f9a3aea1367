"""The admin's console over the fleet: whose devices one sees, what the registry says, who may deal with them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from kernel.command import command_named
from kernel.db import TenantSession
from sync.service import SyncService
from sync.wire import About, PullRequest, PushRequest, RegisterRequest
from tenants.commands.assign_role import AssignRole
from tenants.commands.create_role import CreateRole
from tenants.commands.file_inbox_entry import FileInboxEntry
from tests.graphql_api.conftest import Api
from tests.world import Company, World
from values.ids import new_id

FACTS = """{ devices(orderBy: [{field: NAME}]) { totalCount nodes { id name states lag lagSeconds queued queueAgeSeconds
 stuckOperations encrypted osVersion appVersion client replicaBytes persistent wipeState wipeUnsent revokedAt
 member { id name } } } }"""
HEALTH = "{ deviceHealth { total healthy behind stuck silent unencrypted wipePending wiped revoked } }"
WIPE = 'mutation($id: ID!) { wipeDevice(input: {id: $id, reason: "离职"}) { id wipeState wipeReason states } }'
ABOUT = About(os_version="Android 16", app_version="2.3", client="test/1", replica_bytes=2**40, encrypted=True)


async def registered(company: Company, who: str, about: About | None = ABOUT) -> UUID:
    service, actor = SyncService(company.app.engine), await company.actor(who)
    asked = RegisterRequest(device_id=new_id(), name=f"{who} 的手机", platform="android", about=about)
    device_id = (await service.register(actor, asked)).device_id
    cursor = None
    while True:
        page = await service.pull(actor, PullRequest(device_id=device_id, cursor=cursor, about=about))
        cursor = page.header.cursor
        if not page.header.more:
            return device_id


async def shown(api: Api, company: Company, who: str) -> dict[str, Any]:
    return {row["name"]: row for row in (await api.data(company, who, FACTS))["devices"]["nodes"]}


@pytest.mark.parametrize("query", [FACTS, HEALTH])
async def test_strangers_learn_nothing(api: Api, world: World, query: str) -> None:
    await registered(world.yunfan, "li")
    assert await api.code(None, "", query) == "NOT_SIGNED_IN"
    assert (await shown(api, world.seagull, "admin")) == {}
    assert (await api.data(world.seagull, "admin", HEALTH))["deviceHealth"]["total"] == 0


@pytest.mark.parametrize(
    "mutation",
    [
        WIPE,
        "mutation($id: ID!) { cancelWipe(input: {id: $id}) { id } }",
        "mutation($id: ID!) { revokeDevice(input: {id: $id}) { id } }",
        'mutation($id: ID!) { renameDevice(input: {id: $id, name: "x"}) { id } }',
    ],
)
async def test_anothers_device_is_unknown_to_who_may_not(api: Api, world: World, mutation: str) -> None:
    device_id = str(await registered(world.yunfan, "li"))
    assert await api.code(None, "", mutation, id=device_id) == "NOT_SIGNED_IN"
    for company, who in ((world.yunfan, "wang"), (world.yunfan, "zhou"), (world.seagull, "admin")):
        assert await api.code(company, who, mutation, id=device_id) == "NOT_FOUND"


async def test_a_member_sees_and_wipes_their_own(api: Api, world: World) -> None:
    device_id = str(await registered(world.yunfan, "li"))
    await registered(world.yunfan, "wang")
    assert list(await shown(api, world.yunfan, "li")) == ["li 的手机"]
    renamed = 'mutation($id: ID!) { renameDevice(input: {id: $id, name: "旧手机"}) { name } }'
    assert (await api.data(world.yunfan, "li", renamed, id=device_id))["renameDevice"] == {"name": "旧手机"}
    found = (await api.data(world.yunfan, "li", WIPE, id=device_id))["wipeDevice"]
    assert (found["wipeState"], found["states"]) == ("REQUESTED", ["WIPE_PENDING"])


async def test_the_view_ends_where_the_permission_does(api: Api, world: World) -> None:
    yunfan = world.yunfan
    for who in ("admin", "li", "zhao"):
        await registered(yunfan, who)
    role = await yunfan.run(
        "admin", "tenants.create_role", CreateRole(name="设备查看", permissions=["tenants.device.view"])
    )
    given = AssignRole(member_id=yunfan.people["wang"], role_id=role.row_id, scope="subtree")
    await yunfan.run("admin", "tenants.assign_role", given)
    assert sorted(await shown(api, yunfan, "wang")) == ["li 的手机", "zhao 的手机"]
    assert (await api.data(yunfan, "wang", HEALTH))["deviceHealth"]["total"] == 2
    nested = "{ members { nodes { devices { nodes { name } } } } }"
    rows = (await api.data(yunfan, "wang", nested))["members"]["nodes"]
    names = [device["name"] for row in rows for device in row["devices"]["nodes"]]
    assert sorted(names) == ["li 的手机", "zhao 的手机"]


async def test_the_members_view_is_their_own_and_the_key_share_nobodys(api: Api, world: World) -> None:
    yunfan = world.yunfan
    await registered(yunfan, "li")
    role = await yunfan.run(
        "admin", "tenants.create_role", CreateRole(name="只看设备", permissions=["tenants.device.view"])
    )
    given = AssignRole(member_id=yunfan.people["zhou"], role_id=role.row_id, scope="all")
    await yunfan.run("admin", "tenants.assign_role", given)
    found = await shown(api, yunfan, "zhou")
    assert found["li 的手机"]["member"] is not None, "zhou may view members"
    secret = "{ devices { nodes { keyShare } } }"
    assert (await api(yunfan, "zhou", secret))["errors"]


async def test_the_registry_says_what_it_knows(api: Api, world: World, clock) -> None:
    yunfan = world.yunfan
    device_id = await registered(yunfan, "li")
    found = (await shown(api, yunfan, "admin"))["li 的手机"]
    assert found["states"] == ["HEALTHY"]
    assert (found["lag"], found["lagSeconds"], found["queued"], found["queueAgeSeconds"]) == (0, 0, 0, None)
    assert (found["osVersion"], found["replicaBytes"], found["encrypted"]) == ("Android 16", str(2**40), True)
    assert found["member"]["id"] == str(yunfan.people["li"])
    create = command_named("party.create_customer").input_type
    for number in range(3):
        await yunfan.run("wang", "party.create_customer", create(name=f"客户{number}"))
    clock.instant += timedelta(hours=2)
    about = About(encrypted=False, oldest_queued_at=clock.instant - timedelta(hours=30))
    push = PushRequest(device_id=device_id, mutations=[], queued=4, about=about)
    await SyncService(yunfan.app.engine).push(await yunfan.actor("li"), push)
    await yunfan.run_internal("li", "tenants.file_inbox_entry", entry(device_id, clock.instant))
    found = (await shown(api, yunfan, "admin"))["li 的手机"]
    assert found["states"] == ["BEHIND", "STUCK", "UNENCRYPTED"]
    assert (found["lag"] >= 3, found["lagSeconds"]) == (True, 7200)
    assert (found["queued"], found["queueAgeSeconds"], found["stuckOperations"]) == (4, 30 * 3600, 1)
    clock.instant += timedelta(days=7, seconds=1)
    health = (await api.data(yunfan, "admin", HEALTH))["deviceHealth"]
    expected = {"total": 1, "healthy": 0, "behind": 1, "stuck": 1, "silent": 1, "unencrypted": 1}
    assert health == {**expected, "wipePending": 0, "wiped": 0, "revoked": 0}


async def test_a_device_that_is_out_falls_no_further_behind(api: Api, world: World, clock) -> None:
    yunfan = world.yunfan
    revoke = "mutation($id: ID!) { revokeDevice(input: {id: $id}) { id } }"
    create = command_named("party.create_customer").input_type
    for who, closing in (("li", revoke), ("wang", WIPE), ("zhao", None)):
        device_id = str(await registered(yunfan, who))
        if closing is not None:
            await api.data(yunfan, "admin", closing, id=device_id)
    await yunfan.run("wang", "party.create_customer", create(name="以后的客户"))
    clock.instant += timedelta(hours=2)
    found = await shown(api, yunfan, "admin")
    lags = {name.split()[0]: (row["lag"], row["lagSeconds"]) for name, row in found.items()}
    assert lags["li"] == lags["wang"] == (None, None)
    assert lags["zhao"][0] >= 1
    assert lags["zhao"][1] == 7200


async def test_devices_are_found_by_state(api: Api, world: World) -> None:
    yunfan = world.yunfan
    for who, about in (("li", ABOUT), ("wang", None), ("zhao", ABOUT), ("lin", ABOUT)):
        device_id = str(await registered(yunfan, who, about))
        if who == "zhao":
            await api.data(yunfan, "admin", WIPE, id=device_id)
        if who == "lin":
            await api.data(yunfan, "admin", "mutation($i: ID!) { revokeDevice(input: {id: $i}) { id } }", i=device_id)
    asked = "query($s: [DeviceState!]) { devices(states: $s, orderBy: [{field: NAME}]) { nodes { name } } }"

    async def named(*states: str) -> list[str]:
        nodes = (await api.data(yunfan, "admin", asked, s=list(states)))["devices"]["nodes"]
        return [row["name"].split()[0] for row in nodes]

    assert await named("HEALTHY") == ["li"]
    assert await named("UNENCRYPTED") == ["wang"]
    assert await named("WIPE_PENDING") == ["zhao"]
    assert await named("WIPED") == []
    assert await named("REVOKED", "WIPE_PENDING") == ["lin", "zhao"]
    assert len(await named()) == 4


async def test_a_page_of_devices_costs_as_many_statements_as_one(api: Api, world: World, statements) -> None:
    counted = []
    for who in ("li", "wang", "zhao"):
        await registered(world.yunfan, who)
        with statements() as seen:
            await api.data(world.yunfan, "admin", FACTS)
        counted.append(len(seen))
    assert counted[0] == counted[2]


async def test_heartbeats_are_written_every_half_minute_at_most(world: World, clock, monkeypatch) -> None:
    seen: list[str] = []
    write_now = TenantSession.write_now

    async def watched(session: TenantSession, statement: str, parameters: Any) -> int:
        seen.append(statement)
        return await write_now(session, statement, parameters)

    monkeypatch.setattr(TenantSession, "write_now", watched)
    yunfan = world.yunfan
    device_id = await registered(yunfan, "li")
    service, actor = SyncService(yunfan.app.engine), await yunfan.actor("li")
    page = await service.pull(actor, PullRequest(device_id=device_id, about=ABOUT))

    async def writes() -> int:
        seen.clear()
        for queued in (0, 2, 0):
            asked = PullRequest(device_id=device_id, cursor=page.header.cursor, about=ABOUT, queued=queued)
            await service.pull(actor, asked)
        return sum(statement.startswith("UPDATE app.device") for statement in seen)

    assert await writes() == 0
    clock.instant += timedelta(seconds=31)
    assert await writes() == 1
    clock.instant += timedelta(seconds=29)
    assert await writes() == 0


def entry(device_id: UUID, now: Any) -> FileInboxEntry:
    told = dict.fromkeys(("message_zh", "message_en", "remedy_zh", "remedy_en"), "x")
    return FileInboxEntry(
        mutation_id=new_id(),
        device_id=device_id,
        command="party.edit_customer",
        entity="party.Customer",
        row_id=None,
        state="open",
        code="X",
        field=None,
        arguments={},
        differences=[],
        made_at=now,
        **told,
    )
