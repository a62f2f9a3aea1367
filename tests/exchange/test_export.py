"""Export: rights first, then what stands in the file, then the way back in."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from exchange.errors import FormatUnknown, NotExportable
from exchange.exporting import export_entity
from exchange.importing import import_rows
from exchange.readers import read_table
from kernel.db import TenantContext
from kernel.policy import EVERYTHING, Authority
from kernel.tables import AuditEntry
from modules.party.commands.create_customer import CreateCustomer
from modules.party.entities import Contact, Customer
from server.parts import Application
from tenants.commands.create_tag import CreateTag
from tenants.entities import Member
from tests.exchange.import_world import csv_file, define
from tests.world import Company, World
from values.errors import PermissionDenied

HEADERS = ["客户名称", "客户编码", "客户级别", "电话", "邮箱", "信用额度", "标签", "负责人", "上级单位"]
HEADERS += ["员工人数", "成立日期", "备注"]
NASTY = '=HYPERLINK("http://evil","x")'


async def fill(app: Application, company: Company) -> None:
    await define(company)
    await company.run("admin", "tenants.create_tag", CreateTag(name="重点"))
    rows = [
        HEADERS,
        ["集团", "KH-1", "A", "13800138000", "a@b.cn", "1234.5", "重点", "小李", "", "12", "2020-03-02", NASTY],
        ["子公司", "", "B", "", "", "", "", "小赵", "集团", "", "", "-1+1\n第二行"],
    ]  # fmt: skip
    report = await import_rows(app.engine, await company.actor(), Customer, csv_file(rows), "a.csv", dry_run=False)
    assert (report.created, report.bad) == (2, 0)


def table_of(data: bytes) -> list[dict[str, object]]:
    table = read_table(data, "a")
    return [dict(zip(table.headers, row.values, strict=True)) for row in table.rows]


async def test_export_needs_both_rights(world: World, app: Application) -> None:
    for who in ("li", "zhou"):  # a salesperson and an auditor may look, not take out
        with pytest.raises(PermissionDenied):
            await export_entity(app.engine, await world.yunfan.actor(who), Customer, "csv")
    admin = await world.yunfan.actor()
    blind = {p: held for p, held in admin.authority.grants.items() if p != "party.customer.view"}
    with pytest.raises(PermissionDenied):
        await export_entity(app.engine, replace(admin, authority=Authority(blind)), Customer, "csv")


async def test_unknown_formats_and_entities(world: World, app: Application) -> None:
    admin = await world.yunfan.actor()
    with pytest.raises(FormatUnknown):
        await export_entity(app.engine, admin, Customer, "pdf")
    with pytest.raises(NotExportable):
        await export_entity(app.engine, admin, Member, "csv")


async def test_only_rows_within_both_scopes(world: World, app: Application) -> None:
    await fill(app, world.yunfan)
    await world.seagull.run("admin", "party.create_customer", CreateCustomer(name="别家的"))
    admin = await world.yunfan.actor()
    assert len(table_of(await export_entity(app.engine, admin, Customer, "csv"))) == 2
    own = (await world.yunfan.actor("li")).authority.prefixes("party.customer.view")
    narrow = replace(admin, authority=Authority({**admin.authority.grants, "party.customer.export": own}))
    assert [r["客户名称"] for r in table_of(await export_entity(app.engine, narrow, Customer, "csv"))] == ["集团"]
    chosen = await export_entity(app.engine, admin, Customer, "csv", conditions=[Customer.level == "b"])
    assert [r["客户名称"] for r in table_of(chosen)] == ["子公司"]


async def test_hidden_columns_are_absent(world: World, app: Application) -> None:
    await fill(app, world.yunfan)
    admin = await world.yunfan.actor()
    masks = frozenset({"party.Customer.phone", "party.Customer.credit_limit_minor"})
    blind = replace(admin, authority=Authority(admin.authority.grants, masks))
    rows = table_of(await export_entity(app.engine, blind, Customer, "csv"))
    assert "电话" not in rows[0]
    assert "信用额度" not in rows[0]
    assert not {"13800138000", "1234.50"} & {str(value) for row in rows for value in row.values()}


@pytest.mark.parametrize("fmt", ["csv", "xlsx"])
async def test_the_file_as_people_read_it(world: World, app: Application, fmt: str) -> None:
    await fill(app, world.yunfan)
    data = await export_entity(app.engine, await world.yunfan.actor(), Customer, fmt)
    first, second = table_of(data)
    assert first["备注"] == NASTY
    assert second["备注"] == "-1+1\n第二行"
    if fmt == "csv":
        assert b"'=HYPERLINK" in data
    assert (first["客户级别"], first["负责人"], first["标签"]) == ("A 级（重点）", "小李", "重点")
    assert str(first["信用额度"]).startswith("1234.5")
    assert (second["上级单位"], first["员工人数"], first["成立日期"]) == ("集团", "12", "2020-03-02")
    assert str(first["创建时间"]) == "2026-03-02 09:30:00"
    english = await export_entity(app.engine, await world.yunfan.actor(), Customer, fmt, language="en")
    assert table_of(english)[0]["Level"] == "A (key)"


@pytest.mark.parametrize("fmt", ["csv", "xlsx"])
@pytest.mark.parametrize("language", ["zh-CN", "en"])
async def test_an_export_imported_again_changes_nothing(
    world: World, app: Application, fmt: str, language: str
) -> None:
    await fill(app, world.yunfan)
    admin = await world.yunfan.actor()
    data = await export_entity(app.engine, admin, Customer, fmt, language=language)
    report = await import_rows(app.engine, admin, Customer, data, "a", dry_run=False)
    assert (report.created, report.updated, report.unchanged, report.bad) == (0, 0, 2, 0)


async def test_another_company_can_take_it_over(world: World, app: Application) -> None:
    await fill(app, world.yunfan)
    await define(world.seagull)
    await world.seagull.run("admin", "tenants.create_tag", CreateTag(name="重点"))
    data = await export_entity(app.engine, await world.yunfan.actor(), Customer, "xlsx")
    boss = await world.seagull.actor()
    report = await import_rows(app.engine, boss, Customer, data, "a", {"负责人": None}, False)
    assert (report.created, report.bad) == (2, 0)
    rows = table_of(await export_entity(app.engine, boss, Customer, "csv"))
    assert rows[0]["备注"] == NASTY


async def test_the_export_is_audited_and_works_after_the_trial(world: World, app: Application, clock) -> None:
    await fill(app, world.yunfan)
    clock.move(days=17)
    admin = await world.yunfan.actor()
    await export_entity(app.engine, admin, Customer, "csv")
    await export_entity(app.engine, admin, Contact, "xlsx")
    async with app.engine.database.tenant(TenantContext(world.yunfan.tenant_id, None, EVERYTHING)) as session:
        entries = await session.scalars(select(AuditEntry).where(AuditEntry.op == "export").order_by(AuditEntry.id))
        told = [(e.entity, e.after["rows"], e.after["format"], e.member_id) for e in entries]
    assert told == [("party.Customer", 2, "csv", admin.member_id), ("party.Contact", 0, "xlsx", admin.member_id)]
