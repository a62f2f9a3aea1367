"""How fast a device's queue is taken: a thousand offline edits, each a transaction of its own, durable.

Beside each round of ours runs the bare limit on the same rows: the driver, one transaction an edit, and in it no more
than the device's lock, the row's update and a log row, under the same row-level security. The two take turns.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import statistics
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

import msgspec
import psycopg

from infra.bench.report import Row, at_least
from infra.bench.sync_data import Filled, company_of
from infra.services import Services
from infra.settings import Settings
from kernel.policy import Actor
from server.logging import configure
from server.parts import Application, build
from sync.wire import (
    MAX_MUTATIONS,
    Mutation,
    MutationOutcome,
    PushRequest,
    RegisterRequest,
    decode,
    encode,
)
from values.ids import new_id
from values.wire import to_wire

CUSTOMERS, EDITS = 100_000, 1_000
_ROUNDS = 5
_WRITERS, _SLEEP_SECONDS, _COMMIT_DELAY_MICROSECONDS = 8, 0.02, 2_000
_WRITES = 800  # of all eight together, a round
_SALESPERSON = "li"

_LIMIT_TABLES = """
CREATE TABLE app.bench_log (tenant_id uuid, device_id uuid, n bigint, result text NOT NULL,
                            PRIMARY KEY (tenant_id, device_id, n));
ALTER TABLE app.bench_log ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.bench_log FORCE ROW LEVEL SECURITY;
CREATE POLICY wall ON app.bench_log
    USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
GRANT SELECT, INSERT ON app.bench_log TO {role}
"""
_CONTEXT = """
SELECT set_config('app.tenant_id', %s, true), set_config('app.member_id', %s, true),
       set_config('app.scope_from', '/', true), set_config('app.scope_to', '0', true), set_config('app.arms', '', true)
"""
_LOCK_DEVICE = "SELECT last_mutation FROM app.device WHERE tenant_id = %s AND id = %s FOR UPDATE"
# The update and its log row in one statement; the number beside them.
_EDIT = """
WITH edited AS (
    UPDATE app.customer SET notes = %(notes)s, version = version + 1, updated_at = now()
    WHERE tenant_id = %(tenant)s AND id = %(id)s AND version = %(version)s RETURNING id
), logged AS (
    INSERT INTO app.bench_log
    SELECT %(tenant)s, %(device)s, %(n)s, CASE WHEN EXISTS (SELECT FROM edited) THEN 'ok' ELSE 'conflict' END
    RETURNING result
), numbered AS (
    UPDATE app.device SET last_mutation = %(n)s WHERE tenant_id = %(tenant)s AND id = %(device)s
)
SELECT result FROM logged
"""
_FRESH = "SELECT id, notes, version FROM app.customer WHERE tenant_id = %s AND owner_id = %s ORDER BY id"


@dataclass(slots=True)
class _Bench:
    """One company, one device of a salesperson, and which of their customers come next."""

    app: Application
    services: Services
    filled: Filled
    actor: Actor
    device_id: UUID
    rows: list[tuple[UUID, str, int]]
    taken: int = 0
    last: int = 0

    @property
    def tenant_id(self) -> UUID:
        return self.actor.tenant_id

    def next_rows(self, count: int) -> list[tuple[UUID, str, int]]:
        """Customers that no round has touched yet."""
        self.taken += count
        return self.rows[self.taken - count : self.taken]


def rows(services: Services, settings: Settings) -> Iterator[Row]:
    """`sync.push_1000` in edits a second, `sync.clock_8_writers` as ratio and rate, `sync.push_poison` in requests."""
    yield from asyncio.run(_measure(services, settings))


async def _measure(services: Services, settings: Settings) -> list[Row]:
    with Path("/dev/null").open("w") as nowhere, _restored_logging():
        configure("INFO", as_json=True, stream=nowhere)  # every line is made, as in production; nobody reads it
        app = build(settings, pool_size=_WRITERS)
        try:
            bench = await _prepare(app, services)
            return [*await _push_rows(bench), await _poison_row(bench), *await _clock_rows(bench)]
        finally:
            await app.close()


@asynccontextmanager
async def _nothing() -> AsyncIterator[None]:
    yield


class _restored_logging:  # noqa: N801 — reads as a function
    """The root logger as it was before."""

    def __enter__(self) -> None:
        self._kept = logging.getLogger().handlers[:]

    def __exit__(self, *_wrong: object) -> None:
        logging.getLogger().handlers[:] = self._kept


async def _prepare(app: Application, services: Services) -> _Bench:
    filled = await company_of(app, services.urls.admin, "云帆", CUSTOMERS)
    actor, device_id = await filled.company.actor(_SALESPERSON), new_id()
    await app.sync.register(actor, RegisterRequest(device_id=device_id, name="手机", platform="bench"))
    with psycopg.connect(services.urls.admin, autocommit=True) as admin:
        role = psycopg.conninfo.conninfo_to_dict(services.urls.app)["user"]
        admin.execute(_LIMIT_TABLES.format(role=role).encode())
        mine = admin.execute(_FRESH, [actor.tenant_id, actor.member_id]).fetchall()
    return _Bench(app, services, filled, actor, device_id, mine)


# --- a thousand edits -----------------------------------------------------------------------------------------------


async def _push_rows(bench: _Bench) -> list[Row]:
    await _limit(bench, 200)
    await _ours(bench, 200)
    limits: list[float] = []
    ours: list[float] = []
    server: list[float] = []
    database: list[float] = []
    for _ in range(_ROUNDS):
        limits.append(EDITS / await _limit(bench, EDITS))
        cpu, database_cpu = time.process_time(), _postgres_cpu(bench.services)
        ours.append(EDITS / await _ours(bench, EDITS))
        server.append(time.process_time() - cpu)
        database.append(_postgres_cpu(bench.services) - database_cpu)
    ratio = statistics.median(mine / bare for mine, bare in zip(ours, limits, strict=True))
    rate, bare = statistics.median(ours), statistics.median(limits)
    cpu, database_cpu = statistics.median(server), statistics.median(database)
    what = (
        f"{EDITS} offline edits of {CUSTOMERS} customers, one transaction each, fsync on: {rate:.0f}/s "
        f"({min(ours):.0f} to {max(ours):.0f}), bare limit {bare:.0f}/s ({min(limits):.0f} to {max(limits):.0f}); "
        f"CPU {cpu:.2f} s server, {database_cpu:.2f} s PostgreSQL"
    )
    return [
        at_least("sync.push_1000", rate, "edits/s", 400, what),
        at_least("sync.push_1000_ratio", ratio, "ratio", 0.7, "ours to the bare limit, medians of side by side rounds"),
    ]


async def _ours(bench: _Bench, count: int) -> float:
    """Seconds from the requests' bytes to the answers' bytes. The device's queue, in pushes as large as may be."""
    made = [_edit_of(bench, n, row) for n, row in enumerate(bench.next_rows(count), start=bench.last + 1)]
    bodies = [
        encode(PushRequest(device_id=bench.device_id, mutations=made[start : start + MAX_MUTATIONS]))
        for start in range(0, count, MAX_MUTATIONS)
    ]
    began = time.perf_counter()
    outcomes = await _sent(bench, bodies)
    took = time.perf_counter() - began
    if [outcome.status for outcome in outcomes] != ["applied"] * count:
        raise RuntimeError("not every edit was applied")
    return took


