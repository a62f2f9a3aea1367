"""Wipes: who may ask for one, the order at the next contact, the receipt that nobody else makes, kills in between."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from modules.party.entities import Customer
from sync.client import DeviceWiped, Keychain, Replica, SyncRefused
from sync.client.safe import Safe
from sync.client.wiping import Wiping
from tenants.device_entities import Device
from tenants.errors import DeviceAlreadyWiped, NoWipePending, WipeHandedOut
from tenants.maintenance import set_maintenance
from tests.sync.conftest import Doors, Network
from tests.sync.test_client_words import everything
from values.errors import NotFound, PermissionDenied, Required


async def row(doors: Doors, replica_id: str) -> Device:
    async with doors.app.engine.reading(await doors.world.yunfan.actor("admin")) as session:
        found = await session.scalar(select(Device).where(Device.id == UUID(replica_id)))
        session.orm.expunge_all()
        return found


async def ask(doors: Doors, path: str, token: str | None, body: dict[str, Any]) -> httpx.Response:
    async with httpx.AsyncClient(base_url=doors.url) as client:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return await client.post(f"/sync/v1/{path}", json=body, headers=headers)


async def ordered(doors: Doors, li: Replica) -> dict[str, Any]:
    """The order, as the device would be told it."""
    answer = await ask(doors, "pull", li.token, {"deviceId": li.device_id})
    assert (answer.status_code, answer.json()["code"]) == (403, "DEVICE_WIPED")
    return answer.json()["order"]


def receipt(doors: Doors, device_id: str, order: dict[str, Any], **changes: Any) -> dict[str, Any]:
    made = Wiping(doors.folder / "nothing", None, lambda _path, _body: {}, doors.app.engine.clock.now)
    return made._receipt({"deviceId": device_id, "order": order, "unsent": 2}, "deleted") | changes


@pytest.mark.parametrize(("who", "refusal"), [("wang", NotFound), ("zhao", NotFound), ("zhou", NotFound)])
async def test_only_who_may_wipes_anothers_device(doors: Doors, run, who: str, refusal: type) -> None:
    li = await doors.device("li", "li")
    for command, more in (("wipe_device", {"reason": "丢失"}), ("cancel_wipe", {}), ("revoke_device", {})):
        with pytest.raises(refusal):
            await run(who, f"tenants.{command}", id=UUID(li.device_id), **more)
    assert (await row(doors, li.device_id)).wipe_requested_at is None


async def test_an_administrators_device_is_an_administrators_to_wipe(doors: Doors, run) -> None:
    from tenants.commands.create_role import CreateRole

    admins = await doors.device("admin", "admin")
    held = ["tenants.device.view", "tenants.device.wipe", "tenants.device.revoke"]
    made = await doors.world.yunfan.run("admin", "tenants.create_role", CreateRole(name="设备管理", permissions=held))
    who = doors.world.yunfan.people["wang"]
    await run("admin", "tenants.assign_role", member_id=who, role_id=made.row_id, scope="all")
    with pytest.raises(PermissionDenied):
        await run("wang", "tenants.wipe_device", id=UUID(admins.device_id), reason="x")


async def test_another_company_knows_nothing_of_it(doors: Doors, run) -> None:
    from tenants.commands.wipe_device import WipeDevice

    li = await doors.device("li", "li")
    with pytest.raises(NotFound):
        await doors.world.seagull.run("admin", "tenants.wipe_device", WipeDevice(id=UUID(li.device_id), reason="x"))


async def test_what_makes_no_sense_is_refused(doors: Doors, run) -> None:
    li = await doors.device("li", "li")
    device_id = UUID(li.device_id)
    with pytest.raises(Required):
        await run("admin", "tenants.wipe_device", id=device_id, reason="  ")
    with pytest.raises(NoWipePending):
        await run("admin", "tenants.cancel_wipe", id=device_id)
    await run("admin", "tenants.wipe_device", id=device_id, reason="离职")
    order = await ordered(doors, li)
    with pytest.raises(WipeHandedOut):
        await run("admin", "tenants.cancel_wipe", id=device_id)
    assert (await ask(doors, "devices/wiped", None, receipt(doors, li.device_id, order))).status_code == 200
    with pytest.raises(DeviceAlreadyWiped):
        await run("admin", "tenants.wipe_device", id=device_id, reason="离职")


async def test_the_order_comes_at_every_door_and_is_the_same(doors: Doors, run) -> None:
    li = await doors.device("li", "li")
    await run("admin", "tenants.wipe_device", id=UUID(li.device_id), reason="离职")
    assert (await row(doors, li.device_id)).wipe_delivered_at is None
    first = await ordered(doors, li)
    assert (first["afterPush"], (await row(doors, li.device_id)).wipe_delivered_at) == (
        True,
        doors.app.engine.clock.now(),
    )
    for path, more in (
        ("push", {"mutations": []}),
        ("keys", {}),
        ("devices", {"name": "x", "platform": "y"}),
    ):
        answer = await ask(doors, path, li.token, {"deviceId": li.device_id, **more})
        assert (answer.status_code, answer.json()["order"]) == (403, first)
    socket = connect(doors.url.replace("http", "ws") + "/sync/v1/poke")
    async with socket as opened:
        await opened.send(json.dumps({"token": li.token, "deviceId": li.device_id}))
        with pytest.raises(ConnectionClosed) as gone:
            await asyncio.wait_for(opened.recv(), 10)
    assert (gone.value.rcvd.code, gone.value.rcvd.reason) == (4403, "DEVICE_WIPED")


async def test_an_open_socket_is_told_within_five_seconds_and_takes_no_order(doors: Doors, run) -> None:
    li = await doors.device("li", "li")
    async with connect(doors.url.replace("http", "ws") + "/sync/v1/poke") as opened:
        await opened.send(json.dumps({"token": li.token, "deviceId": li.device_id}))
        await asyncio.wait_for(opened.recv(), 5)
        await run("admin", "tenants.wipe_device", id=UUID(li.device_id), reason="离职")
        with pytest.raises(ConnectionClosed) as gone:
            await asyncio.wait_for(_until_closed(opened), 5)
    assert gone.value.rcvd.code == 4403
    assert (await row(doors, li.device_id)).wipe_delivered_at is None, "a close carries no order"


async def _until_closed(opened: Any) -> None:
    while True:
        await opened.recv()


async def test_a_wipe_that_was_called_off_leaves_the_device_as_it_was(doors: Doors, run) -> None:
    li = await doors.device("li", "li")
    for after_push in (True, False):
        await run("admin", "tenants.wipe_device", id=UUID(li.device_id), reason="找不到", after_push=after_push)
        await run("admin", "tenants.cancel_wipe", id=UUID(li.device_id))
        found = await row(doors, li.device_id)
        assert (found.revoked_at, found.wipe_requested_at, found.wipe_reason) == (None, None, None)
        await asyncio.to_thread(li.sync)


@pytest.mark.parametrize("forged", ["proof", "unsent", "at", "order", "deviceId", "method", "otherTenant", "secret"])
async def test_a_forged_receipt_confirms_nothing(doors: Doors, run, forged: str) -> None:
    li, wang = await doors.device("li", "li"), await doors.device("wang", "wang")
    await run("admin", "tenants.wipe_device", id=UUID(li.device_id), reason="离职")
    order = await ordered(doors, li)
    good = receipt(doors, li.device_id, order)
    changed = {
        "proof": {"proof": "0" * 64},
        "unsent": {"unsent": 0},
        "at": {"at": "2026-03-02T01:30:00.000001Z"},
        "order": {"order": order["order"][:-2] + "AA"},
        "deviceId": {"deviceId": wang.device_id},
        "method": {"method": "rekeyed"},
    }
    sent = good | changed.get(forged, {})
    if forged == "secret":
        sent = receipt(doors, li.device_id, {**order, "secret": "guessed"})
    if forged == "otherTenant":
        from tenants.commands.wipe_device import WipeDevice

        rival = await doors.device("qian", "qian", company=doors.world.seagull)
        wipe = WipeDevice(id=UUID(rival.device_id), reason="x")
        await doors.world.seagull.run("admin", "tenants.wipe_device", wipe)
        sent = receipt(doors, li.device_id, await ordered(doors, rival))
    answer = await ask(doors, "devices/wiped", None, sent)
    assert (answer.status_code, answer.json()["code"]) == (403, "WIPE_ORDER_INVALID")
    assert (await row(doors, li.device_id)).wiped_at is None


async def test_the_first_receipt_stands(doors: Doors, run) -> None:
    li = await doors.device("li", "li")
    await run("admin", "tenants.wipe_device", id=UUID(li.device_id), reason="离职")
    order = await ordered(doors, li)
    first = await ask(doors, "devices/wiped", None, receipt(doors, li.device_id, order))
    doors.app.engine.clock.instant = doors.app.engine.clock.now().replace(hour=23)
    again = await ask(doors, "devices/wiped", None, receipt(doors, li.device_id, order))
    assert (first.status_code, again.json()) == (200, first.json())
    found = await row(doors, li.device_id)
    assert (found.wipe_method, found.wipe_unsent, found.revoked_at) == ("deleted", 2, found.wiped_at)
    answer = await ask(doors, "pull", li.token, {"deviceId": li.device_id})
    assert (answer.status_code, answer.json()["code"]) == (401, "DEVICE_REVOKED"), "no order is handed out any more"


async def _customers(doors: Doors) -> list[str]:
    async with doors.app.engine.reading(await doors.world.yunfan.actor("admin")) as session:
        return list(await session.scalars(select(Customer.name)))


@pytest.mark.parametrize("after_push", [True, False])
async def test_what_was_not_sent_is_pushed_first_or_counted(doors: Doors, run, after_push: bool) -> None:
    li = await doors.device("li", "li")
    li.mutate("party.create_customer", name="最后一个客户")
    await run("admin", "tenants.wipe_device", id=UUID(li.device_id), reason="离职", after_push=after_push)
    with pytest.raises(DeviceWiped) as wiped:
        await asyncio.to_thread(li.sync)
    lost = 0 if after_push else 1
    assert (wiped.value.unsent, wiped.value.confirmed) == (lost, True)
    assert ("最后一个客户" in await _customers(doors)) is after_push
    assert not (doors.folder / "li.sqlite").exists()
    assert not (doors.folder / "li.sqlite.wipe").exists()


async def test_nothing_that_lies_beside_the_replica_is_left(doors: Doors, run) -> None:
    li = await doors.device("li", "li")
    customer = li.mutate("party.create_customer", name="有附件")
    source = doors.folder / "报价.txt"
    source.write_text("底价 100")
    li.attach(source, entity="party.Customer", row_id=customer)
    await asyncio.to_thread(li.sync)
    (doors.folder / "li.sqlite.load-0123.sqlite").write_text("rows of a first load that a kill cut off")
    assert list(doors.folder.glob("li.sqlite.files/*"))
    await run("admin", "tenants.wipe_device", id=UUID(li.device_id), reason="离职")
    with pytest.raises(DeviceWiped):
        await asyncio.to_thread(li.sync)
    assert not list(doors.folder.glob("li.sqlite*"))
    assert source.exists()


@pytest.mark.parametrize("encrypted", [True, False])
async def test_a_wiped_replica_says_so_to_whatever_is_asked(doors: Doors, run, encrypted: bool) -> None:
    keychain = Keychain(doors.folder / "li.key") if encrypted else None
    li = await doors.device("li", "li", keychain=keychain)
    li.mutate("party.create_customer", name="未推送")
    source = doors.folder / "报价.txt"
    source.write_text("底价 100")
    await run("admin", "tenants.wipe_device", id=UUID(li.device_id), reason="离职", after_push=False)
    with pytest.raises(DeviceWiped):
        await asyncio.to_thread(li.sync)
    for _ in range(2):
        for ask in everything(li, str(source)):
            with pytest.raises(DeviceWiped) as wiped:
                await asyncio.to_thread(ask)
            assert (wiped.value.unsent, wiped.value.confirmed, wiped.value.code) == (1, True, "DEVICE_WIPED")
        li.close()
    assert not list(doors.folder.glob("li.sqlite*")), "nothing is put beside it again"
    if keychain is not None:
        keychain.close()


async def test_during_maintenance_no_order_goes_out_and_nothing_else_does(doors: Doors, run) -> None:
    li, engine = await doors.device("li", "li"), doors.app.engine
    await run("admin", "tenants.wipe_device", id=UUID(li.device_id), reason="离职")
    await set_maintenance(engine.database, True, "升级", "Upgrade", now=engine.clock.now())
    try:
        for door in ("pull", "push", "keys", "load"):
            body = {"deviceId": li.device_id, **({"mutations": []} if door == "push" else {})}
            answer = await ask(doors, door, li.token, body)
            assert (answer.status_code, answer.json()["code"]) == (503, "READ_ONLY_MAINTENANCE"), door
    finally:
        await set_maintenance(engine.database, False, "", "", now=engine.clock.now())
    assert (await ordered(doors, li))["afterPush"] is True


async def test_a_push_under_a_forged_order_is_refused(doors: Doors, run) -> None:
    li, wang = await doors.device("li", "li"), await doors.device("wang", "wang")
    await run("admin", "tenants.wipe_device", id=UUID(li.device_id), reason="离职")
    await run("admin", "tenants.wipe_device", id=UUID(wang.device_id), reason="离职")
    foreign = (await ordered(doors, wang))["order"]
    for order, code in ((foreign, "DEVICE_WIPED"), ("s1.k.x.y", "WIPE_ORDER_INVALID")):
        body = {"deviceId": li.device_id, "mutations": [], "wipeOrder": order}
        assert (await ask(doors, "push", li.token, body)).json()["code"] == code
    await run("admin", "tenants.wipe_device", id=UUID(li.device_id), reason="被盗", after_push=False)
    own = await ordered(doors, li)
    assert own["afterPush"] is False
    body = {"deviceId": li.device_id, "mutations": [], "wipeOrder": own["order"]}
    assert (await ask(doors, "push", li.token, body)).json()["code"] == "DEVICE_WIPED"


async def test_a_lost_answer_to_the_receipt_is_made_good_at_the_next_start(doors: Doors, run) -> None:
    network = Network()
    li = await doors.device("li", "li", transport=network)
    device_id = li.device_id
    await run("admin", "tenants.wipe_device", id=UUID(device_id), reason="离职")
    network.lose_answers = {"/sync/v1/devices/wiped"}
    with pytest.raises(DeviceWiped) as wiped:
        await asyncio.to_thread(li.sync)
    assert wiped.value.confirmed is False
    first = (await row(doors, device_id)).wiped_at
    network.lose_answers = set()
    with pytest.raises(DeviceWiped) as again:
        await asyncio.to_thread(Replica, doors.folder / "li.sqlite", doors.url, li.token, sleep=lambda _s: None)
    assert (again.value.confirmed, (await row(doors, device_id)).wiped_at) == (True, first)
    fresh = await doors.device("li", "li")
    assert fresh.device_id != device_id


@pytest.mark.parametrize("killed_at", ["begin", "push_last", "counted", "_erase", "_receipt", "send"])
async def test_a_kill_at_any_step_is_taken_up(doors: Doors, run, monkeypatch, killed_at: str) -> None:
    class Killed(BaseException):
        """As hard as a kill is for what stands on the disk."""

    keychain = Keychain(doors.folder / "li.key")
    li = await doors.device("li", "li", keychain=keychain)
    li.mutate("party.create_customer", name="未推送")
    device_id, li_token = li.device_id, li.token
    await run("admin", "tenants.wipe_device", id=UUID(device_id), reason="离职", after_push=killed_at == "push_last")
    target, name = (Safe, "_count_and_erase") if killed_at in ("begin", "push_last") else (Wiping, killed_at)
    with monkeypatch.context() as patched:

        def kill(*_a: Any, **_k: Any) -> None:
            raise Killed

        if killed_at == "send":
            patched.setattr(li._safe.transport, "send", _killing(li._safe.transport.send, kill))
        else:
            patched.setattr(target, name, kill)
        with pytest.raises(Killed):
            await asyncio.to_thread(li.pull)
    li.close()
    keychain.close()
    keychain = Keychain(doors.folder / "li.key")
    options = {"keychain": keychain, "sleep": lambda _s: None, "now": doors.app.engine.clock.now}
    with pytest.raises(DeviceWiped) as wiped:
        await asyncio.to_thread(lambda: Replica(doors.folder / "li.sqlite", doors.url, li_token, **options))
    keychain.close()
    found = await row(doors, device_id)
    assert found.wiped_at is not None
    assert wiped.value.confirmed
    assert not list(doors.folder.glob("li.sqlite*"))
    # After the key is gone nobody can count any more; before, the one edit was counted or pushed.
    assert found.wipe_unsent == wiped.value.unsent == (0 if killed_at == "push_last" else 1)


def _killing(send: Any, kill: Any) -> Any:
    def sending(path: str, body: dict[str, Any]) -> dict[str, Any]:
        return kill() if path.endswith("/wiped") else send(path, body)

    return sending


async def test_a_client_that_is_refused_for_another_reason_erases_nothing(doors: Doors, run) -> None:
    li = await doors.device("li", "li")
    li.mutate("party.create_customer", name="x")
    await run("admin", "tenants.revoke_device", id=UUID(li.device_id))
    with pytest.raises(SyncRefused):
        await asyncio.to_thread(li.sync)
    assert (len(li.pending()), (doors.folder / "li.sqlite").exists()) == (1, True)
