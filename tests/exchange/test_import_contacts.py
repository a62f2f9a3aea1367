"""Import of contacts: the refusals first, then whom a row finds, whose they become, and files imported twice."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import select, text

from exchange.errors import FieldNotImportable, NameColumnMissing
from exchange.exporting import export_entity
from exchange.importing import import_rows
from exchange.report import ImportReport
from kernel.db import TenantContext
from kernel.policy import EVERYTHING, Authority
from modules.party.commands.archive_contact import ArchiveContact
from modules.party.commands.archive_customer import ArchiveCustomer
from modules.party.commands.assign_customer import AssignCustomer
from modules.party.entities import Contact
from server.parts import Application
from tenants.commands.define_custom_field import DefineCustomField
from tests.exchange.import_world import csv_file
from tests.party.makers import make_contact, make_customer
from tests.world import Company, World
from values.errors import FieldMasked, PermissionDenied, SubscriptionLapsed

HEADERS = ["所属客户", "姓名", "职务", "手机", "生日"]
GOOD = ["西湖茶业", "周敏", "采购经理", "138-0013-8000", "1988-06-01"]


async def run(app: Application, company: Company, rows: list[list[str]], who: str = "admin", **options) -> ImportReport:
    return await import_rows(
        app.engine, await company.actor(who), Contact, csv_file(rows), "联系人.csv", **{"dry_run": False, **options}
    )


async def contacts(app: Application, company: Company) -> list[Contact]:
    async with app.engine.database.tenant(TenantContext(company.tenant_id, None, EVERYTHING)) as session:
        rows = list(await session.scalars(select(Contact).where(Contact.tenant_id == company.tenant_id)))
        session.orm.expunge_all()
    return rows


def codes(report: ImportReport) -> list[tuple[int, str | None, str]]:
    return [(p.row, p.column, p.code) for p in report.problems]


async def test_without_the_right_nothing_is_read(world: World, app: Application) -> None:
    await make_customer(world.yunfan, "li")
    for who in ("li", "zhou"):
        for dry_run in (True, False):
            with pytest.raises(PermissionDenied):
                await run(app, world.yunfan, [HEADERS, GOOD], who, dry_run=dry_run)


async def test_after_the_trial_neither_runs(world: World, app: Application, clock) -> None:
    clock.move(days=17)
    for dry_run in (True, False):
        with pytest.raises(SubscriptionLapsed):
            await run(app, world.yunfan, [HEADERS, GOOD], dry_run=dry_run)


@pytest.mark.parametrize(
    ("headers", "mapping", "refusal"),
    [
        (HEADERS, {"所属客户": "scopePath"}, FieldNotImportable),
        (HEADERS, {"所属客户": None}, NameColumnMissing),
        (HEADERS, {"姓名": None}, NameColumnMissing),
        (["姓名", "手机"], None, NameColumnMissing),
    ],
)
async def test_files_that_cannot_be(world: World, app: Application, headers, mapping, refusal) -> None:
    with pytest.raises(refusal):
        await run(app, world.yunfan, [headers, GOOD[: len(headers)]], mapping=mapping)


async def test_hidden_fields_cannot_be_filled(world: World, app: Application) -> None:
    await make_customer(world.yunfan)
    admin = await world.yunfan.actor()
    blind = replace(admin, authority=Authority(admin.authority.grants, frozenset({"party.Contact.mobile"})))
    data = csv_file([HEADERS, GOOD])
    with pytest.raises(FieldMasked):
        await import_rows(app.engine, blind, Contact, data, "a.csv", {"手机": "mobile"}, False)
    report = await import_rows(app.engine, blind, Contact, data, "a.csv", None, False)
    assert [w.column for w in report.warnings] == ["手机"]
    assert [contact.mobile for contact in await contacts(app, world.yunfan)] == [None]


async def test_customers_that_one_does_not_see_are_unknown(world: World, app: Application) -> None:
    company = world.yunfan
    await make_customer(world.seagull, name="海鸥的客户", code="S-1")
    await make_customer(company, "lin", "林经理的客户", code="L-1")
    binned = await make_customer(company, "li", "已归档")
    await company.run("wang", "party.archive_customer", ArchiveCustomer(id=binned))
    for name in ("海鸥的客户", "S-1", "林经理的客户", "L-1", "已归档", "没有"):
        for dry_run in (True, False):
            report = await run(app, company, [HEADERS, [name, "甲", "", "", ""]], "wang", dry_run=dry_run)
            assert codes(report) == [(2, "所属客户", "IMPORT_REFERENCE_UNKNOWN")], name
    assert await contacts(app, company) == []


async def test_a_right_that_does_not_reach_the_customer(world: World, app: Application) -> None:
    company = world.yunfan
    customer = await make_customer(company, "li")
    wang = await company.actor("wang")
    elsewhere = (f"{wang.authority.prefixes('party.contact.edit')[0]}elsewhere/",)
    for missing in ("party.contact.create", "party.contact.import"):
        narrow = replace(wang, authority=Authority({**wang.authority.grants, missing: elsewhere}))
        report = await import_rows(app.engine, narrow, Contact, csv_file([HEADERS, GOOD]), "a.csv", None, False)
        assert codes(report) == [(2, None, "PERMISSION_DENIED")]
    assert await contacts(app, company) == []
    await make_contact(company, "li", customer, "周敏")
    narrow = replace(wang, authority=Authority({**wang.authority.grants, "party.contact.edit": elsewhere}))
    report = await import_rows(app.engine, narrow, Contact, csv_file([HEADERS, GOOD]), "a.csv", None, False)
    assert codes(report) == [(2, None, "PERMISSION_DENIED")]
    assert [contact.version for contact in await contacts(app, company)] == [1]


async def test_a_dry_run_tells_every_bad_cell_and_writes_nothing(world: World, app: Application) -> None:
    company = world.yunfan
    await company.run(
        "admin",
        "tenants.define_custom_field",
        DefineCustomField(entity="party.Contact", key="size", label_zh="尺码", kind="number", required=True),
    )
    await make_customer(company, "li", code="KH-1")
    await make_customer(company, "li", "同名")
    await make_customer(company, "zhao", "同名")
    rows = [
        [*HEADERS, "尺码"],
        [*GOOD, "42"],
        ["", "", "", "abc", "2020/13/1", "big"],
        ["同名", "甲", "", "", "", "1"],
        ["西湖茶业", "乙", "", "", "", ""],
        ["KH-1", "周敏", "", "", "", "1"],
        ["西湖茶业", "周敏", "", "", "", "1"],
    ]
    for dry_run in (True, False):
        report = await run(app, company, rows, dry_run=dry_run)
        assert (report.rows, report.created, report.bad) == (6, 1, 5)
        assert sorted(codes(report)) == sorted(
            [
                (3, "生日", "CELL_NOT_DATE"),
                (3, "手机", "PHONE_INVALID"),
                (3, "姓名", "REQUIRED"),
                (3, "所属客户", "REQUIRED"),
                (3, "尺码", "CUSTOM_NUMBER_EXPECTED"),
                (4, "所属客户", "IMPORT_REFERENCE_AMBIGUOUS"),
                (5, "尺码", "CUSTOM_FIELD_REQUIRED"),
                (6, "姓名", "IMPORT_CONTACT_TWICE"),
                (7, "姓名", "DUPLICATE_IN_FILE"),
            ]
        )
        assert all(p.message and p.remedy and "{" not in p.message + p.remedy for p in report.problems)
        assert len(await contacts(app, company)) == (0 if dry_run else 1)


async def test_another_owner_than_the_customers_is_refused(world: World, app: Application) -> None:
    company = world.yunfan
    await make_customer(company, "li")
    rows = [[*HEADERS, "负责人"], [*GOOD, "小赵"]]
    assert codes(await run(app, company, rows)) == [(2, "负责人", "IMPORT_OWNER_FOLLOWS")]
    rows[1][-1] = "没有此人"
    assert codes(await run(app, company, rows)) == [(2, "负责人", "IMPORT_OWNER_UNKNOWN")]
    rows[1][-1] = "小李"
    assert (await run(app, company, rows)).created == 1


async def test_a_contact_lies_where_its_customer_lies(world: World, app: Application) -> None:
    company = world.yunfan
    customer = await make_customer(company, "li", code="KH-1")
    report = await run(app, company, [HEADERS, GOOD, ["KH-1", "吴总", "", "", ""]], "wang")
    assert (report.created, report.bad) == (2, 0)
    found = {contact.name: contact for contact in await contacts(app, company)}
    for contact in found.values():
        assert (contact.customer_id, contact.owner_id) == (customer, company.people["li"])
        assert contact.scope_path.endswith(f"{str(company.people['li']).replace('-', '')[-12:]}/")
        assert contact.created_by_id == company.people["wang"]
    zhou = found["周敏"]
    assert (zhou.title, zhou.mobile, str(zhou.birthday), zhou.version) == (
        "采购经理",
        "+8613800138000",
        "1988-06-01",
        1,
    )
    assert zhou.name_key.startswith("zhou1")
    async with app.engine.database.tenant(TenantContext(company.tenant_id, None, EVERYTHING)) as session:
        for table in ("change_log", "audit_entry"):
            count = await session.execute(text(f"SELECT count(*) FROM app.{table} WHERE row_id = :id"), {"id": zhou.id})
            assert (table, count.scalar_one()) == (table, 1)
        terms = await session.execute(text("SELECT term FROM app.search_term WHERE row_id = :id"), {"id": zhou.id})
        assert {"zm", "13800138000"} <= set(terms.scalars())


async def test_the_same_file_twice(world: World, app: Application) -> None:
    company = world.yunfan
    await make_customer(company, "li")
    rows = [HEADERS, GOOD, ["西湖茶业", "吴总", "总经理", "", ""]]
    assert (await run(app, company, rows)).created == 2
    again = await run(app, company, rows)
    assert (again.created, again.updated, again.unchanged, again.bad) == (0, 0, 2, 0)
    rows[2][2] = "董事长"
    dry = await run(app, company, rows, dry_run=True)
    assert [(u.row, u.fields) for u in dry.updates] == [(3, ["职务"])]
    assert (await run(app, company, rows, existing="fill")).unchanged == 2
    assert (await run(app, company, rows, existing="skip")).skipped == 2
    assert (await run(app, company, rows)).updated == 1
    found = {contact.name: contact for contact in await contacts(app, company)}
    assert (found["吴总"].title, found["吴总"].version) == ("董事长", 2)
    assert found["周敏"].version == 1


async def test_the_same_name_at_two_customers_is_two_people(world: World, app: Application) -> None:
    company = world.yunfan
    await make_customer(company, "li")
    await make_customer(company, "zhao", "灵隐茶社")
    rows = [HEADERS, GOOD, ["灵隐茶社", "周敏", "", "", ""]]
    assert (await run(app, company, rows)).created == 2
    assert (await run(app, company, rows)).unchanged == 2


async def test_namesakes_are_told_apart_by_mobile(world: World, app: Application) -> None:
    company = world.yunfan
    await make_customer(company, "li")
    both = [HEADERS, GOOD, ["西湖茶业", "周敏", "", "13800000002", ""]]
    assert (await run(app, company, both)).created == 2
    assert (await run(app, company, both)).unchanged == 2
    unclear = await run(app, company, [["所属客户", "姓名", "职务"], ["西湖茶业", "周敏", "会计"]])
    assert codes(unclear) == [(2, "姓名", "IMPORT_MATCH_AMBIGUOUS")]


async def test_one_in_the_recycle_bin_is_not_brought_back(world: World, app: Application) -> None:
    company = world.yunfan
    binned = await make_contact(company, "li", await make_customer(company, "li"), "周敏")
    await company.run("wang", "party.archive_contact", ArchiveContact(id=binned))
    assert (await run(app, company, [HEADERS, GOOD])).created == 1
    assert sorted(contact.archived_at is None for contact in await contacts(app, company)) == [False, True]


async def test_two_runs_at_once_make_each_contact_once(world: World, app: Application) -> None:
    company = world.yunfan
    await make_customer(company, "li")
    rows = [["所属客户", "姓名"], *[["西湖茶业", f"联系人{n}"] for n in range(1100)]]
    first, second = await asyncio.gather(run(app, company, rows), run(app, company, rows))
    assert (first.created + second.created, first.unchanged + second.unchanged) == (1100, 1100)
    assert (first.bad, second.bad) == (0, 0)


async def test_an_assignment_meanwhile_leaves_nobody_behind(world: World, app: Application) -> None:
    company = world.yunfan
    customer = await make_customer(company, "li")
    rows = [["所属客户", "姓名"], *[["西湖茶业", f"联系人{n}"] for n in range(300)]]
    away = AssignCustomer(id=customer, owner_id=company.people["zhao"])
    report, _ = await asyncio.gather(run(app, company, rows), company.run("lin", "party.assign_customer", away))
    assert report.created == 300
    assert {contact.owner_id for contact in await contacts(app, company)} == {company.people["zhao"]}


async def test_an_export_imported_again_changes_nothing(world: World, app: Application) -> None:
    company = world.yunfan
    await make_customer(company, "li")
    await run(app, company, [HEADERS, GOOD])
    admin = await company.actor()
    data = await export_entity(app.engine, admin, Contact, "csv")
    report = await import_rows(app.engine, admin, Contact, data, "a.csv", None, False)
    assert (report.unchanged, report.created, report.bad) == (1, 0, 0)
