"""From a delivered order to the stock: which warehouse, all or nothing, and nothing without the stock module."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from modules.catalog.errors import MasterDataArchived
from modules.inventory.commands.archive_warehouse import ArchiveWarehouse
from modules.inventory.entities import StockMove
from modules.inventory.errors import WarehouseMissing, WarehouseNotChosen
from modules.sales.commands.remove_order_line import RemoveOrderLine
from modules.sales.entities import SalesOrder
from tests.party.makers import make_customer, row_of, rows_of
from tests.sales.makers import (
    balance,
    confirm,
    deliver,
    line,
    lines_of,
    make_order,
    make_product,
    make_warehouse,
    move,
    on_hand,
)
from tests.world import Company, World
from values.errors import NotFound, Refusal


async def confirmed(company: Company, *products: UUID) -> UUID:
    who = "li" if "li" in company.people else "admin"
    made = await make_order(company, who, await make_customer(company, who), [line(product) for product in products])
    await confirm(company, "admin", made)
    return made


async def state_of(company: Company, order_id: UUID) -> str:
    return str((await row_of(company, SalesOrder, order_id)).state)


async def test_without_a_warehouse_with_several_and_with_anothers(world: World) -> None:
    company = world.yunfan
    order = await confirmed(company, await make_product(company))
    theirs = await make_warehouse(world.seagull)
    refusals: list[tuple[UUID | None, type[Refusal]]] = [(None, WarehouseMissing), (theirs, NotFound)]
    for warehouse, refusal in refusals:
        with pytest.raises(refusal) as refused:
            await deliver(company, "lin", order, warehouse)
        assert refused.value.field == "warehouseId"
    one, _two = await make_warehouse(company, "一仓"), await make_warehouse(company, "二仓")
    for warehouse, refusal in ((None, WarehouseNotChosen), (uuid4(), NotFound)):
        with pytest.raises(refusal):
            await deliver(company, "lin", order, warehouse)
    await company.run("admin", "inventory.archive_warehouse", ArchiveWarehouse(id=one))
    with pytest.raises(MasterDataArchived):
        await deliver(company, "lin", order, one)
    assert await state_of(company, order) == "confirmed"
    assert await rows_of(company, "admin", select(StockMove)) == []
    await deliver(company, "lin", order)  # one is left in use
    assert await state_of(company, order) == "delivered"


async def test_every_line_leaves_once(world: World, clock) -> None:
    company = world.yunfan
    tea, salt, warehouse = (
        await make_product(company),
        await make_product(company, "盐"),
        await make_warehouse(company),
    )
    await move(company, tea, warehouse, "10", "receipt")
    made = await make_order(
        company,
        "li",
        await make_customer(company, "li"),
        [line(tea, "2.5"), line(tea, "1"), line(salt, "3"), line(salt, "9")],
    )
    removed = (await lines_of(company, made))[3]
    await company.run("li", "sales.remove_order_line", RemoveOrderLine(id=removed.id))
    await confirm(company, "li", made)
    await deliver(company, "wang", made)
    lines = await lines_of(company, made)
    moved = await rows_of(company, "admin", select(StockMove).where(StockMove.kind == "delivery"))
    assert {(m.reference_entity, m.reference_id, m.product_id, m.quantity) for m in moved} == {
        ("sales.SalesOrderLine", row.id, row.product_id, -row.quantity) for row in lines
    }
    assert len(moved) == 3
    assert {m.note for m in moved} == {(await row_of(company, SalesOrder, made)).number}
    assert await on_hand(company, tea, warehouse) == Decimal("6.5")
    short = await balance(company, salt, warehouse)
    assert short is not None
    assert (short.on_hand, short.negative_since) == (-3, clock.now())


async def test_from_the_warehouse_that_is_named(world: World) -> None:
    company = world.yunfan
    tea = await make_product(company)
    one, two = await make_warehouse(company, "一仓"), await make_warehouse(company, "二仓")
    await deliver(company, "lin", await confirmed(company, tea), two)
    assert (await on_hand(company, tea, one), await on_hand(company, tea, two)) == (0, -2)


async def test_a_company_without_the_stock_module_keeps_no_stock(world: World, clock) -> None:
    from billing.trials import activate_subscription_of

    company = world.yunfan
    order = await confirmed(company, await make_product(company))
    clock.move(days=17)
    await activate_subscription_of(company.app.engine, company.tenant_id, ["crm", "sales"], None)
    await deliver(company, "lin", order)
    assert await state_of(company, order) == "delivered"
    assert await rows_of(company, "admin", select(StockMove)) == []
