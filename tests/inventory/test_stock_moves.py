"""Moves and balances: who may, what is refused, and that the order of arrival does not matter."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from decimal import Decimal
from itertools import permutations
from random import Random
from uuid import uuid4

import psycopg
import pytest
from psycopg.errors import CheckViolation
from sqlalchemy import select

from kernel.command import commands
from modules.catalog.commands.archive_product import ArchiveProduct
from modules.inventory.balances import settle_balances
from modules.inventory.commands.record_stock_move import RecordStockMove
from modules.inventory.entities import StockBalance, StockMove
from modules.inventory.errors import MovedLater
from tests.conftest import NOW
from tests.party.makers import row_of, rows_of
from tests.sales.makers import balance, make_product, make_warehouse, move, on_hand
from tests.world import World, seed
from values.errors import AlreadyTaken, ModuleNotBought, NotFound, PermissionDenied, Refusal
from values.ids import new_id


async def test_who_sells_does_not_move_stock(world: World) -> None:
    product, warehouse = await make_product(world.yunfan), await make_warehouse(world.yunfan)
    data = RecordStockMove(product_id=product, warehouse_id=warehouse, quantity=Decimal(1), kind="receipt")
    for who in ("li", "wang", "zhou"):
        with pytest.raises(PermissionDenied):
            await world.yunfan.run(who, "inventory.record_stock_move", data)
    await world.yunfan.run("lin", "inventory.record_stock_move", data)
    assert [row.on_hand for row in await rows_of(world.yunfan, "li", select(StockBalance))] == [1]


async def test_neither_products_nor_warehouses_of_another_company(world: World) -> None:
    product, warehouse = await make_product(world.yunfan), await make_warehouse(world.yunfan)
    their_product, their_warehouse = await make_product(world.seagull), await make_warehouse(world.seagull)
    for unknown in (their_product, uuid4()):
        with pytest.raises(NotFound) as refused:
            await move(world.yunfan, unknown, warehouse, "1")
        assert refused.value.field == "productId"
    for unknown in (their_warehouse, uuid4()):
        with pytest.raises(NotFound) as refused:
            await move(world.yunfan, product, unknown, "1")
        assert refused.value.field == "warehouseId"
    assert await rows_of(world.yunfan, "admin", select(StockMove)) == []


async def test_only_with_the_stock_module(world: World, clock) -> None:
    from billing.trials import activate_subscription_of

    product, warehouse = await make_product(world.yunfan), await make_warehouse(world.yunfan)
    clock.move(days=17)
    await activate_subscription_of(world.yunfan.app.engine, world.yunfan.tenant_id, ["sales"], None)
    with pytest.raises(ModuleNotBought):
        await move(world.yunfan, product, warehouse, "1")


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"quantity": "0"}, "MOVE_WITHOUT_QUANTITY", "quantity"),
        ({"quantity": "NaN"}, "QUANTITY_INVALID", "quantity"),
        ({"quantity": "0.0000000001"}, "QUANTITY_INVALID", "quantity"),
        ({"quantity": "1E+15"}, "QUANTITY_INVALID", "quantity"),
        ({"quantity": "-1", "kind": "receipt"}, "MOVE_DIRECTION_WRONG", "quantity"),
        ({"quantity": "1", "kind": "issue"}, "MOVE_DIRECTION_WRONG", "quantity"),
        ({"quantity": "1", "kind": "delivery"}, "MOVE_DIRECTION_WRONG", "quantity"),
        ({"kind": "搬家"}, "CHOICE_UNKNOWN", "kind"),
        ({"note": "长" * 201}, "TEXT_TOO_LONG", "note"),
        ({"made_at": NOW + timedelta(days=1, seconds=1)}, "MOVED_LATER", "madeAt"),
    ],
)
async def test_bad_input_is_refused_by_field(world: World, fields, code, field) -> None:
    product, warehouse = await make_product(world.yunfan), await make_warehouse(world.yunfan)
    with pytest.raises(Refusal) as refused:
        await move(world.yunfan, product, warehouse, fields.pop("quantity", "1"), **fields)
    assert (refused.value.code, refused.value.field) == (code, field)


async def test_the_database_keeps_nan_out(world: World, services) -> None:
    product, warehouse = await make_product(world.yunfan), await make_warehouse(world.yunfan)
    made = await move(world.yunfan, product, warehouse, "1")
    with psycopg.connect(services.urls.admin) as admin, pytest.raises(CheckViolation):
        admin.execute("UPDATE app.stock_move SET quantity = 'NaN' WHERE id = %s", [made])


async def test_a_device_may_be_a_day_ahead_and_sends_an_id_once(world: World) -> None:
    product, warehouse, made = await make_product(world.yunfan), await make_warehouse(world.yunfan), new_id()
    await move(world.yunfan, product, warehouse, "1", id=made, made_at=NOW + timedelta(hours=23))
    with pytest.raises(AlreadyTaken):
        await move(world.yunfan, product, warehouse, "1", id=made)
    with pytest.raises(MovedLater):
        await move(world.yunfan, product, warehouse, "1", made_at=NOW + timedelta(days=2))
    assert await on_hand(world.yunfan, product, warehouse) == 1


async def test_an_archived_product_still_moves(world: World) -> None:
    product, warehouse = await make_product(world.yunfan), await make_warehouse(world.yunfan)
    await world.yunfan.run("admin", "catalog.archive_product", ArchiveProduct(id=product))
    await move(world.yunfan, product, warehouse, "2.50", "receipt")
    assert await on_hand(world.yunfan, product, warehouse) == Decimal("2.5")


async def test_the_sum_is_the_same_in_whatever_order_moves_arrive(world: World) -> None:
    moves = ("10", "-4", "-8.125", "0.125")
    warehouse = await make_warehouse(world.yunfan)
    for number, order in enumerate(permutations(moves)):
        product = await make_product(world.yunfan, f"商品{number}")
        for quantity in order:
            await move(world.yunfan, product, warehouse, quantity)
        found = await balance(world.yunfan, product, warehouse)
        assert found is not None
        assert str(found.on_hand) == "-2"
        assert found.negative_since == NOW


async def test_below_zero_is_flagged_and_ends_by_itself(world: World, clock) -> None:
    company = world.yunfan
    product, warehouse = await make_product(company), await make_warehouse(company)
    await move(company, product, warehouse, "-3", "issue")
    clock.move(hours=1)
    await move(company, product, warehouse, "-1", "issue")
    found = await balance(company, product, warehouse)
    assert found is not None
    assert (found.on_hand, found.negative_since) == (-4, NOW)
    await move(company, product, warehouse, "4", "receipt")
    found = await balance(company, product, warehouse)
    assert found is not None
    assert (found.on_hand, found.negative_since) == (0, None)


async def test_balances_stand_apart_by_place(world: World) -> None:
    company = world.yunfan
    one, two = await make_warehouse(company, "一仓"), await make_warehouse(company, "二仓")
    tea, salt = await make_product(company, "茶"), await make_product(company, "盐")
    for product, warehouse, quantity in ((tea, one, "1"), (tea, two, "2"), (salt, one, "4")):
        await move(company, product, warehouse, quantity, "receipt")
    assert [await on_hand(company, *place) for place in ((tea, one), (tea, two), (salt, one), (salt, two))] == [
        1,
        2,
        4,
        0,
    ]


async def test_many_at_once_lose_nothing(world: World) -> None:
    """The first move of a product in a warehouse makes the balance: they must not make two."""
    company, chance = world.yunfan, Random(7)
    products = [await make_product(company, f"商品{number}") for number in range(3)]
    warehouses = [await make_warehouse(company, f"仓{number}") for number in range(2)]
    planned = [(chance.choice(products), chance.choice(warehouses), chance.randint(-5, 9) or 1) for _ in range(40)]
    await asyncio.gather(*(move(company, product, place, str(count)) for product, place, count in planned))
    for product in products:
        for warehouse in warehouses:
            wanted = sum(count for p, w, count in planned if (p, w) == (product, warehouse))
            assert await on_hand(company, product, warehouse) == wanted
    assert len(await rows_of(company, "admin", select(StockMove))) == 40


async def test_sums_are_made_anew_after_moves_went(world: World) -> None:
    company = world.yunfan
    product, other, warehouse = await make_product(company), await make_product(company, "盐"), None
    warehouse = await make_warehouse(company)
    kept, gone = [await move(company, product, warehouse, quantity) for quantity in ("-2", "5")]
    lone = await move(company, other, warehouse, "1")

    async def work(ctx) -> None:
        for row_id in (gone, lone):
            row = await ctx.get(StockMove, row_id)
            await ctx.delete(row)
        await ctx.flush()
        await settle_balances(ctx)

    await seed(company.app, company.tenant_id, work)
    found = await balance(company, product, warehouse)
    assert found is not None
    assert (found.on_hand, found.negative_since) == (-2, NOW)
    assert await balance(company, other, warehouse) is None
    assert (await row_of(company, StockMove, kept)).quantity == -2


def test_nothing_edits_or_removes_a_move_and_nobody_writes_a_balance() -> None:
    named = {c.name for c in commands() if c.result_type in (StockMove, StockBalance)}
    assert named == {"inventory.record_stock_move"}
