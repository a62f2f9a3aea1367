"""A count of which some lines met another count: those are kept back for the keeper, the others are posted."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from modules.inventory.commands.post_stock_count import CountedLine, PostStockCount
from modules.inventory.errors import CountedMeanwhile
from sync.client import Offline, Replica
from sync.push import Pusher
from tests.sales.makers import make_product, make_warehouse, move, on_hand
from tests.sync.conftest import Doors, Network
from tests.sync.test_trade import statuses, sync, whole
from tests.sync.test_trade_offline import counts, found_there
from values.ids import new_id


async def test_the_api_posts_all_or_nothing(world) -> None:
    """Whoever is at the screen sees at once what clashes, and decides before anything is posted."""
    company = world.yunfan
    warehouse, tea, salt = await make_warehouse(company), await make_product(company), await make_product(company, "盐")
    lines = [CountedLine(product_id=product, counted=Decimal(5), expected=Decimal(0)) for product in (tea, salt)]
    await company.run("lin", "inventory.post_stock_count", PostStockCount(warehouse_id=warehouse, lines=lines[:1]))
    with pytest.raises(CountedMeanwhile):
        await company.run("lin", "inventory.post_stock_count", PostStockCount(warehouse_id=warehouse, lines=lines))
    assert await on_hand(company, salt, warehouse) == 0


async def _three_counted(doors: Doors, company: Any, keeper: Replica) -> tuple[list[UUID], UUID, str]:
    """Tea, salt and rice; `keeper` has counted all three, and somebody else the tea and the rice before it came."""
    warehouse = await make_warehouse(company)
    goods = [await make_product(company, name) for name in ("龙井茶", "盐", "米")]
    for product in goods:
        await move(company, product, warehouse, "120", "receipt")
    await sync(keeper)
    other = await doors.device("admin", f"other-{keeper.device_id}")
    lines = [{"id": str(new_id()), **found_there(keeper, product, "115")} for product in goods]
    count = keeper.mutate("inventory.post_stock_count", warehouse_id=str(warehouse), lines=lines)
    for product in (goods[0], goods[2]):
        counts(other, warehouse, product, "117")
    assert statuses(await sync(other)) == ["applied"] * 2
    assert count is not None
    return goods, warehouse, count


async def test_the_lines_that_do_not_clash_are_posted(doors: Doors, world) -> None:
    company, keeper = world.yunfan, await doors.device("lin", "tablet")
    goods, warehouse, count = await _three_counted(doors, company, keeper)
    [outcome] = await sync(keeper)
    [entry] = keeper.inbox()
    assert (outcome["status"], outcome["inboxId"]) == ("merged", entry["id"])
    assert [int(await on_hand(company, product, warehouse)) for product in goods] == [117, 115, 117]
    assert entry["code"] == "LINES_COUNTED_MEANWHILE"
    assert entry["differences"] == [
        {"field": f"lines.{number}.counted", "base": "120", "mine": "115", "theirs": "117"} for number in (0, 1)
    ]
    assert [entry["fieldFacts"][f"lines.{n}.counted"]["zh"] for n in (0, 1)] == ["龙井茶 实盘数量", "米 实盘数量"]
    assert [line["productId"] for line in entry["arguments"]["lines"]] == [str(goods[0]), str(goods[2])]
    assert "其他商品已过账" in entry["messageZh"]
    assert "龙井茶" in entry["messageZh"]
    assert "盐" not in entry["messageZh"]
    assert [(line["countId"], line["productId"]) for line in keeper.rows("stockCountLines", count_id=count)] == [
        (count, str(goods[1]))
    ]
    keeper.resolve(entry["id"], "mine")
    assert statuses(await sync(keeper)) == ["applied"]
    assert [int(await on_hand(company, product, warehouse)) for product in goods] == [115, 115, 115]
    assert (keeper.inbox(), await whole(keeper)) == ([], True)


async def test_lines_that_are_given_up_leave_the_others_posted(doors: Doors, world) -> None:
    company, keeper = world.yunfan, await doors.device("lin", "tablet")
    goods, warehouse, _ = await _three_counted(doors, company, keeper)
    await sync(keeper)
    keeper.resolve(keeper.inbox()[0]["id"], "theirs")
    assert statuses(await sync(keeper)) == ["applied"]
    assert [int(await on_hand(company, product, warehouse)) for product in goods] == [117, 115, 117]
    assert (keeper.inbox(), await whole(keeper)) == ([], True)


async def test_a_count_in_parts_is_done_once_however_often_it_comes(doors: Doors, world) -> None:
    network = Network()
    company, keeper = world.yunfan, await doors.device("lin", "tablet", transport=network)
    goods, warehouse, _ = await _three_counted(doors, company, keeper)
    network.lose_answers = {"/sync/v1/push"}
    with pytest.raises(Offline):
        await sync(keeper)
    network.lose_answers = set()
    [outcome] = await sync(keeper)
    [entry] = keeper.inbox()
    assert (outcome["status"], outcome["inboxId"]) == ("merged", entry["id"])
    assert [int(await on_hand(company, product, warehouse)) for product in goods] == [117, 115, 117]


async def test_what_follows_a_line_that_was_kept_back_waits_for_the_decision(doors: Doors, world) -> None:
    company, keeper = world.yunfan, await doors.device("lin", "tablet")
    goods, warehouse, _ = await _three_counted(doors, company, keeper)
    counts(keeper, warehouse, goods[1], "114")  # behind a line that is posted
    counts(keeper, warehouse, goods[0], "113")  # behind one that is not
    assert statuses(await sync(keeper)) == ["merged", "applied", "parked"]
    assert [int(await on_hand(company, product, warehouse)) for product in goods] == [117, 114, 117]
    keeper.resolve(next(entry["id"] for entry in keeper.inbox() if entry["state"] == "open"), "mine")
    await sync(keeper)
    assert [int(await on_hand(company, product, warehouse)) for product in goods] == [113, 114, 115]
    assert (keeper.inbox(), await whole(keeper)) == ([], True)


async def test_a_clash_that_comes_between_is_kept_back_too(
    doors: Doors, world, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The salt is counted by somebody between the first look at the count and its posting in part."""
    company, keeper = world.yunfan, await doors.device("lin", "tablet")
    goods, warehouse, _ = await _three_counted(doors, company, keeper)
    apply, looks = Pusher._apply, []

    async def applied(self: Pusher, mutation: Any, train: Any, aside: Any) -> Any:
        looks.append(aside is not None)
        if looks == [False, True]:
            line = CountedLine(product_id=goods[1], counted=Decimal(9), expected=Decimal(120), after=None)
            data = PostStockCount(warehouse_id=warehouse, lines=[line])
            await company.run("admin", "inventory.post_stock_count", data)
        return await apply(self, mutation, train, aside)

    monkeypatch.setattr(Pusher, "_apply", applied)
    assert statuses(await sync(keeper)) == ["inbox"], "now all three clash"
    assert looks == [False, True, False]
    [entry] = keeper.inbox()
    assert entry["code"] == "COUNTED_MEANWHILE"
    assert [d["theirs"] for d in entry["differences"]] == ["117", "9", "117"]
    assert [int(await on_hand(company, product, warehouse)) for product in goods] == [117, 9, 117]
