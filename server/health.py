"""Is this process alive, can it serve, and what does it count. Answers name parts, never addresses or secrets."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import structlog
from litestar import HttpMethod, MediaType, Request, Response, get, route
from psycopg import AsyncConnection
from redis.asyncio import Redis
from redis.exceptions import RedisError

from kernel.db import Database
from server.child import RUN_HEADER
from server.jobs import HEARTBEAT_KEY, WORKER_METRICS_KEY
from server.metrics import Metrics, merged
from server.web import Traffic, is_local
from values.errors import PermissionDenied

_CHECK_SECONDS = 3.0
_TO_MIGRATE = "run yunfan migrate"
_PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"
_log = structlog.get_logger()


@dataclass(slots=True)
class Health:
    """Asks every part that a request needs. `revision`: the schema that this version of the code needs.

    The database is asked over a connection of its own: a pool whose connections are all at work is no reason to take
    the process out of service. Whoever asks at the same time shares the answer, so asking often opens no more.
    """

    database: Database
    redis: Redis
    revision: str
    traffic: Traffic
    _asking: asyncio.Task[dict[str, str]] | None = field(default=None, init=False)

    async def parts(self) -> dict[str, str]:
        """Each part with "ok" or what is wrong with it; the worker is told but does not decide."""
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._asked())
        return dict(await asyncio.shield(self._asking))  # one caller who leaves does not end it for the others

    async def _asked(self) -> dict[str, str]:
        names = ("database", "migrations", "redis", "worker")
        found = await asyncio.gather(
            _checked("database", self._database),
            _checked("migrations", self._migrations),
            _checked("redis", self._redis_answers),
            _checked("worker", self._worker),
        )
        return dict(zip(names, found, strict=True))

    async def _database(self) -> str:
        async with self.connected() as connection:
            bound = await connection.execute(
                "SELECT NOT (rolsuper OR rolbypassrls) FROM pg_roles WHERE rolname = current_user"
            )
            return "ok" if await bound.fetchone() == (True,) else "the role bypasses row-level security"

    async def _migrations(self) -> str:
        async with self.connected() as connection:
            exists = await connection.execute("SELECT to_regclass('platform.schema_version') IS NOT NULL")
            if await exists.fetchone() != (True,):
                return _TO_MIGRATE
            found = await connection.execute("SELECT version_num FROM platform.schema_version")
            return "ok" if await found.fetchone() == (self.revision,) else _TO_MIGRATE

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[AsyncConnection[Any]]:
        """A connection besides the pools'."""
        address = self.database.app.url.set(drivername="postgresql").render_as_string(hide_password=False)
        connection = await AsyncConnection.connect(address, autocommit=True, application_name="yunfan-health")
        async with connection:
            yield connection

    async def _redis_answers(self) -> str:
        await self.redis.ping()
        return "ok"

    async def _worker(self) -> str:
        async for _key in self.redis.scan_iter(match=f"{HEARTBEAT_KEY}*", count=100):
            return "ok"
        return "silent"


async def _checked(name: str, check: Callable[[], Awaitable[str]]) -> str:
    try:
        return await asyncio.wait_for(check(), _CHECK_SECONDS)
    except Exception as wrong:  # noqa: BLE001 - whatever it is, the part does not work; the log says why
        _log.warning("health.part_failed", part=name, reason=type(wrong).__name__)
        return "down"


PROBED = [HttpMethod.GET, HttpMethod.HEAD]  # load balancers ask with either


def routes(health: Health, metrics: Metrics, metrics_token: str | None, run: str | None = None) -> list[Any]:
    """`/health/live`, `/health/ready`, `/metrics`. `run`: who started this process, as it says of itself."""
    said = {} if run is None else {RUN_HEADER: run}

    @route("/health/live", http_method=PROBED, media_type=MediaType.JSON)
    async def live() -> dict[str, str]:
        """The process answers."""
        return {"status": "ok"}

    @route("/health/ready", http_method=PROBED, media_type=MediaType.JSON)
    async def ready() -> Response[dict[str, Any]]:
        """200 when requests can be served; 503 with the part that fails."""
        parts = await health.parts()
        failing = [name for name, state in parts.items() if state != "ok" and name != "worker"]
        if health.traffic.stopping:
            failing.append("stopping")
        body = {"status": "failing" if failing else "ok", "failing": failing, "parts": parts}
        return Response(body, status_code=503 if failing else 200, headers=said)

    @get("/metrics", media_type=MediaType.TEXT)
    async def figures(request: Request[Any, Any, Any]) -> Response[bytes]:
        """Prometheus' text format, for this machine or with the token."""
        if not _may_read(request, metrics_token):
            raise PermissionDenied(permission="metrics")
        pages = [("server", metrics.text()), *await worker_pages(health.redis)]
        return Response(merged(pages), headers={"content-type": _PROMETHEUS})

    return [live, ready, figures]


async def worker_pages(redis: Redis) -> list[tuple[str, str]]:
    """What each living worker left, as (process, text). Nothing when Redis is down."""
    pages = []
    try:
        async with asyncio.timeout(_CHECK_SECONDS):
            async for key in redis.scan_iter(match=f"{WORKER_METRICS_KEY}*", count=100):
                page = await redis.get(key)
                if page is not None:
                    pages.append((f"worker-{key.decode().removeprefix(WORKER_METRICS_KEY)}", page.decode()))
    except (RedisError, OSError, TimeoutError) as wrong:
        _log.warning("health.worker_figures_missing", reason=type(wrong).__name__)
    return sorted(pages)


def _may_read(request: Request[Any, Any, Any], token: str | None) -> bool:
    given = request.headers.get("authorization", "")
    if token is not None and hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        return True
    return is_local(request.scope)  # type: ignore[arg-type]  # Litestar's own scope type is an ASGI scope
