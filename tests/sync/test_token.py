"""Rotating tokens: a lost answer costs nothing, a copied token ends the chain, and a kill leaves one good token."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from kernel.command import command_named
from sync.client import DeviceWiped, Keychain, Replica, SyncRefused
from sync.client.errors import KeyWithheld
from sync.client.live import follow
from sync.http import routes
from sync.live import LOOK_SECONDS, Air
from sync.service import SyncService
from tenants.commands.set_setting import SetSetting
from tenants.commands.wipe_device import WipeDevice
from tests.sync.conftest import Network, served
from tests.tenants.conftest import desk, passwords  # noqa: F401 - fixtures
from tests.tenants.identity_desk import Desk
from values.errors import NotSignedIn
from values.ids import new_id

MINUTE = timedelta(seconds=61)


@dataclass
class Booth:
    """The sync doors with the real identity service behind them."""

    desk: Desk
    url: str
    folder: Path

    async def ask(self, path: str, token: str | None, device_id: str, **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with httpx.AsyncClient(base_url=self.url) as client:
            return await client.post(f"/sync/v1/{path}", json={"deviceId": device_id, **more}, headers=headers)

    async def registered(self, token: str) -> str:
        device_id = str(new_id())
        assert (await self.ask("devices", token, device_id, name="手机", platform="android")).status_code == 200
        return device_id

    async def rotated(self, token: str, device_id: str) -> str:
        answer = await self.ask("token", token, device_id)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["token"])

    def forward(self, by: timedelta) -> None:
        self.desk.clock.instant += by


@pytest.fixture
async def booth(desk: Desk, tmp_path: Path) -> AsyncIterator[Booth]:  # noqa: F811
    app, identity = desk.app, desk.identity
    air = Air(app.engine, app.pokes, identity.sessions_in_force)
    handlers = routes(SyncService(app.engine), identity.authenticate, identity.watch, air, None, identity)
    async with served(handlers) as url:
        yield Booth(desk, url, tmp_path)
    await air.close()


async def signed_in(booth: Booth) -> tuple[str, str]:
    await booth.desk.founder()
    token = str((await booth.desk.sign_in()).token)
    return token, await booth.registered(token)


async def test_only_the_device_itself_rotates(booth: Booth) -> None:
    token, device_id = await signed_in(booth)
    admin = await booth.desk.who(token)
    await booth.desk.join(admin)
    other = str((await booth.desk.sign_in("li")).token)
    assert (await booth.ask("token", None, device_id)).status_code == 401
    assert (await booth.ask("token", "yf_s_nonsense", device_id)).status_code == 401
    assert (await booth.ask("token", other, device_id)).json()["code"] == "NOT_FOUND"
    assert (await booth.ask("token", token, str(new_id()))).json()["code"] == "NOT_FOUND"
    await booth.registered(token)  # a second device under the same sign-in
    assert (await booth.ask("token", token, device_id)).json()["code"] == "TOKEN_SHARED"
    assert (await booth.desk.who(token)).member_id == admin.member_id


async def test_the_old_token_lives_a_minute_and_asks_for_the_same_again(booth: Booth) -> None:
    token, device_id = await signed_in(booth)
    answers = await asyncio.gather(*(booth.ask("token", token, device_id) for _ in range(6)))
    [fresh] = {answer.json()["token"] for answer in answers}
    assert fresh != token
    session = (await booth.desk.who(fresh)).session_id
    assert (await booth.desk.who(token)).session_id == session
    booth.forward(timedelta(seconds=60))
    assert (await booth.ask("pull", token, device_id)).status_code == 200
    assert await booth.rotated(token, device_id) == fresh


async def test_a_token_that_comes_back_later_ends_the_chain_and_is_told(booth: Booth) -> None:
    token, device_id = await signed_in(booth)
    fresh = await booth.rotated(token, device_id)
    who = await booth.desk.who(fresh)
    booth.forward(MINUTE)
    with pytest.raises(NotSignedIn):  # no device's door: refused, and that is all
        await booth.desk.who(token)
    assert (await booth.desk.who(fresh)).session_id == who.session_id
    assert (await booth.ask("pull", token, device_id)).json()["code"] == "NOT_SIGNED_IN"
    with pytest.raises(NotSignedIn):
        await booth.desk.who(fresh)
    asked = "SELECT member_id FROM platform.security_log WHERE event = 'token_replayed' AND tenant_id = :tenant"
    assert await booth.desk.platform(asked, tenant=who.tenant_id) == [(who.member_id,)]


@pytest.mark.parametrize("door", ["pull", "push", "token", "keys"])
async def test_a_token_of_two_rotations_ago_ends_it_too(booth: Booth, door: str) -> None:
    token, device_id = await signed_in(booth)
    second = await booth.rotated(token, device_id)
    third = await booth.rotated(second, device_id)
    booth.forward(MINUTE)
    more = {"mutations": []} if door == "push" else {}
    assert (await booth.ask(door, token, device_id, **more)).status_code == 401
    with pytest.raises(NotSignedIn):
        await booth.desk.who(third)


async def test_an_answer_that_nobody_ever_got_can_be_asked_for_much_later(booth: Booth) -> None:
    token, device_id = await signed_in(booth)
    lost = await booth.rotated(token, device_id)
    booth.forward(timedelta(hours=5))
    assert (await booth.ask("pull", token, device_id)).status_code == 401, "it is good for asking only"
    assert await booth.rotated(token, device_id) == lost
    assert (await booth.ask("pull", lost, device_id)).status_code == 200
    assert (await booth.ask("token", token, device_id)).status_code == 401
    with pytest.raises(NotSignedIn):
        await booth.desk.who(lost)


async def test_an_open_socket_with_the_old_token_ends_nothing(booth: Booth) -> None:
    token, device_id = await signed_in(booth)
    fresh = await booth.rotated(token, device_id)
    await booth.desk.who(fresh)
    booth.forward(MINUTE)
    with pytest.raises(NotSignedIn):
        await booth.desk.identity.watch(token)
    assert await booth.desk.who(fresh)


async def test_a_revoked_device_loses_every_sign_in_it_had(booth: Booth) -> None:
    token, device_id = await signed_in(booth)
    later = str((await booth.desk.sign_in()).token)
    desktop = str((await booth.desk.sign_in()).token)
    booth.forward(timedelta(seconds=31))
    assert (await booth.ask("pull", later, device_id)).status_code == 200
    from tests.tenants.test_device_session import revoke

    await revoke(booth.desk, await booth.desk.who(desktop), UUID(device_id))
    for ended in (token, later):
        with pytest.raises(NotSignedIn):
            await booth.desk.who(ended)
        assert (await booth.ask("pull", ended, device_id)).json()["code"] == "DEVICE_REVOKED"
    assert await booth.desk.who(desktop)


@pytest.mark.parametrize("way", ["stolen", "left"])
async def test_a_wipe_reaches_a_device_whose_sign_in_has_ended(booth: Booth, way: str) -> None:
    admin = await booth.desk.founder()
    li = await booth.desk.join(admin)
    token = str((await booth.desk.sign_in("li")).token)
    device_id = await booth.registered(token)
    other = await booth.registered(str((await booth.desk.sign_in("li")).token))
    wipe = WipeDevice(id=UUID(device_id), reason="x", after_push=way == "left")
    await booth.desk.app.engine.executor.run(admin.actor, command_named("tenants.wipe_device"), wipe)
    if way == "left":
        await booth.desk.identity.force_sign_out(admin.actor, li.member_id)
    answer = await booth.ask("pull", token, device_id)
    assert (answer.status_code, answer.json()["code"]) == (403, "DEVICE_WIPED")
    assert answer.json()["order"]["order"]
    assert "order" not in (await booth.ask("pull", token, other)).json(), "a sign-in answers for its own device"


def opened(booth: Booth, token: str | None, network: Network | None = None, **options: Any) -> Replica:
    keychain = Keychain(booth.folder / "r.key")
    options = {"now": booth.desk.app.engine.clock.now, "sleep": lambda _s: None, "transport": network, **options}
    return Replica(booth.folder / "r.sqlite", booth.url, token, keychain=keychain, **options)


@pytest.mark.parametrize("end", ["revoked", "wiped"])
async def test_a_device_on_the_air_whose_sign_in_ended_with_it_learns_why(booth: Booth, end: str) -> None:
    from tests.tenants.test_device_session import revoke

    admin = await booth.desk.founder()
    replica = await asyncio.to_thread(opened, booth, str((await booth.desk.sign_in()).token))
    device_id = await asyncio.to_thread(replica.register, "r")
    ready = asyncio.Event()
    following = asyncio.create_task(follow(replica, ready=ready.set))
    async with asyncio.timeout(20):
        await ready.wait()
    if end == "revoked":
        await revoke(booth.desk, await booth.desk.who(str((await booth.desk.sign_in()).token)), UUID(device_id))
    else:
        wipe = WipeDevice(id=UUID(device_id), reason="x", after_push=False)
        await booth.desk.app.engine.executor.run(admin.actor, command_named("tenants.wipe_device"), wipe)
    async with asyncio.timeout(LOOK_SECONDS + 5):
        with pytest.raises(DeviceWiped if end == "wiped" else SyncRefused) as told:
            await following
    await asyncio.to_thread(replica.close)
    if end == "wiped":
        assert not (booth.folder / "r.sqlite").exists()
        return
    assert told.value.code == "DEVICE_REVOKED"
    network = Network()
    network.down = True
    with pytest.raises(KeyWithheld):  # the sealed copy of the server's half went at once, not with its 72 hours
        await asyncio.to_thread(opened, booth, None, network)


async def test_a_socket_whose_token_was_replaced_comes_back_with_the_new_one(booth: Booth) -> None:
    admin = await booth.desk.founder()
    replica = await asyncio.to_thread(opened, booth, str((await booth.desk.sign_in()).token))
    await asyncio.to_thread(replica.register, "r")
    ready = asyncio.Event()
    following = asyncio.create_task(follow(replica, ready=ready.set))
    async with asyncio.timeout(20):
        await ready.wait()
    ready.clear()
    before = replica.token
    booth.forward(timedelta(hours=25))
    await asyncio.to_thread(replica.pull)
    assert replica.token != before
    booth.forward(MINUTE)
    setting = SetSetting(name="device.offline_hours", value=1)  # who is on the air is looked at again
    await booth.desk.app.engine.executor.run(admin.actor, command_named("tenants.set_setting"), setting)
    async with asyncio.timeout(20):
        await ready.wait()
    assert not following.done()
    following.cancel()
    with suppress(asyncio.CancelledError):
        await following
    await asyncio.to_thread(replica.close)


async def test_the_client_rotates_by_the_day_and_starts_with_any_token_of_the_chain(booth: Booth) -> None:
    await booth.desk.founder()
    token = str((await booth.desk.sign_in()).token)
    network = Network()
    replica = await asyncio.to_thread(opened, booth, token, network)
    await asyncio.to_thread(replica.register, "r")
    await asyncio.to_thread(replica.sync)
    assert "/sync/v1/token" not in network.sent
    booth.forward(timedelta(hours=25))
    network.lose_answers = {"/sync/v1/token"}
    await asyncio.to_thread(replica.sync)  # good for its minute; the answer was lost four times
    assert replica.token == token
    network.lose_answers = set()
    booth.forward(MINUTE)
    await asyncio.to_thread(replica.sync)
    fresh = replica.token
    assert fresh != token
    replica.close()
    booth.forward(MINUTE)
    for given in (token, None, fresh):
        again = await asyncio.to_thread(opened, booth, given)
        assert again.token == fresh
        await asyncio.to_thread(again.sync)
        again.close()


_KILLED = """
import os, signal, sys
from datetime import datetime
from sync.client import Keychain, Replica
def kill(*_):
    os.kill(os.getpid(), signal.SIGKILL)
