"""Opening stock from a file: it enters the books once, and they balance afterwards."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select

from exchange.importing import import_rows
from kernel.db import TenantContext
from kernel.policy import EVERYTHING
from modules.catalog.commands.archive_product import ArchiveProduct
from modules.catalog.commands.create_product import CreateProduct
from modules.inventory.commands.create_warehouse import CreateWarehouse
from modules.inventory.commands.record_stock_move import RecordStockMove
from modules.inventory.entities import StockBalance, StockCount, StockMove, Warehouse
from server.parts import Application
from tests.exchange.import_world import csv_file
from tests.world import Company, World
from values.errors import PermissionDenied, Refusal

HEADERS = ["商品编码", "仓库", "期初数量"]


async def stocked(company: Company, *warehouses: str) -> dict[str, Any]:
    """Two products and the named warehouses, by name."""
    made: dict[str, Any] = {}
    for name, code in (("龙井茶", "LJ"), ("螺丝", "M4")):
        product = CreateProduct(name=name, code=code)
        made[name] = (await company.run("admin", "catalog.create_product", product)).value.id
    for name in warehouses:
        made[name] = (await company.run("admin", "inventory.create_warehouse", CreateWarehouse(name=name))).value.id
    return made


async def run(app: Application, company: Company, rows: list[list[str]], who: str = "admin", **options: Any) -> Any:
    given = {"dry_run": False, **options}
    actor = await company.actor(who)
    return await import_rows(app.engine, actor, StockBalance, csv_file([HEADERS, *rows]), "期初.csv", **given)


async def books(app: Application, company: Company) -> dict[str, Decimal]:
    """On hand by warehouse, and that each balance is the sum of its moves."""
    async with app.engine.database.tenant(TenantContext(company.tenant_id, None, EVERYTHING)) as session:
        names = {row.id: row.name for row in await session.scalars(select(Warehouse))}
        found: dict[str, Decimal] = {}
        for balance in await session.scalars(select(StockBalance)):
            moved = await session.scalar(
                select(func.coalesce(func.sum(StockMove.quantity), 0)).where(
                    StockMove.product_id == balance.product_id, StockMove.warehouse_id == balance.warehouse_id
                )
            )
            assert balance.on_hand == moved
            name = names[balance.warehouse_id]
            found[name] = found.get(name, Decimal(0)) + balance.on_hand
        return found


async def counts(app: Application, company: Company) -> list[str]:
    async with app.engine.database.tenant(TenantContext(company.tenant_id, None, EVERYTHING)) as session:
        return list(await session.scalars(select(StockCount.state)))


async def test_who_may_not_import_is_refused(world: World, app: Application) -> None:
    await stocked(world.yunfan, "主仓")
    with pytest.raises(PermissionDenied):
        await run(app, world.yunfan, [["LJ", "主仓", "5"]], who="li")
    assert await books(app, world.yunfan) == {}


async def test_a_file_without_quantities_is_refused(world: World, app: Application) -> None:
    admin = await world.yunfan.actor()
    with pytest.raises(Refusal) as refused:
        await import_rows(app.engine, admin, StockBalance, csv_file([["商品编码"], ["LJ"]]), "a.csv", dry_run=False)
    assert refused.value.field == "mapping"


async def test_bad_rows_are_told_and_stop_no_other(world: World, app: Application) -> None:
    company = world.yunfan
    made = await stocked(company, "主仓")
    old = (await company.run("admin", "catalog.create_product", CreateProduct(name="旧款", code="OLD"))).value
    await company.run("admin", "catalog.archive_product", ArchiveProduct(id=old.id))
    moved = RecordStockMove(product_id=made["螺丝"], warehouse_id=made["主仓"], quantity=Decimal(3), kind="receipt")
    await company.run("admin", "inventory.record_stock_move", moved)
    rows = [
        ["没有", "主仓", "1"],
        ["LJ", "别的仓", "1"],
        ["LJ", "主仓", "-1"],
        ["LJ", "主仓", "许多"],
        ["LJ", "主仓", ""],
        ["OLD", "主仓", "1"],
        ["M4", "主仓", "7"],
        ["LJ", "主仓", "5"],
        ["龙井茶", "", "6"],
    ]
    report = await run(app, company, rows)
    assert (report.created, report.bad) == (1, 8)
    told = {problem.row: problem.code for problem in report.problems}
    assert (told[2], told[3], told[4]) == ("IMPORT_REFERENCE_UNKNOWN", "IMPORT_REFERENCE_UNKNOWN", "QUANTITY_NEGATIVE")
    assert (told[7], told[8], told[10]) == ("MASTER_DATA_ARCHIVED", "OPENING_STOCK_MOVED", "OPENING_STOCK_TWICE")
    assert all(problem.remedy for problem in report.problems)
    assert await books(app, company) == {"主仓": Decimal(8)}


async def test_a_row_without_a_warehouse_needs_that_there_is_one(world: World, app: Application) -> None:
    company = world.yunfan
    await stocked(company)
    none = await run(app, company, [["LJ", "", "5"]])
    assert [problem.code for problem in none.problems] == ["WAREHOUSE_MISSING"]
    await company.run("admin", "inventory.create_warehouse", CreateWarehouse(name="主仓"))
    assert (await run(app, company, [["LJ", "", "5"]])).created == 1
    await company.run("admin", "inventory.create_warehouse", CreateWarehouse(name="二仓"))
    several = await run(app, company, [["M4", "", "5"]])
    assert [problem.code for problem in several.problems] == ["WAREHOUSE_NOT_CHOSEN"]


async def test_a_rehearsal_writes_nothing_and_says_what_the_import_does(world: World, app: Application) -> None:
    company = world.yunfan
    await stocked(company, "主仓")
    rehearsed = await run(app, company, [["LJ", "主仓", "5.5"]], dry_run=True)
    assert await books(app, company) == {}
    done = await run(app, company, [["LJ", "主仓", "5.5"]])
    assert [(t.rows, t.quantity, t.on_hand) for t in rehearsed.stock] == [(1, Decimal("5.5"), Decimal("5.5"))]
    assert [(t.rows, t.quantity, t.on_hand) for t in done.stock] == [(1, Decimal("5.5"), Decimal("5.5"))]


async def test_the_totals_of_the_report_are_those_of_the_books_and_a_second_run_changes_nothing(
    world: World, app: Application
) -> None:
    company = world.yunfan
    await stocked(company, "主仓", "二仓")
    rows = [["LJ", "主仓", "5.5"], ["M4", "主仓", "1,000"], ["LJ", "二仓", "2"], ["M4", "二仓", "0"]]
    report = await run(app, company, rows)
    assert (report.created, report.bad) == (4, 0)
    told = {total.warehouse: total.on_hand for total in report.stock}
    assert told == await books(app, company) == {"主仓": Decimal("1005.5"), "二仓": Decimal(2)}
    assert all(total.quantity == total.on_hand for total in report.stock)
    assert await counts(app, company) == ["posted", "posted"]
    again = await run(app, company, rows)
    assert (again.created, again.unchanged, again.bad) == (0, 4, 0)
    assert {total.warehouse: total.on_hand for total in again.stock} == told
    assert await books(app, company) == told
    assert len(await counts(app, company)) == 2


async def test_the_rivals_goods_are_not_found(world: World, app: Application) -> None:
    await stocked(world.seagull, "主仓")
    report = await run(app, world.yunfan, [["LJ", "主仓", "5"]])
    assert report.bad == 1
    assert await books(app, world.seagull) == {}
