"""Counts: who may, what is refused, and that what was sold meanwhile stays sold."""

from __future__ import annotations

from decimal import Decimal
from itertools import permutations
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from modules.inventory.commands.create_stock_count import CreateStockCount
from modules.inventory.commands.post_stock_count import CountedLine, PostStockCount
from modules.inventory.entities import StockCount, StockCountLine, StockMove
from modules.inventory.errors import CountedMeanwhile, CountElsewhere
from tenants.commands.assign_role import AssignRole, UnassignRole
from tenants.commands.create_role import CreateRole
from tenants.entities import RoleAssignment
from tests.conftest import NOW
from tests.party.makers import row_of, rows_of
from tests.sales.makers import balance, make_product, make_warehouse, move, on_hand
from tests.world import Company, World
from values.errors import InvalidTransition, NotFound, PermissionDenied, Refusal
from values.ids import new_id


def counted(product_id: UUID, found: str, expected: str, **fields: Any) -> CountedLine:
    return CountedLine(product_id=product_id, counted=Decimal(found), expected=Decimal(expected), **fields)


async def post(company: Company, warehouse_id: UUID, lines: list[CountedLine], who: str = "admin", **fields: Any):
    data = PostStockCount(warehouse_id=warehouse_id, lines=lines, **fields)
    return (await company.run(who, "inventory.post_stock_count", data)).row_id


async def test_who_sells_does_not_count(world: World) -> None:
    warehouse = await make_warehouse(world.yunfan)
    for who in ("li", "wang", "zhou"):
        with pytest.raises(PermissionDenied):
            await post(world.yunfan, warehouse, [], who)


async def test_not_in_another_companys_warehouse_and_not_its_products(world: World) -> None:
    mine, theirs = await make_warehouse(world.yunfan), await make_warehouse(world.seagull)
    with pytest.raises(NotFound) as refused:
        await post(world.yunfan, theirs, [])
    assert refused.value.field == "warehouseId"
    tea, foreign = await make_product(world.yunfan), await make_product(world.seagull)
    for unknown in (foreign, uuid4()):
        with pytest.raises(NotFound) as refused:
            await post(world.yunfan, mine, [counted(tea, "1", "1"), counted(unknown, "1", "1")])
        assert refused.value.field == "lines.1.productId"
    assert await rows_of(world.yunfan, "admin", select(StockCount)) == []


async def test_bad_lines_are_refused_by_place(world: World) -> None:
    warehouse, tea = await make_warehouse(world.yunfan), await make_product(world.yunfan)
    twice = new_id()
    salt = await make_product(world.yunfan, "盐")
    for lines, code, field in (
        ([counted(tea, "-1", "1")], "QUANTITY_NEGATIVE", "lines.0.counted"),
        ([counted(tea, "NaN", "1")], "QUANTITY_INVALID", "lines.0.counted"),
        ([counted(tea, "1", "Infinity")], "QUANTITY_INVALID", "lines.0.expected"),
        ([counted(tea, "1", "1"), counted(tea, "2", "1")], "COUNTED_TWICE", "lines.1.productId"),
        ([counted(tea, "1", "1", id=twice), counted(salt, "2", "1", id=twice)], "ALREADY_TAKEN", "lines.1.id"),
        ([counted(tea, "1", "1")] * 1001, "TOO_MANY_ROWS", "lines"),
    ):
        with pytest.raises(Refusal) as refused:
            await post(world.yunfan, warehouse, lines)
        assert (refused.value.code, refused.value.field) == (code, field)
    assert await rows_of(world.yunfan, "admin", select(StockMove)) == []


async def test_a_count_is_posted_once_and_where_it_was_begun(world: World) -> None:
    company = world.yunfan
    here, there = await make_warehouse(company, "一仓"), await make_warehouse(company, "二仓")
    begun = (await company.run("admin", "inventory.create_stock_count", CreateStockCount(warehouse_id=here))).row_id
    assert (await row_of(company, StockCount, begun)).state == "draft"
    with pytest.raises(CountElsewhere):
        await post(company, there, [], id=begun)
    assert await post(company, here, [], id=begun) == begun
    row = await row_of(company, StockCount, begun)
    assert (row.state, row.posted_at, row.posted_by_id) == ("posted", NOW, company.admin_id)
    with pytest.raises(InvalidTransition) as refused:
        await post(company, here, [], id=begun)
    assert "无" in refused.value.remedy()


async def test_the_difference_moves_the_stock(world: World) -> None:
    company = world.yunfan
    warehouse, tea, salt = await make_warehouse(company), await make_product(company), await make_product(company, "盐")
    await move(company, tea, warehouse, "10", "receipt")
    made = await post(company, warehouse, [counted(tea, "8.5", "10"), counted(salt, "0", "0")])
    assert await on_hand(company, tea, warehouse) == Decimal("8.5")
    [line] = [row for row in await rows_of(company, "admin", select(StockCountLine)) if row.product_id == tea]
    [moved] = await rows_of(company, "admin", select(StockMove).where(StockMove.kind == "count"))
    assert (moved.quantity, moved.reference_entity, moved.reference_id) == (
        Decimal("-1.5"),
        "inventory.StockCountLine",
        line.id,
    )
    assert line.count_id == made
    salts = await rows_of(company, "admin", select(StockMove).where(StockMove.product_id == salt))
    assert salts == [], "what is as expected moves nothing"


