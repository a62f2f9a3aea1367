"""A revoked device is out: the sign-in that it used ends with it, and under another one it comes as a new device."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest

from kernel.command import command_named
from kernel.engine import Engine
from kernel.policy import Actor
from sync import uses
from sync.device_wire import KeyRequest
from sync.errors import DeviceRevoked
from sync.service import SyncService
from sync.uses import Uses
from sync.wire import LoadRequest, PullRequest, PushRequest, RegisterRequest
from tenants.commands.revoke_device import RevokeDevice
from tenants.identity.device_uses import member_lock, note_device_use, purge_device_uses
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


async def test_a_sign_in_that_was_used_on_two_devices_ends_with_either(desk: Desk) -> None:
    admin = await desk.founder()
    await desk.join(admin)
    shared, newer = (await desk.sign_in("li")).token, (await desk.sign_in("li")).token
    first = await registered(desk, await desk.who(shared))
    second = await registered(desk, await desk.who(shared))
    await pull(desk, await desk.who(newer), second)  # the second went on under another sign-in; it still has the first
    await revoke(desk, admin, second)
    for token in (shared, newer):
        with pytest.raises(NotSignedIn):
            await desk.who(token)
    other = await desk.who((await desk.sign_in("li")).token)
    await pull(desk, other, first)  # the first device is not revoked


READERS: dict[str, Callable[[SyncService, Authenticated, UUID], Awaitable[object]]] = {
    "asks for the key": lambda sync, who, device_id: sync.key(who.actor, KeyRequest(device_id=device_id)),
    "asks for a load": lambda sync, who, device_id: sync.load(who.actor, LoadRequest(device_id=device_id)),
    "goes on the air": lambda sync, who, device_id: sync.greeted(who.actor, device_id),
    "pushes": lambda sync, who, device_id: sync.push(who.actor, PushRequest(device_id=device_id, mutations=[])),
    "rotates its token": lambda sync, who, device_id: sync.may_rotate(who.actor, device_id),
}


@pytest.mark.parametrize("way", READERS)
async def test_a_sign_in_that_only_read_on_a_device_ends_with_it(desk: Desk, way: str) -> None:
    admin = await desk.founder()
    await desk.join(admin)
    usual, second = (await desk.sign_in("li")).token, (await desk.sign_in("li")).token
    device_id = await registered(desk, await desk.who(usual))
    await READERS[way](SyncService(desk.app.engine), await desk.who(second), device_id)
    await pull(desk, await desk.who(usual), device_id)  # the last that the registry hears of is the usual one
    await revoke(desk, admin, device_id)
    with pytest.raises(NotSignedIn):
        await desk.who(second)


async def test_a_sign_in_goes_out_also_where_it_was_read_before_the_revocation(desk: Desk) -> None:
    """The device is revoked between the server's first look at it and the note of the sign-in."""
    admin = await desk.founder()
    await desk.join(admin)
    usual, late = (await desk.sign_in("li")).token, (await desk.sign_in("li")).token
    device_id = await registered(desk, await desk.who(usual))
    who = await desk.who(late)
    await revoke(desk, admin, device_id)
    with pytest.raises(DeviceRevoked):
        await Uses().note(desk.app.engine, who.actor, device_id)
    with pytest.raises(NotSignedIn):
        await desk.who(late)


async def test_uses_are_noted_while_nobody_revokes_the_members_devices(desk: Desk) -> None:
    """Else a use could be noted behind the revocation's back, and be read before the revocation is there."""
    admin = await desk.founder()
    await desk.join(admin)
    usual, late = (await desk.sign_in("li")).token, (await desk.sign_in("li")).token
    device_id = await registered(desk, await desk.who(usual))
    who = await desk.who(late)
    async with desk.app.engine.database.platform_session() as connection:
        await connection.execute(member_lock(who.member_id, shared=False))
        noting = asyncio.create_task(Uses().note(desk.app.engine, who.actor, device_id))
        assert not (await asyncio.wait([noting], timeout=0.3))[0]
    await noting


async def test_a_use_is_noted_once_by_a_process(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    admin = await desk.founder()
    await desk.join(admin)
    usual, second = (await desk.sign_in("li")).token, (await desk.sign_in("li")).token
    sync, noted = SyncService(desk.app.engine), []
    device_id = await registered(desk, await desk.who(usual))

    async def note(engine: Engine, actor: Actor, device: UUID) -> None:
        noted.append(actor.session_id)
        await note_device_use(engine, actor, device)

    monkeypatch.setattr(uses, "note_device_use", note)
    who = await desk.who(second)
    for _ in range(3):
        await sync.key(who.actor, KeyRequest(device_id=device_id))
    await sync.key((await desk.who(usual)).actor, KeyRequest(device_id=device_id))
    assert noted == [who.session_id]


async def test_a_sign_in_that_went_on_in_another_company_does_not_come_back(desk: Desk) -> None:
    admin = await desk.founder()
    li = await desk.join(admin)
    token = str((await desk.sign_in("li")).token)
    who = await desk.who(token)
    again = await desk.who((await desk.identity.switch_tenant(who, li.tenant_id, address=None)).token)
    device_id = await registered(desk, who)
    await pull(desk, again, device_id)
    aside = (await desk.identity.switch_tenant(again, li.tenant_id, address=None)).token  # never comes to the device
    await revoke(desk, admin, device_id)
    with pytest.raises(NotSignedIn):
        await desk.who(aside)
    for known in (who, again):
        with pytest.raises(NotSignedIn):
            await desk.identity.switch_tenant(known, li.tenant_id, address=None)


async def test_uses_are_forgotten_with_their_sign_ins(desk: Desk) -> None:
    admin = await desk.founder()
    device_id = await registered(desk, admin)
    kept = "SELECT count(*) FROM platform.device_use WHERE device_id = :id"
    desk.clock.move(days=30)
    await purge_device_uses(desk.app.engine)
    assert await desk.platform(kept, id=device_id) == [(1,)]
    desk.clock.move(days=2)
    await purge_device_uses(desk.app.engine)
    assert await desk.platform(kept, id=device_id) == [(0,)]


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
