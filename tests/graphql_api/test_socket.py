"""Subscriptions over graphql-transport-ws: the handshake's refusals first, then what arrives and what does not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from httpx_ws import AsyncWebSocketSession, WebSocketDisconnect, aconnect_ws
from httpx_ws.transport import ASGIWebSocketTransport
from litestar import Litestar

from graphql_api import websocket
from graphql_api.http import routes
from server.pokes import RedisPokes
from tests.graphql_api.conftest import Doorman, production
from tests.graphql_api.pokes import listening, until_listening
from tests.world import World

PROTOCOL = "graphql-transport-ws"
SUBSCRIBE = 'subscription { changes(entity: ["party.Customer"]) { entity id op clock } }'


@pytest.fixture
def litestar(app: Any, doorman: Doorman, pokes: RedisPokes) -> Litestar:
    return Litestar(routes(app.engine, doorman, production(app.settings), pokes), openapi_config=None)


@asynccontextmanager
async def connected(
    litestar: Litestar, protocols: list[str] | None = None, **headers: str
) -> AsyncIterator[AsyncWebSocketSession]:
    async with httpx.AsyncClient(transport=ASGIWebSocketTransport(app=litestar)) as client:
        offered = [PROTOCOL] if protocols is None else protocols
        async with aconnect_ws("http://test/graphql", client, subprotocols=offered, headers=headers) as socket:
            yield socket


async def closed_with(socket: AsyncWebSocketSession) -> int:
    while True:
        try:
            await socket.receive_text(timeout=20)
        except WebSocketDisconnect as closed:
            return closed.code


async def signed_in(socket: AsyncWebSocketSession, token: str) -> None:
    await socket.send_json({"type": "connection_init", "payload": {"authorization": f"Bearer {token}"}})
    assert await socket.receive_json(timeout=5) == {"type": "connection_ack"}


async def subscribed(socket: AsyncWebSocketSession, pokes: RedisPokes, tenant: Any, key: str = "1") -> None:
    before = listening(pokes, tenant)
    await socket.send_json({"id": key, "type": "subscribe", "payload": {"query": SUBSCRIBE}})
    await until_listening(pokes, tenant, before + 1)
    await asyncio.sleep(0.1)  # the clock value from which it listens is read after it listens


async def test_the_legacy_protocol_is_refused(litestar: Litestar, world: World) -> None:
    async with connected(litestar, ["graphql-ws"]) as socket:
        assert await closed_with(socket) == 4406


async def test_nothing_runs_before_sign_in(litestar: Litestar, world: World) -> None:
    async with connected(litestar) as socket:
        await socket.send_json({"id": "1", "type": "subscribe", "payload": {"query": SUBSCRIBE}})
        assert await closed_with(socket) == 4401


@pytest.mark.parametrize("payload", [None, {}, {"authorization": "Bearer gone"}, {"authorization": 1}, [], "x"])
async def test_sign_in_needs_a_live_token(litestar: Litestar, world: World, payload: Any) -> None:
    async with connected(litestar) as socket:
        await socket.send_json({"type": "connection_init", "payload": payload})
        assert await closed_with(socket) == 4403


async def test_the_token_of_the_handshake_does_not_count(litestar: Litestar, doorman: Doorman, world: World) -> None:
    token = doorman.token(world.yunfan, "li")
    async with connected(litestar, authorization=f"Bearer {token}") as socket:
        await socket.send_json({"type": "connection_init"})
        assert await closed_with(socket) == 4403


async def test_silence_is_closed(litestar: Litestar, world: World, monkeypatch: Any) -> None:
    monkeypatch.setattr(websocket, "_INIT_SECONDS", 0.1)
    async with connected(litestar) as socket:
        assert await closed_with(socket) == 4408


@pytest.mark.parametrize("text", ["", "{", "[]", "1", '{"type": "start"}', '{"type": "subscribe", "id": 1}'])
async def test_malformed_messages_close(litestar: Litestar, doorman: Doorman, world: World, text: str) -> None:
    async with connected(litestar) as socket:
        await signed_in(socket, doorman.token(world.yunfan, "li"))
        await socket.send_text(text)
        assert await closed_with(socket) == 4400


async def test_a_foreign_page_cannot_open_a_socket(litestar: Litestar, world: World) -> None:
    with pytest.raises(ExceptionGroup) as refused:
        async with connected(litestar, origin="https://evil.example") as socket:
            await socket.receive_text(timeout=1)
    assert refused.group_contains(WebSocketDisconnect, match="4403")


async def test_twice_the_same_id_closes(litestar: Litestar, doorman: Doorman, pokes: RedisPokes, world: World) -> None:
    async with connected(litestar) as socket:
        await signed_in(socket, doorman.token(world.yunfan, "li"))
        await subscribed(socket, pokes, world.yunfan.tenant_id)
        await socket.send_json({"id": "1", "type": "subscribe", "payload": {"query": SUBSCRIBE}})
        assert await closed_with(socket) == 4409


async def test_what_may_not_be_watched_is_an_error(litestar: Litestar, doorman: Doorman, world: World) -> None:
    async with connected(litestar) as socket:
        await signed_in(socket, doorman.token(world.yunfan, "li"))
        for key, name, code in (("1", "tenants.Role", "PERMISSION_DENIED"), ("2", "no.Such", "INVALID_INPUT")):
            query = f'subscription {{ changes(entity: ["{name}"]) {{ id }} }}'
            await socket.send_json({"id": key, "type": "subscribe", "payload": {"query": query}})
            answer = await socket.receive_json(timeout=5)
            assert (answer["id"], answer["type"]) == (key, "error")
            assert answer["payload"][0]["extensions"]["code"] == code


async def test_queries_run_over_the_socket_too(litestar: Litestar, doorman: Doorman, world: World) -> None:
    async with connected(litestar) as socket:
        await signed_in(socket, doorman.token(world.yunfan, "li"))
        await socket.send_json({"id": "q", "type": "subscribe", "payload": {"query": "{ customers { totalCount } }"}})
        assert (await socket.receive_json(timeout=5))["payload"] == {"data": {"customers": {"totalCount": 0}}}
        assert (await socket.receive_json(timeout=5)) == {"id": "q", "type": "complete"}
        await socket.send_json({"type": "ping"})
        assert await socket.receive_json(timeout=5) == {"type": "pong"}


async def test_changes_arrive_within_the_scope_only(
    litestar: Litestar, doorman: Doorman, pokes: RedisPokes, world: World
) -> None:
    from modules.party.commands.assign_customer import AssignCustomer
    from modules.party.commands.create_customer import CreateCustomer

    company = world.yunfan
    async with connected(litestar) as socket:
        await signed_in(socket, doorman.token(company, "li"))
        await subscribed(socket, pokes, company.tenant_id)
        await company.run("zhao", "party.create_customer", CreateCustomer(name="小赵的"))
        mine = await company.run("li", "party.create_customer", CreateCustomer(name="小李的"))
        notice = (await socket.receive_json(timeout=5))["payload"]["data"]["changes"]
        assert (notice["entity"], notice["id"], notice["op"]) == ("party.Customer", str(mine.row_id), "put")
        assert mine.row_id is not None
        away = AssignCustomer(id=mine.row_id, owner_id=company.people["zhao"])
        await company.run("lin", "party.assign_customer", away)
        notice = (await socket.receive_json(timeout=5))["payload"]["data"]["changes"]
        assert (notice["id"], notice["op"]) == (str(mine.row_id), "remove")
        await socket.send_json({"id": "1", "type": "complete"})
        await until_listening(pokes, company.tenant_id, 0)


async def test_the_rival_hears_nothing(litestar: Litestar, doorman: Doorman, pokes: RedisPokes, world: World) -> None:
    from modules.party.commands.create_customer import CreateCustomer

    async with connected(litestar) as socket:
        await signed_in(socket, doorman.token(world.seagull, "admin"))
        await subscribed(socket, pokes, world.seagull.tenant_id)
        await world.yunfan.run("li", "party.create_customer", CreateCustomer(name="甲"))
        await pokes.committed(world.seagull.tenant_id, frozenset({"party.Customer"}), frozenset())
        with pytest.raises(TimeoutError):
            await socket.receive_json(timeout=0.5)


async def test_a_session_that_ended_elsewhere_ends_here(
    litestar: Litestar, doorman: Doorman, pokes: RedisPokes, world: World, monkeypatch: Any
) -> None:
    monkeypatch.setattr(websocket, "_CHECK_SECONDS", 0.1)
    async with connected(litestar) as socket:
        token = doorman.token(world.yunfan, "li")
        await signed_in(socket, token)
        await subscribed(socket, pokes, world.yunfan.tenant_id)
        del doorman.badges[token]
        assert await closed_with(socket) == 4403
    await until_listening(pokes, world.yunfan.tenant_id, 0)
