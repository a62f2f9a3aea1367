"""Live changes under strain: nothing is lost between two reads, sockets are bounded, an empty pool ends nothing."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import pytest
from litestar import Litestar
from sqlalchemy import event

from graphql_api import shared_reads, websocket
from graphql_api.subscriptions import _read_since
from kernel.db import TenantSession
from modules.party.commands.assign_customer import AssignCustomer
from modules.party.commands.create_customer import CreateCustomer
from modules.party.commands.edit_customer import EditCustomer
from server.pokes import RedisPokes
from tests.graphql_api.conftest import Badge, Doorman, production
from tests.graphql_api.pokes import listening, until_listening
from tests.graphql_api.test_socket import closed_with, connected, signed_in, subscribed
from tests.tenants.rows import add_customer
from tests.world import World
from values.ids import new_id

SUBSCRIBE = 'subscription { changes(entity: ["party.Customer"]) { entity id op clock } }'


@pytest.fixture
def litestar(app: Any, doorman: Doorman, pokes: RedisPokes) -> Litestar:
    from graphql_api.http import routes

    return Litestar(routes(app.engine, doorman, production(app.settings), pokes), openapi_config=None)


@pytest.mark.parametrize("table", ["tenant_clock", "change_log", "scope_exit"])
async def test_what_commits_between_two_statements_is_told(world: World, monkeypatch: Any, table: str) -> None:
    """An edit and a reassignment after the first read: neither may fall between the tables and the clock."""
    company = world.yunfan
    kept, moved = await add_customer(company, "留下的", "li"), await add_customer(company, "移走的", "li")
    engine, actor = company.app.engine, await company.actor("li")
    _, since = await _read_since(engine, actor, ["party.Customer"], 0)
    statement, interleaved = TenantSession.core, 0

    async def core(self: TenantSession, asked: Any, parameters: Any = None) -> Any:
        nonlocal interleaved
        found = await statement(self, asked, parameters)
        if f"FROM app.{table}" in str(asked) and not interleaved:
            interleaved = 1
            await company.run("admin", "party.edit_customer", EditCustomer(id=kept, name="改过的"))
            away = AssignCustomer(id=moved, owner_id=company.people["wang"])
            await company.run("admin", "party.assign_customer", away)
        return found

    monkeypatch.setattr(TenantSession, "core", core)
    first, then = await _read_since(engine, actor, ["party.Customer"], since)
    second, last = await _read_since(engine, actor, ["party.Customer"], then)
    assert interleaved
    told = [(notice.op, str(notice.id)) for notice in first + second]
    assert sorted(told) == sorted([("put", str(kept)), ("remove", str(moved))])
    assert since <= then < last


async def test_sockets_of_a_member_are_bounded(
    litestar: Litestar, doorman: Doorman, world: World, monkeypatch: Any
) -> None:
    monkeypatch.setattr(websocket, "MAX_MEMBER_SOCKETS", 2)
    company = world.yunfan
    async with AsyncExitStack() as stack:
        for _ in range(2):
            socket = await stack.enter_async_context(connected(litestar))
            await signed_in(socket, doorman.token(company, "li"))
        async with connected(litestar) as third:
            token = doorman.token(company, "li")
            await third.send_json({"type": "connection_init", "payload": {"authorization": f"Bearer {token}"}})
            assert await closed_with(third) == 4429
        async with connected(litestar) as colleague:
            await signed_in(colleague, doorman.token(company, "lin"))
    async with connected(litestar) as again:
        await signed_in(again, doorman.token(company, "li"))


async def test_sockets_of_a_session_are_bounded(
    litestar: Litestar, doorman: Doorman, world: World, monkeypatch: Any
) -> None:
    monkeypatch.setattr(websocket, "MAX_SESSION_SOCKETS", 1)
    session_id = new_id()

    async def authenticate(token: str, *, address: str | None, request_id: str | None) -> Badge:
        actor = await world.yunfan.actor(token, request_id=request_id)
        return Badge(actor, session_id, new_id())

    monkeypatch.setattr(doorman, "authenticate", authenticate)
    async with connected(litestar) as first, connected(litestar) as second:
        await signed_in(first, "li")
        await second.send_json({"type": "connection_init", "payload": {"authorization": "Bearer li"}})
        assert await closed_with(second) == 4429
    async with connected(litestar) as again:
        await signed_in(again, "li")


async def test_one_change_is_read_once_for_all_subscriptions_of_a_member(
    litestar: Litestar, doorman: Doorman, pokes: RedisPokes, world: World, app: Any
) -> None:
    company = world.yunfan
    async with connected(litestar) as one, connected(litestar) as other:
        for socket in (one, other):
            await signed_in(socket, doorman.token(company, "li"))
            for number in range(15):
                await subscribed_quickly(socket, str(number))
        await until_listening(pokes, company.tenant_id, 30)
        await asyncio.sleep(0.3)  # the clock value from which they listen is read after they listen
        reads: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            if "FROM app.change_log" in statement:
                reads.append(statement)

        sync_engine = app.engine.database.app.sync_engine
        event.listen(sync_engine, "before_cursor_execute", note)
        try:
            made = await company.run("li", "party.create_customer", CreateCustomer(name="小李的"))
            for socket in (one, other):
                heard = [(await socket.receive_json(timeout=5)) for _ in range(15)]
                assert {message["id"] for message in heard} == {str(number) for number in range(15)}
                assert {message["payload"]["data"]["changes"]["id"] for message in heard} == {str(made.row_id)}
        finally:
            event.remove(sync_engine, "before_cursor_execute", note)
    assert 1 <= len(reads) <= 3


async def subscribed_quickly(socket: Any, key: str) -> None:
    await socket.send_json({"id": key, "type": "subscribe", "payload": {"query": SUBSCRIBE}})


async def test_an_empty_pool_ends_no_subscription(
    litestar: Litestar, doorman: Doorman, pokes: RedisPokes, world: World, app: Any, monkeypatch: Any
) -> None:
    company, pool = world.yunfan, app.engine.database.app.sync_engine.pool
    waited: list[str] = []
    monkeypatch.setattr(shared_reads._log, "warning", lambda told, **_: waited.append(told), raising=False)
    async with connected(litestar) as socket:
        await signed_in(socket, doorman.token(company, "li"))
        await subscribed(socket, pokes, company.tenant_id)
        monkeypatch.setattr(pool, "_timeout", 0.1)
        async with AsyncExitStack() as held:
            for _ in range(pool.size() + pool._max_overflow - pool.checkedout()):
                await held.enter_async_context(app.engine.database.app.connect())
            await pokes.committed(company.tenant_id, frozenset({"party.Customer"}), frozenset())
            async with asyncio.timeout(30):
                while not waited:  # noqa: ASYNC110 — nothing signals it
                    await asyncio.sleep(0.02)
        monkeypatch.undo()
        assert waited[0] == "graphql_api.changes_read_later"
        made = await company.run("li", "party.create_customer", CreateCustomer(name="小李的"))
        heard = await socket.receive_json(timeout=10)
        assert heard["payload"]["data"]["changes"]["id"] == str(made.row_id)
        assert listening(pokes, company.tenant_id) == 1


async def test_a_session_that_cannot_be_checked_for_long_is_closed(
    litestar: Litestar, doorman: Doorman, world: World, monkeypatch: Any
) -> None:
    from sqlalchemy.exc import TimeoutError as PoolTimeout

    monkeypatch.setattr(websocket, "_CHECK_SECONDS", 0.05)
    checks = 0

    async def watch(token: str, *, address: str | None, request_id: str | None) -> Badge:
        nonlocal checks
        checks += 1
        if checks <= 3 or checks > 4:  # three failures are outlived; then four in a row are not
            raise PoolTimeout
        return await Doorman.authenticate(doorman, token, address=address, request_id=request_id)

    async with connected(litestar) as socket:
        await signed_in(socket, doorman.token(world.yunfan, "li"))
        monkeypatch.setattr(doorman, "watch", watch, raising=False)
        assert await closed_with(socket) == 1013
    assert checks == 8
