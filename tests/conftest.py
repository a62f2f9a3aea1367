"""Shared fixtures: real PostgreSQL and Redis for the whole run, and a fresh world of two rival tenants per test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from infra.settings import Settings
from server.migrate import migrate
from server.parts import Application, build
from tests.infra_services import Services, start_services
from tests.world import World
from tests.world_copies import WorldModel
from values.clock import FrozenClock

NOW = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)  # Monday 09:30 in Shanghai


@pytest.fixture(scope="session")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """PostgreSQL and Redis of this run, migrated."""
    running = start_services(tmp_path_factory.mktemp("services"))
    try:
        migrate(running.urls.admin)
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="session")
def settings(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Development settings bound to this run's services."""
    found = Settings.from_env({"YUNFAN_DATA": str(tmp_path_factory.mktemp("data"))})
    return found.with_databases(
        app=services.urls.app,
        platform=services.urls.platform,
        provision=services.urls.provision,
        admin=services.urls.admin,
        redis_url=services.redis_url,
    )


@pytest.fixture(scope="session")
async def _process(settings: Settings) -> AsyncIterator[tuple[Application, FrozenClock]]:
    """One process for the whole run: pools and compiled statements stay warm. Its clock is set back for each test."""
    frozen = FrozenClock(NOW)
    built = build(settings, clock=frozen, pool_size=8)
    yield built, frozen
    await built.close()


@pytest.fixture
def clock(_process: tuple[Application, FrozenClock]) -> FrozenClock:
    """The story's clock: frozen at NOW, moved by the test."""
    _process[1].instant = NOW
    return _process[1]


@pytest.fixture
def app(_process: tuple[Application, FrozenClock], clock: FrozenClock) -> Application:
    """The process's parts on the frozen clock."""
    return _process[0]


@pytest.fixture(scope="session")
async def _copier(settings: Settings) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
    """The owner's connection, which writes copies as a restore does: without checking each reference."""
    async with await psycopg.AsyncConnection.connect(str(settings.database_admin_url), autocommit=True) as admin:
        await admin.execute("SET session_replication_role = replica")
        yield admin


@pytest.fixture(scope="session")
async def _model(_process: tuple[Application, FrozenClock], _copier: psycopg.AsyncConnection[Any]) -> WorldModel:
    _process[1].instant = NOW
    return await WorldModel.founded(_process[0], _copier)


@pytest.fixture
async def world(app: Application, _model: WorldModel, _copier: psycopg.AsyncConnection[Any]) -> World:
    """Two rival companies with people, nobody else's."""
    return await _model.copy(app, _copier)
