"""Import of customers: the refusals first, then the report of a dry run, then files imported twice and at once."""

from __future__ import annotations

import asyncio
import io
import zipfile
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select, text

from exchange.errors import (
    FieldMappedTwice,
    FieldNotImportable,
    FileUnreadable,
    HeaderMissing,
    NameColumnMissing,
    NotImportable,
    RowsRefused,
)
from exchange.importing import import_rows
from exchange.writers import write_xlsx
from kernel.db import TenantContext
from kernel.policy import EVERYTHING, Authority
from modules.party.commands.create_customer import CreateCustomer
from modules.party.entities import Customer
from server.parts import Application
from tenants.commands.create_tag import CreateTag
from tenants.entities import Tag
from tests.exchange.import_world import csv_file, define
from tests.world import Company, World
from values.errors import FieldMasked, PermissionDenied, SubscriptionLapsed

HEADERS = ["客户名称", "客户编码", "客户级别", "电话", "邮箱", "信用额度"]
GOOD = ["杭州云海贸易有限公司", "KH-1", "A 级", "138-0013-8000", "Buyer@Example.com", "1,234.50"]


async def run(app: Application, company: Company, rows: list[list[str]], who: str = "admin", **options):
    return await import_rows(
        app.engine, await company.actor(who), Customer, csv_file(rows), "客户.csv", **{"dry_run": False, **options}
    )


async def customers(app: Application, company: Company) -> dict[str, Customer]:
    context = TenantContext(company.tenant_id, None, EVERYTHING)
    async with app.engine.database.tenant(context) as session:
        found = await session.scalars(select(Customer).where(Customer.tenant_id == company.tenant_id))
        session.orm.expunge_all()
    return {customer.name: customer for customer in found}


async def clock_of(app: Application, company: Company) -> int:
    async with app.engine.database.tenant(TenantContext(company.tenant_id, None, EVERYTHING)) as session:
        return (await session.execute(text("SELECT value FROM app.tenant_clock"))).scalar_one()


def codes(report) -> list[tuple[int, str | None, str]]:
    return [(p.row, p.column, p.code) for p in report.problems]


async def test_without_the_right_nothing_is_read(world: World, app: Application) -> None:
    for dry_run in (True, False):
        with pytest.raises(PermissionDenied):
            await run(app, world.yunfan, [HEADERS, GOOD], "li", dry_run=dry_run)
        with pytest.raises(PermissionDenied):
            await run(app, world.yunfan, [HEADERS, GOOD], "zhou", dry_run=dry_run)


async def test_after_the_trial_neither_runs(world: World, app: Application, clock) -> None:
    clock.move(days=17)
    for dry_run in (True, False):
        with pytest.raises(SubscriptionLapsed):
            await run(app, world.yunfan, [HEADERS, GOOD], dry_run=dry_run)


async def test_an_entity_without_import_is_refused(world: World, app: Application) -> None:
    with pytest.raises(NotImportable):
        await import_rows(app.engine, await world.yunfan.actor(), Tag, csv_file([["名称"], ["a"]]), "a.csv")


async def test_damaged_files_and_bombs_are_refused(world: World, app: Application) -> None:
    admin = await world.yunfan.actor()
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * 60_000_000)
    for data, reason in (
        (b"", "FILE_EMPTY"),
        (b"%PDF-1.4 x", "FILE_KIND_UNSUPPORTED"),
        (bomb.getvalue(), "FILE_UNSAFE"),
    ):
        with pytest.raises(FileUnreadable) as refused:
            await import_rows(app.engine, admin, Customer, data, "a.xlsx", dry_run=False)
        assert refused.value.details["reason"] == reason
        assert "{" not in refused.value.sentence("zh-CN") + refused.value.remedy("en")