folder, url, token, now = sys.argv[1:]
Keychain.replace_token = kill
replica = Replica(f"{folder}/r.sqlite", url, token, keychain=Keychain(f"{folder}/r.key"),
                  now=lambda: datetime.fromisoformat(now))
replica.sync()
print("not reached")
"""


async def test_a_kill_between_the_answer_and_the_disk_is_survived(booth: Booth) -> None:
    await booth.desk.founder()
    token = str((await booth.desk.sign_in()).token)
    replica = await asyncio.to_thread(opened, booth, token)
    await asyncio.to_thread(replica.register, "r")
    replica.mutate("party.create_customer", name="不会丢")
    replica.close()
    booth.forward(timedelta(days=2))
    now = booth.desk.app.engine.clock.now().isoformat()
    command = [sys.executable, "-c", _KILLED, str(booth.folder), booth.url, token, now]
    killed = await asyncio.to_thread(subprocess.run, command, capture_output=True, cwd=Path(__file__).parents[2])
    assert (killed.returncode, killed.stdout) == (-9, b"")
    booth.forward(timedelta(days=3))
    again = await asyncio.to_thread(opened, booth, token)
    assert (await asyncio.to_thread(again.sync))["pushed"] == {"applied": 1}
    assert again.token != token
    again.close()


async def test_a_stolen_chain_keeps_the_queue_on_the_device(booth: Booth) -> None:
    await booth.desk.founder()
    token = str((await booth.desk.sign_in()).token)
    replica = await asyncio.to_thread(opened, booth, token)
    await asyncio.to_thread(replica.register, "r")
    replica.mutate("party.create_customer", name="还在")
    thief = await booth.rotated(token, str(replica.device_id))
    await booth.desk.who(thief)
    booth.forward(MINUTE)
    with pytest.raises(SyncRefused) as refused:
        await asyncio.to_thread(replica.sync)
    assert refused.value.code == "NOT_SIGNED_IN"
    with pytest.raises(NotSignedIn):
        await booth.desk.who(thief)
    replica.token = str((await booth.desk.sign_in()).token)
    assert (await asyncio.to_thread(replica.sync))["pushed"] == {"applied": 1}
    replica.close()
