"""Products, stock and orders through the API and in an export: refusals first, then one story of an order."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from exchange.exporting import export_entity
from modules.sales.entities import SalesOrderLine
from tests.graphql_api.conftest import Api
from tests.party.makers import make_customer
from tests.sales.makers import line, make_order, make_product, make_warehouse
from tests.world import World, add_member

CREATE = "mutation($input: CreateOrderInput!) { createOrder(input: $input) { id number state totalMinor } }"
CONFIRM = "mutation($input: ConfirmOrderInput!) { confirmOrder(input: $input) { state confirmedBy { name } } }"
DELIVER = "mutation($input: DeliverOrderInput!) { deliverOrder(input: $input) { state } }"
ORDER = """query($id: ID!) { salesOrder(id: $id) { totalMinor customer { name salesOrders { totalCount } }
  salesOrderLines { edges { node { quantity unitPrice amountMinor product { name } } } } } }"""


async def test_refusals_name_the_line(api: Api, world: World) -> None:
    company = world.yunfan
    customer, tea = await make_customer(company, "li"), await make_product(company)
    given: dict[str, Any] = {"customerId": str(customer), "lines": [{"productId": str(tea), "quantity": "-1"}]}
    assert await api.code(None, "", CREATE, input=given) == "NOT_SIGNED_IN"
    assert await api.code(company, "zhou", CREATE, input=given) == "PERMISSION_DENIED"
    assert await api.code(world.seagull, "admin", CREATE, input=given) == "NOT_FOUND"
    error = (await api(company, "li", CREATE, input=given))["errors"][0]["extensions"]
    assert (error["code"], error["field"]) == ("QUANTITY_NOT_POSITIVE", "lines.0.quantity")
    assert await api.code(company, "li", DELIVER, input={"id": str(tea)}) == "PERMISSION_DENIED"


@pytest.mark.parametrize("quantity", [1.5, "NaN", "1,5"])
async def test_a_quantity_is_an_exact_number_in_a_string(api: Api, world: World, quantity: Any) -> None:
    customer, tea = await make_customer(world.yunfan, "li"), await make_product(world.yunfan)
    given = {"customerId": str(customer), "lines": [{"productId": str(tea), "quantity": quantity}]}
    body = await api(world.yunfan, "li", CREATE, input=given)
    assert "Decimal" in str(body["errors"]) or "十进制" in str(body["errors"])


async def test_from_the_quotation_to_the_stock(api: Api, world: World) -> None:
    company = world.yunfan
    customer, tea = await make_customer(company, "wang"), await make_product(company)
    warehouse = await make_warehouse(company)
    given = {"customerId": str(customer), "lines": [{"productId": str(tea), "quantity": "2.50"}]}
    made = (await api.data(company, "wang", CREATE, input=given))["createOrder"]
    assert (made["state"], made["totalMinor"]) == ("draft", "3125")
    done = await api.data(company, "wang", CONFIRM, input={"id": made["id"]})
    assert done["confirmOrder"] == {"state": "confirmed", "confirmedBy": {"name": "王主管"}}
    assert await api.code(company, "wang", CONFIRM, input={"id": made["id"]}) == "INVALID_TRANSITION"
    await api.data(company, "wang", DELIVER, input={"id": made["id"], "warehouseId": str(warehouse)})
    shown = (await api.data(company, "wang", ORDER, id=made["id"]))["salesOrder"]
    assert shown["customer"]["salesOrders"]["totalCount"] == 1
    assert [edge["node"] for edge in shown["salesOrderLines"]["edges"]] == [
        {"quantity": "2.5", "unitPrice": "12.500000", "amountMinor": "3125", "product": {"name": "龙井茶"}}
    ]
    stock = await api.data(
        company, "li", "{ stockBalances { edges { node { onHand negativeSince warehouse { name } } } } }"
    )
    assert [edge["node"]["onHand"] for edge in stock["stockBalances"]["edges"]] == ["-2.5"]
    found = await api.data(company, "wang", "query($t: String!) { search(text: $t) { kind title } }", t=made["number"])
    assert found["search"] == [{"kind": "SalesOrder", "title": made["number"]}]
    found = await api.data(company, "zhao", "query($t: String!) { search(text: $t) { kind title } }", t=made["number"])
    assert found["search"] == []
    found = await api.data(company, "zhao", '{ search(text: "longjing") { kind title } }')
    assert found["search"] == [{"kind": "Product", "title": "龙井茶"}]


async def test_prices_that_a_role_hides(api: Api, world: World) -> None:
    company = world.yunfan
    await add_member(company, "wu", "吴仓管", "warehouse_keeper", "all", None)
    made = await make_order(company, "li", await make_customer(company, "li"), [line(await make_product(company))])
    shown = (await api.data(company, "wu", ORDER, id=str(made)))["salesOrder"]
    assert shown["totalMinor"] is None
    assert [(e["node"]["quantity"], e["node"]["unitPrice"]) for e in shown["salesOrderLines"]["edges"]] == [("2", None)]


async def test_an_export_of_lines_names_their_order_and_product(world: World) -> None:
    company = world.yunfan
    await make_order(
        company, "li", await make_customer(company, "li"), [line(await make_product(company), "3", "0.335")]
    )
    data = await export_entity(company.app.engine, await company.actor("lin"), SalesOrderLine, "csv")
    (row,) = csv.DictReader(io.StringIO(data.decode("utf-8-sig")))
    assert row["销售单"].startswith("SO")
    assert (row["商品"], row["数量"], row["金额"], row["币种"]) == ("龙井茶", "3", "1.01", "CNY")
