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
    assert entry["remedyEn"] == "There is nothing more that you can do with it: discard this entry."
    assert entry["differences"] == [{"field": "state", "base": "draft", "mine": "confirmed", "theirs": "cancelled"}]
    assert li.row("salesOrders", order)["state"] == "cancelled"


async def test_a_quotation_that_was_cancelled_is_not_cancelled_as_an_order(doors: Doors, world) -> None:
    """Who cancelled what was a quotation to them is asked, when a colleague has confirmed it meanwhile."""
    company = world.yunfan
    tea = await make_product(company)
    order = str(await make_order(company, "li", await make_customer(company, "li"), [line(tea)]))
    li, wang = await doors.device("li", "li"), await doors.device("wang", "wang")
    li.mutate("sales.confirm_order", id=order)
    wang.mutate("sales.cancel_order", id=order)
    assert statuses(await sync(li)) == ["applied"]
    assert statuses(await sync(wang)) == ["inbox"]
    [entry] = wang.inbox()
    assert entry["code"] == "STATE_CHANGED_MEANWHILE"
    assert entry["messageZh"] == "您操作时该记录为“草稿（报价）”，现在已是“已确认”；“取消销售单”未执行。"
    assert entry["differences"] == [{"field": "state", "base": "draft", "mine": "cancelled", "theirs": "confirmed"}]
    assert (await row_of(company, SalesOrder, UUID(order))).state == "confirmed"
    wang.resolve(entry["id"], "mine")
    assert statuses(await sync(wang)) == ["applied"]
    assert (await row_of(company, SalesOrder, UUID(order))).state == "cancelled"
    other = str(await make_order(company, "li", await make_customer(company, "li"), [line(tea)]))
    await asyncio.to_thread(wang.pull)
    wang.mutate("sales.confirm_order", id=other)
    wang.mutate("sales.cancel_order", id=other)  # out of the state that it shows here
    assert statuses(await sync(wang)) == ["applied", "applied"]


def saw(replica: Replica, order: str) -> dict[str, Any]:
    """What a screen shows of an order."""
    row = replica.row("salesOrders", order)
    shown = ("id", "productId", "quantity", "unitPrice")
    lines = [{name: line[name] for name in shown} for line in replica.rows("salesOrderLines", order_id=order)]
    return {"totalMinor": row["totalMinor"], "currency": row["currency"], "lines": lines}


async def test_nobody_confirms_what_they_did_not_see(doors: Doors, world) -> None:
    company = world.yunfan
    tea = await make_product(company)
    order = str(await make_order(company, "li", await make_customer(company, "li"), [line(tea)]))
    li, wang = await doors.device("li", "li"), await doors.device("wang", "wang")
    li.mutate("sales.edit_order_line", id=li.rows("salesOrderLines")[0]["id"], quantity="11")
    wang.mutate("sales.confirm_order", id=order, seen=saw(wang, order))
    assert wang.row("salesOrders", order)["state"] == "confirmed", "shown at once, as ever"
    assert statuses(await sync(li)) == ["applied"]
    assert statuses(await sync(wang)) == ["inbox"]
    assert wang.row("salesOrders", order)["state"] == "draft"
    [entry] = wang.inbox()
    assert entry["code"] == "ORDER_CHANGED_SINCE_SEEN"
    assert entry["messageZh"].startswith("确认时合计 ¥25.00，现在是 ¥137.50；“龙井茶”数量 2 → 11。")
    assert [(d["field"], d["base"], d["theirs"]) for d in entry["differences"]] == [
        ("totalMinor", 2500, 13_750),
        ("lines.0.quantity", "2", "11"),
    ]
    assert entry["fieldFacts"]["totalMinor"]["changedById"] == str(company.people["li"])
    # Changed once more before the decision: what the entry shows is not what stands.
    li.mutate("sales.edit_order_line", id=li.rows("salesOrderLines")[0]["id"], quantity="12")
    await sync(li)
    wang.resolve(entry["id"], "mine")
    [again] = await sync(wang)
    assert again["error"]["code"] == "ORDER_CHANGED_SINCE_SEEN"
    assert (await row_of(company, SalesOrder, UUID(order))).state == "draft"
    li.mutate("sales.edit_order_line", id=li.rows("salesOrderLines")[0]["id"], quantity="11")
    await sync(li)
    wang.resolve(entry["id"], "mine")
    assert statuses(await sync(wang)) == ["applied"]
    assert (await row_of(company, SalesOrder, UUID(order))).state == "confirmed"


