"""Puts the parts together: the one place where rooms are wired to each other. Holds no rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from redis.asyncio import Redis

from infra.settings import Settings
from kernel.clock import Clock, SystemClock
from kernel.context import Parts, ScopePaths
from kernel.db import Database
from kernel.engine import Engine
from kernel.executor import CommitListener, Executor
from kernel.keyring import KeyRing
from server.catalogue import load_rooms
from tenants.access import AccessReader
from tenants.authority import MemberPaths


@dataclass(frozen=True, slots=True)
class Application:
    """A process's parts, from the settings down."""

    settings: Settings
    engine: Engine
    redis: Redis

    async def close(self) -> None:
        await self.redis.aclose()
        await self.engine.database.close()


def build(
    settings: Settings, *, clock: Clock | None = None, listeners: Sequence[CommitListener] = (), pool_size: int = 10
) -> Application:
    """Wires a process. The settings must carry the URLs of the databases and of Redis."""
    load_rooms()
    if not (settings.database_url and settings.database_platform_url and settings.database_provision_url):
        raise ValueError("the settings are not bound to a database")
    if not settings.redis_url:
        raise ValueError("the settings are not bound to Redis")
    clock = clock or SystemClock(timedelta(seconds=settings.clock_offset_seconds))
    database = Database(
        settings.database_url, settings.database_platform_url, settings.database_provision_url, pool_size=pool_size
    )
    executor = Executor(database, clock, AccessReader(), wiring(), tuple(listeners))
    keys = KeyRing([(key.id, key.secret) for key in settings.keys])
    return Application(settings, Engine(database, executor, clock, keys), Redis.from_url(settings.redis_url))


def wiring() -> Parts:
    """Ports and event handlers: what one room offers to another."""
    return Parts(ports={ScopePaths: MemberPaths()})
