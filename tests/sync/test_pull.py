"""Pull: refusals, a first load, deltas, scope, masks, rebase."""

from __future__ import annotations

import asyncio
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select

from sync.client import NotRegistered, SyncRefused, UnknownCommand
from sync.service import SyncService
from sync.wire import PullRequest, RegisterRequest
from tenants.device_entities import Device
from tenants.entities import Role, RoleAssignment
from tests.sync.conftest import Doors, Network
from tests.world import seed
from values.ids import new_id


async def _post(doors: Doors, path: str, body: object, token: str | None = None, **headers: str) -> httpx.Response:
    async with httpx.AsyncClient(base_url=doors.url) as client:
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        content = body if isinstance(body, bytes) else None
        return await client.post(path, headers=headers, content=content, json=None if content is not None else body)


@pytest.mark.parametrize("path", ["devices", "pull", "push"])
async def test_anonymous_is_refused(doors: Doors, path: str) -> None:
    for headers in ({}, {"Authorization": "Bearer unknown"}, {"Authorization": "Basic abc"}):
        answer = await _post(doors, f"/sync/v1/{path}", {}, **headers)
        assert answer.status_code == 401
        assert answer.json()["code"] == "NOT_SIGNED_IN"
        assert answer.json()["remedy"]


async def test_strict_requests(doors: Doors) -> None:
    token = doors.token(doors.world.yunfan, "li")
    device = str(new_id())
    for path in ("devices", "pull", "push", "load", "keys", "devices/wiped"):
        for broken in (b"", b"{", b"\xff"):
            answer = await _post(doors, f"/sync/v1/{path}", broken, token)
            assert (answer.status_code, answer.json()["code"]) == (400, "REQUEST_MALFORMED"), (path, broken[:9])
            assert "JSON" in answer.json()["message"]
    for body in (
        {"deviceId": "x"},
        {"deviceId": device, "surprise": 1},
        {"deviceId": device, "limit": 0},
    ):
        answer = await _post(doors, "/sync/v1/pull", body, token)
        assert (answer.status_code, answer.json()["code"]) == (422, "INVALID_INPUT")
    too_many = {"deviceId": device, "mutations": [{}] * 501}
    assert (await _post(doors, "/sync/v1/push", too_many, token)).status_code == 422
    try:
        too_large = await _post(doors, "/sync/v1/push", b" " * (5 * 1024 * 1024 + 1), token)
    except httpx.TransportError:
        return  # refused by its announced length, and cut off before it was all sent
    assert too_large.status_code == 413


async def test_a_device_belongs_to_one_member_of_one_company(doors: Doors) -> None:
    mine = await doors.device("li", "mine")
    for company, who in ((doors.world.yunfan, "zhao"), (doors.world.seagull, "qian")):
        for path, extra in (("pull", {}), ("push", {"mutations": []})):
            body = {"deviceId": mine.device_id, **extra}
            answer = await _post(doors, f"/sync/v1/{path}", body, doors.token(company, who))
            assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")
    taken = {"deviceId": mine.device_id, "name": "theirs", "platform": "python"}
    answer = await _post(doors, "/sync/v1/devices", taken, doors.token(doors.world.yunfan, "zhao"))
    assert answer.status_code == 404


async def test_a_revoked_device_is_shut_out(doors: Doors, run) -> None:
    replica = await doors.device("li", "lost")
    with pytest.raises(Exception, match="NOT_FOUND"):
        await run("zhao", "tenants.revoke_device", id=UUID(replica.device_id))
    await run("admin", "tenants.revoke_device", id=UUID(replica.device_id))
    replica.mutate("party.create_customer", name="晚了")
    for call in (replica.pull, replica.push):
        with pytest.raises(SyncRefused, match="DEVICE_REVOKED") as refused:
            await asyncio.to_thread(call)
        assert refused.value.status == 401
    assert len(replica.pending()) == 1


