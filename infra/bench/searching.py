"""How long a global search takes among 100,000 customers: for an admin, a department's manager and a salesperson.

Every search is a whole GraphQL operation in process, as the product asks it: parsed text, rights, one transaction, the
rows that are shown. Only HTTP and the look-up of the token are left out.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import psycopg
from sqlalchemy import select

from graphql_api.operation import Asked, Operations
from graphql_api.request import Request
from graphql_api.schema import build_shapes, core_schema
from infra.bench.report import Row, at_most
from infra.services import Services
from infra.settings import Settings
from kernel.policy import Actor
from kernel.search import terms_of
from modules.party.entities import Customer
from server.parts import Application, build
from tenants.entities import Department
from tests.world import Company, add_department, add_member, found_company
from values.ids import path_key
from values.pinyin import search_terms, sort_key

CUSTOMERS, OWN, DEPARTMENT = 100_000, 200, 10_000
QUERIES = 300
_GOAL_MS = 100
_COLLEAGUES = 200  # the other owners
_QUERY = (Path(__file__).parents[2] / "graphql" / "operations" / "search.graphql").read_text(encoding="utf-8")

_CITIES = (
    *("杭州", "宁波", "上海", "苏州", "南京", "重庆", "成都", "长沙", "厦门", "深圳"),
    *("广州", "北京", "天津", "青岛", "大连", "武汉", "合肥", "郑州", "西安", "昆明"),
)
_BRAND = "云海山江天华金银东南西北中信达利丰泰宏盛腾飞星辰瑞康嘉德恒源"
_TRADES = (
    *("科技", "贸易", "实业", "电子", "机械", "食品", "纺织", "化工"),
    *("物流", "建材", "医药", "软件", "文化", "能源", "环保"),
)
_FORMS = ("有限公司", "有限责任公司", "股份有限公司", "集团有限公司")


@dataclass(frozen=True, slots=True)
class _Made:
    """One customer of the bench."""

    id: UUID
    name: str
    code: str
    phone: str
    email: str | None
    path: str


@dataclass(frozen=True, slots=True)
class _Badge:
    """The signed-in person of an operation."""

    actor: Actor
    session_id: None = None
    user_id: None = None

    def require(self, operation: str) -> None:
        """Everything: nobody here has an initial password."""


def rows(services: Services, settings: Settings) -> Iterator[Row]:
    """`search.*`, in milliseconds: 95th percentile of 300 different searches, each counted once, after a warm-up."""
    yield from asyncio.run(_measure(services, settings))


async def _measure(services: Services, settings: Settings) -> list[Row]:
    app = build(settings, pool_size=4)
    try:
        company = await _staff(app)
        made = await _customers(company)
        with psycopg.connect(services.urls.admin, autocommit=True) as admin:
            await asyncio.to_thread(_fill, admin, company.tenant_id, made)
        return [
            await _row(app, company, made, "search.p95", "admin", "an admin"),
            await _row(app, company, made, "search.department_p95", "wang", f"a manager of {DEPARTMENT} of them"),
            await _row(app, company, made, "search.own_p95", "li", f"a salesperson with {OWN} of them"),
        ]
    finally:
        await app.close()


async def _staff(app: Application) -> Company:
    company = await found_company(app, "云帆", "陈总")
    await add_department(company, "销售部")
    await add_department(company, "渠道部")
    await add_member(company, "wang", "王主管", "department_manager", "subtree", "销售部")
    await add_member(company, "li", "小李", "salesperson", "own", "销售部")
    return company


async def _customers(company: Company) -> list[_Made]:
    """The same ones every time but for their places: 200 the salesperson's, 10,000 in their department."""
    chosen = random.Random(20260302)
    small, big = [await _department_path(company, name) for name in ("销售部", "渠道部")]
    own = f"{small}~{path_key(company.people['li'])}/"
    colleagues = [[f"{path}~{chosen.getrandbits(48):012x}/" for _ in range(_COLLEAGUES // 2)] for path in (small, big)]
    made = [_customer(chosen, number) for number in range(CUSTOMERS)]
    order = chosen.sample(range(CUSTOMERS), DEPARTMENT)
    paths = dict.fromkeys(order[:OWN], own) | {n: chosen.choice(colleagues[0]) for n in order[OWN:]}
    return [_Made(*found, paths.get(n) or chosen.choice(colleagues[1])) for n, found in enumerate(made)]


def _customer(chosen: random.Random, number: int) -> tuple[UUID, str, str, str, str | None]:
    brand = "".join(chosen.choices(_BRAND, k=chosen.choice((2, 2, 3))))
    name = f"{chosen.choice(_CITIES)}{brand}{chosen.choice(_TRADES)}{chosen.choice(_FORMS)}"
    email = f"buyer{number}@company{number % 900}.cn" if chosen.random() < 0.6 else None
    phone = f"+8613{chosen.randrange(10**9):09d}"
    return UUID(int=(7 << 76) | (2 << 62) | (number << 80)), name, f"KH-{number:06d}", phone, email


async def _department_path(company: Company, name: str) -> str:
    async with company.app.engine.reading(await company.actor()) as session:
        statement = select(Department.path).where(Department.id == company.departments[name])
        return str(await session.scalar(statement))


def _fill(admin: psycopg.Connection[tuple[object, ...]], tenant_id: UUID, made: list[_Made]) -> None:
    admin.execute("SET session_replication_role = replica")  # the other owners are paths only, no members
    columns = "tenant_id, id, name, name_key, code, phone, email, scope_path, tag_ids, custom, version"
    with admin.cursor().copy(f"COPY app.customer ({columns}, created_at, updated_at) FROM STDIN".encode()) as copy:
        for c in made:
            identity = (tenant_id, c.id, c.name, sort_key(c.name), c.code, c.phone, c.email, c.path)
            copy.write_row((*identity, "{}", "{}", 1, "2026-03-02", "2026-03-02"))
    terms = terms_of(Customer)
    with admin.cursor().copy("COPY app.search_term (tenant_id, term, entity, row_id, scope_path) FROM STDIN") as copy:
        for c in made:
            values = {"name": c.name, "code": c.code, "phone": c.phone, "email": c.email}
            ending = f"\tparty.Customer\t{c.id}\t{c.path}\n"
            copy.write("".join(f"{tenant_id}\t{term}{ending}" for term in terms.of(values.get)))
    admin.execute("VACUUM (ANALYZE) app.customer")
    admin.execute("VACUUM (ANALYZE) app.search_term")


async def _row(app: Application, company: Company, made: list[_Made], name: str, who: str, what: str) -> Row:
    actor, shapes, operations = await company.actor(who), build_shapes(), Operations(core_schema(), open_schema=False)

    async def search(text: str) -> tuple[float, int]:
        request = Request(app.engine, app.identity, shapes, signed_in=_Badge(actor))
        began = time.perf_counter()
        body = await operations.answer(request, Asked(_QUERY, {"text": text}, None))
        took = (time.perf_counter() - began) * 1000
        if "errors" in body:
            raise RuntimeError(f"{text}: {body['errors']}")
        return took, len(body["data"]["search"])

    visible = [c for c in made if who == "admin" or c.path.startswith(_reach(actor))]
    warm, texts = _texts(visible, 30, seed=1), _texts(visible, QUERIES, seed=2)
    for text in warm:
        await search(text)
    measured = [(*await search(text), text) for text in texts]
    times = sorted(took for took, _, _ in measured)
    found = sum(1 for _, hits, _ in measured if hits)
    slowest = max(measured)
    detail = (
        f"{what}: {CUSTOMERS} customers, {QUERIES} mixed searches of which {found} find something; "
        f"median {statistics.median(times):.1f} ms, slowest {slowest[0]:.1f} ms ({slowest[2]})"
    )
    return at_most(name, times[int(len(times) * 0.95)], "ms", _GOAL_MS, detail)


def _reach(actor: Actor) -> str:
    return actor.authority.prefixes("party.customer.view")[0]


def _texts(visible: list[_Made], count: int, seed: int) -> list[str]:
    """What people type: two thirds look for one customer of theirs; the rest is frequent, a single sign, or nowhere."""
    chosen = random.Random(seed)
    return [_text(chosen, chosen.choice(visible), n) for n in range(count)]


def _text(chosen: random.Random, c: _Made, n: int) -> str:
    distinctive = c.name[: c.name.index("公司")].removesuffix("有限").removesuffix("有限责任")
    start = chosen.randrange(1, len(distinctive) - 2)
    part = distinctive[start : start + chosen.choice((2, 3, 4))]
    frequent = chosen.choice(
        (*_CITIES, *_TRADES, "有限公司", "公司", "股份", "hangzhou", "keji", "kj", "mao", "buyer", "138")
    )
    return (
        distinctive[: chosen.choice((2, 3, 4))],
        part,
        search_terms(distinctive)[len(distinctive)][: chosen.choice((5, 9, 40))],  # full pinyin
        search_terms(part)[-1],  # initials
        "".join(term for term in search_terms(distinctive) if term.isascii() and len(term) == len(distinctive))[:5],
        c.phone[-4:],
        c.code,
        c.email or c.code[-4:],
        frequent,
        chosen.choice(("h", "s", "z", "k", "1", "8", "杭", "公", "云", "x")),
        chosen.choice(("龘龘", "qqzzxx", "不存在的公司", "9999999", "nobody@example.com")),
        frequent[:1],
    )[n % 12]
