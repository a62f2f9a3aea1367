"""Documents from a device: an order with its lines, its steps, stock moves and counts, made without a network."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import select

from modules.inventory.entities import StockMove
from modules.sales.entities import SalesOrder, SalesOrderLine
from sync.client import Replica
from sync.client.errors import UnknownCommand
from sync.client.values import uuid7
from tests.party.makers import make_customer, row_of, rows_of
from tests.sales.makers import confirm, line, lines_of, make_order, make_product, make_warehouse, move, on_hand
from tests.sync.conftest import Doors
from tests.world import add_member

COLLECTIONS = (
    "products",
    "salesOrderLines",
    "salesOrders",
    "stockBalances",
    "stockCountLines",
    "stockCounts",
    "stockMoves",
    "warehouses",
)


async def sync(replica: Replica) -> list[Any]:
    pushed = await asyncio.to_thread(replica.push)
    await asyncio.to_thread(replica.pull)
    return list(pushed)


async def whole(replica: Replica) -> bool:
    """What the device has is what its member may see."""
    return await asyncio.to_thread(replica.verify) == []


def statuses(outcomes: list[Any]) -> list[str]:
    return [str(outcome["status"] if isinstance(outcome, dict) else outcome.status) for outcome in outcomes]


async def test_what_a_member_may_not_see_or_do_is_told(doors: Doors, world) -> None:
    company = world.yunfan
    tea, warehouse = await make_product(company), await make_warehouse(company)
    theirs = await make_product(world.seagull)
    li = await doors.device("li", "li")
    assert set(COLLECTIONS) <= set(li.checksums())
    mine = await make_customer(company, "li")
    colleagues = await make_customer(company, "zhao")
    li.mutate("sales.create_order", customerId=str(colleagues), lines=[])
    li.mutate("sales.create_order", customerId=str(mine), lines=[{"productId": str(theirs), "quantity": "1"}])
    li.mutate("sales.create_order", customerId=str(mine), lines=[{"productId": str(tea), "quantity": "0"}])
    with pytest.raises(UnknownCommand):
        li.mutate("inventory.record_stock_move", productId=str(tea), warehouseId=str(warehouse), quantity="1")
    outcomes = await sync(li)
    assert [(o["error"]["code"], o["error"]["field"]) for o in outcomes] == [
        ("NOT_FOUND", "customerId"),
        ("NOT_FOUND", "lines.0.productId"),
        ("QUANTITY_NOT_POSITIVE", "lines.0.quantity"),
    ]
    assert await rows_of(company, "admin", select(SalesOrder)) == []
    assert await rows_of(company, "admin", select(StockMove)) == []
    assert await whole(li)


async def test_an_order_with_lines_is_made_confirmed_and_delivered_offline(doors: Doors, world) -> None:
    company = world.yunfan
    tea, salt = await make_product(company), await make_product(company, "盐", list_price=None)
    warehouse, customer = await make_warehouse(company), await make_customer(company, "wang")
    await move(company, tea, warehouse, "10", "receipt")
    wang, keeper = await doors.device("wang", "wang"), await doors.device("lin", "lin")
    order, first, second = (str(uuid7()) for _ in range(3))
    wang.mutate(
        "sales.create_order",
        id=order,
        customerId=str(customer),
        notes="周五送货",
        lines=[
            {"id": first, "productId": str(tea), "quantity": "2.50"},
            {"id": second, "productId": str(salt), "quantity": "3", "unitPrice": "0.335"},
        ],
    )
    wang.mutate("sales.confirm_order", id=order)
    wang.mutate("sales.deliver_order", id=order, warehouseId=str(warehouse))
    assert [row["notes"] for row in wang.rows("salesOrders")] == ["周五送货"]
    assert statuses(await sync(wang)) == ["applied"] * 3
    (row,) = wang.rows("salesOrders")
    assert (row["state"], row["totalMinor"], row["deliveredById"]) == (
        "delivered",
        3125 + 101,
        str(company.people["wang"]),
    )
    assert row["number"]
    lines = {line["id"]: line for line in wang.rows("salesOrderLines")}
    assert {(k, v["quantity"], v["unitPrice"], v["amountMinor"]) for k, v in lines.items()} == {
        (first, "2.5", "12.500000", 3125),
        (second, "3", "0.335000", 101),
    }
    await sync(keeper)
    assert {(b["productId"], b["onHand"], b["negativeSince"] is None) for b in keeper.rows("stockBalances")} == {
        (str(tea), "7.5", True),
        (str(salt), "-3", False),
    }
    assert {m["referenceId"] for m in keeper.rows("stockMoves") if m["kind"] == "delivery"} == {first, second}
    assert await whole(wang)
    assert await whole(keeper)


async def test_an_answer_that_is_lost_moves_nothing_twice(doors: Doors, world) -> None:
    company = world.yunfan
    tea, warehouse = await make_product(company), await make_warehouse(company)
    lin = await doors.device("lin", "lin")
    moved = str(uuid7())
    for _ in range(2):  # the second one: somebody tapped twice, with the same id
        lin.mutate(
            "inventory.record_stock_move",
            id=moved,
            productId=str(tea),
            warehouseId=str(warehouse),
            quantity="4",
            kind="receipt",
        )
    outcomes = await sync(lin)
    assert statuses(outcomes) == ["applied", "inbox"]
    assert outcomes[1]["error"]["code"] == "ALREADY_TAKEN"
    assert await on_hand(company, tea, warehouse) == 4


async def test_two_who_confirm_one_order_offline(doors: Doors, world) -> None:
    company = world.yunfan
    tea = await make_product(company)
    order = await make_order(company, "li", await make_customer(company, "li"), [line(tea)])
    li, wang = await doors.device("li", "li"), await doors.device("wang", "wang")
    li.mutate("sales.confirm_order", id=str(order))
    assert statuses(await sync(li)) == ["applied"]
    await sync(wang)
    wang.mutate("sales.cancel_order", id=str(order))
    assert statuses(await sync(wang)) == ["applied"]  # a confirmed order may still be cancelled
    li.mutate("sales.confirm_order", id=str(order))
    (refused,) = await sync(li)
    assert refused["error"]["code"] == "TRANSITION_NOT_ALLOWED"
    assert li.rows("salesOrders")[0]["state"] == "cancelled"


async def test_two_edit_a_line_and_each_keeps_what_they_changed(doors: Doors, world) -> None:
    """The price is spelt as it was typed, the server spells it with six digits: that is no clash."""
    company = world.yunfan
    tea = await make_product(company)
    order = await make_order(company, "li", await make_customer(company, "li"), [line(tea)])
    row = str((await lines_of(company, order))[0].id)
    li, wang = await doors.device("li", "li"), await doors.device("wang", "wang")
    li.mutate("sales.edit_order_line", id=row, unitPrice="11.8", quantity="5")
    wang.mutate("sales.edit_order_line", id=row, unitPrice="11.80", position=3)
    assert statuses(await sync(li)) == ["applied"]
    assert statuses(await sync(wang)) == ["applied"]
    (found,) = await lines_of(company, order)
    assert (str(found.quantity), found.position, found.amount_minor) == ("5", 3, 5900)
    wang.mutate("sales.edit_order_line", id=row, quantity="6")
    li.mutate("sales.edit_order_line", id=row, quantity="7")
    assert statuses(await sync(li)) == ["applied"]
    assert statuses(await sync(wang)) == ["merged"]
    assert [d["field"] for entry in wang.inbox() for d in entry["differences"]] == ["quantity"]
    assert (await lines_of(company, order))[0].quantity == 7


async def test_a_line_that_is_edited_offline_and_removed_meanwhile(doors: Doors, world) -> None:
    company = world.yunfan
    tea = await make_product(company)
    order = await make_order(company, "li", await make_customer(company, "li"), [line(tea), line(tea)])
    row = str((await lines_of(company, order))[0].id)
    li, wang = await doors.device("li", "li"), await doors.device("wang", "wang")
    wang.mutate("sales.remove_order_line", id=row)
    await sync(wang)
    li.mutate("sales.edit_order_line", id=row, quantity="5")
    assert statuses(await sync(li)) == ["inbox"]
    assert len(li.rows("salesOrderLines")) == 1
    assert (await row_of(company, SalesOrder, order)).total_minor == 2500


async def test_a_price_and_its_currency_are_one_value(doors: Doors, world) -> None:
    company = world.yunfan
    tea = await make_product(company)
    one, two = await doors.device("lin", "one"), await doors.device("admin", "two")
    one.mutate("catalog.edit_product", id=str(tea), listPrice="3.5", currency="USD")
    two.mutate("catalog.edit_product", id=str(tea), listPrice="20", notes="涨价")
    assert statuses(await sync(one)) == ["applied"]
    assert statuses(await sync(two)) == ["merged"]
    (product,) = two.rows("products")
    assert (product["listPrice"], product["currency"], product["notes"]) == ("3.500000", "USD", "涨价")


async def test_counts_and_moves_from_devices_in_any_order(doors: Doors, world) -> None:
    company = world.yunfan
    tea, warehouse = await make_product(company), await make_warehouse(company)
    await move(company, tea, warehouse, "10", "receipt")
    counter, seller = await doors.device("lin", "counter"), await doors.device("admin", "seller")
    counter.mutate(
        "inventory.post_stock_count",
        id=str(uuid7()),
        warehouseId=str(warehouse),
        lines=[{"productId": str(tea), "counted": "9", "expected": counter.rows("stockBalances")[0]["onHand"]}],
    )
    seller.mutate(
        "inventory.record_stock_move", productId=str(tea), warehouseId=str(warehouse), quantity="-3", kind="issue"
    )
    assert statuses(await sync(seller)) == ["applied"]
    assert statuses(await sync(counter)) == ["applied"]
    assert await on_hand(company, tea, warehouse) == 6
    assert [c["state"] for c in counter.rows("stockCounts")] == ["posted"]
    assert await whole(counter)


async def test_the_keeper_gets_no_prices(doors: Doors, world) -> None:
    company = world.yunfan
    await add_member(company, "wu", "吴仓管", "warehouse_keeper", "all", None)
    tea = await make_product(company)
    order = await make_order(company, "li", await make_customer(company, "li"), [line(tea)])
    await confirm(company, "li", order)
    keeper = await doors.device("wu", "wu")
    (row,) = keeper.rows("salesOrderLines")
    assert not {"unitPrice", "amountMinor"} & row.keys()
    assert "listPrice" not in keeper.rows("products")[0]
    assert "totalMinor" not in keeper.rows("salesOrders")[0]
    keeper.mutate("sales.pack_order_line", id=row["id"], packedQuantity="2")
    assert statuses(await sync(keeper)) == ["applied"]
    assert (await row_of(company, SalesOrderLine, (await lines_of(company, order))[0].id)).packed_quantity == 2
    assert await whole(keeper)
