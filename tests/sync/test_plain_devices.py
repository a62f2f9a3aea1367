"""A company that admits encrypted devices only: at no door does data go to a device that does not say so."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from sync import loads
from sync.client import Replica, SyncRefused
from sync.client.live import follow
from sync.errors import DeviceMustEncrypt
from sync.service import SyncService
from sync.wire import About, RegisterRequest
from tests.sync.attaching import attach, pdf
from tests.sync.conftest import Doors
from values.ids import new_id

ON = {"name": "device.encryption_required", "value": True}


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loads, "_PAGED_ROWS", 2)
    monkeypatch.setattr(loads, "_FIRST_FROM_ROWS", 4)


async def _fill(run) -> None:
    for i in range(6):
        await run("li", "party.create_customer", name=f"客户{i}")


async def _load(doors: Doors, replica: Replica, **about: object) -> httpx.Response:
    body = {"deviceId": replica.device_id, "encodings": ["gzip"], **({"about": about} if about else {})}
    async with httpx.AsyncClient(headers={"authorization": f"Bearer {replica.token}"}) as client:
        return await client.post(f"{doors.url}/sync/v1/load", json=body)


async def _fetch(doors: Doors, replica: Replica, path: str) -> httpx.Response:
    async with httpx.AsyncClient(headers={"authorization": f"Bearer {replica.token}"}) as client:
        return await client.get(doors.url + path)


async def test_a_plain_device_is_offered_no_files(doors: Doors, run) -> None:
    await _fill(run)
    await run("admin", "tenants.set_setting", **ON)
    plain = await doors.device("li", "plain", registered=False)
    await asyncio.to_thread(plain.register, "plain")
    with pytest.raises(SyncRefused) as refused:
        await asyncio.to_thread(plain.pull)
    assert (refused.value.status, refused.value.code) == (403, "DEVICE_MUST_ENCRYPT")
    assert plain.rows("customers") == []
    for about in ({}, {"encrypted": False}, {"client": "x"}):
        answer = await _load(doors, plain, **about)
        assert (answer.status_code, answer.json()["code"]) == (403, "DEVICE_MUST_ENCRYPT")
    offered = (await _load(doors, plain, encrypted=True)).json()["files"]
    answers = [await _fetch(doors, plain, file["path"]) for file in offered]
    assert [answer.status_code for answer in answers] == [200, 200]


async def test_an_offer_made_to_a_plain_device_ends_with_the_setting(doors: Doors, run) -> None:
    await _fill(run)
    plain = await doors.device("li", "plain")
    before = (await _load(doors, plain)).json()["files"]
    assert (await _fetch(doors, plain, before[-1]["path"])).status_code == 200
    await run("admin", "tenants.set_setting", **ON)
    answer = await _fetch(doors, plain, before[-1]["path"])
    assert (answer.status_code, answer.json()["code"]) == (403, "DEVICE_MUST_ENCRYPT")


async def test_on_the_air_a_plain_device_hears_that_there_is_something_and_nothing_of_it(doors: Doors, run) -> None:
    plain = await doors.device("li", "plain")
    ready, pulled = asyncio.Event(), asyncio.Event()
    plain.pull = pulled.set  # type: ignore[method-assign,assignment]
    following = asyncio.create_task(follow(plain, ready=ready.set))
    try:
        async with asyncio.timeout(10):
            await ready.wait()
            await run("li", "party.create_customer", name="先")
            while [row["name"] for row in plain.rows("customers")] != ["先"]:  # noqa: ASYNC110 - no event
                await asyncio.sleep(0.02)
            await run("admin", "tenants.set_setting", **ON)
            pulled.clear()
            await run("li", "party.create_customer", name="后")
            await pulled.wait()
        await asyncio.sleep(0.3)
        assert [row["name"] for row in plain.rows("customers")] == ["先"]
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


async def test_a_plain_device_fetches_no_attachment(doors: Doors, run) -> None:
    yunfan, files, session_id = doors.world.yunfan, doors.app.files, new_id()
    made = await run("li", "party.create_customer", name="有附件")
    data = pdf(100)
    attachment_id = (await attach(yunfan, "li", made.row_id, data)).row_id
    li = await yunfan.actor("li", session_id=session_id)
    await files.append(li, attachment_id, 0, data)
    await files.finish(li, attachment_id)
    await run("admin", "tenants.set_setting", **ON)
    assert (await files.stored(li, attachment_id)).state == "stored"  # a browser's sign-in: there is no device
    plain = RegisterRequest(device_id=new_id(), name="plain", platform="test")
    await SyncService(doors.app.engine).register(li, plain)
    with pytest.raises(DeviceMustEncrypt):
        await files.stored(li, attachment_id)
    other = await yunfan.actor("li", session_id=new_id())
    encrypted = RegisterRequest(device_id=new_id(), name="own", platform="test", about=About(encrypted=True))
    await SyncService(doors.app.engine).register(other, encrypted)
    assert (await files.stored(other, attachment_id)).state == "stored"
