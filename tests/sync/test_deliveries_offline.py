"""A keeper without a network who delivers an order sees the stock go at once, and never twice."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest

from sync.client import Offline, Replica
from tests.party.makers import make_customer
from tests.sales.makers import confirm, line, make_order, make_product, make_warehouse, move, on_hand
from tests.sync.conftest import Doors, Network
from tests.sync.test_trade import statuses, sync, whole
from tests.world import Company


async def _confirmed(company: Company, stock: str = "10") -> tuple[str, UUID, UUID]:
    tea, warehouse = await make_product(company), await make_warehouse(company)
    await move(company, tea, warehouse, stock, "receipt")
    order = await make_order(company, "wang", await make_customer(company, "wang"), [line(tea, "2.5"), line(tea, "1")])
    await confirm(company, "wang", order)
    return str(order), tea, warehouse


def _shown(keeper: Replica, product: UUID) -> list[str]:
    return [row["onHand"] for row in keeper.rows("stockBalances", product_id=str(product))]


async def test_who_sees_no_stock_or_no_orders_takes_nothing(doors: Doors, world: Any) -> None:
    order, tea, _ = await _confirmed(world.yunfan)
    wang, admin = await doors.device("wang", "wang"), await doors.device("admin", "admin")
    known = wang._store.get("schema")
    assert ("stockBalances" in known["collections"]) is bool(known["commands"]["sales.deliver_order"].get("takes"))
    takes = admin._store.get("schema")["commands"]["sales.deliver_order"]["takes"]
    assert (takes["collection"], takes["rows"], takes["minus"]) == ("stockBalances", "salesOrderLines", "quantity")
    admin.mutate("sales.confirm_order", id=order)  # no other move takes anything
    assert _shown(admin, tea) == ["10"]


async def test_a_delivery_takes_the_stock_at_once_and_once(doors: Doors, world: Any) -> None:
    network = Network()
    order, tea, warehouse = await _confirmed(world.yunfan)
    keeper = await doors.device("admin", "tablet", transport=network)
    keeper.mutate("sales.deliver_order", id=order, warehouseId=str(warehouse))
    assert _shown(keeper, tea) == ["6.5"]
    [state] = keeper.rows("stockBalances", states=True)
    assert (state["onHand"], state["_state"]) == ("6.5", "pending")
    assert keeper.row("stockBalances", state["id"])["onHand"] == "6.5"
    assert keeper.rows("stockBalances", onHand="10") == []
    network.lose_answers = {"/sync/v1/push"}
    with pytest.raises(Offline):
        await asyncio.to_thread(keeper.push)
    await asyncio.to_thread(keeper.pull)  # it is in the base by now, and the device does not know that it is answered
    assert (_shown(keeper, tea), len(keeper.pending())) == (["6.5"], 1)
    network.lose_answers = set()
    assert statuses(await sync(keeper)) == ["applied"]
    assert (_shown(keeper, tea), await whole(keeper)) == (["6.5"], True)


async def test_the_answer_before_the_pull_takes_nothing_twice(doors: Doors, world: Any) -> None:
    order, tea, warehouse = await _confirmed(world.yunfan)
    keeper = await doors.device("admin", "tablet")
    keeper.mutate("sales.deliver_order", id=order, warehouseId=str(warehouse))
    assert statuses(await asyncio.to_thread(keeper.push)) == ["applied"]
    assert _shown(keeper, tea) == ["6.5"]
    await asyncio.to_thread(keeper.pull)
    assert _shown(keeper, tea) == ["6.5"]


async def test_a_warehouse_that_is_not_named_is_the_only_one(doors: Doors, world: Any) -> None:
    company = world.yunfan
    order, tea, warehouse = await _confirmed(company)
    keeper = await doors.device("admin", "tablet")
    keeper.mutate("sales.deliver_order", id=order)
    assert _shown(keeper, tea) == ["6.5"]
    await make_warehouse(company, "二仓")
    await asyncio.to_thread(keeper.pull)
    assert _shown(keeper, tea) == ["10"], "nobody can tell from where, and the server will not"
    assert statuses(await sync(keeper)) == ["inbox"]
    assert (_shown(keeper, tea), await on_hand(company, tea, warehouse)) == (["10"], 10)


async def test_a_refused_delivery_gives_the_stock_back(doors: Doors, world: Any) -> None:
    order, tea, warehouse = await _confirmed(world.yunfan)
    keeper, other = await doors.device("admin", "tablet"), await doors.device("lin", "other")
    for replica in (keeper, other):
        replica.mutate("sales.deliver_order", id=order, warehouseId=str(warehouse))
    assert statuses(await sync(other)) == ["applied"]
    assert statuses(await sync(keeper)) == ["inbox"]
    assert (_shown(keeper, tea), await whole(keeper)) == (["6.5"], True)


async def test_an_order_made_and_delivered_offline_counts_from_its_queue(doors: Doors, world: Any) -> None:
    company = world.yunfan
    _, tea, warehouse = await _confirmed(company)
    salt = await make_product(company, "盐")
    customer = str(await make_customer(company, "admin"))
    keeper = await doors.device("admin", "tablet")
    lines = [{"product_id": str(tea), "quantity": "4"}, {"product_id": str(salt), "quantity": "2"}]
    order = keeper.mutate("sales.create_order", customer_id=customer, lines=lines)
    keeper.mutate("sales.confirm_order", id=order)
    keeper.mutate("sales.deliver_order", id=order, warehouse_id=str(warehouse))
    keeper.mutate(
        "inventory.record_stock_move", product_id=str(tea), warehouse_id=str(warehouse), quantity="1", kind="receipt"
    )
    assert (_shown(keeper, tea), _shown(keeper, salt)) == (["7"], ["-2"])
    assert statuses(await sync(keeper)) == ["applied"] * 4
    assert (_shown(keeper, tea), _shown(keeper, salt), await whole(keeper)) == (["7"], ["-2"], True)