@pytest.mark.parametrize(
    ("mapping", "refusal"),
    [
        ({"没有这列": "name"}, HeaderMissing),
        ({"客户名称": "scopePath"}, FieldNotImportable),
        ({"客户名称": "version"}, FieldNotImportable),
        ({"客户名称": "id"}, FieldNotImportable),
        ({"客户名称": "custom.nothing"}, FieldNotImportable),
        ({"客户名称": "name", "客户编码": "name"}, FieldMappedTwice),
        ({"客户名称": None}, NameColumnMissing),
    ],
)
async def test_mappings_that_cannot_be(world: World, app: Application, mapping, refusal) -> None:
    with pytest.raises(refusal):
        await run(app, world.yunfan, [HEADERS, GOOD], mapping=mapping)


async def test_a_dry_run_without_the_name_tells_the_columns_so_that_it_can_be_found(
    world: World, app: Application
) -> None:
    table = [["Firma", "电话"], ["杭州甲有限公司", "0571-87654321"]]
    blind = await run(app, world.yunfan, table, dry_run=True)
    assert [(column.header, column.field) for column in blind.columns] == [("Firma", None), ("电话", "phone")]
    assert [problem.code for problem in blind.problems] == ["MAPPING_REQUIRED_MISSING"]
    assert (blind.rows, blind.bad, blind.created) == (1, 1, 0)
    seen = await run(app, world.yunfan, table, dry_run=True, mapping={"Firma": "name"})
    assert (seen.bad, seen.created) == (0, 1)


async def test_hidden_fields_cannot_be_filled(world: World, app: Application) -> None:
    admin = await world.yunfan.actor()
    blind = replace(admin, authority=Authority(admin.authority.grants, frozenset({"party.Customer.phone"})))
    data = csv_file([HEADERS, GOOD])
    with pytest.raises(FieldMasked):
        await import_rows(app.engine, blind, Customer, data, "a.csv", {"电话": "phone"}, False)
    report = await import_rows(app.engine, blind, Customer, data, "a.csv", None, False)
    assert [w.column for w in report.warnings] == ["电话"]
    assert (await customers(app, world.yunfan))[GOOD[0]].phone is None


async def test_rows_of_other_companies_and_colleagues_are_not_found(world: World, app: Application) -> None:
    await run(app, world.seagull, [HEADERS, GOOD])
    mine = await world.yunfan.run("li", "party.create_customer", CreateCustomer(name="小李的客户", code="LI-1"))
    report = await run(app, world.yunfan, [HEADERS, GOOD, ["小李的客户", "", "", "", "", ""]], "wang")
    assert (report.created, report.updated, report.unchanged) == (1, 0, 1)  # the manager of 小李 sees that one
    outsider = await world.yunfan.actor("wang")
    narrow = dict.fromkeys(outsider.authority.grants, ("/nowhere/",)) | {"party.customer.import": EVERYTHING}
    stranger = replace(outsider, authority=Authority(narrow))
    data = csv_file([["客户名称", "客户编码"], ["改名", "LI-1"]])
    report = await import_rows(app.engine, stranger, Customer, data, "a.csv", None, False)
    assert codes(report) == [(2, "客户编码", "IMPORT_CODE_TAKEN")]
    assert (await customers(app, world.yunfan))["小李的客户"].version == 1
    assert mine.row_id == (await customers(app, world.yunfan))["小李的客户"].id


