"""Quotations: who may, what is refused by field, where they lie, what they come to."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import uuid4

import pytest
from sqlalchemy import select

from modules.catalog.commands.archive_product import ArchiveProduct
from modules.party.commands.archive_customer import ArchiveCustomer
from modules.party.errors import RecordArchived
from modules.sales.commands.create_order import CreateOrder
from modules.sales.commands.edit_order import EditOrder
from modules.sales.entities import SalesOrder, SalesOrderLine
from modules.sales.errors import OrderSettled
from tests.party.makers import make_customer, row_of, rows_of
from tests.sales.makers import cancel, confirm, line, lines_of, make_order, make_product
from tests.world import World
from values.errors import (
    AlreadyTaken,
    ModuleNotBought,
    NotFound,
    PermissionDenied,
    Refusal,
    SubscriptionLapsed,
    VersionConflict,
)
from values.ids import new_id


async def test_the_auditor_may_not(world: World) -> None:
    customer = await make_customer(world.yunfan, "li")
    made = await make_order(world.yunfan, "li", customer)
    with pytest.raises(PermissionDenied):
        await make_order(world.yunfan, "zhou", customer)
    with pytest.raises(PermissionDenied):
        await world.yunfan.run("zhou", "sales.edit_order", EditOrder(id=made, notes="甲"))


async def test_only_for_a_customer_that_one_sees(world: World) -> None:
    theirs, foreign = await make_customer(world.yunfan, "zhao"), await make_customer(world.seagull)
    for row_id in (theirs, foreign, uuid4()):
        with pytest.raises(NotFound) as refused:
            await make_order(world.yunfan, "li", row_id)
        assert refused.value.field == "customerId"


async def test_neither_orders_nor_products_of_others(world: World) -> None:
    mine = await make_customer(world.yunfan, "li")
    colleagues = await make_order(world.yunfan, "zhao", await make_customer(world.yunfan, "zhao"))
    foreign = await make_order(world.seagull, "admin", await make_customer(world.seagull))
    for row_id in (colleagues, foreign, uuid4()):
        with pytest.raises(NotFound):
            await world.yunfan.run("li", "sales.edit_order", EditOrder(id=row_id, notes="甲"))
    tea, their_tea = await make_product(world.yunfan), await make_product(world.seagull)
    with pytest.raises(NotFound) as refused:
        await make_order(world.yunfan, "li", mine, [line(tea), line(their_tea)])
    assert refused.value.field == "lines.1.productId"
    assert await rows_of(world.yunfan, "li", select(SalesOrder)) == []


async def test_after_the_trial_and_without_the_module(world: World, clock) -> None:
    from billing.trials import activate_subscription_of

    customer = await make_customer(world.yunfan)
    clock.move(days=17)
    with pytest.raises(SubscriptionLapsed):
        await make_order(world.yunfan, "admin", customer)
    await activate_subscription_of(world.yunfan.app.engine, world.yunfan.tenant_id, ["crm"], None)
    with pytest.raises(ModuleNotBought):
        await make_order(world.yunfan, "admin", customer)


@pytest.mark.parametrize(
    ("quantity", "price", "code", "field"),
    [
        ("0", None, "QUANTITY_NOT_POSITIVE", "lines.1.quantity"),
        ("-1", None, "QUANTITY_NOT_POSITIVE", "lines.1.quantity"),
        ("NaN", None, "QUANTITY_INVALID", "lines.1.quantity"),
        ("Infinity", None, "QUANTITY_INVALID", "lines.1.quantity"),
        ("1.0000000001", None, "QUANTITY_INVALID", "lines.1.quantity"),
        ("1", "-1", "PRICE_INVALID", "lines.1.unitPrice"),
        ("1", "NaN", "PRICE_INVALID", "lines.1.unitPrice"),
        ("1", "0.1234567", "PRICE_INVALID", "lines.1.unitPrice"),
        ("999999999999999", "999999999999", "AMOUNT_INVALID", "lines.1"),
    ],
)
async def test_a_bad_line_is_refused_by_its_place(world: World, quantity, price, code, field) -> None:
    customer, tea = await make_customer(world.yunfan, "li"), await make_product(world.yunfan)
    with pytest.raises(Refusal) as refused:
        await make_order(world.yunfan, "li", customer, [line(tea), line(tea, quantity, price)])
    assert (refused.value.code, refused.value.field) == (code, field)
    assert await rows_of(world.yunfan, "li", select(SalesOrder)) == []


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"currency": "人民币"}, "CURRENCY_UNKNOWN", "currency"),
        ({"currency": "BGN", "ordered_on": date(2026, 2, 1)}, "CURRENCY_WITHDRAWN", "currency"),
        ({"ordered_on": date(1899, 1, 1)}, "DATE_OUT_OF_RANGE", "orderedOn"),
        ({"notes": "长" * 20_001}, "TEXT_TOO_LONG", "notes"),
    ],
)
async def test_a_bad_header_is_refused_by_field(world: World, fields, code, field) -> None:
    customer = await make_customer(world.yunfan, "li")
    with pytest.raises(Refusal) as refused:
        await make_order(world.yunfan, "li", customer, **fields)
    assert (refused.value.code, refused.value.field) == (code, field)


async def test_too_many_lines_and_an_id_twice(world: World) -> None:
    customer, tea = await make_customer(world.yunfan, "li"), await make_product(world.yunfan)
    with pytest.raises(Refusal) as refused:
        await make_order(world.yunfan, "li", customer, [line(tea)] * 501)
    assert (refused.value.code, refused.value.field) == ("TOO_MANY_ROWS", "lines")
    twice = new_id()
    with pytest.raises(AlreadyTaken) as taken:
        await make_order(world.yunfan, "li", customer, [line(tea, id=twice), line(tea, id=twice)])
    assert taken.value.field == "lines.1.id"


async def test_not_with_what_is_archived(world: World) -> None:
    customer, tea = await make_customer(world.yunfan, "li"), await make_product(world.yunfan)
    await world.yunfan.run("admin", "catalog.archive_product", ArchiveProduct(id=tea))
    with pytest.raises(Refusal) as refused:
        await make_order(world.yunfan, "li", customer, [line(tea)])
    assert (refused.value.code, refused.value.field) == ("MASTER_DATA_ARCHIVED", "lines.0.productId")
    await world.yunfan.run("admin", "party.archive_customer", ArchiveCustomer(id=customer))
    with pytest.raises(RecordArchived):
        await make_order(world.yunfan, "admin", customer)


async def test_a_price_is_given_or_listed_in_the_orders_currency(world: World) -> None:
    customer = await make_customer(world.yunfan, "li")
    tea, unpriced = await make_product(world.yunfan), await make_product(world.yunfan, "样品", list_price=None)
    for product, currency in ((unpriced, None), (tea, "USD")):
        with pytest.raises(Refusal) as refused:
            await make_order(world.yunfan, "li", customer, [line(product)], currency=currency)
        assert (refused.value.code, refused.value.field) == ("PRICE_MISSING", "lines.0.unitPrice")
    made = await make_order(world.yunfan, "li", customer, [line(tea, "2", "1.80")], currency="USD")
    assert (await row_of(world.yunfan, SalesOrder, made)).total_minor == 360


async def test_a_hidden_price_cannot_be_given(world: World) -> None:
    from dataclasses import replace

    from kernel.command import command_named
    from kernel.policy import Authority

    customer, tea = await make_customer(world.yunfan, "li"), await make_product(world.yunfan)
    li = await world.yunfan.actor("li")
    blind = replace(li, authority=Authority(li.authority.grants, frozenset({"sales.SalesOrderLine.unit_price"})))
    run, command = world.yunfan.app.engine.executor.run, command_named("sales.create_order")
    with pytest.raises(Refusal) as refused:
        await run(blind, command, CreateOrder(customer_id=customer, lines=[line(tea, "1", "3")]))
    assert (refused.value.code, refused.value.field) == ("FIELD_HIDDEN", "lines.0.unitPrice")
    made = await run(blind, command, CreateOrder(customer_id=customer, lines=[line(tea, "1")]))
    assert [row.unit_price for row in await lines_of(world.yunfan, made.row_id)] == [Decimal("12.5")]


async def test_it_lies_where_its_customer_lies(world: World) -> None:
    """王主管 sells to 小李's customer: 小李 reads it, 小赵 does not."""
    company = world.yunfan
    customer, tea = await make_customer(company, "li"), await make_product(company)
    made = await make_order(company, "wang", customer, [line(tea)])
    row = await row_of(company, SalesOrder, made)
    assert (row.owner_id, row.state, row.currency, row.ordered_on) == (
        company.people["li"],
        "draft",
        "CNY",
        date(2026, 3, 2),
    )
    for entity in (SalesOrder, SalesOrderLine):
        assert len(await rows_of(company, "li", select(entity))) == 1
        assert await rows_of(company, "zhao", select(entity)) == []
        assert {found.scope_path for found in await rows_of(company, "li", select(entity))} == {row.scope_path}


