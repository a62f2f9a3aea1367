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
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from unittest.mock import patch
from uuid import UUID, uuid4

import msgspec
import psycopg
from psycopg.conninfo import conninfo_to_dict

from infra.bench.report import Row, at_least, at_most
from infra.bench.sync_data import company_of
from infra.services import Services
from infra.settings import Settings
from kernel import edge
from kernel.command import declared
from kernel.context import Context
from kernel.policy import Actor
from modules.party.commands.edit_customer import EditCustomer, edit_customer
from modules.party.entities import Customer
from server.logging import configure
from server.parts import Application, build, settle_memory
from sync.wire import MAX_MUTATIONS, Mutation, MutationOutcome, PushRequest, RegisterRequest, decode, encode
from values.ids import new_id
from values.wire import to_wire

CUSTOMERS, EDITS = 100_000, 1_000
_ROUNDS = 3
_SLOW_ROUNDS = 9  # short ones: what passes by must not decide
_WRITERS, _SLEEP_SECONDS, _COMMIT_DELAY_MICROSECONDS = 8, 0.02, 2_000
_WRITES = 400  # of all eight together, a round
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
    actor: Actor
    device_id: UUID
    rows: list[tuple[UUID, str, int]]
    taken: int = 0
    last: int = 0
    asked_bytes: int = 0  # bodies of requests and of answers, as they would travel but for HTTP's headers
    answered_bytes: int = 0

    @property
    def tenant_id(self) -> UUID:
        return self.actor.tenant_id

    def next_rows(self, count: int) -> list[tuple[UUID, str, int]]:
        """Customers that no round has touched yet."""
        self.taken += count
        return self.rows[self.taken - count : self.taken]

    def count(self, asked: bytes, answered: bytes) -> None:
        self.asked_bytes += len(asked)
        self.answered_bytes += len(answered)

    def bytes_told(self) -> str:
        """Since it was last asked."""
        told = f"bodies {self.asked_bytes / 1e3:.1f} kB asked, {self.answered_bytes / 1e3:.1f} kB answered"
        self.asked_bytes = self.answered_bytes = 0
        return told


def rows(services: Services, settings: Settings) -> Iterator[Row]:
    """`sync.push_1000` in edits a second and as ratio to the bare limit, `sync.push_poison` in round trips."""
    yield from asyncio.run(_measured(services, settings, _push_rows))


def clock_rows(services: Services, settings: Settings) -> Iterator[Row]:
    """`sync.clock_8_writers` as ratio to the same load without a clock; with slow commits in edits a second."""
    yield from asyncio.run(_measured(services, settings, _clock_rows))


async def _measured(
    services: Services, settings: Settings, measure: Callable[[_Bench], Awaitable[list[Row]]]
) -> list[Row]:
    with _logging_to_nowhere():
        app = build(settings, pool_size=_WRITERS)
        try:
            bench = await _prepare(app, services)
            settle_memory()
            return await measure(bench)
        finally:
            await app.close()


