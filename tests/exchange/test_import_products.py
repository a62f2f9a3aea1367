"""Products from a file: what is wrong is told by row, what is right goes in once, however often the file comes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from exchange.exporting import export_entity
from exchange.importing import import_rows
from kernel.db import TenantContext
from kernel.policy import EVERYTHING
from modules.catalog.commands.archive_product import ArchiveProduct
from modules.catalog.commands.create_product import CreateProduct
from modules.catalog.entities import Product
from server.parts import Application
from tenants.commands.define_custom_field import DefineCustomField
from tests.exchange.import_world import csv_file
from tests.world import Company, World
from values.errors import PermissionDenied, Refusal

HEADERS = ["商品名称", "商品编码", "计量单位", "规格型号", "标准售价", "币种", "备注"]
SCREWS = [
    ["螺丝", "", "个", "M4", "0.125", "", ""],
    ["螺丝", "", "个", "M5", "0.2", "", ""],
    ["钢板", "GB-1", "张", "", "1,280.50", "usd", "进口"],
    ["咨询服务", "FW-1", "次", "", "", "CNY", ""],
]


async def run(app: Application, company: Company, rows: list[list[str]], who: str = "admin", **options: Any) -> Any:
    given = {"dry_run": False, **options}
    actor = await company.actor(who)
    return await import_rows(app.engine, actor, Product, csv_file([HEADERS, *rows]), "商品.csv", **given)


async def products(app: Application, company: Company) -> list[Product]:
    async with app.engine.database.tenant(TenantContext(company.tenant_id, None, EVERYTHING)) as session:
        found = list(await session.scalars(select(Product).order_by(Product.name_key, Product.spec, Product.code)))
        session.orm.expunge_all()
        return found


async def test_who_may_not_import_is_refused(world: World, app: Application) -> None:
    with pytest.raises(PermissionDenied):
        await run(app, world.yunfan, SCREWS, who="li")
    assert await products(app, world.yunfan) == []


async def test_a_file_without_names_is_refused(world: World, app: Application) -> None:
    admin = await world.yunfan.actor()
    with pytest.raises(Refusal) as refused:
        await import_rows(app.engine, admin, Product, csv_file([["编码"], ["A"]]), "a.csv", dry_run=False)
    assert refused.value.field == "mapping"


async def test_bad_rows_are_told_and_stop_no_other(world: World, app: Application) -> None:
    company = world.yunfan
    held = (await company.run("admin", "catalog.create_product", CreateProduct(name="旧款", code="OLD"))).value
    await company.run("admin", "catalog.archive_product", ArchiveProduct(id=held.id))
    bad = [
        ["", "X-1", "", "", "", "", ""],
        ["负价", "", "", "", "-1", "", ""],
        ["七位小数", "", "", "", "0.0000001", "", ""],
        ["没有的币种", "", "", "", "5", "ABC", ""],
        ["回收站里", "OLD", "", "", "", "", ""],
        ["好商品", "", "", "", "", "", ""],
        ["好商品", "", "", "", "", "", ""],
    ]
    report = await run(app, company, bad)
    assert (report.created, report.bad) == (1, 6)
    told = {problem.row: problem.code for problem in report.problems}
    assert told[3] == told[4] == "PRICE_INVALID"
    assert told[6] == "IMPORT_IN_RECYCLE_BIN"
    assert told.keys() == {2, 3, 4, 5, 6, 8}
    assert all(problem.remedy for problem in report.problems)


async def test_a_name_that_is_two_products_is_not_guessed(world: World, app: Application) -> None:
    company = world.yunfan
    await run(app, company, SCREWS)
    report = await run(app, company, [["螺丝", "", "", "", "9", "", ""]])
    assert [problem.code for problem in report.problems] == ["IMPORT_PRODUCT_AMBIGUOUS"]


async def test_a_rehearsal_writes_nothing_and_says_what_the_import_does(world: World, app: Application) -> None:
    company = world.yunfan
    rehearsed = await run(app, company, SCREWS, dry_run=True)
    assert await products(app, company) == []
    done = await run(app, company, SCREWS)
    assert (rehearsed.created, rehearsed.bad) == (done.created, done.bad) == (4, 0)


async def test_the_same_file_again_makes_no_doubles(world: World, app: Application) -> None:
    company = world.yunfan
    await run(app, company, SCREWS)
    again = await run(app, company, SCREWS)
    assert (again.created, again.updated, again.unchanged, again.bad) == (0, 0, 4, 0)
    found = {(p.name, p.spec): p for p in await products(app, company)}
    assert len(found) == 4
    assert found["螺丝", "M4"].list_price == Decimal("0.125")
    assert (found["螺丝", "M4"].currency, found["螺丝", "M4"].unit) == ("CNY", "个")
    assert (found["钢板", None].list_price, found["钢板", None].currency) == (Decimal("1280.5"), "USD")
    assert (found["咨询服务", None].list_price, found["咨询服务", None].currency) == (None, None)


async def test_what_differs_is_taken_filled_or_left(world: World, app: Application) -> None:
    company = world.yunfan
    await run(app, company, SCREWS)
    newer = [["钢板", "GB-1", "张", "2 mm", "1300", "", "国产"]]
    skipped = await run(app, company, newer, existing="skip")
    assert (skipped.skipped, skipped.updated) == (1, 0)
    filled = await run(app, company, newer, existing="fill")
    assert filled.updates[0].fields == ["规格型号"]
    taken = await run(app, company, newer)
    assert (taken.updated, sorted(taken.updates[0].fields)) == (1, sorted(["标准售价", "备注"]))
    [plate] = [p for p in await products(app, company) if p.code == "GB-1"]
    assert (plate.list_price, plate.currency, plate.spec) == (Decimal("1300"), "USD", "2 mm")


async def test_the_companys_own_fields_come_along(world: World, app: Application) -> None:
    company = world.yunfan
    field = DefineCustomField(entity="catalog.Product", key="origin", label_zh="产地", kind="text", required=True)
    await company.run("admin", "tenants.define_custom_field", field)
    admin = await company.actor()
    data = csv_file([["品名", "产地"], ["茶叶", "杭州"], ["没有产地", ""]])
    report = await import_rows(app.engine, admin, Product, data, "a.csv", dry_run=False)
    assert (report.created, report.bad) == (1, 1)
    assert [p.custom for p in await products(app, company)] == [{"origin": "杭州"}]


async def test_what_was_exported_changes_nothing(world: World, app: Application) -> None:
    company = world.yunfan
    await run(app, company, SCREWS)
    admin = await company.actor()
    out = await export_entity(app.engine, admin, Product, "csv")
    again = await import_rows(app.engine, admin, Product, out, "a.csv", dry_run=False)
    assert (again.created, again.updated, again.bad) == (0, 0, 0)
    assert again.unchanged == 4