async def _sent(bench: _Bench, bodies: list[bytes]) -> list[MutationOutcome]:
    outcomes: list[MutationOutcome] = []
    for body in bodies:
        answer = await bench.app.sync.push(bench.actor, decode(body, PushRequest))
        encode(answer)
        if answer.stopped is not None:
            raise RuntimeError(answer.stopped.message)
        outcomes += answer.outcomes
        bench.last = answer.last_mutation
    return outcomes


def _edit_of(bench: _Bench, n: int, row: tuple[UUID, str, int]) -> Mutation:
    return Mutation(
        n=n,
        uuid=uuid4(),
        command="party.edit_customer",
        arguments={"id": to_wire(row[0]), "notes": f"{row[1]} 已回访 {n}"},
        base={"notes": row[1]},
        made_at=bench.app.engine.clock.now(),
    )


async def _limit(bench: _Bench, count: int) -> float:
    """The same edits by the driver alone; answers as the device would get them."""
    tenant, device = bench.tenant_id, bench.device_id
    edits = [
        {"n": n, "id": str(row[0]), "notes": f"{row[1]} 已回访 {n}", "version": row[2]}
        for n, row in enumerate(bench.next_rows(count), start=bench.last + 1)
    ]
    body = msgspec.json.encode(edits)
    async with await psycopg.AsyncConnection.connect(bench.services.urls.app, autocommit=True) as c:
        c.prepare_threshold = 3
        began, results = time.perf_counter(), []
        for edit in msgspec.json.decode(body):
            async with c.pipeline(), c.transaction():
                await c.execute(_CONTEXT, (str(tenant), str(bench.actor.member_id)))
                await c.execute(_LOCK_DEVICE, (tenant, device))
                cursor = await c.execute(_EDIT, {**edit, "tenant": tenant, "device": device})
                result = await cursor.fetchone()
            results.append((edit["n"], result[0] if result else "conflict"))
        json.dumps(results)
        took = time.perf_counter() - began
    if {result for _, result in results} != {"ok"}:
        raise RuntimeError("not every edit of the limit was applied")
    bench.last += count
    return took


def _postgres_cpu(services: Services) -> float:
    """CPU seconds of the embedded server and its backends so far, those that have ended included."""
    if services.postgres is None:
        return 0.0
    server = services.postgres.process.pid
    ticks = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue  # it has ended meanwhile
        if int(folder.name) == server:
            ticks += sum(map(int, fields[11:15]))
        elif int(fields[1]) == server:
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")