async def test_its_day_is_the_companys(world: World, clock) -> None:
    clock.instant = datetime(2026, 3, 2, 16, 30, tzinfo=UTC)  # half past midnight in Shanghai
    made = await make_order(world.yunfan, "li", await make_customer(world.yunfan, "li"))
    assert (await row_of(world.yunfan, SalesOrder, made)).ordered_on == date(2026, 3, 3)


async def test_numbers_follow_each_other_and_stand_once(world: World) -> None:
    customer = await make_customer(world.yunfan, "li")
    made = [await make_order(world.yunfan, "li", customer) for _ in range(3)]
    numbers = [(await row_of(world.yunfan, SalesOrder, row_id)).number for row_id in made]
    assert len(set(numbers)) == 3
    assert numbers == sorted(numbers)
    assert all(number.startswith("SO") for number in numbers)
    theirs = await make_order(world.seagull, "admin", await make_customer(world.seagull))
    assert (await row_of(world.seagull, SalesOrder, theirs)).number == numbers[0]


async def test_every_amount_is_rounded_once_and_the_total_is_their_sum(world: World) -> None:
    company = world.yunfan
    customer, tea = await make_customer(company, "li"), await make_product(company)
    given = [("3", "0.335"), ("3", "0.335"), ("0.5", "0.01"), ("0.333333333", "99.999999"), ("1", "0")]
    made = await make_order(company, "li", customer, [line(tea, *pair) for pair in given])
    amounts = [row.amount_minor for row in await lines_of(company, made)]
    assert amounts == [101, 101, 1, 3333, 0]
    assert (await row_of(company, SalesOrder, made)).total_minor == sum(amounts)


