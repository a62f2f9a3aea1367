"""Readiness tells of the process, not of how busy it is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace

import httpx
import psycopg
import pytest

from infra.settings import Settings
from kernel.db import Database
from server.app import application_edge
from server.health import Health
from server.migrate import head
from server.parts import Application
from server.web import Traffic
from tests.infra_services import Services

READY = "/health/ready"


@asynccontextmanager
async def exhausted(database: Database) -> AsyncIterator[None]:
    """While it is entered every connection of the tenants' pool is taken."""
    pool = database.app.sync_engine.pool
    async with AsyncExitStack() as held:
        for _ in range(pool.size()):  # type: ignore[attr-defined]  # a QueuePool has a size
            await held.enter_async_context(database.app.connect())
        assert pool.checkedout() == pool.size()  # type: ignore[attr-defined]
        yield


async def test_a_database_that_is_away_is_named(app: Application, settings: Settings) -> None:
    away = Database(*["postgresql://yunfan_app:secret@127.0.0.1:1/yunfan"] * 3)
    health = Health(away, app.redis, head(), Traffic())
    found = await health.parts()
    await away.close()
    assert (found["database"], found["migrations"], found["redis"]) == ("down", "down", "ok")


async def test_a_role_that_bypasses_the_wall_is_told(app: Application, services: Services) -> None:
    powerful = Database(*[services.urls.admin] * 3)
    found = await Health(powerful, app.redis, head(), Traffic()).parts()
    await powerful.close()
    assert found["database"] == "the role bypasses row-level security"


async def test_another_schema_is_told_though_the_pool_is_exhausted(app: Application) -> None:
    async with exhausted(app.engine.database):
        found = await Health(app.engine.database, app.redis, "9999_future", Traffic()).parts()
    assert found["migrations"] == "run yunfan migrate"


async def test_an_exhausted_pool_does_not_take_the_process_out_of_service(app: Application) -> None:
    edge = application_edge(app, Traffic(), checked=True)
    transport = httpx.ASGITransport(edge)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http, exhausted(app.engine.database):
        answer = await http.get(READY)
    assert answer.status_code == 200, answer.json()
    assert {answer.json()["parts"][name] for name in ("database", "migrations", "redis")} == {"ok"}


async def test_asking_often_opens_no_more_connections_and_none_stays(
    app: Application, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[object] = []
    connect = psycopg.AsyncConnection.connect

    async def counted(*given: object, **more: object) -> object:
        opened.append(given)
        return await connect(*given, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(psycopg.AsyncConnection, "connect", counted)
    health = Health(app.engine.database, app.redis, head(), Traffic())
    found = await asyncio.gather(*(health.parts() for _ in range(50)))
    assert all(parts == found[0] for parts in found)
    assert len(opened) == 2  # for the role and for the schema
    later = await replace(health, revision="9999_future").parts()
    assert later["migrations"] == "run yunfan migrate"
    monkeypatch.undo()
    async with await connect(services.urls.admin, autocommit=True) as admin:
        for _ in range(250):
            held = await admin.execute("SELECT 1 FROM pg_stat_activity WHERE application_name = 'yunfan-health'")
            if await held.fetchone() is None:
                return
            await asyncio.sleep(0.02)
    raise AssertionError("a connection of the probe stayed open")
