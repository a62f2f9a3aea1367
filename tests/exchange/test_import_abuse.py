"""Imports under stress: poisoned rows, two at once over many batches, an importer who loses the right midway."""

from __future__ import annotations

import asyncio
import io
import zipfile
from collections.abc import Awaitable
from typing import Any

import pytest
from sqlalchemy import func, select, text

from exchange.columns import ALSO_CALLED, columns_of
from exchange.exporting import export_entity
from exchange.importing import ImportReport, import_rows
from exchange.readers import read_table
from exchange.writers import write_xlsx
from kernel.db import TenantContext
from kernel.entity import described
from kernel.policy import EVERYTHING
from modules.catalog.entities import Product
from modules.inventory.entities import StockBalance
from modules.party.entities import Contact, Customer
from server.parts import Application
from tenants.commands.edit_member import MemberById
from tests.exchange.import_world import big_file, csv_file, define
from tests.party.makers import make_customer
from tests.world import Company, World
from values.errors import NotSignedIn, Refusal

HUGE = "长" * 400_000  # 1.2 MB of UTF-8


async def names(app: Application, company: Company, entity: type[Any] = Customer) -> list[str]:
    async with app.engine.database.tenant(TenantContext(company.tenant_id, None, EVERYTHING)) as session:
        return sorted(await session.scalars(select(entity.name)))


async def run(app: Application, company: Company, data: bytes, who: str = "admin", **options: Any) -> Any:
    given = {"dry_run": False, **options}
    return await import_rows(app.engine, await company.actor(who), Customer, data, "客户.csv", **given)


async def attempted(importing: Awaitable[ImportReport]) -> ImportReport | Refusal:
    """What an importer is told: a report, or why the file was refused. Anything else is a defect."""
    try:
        return await importing
    except Refusal as refused:
        return refused


@pytest.mark.parametrize("poison", ["a\x00b", "\x07", HUGE, "=cmd|'/c calc'!A0", "\ufffe\uffff", "1e400", "٣", "NaN"])
async def test_a_poisoned_cell_never_breaks_the_import(world: World, app: Application, poison: str) -> None:
    """It is reported, or read as the text that it is; the good row beside it goes in."""
    await define(world.yunfan)
    for column in ("客户名称", "客户编码", "电话", "备注", "客户级别", "信用额度", "员工人数", "负责人"):
        is_name = column == "客户名称"
        good = f"好行 {column}"
        rows = (
            [[column], [poison], [good]] if is_name else [["客户名称", column], [f"坏行 {column}", poison], [good, ""]]
        )
        for dry_run in (True, False):
            told = await attempted(run(app, world.yunfan, csv_file(rows), dry_run=dry_run))
            if isinstance(told, Refusal):  # the file as a whole is not one: told, with what to do
                assert told.remedy(), column
                assert good not in await names(app, world.yunfan)
                continue
            assert told.created + told.bad == 2, column
            assert told.created >= 1
            assert all(problem.row == 2 and problem.remedy for problem in told.problems)
            assert (good in await names(app, world.yunfan)) is not dry_run


@pytest.mark.parametrize("cell", ["\ud800", "a\udfffb"])
async def test_a_lone_surrogate_in_a_workbook_is_told(world: World, app: Application, cell: str) -> None:
    """As numeric references in the XML, which no honest program writes."""
    book = io.BytesIO(write_xlsx(["客户名称"], [["替身"], ["好行"]], "客户"))
    out = io.BytesIO()
    hostile = "".join(f"&#{ord(char)};" for char in cell).encode()
    with zipfile.ZipFile(book) as source, zipfile.ZipFile(out, "w") as target:
        for item in source.infolist():
            target.writestr(item, source.read(item).replace("替身".encode(), hostile))
    admin = await world.yunfan.actor()
    told = await attempted(import_rows(app.engine, admin, Customer, out.getvalue(), "a.xlsx", dry_run=False))
    if isinstance(told, Refusal):
        assert told.code == "FILE_UNREADABLE"
        assert await names(app, world.yunfan) == []
    else:
        assert told.created + told.bad == 2


async def test_a_formula_is_text_and_stays_harmless_on_its_way_out(world: World, app: Application) -> None:
    nasty = '=HYPERLINK("http://evil","x")'
    await run(app, world.yunfan, csv_file([["客户名称", "备注"], [nasty, "+1+1"]]))
    out = await export_entity(app.engine, await world.yunfan.actor(), Customer, "csv")
    assert f"'{nasty}".replace('"', '""').encode() in out
    assert [row.values[0] for row in read_table(out, "a.csv").rows] == [nasty]
    again = await run(app, world.yunfan, out)
    assert (again.created, again.unchanged) == (0, 1)


@pytest.mark.parametrize("keyed", [True, False])
async def test_two_at_once_over_many_batches_make_no_doubles(world: World, app: Application, keyed: bool) -> None:
    company = world.yunfan
    await define(company)
    data = big_file(2500)
    first, second = await asyncio.gather(*(run(app, company, data, key="once" if keyed else None) for _ in range(2)))
    found = await names(app, company)
    assert len(found) == len(set(found)) == 2500
    assert (first.bad, second.bad) == (0, 0)
    made = first.created + second.created
    assert made == (5000 if keyed else 2500)  # with one key the second is answered what the first did
    third = await run(app, company, data)
    assert (third.created, third.updated, third.unchanged) == (0, 0, 2500)


