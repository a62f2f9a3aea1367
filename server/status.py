"""How the server is, for whoever operates it: `GET /ops/status` with the operators' token. Never for a company's
people: it tells of everybody's load.
"""

from __future__ import annotations

import asyncio
import hmac
import os
import platform
import shutil
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import structlog
from litestar import MediaType, Request, get
from litestar.exceptions import NotFoundException
from prometheus_client.parser import text_string_to_metric_families

from infra.settings import Settings
from server.health import Health, worker_pages
from server.jobs import QUEUE
from server.metrics import Metrics
from server.recent import ERRORS
from values.errors import PermissionDenied

_PART_SECONDS = 3.0
_MEASURED_SECONDS = 600.0  # files are counted on the disk one by one
_OUTBOX = {
    "waiting": "yunfan_outbox_waiting",
    "givenUp": "yunfan_outbox_given_up",
    "oldestSeconds": "yunfan_outbox_lag_seconds",
}
_log = structlog.get_logger()
Figures = dict[str, Any]


@dataclass(slots=True)
class Status:
    """Asks every part. What does not answer within seconds is null: the page is for the hour when something is down."""

    settings: Settings
    health: Health
    metrics: Metrics
    began: float = field(default_factory=time.monotonic)
    _files: tuple[float, Figures] | None = None

    async def told(self) -> Figures:
        parts, database, redis, outbox, files = await asyncio.gather(
            self.health.parts(),
            _within("database", self._database),
            _within("redis", self._redis),
            _within("workers", self._outbox),
            self._stored(),
        )
        down = [name for name, state in parts.items() if state != "ok"]
        return {
            "status": "stopping" if self.health.traffic.stopping else "failing" if down else "ok",
            "parts": parts,
            "at": datetime.now(UTC),
            "process": {
                "id": os.getpid(),
                "host": platform.node(),
                "uptimeSeconds": round(time.monotonic() - self.began),
                "loadAverage": [round(load, 2) for load in os.getloadavg()],
                "cores": os.cpu_count(),
            },
            "load": {
                **self.metrics.recent.told(),
                "underWay": self.health.traffic.requests,
                "openSockets": len(self.health.traffic.sockets),
            },
            "queues": {"jobs": redis["jobs"] if redis else None, "outbox": outbox},
            "storage": {"databaseBytes": database["bytes"] if database else None, **files},
            "versions": {
                "yunfan": version("yunfan"),
                "schema": self.health.revision,
                "python": platform.python_version(),
                "postgresql": database["version"] if database else None,
                "redis": redis["version"] if redis else None,
            },
            "connections": {"database": database["connections"] if database else None},
            "errors": ERRORS.told(),
        }

    async def _database(self) -> Figures:
        async with self.health.connected() as connection:
            asked = await connection.execute(
                "SELECT pg_database_size(current_database()), current_setting('server_version'), "
                "(SELECT numbackends FROM pg_stat_database WHERE datname = current_database())"
            )
            size, called, connections = await asked.fetchone() or (None, None, None)
        return {"bytes": size, "version": called, "connections": connections}

    async def _redis(self) -> Figures:
        found = await self.health.redis.info("server")
        return {"jobs": await self.health.redis.zcard(QUEUE), "version": found.get("redis_version")}

    async def _outbox(self) -> Figures | None:
        """As the workers counted last, each for all companies; null where no worker is alive."""
        pages = await worker_pages(self.health.redis)
        counted: dict[str, float] = {}
        for _, page in pages:
            for family in text_string_to_metric_families(page):
                for sample in family.samples:
                    counted[sample.name] = max(counted.get(sample.name, 0.0), sample.value)
        return {name: round(counted[key]) for name, key in _OUTBOX.items() if key in counted} if pages else None

    async def _stored(self) -> Figures:
        now = time.monotonic()
        if self._files is None or now - self._files[0] > _MEASURED_SECONDS:
            folder = self.settings.data_dir / "blobs" if self.settings.s3 is None else None
            self._files = now, await asyncio.to_thread(_measured, self.settings.data_dir, folder)
        return self._files[1]


def _measured(data_dir: Path, blobs: Path | None) -> Figures:
    """`blobs`: None where files lie in a bucket."""
    disk = shutil.disk_usage(data_dir)
    count = size = 0
    for found in blobs.rglob("*") if blobs is not None else ():
        try:
            kept = found.stat()
        except FileNotFoundError:  # deleted meanwhile
            continue
        if found.is_file():
            count, size = count + 1, size + kept.st_size
    return {
        "files": "disk" if blobs is not None else "bucket",
        "fileCount": count if blobs is not None else None,
        "fileBytes": size if blobs is not None else None,
        "diskBytes": disk.total,
        "diskFreeBytes": disk.free,
        "measuredAt": datetime.now(UTC),
    }


async def _within(part: str, ask: Callable[[], Awaitable[Figures | None]]) -> Figures | None:
    try:
        return await asyncio.wait_for(ask(), _PART_SECONDS)
    except Exception as wrong:  # noqa: BLE001 - whatever it is, the part does not tell; the others do
        _log.warning("status.part_silent", part=part, reason=type(wrong).__name__)
        return None


def routes(status: Status, token: str | None) -> list[Any]:
    """`/ops/status`; without a token in the settings there is no such page."""

    @get("/ops/status", media_type=MediaType.JSON)
    async def told(request: Request[Any, Any, Any]) -> Figures:
        """Health, load, queues, storage, versions, errors of this process and what it stands on."""
        if token is None:
            raise NotFoundException
        given = request.headers.get("authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
            raise PermissionDenied(permission="ops.status")
        return await status.told()

    return [told]
