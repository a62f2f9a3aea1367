"""A company with many customers, as the sync benches need it: rows of about 300 bytes with their entries in the log.

The owner writes them, which takes seconds; `yunfan sync verify` finds nothing to say about the result.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from uuid import UUID

import psycopg

from server.parts import Application
from tests.world import Company, add_department, add_member, found_company

_PEOPLE = ("li", "zhao", "qian", "sun")  # salespeople of 销售部; every customer is one of theirs
# One value of the clock for a thousand rows, as an import writes them. The ids are UUIDv7 of one evening.
_ROWS_A_TRANSACTION = 1_000

_FILL = """
WITH ticked AS (
    UPDATE app.tenant_clock SET value = value + 1 + (%(customers)s - 1) / %(at_once)s
    WHERE tenant_id = %(tenant_id)s RETURNING value - (%(customers)s - 1) / %(at_once)s AS first
), made AS (
    INSERT INTO app.customer (tenant_id, id, name, name_key, code, level, source, industry, region, address, phone,
                              email, owner_id, scope_path, tag_ids, notes, custom, version, created_at, created_by_id,
                              updated_at, updated_by_id)
    SELECT %(tenant_id)s,
           ('01900000-' || lpad(to_hex(i / 65536), 4, '0') || '-7' || substr(%(salt)s, 1, 3) || '-8'
            || substr(%(salt)s, 4, 3) || '-' || substr(%(salt)s, 7, 8) || lpad(to_hex(i %% 65536), 4, '0'))::uuid,
           '客户 ' || substr(md5('n' || i), 1, 10) || ' 贸易有限公司', 'kehu' || substr(md5('n' || i), 1, 10),
           'KH-' || lpad(i::text, 6, '0'), substr('abcd', 1 + i %% 4, 1),
           (ARRAY['website', 'exhibition', 'referral', 'visit'])[1 + i %% 4],
           (ARRAY['机械', '零售', '化工', '电子', '物流'])[1 + i %% 5],
           (ARRAY['上海', '北京', '深圳', '杭州', '成都', '武汉', '南京'])[1 + i %% 7],
           '人民路 ' || i || ' 号', '+8613' || lpad((i::bigint * 7919 %% 1000000000)::text, 9, '0'),
           'u' || i || '@' || substr(md5('e' || i), 1, 8) || '.example.com',
           (%(owners)s::uuid[])[1 + i %% %(people)s], (%(paths)s::text[])[1 + i %% %(people)s], '{}',
           '备注 ' || md5('r' || i) || ' ' || md5('s' || i), '{}', 1,
           timestamptz '2026-01-01' + i * interval '1 second', %(admin)s,
           timestamptz '2026-01-01' + i * interval '1 second', %(admin)s
    FROM generate_series(0, %(customers)s - 1) AS i
    RETURNING id, scope_path
)
INSERT INTO app.change_log (tenant_id, entity, row_id, op, scope_path, clock)
SELECT %(tenant_id)s, 'party.Customer', id, 'put', scope_path,
       first + (row_number() OVER (ORDER BY id) - 1) / %(at_once)s
FROM made, ticked
"""
_ROWS = """
SELECT id, notes FROM app.customer WHERE tenant_id = %(tenant_id)s ORDER BY id
"""


@dataclass(frozen=True, slots=True)
class Filled:
    """The company, and its customers as (id, notes), oldest first. Search terms are not built: no sync reads them."""

    company: Company
    customers: list[tuple[UUID, str]]


async def company_of(app: Application, admin_url: str, name: str, customers: int) -> Filled:
    """Founds a company with an admin and four salespeople of one department, who own `customers` customers by turns.

    `admin_url`: the owner's connection, on which row-level security does not bind.
    """
    return await filled(await found_company(app, name, "陈总"), admin_url, customers)


async def filled(company: Company, admin_url: str, customers: int) -> Filled:
    """The same for a company that stands already, as a sign-up makes it."""
    await add_department(company, "销售部")
    for nick in _PEOPLE:
        await add_member(company, nick, f"销售 {nick}", "salesperson", "own", "销售部")
    return Filled(company, await asyncio.to_thread(_fill, admin_url, company, customers))


def _fill(admin_url: str, company: Company, customers: int) -> list[tuple[UUID, str]]:
    owners = [company.people[nick] for nick in _PEOPLE]
    with psycopg.connect(admin_url, autocommit=True) as admin:
        members = "SELECT id, path FROM app.member WHERE tenant_id = %s"
        paths: dict[UUID, str] = dict(admin.execute(members, [company.tenant_id]).fetchall())
        given = {
            "tenant_id": company.tenant_id,
            "customers": customers,
            "at_once": _ROWS_A_TRANSACTION,
            "salt": company.tenant_id.hex[-14:],  # ids are unique for ever, in whatever company
            "owners": owners,
            "paths": [paths[owner] for owner in owners],
            "people": len(owners),
            "admin": company.admin_id,
        }
        admin.execute(_FILL, given)
        found: list[tuple[UUID, str]] = list(admin.execute(_ROWS, {"tenant_id": company.tenant_id}).fetchall())
        for name in ("customer", "change_log"):
            admin.execute(f"VACUUM (ANALYZE) app.{name}".encode())
    return found