async def test_who_leaves_it_finds_a_quotation_still(doors: Doors, world) -> None:
    company = world.yunfan
    tea = await make_product(company)
    order = str(await make_order(company, "li", await make_customer(company, "li"), [line(tea)]))
    wang = await doors.device("wang", "wang")
    wang.mutate("sales.confirm_order", id=order, seen={**saw(wang, order), "totalMinor": 1})
    assert statuses(await sync(wang)) == ["inbox"]
    wang.resolve(wang.inbox()[0]["id"], "theirs")
    assert statuses(await sync(wang)) == ["applied"]
    assert wang.inbox() == []
    assert wang.row("salesOrders", order)["state"] == "draft"


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
    assert early["remedyZh"] == "请选择现在可执行的操作，再放弃此项。"
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


def found_there(keeper: Replica, product: UUID, counted: str) -> dict[str, Any]:
    """A line of a count as an app makes it: out of the balance that it shows."""
    [shown] = keeper.rows("stockBalances", product_id=product)
    expected, after = shown["onHand"], shown["lastCountLineId"]
    return {"product_id": str(product), "counted": counted, "expected": expected, "after": after}


def counts(keeper: Replica, warehouse: UUID, product: UUID, counted: str) -> str | None:
    lines = [found_there(keeper, product, counted)]
    return keeper.mutate("inventory.post_stock_count", warehouse_id=str(warehouse), lines=lines)


async def test_two_keepers_who_count_one_shelf_do_not_correct_it_twice(doors: Doors, world) -> None:
    company = world.yunfan
    tea, warehouse = await make_product(company), await make_warehouse(company)
    await move(company, tea, warehouse, "120", "receipt")
    first, second = await doors.device("lin", "first"), await doors.device("admin", "second")
    for keeper in (first, second):
        counts(keeper, warehouse, tea, "115")
    assert statuses(await sync(first)) == ["applied"]
    assert statuses(await sync(second)) == ["inbox"]
    await move(company, tea, warehouse, "2", "receipt")
    await sync(second)
    [entry] = second.inbox()
    assert entry["code"] == "COUNTED_MEANWHILE"
    assert entry["differences"] == [{"field": "lines.0.counted", "base": "120", "mine": "115", "theirs": "115"}]
    facts = entry["fieldFacts"]["lines.0.counted"]
    lin = str(company.people["lin"])
    assert (facts["zh"], facts["changedById"], bool(facts["changedAt"])) == ("龙井茶 实盘数量", lin, True)
    assert "盘得 115，您盘得 115" in entry["messageZh"]
    assert await on_hand(company, tea, warehouse) == 117
    second.resolve(entry["id"], "mine")
    assert statuses(await sync(second)) == ["applied"]
    assert await on_hand(company, tea, warehouse) == 117, "what came in since is still there"
    assert (second.inbox(), await whole(second)) == ([], True)


