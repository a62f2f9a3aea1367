"""What row-level security costs: the same read under the wall and by a privileged role with an explicit WHERE.

200 tenants, 400,000 customers. What is compared is the server's own work: CPU time of the two backends for prepared
statements sent the way a driver sends them (tenant and id bound as parameters, results returned), in a pipeline so
that nobody waits; the two forms take turns, and the median of the rounds' ratios counts. `rls.point_executor` is the
bare executor instead, without the statement around it: there the setting is read and cast for a row of 5 µs.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from infra.bench.report import Row, at_most
from infra.roles import DatabaseUrls
from kernel.db import TenantContext

TENANTS, ROWS = 200, 400_000
_ROUNDS, _WARM = 151, 5
_SENT, _LOOP = 60, 500  # executions a round: statements in the pipeline; turns of the bare executor's loop

_FILL = f"""
INSERT INTO app.customer (tenant_id, id, name, name_key, level, region, scope_path, tag_ids, custom, version,
                          created_at, updated_at)
SELECT ('00000000-0000-7000-8000-' || lpad(to_hex(i % {TENANTS}), 12, '0'))::uuid,
       ('10000000-0000-7000-8000-' || lpad(to_hex(i), 12, '0'))::uuid,
       '客户 ' || i, 'kehu' || lpad(((i::bigint * 7919) % {ROWS})::text, 9, '0'), substr('abcd', 1 + i % 4, 1),
       'region' || i % 30,
       '/0000000000aa/' || lpad(to_hex((i / {TENANTS}) % 10), 12, '0') || '/~' || lpad(to_hex(i % 997), 12, '0') || '/',
       '{{}}', '{{}}', 1, timestamptz '2026-01-01' + i * interval '1 second', timestamptz '2026-01-01'
