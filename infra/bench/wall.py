"""What row-level security costs: the same read under the wall and by a privileged role with an explicit WHERE.

200 tenants, 400,000 customers, timed inside the database (prepared statements in a loop of one DO block), the two forms
taking turns, medians compared.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg

from infra.bench.report import Row, at_most
from infra.roles import DatabaseUrls
from kernel.db import TenantContext

TENANTS, ROWS = 200, 400_000
_ROUNDS, _LOOP = 101, 50

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
        admin.execute(_FILL_UNSCOPED.encode())
        admin.execute("VACUUM (ANALYZE) app.tag")
        admin.execute("VACUUM (ANALYZE) app.customer")
        for connection in (admin, app):
            connection.execute("SET max_parallel_workers_per_gather = 0")
        app.commit()
        for probe in _probes():
            yield _measure(admin, app, probe)


def _probes() -> list[_Probe]:
    tenant = "tenant_id = '00000000-0000-7000-8000-000000000011'::uuid"
    point = "id = '10000000-0000-7000-8000-0000000000d9'::uuid"
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


def _measure(admin: psycopg.Connection[Any], app: psycopg.Connection[Any], probe: _Probe) -> Row:
    context = TenantContext(UUID("00000000-0000-7000-8000-000000000011"), None, probe.prefixes).statements()
    walled: list[float] = []
    explicit: list[float] = []
    for turn in range(_ROUNDS + 5):
        app.execute(context.encode())
        ours = _milliseconds(app, probe.walled)
        app.rollback()
        theirs = _milliseconds(admin, probe.explicit)
        if turn >= 5:  # the first ones warm the caches
            walled.append(ours)
            explicit.append(theirs)
    ours, theirs = statistics.median(walled), statistics.median(explicit)
    detail = f"{probe.what}: {ours:.4f} ms walled, {theirs:.4f} ms explicit; {TENANTS} tenants, {ROWS} rows"
    return at_most(probe.name, ours / theirs, "ratio", probe.goal, detail)


def _milliseconds(connection: psycopg.Connection[Any], statement: str) -> float:
    """One execution in a loop of `_LOOP` inside the server, planned once as a prepared statement is: no network."""
    block = (
        f"DO $$ DECLARE r record; BEGIN FOR i IN 1..{_LOOP} LOOP "
        f"FOR r IN {statement} LOOP NULL; END LOOP; END LOOP; END $$"
    )
    began = time.perf_counter()
    connection.execute(block.encode())
    return (time.perf_counter() - began) * 1000 / _LOOP
