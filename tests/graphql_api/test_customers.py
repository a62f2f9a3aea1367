"""Customers through the API: the exact shapes of the contract, rights, pages, relations, statements."""

from __future__ import annotations

from typing import Any

import pytest

from tests.graphql_api.conftest import Api
from tests.world import World

CREATE = "mutation($input: CreateCustomerInput!) { createCustomer(input: $input) { id name } }"
LIST = "query($first: Int, $after: String, $filter: CustomerFilter, $orderBy: [CustomerOrder!]) { customers(first: $first, after: $after, filter: $filter, orderBy: $orderBy) { totalCount pageInfo { hasNextPage endCursor } edges { cursor node { id name } } } }"  # noqa: E501


async def _create(api: Api, company: Any, who: str, name: str, **more: Any) -> str:
    found = await api.data(company, who, CREATE, input={"name": name, **more})
    return str(found["createCustomer"]["id"])


async def test_anonymous_is_refused(api: Api) -> None:
    assert await api.code(None, "", LIST) == "NOT_SIGNED_IN"
    assert await api.code(None, "", CREATE, input={"name": "甲"}) == "NOT_SIGNED_IN"


async def test_a_dead_token_is_nobody(api: Api) -> None:
    answer = await api.client.post(
        "/graphql", json={"query": "{ customers { totalCount } }"}, headers={"Authorization": "Bearer gone"}
    )
    assert answer.json()["errors"][0]["extensions"]["code"] == "NOT_SIGNED_IN"


async def test_several_wrong_fields_are_told_together(api: Api, world: World) -> None:
    body = await api(world.yunfan, "li", CREATE, input={"name": "甲", "phone": "123", "email": "not-mail"})
    [error] = body["errors"]
    assert error["extensions"]["code"] == "FIELDS_WRONG"
    told = error["extensions"]["problems"]
    assert [(one["field"], one["code"]) for one in told] == [("phone", "PHONE_INVALID"), ("email", "EMAIL_INVALID")]
    assert all(one["message"] in error["message"] for one in told)


async def test_another_tenants_customer_does_not_exist(api: Api, world: World) -> None:
    row_id = await _create(api, world.yunfan, "admin", "云帆的客户")
    found = await api.data(world.seagull, "admin", "query($id: ID!) { customer(id: $id) { name } }", id=row_id)
    assert found["customer"] is None
    edit = "mutation($input: EditCustomerInput!) { editCustomer(input: $input) { id } }"
    assert await api.code(world.seagull, "admin", edit, input={"id": row_id, "name": "偷"}) == "NOT_FOUND"
    assert (await api.data(world.seagull, "admin", LIST))["customers"]["totalCount"] == 0


async def test_missing_permission(api: Api, world: World) -> None:
    row_id = await _create(api, world.yunfan, "admin", "甲")
    archive = "mutation($input: ArchiveCustomerInput!) { archiveCustomer(input: $input) { id } }"
    body = await api(world.yunfan, "li", archive, input={"id": row_id})
    assert body["errors"][0]["extensions"]["code"] in ("PERMISSION_DENIED", "NOT_FOUND")
    assert body["data"] == {"archiveCustomer": None}
    assert await api.code(world.yunfan, "zhou", CREATE, input={"name": "甲"}) == "PERMISSION_DENIED"


async def test_the_scope_narrows_lists_and_counts(api: Api, world: World) -> None:
    for who in ("admin", "wang", "li", "zhao"):
        await _create(api, world.yunfan, who, f"{who}的客户")
    for who, expected in (("li", 1), ("zhao", 1), ("wang", 3), ("lin", 4), ("zhou", 4)):
        found = (await api.data(world.yunfan, who, LIST))["customers"]
        assert (found["totalCount"], len(found["edges"])) == (expected, expected), who


async def test_exact_shapes(api: Api, world: World) -> None:
    made = await api.data(world.yunfan, "li", 'mutation { createCustomer(input: {name: "北京甲"}) { id name } }')
    assert made["createCustomer"]["name"] == "北京甲"
    found = await api.data(world.yunfan, "li", "{ customers(first: 10) { totalCount edges { node { id name } } } }")
    assert found == {"customers": {"totalCount": 1, "edges": [{"node": made["createCustomer"]}]}}


