"""The demo's products, stock and orders: there after filling, gone after clearing, but for what the company uses."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import func, select

from modules.bridges.commands.clear_demo_data import ClearDemoData
from modules.bridges.demo_rows import demo_id
from modules.catalog.entities import Product
from modules.inventory.entities import StockBalance, StockMove, Warehouse
from modules.sales.commands.add_order_line import AddOrderLine
from modules.sales.entities import SalesOrder, SalesOrderLine
from tenants.commands.clear_trial_data import ClearTrialData
from tests.bridges.test_demo_data import fill
from tests.party.makers import row_of, rows_of
from tests.sales.makers import move, on_hand
from tests.world import Company, World

ENTITIES = (Product, Warehouse, StockMove, StockBalance, SalesOrder, SalesOrderLine)


async def counts(company: Company) -> list[int]:
    return [(await rows_of(company, "admin", select(func.count()).select_from(e)))[0] for e in ENTITIES]


async def test_a_quotation_and_a_delivered_order_from_stock(world: World) -> None:
    company = world.yunfan
    done = await fill(company, owners=["li", "zhao"])
    assert (done.result["products"], done.result["orders"]) == (6, 2)
    assert await counts(company) == [6, 1, 9, 6, 2, 6]
    quotation, delivered = [
        await row_of(company, SalesOrder, demo_id(company.tenant_id, "order", number)) for number in range(2)
    ]
    assert (quotation.state, delivered.state) == ("draft", "delivered")
    assert quotation.total_minor == 2 * 26800 + 5 * 15850 + 8 * 39900
    left = demo_id(company.tenant_id, "product", 3), demo_id(company.tenant_id, "warehouse", 0)
    assert await on_hand(company, *left) == 45 - 11
    assert await counts(world.seagull) == [0] * 6


async def test_all_of_it_goes_again(world: World) -> None:
    company = world.yunfan
    await fill(company)
    await fill(world.seagull)
    done = await company.run("admin", "bridges.clear_demo_data", ClearDemoData())
    assert (done.result["products"], done.result["orders"], done.result["kept"]) == (6, 2, 0)
    assert await counts(company) == [0] * 6
    assert await counts(world.seagull) == [6, 1, 9, 6, 2, 6]


async def test_what_the_company_uses_stays_and_its_stock_is_its_own(world: World) -> None:
    company = world.yunfan
    await fill(company)
    warehouse = demo_id(company.tenant_id, "warehouse", 0)
    used, sold = (demo_id(company.tenant_id, "product", number) for number in (3, 0))
    await move(company, used, warehouse, "7", "receipt")
    quotation = demo_id(company.tenant_id, "order", 0)
    line = AddOrderLine(order_id=quotation, product_id=sold, quantity=Decimal(1))
    await company.run("admin", "sales.add_order_line", line)
    done = await company.run("admin", "bridges.clear_demo_data", ClearDemoData())
    assert (done.result["orders"], done.result["products"]) == (1, 2)
    assert await on_hand(company, used, warehouse) == 7
    assert await counts(company) == [4, 1, 1, 1, 1, 4]


async def test_it_goes_with_the_trial(world: World, clock) -> None:
    company = world.yunfan
    await fill(company)
    clock.move(minutes=1)
    await company.run("admin", "tenants.clear_trial_data", ClearTrialData(company_name="云帆贸易"))
    assert await counts(company) == [0] * 6