async def test_a_tablet_that_counts_twice_ends_at_its_second_figure(doors: Doors, world) -> None:
    company = world.yunfan
    tea, salt, warehouse = await make_product(company), await make_product(company, "盐"), await make_warehouse(company)
    await move(company, tea, warehouse, "120", "receipt")
    keeper = await doors.device("lin", "tablet")
    counts(keeper, warehouse, tea, "115")
    [shown] = keeper.rows("stockBalances", states=True)
    assert (shown["onHand"], shown["_state"]) == ("115", "pending")
    assert keeper.row("stockBalances", shown["id"])["onHand"] == "115"
    keeper.mutate(
        "inventory.record_stock_move", product_id=str(tea), warehouse_id=str(warehouse), quantity="3.5", kind="receipt"
    )
    counts(keeper, warehouse, tea, "118")
    new = {"product_id": str(salt), "counted": "9", "expected": "0", "after": None}
    keeper.mutate("inventory.post_stock_count", warehouse_id=str(warehouse), lines=[new])
    counts(keeper, warehouse, salt, "8")
    shown = {row["productId"]: row["onHand"] for row in keeper.rows("stockBalances")}
    assert shown == {str(tea): "118", str(salt): "8"}
    await asyncio.to_thread(keeper.pull)
    assert statuses(await asyncio.to_thread(keeper.push)) == ["applied"] * 5
    assert {row["productId"]: row["onHand"] for row in keeper.rows("stockBalances")} == shown
    await asyncio.to_thread(keeper.pull)
    assert {row["productId"]: row["onHand"] for row in keeper.rows("stockBalances")} == shown
    assert (await on_hand(company, tea, warehouse), await on_hand(company, salt, warehouse)) == (118, 8)
    assert await whole(keeper)


async def test_what_the_base_has_already_is_not_added_again(doors: Doors, world) -> None:
    """The answer to the push is lost, and a pull brings what the device does not know to be done."""
    company = world.yunfan
    tea, warehouse = await make_product(company), await make_warehouse(company)
    await move(company, tea, warehouse, "120", "receipt")
    keeper, copied = await doors.device("lin", "tablet"), await doors.device("lin", "other")
    counts(keeper, warehouse, tea, "115")
    [queued] = keeper.pending()
    lines = [{"product_id": line.pop("productId"), **line} for line in queued["arguments"]["lines"]]
    copied.mutate("inventory.post_stock_count", warehouse_id=str(warehouse), id=queued["arguments"]["id"], lines=lines)
    assert statuses(await sync(copied)) == ["applied"]
    await asyncio.to_thread(keeper.pull)
    assert len(keeper.pending()) == 1
    assert [row["onHand"] for row in keeper.rows("stockBalances")] == ["115"]


async def test_what_follows_a_refused_count_waits_for_the_decision(doors: Doors, world) -> None:
    company = world.yunfan
    tea, warehouse = await make_product(company), await make_warehouse(company)
    await move(company, tea, warehouse, "120", "receipt")
    other, keeper = await doors.device("admin", "other"), await doors.device("lin", "tablet")
    counts(other, warehouse, tea, "115")
    counts(keeper, warehouse, tea, "116")
    counts(keeper, warehouse, tea, "117")
    await sync(other)
    assert statuses(await sync(keeper)) == ["inbox", "parked"]
    first = next(entry for entry in keeper.inbox() if entry["state"] == "open")
    keeper.resolve(first["id"], "mine")
    await sync(keeper)
    assert await on_hand(company, tea, warehouse) == 117
    assert keeper.inbox() == []


async def test_what_followed_a_count_that_was_given_up_is_decided_by_itself(doors: Doors, world) -> None:
    company = world.yunfan
    tea, warehouse = await make_product(company), await make_warehouse(company)
    await move(company, tea, warehouse, "120", "receipt")
    other, keeper = await doors.device("admin", "other"), await doors.device("lin", "tablet")
    counts(other, warehouse, tea, "115")
    counts(keeper, warehouse, tea, "110")
    counts(keeper, warehouse, tea, "117")
    await sync(other)
    await sync(keeper)
    keeper.resolve(next(entry for entry in keeper.inbox() if entry["state"] == "open")["id"], "theirs")
    await sync(keeper)
    [left] = keeper.inbox()
    assert (left["code"], await on_hand(company, tea, warehouse)) == ("CREATION_DISCARDED", 115)
    keeper.resolve(left["id"], "mine")
    await sync(keeper)
    assert await on_hand(company, tea, warehouse) == 117
