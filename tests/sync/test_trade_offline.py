"""A day in trade without a network: what is made shows at once, and what two did comes together when they are back."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from modules.inventory.entities import StockCountLine
from modules.sales.commands.create_order import SERIES
from modules.sales.commands.edit_order_line import PackOrderLine
from modules.sales.entities import SalesOrder
from sync.client import Replica
from sync.client.errors import UnknownCommand
from tests.party.makers import make_customer, row_of, rows_of
from tests.sales.makers import confirm, line, lines_of, make_order, make_product, make_warehouse, move, on_hand
from tests.sync.conftest import Doors
from tests.sync.test_trade import statuses, sync, whole
from tests.world import Company, add_member


async def test_states_are_moved_by_their_commands_alone(doors: Doors, world) -> None:
    company, rival = world.yunfan, world.seagull
    tea = await make_product(company)
    order = await make_order(company, "li", await make_customer(company, "li"), [line(tea)])
    theirs = await make_order(rival, "qian", await make_customer(rival, "qian"), [])
    await add_member(company, "wu", "吴仓管", "warehouse_keeper", "all", None)
    li, wu = await doors.device("li", "li"), await doors.device("wu", "wu")
    li.mutate("sales.edit_order", id=str(order), state="confirmed")  # an edit does not know a state
    li.mutate("sales.cancel_order", id=str(theirs))
    assert [outcome["error"]["code"] for outcome in await sync(li)] == ["INVALID_INPUT", "NOT_FOUND"]
    assert (await row_of(company, SalesOrder, order)).state == "draft"
    with pytest.raises(UnknownCommand):
        wu.mutate("sales.confirm_order", id=str(order))


async def test_an_order_shows_with_its_lines_and_its_state_at_once(doors: Doors, world) -> None:
    company = world.yunfan
    tea, salt = await make_product(company), await make_product(company, "盐")
    customer = str(await make_customer(company, "wang"))
    wang = await doors.device("wang", "wang")
    order = wang.mutate(
        "sales.create_order",
        customer_id=customer,
        notes="急",
        lines=[{"product_id": str(tea), "quantity": "2"}, {"product_id": str(salt), "quantity": "3"}],
    )
    shown = wang.row("salesOrders", order)
    assert (shown["state"], shown["customerId"], "lines" in shown) == ("draft", customer, False)
    first, second = wang.rows("salesOrderLines", order_id=order)
    assert {first["productId"], second["productId"]} == {str(tea), str(salt)}

    wang.mutate("sales.edit_order_line", id=first["id"], quantity="5")
    wang.mutate("sales.remove_order_line", id=second["id"])
    added = wang.mutate("sales.add_order_line", order_id=order, product_id=str(salt), quantity="1")
    wang.mutate("sales.confirm_order", id=order)
    assert wang.row("salesOrders", order)["state"] == "confirmed"
    lines = {row["id"]: row for row in wang.rows("salesOrderLines", order_id=order)}
    assert {row_id: row["quantity"] for row_id, row in lines.items()} == {first["id"]: "5", added: "1"}

    assert statuses(await sync(wang)) == ["applied"] * 5
    found = wang.row("salesOrders", order)
    assert (found["state"], found["totalMinor"], found["version"] > 0) == ("confirmed", 6 * 1250, True)
    assert {row["id"] for row in wang.rows("salesOrderLines", order_id=order)} == lines.keys()
    assert wang.inbox() == []
    assert await whole(wang)


async def test_two_keepers_pack_one_line(doors: Doors, world) -> None:
    company = world.yunfan
    for nick in ("wu", "zheng"):
        await add_member(company, nick, f"{nick}仓管", "warehouse_keeper", "all", None)
    tea = await make_product(company)
    order = await make_order(company, "li", await make_customer(company, "li"), [line(tea, "9")])
    await confirm(company, "li", order)
    row = str((await lines_of(company, order))[0].id)
    wu, zheng = await doors.device("wu", "wu"), await doors.device("zheng", "zheng")
    wu.mutate("sales.pack_order_line", id=row, packed_quantity="3")
    zheng.mutate("sales.pack_order_line", id=row, packed_quantity="4")
    assert (wu.row("salesOrderLines", row)["packedQuantity"], zheng.row("salesOrderLines", row)["packedQuantity"]) == (
        "3",
        "4",
    )
    assert statuses(await sync(wu)) == ["applied"]
    assert statuses(await sync(zheng)) == ["merged"]
    await sync(wu)
    for keeper in (wu, zheng):
        assert keeper.row("salesOrderLines", row)["packedQuantity"] == "7"
        assert keeper.inbox() == []
        assert await whole(keeper)
    # Who takes out more than is there by now is asked.
    wu.mutate("sales.pack_order_line", id=row, packed_quantity="0")
    await _pack(company, row, "1")
    assert statuses(await sync(wu)) == ["inbox"]
    [entry] = wu.inbox()
    assert entry["differences"] == [{"field": "packedQuantity", "base": "7", "mine": "0", "theirs": "1"}]


async def _pack(company: Company, row: str, quantity: str) -> None:
    data = PackOrderLine(id=UUID(row), packed_quantity=Decimal(quantity))
    await company.run("admin", "sales.pack_order_line", data)


async def test_cancelled_on_one_device_and_confirmed_on_another(doors: Doors, world) -> None:
    company = world.yunfan
    tea = await make_product(company)
    order = str(await make_order(company, "li", await make_customer(company, "li"), [line(tea)]))
    li, wang = await doors.device("li", "li"), await doors.device("wang", "wang")
    li.mutate("sales.confirm_order", id=order)
    wang.mutate("sales.cancel_order", id=order)
    assert [replica.row("salesOrders", order)["state"] for replica in (li, wang)] == ["confirmed", "cancelled"]
    assert statuses(await sync(wang)) == ["applied"]
    assert statuses(await sync(li)) == ["inbox"]
    [entry] = li.inbox()
    assert entry["code"] == "TRANSITION_NOT_ALLOWED"
    assert entry["messageZh"] == "该记录现为“已取消”，不能执行“确认销售单”；现在可执行：无。"
    assert entry["differences"] == [{"field": "state", "base": "draft", "mine": "confirmed", "theirs": "cancelled"}]
    assert li.row("salesOrders", order)["state"] == "cancelled"


async def test_what_is_possible_instead_is_told_in_words(doors: Doors, world) -> None:
    """The manager confirmed and delivered offline; meanwhile the last line was removed, so it is a quotation still."""
    company = world.yunfan
    tea, warehouse = await make_product(company), await make_warehouse(company)
    order = str(await make_order(company, "wang", await make_customer(company, "wang"), [line(tea)]))
    wang, lin = await doors.device("wang", "wang"), await doors.device("lin", "lin")
    wang.mutate("sales.confirm_order", id=order)
    wang.mutate("sales.deliver_order", id=order, warehouse_id=str(warehouse))
    assert wang.row("salesOrders", order)["state"] == "delivered"
    lin.mutate("sales.remove_order_line", id=lin.rows("salesOrderLines")[0]["id"])
    assert statuses(await sync(lin)) == ["applied"]
    assert statuses(await sync(wang)) == ["inbox", "inbox"]
    without, early = sorted(wang.inbox(), key=lambda entry: entry["code"])
    assert (without["code"], early["code"]) == ("ORDER_WITHOUT_LINES", "TRANSITION_NOT_ALLOWED")
    assert early["messageZh"].endswith("现在可执行：取消销售单、确认销售单。")
    assert "Cancel sales order, Confirm sales order" in early["messageEn"]
    assert await on_hand(company, tea, warehouse) == 0


async def test_who_delivers_what_has_left_already_is_told(doors: Doors, world) -> None:
    company = world.yunfan
    tea, warehouse = await make_product(company), await make_warehouse(company)
    order = str(await make_order(company, "wang", await make_customer(company, "wang"), [line(tea, "2")]))
    await confirm(company, "wang", UUID(order))
    await move(company, tea, warehouse, "10", "receipt")
    wang, lin = await doors.device("wang", "wang"), await doors.device("lin", "lin")
    for replica in (wang, lin):
        replica.mutate("sales.deliver_order", id=order, warehouse_id=str(warehouse))
    assert statuses(await sync(wang)) == ["applied"]
    assert statuses(await sync(lin)) == ["inbox"]
    assert await on_hand(company, tea, warehouse) == 8


@pytest.mark.parametrize("first", ["count", "sale"])
async def test_a_count_and_a_later_sale_add_up_in_either_order(doors: Doors, world, first: str) -> None:
    company = world.yunfan
    tea, warehouse = await make_product(company), await make_warehouse(company)
    await move(company, tea, warehouse, "10", "receipt")
    counter, seller = await doors.device("lin", "counter"), await doors.device("admin", "seller")
    count = counter.mutate("inventory.create_stock_count", warehouse_id=str(warehouse))
    assert counter.row("stockCounts", count)["state"] == "draft"
    expected = counter.rows("stockBalances")[0]["onHand"]
    counted = {"product_id": str(tea), "counted": "9", "expected": expected}
    counter.mutate("inventory.post_stock_count", id=count, warehouse_id=str(warehouse), lines=[counted])
    [shown] = counter.rows("stockCountLines", count_id=count)
    assert (shown["counted"], shown["expected"]) == ("9", "10")
    at_once = counter.mutate("inventory.post_stock_count", warehouse_id=str(warehouse), lines=[])
    assert counter.row("stockCounts", at_once)["state"] == "posted"
    seller.mutate(
        "inventory.record_stock_move", product_id=str(tea), warehouse_id=str(warehouse), quantity="-3", kind="issue"
    )
    assert [row["quantity"] for row in seller.rows("stockMoves") if row["kind"] == "issue"] == ["-3"]
    order = [counter, seller] if first == "count" else [seller, counter]
    for replica in order:
        assert set(statuses(await sync(replica))) == {"applied"}
    assert await on_hand(company, tea, warehouse) == 6  # 10, one was missing, three were sold
    assert (await rows_of(company, "admin", select(StockCountLine)))[0].id == UUID(shown["id"])
    for replica in order:
        await asyncio.to_thread(replica.pull)
        assert [row["onHand"] for row in replica.rows("stockBalances")] == ["6"]
        assert replica.row("stockCounts", count)["state"] == "posted"
        assert await whole(replica)


async def test_numbers_of_two_devices_never_meet(doors: Doors, world) -> None:
    company = world.yunfan
    customer = str(await make_customer(company, "li"))
    devices = [await doors.device("li", "phone"), await doors.device("li", "tablet")]
    taken: list[str] = []
    for replica in devices:
        assert await asyncio.to_thread(replica.lease, SERIES, 3) == 3
    for _ in range(2):
        for replica in devices:
            number = replica.next_number(SERIES)
            order = replica.mutate("sales.create_order", customer_id=customer, number=number)
            assert replica.row("salesOrders", order)["number"] == number
            taken.append(number)
    assert len(set(taken)) == 4
    devices[0].mutate("sales.create_order", customer_id=customer, number=taken[1])  # the other device's
    outcomes: list[Any] = []
    for replica in reversed(devices):
        outcomes += await sync(replica)
    assert statuses(outcomes) == ["applied"] * 4 + ["inbox"]
    assert outcomes[-1]["error"]["code"] == "NUMBER_TAKEN"
    orders = await rows_of(company, "li", select(SalesOrder))
    assert sorted(order.number for order in orders) == sorted(taken)
    assert all(number.startswith("SO-") for number in taken)
    assert _left(devices) == [1, 1]


def _left(devices: list[Replica]) -> list[int]:
    return [replica.numbers_left(SERIES) for replica in devices]
