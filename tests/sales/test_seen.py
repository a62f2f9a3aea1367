"""Whoever confirms says what they saw: what stands otherwise by now is not confirmed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from modules.catalog.errors import PriceInvalid
from modules.sales.commands.confirm_order import ConfirmOrder
from modules.sales.commands.edit_order import EditOrder
from modules.sales.commands.edit_order_line import EditOrderLine
from modules.sales.commands.remove_order_line import RemoveOrderLine
from modules.sales.entities import SalesOrder, SalesOrderLine
from modules.sales.errors import OrderChangedSinceSeen
from modules.sales.seen import SeenLine, SeenOrder
from tenants.entities import Role
from tests.party.makers import make_customer, row_of
from tests.sales.makers import line, lines_of, make_order, make_product
from tests.world import Company, World, seed
from values.errors import QuantityInvalid, Refusal


async def quotation(company: Company) -> tuple[UUID, list[SalesOrderLine]]:
    """Two boxes of tea at 12.50, and one of salt at 3."""
    tea, salt = await make_product(company), await make_product(company, "盐", list_price=Decimal(3))
    made = await make_order(company, "li", await make_customer(company, "li"), [line(tea), line(salt, "1")])
    return made, await lines_of(company, made)


def seen(lines: list[SalesOrderLine], total_minor: int | None = 2800) -> SeenOrder:
    told = [
        SeenLine(id=row.id, product_id=row.product_id, quantity=row.quantity, unit_price=row.unit_price)
        for row in lines
    ]
    return SeenOrder(total_minor=total_minor, currency="CNY", lines=told)


async def confirm(company: Company, made: UUID, given: SeenOrder | None) -> None:
    await company.run("lin", "sales.confirm_order", ConfirmOrder(id=made, seen=given))


async def refused(company: Company, made: UUID, given: SeenOrder) -> OrderChangedSinceSeen:
    with pytest.raises(OrderChangedSinceSeen) as raised:
        await confirm(company, made, given)
    order = await row_of(company, SalesOrder, made)
    assert (order.state, order.confirmed_at) == ("draft", None)
    return raised.value


async def hide(company: Company, *masks: str) -> None:
    async def masked(ctx: Any) -> None:
        for role in await ctx.session.scalars(select(Role)):
            role.masks = list(masks)

    await seed(company.app, company.tenant_id, masked)


async def edit(company: Company, row: SalesOrderLine, **fields: Any) -> None:
    await company.run("li", "sales.edit_order_line", EditOrderLine(id=row.id, **fields))


@pytest.mark.parametrize("odd", ["NaN", "sNaN", "Infinity", "1E+999999", "1E-99"])
async def test_what_nobody_can_have_seen_is_refused(world: World, odd: str) -> None:
    company = world.yunfan
    made, lines = await quotation(company)
    row = lines[0]
    for found in (
        SeenLine(id=row.id, product_id=row.product_id, quantity=Decimal(odd)),
        SeenLine(id=row.id, product_id=row.product_id, quantity=row.quantity, unit_price=Decimal(odd)),
    ):
        with pytest.raises((QuantityInvalid, PriceInvalid)):
            await confirm(company, made, SeenOrder(lines=[found]))
    assert (await row_of(company, SalesOrder, made)).state == "draft"


async def test_huge_and_unknown_is_refused(world: World) -> None:
    company = world.yunfan
    made, lines = await quotation(company)
    many = [SeenLine(id=uuid4(), product_id=uuid4(), quantity=Decimal(1))] * 10_001
    for given in (
        SeenOrder(lines=many),
        SeenOrder(total_minor=10**30, currency="CNY"),
        SeenOrder(total_minor=1, currency="x" * 100),
    ):
        with pytest.raises(Refusal) as raised:
            await confirm(company, made, given)
        assert not isinstance(raised.value, OrderChangedSinceSeen)
    assert (await row_of(company, SalesOrder, made)).state == "draft"
    assert lines


async def test_another_total_is_refused_with_both(world: World) -> None:
    company = world.yunfan
    made, lines = await quotation(company)
    await edit(company, lines[0], quantity=Decimal(110))
    for given in (SeenOrder(total_minor=2800, currency="CNY"), SeenOrder(total_minor=2800)):
        found = await refused(company, made, given)
        assert "确认时合计 ¥28.00，现在是 ¥1,378.00" in found.sentence()
        assert "its total was ¥28.00 and is ¥1,378.00 now" in found.sentence("en")
        assert found.differences == [{"field": "totalMinor", "base": 2800, "mine": 2800, "theirs": 137_800}]


async def test_another_currency_is_refused(world: World) -> None:
    company = world.yunfan
    made, _ = await quotation(company)
    await company.run("li", "sales.edit_order", EditOrder(id=made, currency="USD"))
    found = await refused(company, made, SeenOrder(total_minor=2800, currency="CNY"))
    assert "确认时合计 ¥28.00，现在是 USD 28.00" in found.sentence()
    assert [told["field"] for told in found.differences] == ["totalMinor", "currency"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"quantity": Decimal(4), "unit_price": Decimal("6.25")}, ["“龙井茶”数量 2 → 4", "“龙井茶”单价 12.5 → 6.25"]),
        ({"product_id": "salt"}, ["商品 龙井茶 → 盐"]),
    ],
)
async def test_other_lines_of_the_same_total_are_refused(world: World, change: dict[str, Any], told: list[str]) -> None:
    company = world.yunfan
    made, lines = await quotation(company)
    changed = {name: lines[1].product_id if value == "salt" else value for name, value in change.items()}
    await edit(company, lines[0], **changed)
    found = await refused(company, made, seen(lines))
    assert all(words in found.sentence() for words in told)
    assert "合计" not in found.sentence()


async def test_lines_that_came_and_went_are_told(world: World) -> None:
    company = world.yunfan
    made, lines = await quotation(company)
    found = await refused(company, made, seen(lines[:1], None))
    assert "“盐”数量 1（新增）" in found.sentence()
    await company.run("li", "sales.remove_order_line", RemoveOrderLine(id=lines[1].id))
    found = await refused(company, made, seen(lines, None))
    assert "“盐”数量 1（已移除）" in found.sentence()


async def test_a_hidden_total_is_neither_told_nor_compared(world: World) -> None:
    company = world.yunfan
    made, lines = await quotation(company)
    await hide(company, "sales.SalesOrder.total_minor", "sales.SalesOrderLine.unit_price")
    await edit(company, lines[0], quantity=Decimal(11))
    found = await refused(company, made, seen(lines, 1))
    assert "¥" not in found.sentence() + found.sentence("en")
    assert [told["field"] for told in found.differences] == ["lines.0.quantity"]
    await confirm(company, made, SeenOrder(total_minor=1))


@pytest.mark.parametrize("given", ["nothing", "all", "total", "lines"])
async def test_what_stands_as_it_was_seen_is_confirmed(world: World, given: str) -> None:
    company = world.yunfan
    made, lines = await quotation(company)
    whole = seen(list(reversed(lines)))
    parts = {
        "nothing": None,
        "all": whole,
        "total": SeenOrder(total_minor=2800, currency="CNY"),
        "lines": SeenOrder(lines=whole.lines),
    }
    await confirm(company, made, parts[given])
    assert (await row_of(company, SalesOrder, made)).state == "confirmed"
