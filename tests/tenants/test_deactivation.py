"""Deactivation reaches everywhere: sessions, open sockets, the person's list of companies. Reactivation gives no token
back."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from httpx_ws import AsyncWebSocketSession, WebSocketDisconnect, aconnect_ws
from httpx_ws.transport import ASGIWebSocketTransport
from litestar import Litestar

from graphql_api import http as graphql_http
from kernel.command import command_named
from kernel.policy import Actor
from sync import http as sync_http
from tenants.commands.edit_member import MemberById
from tenants.commands.register_device import RegisterDevice
from tenants.errors import LastAdmin, MemberInactive, NoMembership
from tenants.identity.results import Authenticated
from tests.graphql_api.conftest import production
from tests.tenants.identity_desk import Desk
from values.errors import NotSignedIn, PermissionDenied
from values.ids import new_id


async def switch(desk: Desk, actor: Actor, member_id: Any, *, off: bool = True) -> None:
    command = command_named("tenants.deactivate_member" if off else "tenants.reactivate_member")
    await desk.app.engine.executor.run(actor, command, MemberById(id=member_id))


async def companies(desk: Desk, who: Authenticated) -> set[Any]:
    return {tenant.id for tenant in await desk.identity.my_tenants(who)}


async def ended_at(desk: Desk, member_id: Any) -> Any:
    ((found,),) = await desk.platform("SELECT ended_at FROM platform.membership WHERE id = :id", id=member_id)
    return found


async def test_a_refused_deactivation_ends_nothing(desk: Desk) -> None:
    admin = await desk.founder()
    li = await desk.join(admin)
    token = (await desk.sign_in("li")).token
    with pytest.raises(PermissionDenied):
        await switch(desk, li.actor, admin.member_id)
    with pytest.raises(LastAdmin):
        await switch(desk, admin.actor, admin.member_id)
    assert await ended_at(desk, admin.member_id) is None
    assert (await desk.who((await desk.sign_in()).token)).member_id == admin.member_id
    assert (await desk.who(token)).member_id == li.member_id


async def test_sessions_end_here_for_good_and_stay_elsewhere(desk: Desk) -> None:
    admin = await desk.founder()
    li = await desk.join(admin)
    own = await desk.sign_up("li", company="小李的店")
    here = [(await desk.sign_in("li", tenant_id=admin.tenant_id)).token for _ in range(2)]
    at_home = await desk.who(own.token)
    await switch(desk, admin.actor, li.member_id)
    for token in here:
        with pytest.raises(NotSignedIn):
            await desk.who(token)
    assert (await desk.who(own.token)).tenant_id == own.tenant.id
    with pytest.raises(MemberInactive):
        await switch(desk, admin.actor, li.member_id)

    await switch(desk, admin.actor, li.member_id, off=False)
    assert await ended_at(desk, li.member_id) is None
    for token in here:  # a stolen token does not come back to life with its owner's rights
        with pytest.raises(NotSignedIn):
            await desk.who(token)
    back = await desk.who((await desk.sign_in("li", tenant_id=admin.tenant_id)).token)
    assert back.actor.authority.holds("party.customer.create")
    assert at_home.tenant_id in await companies(desk, back)


async def test_the_company_leaves_the_persons_list_and_comes_back(desk: Desk) -> None:
    admin = await desk.founder()
    li = await desk.join(admin)
    own = await desk.founder("li", company="小李的店")
    own = await desk.who((await desk.sign_in("li", tenant_id=own.tenant_id)).token)
    before = await companies(desk, own)
    await switch(desk, admin.actor, li.member_id)
    assert await companies(desk, own) == before - {admin.tenant_id}
    await switch(desk, admin.actor, li.member_id, off=False)
    assert await companies(desk, own) == before


async def test_whoever_has_no_other_company_cannot_sign_in(desk: Desk) -> None:
    admin = await desk.founder()
    li = await desk.join(admin)
    await switch(desk, admin.actor, li.member_id)
    with pytest.raises(NoMembership):
        await desk.sign_in("li")


async def test_the_security_log_tells_who_did_it(desk: Desk) -> None:
    admin = await desk.founder()
    li = await desk.join(admin)
    await switch(desk, admin.actor, li.member_id)
    await switch(desk, admin.actor, li.member_id, off=False)
    found = await desk.platform(
        "SELECT event, details FROM platform.security_log WHERE tenant_id = :tenant AND member_id = :id "
        "AND event LIKE '%activated' ORDER BY id",
        tenant=admin.tenant_id,
        id=li.member_id,
    )
    assert [tuple(line) for line in found] == [
        ("deactivated", {"by_member_id": str(admin.member_id)}),
        ("reactivated", {"by_member_id": str(admin.member_id)}),
    ]


async def test_somebody_deactivated_may_be_invited_anew(desk: Desk) -> None:
    admin = await desk.founder()
    li = await desk.join(admin, role_ids=[await desk.role(admin, "admin")], scope="all")
    await switch(desk, admin.actor, li.member_id)
    back = await desk.join(admin)
    assert back.member_id == li.member_id
    assert not back.actor.authority.holds("tenants.member.invite")


@asynccontextmanager
async def serving(desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    """Both kinds of sockets over the real identity service."""
    engine, pokes, air = desk.app.engine, desk.app.pokes, desk.app.air
    handlers = [
        *graphql_http.routes(engine, desk.identity, production(desk.app.settings), pokes),
        *sync_http.routes(desk.app.sync, desk.identity.authenticate, desk.identity.watch, air),
    ]
    transport = ASGIWebSocketTransport(app=Litestar(handlers, openapi_config=None))
    async with httpx.AsyncClient(transport=transport) as opened:
        yield opened


@asynccontextmanager
async def graphql_socket(client: httpx.AsyncClient, token: str) -> AsyncIterator[AsyncWebSocketSession]:
    async with aconnect_ws("http://test/graphql", client, subprotocols=["graphql-transport-ws"]) as socket:
        await socket.send_json({"type": "connection_init", "payload": {"authorization": f"Bearer {token}"}})
        assert await socket.receive_json(timeout=5) == {"type": "connection_ack"}
        yield socket


@asynccontextmanager
async def poke_socket(client: httpx.AsyncClient, token: str, device_id: Any) -> AsyncIterator[AsyncWebSocketSession]:
    async with aconnect_ws("http://test/sync/v1/poke", client) as socket:
        await socket.send_text(json.dumps({"token": token, "deviceId": str(device_id)}))
        assert await socket.receive_json(timeout=5) == {"ready": True}
        yield socket


async def close_code(socket: AsyncWebSocketSession) -> int:
    while True:  # the change itself may be told first
        try:
            await socket.receive_text(timeout=10)
        except WebSocketDisconnect as closed:
            return closed.code


async def test_open_sockets_close_within_ten_seconds(desk: Desk) -> None:
    admin = await desk.founder()
    li = await desk.join(admin)
    token, device_id = (await desk.sign_in("li")).token, new_id()
    assert token is not None
    await desk.app.engine.executor.run_internal(
        li.actor,
        command_named("tenants.register_device"),
        RegisterDevice(id=device_id, name="手机", platform="android"),
    )
    async with (
        serving(desk) as client,
        graphql_socket(client, token) as live,
        poke_socket(client, token, device_id) as poked,
    ):
        began = time.monotonic()
        await switch(desk, admin.actor, li.member_id)
        assert (await close_code(live), await close_code(poked)) == (4403, 4401)
        assert time.monotonic() - began < 10
