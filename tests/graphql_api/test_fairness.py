"""One caller cannot stop the others: turns, deadlines, callers who leave, an exhausted pool. Real locks, no clocks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import msgspec
import psycopg
import pytest
from litestar import Litestar
from structlog.testing import capture_logs

from graphql_api import request as room
from graphql_api.http import routes, tenant_share
from graphql_api.turns import MEMBER_OPERATIONS
from server.parts import Application
from server.pokes import RedisPokes
from tests.graphql_api.conftest import Api, Badge, Doorman, production
from tests.infra_services import Services
from tests.world import World
from values.ids import new_id

NAMES = "{ customers { nodes { name } } }"
COLLEAGUES = "{ members { totalCount } }"
CREATE = 'mutation { createCustomer(input: {name: "写到底"}) { id } }'


class Watched:
    """What the server's sessions do at the database, and a lock that they wait for."""

    def __init__(self, admin: psycopg.AsyncConnection[Any], holder: psycopg.AsyncConnection[Any]) -> None:
        self._admin, self._holder = admin, holder  # within one transaction pg_stat_activity would stand still

    @asynccontextmanager
    async def locked(self, table: str) -> AsyncIterator[None]:
        """While it is entered nobody else gets at the table: whoever asks, waits."""
        async with self._holder.transaction():
            await self._holder.execute(f"LOCK TABLE app.{table} IN ACCESS EXCLUSIVE MODE")
            yield

    async def count(self, condition: str) -> int:
        found = await self._admin.execute(
            f"SELECT count(*) FROM pg_stat_activity WHERE application_name = 'yunfan' AND {condition}"
        )
        return int((await found.fetchone() or (0,))[0])

    async def waiting(self) -> int:
        return await self.count("wait_event_type = 'Lock'")

    async def until_waiting(self, expected: int) -> None:
        await until(lambda: self._is(self.waiting(), expected))

    async def until_clean(self) -> None:
        """No statement and no transaction of the server is open."""
        await until(lambda: self._is(self.count("state <> 'idle'"), 0))

    async def _is(self, found: Awaitable[int], expected: int) -> bool:
        return await found == expected


async def until(check: Callable[[], Awaitable[bool]]) -> None:
    for _ in range(500):
        if await check():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it did not come about")


@pytest.fixture
async def watched(services: Services, world: World) -> AsyncIterator[Watched]:
    connect = psycopg.AsyncConnection.connect
    async with (
        await connect(services.urls.admin, autocommit=True) as admin,
        await connect(services.urls.admin, autocommit=True) as holder,
    ):
        yield Watched(admin, holder)


def codes(bodies: list[Any]) -> list[str]:
    return [body["errors"][0]["extensions"]["code"] if "errors" in body else "ok" for body in bodies]


async def test_a_saturating_member_leaves_the_colleague_and_the_rival_served(
    api: Api, world: World, watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "WAIT_SECONDS", 0.2)
    async with watched.locked("customer"):
        many = [asyncio.create_task(api(world.yunfan, "li", NAMES)) for _ in range(22)]
        await until(lambda: _answered(many, 22 - MEMBER_OPERATIONS))
        assert await watched.waiting() == MEMBER_OPERATIONS
        assert (await api.data(world.seagull, "admin", COLLEAGUES))["members"]["totalCount"]
        assert (await api.data(world.yunfan, "wang", COLLEAGUES))["members"]["totalCount"]
    bodies = await asyncio.gather(*many)
    assert sorted(codes(bodies)) == ["BUSY"] * (22 - MEMBER_OPERATIONS) + ["ok"] * MEMBER_OPERATIONS
    refused = next(body for body in bodies if "errors" in body)
    assert "data" not in refused  # nothing was executed
    assert refused["errors"][0]["extensions"]["remedy"]
    await watched.until_clean()
    assert await api.data(world.yunfan, "li", NAMES)


async def _answered(tasks: list[asyncio.Task[Any]], expected: int) -> bool:
    return sum(task.done() for task in tasks) >= expected


async def test_a_saturating_tenant_holds_half_of_the_pool(
    api: Api, app: Application, world: World, watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "WAIT_SECONDS", 0.2)
    share = tenant_share(app.engine)
    async with watched.locked("customer"):
        people = [who for who in ("admin", "li", "wang", "lin") for _ in range(MEMBER_OPERATIONS)]
        many = [asyncio.create_task(api(world.yunfan, who, NAMES)) for who in people]
        await until(lambda: _answered(many, len(people) - share))
        assert await watched.waiting() == share
        assert await api.code(world.yunfan, "zhao", COLLEAGUES) == "BUSY"
        assert (await api.data(world.seagull, "admin", COLLEAGUES))["members"]["totalCount"]
    assert codes(await asyncio.gather(*many)).count("ok") == share