@pytest.mark.parametrize(("currency", "total"), [("JPY", 13), ("CNY", 1250), ("KWD", 12500)])
async def test_minor_units_are_the_currencys(world: World, currency: str, total: int) -> None:
    customer, tea = await make_customer(world.yunfan, "li"), await make_product(world.yunfan)
    made = await make_order(world.yunfan, "li", customer, [line(tea, "1", "12.5")], currency=currency)
    assert (await row_of(world.yunfan, SalesOrder, made)).total_minor == total


async def test_another_currency_is_another_amount(world: World) -> None:
    company = world.yunfan
    customer, tea = await make_customer(company, "li"), await make_product(company)
    made = await make_order(company, "li", customer, [line(tea, "2", "12.5")])
    await company.run("li", "sales.edit_order", EditOrder(id=made, version=1, currency="JPY"))
    assert [(row.amount_minor, row.currency) for row in await lines_of(company, made)] == [(25, "JPY")]
    assert (await row_of(company, SalesOrder, made)).total_minor == 25
    with pytest.raises(VersionConflict):
        await company.run("li", "sales.edit_order", EditOrder(id=made, version=1, notes="晚了"))


async def test_terms_change_in_a_draft_only_and_notes_always(world: World) -> None:
    company = world.yunfan
    customer, tea = await make_customer(company, "li"), await make_product(company)
    made = await make_order(company, "li", customer, [line(tea)])
    await confirm(company, "li", made)
    for fields, field in (({"currency": "USD"}, "currency"), ({"ordered_on": date(2026, 1, 1)}, "orderedOn")):
        with pytest.raises(OrderSettled) as refused:
            await company.run("li", "sales.edit_order", EditOrder(id=made, **fields))
        assert refused.value.field == field
    await company.run("li", "sales.edit_order", EditOrder(id=made, notes="周五送货", currency="CNY"))
    await cancel(company, "li", made)
    await company.run("li", "sales.edit_order", EditOrder(id=made, notes="客户改期"))
    assert (await row_of(company, SalesOrder, made)).notes == "客户改期"