async def test_a_dry_run_tells_every_bad_cell_and_writes_nothing(world: World, app: Application) -> None:
    await define(world.yunfan)
    before = await clock_of(app, world.yunfan)
    rows = [
        [*HEADERS, "员工人数", "成立日期", "随便"],
        [*GOOD, "12", "2020年3月2日", "x"],
        ["", "KH-2", "Z", "abc", "no@", "1.234", "many", "2020/13/1", ""],
        ["杭州云海贸易有限公司", "KH-1", "", "", "", "", "", "", ""],
        ["乙", "KH-3", "", "", "", "-5", "", "", ""],
    ]
    report = await run(app, world.yunfan, rows, dry_run=True)
    assert (report.rows, report.created, report.bad) == (4, 1, 3)
    assert codes(report) == [
        (3, "客户级别", "CELL_NOT_CHOICE"),
        (3, "信用额度", "CELL_NOT_AMOUNT"),
        (3, "电话", "PHONE_INVALID"),
        (3, "邮箱", "EMAIL_INVALID"),
        (3, "客户名称", "REQUIRED"),
        (3, "员工人数", "CUSTOM_NUMBER_EXPECTED"),
        (3, "成立日期", "CUSTOM_DATE_EXPECTED"),
        (4, "客户编码", "DUPLICATE_IN_FILE"),
        (5, "信用额度", "AMOUNT_OUT_OF_RANGE"),
    ]
    assert {p.row for p in report.problems} == {3, 4, 5}
    assert all(p.message and p.remedy and "{" not in p.message + p.remedy for p in report.problems)
    assert [w.column for w in report.warnings] == ["随便"]
    assert await clock_of(app, world.yunfan) == before
    assert await customers(app, world.yunfan) == {}


async def test_the_report_speaks_the_importers_language(world: World, app: Application) -> None:
    admin = replace(await world.yunfan.actor(), language="en")
    data = csv_file([["Name", "Level", "E-mail"], ["A", "Z", "a@b.cn"]])
    report = await import_rows(app.engine, admin, Customer, data, "a.csv")
    assert report.problems[0].message == "Z is not one of the options."
    assert [column.label for column in report.columns] == ["Name", "Level", "E-mail"]


async def test_good_rows_go_in_beside_bad_ones(world: World, app: Application) -> None:
    await define(world.yunfan)
    await world.yunfan.run("admin", "tenants.create_tag", CreateTag(name="重点"))
    rows = [
        [*HEADERS, "标签", "负责人", "员工人数", "成立日期"],
        [*GOOD, "重点", "小李", "1,200", "2020/3/2"],
        ["丙", "KH-9", "", "", "", "", "没有的标签", "", "", ""],
    ]
    report = await run(app, world.yunfan, rows)
    assert (report.created, report.bad) == (1, 1)
    assert codes(report) == [(3, "标签", "IMPORT_TAG_UNKNOWN")]
    made = (await customers(app, world.yunfan))[GOOD[0]]
    assert (made.level, made.phone, made.email) == ("a", "+8613800138000", "buyer@example.com")
    assert (made.credit_limit_minor, made.credit_currency) == (123450, "CNY")
    assert made.custom == {"employees": "1200", "founded": "2020-03-02"}
    assert made.owner_id == world.yunfan.people["li"]
    async with app.engine.database.tenant(TenantContext(world.yunfan.tenant_id, None, EVERYTHING)) as session:
        for table, count in (("custom_value", 2), ("row_tag", 1), ("change_log", 1), ("audit_entry", 1)):
            found = await session.execute(text(f"SELECT count(*) FROM app.{table} WHERE row_id = :id"), {"id": made.id})
            assert (table, found.scalar_one()) == (table, count)
        terms = await session.execute(text("SELECT term FROM app.search_term WHERE row_id = :id"), {"id": made.id})
        assert {"hzyhmyyxgs", "13800138000", "kh1"} <= set(terms.scalars())


async def test_only_if_all_good(world: World, app: Application) -> None:
    with pytest.raises(RowsRefused) as refused:
        await run(app, world.yunfan, [HEADERS, GOOD, ["", "", "", "", "", ""], ["x", "", "Z", "", "", ""]],
                  only_if_all_good=True)  # fmt: skip
    assert refused.value.details["bad"] == "1"
    assert await customers(app, world.yunfan) == {}