FROM generate_series(0, {ROWS - 1}) AS i
"""
_FILL_UNSCOPED = """
INSERT INTO app.tag (tenant_id, id, name, version, created_at, updated_at)
SELECT tenant_id, id, name_key, version, created_at, updated_at FROM app.customer
"""
# One department of ten: 10 % of the tenant's rows.
_BOUND = {
    "tenant": UUID("00000000-0000-7000-8000-000000000011"),
    "id": UUID("10000000-0000-7000-8000-0000000000d9"),
}
_DEPARTMENT = "/0000000000aa/000000000003/"


@dataclass(frozen=True, slots=True)
class _Probe:
    name: str
    goal: float | None
    walled: str  # under row-level security, nothing else
    explicit: str  # the same rows, by hand
    prefixes: tuple[str, ...]
    what: str


def rows(urls: DatabaseUrls) -> Iterator[Row]:
    """`rls.*`: ratios walled / explicit."""
    with psycopg.connect(urls.admin, autocommit=True) as admin, psycopg.connect(urls.app) as app:
        admin.execute("SET session_replication_role = replica")  # the bench's rows have no members to refer to
        admin.execute(_FILL.encode())
        admin.execute(_FILL_UNSCOPED.encode())
        admin.execute("VACUUM (ANALYZE) app.tag")
        admin.execute("VACUUM (ANALYZE) app.customer")
        for connection in (admin, app):
            connection.execute("SET max_parallel_workers_per_gather = 0")
        app.commit()
        probes = _probes()
        for probe in probes:
            yield _measure(admin, app, probe, _sent)
        bare = replace(probes[0], name="rls.point_executor", goal=None, what="one row by id, in the bare executor")
        yield _measure(admin, app, bare, _executed)


def _probes() -> list[_Probe]:
    tenant, point = "tenant_id = %(tenant)s", "id = %(id)s"
    whole = "scope_path >= '/' AND scope_path < '0'"
    department = f"scope_path >= '{_DEPARTMENT}' AND scope_path < '{_DEPARTMENT[:-1]}0'"
    by_name, by_key = "ORDER BY name LIMIT 50", "ORDER BY name_key, id LIMIT 50"
    every, one = ("/",), (_DEPARTMENT,)

    def probe(name: str, goal: float, what: str, prefixes: tuple[str, ...], query: str, explicit: str) -> _Probe:
        head, _, tail = query.partition(" ORDER")
        tail = f" ORDER{tail}" if tail else ""
        joint = " AND " if " WHERE " in head else " WHERE "
        return _Probe(name, goal, query, f"{head}{joint}{explicit}{tail}", prefixes, what)

    own, scoped = "SELECT * FROM app.tag", "SELECT * FROM app.customer"
    count_own, count_scoped = "SELECT count(*) FROM app.tag", "SELECT count(*) FROM app.customer"
    in_whole, in_department = f"{tenant} AND {whole}", f"{tenant} AND {department}"
    return [
        probe("rls.point", 1.10, "the wall: one row by id", every, f"{own} WHERE {point}", tenant),
        probe("rls.page", 1.10, "the wall: 50 rows by name", every, f"{own} {by_name}", tenant),
        probe("rls.count", 1.25, "the wall: the tenant's rows", every, count_own, tenant),
        probe("rls.scope_all_page", 2.5, "scope all: 50 rows by name", every, f"{scoped} {by_key}", in_whole),
        probe("rls.scope_all_count", 2.5, "scope all: the tenant's rows", every, count_scoped, in_whole),
        probe("rls.scope_page", 2.5, "scope of a department: 50 rows", one, f"{scoped} {by_key}", in_department),
        probe("rls.scope_count", 2.5, "scope of a department: its rows", one, count_scoped, in_department),
    ]


_Clocked = Callable[[psycopg.Connection[Any], str], float]


def _measure(admin: psycopg.Connection[Any], app: psycopg.Connection[Any], probe: _Probe, clocked: _Clocked) -> Row:
    context = TenantContext(_BOUND["tenant"], None, probe.prefixes).statements()
    walled: list[float] = []
    explicit: list[float] = []
    for turn in range(_ROUNDS + _WARM):
        app.execute(context.encode())
        ours = clocked(app, probe.walled)
        app.rollback()
        admin.execute("BEGIN")
        theirs = clocked(admin, probe.explicit)
        admin.execute("ROLLBACK")
        if turn >= _WARM:
            walled.append(ours)
            explicit.append(theirs)
    ratio = statistics.median(ours / theirs for ours, theirs in zip(walled, explicit, strict=True))
    ours, theirs = statistics.median(walled), statistics.median(explicit)
    detail = f"{probe.what}: {ours:.1f} µs walled, {theirs:.1f} µs explicit; {TENANTS} tenants, {ROWS} rows"
    if probe.goal is None:
        return Row(probe.name, round(ratio, 4), "ratio", None, None, detail)
    return at_most(probe.name, ratio, "ratio", probe.goal, detail)


def _sent(connection: psycopg.Connection[Any], statement: str) -> float:
    """Microseconds of server CPU for one execution as a driver sends it."""
    for _ in range(2):  # a rollback makes the driver forget what it had prepared
        connection.execute(statement.encode(), _BOUND, prepare=True).fetchall()
    began = _cpu_nanoseconds(connection)
    with connection.pipeline():
        cursor = connection.cursor()
        for _ in range(_SENT):
            cursor.execute(statement.encode(), _BOUND, prepare=True)
    return (_cpu_nanoseconds(connection) - began) / 1000 / _SENT


def _executed(connection: psycopg.Connection[Any], statement: str) -> float:
    """Microseconds of server CPU for one turn of a loop in a DO block: planned once, nothing bound or returned."""
    with_literals = statement
    for name, value in _BOUND.items():
        with_literals = with_literals.replace(f"%({name})s", f"'{value}'::uuid")
    block = (
        f"DO $$ DECLARE r record; BEGIN FOR i IN 1..{_LOOP} LOOP "
        f"FOR r IN {with_literals} LOOP NULL; END LOOP; END LOOP; END $$"
    )
    began = _cpu_nanoseconds(connection)
    connection.execute(block.encode())
    return (_cpu_nanoseconds(connection) - began) / 1000 / _LOOP


def _cpu_nanoseconds(connection: psycopg.Connection[Any]) -> int:
    """CPU time the connection's backend has used: Linux's /proc/PID/schedstat, first figure."""
    return int(Path(f"/proc/{connection.info.backend_pid}/schedstat").read_text().split()[0])