async def test_a_revoked_device_registers_as_a_new_one_and_brings_what_it_had(doors: Doors, run) -> None:
    li = await doors.device("li", "li")
    li.mutate("party.create_customer", name="之前")
    await asyncio.to_thread(li.sync)
    revoked = li.device_id
    li.mutate("party.create_customer", name="没来得及推送")
    await run("admin", "tenants.revoke_device", id=UUID(revoked))
    with pytest.raises(SyncRefused, match="DEVICE_REVOKED"):
        await asyncio.to_thread(li.sync)
    assert await asyncio.to_thread(li.register, "li") == li.device_id != revoked
    assert (await asyncio.to_thread(li.sync))["pushed"] == {"applied": 2}, "one of them is answered a second time"
    assert sorted(row["name"] for row in li.rows("customers")) == ["之前", "没来得及推送"]
    assert await asyncio.to_thread(li.verify) == []


async def test_a_forged_or_foreign_cursor_is_refused(doors: Doors) -> None:
    li, other = await doors.device("li", "li"), await doors.device("li", "other")
    cursor = li._store.get("cursor")
    for device, sent in ((li, cursor[:-2] + "AA"), (li, "s1.k.e30.e30"), (li, ""), (other, cursor)):
        body = {"deviceId": device.device_id, "cursor": sent}
        answer = await _post(doors, "/sync/v1/pull", body, doors.token(doors.world.yunfan, "li"))
        assert (answer.status_code, answer.json()["code"]) == (422, "CURSOR_INVALID")


async def test_registration_comes_first_and_only_once(doors: Doors) -> None:
    network = Network()
    replica = await doors.device("li", "phone", registered=False, transport=network)
    with pytest.raises(NotRegistered):
        replica.mutate("party.create_customer", name="早了")
    network.lose_answers = {"/sync/v1/devices"}
    with pytest.raises(Exception, match="ReadError"):
        await asyncio.to_thread(replica.register, "phone")
    network.lose_answers = set()
    await asyncio.to_thread(replica.register, "phone")
    assert network.lost > 1
    async with doors.app.engine.reading(await doors.world.yunfan.actor("li")) as session:
        assert [str(d.id) for d in await session.scalars(select(Device))] == [replica.device_id]


async def test_a_member_cannot_queue_what_is_not_theirs(doors: Doors) -> None:
    auditor = await doors.device("zhou", "auditor")
    with pytest.raises(UnknownCommand):
        auditor.mutate("party.create_customer", name="不行")
    li = await doors.device("li", "li")
    with pytest.raises(UnknownCommand):
        li.mutate("party.assign_customer", id=str(new_id()), owner_id=str(new_id()))


async def test_first_load_and_deltas_follow_the_scope(doors: Doors, run) -> None:
    mine = await run("li", "party.create_customer", name="本人客户", phone="13800000000")
    await run("zhao", "party.create_customer", name="小赵客户")
    li, manager = await doors.device("li", "li", page_rows=3), await doors.device("wang", "wang", page_rows=2)
    assert [r["name"] for r in li.rows("customers")] == ["本人客户"]
    assert {r["name"] for r in manager.rows("customers")} == {"本人客户", "小赵客户"}
    assert len(li.rows("members")) == 6
    assert "scopePath" not in li.rows("customers")[0]
    await run("li", "party.create_contact", customer_id=mine.row_id, name="联系人")
    await run("li", "party.edit_customer", id=mine.row_id, level="a")
    await run("lin", "party.archive_customer", id=mine.row_id)
    await asyncio.to_thread(li.pull)
    assert li.rows("customers") == []
    archived = li.rows("customers", archived=True)
    assert [(r["level"], r["archivedAt"] is not None) for r in archived] == [("a", True)]
    assert li.rows("contacts", archived=True)[0]["customerId"] == str(mine.row_id)
    for replica in (li, manager):
        assert await asyncio.to_thread(replica.verify) == []


async def test_a_customer_that_is_reassigned_leaves_the_device(doors: Doors, run) -> None:
    made = await run("li", "party.create_customer", name="移交客户")
    await run("li", "party.create_contact", customer_id=made.row_id, name="移交联系人")
    li, zhao, manager = [await doors.device(who, who) for who in ("li", "zhao", "wang")]
    await run("lin", "party.assign_customer", id=made.row_id, owner_id=doors.world.yunfan.people["zhao"])
    for replica in (li, zhao, manager):
        await asyncio.to_thread(replica.pull)
        assert await asyncio.to_thread(replica.verify) == []
    assert (li.rows("customers"), li.rows("contacts")) == ([], [])
    assert [r["name"] for r in zhao.rows("customers")] == ["移交客户"]
    assert [r["name"] for r in zhao.rows("contacts")] == ["移交联系人"]
    assert [r["ownerId"] for r in manager.rows("customers")] == [str(doors.world.yunfan.people["zhao"])]
    await run("lin", "party.assign_customer", id=made.row_id, owner_id=doors.world.yunfan.people["li"])
    await asyncio.to_thread(li.pull)
    await asyncio.to_thread(zhao.pull)
    assert len(li.rows("customers")) == len(li.rows("contacts")) == 1
    assert zhao.rows("customers") == []