async def test_counts_and_sales_may_arrive_in_any_order(world: World) -> None:
    """Ten lie there. The counter's list says 10, they find 9; later 3 are sold. Each device arrives when it may."""
    company = world.yunfan
    warehouse = await make_warehouse(company)
    for number, order in enumerate(permutations(("receipt", "count", "sale"))):
        tea = await make_product(company, f"茶{number}")
        for what in order:
            if what == "receipt":
                await move(company, tea, warehouse, "10", "receipt")
            elif what == "sale":
                await move(company, tea, warehouse, "-3", "issue")
            else:
                await post(company, warehouse, [counted(tea, "9", "10")])
        assert await on_hand(company, tea, warehouse) == 6, order


async def test_a_second_count_on_the_same_base_moves_nothing(world: World) -> None:
    """Stock 120, and both keepers find 115: five are missing, not ten."""
    company = world.yunfan
    warehouse, tea = await make_warehouse(company), await make_product(company)
    await move(company, tea, warehouse, "120", "receipt")
    await post(company, warehouse, [counted(tea, "115", "120", after=None)])
    first = (await balance(company, tea, warehouse)).last_count_line_id
    for known in ({"after": None}, {}, {"after": uuid4()}):
        with pytest.raises(CountedMeanwhile) as refused:
            await post(company, warehouse, [counted(tea, "115", "120", **known)])
        assert refused.value.field == "lines.0.counted"
        assert refused.value.differences == [
            {"field": "lines.0.counted", "base": "120", "mine": "115", "theirs": "115"}
        ]
    assert await on_hand(company, tea, warehouse) == 115
    await move(company, tea, warehouse, "2", "receipt")
    await post(company, warehouse, [counted(tea, "114", "115", after=first)])
    assert await on_hand(company, tea, warehouse) == 116, "a receipt since is no other count"


async def test_a_count_as_expected_is_a_count_too(world: World) -> None:
    company = world.yunfan
    warehouse, tea = await make_warehouse(company), await make_product(company)
    await post(company, warehouse, [counted(tea, "0", "0")])
    with pytest.raises(CountedMeanwhile):
        await post(company, warehouse, [counted(tea, "5", "0")])
    there = await balance(company, tea, warehouse)
    assert (there.on_hand, there.last_count_line_id is not None) == (0, True)


async def test_counts_of_one_product_in_two_warehouses_are_apart(world: World) -> None:
    company = world.yunfan
    here, there = await make_warehouse(company, "一仓"), await make_warehouse(company, "二仓")
    tea = await make_product(company)
    for warehouse in (here, there):
        await post(company, warehouse, [counted(tea, "5", "0", after=None)])
        assert await on_hand(company, tea, warehouse) == 5


async def test_what_replaces_takes_the_place_of_the_counts_since(world: World) -> None:
    """120; A finds 115, then 113; 2 come in. B, who knew neither, found 118: 118 and the 2."""
    company = world.yunfan
    warehouse, tea = await make_warehouse(company), await make_product(company)
    await move(company, tea, warehouse, "120", "receipt")
    await post(company, warehouse, [counted(tea, "115", "120", after=None)])
    first = (await balance(company, tea, warehouse)).last_count_line_id
    await post(company, warehouse, [counted(tea, "113", "115", after=first)])
    second = (await balance(company, tea, warehouse)).last_count_line_id
    await move(company, tea, warehouse, "2", "receipt")
    made = await post(company, warehouse, [counted(tea, "118", "120", after=None)], replaces=True)
    assert await on_hand(company, tea, warehouse) == 120
    [line] = await rows_of(company, "admin", select(StockCountLine).where(StockCountLine.count_id == made))
    assert (line.expected, line.after_id) == (113, second)
    await post(company, warehouse, [counted(tea, "117", "118")], replaces=True)  # it does not say what it knew
    assert await on_hand(company, tea, warehouse) == 117


async def test_who_may_not_view_counts_is_not_told_the_other_figure(world: World) -> None:
    company = world.yunfan
    warehouse, tea = await make_warehouse(company), await make_product(company)
    permissions = ["inventory.stock_count.post", "inventory.warehouse.view", "catalog.product.view"]
    role = await company.run("admin", "tenants.create_role", CreateRole(name="盘点", permissions=permissions))
    await company.run(
        "admin",
        "tenants.assign_role",
        AssignRole(member_id=company.people["wang"], role_id=role.row_id, scope="all"),
    )
    held = select(RoleAssignment).where(RoleAssignment.member_id == company.people["wang"])
    for other in await rows_of(company, "admin", held):
        if other.role_id != role.row_id:
            await company.run("admin", "tenants.unassign_role", UnassignRole(id=other.id))
    await post(company, warehouse, [counted(tea, "7777", "0", after=None)])
    with pytest.raises(CountedMeanwhile) as refused:
        await post(company, warehouse, [counted(tea, "3", "0", after=None)], "wang")
    told = [*refused.value.differences, refused.value.facts, refused.value.sentence(), refused.value.sentence("en")]
    assert "7777" not in str(told)
    assert refused.value.differences[0]["theirs"] is None