async def test_errors_say_what_to_do_in_the_readers_language(api: Api, world: World) -> None:
    body = await api(world.yunfan, "li", 'mutation { createCustomer(input: {name: ""}) { id } }')
    extensions = body["errors"][0]["extensions"]
    assert set(extensions) == {"code", "field", "remedy", "requestId"}
    assert extensions["field"] == "name"
    anonymous = await api(None, "", "{ customers { totalCount } }", headers={"Accept-Language": "en-GB,zh;q=0.5"})
    assert anonymous["errors"][0]["message"] == "To do this you must sign in."
    anonymous = await api(None, "", "{ customers { totalCount } }")
    assert anonymous["errors"][0]["message"] == "请先登录。"


async def test_a_retry_with_the_same_key_changes_nothing(api: Api, world: World) -> None:
    headers = {"Idempotency-Key": "k1"}
    first = await api(world.yunfan, "li", CREATE, headers=headers, input={"name": "一次"})
    again = await api(world.yunfan, "li", CREATE, headers=headers, input={"name": "一次"})
    assert first == again
    assert (await api.data(world.yunfan, "li", LIST))["customers"]["totalCount"] == 1
    other = await api(world.yunfan, "li", CREATE, headers=headers, input={"name": "两次"})
    assert other["errors"][0]["extensions"]["code"] == "IDEMPOTENCY_KEY_REUSED"