@contextmanager
def _logging_to_nowhere() -> Iterator[None]:
    """Every line is made, as in production, and nobody reads it."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    with Path(os.devnull).open("w") as nowhere:
        configure("INFO", as_json=True, stream=nowhere)
        yield
    root.handlers[:] = handlers
    root.setLevel(level)


async def _prepare(app: Application, services: Services) -> _Bench:
    company = (await company_of(app, services.urls.admin, "云帆", CUSTOMERS)).company
    actor, device_id = await company.actor(_SALESPERSON), new_id()
    await app.sync.register(actor, RegisterRequest(device_id=device_id, name="手机", platform="bench"))
    with psycopg.connect(services.urls.admin, autocommit=True) as admin:
        role = conninfo_to_dict(services.urls.app)["user"]
        admin.execute(_LIMIT_TABLES.format(role=role).encode())
        mine = admin.execute(_FRESH, [actor.tenant_id, actor.member_id]).fetchall()
    return _Bench(app, services, actor, device_id, mine)


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
        bench.bytes_told()
        ours.append(EDITS / await _ours(bench, EDITS))
        server.append(time.process_time() - cpu)
        database.append(_postgres_cpu(bench.services) - database_cpu)
    ratio = statistics.median(mine / bare for mine, bare in zip(ours, limits, strict=True))
    rate, bare = statistics.median(ours), statistics.median(limits)
    cpu, database_cpu = statistics.median(server), statistics.median(database)
    what = (
        f"{EDITS} offline edits of {CUSTOMERS} customers, one transaction each, fsync on: {rate:.0f}/s "
        f"({min(ours):.0f} to {max(ours):.0f}), bare limit {bare:.0f}/s ({min(limits):.0f} to {max(limits):.0f}); "
        f"CPU {cpu:.2f} s server, {database_cpu:.2f} s PostgreSQL; {bench.bytes_told()}"
    )
    return [
        at_least("sync.push_1000", rate, "edits/s", 400, what),
        at_least("sync.push_1000_ratio", ratio, "ratio", 0.7, "ours to the bare limit, median of side by side rounds"),
        await _poison_row(bench),
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
        bench.count(body, encode(answer))
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


# --- a poison mutation first ----------------------------------------------------------------------------------------


async def _poison_row(bench: _Bench) -> Row:
    """The first of a thousand cannot be digested: how many requests more than without it until all are answered."""
    made = [_edit_of(bench, n, row) for n, row in enumerate(bench.next_rows(EDITS), start=bench.last + 1)]
    made[0] = msgspec.structs.replace(made[0], arguments={**made[0].arguments, "notes": {"no": "text"}})
    unanswered, requests, outcomes = made, 0, []
    bench.bytes_told()
    cpu, database_cpu = time.process_time(), _postgres_cpu(bench.services)
    while unanswered and requests < EDITS:
        sent = PushRequest(device_id=bench.device_id, mutations=unanswered[:MAX_MUTATIONS])
        body = encode(sent)
        answer = await bench.app.sync.push(bench.actor, decode(body, PushRequest))
        bench.count(body, encode(answer))
        outcomes += answer.outcomes
        bench.last, requests = answer.last_mutation, requests + 1
        unanswered = [mutation for mutation in made if mutation.n > answer.last_mutation]
    landed = sum(outcome.status == "applied" for outcome in outcomes)
    if (outcomes[0].status, landed) != ("inbox", EDITS - 1):
        raise RuntimeError(f"{outcomes[0].status}; {landed} landed")
    needed = -(-EDITS // MAX_MUTATIONS)
    cpu, database_cpu = time.process_time() - cpu, _postgres_cpu(bench.services) - database_cpu
    detail = (
        f"requests beyond the {needed} that {EDITS} edits need; the first is filed, the other {landed} land; "
        f"CPU {cpu:.2f} s server, {database_cpu:.2f} s PostgreSQL; {bench.bytes_told()}"
    )
    return at_most("sync.push_poison", requests - needed, "round trips", 1, detail)


# --- eight writers on one tenant's clock ----------------------------------------------------------------------------


async def _clock_rows(bench: _Bench) -> list[Row]:
    ratios: list[float] = []
    with_clock: list[float] = []
    cpu, database_cpu = time.process_time(), _postgres_cpu(bench.services)
    for turn in range(_ROUNDS + 1):
        ticking = await _eight_writers(bench, _SLEEP_SECONDS)
        with patch.object(edge, "_STAMP", _unticking(edge._STAMP)):
            still = await _eight_writers(bench, _SLEEP_SECONDS)
        if turn:  # the first warms
            ratios.append(ticking / still)
            with_clock.append(ticking)
    spent, cpu, database_cpu = _cpu_told(bench, cpu, database_cpu), time.process_time(), _postgres_cpu(bench.services)
    role = conninfo_to_dict(bench.services.urls.app)["user"]
    await asyncio.to_thread(_set_role, bench, f"ALTER ROLE {role} SET commit_delay = {_COMMIT_DELAY_MICROSECONDS}")
    await asyncio.to_thread(_set_role, bench, f"ALTER ROLE {role} SET commit_siblings = 0")
    await bench.app.engine.database.app.dispose()  # a role's settings hold for new connections
    slow = [await _eight_writers(bench, 0) for _ in range(_SLOW_ROUNDS + 1)][1:]
    rate = statistics.median(slow)
    detail = (
        f"{_WRITERS} writers on one tenant, each edit {_SLEEP_SECONDS * 1000:.0f} ms long: "
        f"{statistics.median(with_clock):.0f}/s; the ratio is to the same load with a clock that stands; {spent} "
        f"for {2 * (_ROUNDS + 1) * _WRITES} edits of both"
    )
    pause = _COMMIT_DELAY_MICROSECONDS / 1000
    slowly = f"the same without a pause, every commit {pause:.0f} ms longer: {min(slow):.0f} to {max(slow):.0f}/s; "
    slowly += f"{_cpu_told(bench, cpu, database_cpu)} for {(_SLOW_ROUNDS + 1) * _WRITES} edits"
    return [
        at_least("sync.clock_8_writers", statistics.median(ratios), "ratio", 0.95, detail),
        at_least("sync.clock_8_writers_slow_commit", rate, "edits/s", 350, slowly),
    ]


def _cpu_told(bench: _Bench, server: float, database: float) -> str:
    """What was spent since. Nothing travels: the writers call the executor in this process."""
    server, database = time.process_time() - server, _postgres_cpu(bench.services) - database
    return f"no wire; CPU {server:.2f} s server, {database:.2f} s PostgreSQL"


def _unticking(stamp: str) -> str:
    """The same statement, with the same rows written, that reads the clock and does not lock it."""
    tick = "UPDATE app.tenant_clock SET value = value + 1 WHERE tenant_id = %s RETURNING value"
    if tick not in stamp:
        raise RuntimeError("the stamp has changed: the bench must know how to leave the clock out")
    return stamp.replace(tick, "SELECT value FROM app.tenant_clock WHERE tenant_id = %s")


def _set_role(bench: _Bench, statement: str) -> None:
    with psycopg.connect(bench.services.urls.admin, autocommit=True) as admin:
        admin.execute(statement.encode())


async def _eight_writers(bench: _Bench, seconds: float) -> float:
    """Edits a second of eight writers at once, each with its own rows; a handler takes `seconds` longer."""
    command = declared(edit_customer)

    async def slowly(ctx: Context, data: EditCustomer) -> Customer:
        edited: Customer = await edit_customer(ctx, data)
        if seconds:
            await asyncio.sleep(seconds)
        return edited

    work = replace(command, handler=slowly)
    rows, each = bench.next_rows(_WRITES), _WRITES // _WRITERS

    async def write(writer: int) -> None:
        for row_id, notes, _ in rows[writer * each : (writer + 1) * each]:
            edit = EditCustomer(id=row_id, notes=f"{notes} 由 {writer}")
            await bench.app.engine.executor.run(bench.actor, work, edit)

    began = time.perf_counter()
    await asyncio.gather(*(write(writer) for writer in range(_WRITERS)))
    return _WRITES / (time.perf_counter() - began)


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