async def test_the_same_file_twice(world: World, app: Application) -> None:
    rows = [HEADERS, GOOD, ["无编码", "", "B", "", "", ""]]
    assert (await run(app, world.yunfan, rows)).created == 2
    again = await run(app, world.yunfan, rows)
    assert (again.created, again.updated, again.unchanged, again.bad) == (0, 0, 2, 0)
    rows[2][2] = "C"
    dry = await run(app, world.yunfan, rows, dry_run=True)
    assert [(u.row, u.fields) for u in dry.updates] == [(3, ["客户级别"])]
    assert (await run(app, world.yunfan, rows, existing="fill")).unchanged == 2
    assert (await run(app, world.yunfan, rows, existing="skip")).skipped == 2
    assert (await customers(app, world.yunfan))["无编码"].level == "b"
    assert (await run(app, world.yunfan, rows)).updated == 1
    found = (await customers(app, world.yunfan))["无编码"]
    assert (found.level, found.version) == ("c", 2)


async def test_two_runs_at_once_make_each_customer_once(world: World, app: Application) -> None:
    rows = [["客户名称"], *[[f"客户{n}"] for n in range(1200)]]
    first, second = await asyncio.gather(run(app, world.yunfan, rows), run(app, world.yunfan, rows))
    assert first.created + second.created == 1200
    assert first.unchanged + second.unchanged == 1200
    assert len(await customers(app, world.yunfan)) == 1200


async def test_a_retry_with_the_same_key_answers_again(world: World, app: Application) -> None:
    first = await run(app, world.yunfan, [HEADERS, GOOD], key="upload-1")
    again = await run(app, world.yunfan, [HEADERS, GOOD], key="upload-1")
    assert (first.created, again.created) == (1, 1)
    assert len(await customers(app, world.yunfan)) == 1


async def test_namesakes(world: World, app: Application) -> None:
    phones = [["客户名称", "电话"], ["张伟", "13800000001"], ["张伟", "13800000002"]]
    assert (await run(app, world.yunfan, phones)).created == 2
    assert (await run(app, world.yunfan, phones)).unchanged == 2
    unclear = await run(app, world.yunfan, [["客户名称", "所在地区"], ["张伟", "杭州"]])
    assert codes(unclear) == [(2, "客户名称", "IMPORT_MATCH_AMBIGUOUS")]
    twins = await run(app, world.yunfan, [["客户名称"], ["李娜"], ["李 娜"], ["李　娜"]])
    assert codes(twins) == [(4, "客户名称", "DUPLICATE_IN_FILE")]


async def test_parents_may_stand_below_their_children(world: World, app: Application) -> None:
    rows = [["客户名称", "上级单位"], ["孙公司", "子公司"], ["子公司", "集团"], ["集团", ""], ["孤儿", "没有"]]
    dry = await run(app, world.yunfan, rows, dry_run=True)
    report = await run(app, world.yunfan, rows)
    assert codes(dry) == codes(report) == [(5, "上级单位", "IMPORT_REFERENCE_UNKNOWN")]
    found = await customers(app, world.yunfan)
    assert found["孙公司"].parent_id == found["子公司"].id
    assert found["子公司"].parent_id == found["集团"].id
    loop = await run(app, world.yunfan, [["客户名称", "上级单位"], ["集团", "孙公司"]])
    assert codes(loop) == [(2, "上级单位", "CUSTOMER_PARENT_CYCLE")]


async def test_a_workbook_gives_typed_cells(world: World, app: Application) -> None:
    await define(world.yunfan)
    rows = [["丁", 13900001111, date(2021, 5, 6), 88]]
    data = write_xlsx(["客户名称", "手机号", "成立日期", "员工人数"], rows, "客户")
    report = await import_rows(app.engine, await world.yunfan.actor(), Customer, data, "a.xlsx", None, False)
    assert (report.created, report.bad) == (1, 0)
    made = (await customers(app, world.yunfan))["丁"]
    assert (made.phone, made.custom) == ("+8613900001111", {"founded": "2021-05-06", "employees": "88"})
