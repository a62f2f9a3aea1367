"""A revoked device is out: the sign-in that it used ends with it, and under another one it comes as a new device."""

from __future__ import annotations

from uuid import UUID

import pytest

from kernel.command import command_named
from sync.errors import DeviceRevoked
from sync.service import SyncService
from sync.wire import PullRequest, RegisterRequest
from tenants.commands.revoke_device import RevokeDevice
from tenants.identity.results import Authenticated
from tests.tenants.identity_desk import Desk
from values.errors import NotSignedIn
from values.ids import new_id


async def registered(desk: Desk, who: Authenticated, device_id: UUID | None = None) -> UUID:
    asked = RegisterRequest(device_id=device_id or new_id(), name="手机", platform="android")
    return (await SyncService(desk.app.engine).register(who.actor, asked)).device_id


async def pull(desk: Desk, who: Authenticated, device_id: UUID) -> None:
    await SyncService(desk.app.engine).pull(who.actor, PullRequest(device_id=device_id))


async def revoke(desk: Desk, by: Authenticated, device_id: UUID) -> None:
    await desk.app.engine.executor.run(by.actor, command_named("tenants.revoke_device"), RevokeDevice(id=device_id))


async def test_the_sign_in_of_a_revoked_device_registers_no_other(desk: Desk) -> None:
    admin = await desk.founder()
    await desk.join(admin)
    lost, desktop = (await desk.sign_in("li")).token, (await desk.sign_in("li")).token
    device_id = await registered(desk, await desk.who(lost))
    await revoke(desk, admin, device_id)
    with pytest.raises(NotSignedIn):
        await desk.who(lost)
    other = await desk.who(desktop)  # only the device's own sign-in ended
    assert (await desk.who((await desk.sign_in("li")).token)).member_id == other.member_id
    for again in (lambda: pull(desk, other, device_id), lambda: registered(desk, other, device_id)):
        with pytest.raises(DeviceRevoked) as refused:
            await again()
        assert "重新登录" in refused.value.remedy("zh-CN")
        assert "Sign in again" in refused.value.remedy("en")
    await pull(desk, other, await registered(desk, other))


@pytest.mark.parametrize("way", ["registers again", "pulls"])
async def test_a_device_that_signed_in_anew_loses_the_newer_sign_in(desk: Desk, way: str) -> None:
    admin = await desk.founder()
    await desk.join(admin)
    old, new = (await desk.sign_in("li")).token, (await desk.sign_in("li")).token
    device_id = await registered(desk, await desk.who(old))
    if way == "pulls":
        await pull(desk, await desk.who(new), device_id)
    else:
        await registered(desk, await desk.who(new), device_id)
    await revoke(desk, admin, device_id)
    with pytest.raises(NotSignedIn):
        await desk.who(new)


async def test_whoever_revokes_their_own_device_keeps_the_sign_in_they_do_it_from(desk: Desk) -> None:
    phone = await desk.founder()
    desktop = (await desk.sign_in()).token
    device_id = await registered(desk, phone)
    await revoke(desk, await desk.who(desktop), device_id)
    assert (await desk.who(desktop)).member_id == phone.member_id


async def test_the_security_log_tells_of_it_once(desk: Desk) -> None:
    admin = await desk.founder()
    li = await desk.join(admin)
    device_id = await registered(desk, li)
    await revoke(desk, admin, device_id)
    await revoke(desk, admin, device_id)
    asked = (
        "SELECT member_id, details FROM platform.security_log WHERE event = 'device_revoked' AND tenant_id = :tenant"
    )
    assert await desk.platform(asked, tenant=admin.tenant_id) == [
        (li.member_id, {"by_member_id": str(admin.member_id)})
    ]
