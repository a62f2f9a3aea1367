"""The poke: refused without rights, contentless, coalesced, closed with a reason."""

from __future__ import annotations

import asyncio
import json
from uuid import UUID

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from kernel.command import command_named
from sync.live import Air, OnAir
from tests.sync.conftest import Doors, _in_force
from values.ids import new_id


def _socket(doors: Doors) -> connect:
    return connect(doors.url.replace("http", "ws") + "/sync/v1/poke")


async def _closed(socket: ClientConnection) -> tuple[int, str]:
    try:
        while True:
            await asyncio.wait_for(socket.recv(), 10)
    except ConnectionClosed as gone:
        return gone.rcvd.code, gone.rcvd.reason


async def _heard(socket: ClientConnection) -> int:
    """How many messages come until it is quiet."""
    count = 0
    while True:
        try:
            await asyncio.wait_for(socket.recv(), 0.5)
        except TimeoutError:
            return count
        count += 1


async def test_a_stranger_is_refused_with_a_reason(doors: Doors) -> None:
    li = await doors.device("li", "li")
    hellos = [
        ({"token": "wrong", "deviceId": li.device_id}, (4401, "NOT_SIGNED_IN")),
        ({"token": li.token, "deviceId": str(new_id())}, (4401, "NOT_FOUND")),
        ({"token": doors.token(doors.world.seagull, "qian"), "deviceId": li.device_id}, (4401, "NOT_FOUND")),
        ({"token": li.token}, (4400, "INVALID_INPUT")),
    ]
    for hello, expected in hellos:
        async with _socket(doors) as socket:
            await socket.send(json.dumps(hello))
            assert await _closed(socket) == expected
    async with _socket(doors) as socket:
        await socket.send("{")
        assert await _closed(socket) == (4400, "REQUEST_MALFORMED")


async def test_a_commit_pokes_without_content(doors: Doors, run) -> None:
    li = await doors.device("li", "li")
    async with _socket(doors) as socket:
        await socket.send(json.dumps({"token": li.token, "deviceId": li.device_id}))
        assert json.loads(await asyncio.wait_for(socket.recv(), 30)) == {"ready": True}
        await run("wang", "party.create_customer", name="别人的客户")
        assert json.loads(await asyncio.wait_for(socket.recv(), 30)) == {"poke": True}
        rival = doors.world.seagull
        await rival.run("admin", "party.create_customer", command_named("party.create_customer").input_type(name="敌"))
        assert await _heard(socket) == 0
        for i in range(30):
            await run("li", "party.create_customer", name=f"客户{i}")
        assert 1 <= await _heard(socket) <= 30


async def test_a_revoked_device_is_off_the_air_within_five_seconds(doors: Doors, run) -> None:
    li = await doors.device("li", "li")
    async with _socket(doors) as socket:
        await socket.send(json.dumps({"token": li.token, "deviceId": li.device_id}))
        await asyncio.wait_for(socket.recv(), 30)
        await run("admin", "tenants.revoke_device", id=UUID(li.device_id))
        async with asyncio.timeout(30):
            assert await _closed(socket) == (4401, "DEVICE_REVOKED")


async def test_a_device_that_is_to_push_and_then_wipe_is_off_the_air_within_five_seconds(doors: Doors, run) -> None:
    """Its sign-in lasts until the last push: only the look at devices finds it, long before its next contact."""
    tenant_id = doors.world.yunfan.tenant_id
    air = Air(doors.app.engine, doors.app.pokes, _in_force)
    li, phone = [
        OnAir(tenant_id, UUID((await doors.device("li", name)).device_id), new_id()) for name in ("li", "phone")
    ]
    async with air.on(li), air.on(phone):
        await run("admin", "tenants.wipe_device", id=li.device_id, reason="离职", after_push=True)
        async with asyncio.timeout(30):
            await li.doubted.wait()
        assert not phone.doubted.is_set()
    await air.close()


async def test_a_socket_says_that_its_device_is_to_be_wiped(doors: Doors, run) -> None:
    li = await doors.device("li", "li")
    async with _socket(doors) as socket:
        await socket.send(json.dumps({"token": li.token, "deviceId": li.device_id}))
        await asyncio.wait_for(socket.recv(), 30)
        await run("admin", "tenants.wipe_device", id=UUID(li.device_id), reason="离职", after_push=True)
        async with asyncio.timeout(30):
            assert await _closed(socket) == (4403, "DEVICE_WIPED")


async def test_a_signed_out_session_is_off_the_air(doors: Doors) -> None:
    li = await doors.device("li", "li")
    async with _socket(doors) as socket:
        await socket.send(json.dumps({"token": li.token, "deviceId": li.device_id}))
        await asyncio.wait_for(socket.recv(), 30)
        del doors.tokens[li.token]
        async with asyncio.timeout(30):
            assert await _closed(socket) == (4401, "NOT_SIGNED_IN")


async def test_the_server_says_goodbye(doors: Doors) -> None:
    li = await doors.device("li", "li")
    async with _socket(doors) as socket:
        await socket.send(json.dumps({"token": li.token, "deviceId": li.device_id}))
        await asyncio.wait_for(socket.recv(), 30)
        doors.stopping.set()
        assert await _closed(socket) == (1012, "SERVER_STOPS")
