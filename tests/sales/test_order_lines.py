"""An order's lines: rows of their own, changed in a draft, packed until the delivery."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from modules.sales.commands.add_order_line import AddOrderLine
from modules.sales.commands.edit_order_line import EditOrderLine, PackOrderLine
from modules.sales.commands.remove_order_line import RemoveOrderLine
from modules.sales.entities import SalesOrder, SalesOrderLine
from modules.sales.errors import LineRemoved, OrderSettled
from tests.party.makers import make_customer, row_of
from tests.sales.makers import confirm, deliver, line, lines_of, make_order, make_product, make_warehouse
from tests.world import Company, World, add_member
from values.errors import NotFound, PermissionDenied, Refusal, VersionConflict

EDIT, ADD, REMOVE = "sales.edit_order_line", "sales.add_order_line", "sales.remove_order_line"


async def an_order(company: Company, who: str = "li") -> tuple[UUID, UUID, UUID]:
    """(order, its line of two boxes at 12.50, the product)."""
    tea = await make_product(company)
    order = await make_order(company, who, await make_customer(company, who), [line(tea)])
    return order, (await lines_of(company, order))[0].id, tea


async def total(company: Company, order_id: UUID) -> int:
    found: int = (await row_of(company, SalesOrder, order_id)).total_minor
    return found


async def test_neither_the_auditor_nor_a_colleague_nor_another_company(world: World) -> None:
    order, row, tea = await an_order(world.yunfan)
    theirs_order, theirs, _ = await an_order(world.seagull, "admin")
    with pytest.raises(PermissionDenied):
        await world.yunfan.run("zhou", EDIT, EditOrderLine(id=row, quantity=Decimal(1)))
    for who, order_id, line_id in (("zhao", order, row), ("li", theirs_order, theirs), ("li", uuid4(), uuid4())):
        with pytest.raises(NotFound) as refused:
            await world.yunfan.run(who, ADD, AddOrderLine(order_id=order_id, product_id=tea, quantity=Decimal(1)))
        assert refused.value.field == "orderId"
        with pytest.raises(NotFound):
            await world.yunfan.run(who, EDIT, EditOrderLine(id=line_id, quantity=Decimal(1)))
        with pytest.raises(NotFound):
            await world.yunfan.run(who, REMOVE, RemoveOrderLine(id=line_id))


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"quantity": Decimal(0)}, "QUANTITY_NOT_POSITIVE", "quantity"),
        ({"quantity": Decimal("sNaN")}, "QUANTITY_INVALID", "quantity"),
        ({"unit_price": Decimal("NaN")}, "PRICE_INVALID", "unitPrice"),
        ({"unit_price": Decimal("sNaN")}, "PRICE_INVALID", "unitPrice"),
        ({"packed_quantity": Decimal("sNaN")}, "QUANTITY_INVALID", "packedQuantity"),
        ({"packed_quantity": Decimal(-1)}, "QUANTITY_NEGATIVE", "packedQuantity"),
        ({"product_id": uuid4()}, "NOT_FOUND", "productId"),
    ],
)
async def test_bad_input_is_refused_by_field(world: World, fields: dict[str, Any], code: str, field: str) -> None:
    _, row, _ = await an_order(world.yunfan)
    with pytest.raises(Refusal) as refused:
        await world.yunfan.run("li", EDIT, EditOrderLine(id=row, **fields))
    assert (refused.value.code, refused.value.field) == (code, field)


async def test_a_settled_order_keeps_its_lines(world: World) -> None:
    company = world.yunfan
    order, row, tea = await an_order(company)
    await confirm(company, "li", order)
    with pytest.raises(OrderSettled) as refused:
        await company.run("li", ADD, AddOrderLine(order_id=order, product_id=tea, quantity=Decimal(1)))
    assert refused.value.field == "orderId"
    assert "出库、取消" in refused.value.remedy()
    with pytest.raises(OrderSettled):
        await company.run("li", REMOVE, RemoveOrderLine(id=row))
    for fields in ({"quantity": Decimal(9)}, {"unit_price": Decimal(9)}, {"position": 9}):
        with pytest.raises(OrderSettled):
            await company.run("li", EDIT, EditOrderLine(id=row, packed_quantity=Decimal(1), **fields))
    await company.run("li", EDIT, EditOrderLine(id=row, packed_quantity=Decimal(1), quantity=Decimal(2)))
    found = await row_of(company, SalesOrderLine, row)
    assert (found.packed_quantity, found.quantity) == (1, 2)
    await make_warehouse(company)
    await deliver(company, "wang", order)
    with pytest.raises(OrderSettled):
        await company.run("li", EDIT, EditOrderLine(id=row, packed_quantity=Decimal(2)))


async def test_amounts_and_the_total_follow(world: World) -> None:
    company = world.yunfan
    order, row, tea = await an_order(company)
    assert await total(company, order) == 2500
    await company.run("li", EDIT, EditOrderLine(id=row, quantity=Decimal("3.000")))
    assert await total(company, order) == 3750
    salt = await make_product(company, "盐", list_price=Decimal("0.335"))
    made = await company.run("li", ADD, AddOrderLine(order_id=order, product_id=salt, quantity=Decimal(3)))
    assert [(r.product_id, r.amount_minor, r.position) for r in await lines_of(company, order)] == [
        (tea, 3750, 1),
        (salt, 101, 2),
    ]
    assert await total(company, order) == 3851
    await company.run("li", EDIT, EditOrderLine(id=made.row_id, position=0))
    assert [r.product_id for r in await lines_of(company, order)] == [salt, tea]
    await company.run("li", REMOVE, RemoveOrderLine(id=row))
    await company.run("li", REMOVE, RemoveOrderLine(id=row))
    assert await total(company, order) == 101
    with pytest.raises(LineRemoved):
        await company.run("li", EDIT, EditOrderLine(id=row, quantity=Decimal(1)))
    assert (await row_of(company, SalesOrderLine, row)).archived_by_id == company.people["li"]


async def test_an_edit_names_the_version_it_saw(world: World) -> None:
    _, row, _ = await an_order(world.yunfan)
    await world.yunfan.run("li", EDIT, EditOrderLine(id=row, version=1, quantity=Decimal(3)))
    with pytest.raises(VersionConflict):
        await world.yunfan.run("li", EDIT, EditOrderLine(id=row, version=1, quantity=Decimal(4)))


async def test_a_product_stays_when_it_is_archived_later(world: World) -> None:
    from modules.catalog.commands.archive_product import ArchiveProduct

    company = world.yunfan
    _, row, tea = await an_order(company)
    await company.run("admin", "catalog.archive_product", ArchiveProduct(id=tea))
    await company.run("li", EDIT, EditOrderLine(id=row, product_id=tea, quantity=Decimal(5)))
    assert (await row_of(company, SalesOrderLine, row)).quantity == 5


async def test_two_who_add_lines_at_once_both_keep_theirs(world: World) -> None:
    company = world.yunfan
    order, _, tea = await an_order(company)
    one = AddOrderLine(order_id=order, product_id=tea, quantity=Decimal(1))
    await asyncio.gather(*(company.run(who, ADD, one) for who in ("li", "wang", "lin", "admin")))
    rows = await lines_of(company, order)
    assert [row.position for row in rows] == [1, 2, 3, 4, 5]
    assert await total(company, order) == sum(row.amount_minor for row in rows) == 6 * 1250


async def test_the_warehouse_keeper_packs_and_sees_no_price(world: World) -> None:
    company = world.yunfan
    await add_member(company, "wu", "吴仓管", "warehouse_keeper", "all", None)
    order, row, _ = await an_order(company)
    await confirm(company, "li", order)
    with pytest.raises(PermissionDenied):
        await company.run("wu", EDIT, EditOrderLine(id=row, packed_quantity=Decimal(1)))
    await company.run("wu", "sales.pack_order_line", PackOrderLine(id=row, packed_quantity=Decimal("1.5")))
    assert (await row_of(company, SalesOrderLine, row)).packed_quantity == Decimal("1.5")
    keeper = await company.actor("wu")
    assert keeper.authority.masked("sales.SalesOrderLine", "unit_price")
    assert keeper.authority.masked("sales.SalesOrder", "total_minor")
    with pytest.raises(PermissionDenied):
        await company.run("li", "sales.pack_order_line", PackOrderLine(id=row, packed_quantity=Decimal(2)))