async def test_two_different_files_at_once_share_one_customer(world: World, app: Application) -> None:
    company = world.yunfan
    one = csv_file([["客户名称", "电话"], ["共有", "13800001111"], *[[f"甲{n}", ""] for n in range(1200)]])
    two = csv_file([["客户名称", "所在地区"], ["共有", "浙江"], *[[f"乙{n}", ""] for n in range(1200)]])
    reports = await asyncio.gather(run(app, company, one), run(app, company, two))
    found = await names(app, company)
    assert found.count("共有") == 1
    assert len(found) == 2401
    assert sum(report.created for report in reports) == 2401


async def committed(app: Application, company: Company) -> int:
    async with app.engine.database.tenant(TenantContext(company.tenant_id, None, EVERYTHING)) as session:
        return int(await session.scalar(select(func.count()).select_from(Customer)) or 0)


async def test_who_is_deactivated_midway_writes_no_further_batch(world: World, app: Application) -> None:
    """What was committed stays and is told; every row behind it is told too, and nothing of it is there."""
    company = world.yunfan
    await define(company)
    asked = 0

    async def dismiss_at_the_third() -> None:
        nonlocal asked
        asked += 1
        if asked == 3:
            await company.run("admin", "tenants.deactivate_member", MemberById(id=company.people["lin"]))

    report = await run(app, company, big_file(4500), who="lin", before_batch=dismiss_at_the_third)
    assert report.created == await committed(app, company) == 2000
    assert (report.bad, asked) == (2500, 3)
    assert {problem.code for problem in report.problems} == {"NOT_SIGNED_IN"}
    done = await run(app, company, big_file(4500))  # a colleague finishes with the same file
    assert (done.created, done.unchanged, done.bad) == (2500, 2000, 0)


async def test_a_session_that_ends_midway_ends_the_import(world: World, app: Application) -> None:
    company = world.yunfan
    await define(company)
    asked = 0

    async def still_signed_in() -> None:
        nonlocal asked
        asked += 1
        if asked == 3:
            raise NotSignedIn

    report = await run(app, company, big_file(3500), before_batch=still_signed_in)
    assert report.created == await committed(app, company) == 2000
    assert (report.bad, report.problems_total, asked) == (1500, 1500, 3)
    assert {problem.code for problem in report.problems} == {"NOT_SIGNED_IN"}


def test_every_alias_is_a_name_of_a_field_that_can_be_imported() -> None:
    importable = {
        (e, c.name) for e in (Customer, Contact, Product, StockBalance) for c in columns_of(e, []) if c.importable
    }
    known = {f"{described(e).name}.{name}" for e, name in importable} | {name for _, name in importable}
    assert set(ALSO_CALLED) <= known


@pytest.mark.parametrize("entity", [Customer, Contact, Product, StockBalance])
def test_no_alias_stands_for_two_fields_of_one_entity(entity: type[Any]) -> None:
    called: dict[str, str] = {}
    for column in (c for c in columns_of(entity, []) if c.importable):
        aliases = ALSO_CALLED.get(f"{described(entity).name}.{column.name}", ALSO_CALLED.get(column.name, ()))
        for alias in {*aliases, column.zh, column.en.casefold().replace(" ", "").replace("-", "")}:
            assert called.setdefault(alias, column.name) == column.name, alias


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        (["企业名称", "客户编号", "等级", "联系电话"], ["name", "code", "level", "phone"]),
        (["Company Name", "Customer No.", "Grade", "Telephone"], ["name", "code", "level", "phone"]),
        (["客户", "负责人", "授信额度", "币种"], ["name", "ownerId", "creditLimitMinor", "creditCurrency"]),
        (["Customer", "Sales Rep", "Credit", "Currency"], ["name", "ownerId", "creditLimitMinor", "creditCurrency"]),
        (["公司名称", "信用等级", "母公司", "官网"], ["name", "creditGrade", "parentId", "website"]),
        (["name", "Credit Rating", "Parent Company", "URL"], ["name", "creditGrade", "parentId", "website"]),
    ],
)  # fmt: skip
async def test_headers_as_other_systems_write_them(
    world: World, app: Application, headers: list[str], expected: list[str]
) -> None:
    report = await run(app, world.yunfan, csv_file([headers, ["西湖茶业", *[""] * 3]]), dry_run=True)
    assert [column.field for column in report.columns] == expected
    assert report.warnings == []


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        (["公司", "联系人姓名", "职位", "微信号"], ["customerId", "name", "title", "wechat"]),
        (["Company", "Full Name", "Job Title", "WeChat ID"], ["customerId", "name", "title", "wechat"]),
        (["客户名称", "联系人", "出生日期", "喜好"], ["customerId", "name", "birthday", "preference"]),
        (["Customer Name", "Contact", "Date of Birth", "Cell Phone"], ["customerId", "name", "birthday", "mobile"]),
    ],
)  # fmt: skip
async def test_headers_of_contacts(world: World, app: Application, headers: list[str], expected: list[str]) -> None:
    await make_customer(world.yunfan, "admin", "西湖茶业")
    rows = csv_file([headers, ["西湖茶业", "周敏", "", ""]])
    report = await import_rows(app.engine, await world.yunfan.actor(), Contact, rows, "a.csv", dry_run=True)
    assert [column.field for column in report.columns] == expected
    assert report.created == 1


async def test_no_text_of_the_poison_reaches_the_log_of_the_database(world: World, app: Application) -> None:
    """A refused cell leaves no search term, no audit and no outcome behind."""
    await run(app, world.yunfan, csv_file([["客户名称", "电话"], ["坏行", "不是电话"]]))
    async with app.engine.database.tenant(TenantContext(world.yunfan.tenant_id, None, EVERYTHING)) as session:
        for table in ("search_term", "audit_entry", "command_outcome", "customer"):
            found = await session.execute(text(f"SELECT count(*) FROM app.{table} AS t WHERE t::text LIKE '%坏行%'"))
            assert found.scalar_one() == 0, table
