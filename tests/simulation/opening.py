"""Ground outside pytest: services of its own, gone afterwards; and silence, for a run writes thousands of log lines."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import psycopg
import structlog

from server.migrate import migrate
from server.parts import build
from tests.infra_services import start_services
from tests.simulation.ground import Ground
from tests.simulation.stage import NOW
from tests.world_copies import WorldModel
from values.clock import FrozenClock


@contextmanager
def quiet() -> Iterator[None]:
    """Oracles speak, not the log."""
    before, httpx_log = structlog.get_config(), logging.getLogger("httpx")
    level = httpx_log.level
    httpx_log.setLevel(logging.WARNING)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    try:
        yield
    finally:
        structlog.configure(**before)
        httpx_log.setLevel(level)


@asynccontextmanager
async def opened_ground() -> AsyncIterator[Ground]:
    services = start_services(Path(tempfile.mkdtemp(prefix="simulation-services-")))
    try:
        migrate(services.urls.admin)
        clock = FrozenClock(NOW)
        app = build(services.settings, clock=clock, pool_size=8)
        with quiet():
            async with await psycopg.AsyncConnection.connect(services.urls.admin, autocommit=True) as admin:
                await admin.execute("SET session_replication_role = replica")
                ground = await Ground.laid(app, clock, admin, await WorldModel.founded(app, admin))
                yield ground
                await ground.close()
        await app.close()
    finally:
        services.stop()
