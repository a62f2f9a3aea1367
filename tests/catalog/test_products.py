"""Products: who may, what is refused, prices with their currency, codes that stand once."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from uuid import uuid4

import pytest
from sqlalchemy import select

from modules.catalog.commands.archive_product import ArchiveProduct, RestoreProduct
from modules.catalog.commands.create_product import CreateProduct
from modules.catalog.commands.edit_product import EditProduct
from modules.catalog.entities import Product
from modules.catalog.errors import MasterDataArchived
from modules.party.errors import CurrencyWithoutAmount
from tests.party.makers import row_of, rows_of
from tests.sales.makers import make_product
from tests.world import World
from values.errors import AlreadyTaken, NotFound, PermissionDenied, Refusal, SubscriptionLapsed, VersionConflict


async def test_salespeople_and_the_auditor_look_only(world: World) -> None:
    made = await make_product(world.yunfan)
    for who in ("li", "wang", "zhou"):
        with pytest.raises(PermissionDenied):
            await world.yunfan.run(who, "catalog.create_product", CreateProduct(name="甲"))
        with pytest.raises(PermissionDenied):
            await world.yunfan.run(who, "catalog.edit_product", EditProduct(id=made, name="甲"))
        assert [row.id for row in await rows_of(world.yunfan, who, select(Product))] == [made]


async def test_not_those_of_another_company(world: World) -> None:
    theirs = await make_product(world.seagull)
    for row_id in (theirs, uuid4()):
        with pytest.raises(NotFound):
            await world.yunfan.run("admin", "catalog.edit_product", EditProduct(id=row_id, name="甲"))
    assert await rows_of(world.yunfan, "admin", select(Product)) == []


async def test_without_sales_and_stock_but_not_after_the_trial(world: World, clock) -> None:
    from billing.trials import activate_subscription_of

    clock.move(days=17)
    with pytest.raises(SubscriptionLapsed):
        await make_product(world.yunfan)
    await activate_subscription_of(world.yunfan.app.engine, world.yunfan.tenant_id, ["crm"], None)
    await make_product(world.yunfan)


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"name": " "}, "REQUIRED", "name"),
        ({"name": "长" * 201}, "TEXT_TOO_LONG", "name"),
        ({"unit": "长" * 21}, "TEXT_TOO_LONG", "unit"),
        ({"list_price": Decimal("-0.01")}, "PRICE_INVALID", "listPrice"),
        ({"list_price": Decimal("0.0000001")}, "PRICE_INVALID", "listPrice"),
        ({"list_price": Decimal("1000000000000")}, "PRICE_INVALID", "listPrice"),
        ({"list_price": Decimal("NaN")}, "PRICE_INVALID", "listPrice"),
        ({"list_price": Decimal("Infinity")}, "PRICE_INVALID", "listPrice"),
        ({"currency": "人民币"}, "CURRENCY_UNKNOWN", "currency"),
        ({"currency": "HRK"}, "CURRENCY_WITHDRAWN", "currency"),
        ({"list_price": None, "currency": "CNY"}, "CURRENCY_WITHOUT_AMOUNT", "currency"),
        ({"custom": {"x": 1}}, "CUSTOM_FIELD_UNKNOWN", "custom.x"),
    ],
)
async def test_bad_input_is_refused_by_field(world: World, fields, code, field) -> None:
    with pytest.raises(Refusal) as refused:
        await make_product(world.yunfan, **fields)
    assert (refused.value.code, refused.value.field) == (code, field)


async def test_a_code_stands_once_the_archived_included(world: World) -> None:
    first = await make_product(world.yunfan, code="LJ-01")
    await world.yunfan.run("admin", "catalog.archive_product", ArchiveProduct(id=first))
    with pytest.raises(AlreadyTaken) as refused:
        await make_product(world.yunfan, "另一种", code="LJ-01")
    assert refused.value.field == "code"
    other = await make_product(world.yunfan, "另一种", code="LJ-02")
    with pytest.raises(AlreadyTaken):
        await world.yunfan.run("admin", "catalog.edit_product", EditProduct(id=other, code="LJ-01"))
    await make_product(world.seagull, code="LJ-01")


async def test_two_who_take_one_code_at_once(world: World) -> None:
    done = await asyncio.gather(
        *(make_product(world.yunfan, name, code="LJ-09") for name in ("甲", "乙")), return_exceptions=True
    )
    refused = [found for found in done if isinstance(found, BaseException)]
    assert [(type(found), found.field) for found in refused] == [(AlreadyTaken, "code")]


async def test_a_price_has_one_spelling_and_a_currency(world: World) -> None:
    made = await make_product(world.yunfan, list_price=Decimal("12.5000"))
    row = await row_of(world.yunfan, Product, made)
    assert (row.list_price, row.currency) == (Decimal("12.5"), "CNY")
    await world.yunfan.run("admin", "catalog.edit_product", EditProduct(id=made, currency="USD"))
    assert (await row_of(world.yunfan, Product, made)).currency == "USD"
    await world.yunfan.run("admin", "catalog.edit_product", EditProduct(id=made, list_price=None))
    row = await row_of(world.yunfan, Product, made)
    assert (row.list_price, row.currency) == (None, None)
    with pytest.raises(CurrencyWithoutAmount):
        await world.yunfan.run("admin", "catalog.edit_product", EditProduct(id=made, currency="USD"))
    gift = await make_product(world.yunfan, "赠品", list_price=Decimal(0))
    assert (await row_of(world.yunfan, Product, gift)).currency == "CNY"


async def test_an_archived_product_is_not_edited_and_comes_back(world: World, clock) -> None:
    made = await make_product(world.yunfan)
    await world.yunfan.run("admin", "catalog.archive_product", ArchiveProduct(id=made))
    with pytest.raises(MasterDataArchived) as refused:
        await world.yunfan.run("admin", "catalog.edit_product", EditProduct(id=made, name="乙"))
    assert "龙井茶" in refused.value.sentence()
    clock.move(days=10)
    await world.yunfan.run("admin", "catalog.restore_product", RestoreProduct(id=made))
    assert (await row_of(world.yunfan, Product, made)).archived_at is None


async def test_an_edit_names_the_version_it_saw(world: World) -> None:
    made = await make_product(world.yunfan)
    await world.yunfan.run("admin", "catalog.edit_product", EditProduct(id=made, version=1, name="明前龙井"))
    with pytest.raises(VersionConflict):
        await world.yunfan.run("admin", "catalog.edit_product", EditProduct(id=made, version=1, name="雨前龙井"))
    assert (await row_of(world.yunfan, Product, made)).name_key.startswith("ming")


@pytest.mark.parametrize("price", ["NaN", "sNaN", "-1", "1E+999999"])
async def test_a_price_that_is_none_is_refused_by_name_in_an_edit_too(world: World, price: str) -> None:
    made = await make_product(world.yunfan)
    with pytest.raises(Refusal) as refused:
        await world.yunfan.run("admin", "catalog.edit_product", EditProduct(id=made, list_price=Decimal(price)))
    assert (refused.value.code, refused.value.field) == ("PRICE_INVALID", "listPrice")
