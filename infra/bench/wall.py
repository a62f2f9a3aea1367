"""What row-level security costs: the same read under the wall and by a privileged role with an explicit WHERE.

200 tenants, 400,000 customers, timed inside the database (EXPLAIN ANALYZE's execution time), the two forms taking
turns, medians compared.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg

from infra.bench.report import Row, at_most
from infra.roles import DatabaseUrls
from kernel.db import TenantContext

TENANTS, ROWS = 200, 400_000
_ROUNDS = 201

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
# Two departments of ten: 20 % of the tenant's rows.
_DEPARTMENT = "/0000000000aa/000000000003/"


@dataclass(frozen=True, slots=True)
class _Probe:
    name: str
    goal: float
    walled: str  # under row-level security, nothing else
    explicit: str  # the same rows, by hand
    prefixes: tuple[str, ...]
    what: str


def rows(urls: DatabaseUrls) -> Iterator[Row]:
    """`rls.*`: ratios walled / explicit."""
    with psycopg.connect(urls.admin, autocommit=True) as admin, psycopg.connect(urls.app) as app:
        admin.execute("SET session_replication_role = replica")  # the bench's rows have no members to refer to
        admin.execute(_FILL.encode())
        admin.execute("VACUUM (ANALYZE) app.customer")
        for connection in (admin, app):
            connection.execute("SET max_parallel_workers_per_gather = 0")
        app.commit()
        for probe in _probes():
            yield _measure(admin, app, probe)


def _probes() -> list[_Probe]:
    tenant = "tenant_id = '00000000-0000-7000-8000-000000000011'::uuid"
    point = "id = '10000000-0000-7000-8000-0000000000d9'::uuid"
    low, high = _DEPARTMENT, _DEPARTMENT[:-1] + "0"
    scope = f"scope_path >= '{low}' AND scope_path < '{high}'"
    page = "ORDER BY name_key, id LIMIT 50"
    every = ("/",)
    some = (_DEPARTMENT,)
    return [
        _Probe(
            "rls.point",
            1.10,
            f"SELECT * FROM app.customer WHERE {point}",
            f"SELECT * FROM app.customer WHERE {tenant} AND {point}",
            every,
            "one row by id",
        ),
        _Probe(
            "rls.page",
            1.10,
            f"SELECT * FROM app.customer {page}",
            f"SELECT * FROM app.customer WHERE {tenant} {page}",
            every,
            "50 rows by name",
        ),
        _Probe(
            "rls.count",
            1.25,
            "SELECT count(*) FROM app.customer",
            f"SELECT count(*) FROM app.customer WHERE {tenant}",
            every,
            "all rows of the tenant",
        ),
        _Probe(
            "rls.scope_page",
            2.5,
            f"SELECT * FROM app.customer {page}",
            f"SELECT * FROM app.customer WHERE {tenant} AND {scope} {page}",
            some,
            "50 rows of one department",
        ),
        _Probe(
            "rls.scope_count",
            2.5,
            "SELECT count(*) FROM app.customer",
            f"SELECT count(*) FROM app.customer WHERE {tenant} AND {scope}",
            some,
            "all rows of one department",
        ),
    ]


def _measure(admin: psycopg.Connection[Any], app: psycopg.Connection[Any], probe: _Probe) -> Row:
    from uuid import UUID

    context = TenantContext(UUID("00000000-0000-7000-8000-000000000011"), None, probe.prefixes).statements()
    walled: list[float] = []
    explicit: list[float] = []
    for turn in range(_ROUNDS + 10):
        app.execute(context.encode())
        ours = _execution_ms(app, probe.walled)
        app.rollback()
        theirs = _execution_ms(admin, probe.explicit)
        if turn >= 10:  # the first ones warm the caches
            walled.append(ours)
            explicit.append(theirs)
    ours, theirs = statistics.median(walled), statistics.median(explicit)
    detail = f"{probe.what}: {ours:.4f} ms walled, {theirs:.4f} ms explicit; {TENANTS} tenants, {ROWS} rows"
    return at_most(probe.name, ours / theirs, "ratio", probe.goal, detail)


def _execution_ms(connection: psycopg.Connection[Any], statement: str) -> float:
    found = connection.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {statement}".encode()).fetchone()
    plan = found[0] if found else None
    return float((json.loads(plan) if isinstance(plan, str) else plan)[0]["Execution Time"])
