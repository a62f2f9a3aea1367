"""What a run stands on: PostgreSQL, the server's code behind its real HTTP doors, and a world of two companies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch
from uuid import UUID

import httpx
import psycopg
from litestar import Litestar
from psycopg import sql
from psycopg.rows import dict_row

from kernel.db import TenantContext
from kernel.policy import EVERYTHING, Actor
from server.parts import Application
from sync import loads
from sync.buckets import Buckets
from sync.files_http import file_routes
from sync.gate import Gate
from sync.http import routes
from sync.live import Air
from sync.loads import Loads
from sync.quotas import Quotas
from sync.service import SyncService
from tenants.authority import RoleAuthorizer
from tests.world import Company, World
from tests.world_copies import WorldModel
from values.clock import FrozenClock
from values.errors import NotSignedIn

_OF_TENANTS = """
SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname IN ('app', 'platform') AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id')
ORDER BY 1, 2
"""


@contextmanager
def loads_from(rows: int | None) -> Iterator[None]:
    """Inside, first loads come as files from so many rows on, and from three times as many with a first part; None: as
    the product decides, which for these small companies is by pages."""
    if rows is None:
        yield
        return
    with patch.object(loads, "_PAGED_ROWS", rows), patch.object(loads, "_FIRST_FROM_ROWS", 3 * rows):
        yield


@dataclass(frozen=True)
class SignedIn:
    actor: Actor

    def require(self, operation: str) -> None:
        """The rung is the executor's business."""


@dataclass
class Ground:
    """One per process. `admin`: the owner's connection, which writes as a restore does, past walls and references.
    `reader`: a connection as the application's role, for oracles."""

    app: Application
    clock: FrozenClock
    admin: psycopg.AsyncConnection[Any]
    reader: psycopg.AsyncConnection[Any]
    model: WorldModel
    tables: list[tuple[str, str]]
    tokens: dict[str, tuple[Company, str]] = field(default_factory=dict)

    @classmethod
    async def laid(
        cls, app: Application, clock: FrozenClock, admin: psycopg.AsyncConnection[Any], model: WorldModel
    ) -> Ground:
        reader = await psycopg.AsyncConnection.connect(str(app.settings.database_url), autocommit=True)
        await reader.execute("SET timezone = 'UTC'")
        tables = [(str(s), str(t)) for s, t in await (await admin.execute(_OF_TENANTS)).fetchall()]
        return cls(app, clock, admin, reader, model, tables)

    def doors(self, service: SyncService) -> httpx.ASGITransport:
        """The real handlers of /sync/v1, called in this process."""
        air = Air(self.app.engine, self.app.pokes, self.app.identity.sessions_in_force)
        gate = Gate(Quotas(Buckets(None, self._seconds)), self._seconds)  # a real second is none of a history
        handlers = routes(service, self.authenticate, self.authenticate, air, gate=gate)
        handlers += file_routes(self.app.files, self.authenticate)
        app: Any = Litestar(handlers, openapi_config=None, logging_config=None)  # ASGI, in Litestar's own types
        return httpx.ASGITransport(app)

    def _seconds(self) -> float:
        return self.clock.instant.timestamp()

    def service(self) -> SyncService:
        """A process of the server: what it keeps between requests begins with it."""
        return SyncService(self.app.engine, Loads(self.app.engine, self.app.blobs))

    async def authenticate(self, token: str, **_origin: str | None) -> SignedIn:
        """Tokens are the run's own; who is no active member is signed in nowhere."""
        if token not in self.tokens:
            raise NotSignedIn
        company, who = self.tokens[token]
        member_id = company.people[who]
        context = TenantContext(company.tenant_id, member_id, EVERYTHING)
        async with self.app.engine.database.tenant(context) as session:
            home, authority = await RoleAuthorizer().member(session, member_id)
        if home is None:
            raise NotSignedIn
        return SignedIn(Actor(company.tenant_id, member_id, authority, home_path=home.unit_path))

    async def found(self) -> World:
        return await self.model.copy(self.app, self.admin)

    async def fetch(self, statement: str, *parameters: Any) -> list[dict[str, Any]]:
        """Rows as they stand in the tables, of no matter which tenant."""
        async with self.admin.cursor(row_factory=dict_row) as cursor:
            await cursor.execute(statement.encode(), parameters)
            return await cursor.fetchall()

    async def remove(self, tenants: Sequence[UUID]) -> None:
        """Everything of these companies, so that the same seed may found them again."""
        async with self.admin.pipeline():
            for schema, name in self.tables:
                place = sql.Identifier(schema, name)
                await self.admin.execute(
                    sql.SQL("DELETE FROM {} WHERE tenant_id = ANY(%s)").format(place), [list(tenants)]
                )
        for folder in (f"{kind}/{tenant}" for tenant in tenants for kind in ("loads", "files", "uploads")):
            for key in await self.app.blobs.keys(folder):
                await self.app.blobs.delete(key)

    async def backup(self, tenant_id: UUID) -> dict[str, str]:
        """A company's tables, each as a JSON array of its rows."""
        kept: dict[str, str] = {}
        for schema, name in self.tables:
            if schema == "app":
                query = sql.SQL("SELECT json_agg(t)::text FROM {} AS t WHERE tenant_id = %s")
                found = await self.admin.execute(query.format(sql.Identifier(schema, name)), [tenant_id])
                row = await found.fetchone()
                if row is not None and row[0]:
                    kept[name] = row[0]
        return kept

    async def restore(self, tenant_id: UUID, kept: dict[str, str]) -> None:
        """The tables as they were, as an operator restores them; the new epoch is the operator's next command."""
        async with self.admin.transaction():
            for schema, name in self.tables:
                if schema == "app":
                    place = sql.Identifier(schema, name)
                    await self.admin.execute(sql.SQL("DELETE FROM {} WHERE tenant_id = %s").format(place), [tenant_id])
            for name, rows in kept.items():
                insert = sql.SQL("INSERT INTO app.{0} SELECT * FROM json_populate_recordset(NULL::app.{0}, %s)")
                await self.admin.execute(insert.format(sql.Identifier(name)), [rows])

    async def close(self) -> None:
        await self.reader.close()