async def test_a_change_of_rights_loads_afresh_and_keeps_the_queue(doors: Doors, run) -> None:
    await run("zhao", "party.create_customer", name="小赵客户", phone="13911112222")
    li = await doors.device("li", "li")
    li.mutate("party.create_customer", name="未推送")
    assert [r["name"] for r in li.rows("customers")] == ["未推送"]
    yunfan = doors.world.yunfan

    async def widen(ctx) -> None:
        [found] = await ctx.session.scalars(
            select(RoleAssignment).where(RoleAssignment.member_id == yunfan.people["li"])
        )
        found.scope = "all"

    await seed(doors.app, yunfan.tenant_id, widen)
    await asyncio.to_thread(li.pull)
    assert {r["name"] for r in li.rows("customers")} == {"小赵客户", "未推送"}
    assert len(li.pending()) == 1

    async def mask(ctx) -> None:
        role = await ctx.session.scalar(select(Role).where(Role.key == "salesperson"))
        role.masks = ["party.Customer.phone"]

    await seed(doors.app, yunfan.tenant_id, mask)
    await asyncio.to_thread(li.pull)
    [row] = li.rows("customers", name="小赵客户")
    assert "phone" not in row

    async def narrow(ctx) -> None:
        [found] = await ctx.session.scalars(
            select(RoleAssignment).where(RoleAssignment.member_id == yunfan.people["li"])
        )
        await ctx.delete(found)

    await seed(doors.app, yunfan.tenant_id, narrow)
    await asyncio.to_thread(li.pull)
    assert li.rows("members") == []
    assert [r["name"] for r in li.rows("customers")] == ["未推送"]


async def test_a_load_that_was_cut_shows_nothing_and_goes_on(doors: Doors, run) -> None:
    for i in range(7):
        await run("li", "party.create_customer", name=f"客户{i}")
    network = Network()
    li = await doors.device("li", "li", registered=False, transport=network, page_rows=2)
    await asyncio.to_thread(li.register, "li")
    pages = [await asyncio.to_thread(li._pulling.page, li._registration.standing())]
    li._store.stage(pages[0])
    network.down = True
    with pytest.raises(Exception, match="ConnectError"):
        await asyncio.to_thread(li.pull)
    assert li.rows("members") == []
    assert li.rows("customers") == []
    await run("li", "party.create_customer", name="其间")
    network.down = False
    await asyncio.to_thread(li.pull)
    assert len(li.rows("customers")) == 8
    assert await asyncio.to_thread(li.verify) == []


async def test_nothing_of_another_company(doors: Doors, run) -> None:
    await run("admin", "party.create_customer", name="云帆机密")
    service = SyncService(doors.app.engine)
    rival = await doors.world.seagull.actor("admin")
    device = new_id()
    await service.register(rival, RegisterRequest(device_id=device, name="x", platform="test"))
    page = await service.pull(rival, PullRequest(device_id=device, limit=5000))
    told = page.encoded().decode()
    assert "云帆" not in told
    assert str(doors.world.yunfan.admin_id) not in told
    assert "members" in {part.name for part in page.header.sections if part.puts}


@pytest.mark.parametrize(
    "device_id",
    ["00000000-0000-0000-0000-000000000000", "6f0b7a52-3c1e-4f4b-9d5a-2e8c17d4a960", "x"],
)
async def test_a_device_id_is_a_uuidv7_of_its_maker(doors: Doors, device_id: str) -> None:
    body = {"deviceId": device_id, "name": "手机", "platform": "test"}
    answer = await _post(doors, "/sync/v1/devices", body, doors.token(doors.world.yunfan, "li"))
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, "INVALID_INPUT", "deviceId")
    body["deviceId"] = str(new_id())
    assert (await _post(doors, "/sync/v1/devices", body, doors.token(doors.world.yunfan, "li"))).status_code == 200
