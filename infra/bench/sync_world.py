"""Who takes part in the benches of pulls: a company that signed up through the real door, the product's server, the
bare limit's server with the same customers, and devices of either."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

import httpx
import psycopg
from sqlalchemy import select

from infra.bench import limit_tables
from infra.bench.limit_client import BareReplica
from infra.bench.meters import Parts
from infra.bench.serving import Server, bare, product
from infra.bench.sync_data import filled
from infra.blobs import open_blobs
from infra.services import Services
from infra.settings import Settings
from server.parts import build
from sync.client import Replica
from sync.collections import all_collections
from tenants.entities import Role
from tenants.identity.inputs import ChangePassword, CreateMember, SignIn, SignUp
from tenants.identity.results import Authenticated
from tenants.identity.service import IdentityService
from tests.world import Company

_FIRST, PASSWORD = "Longjing-First-26", "Hangzhou-Spring-26"  # of people who last as long as a bench
SIGN_IN = "chen@example.com"  # the admin's
# As the kernel's edge stamps a commit, for many rows at once.
_CHANGE = """
WITH tick AS (
    UPDATE app.tenant_clock SET value = value + 1 WHERE tenant_id = %(tenant_id)s RETURNING value
), edited AS (
    UPDATE app.customer SET notes = %(notes)s, version = version + 1, updated_at = now()
    WHERE tenant_id = %(tenant_id)s AND id = ANY(%(ids)s)
)
UPDATE app.change_log SET clock = tick.value FROM tick
WHERE tenant_id = %(tenant_id)s AND entity = 'party.Customer' AND row_id = ANY(%(ids)s)
"""
_LEFT = """
UPDATE app.device SET last_contact_at = now() - interval '1 hour', last_seen_at = now() - interval '1 hour'
"""
_ROWS_A_TRANSACTION = 1_000


@dataclass(frozen=True, slots=True)
class SyncWorld:
    """`tokens`: of the admin, then of `people` who see all customers too. `columns`: of a row of the limit."""

    settings: Settings
    services: Services
    tenant_id: UUID
    tokens: list[str]
    customers: list[tuple[UUID, str]]
    server: Server
    limit: Server
    columns: list[str]
    folder: Path

    @property
    def parts(self) -> Parts:
        return Parts(self.server.pid, self._postgres, self.server.port)

    @property
    def limit_parts(self) -> Parts:
        return Parts(self.limit.pid, self._postgres, self.limit.port)

    @property
    def _postgres(self) -> int | None:
        return self.services.postgres.process.pid if self.services.postgres is not None else None

    def replica(self, name: str, token: str | None = None, **options: Any) -> Replica:
        """A device of the admin, or of whose token it is; registered, nothing loaded."""
        found = Replica(self.folder / f"{name}.sqlite", self.server.url, token or self.tokens[0], **options)
        found.register(name)
        return found

    def bare_replica(self, name: str) -> BareReplica:
        return BareReplica(self.folder / f"{name}.limit", self.limit.port, self.tenant_id, self.columns)

    def change(self, ids: list[UUID], notes: str) -> None:
        """Changes these customers on both sides, a thousand a transaction, and stamps ours as a commit does."""
        with psycopg.connect(self.services.urls.admin, autocommit=True) as admin:
            for start in range(0, len(ids), _ROWS_A_TRANSACTION):
                some = ids[start : start + _ROWS_A_TRANSACTION]
                admin.execute(_CHANGE, {"tenant_id": self.tenant_id, "ids": some, "notes": notes})
                limit_tables.change(admin, some, notes)
            admin.execute("CHECKPOINT")  # its writing is not the readers' work

    def leave_devices(self) -> None:
        """All devices were heard of an hour ago: what comes back is noted, as in life."""
        with psycopg.connect(self.services.urls.admin, autocommit=True) as admin:
            admin.execute(_LEFT)

    def forget_files(self) -> None:
        """The next first load finds no file."""

        async def forget() -> None:
            blobs = open_blobs(self.settings)
            for key in await blobs.keys("loads"):
                await blobs.delete(key)
            await blobs.close()

        asyncio.run(forget())


@contextmanager
def sync_world(services: Services, settings: Settings, customers: int, people: int = 0) -> Iterator[SyncWorld]:
    """A company with `customers` customers that its admin and `people` others all see, and both servers."""
    tenant_id, tokens, made = asyncio.run(_company(services, settings, customers, people))
    columns = [column.name for column in all_collections()["customers"].columns]
    limit_tables.copy_customers(services, columns)
    columns = [*columns, "seq"]
    with (
        TemporaryDirectory(prefix="yunfan-bench-devices-") as folder,
        product(settings) as server,
        bare(services.urls.app, columns) as limit,
    ):
        yield SyncWorld(settings, services, tenant_id, tokens, made, server, limit, columns, Path(folder))


async def _company(
    services: Services, settings: Settings, customers: int, people: int
) -> tuple[UUID, list[str], list[tuple[UUID, str]]]:
    app = build(settings, pool_size=4)
    try:
        given = SignUp(company_name="云帆", email=SIGN_IN, password=PASSWORD, admin_name="陈总")
        signed_up = await app.identity.sign_up(given)
        admin = await app.identity.authenticate(signed_up.token)
        company = Company(app, admin.tenant_id, admin.member_id, {"admin": admin.member_id})
        made = (await filled(company, services.urls.admin, customers)).customers
        async with app.engine.reading(admin.actor) as session:
            role_id: UUID = await session.scalar(select(Role.id).where(Role.key == "general_manager"))
        tokens = [await _colleague(app.identity, admin, f"lin{n}", role_id) for n in range(people)]
        return admin.tenant_id, [signed_up.token, *tokens], made
    finally:
        await app.close()


async def _colleague(identity: IdentityService, admin: Authenticated, account: str, role_id: UUID) -> str:
    """Somebody who sees everything, past the first change of password; their token."""
    wanted = CreateMember(account=account, name=account, initial_password=_FIRST, role_ids=[role_id], scope="all")
    made = await identity.create_member(admin, wanted)
    first = SignIn(org_code=made.org_code, account=account, password=_FIRST, device_name="bench")
    token = (await identity.sign_in(first)).token or ""
    who = await identity.authenticate(token)
    await identity.change_password(who, ChangePassword(current_password=_FIRST, new_password=PASSWORD))
    return token


def json_bytes(path: Path) -> int:
    """How many bytes the rows of a replica's file are as JSON, with a line end each."""
    db = sqlite3.connect(path)
    [found] = db.execute("SELECT sum(length(CAST(data AS BLOB)) + 1) FROM base").fetchone()
    db.close()
    return int(found)


class Counting(httpx.BaseTransport):
    """httpx's own transport, counting the bytes of the answers' bodies as they travel."""

    def __init__(self) -> None:
        self._real, self.bytes = httpx.HTTPTransport(), 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self._real.handle_request(request)
        return httpx.Response(answer.status_code, headers=answer.headers, stream=_Counted(answer, self))

    def close(self) -> None:
        self._real.close()


class _Counted(httpx.SyncByteStream):
    def __init__(self, answer: httpx.Response, counting: Counting) -> None:
        self._answer, self._counting = answer, counting

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._answer.iter_raw():
            self._counting.bytes += len(piece)
            yield piece

    def close(self) -> None:
        self._answer.close()