@pytest.mark.parametrize(
    ("table", "query"),
    [
        ("customer", NAMES),
        ("customer", "{ a: customers { totalCount } b: customers { nodes { name } } members { totalCount } }"),
        ("contact", "{ customers { nodes { contacts { totalCount nodes { name } } } } }"),  # loaded in a batch
    ],
)
async def test_beyond_the_deadline_an_operation_is_stopped_and_leaves_nothing_open(
    api: Api, world: World, watched: Watched, monkeypatch: pytest.MonkeyPatch, table: str, query: str
) -> None:
    await api.data(world.yunfan, "li", CREATE)
    monkeypatch.setattr(room, "OPERATION_SECONDS", 0.5)
    with capture_logs() as told:
        async with watched.locked(table):
            body = await api(world.yunfan, "li", query)
            assert codes([body]) == ["TOO_SLOW"], body
            assert body["errors"][0]["extensions"]["remedy"] == "请缩小筛选范围或减少每页条数。"
            await watched.until_clean()  # while the table is still locked: it was cancelled, it did not end
    assert [line for line in told if line["log_level"] in ("error", "critical")] == []
    monkeypatch.setattr(room, "OPERATION_SECONDS", 15)
    assert "errors" not in await api(world.yunfan, "li", query)


def asgi(app: Application, doorman: Doorman, pokes: RedisPokes) -> Litestar:
    return Litestar(routes(app.engine, doorman, production(app.settings), pokes), openapi_config=None)


async def call(built: Litestar, token: str, query: str, gone: asyncio.Event) -> Any:
    """One request whose caller leaves when `gone` is set. The answer that the server made all the same."""
    sent: list[Any] = []
    body = [{"type": "http.request", "body": msgspec.json.encode({"query": query}), "more_body": False}]

    async def receive() -> Any:
        if body:
            return body.pop()
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"content-type", b"application/json"), (b"authorization", f"Bearer {token}".encode())]
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "path": "/graphql",
    }
    scope |= {"raw_path": b"/graphql", "query_string": b"", "headers": headers, "root_path": "", "scheme": "http"}
    scope |= {"client": ("127.0.0.1", 1), "server": ("test", 80)}
    await built(scope, receive, send)  # type: ignore[arg-type]
    return msgspec.json.decode(b"".join(part.get("body", b"") for part in sent))


async def test_a_query_ends_with_its_caller(
    app: Application, doorman: Doorman, pokes: RedisPokes, world: World, watched: Watched
) -> None:
    built, gone = asgi(app, doorman, pokes), asyncio.Event()
    async with watched.locked("customer"):
        asked = asyncio.create_task(call(built, doorman.token(world.yunfan, "li"), NAMES, gone))
        await watched.until_waiting(1)
        gone.set()
        assert codes([await asked]) == ["TOO_SLOW"]
        await watched.until_clean()


async def test_a_change_is_done_as_a_whole_though_its_caller_left_and_its_time_is_over(
    api: Api, app: Application, doorman: Doorman, world: World, watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "OPERATION_SECONDS", 0.3)
    built, gone = asgi(app, doorman, app.pokes), asyncio.Event()
    twice = CREATE.replace("{ create", "{ one: create", 1)[:-1] + ' two: createTag(input: {name: "不开始"}) { id } }'
    async with watched.locked("customer"):
        asked = asyncio.create_task(call(built, doorman.token(world.yunfan, "admin"), twice, gone))
        await watched.until_waiting(1)
        gone.set()
        await asyncio.sleep(0.4)  # beyond the deadline
        assert await watched.waiting() == 1
    await asked
    monkeypatch.setattr(room, "OPERATION_SECONDS", 15)
    found = await api.data(world.yunfan, "admin", "{ customers { nodes { name } } tags { totalCount } }")
    assert found == {"customers": {"nodes": [{"name": "写到底"}]}, "tags": {"totalCount": 0}}
    await watched.until_clean()


async def test_an_exhausted_pool_is_busy_and_no_defect(
    api: Api, app: Application, doorman: Doorman, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    badge = Badge(await world.yunfan.actor("li"), new_id(), new_id())

    async def known(token: str, **_: Any) -> Badge:
        return badge

    monkeypatch.setattr(doorman, "authenticate", known)
    engine = app.engine.database.app
    monkeypatch.setattr(engine.sync_engine.pool, "_timeout", 0.1)
    async with AsyncExitStack() as held:
        for _ in range(2 * tenant_share(app.engine)):
            await held.enter_async_context(engine.connect())
        with capture_logs() as told:
            body = await api(world.yunfan, "li", NAMES)
    assert codes([body]) == ["BUSY"]
    assert [(line["event"], line["log_level"]) for line in told] == [("graphql_api.pool_exhausted", "warning")]
    assert "exc_info" not in told[0]
    assert "errors" not in await api(world.yunfan, "li", NAMES)
