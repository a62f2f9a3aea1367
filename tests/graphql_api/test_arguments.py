"""What no argument may be: too many, too deep, too large, unreadable, forged."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from graphql_api.schema import build_shapes
from kernel.query import text_range
from tests.graphql_api.conftest import Api
from tests.world import World

LIST = "query($filter: CustomerFilter, $after: String, $orderBy: [CustomerOrder!]) { customers(first: 1, after: $after, filter: $filter, orderBy: $orderBy) { totalCount pageInfo { endCursor } nodes { name } } }"  # noqa: E501
CREATE = "mutation($input: CreateCustomerInput!) { createCustomer(input: $input) { id } }"
IMPORT = "mutation($file: FileInput!) { importCustomers(file: $file, dryRun: true) { rows created } }"
PART = {"name": {"eq": "x"}}


def _chain(depth: int) -> dict[str, Any]:
    nested: dict[str, Any] = PART
    for _ in range(depth):
        nested = {"and": [nested]}
    return nested


@pytest.mark.parametrize(
    "asked",
    [
        {"or": [{}] * 30_000},
        {"or": [PART] * 101},
        {"and": [PART] * 101},
        {"or": [{"or": [{"or": [PART] * 10}] * 10}] * 5},
        {"tags": {"any": ["00000000-0000-0000-0000-000000000000"] * 501}},
        {"tags": {"all": ["00000000-0000-0000-0000-000000000000"] * 201}},
        {"name": {"in": ["x"] * 501}},
        {"customFilter": [{"key": "k", "in": [1] * 501}]},
        {"customFilter": [{"key": "k", "eq": 1}] * 201},
        _chain(9),
    ],
)
async def test_an_oversized_filter_is_refused_at_once(
    api: Api, world: World, statements: Any, asked: dict[str, Any]
) -> None:
    with statements() as seen:
        assert await api.code(world.yunfan, "li", LIST, filter=asked) == "QUERY_TOO_LARGE"
    assert seen == []


@pytest.mark.parametrize(
    "asked", [{"or": []}, {"and": []}, {"or": [{}]}, {"or": [PART, {}]}, {"not": {}}, {"and": [{"name": {}}]}]
)
async def test_a_part_that_says_nothing_is_refused(api: Api, world: World, asked: dict[str, Any]) -> None:
    assert await api.code(world.yunfan, "li", LIST, filter=asked) == "INPUT_MALFORMED"


async def test_a_filter_within_the_limits_is_answered(api: Api, world: World) -> None:
    await api.data(world.yunfan, "li", CREATE, input={"name": "x"})
    for asked in ({"or": [PART] * 100}, {"name": {"in": ["x"] * 500}}, _chain(8), {}):
        assert (await api.data(world.yunfan, "li", LIST, filter=asked))["customers"]["totalCount"] == 1


async def test_variables_are_counted(api: Api, world: World) -> None:
    custom = {f"k{number}": 1 for number in range(50_001)}
    body = await api(world.yunfan, "li", CREATE, input={"name": "x", "custom": custom})
    assert body["errors"][0]["extensions"]["code"] == "QUERY_TOO_LARGE"
    assert "data" not in body or body["data"] is None


@pytest.mark.parametrize("who", [None, "li", "lin"])
async def test_only_an_import_may_be_large(api: Api, world: World, who: str | None) -> None:
    """Members too: what is not a file has no reason to be."""
    headers = {"Content-Type": "application/json"}
    if who is not None:
        headers["Authorization"] = f"Bearer {api.token(world.yunfan, who)}"
    padding = "x" * 1_100_000
    bodies: list[Any] = [
        {"query": LIST, "variables": {"after": padding}},
        {"query": f"# {padding}\n{{ __typename }}"},
        {"query": "{ __typename }", "x": padding},
        [{"query": "{ __typename }", "variables": {"x": padding}}],
        {"query": IMPORT[:-1] + ' createCustomer(input: {name: "x"}) { id } }', "variables": {"x": padding}},
        {"query": 1, "x": padding},
    ]
    for body in bodies:
        answer = await api.client.post("/graphql", content=json.dumps(body), headers=headers)
        assert answer.status_code == 413, body
        assert answer.json()["errors"][0]["extensions"]["code"] == "BODY_TOO_LARGE"


async def test_a_large_import_is_one_file_and_nothing_else(api: Api, world: World) -> None:
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {api.token(world.yunfan, 'lin')}"}
    text = "客户名称\n" + "甲\n" * 3 + "," * 900_000
    file = {"name": "x.csv", "contentBase64": base64.b64encode(text.encode()).decode()}
    answer = await api.client.post(
        "/graphql", content=json.dumps({"query": IMPORT, "variables": {"file": file}}), headers=headers
    )
    assert answer.status_code == 200
    assert "INTERNAL" not in answer.text
    assert "QUERY_TOO_LARGE" not in answer.text
    heap = {"file": file, "x": [{}] * 300_000}
    answer = await api.client.post(
        "/graphql", content=json.dumps({"query": IMPORT, "variables": heap}), headers=headers
    )
    assert answer.json()["errors"][0]["extensions"]["code"] == "QUERY_TOO_LARGE"


async def test_unreadable_text_is_refused_with_its_field(api: Api, world: World) -> None:
    define = "mutation($input: DefineCustomFieldInput!) { defineCustomField(input: $input) { id } }"
    field = {"entity": "party.Customer", "key": "motto", "labelZh": "口号", "kind": "text"}
    await api.data(world.yunfan, "admin", define, input=field)
    custom = "query($filter: CustomerFilter) { customers(filter: $filter) { totalCount } }"
    for query, variables, place in (
        (LIST, {"filter": {"name": {"eq": "a\x00"}}}, "name.eq"),
        (LIST, {"filter": {"name": {"startsWith": "a\x00"}}}, "name.startsWith"),
        (LIST, {"filter": {"or": [{"name": {"in": ["b", "a\x00"]}}]}}, "or.name.in"),
        (custom, {"filter": {"customFilter": [{"key": "motto", "eq": "a\x00"}]}}, "customFilter.eq"),
        (custom, {"filter": {"customFilter": [{"key": "\x00", "eq": "a"}]}}, "customFilter.key"),
        ("query($t: String!) { search(text: $t) { id } }", {"t": "\x00"}, "t"),
        ("query($id: ID!) { customer(id: $id) { id } }", {"id": "\x00"}, "id"),
        ('{ customers(filter: {name: {eq: "a\\u0000"}}) { totalCount } }', {}, "filter.name.eq"),
        (CREATE, {"input": {"name": "x", "custom": {"\x00": 1}}}, "custom"),
    ):
        body = await api(world.yunfan, "li", query, **variables)
        found = body["errors"][0]["extensions"]
        assert (found["code"], found["field"]) == ("TEXT_UNREADABLE", place), query


async def test_half_a_surrogate_pair_is_refused(api: Api, world: World) -> None:
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {api.token(world.yunfan, 'li')}"}
    query = json.dumps(LIST)
    content = f'{{"query": {query}, "variables": {{"filter": {{"name": {{"eq": "a\\ud800"}}}}}}}}'
    answer = await api.client.post("/graphql", content=content, headers=headers)
    assert answer.json()["errors"][0]["extensions"]["code"] in ("REQUEST_MALFORMED", "TEXT_UNREADABLE")
    literal = json.dumps({"query": '{ customers(filter: {name: {eq: "a\\ud800"}}) { totalCount } }'})
    answer = await api.client.post("/graphql", content=literal, headers=headers)
    assert answer.json()["errors"][0]["extensions"]["code"] in ("GRAPHQL_VALIDATION", "TEXT_UNREADABLE")


@pytest.mark.parametrize("last", ["\ud7ff", "\U0010ffff", "\uffff", "z", "中"])
async def test_any_last_character_of_a_prefix_finds(api: Api, world: World, last: str) -> None:
    for name in (f"a{last}", f"a{last}尾", "b", "a"):
        await api.data(world.yunfan, "li", CREATE, input={"name": "占位", "industry": name})
    ask = "query($f: CustomerFilter) { customers(filter: $f) { nodes { industry } } }"
    found = await api.data(world.yunfan, "li", ask, f={"industry": {"startsWith": f"a{last}"}})
    assert sorted(node["industry"] for node in found["customers"]["nodes"]) == sorted([f"a{last}", f"a{last}尾"])
    assert "errors" not in await api(world.yunfan, "li", "query($t: String!) { search(text: $t) { id } }", t=last)


def test_the_upper_bound_of_a_text() -> None:
    assert text_range("a") == ("a", "b")
    assert text_range("a\ud7ff") == ("a\ud7ff", "a\ue000")
    assert text_range("a\U0010ffff\U0010ffff") == ("a\U0010ffff\U0010ffff", "b")
    assert text_range("\U0010ffff") == ("\U0010ffff", None)


def _packed(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


ID = "00000000-0000-0000-0000-000000000000"
FORGED = [
    "x",
    "§" * 9,
    "=" * 1000,
    _packed(None),
    _packed(["name_key", 1]),
    _packed(["name_key,id", ["a"]]),
    _packed(["name_key,id", [None, ID]]),
    _packed(["name_key,id", ["a\x00", ID]]),
    _packed(["name_key,id", ["a", "b"]]),
    _packed(["name_key,id", [{}, ID]]),
    _packed(["-created_at,-id", ["2026-03-02T00:00:00Z", ID]]),
    base64.urlsafe_b64encode(b"[" * 100_000).decode(),
    base64.urlsafe_b64encode(b"\xff\xfe").decode(),
    base64.urlsafe_b64encode(b'["name_key,id", ["\\ud800", "x"]]').decode(),
]


@pytest.mark.parametrize("cursor", FORGED)
async def test_a_forged_cursor_is_refused(api: Api, world: World, cursor: str) -> None:
    assert await api.code(world.yunfan, "admin", LIST, after=cursor) == "INVALID_CURSOR"
    trail = "query($c: String) { auditEntries(after: $c) { nodes { id } } }"
    assert await api.code(world.yunfan, "admin", trail, c=cursor) == "INVALID_CURSOR"


WEIRD = [10**30, -(10**19), 2**31, 1.5, "x", "1e999999", "NaN", "a\x00", True, [], {}, "0001-01-01T00:00:00+14:00"]


async def test_cursor_values_that_no_row_can_have(api: Api, world: World) -> None:
    """Every order of every entity, under every value: refused, or an honest place in that order."""
    for shape in build_shapes():
        fields = [name for name, facet in shape.facets.items() if facet.wire and facet.sortable]
        for field in fields if shape.root_name else ():
            query = f"query($c: String) {{ {shape.root_name}(after: $c, orderBy: [{{field: {field.upper()}}}]) {{ nodes {{ id }} }} }}"  # noqa: E501
            for value in WEIRD:
                cursor = _packed([f"{shape.sort_column(field)},id", [value, ID]])
                body = await api(world.yunfan, "admin", query, c=cursor)
                codes = [wrong["extensions"]["code"] for wrong in body.get("errors", [])]
                assert codes in ([], ["INVALID_CURSOR"]), (shape.name, field, value, body)


async def test_audit_cursors_with_impossible_instants(api: Api, world: World) -> None:
    trail = "query($c: String) { auditEntries(after: $c) { nodes { id } } }"
    for at in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-03-02T00:00:00"):
        assert await api.code(world.yunfan, "admin", trail, c=_packed([at, ID])) == "INVALID_CURSOR"