@pytest.mark.parametrize(
    "order",
    [
        None,
        [{"field": "NAME", "direction": "DESC"}],
        [{"field": "REGION"}],
        [{"field": "REGION", "direction": "DESC"}, {"field": "NAME"}],
        [{"field": "UPDATED_AT", "direction": "DESC"}],
        [{"field": "LEVEL", "direction": "DESC"}, {"field": "REGION"}],
    ],
)
async def test_pages_hold_every_row_once(api: Api, world: World, order: Any) -> None:
    for number in range(11):
        region = {"region": "华东"} if number % 3 else {}
        level = {"level": "a"} if number % 2 else {}
        await _create(api, world.yunfan, "li", f"客户{number // 2}", **region, **level)
    whole = (await api.data(world.yunfan, "li", LIST, first=100, orderBy=order))["customers"]["edges"]
    seen: list[str] = []
    after = None
    while True:
        page = (await api.data(world.yunfan, "li", LIST, first=3, after=after, orderBy=order))["customers"]
        seen += [edge["node"]["id"] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert seen == [edge["node"]["id"] for edge in whole]
    assert len(set(seen)) == 11


async def test_names_sort_by_pinyin(api: Api, world: World) -> None:
    for name in ("重庆丙", "北京甲", "上海乙", "Acme"):
        await _create(api, world.yunfan, "li", name)
    found = (await api.data(world.yunfan, "li", LIST))["customers"]["edges"]
    assert [edge["node"]["name"] for edge in found] == ["Acme", "北京甲", "重庆丙", "上海乙"]


async def test_a_cursor_of_another_order_is_refused(api: Api, world: World) -> None:
    await _create(api, world.yunfan, "li", "甲")
    cursor = (await api.data(world.yunfan, "li", LIST))["customers"]["edges"][0]["cursor"]
    order = [{"field": "REGION"}]
    assert await api.code(world.yunfan, "li", LIST, after=cursor, orderBy=order) == "INVALID_CURSOR"
    for broken in ("x", "💥", cursor[:-3], "W10"):
        assert await api.code(world.yunfan, "li", LIST, after=broken) == "INVALID_CURSOR"


async def test_page_sizes(api: Api, world: World) -> None:
    for first in (0, -1, 201):
        assert await api.code(world.yunfan, "li", LIST, first=first) == "PAGE_TOO_LARGE"


async def test_filters_by_type(api: Api, world: World) -> None:
    one = await _create(
        api, world.yunfan, "li", "甲", level="a", creditLimitMinor="9007199254740993", creditCurrency="CNY"
    )
    two = await _create(api, world.yunfan, "li", "乙", level="b", region="华东")
    for asked, expected in (
        ({"level": {"eq": "a"}}, {one}),
        ({"level": {"in": ["a", "b"]}}, {one, two}),
        ({"region": {"isNull": True}}, {one}),
        ({"region": {"isNull": False}}, {two}),
        ({"region": {"eq": None}}, {one}),
        ({"creditLimitMinor": {"gte": "9007199254740993"}}, {one}),
        ({"creditLimitMinor": {"gt": "9007199254740993"}}, set()),
        ({"name": {"startsWith": "甲"}}, {one}),
        ({"id": {"in": [two]}}, {two}),
        ({"or": [{"level": {"eq": "a"}}, {"region": {"eq": "华东"}}]}, {one, two}),
        ({"not": {"level": {"eq": "a"}}}, {two}),
        ({"createdAt": {"lte": "2026-03-01T00:00:00Z"}}, set()),
        ({"createdAt": {"gte": "2026-03-01T00:00:00Z"}}, {one, two}),
    ):
        found = (await api.data(world.yunfan, "li", LIST, filter=asked))["customers"]
        assert {edge["node"]["id"] for edge in found["edges"]} == expected, asked
        assert found["totalCount"] == len(expected)


async def test_the_recycle_bin(api: Api, world: World) -> None:
    row_id = await _create(api, world.yunfan, "wang", "甲")
    archive = "mutation($id: ID!) { archiveCustomer(input: {id: $id}) { id archivedAt } }"
    assert (await api.data(world.yunfan, "wang", archive, id=row_id))["archiveCustomer"]["archivedAt"]
    for asked, expected in (({}, 0), ({"archived": "ARCHIVED"}, 1), ({"archived": "ALL"}, 1)):
        found = (await api.data(world.yunfan, "wang", LIST, filter=asked))["customers"]
        assert found["totalCount"] == expected


async def test_relations_cost_one_statement_per_level(api: Api, world: World, statements: Any) -> None:
    contact = "mutation($input: CreateContactInput!) { createContact(input: $input) { id } }"
    parent = await _create(api, world.yunfan, "li", "集团")
    for number in range(12):
        row_id = await _create(api, world.yunfan, "li", f"客户{number:02}", parentId=parent)
        for name in ("张三", "李四"):
            await api.data(world.yunfan, "li", contact, input={"customerId": row_id, "name": name})
    nested = """{ customers(first: 20) { totalCount edges { node { name
      owner { name } parent { name } createdBy { name }
      contacts(first: 1) { totalCount pageInfo { hasNextPage } edges { node { name customer { name } } } }
      children { totalCount nodes { name } } } } } }"""
    with statements() as seen:
        found = (await api.data(world.yunfan, "li", nested))["customers"]
    # customers, members, parents, contacts, children, the contacts' customers; and three counts
    assert len(seen) <= 10, "\n".join(seen)
    by_name = {edge["node"]["name"]: edge["node"] for edge in found["edges"]}
    assert by_name["集团"]["children"]["totalCount"] == 12
    assert len(by_name["集团"]["children"]["nodes"]) == 12
    first = by_name["客户00"]
    assert first["owner"] == first["createdBy"] == {"name": "小李"}
    assert first["parent"] == {"name": "集团"}
    assert first["contacts"]["totalCount"] == 2
    assert first["contacts"]["pageInfo"] == {"hasNextPage": True}
    assert [edge["node"]["name"] for edge in first["contacts"]["edges"]] == ["李四"]
    assert first["contacts"]["edges"][0]["node"]["customer"] == {"name": "客户00"}


async def test_nothing_is_counted_that_was_not_asked_for(api: Api, world: World, statements: Any) -> None:
    with statements() as seen:
        await api.data(world.yunfan, "li", "{ customers { edges { node { name } } } }")
    assert len(seen) == 1
    assert "count" not in seen[0]
    with statements() as seen:
        await api.data(world.yunfan, "li", "{ customers { totalCount } }")
    assert len(seen) == 1
    assert "count" in seen[0]


async def test_custom_fields_and_tags_filter(api: Api, world: World) -> None:
    define = "mutation($input: DefineCustomFieldInput!) { defineCustomField(input: $input) { id key kind } }"
    field = {"entity": "party.Customer", "key": "employees", "labelZh": "员工数", "kind": "number"}
    await api.data(world.yunfan, "admin", define, input=field)
    tag = 'mutation { createTag(input: {name: "重点"}) { id } }'
    tag_id = (await api.data(world.yunfan, "admin", tag))["createTag"]["id"]
    big = await _create(api, world.yunfan, "li", "大", custom={"employees": 300}, tagIds=[tag_id])
    small = await _create(api, world.yunfan, "li", "小", custom={"employees": 9})
    for asked, expected in (
        ({"customFilter": [{"key": "employees", "gte": 100}]}, {big}),
        ({"customFilter": [{"key": "employees", "lte": 100}]}, {small}),
        ({"customFilter": [{"key": "employees", "in": [9, 300]}]}, {big, small}),
        ({"customFilter": [{"key": "employees", "isNull": True}]}, set()),
        ({"tags": {"any": [tag_id]}}, {big}),
        ({"tags": {"all": [tag_id]}, "customFilter": [{"key": "employees", "eq": 9}]}, set()),
        ({"tags": {"any": []}}, set()),
    ):
        found = (await api.data(world.yunfan, "li", LIST, filter=asked))["customers"]
        assert {edge["node"]["id"] for edge in found["edges"]} == expected, asked
    unknown = {"customFilter": [{"key": "nope", "eq": 1}]}
    assert await api.code(world.yunfan, "li", LIST, filter=unknown) == "INPUT_MALFORMED"
    shown = await api.data(world.yunfan, "li", "query($id: ID!) { customer(id: $id) { custom tags { name } } }", id=big)
    assert shown["customer"]["tags"] == [{"name": "重点"}]
    assert "employees" in shown["customer"]["custom"]


async def _with_own_field(api: Api, world: World) -> None:
    define = "mutation($input: DefineCustomFieldInput!) { defineCustomField(input: $input) { id } }"
    field = {"entity": "party.Customer", "key": "employees", "labelZh": "员工数", "kind": "number"}
    await api.data(world.yunfan, "admin", define, input=field)


async def test_all_filters_of_a_request_are_bounded_together(api: Api, world: World, statements: Any) -> None:
    await _with_own_field(api, world)
    conditions = [{"key": "employees", "isNull": True}] * 199
    lists = " ".join(f"a{number}: customers(filter: {{customFilter: $c}}) {{ totalCount }}" for number in range(30))
    with statements() as seen:
        body = await api(world.yunfan, "li", f"query($c: [CustomFilter!]) {{ {lists} }}", c=conditions)
    assert {found["extensions"]["code"] for found in body["errors"]} == {"QUERY_TOO_LARGE"}
    assert len(body["errors"]) == 28
    assert len(seen) <= 3  # the definitions once, and the two lists within the limit
    one = {"query": "query($c: [CustomFilter!]) { customers(filter: {customFilter: $c}) { totalCount } }"}
    headers = {"Authorization": f"Bearer {api.token(world.yunfan, 'li')}"}
    batch = await api.client.post("/graphql", json=[{**one, "variables": {"c": conditions}}] * 3, headers=headers)
    assert ["errors" in found for found in batch.json()] == [False, False, True]
    assert batch.json()[2]["errors"][0]["extensions"]["code"] == "QUERY_TOO_LARGE"


@pytest.mark.parametrize(("aliases", "each"), [(1, 1), (2, 199), (30, 16)])
async def test_own_fields_are_read_once_however_many_conditions_ask(
    api: Api, world: World, statements: Any, aliases: int, each: int
) -> None:
    await _with_own_field(api, world)
    conditions = [{"key": "employees", "isNull": True}] * each
    lists = " ".join(f"a{n}: customers(filter: {{customFilter: $c}}) {{ totalCount }}" for n in range(aliases))
    with statements() as seen:
        await api.data(world.yunfan, "li", f"query($c: [CustomFilter!]) {{ {lists} }}", c=conditions)
    assert len(seen) == 1 + aliases


async def test_a_filter_is_bounded(api: Api, world: World) -> None:
    wide = {"or": [{"name": {"eq": str(number)}} for number in range(101)]}
    assert await api.code(world.yunfan, "li", LIST, filter=wide) == "QUERY_TOO_LARGE"
    assert await api.code(world.yunfan, "li", LIST, filter={"name": {"in": ["x"] * 501}}) == "QUERY_TOO_LARGE"
    for depth in (9, 19, 200):
        nested: dict[str, Any] = {"name": {"eq": "x"}}
        for _ in range(depth):
            nested = {"not": nested}
        assert await api.code(world.yunfan, "li", LIST, filter=nested) == "QUERY_TOO_LARGE"
    answer = await api.client.post(
        "/graphql",
        content='{"query": "{__typename}", "variables": ' + '{"a":' * 50_000 + "1" + "}" * 50_001,
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code == 400
