"""Probes of an attacker against the API as it runs in production: the twelve of graphql-cop, and limits."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from tests.graphql_api.conftest import Api
from tests.world import World

INTROSPECTION = "query IntrospectionQuery { __schema { types { name fields { name } } } }"


def _code(body: Any) -> str:
    return str(body["errors"][0]["extensions"]["code"])


async def _post(api: Api, content: bytes, content_type: str) -> Any:
    return await api.client.post("/graphql", content=content, headers={"Content-Type": content_type})


async def test_alias_overloading(api: Api) -> None:
    aliases = " ".join(f"alias{number}: __typename" for number in range(101))
    body = await api(None, "", f"query {{ {aliases} }}")
    assert _code(body) == "QUERY_TOO_LARGE"
    assert "data" not in body


async def test_array_batching(api: Api) -> None:
    answer = await api.client.post("/graphql", json=[{"query": "{ __typename }"}] * 10)
    assert answer.status_code == 400
    assert _code(answer.json()) == "QUERY_TOO_LARGE"


async def test_a_small_batch_is_answered_in_order(api: Api) -> None:
    answer = await api.client.post("/graphql", json=[{"query": "{ a: __typename }"}, {"query": "{ b: __typename }"}])
    assert [list(body["data"]) for body in answer.json()] == [["a"], ["b"]]


async def test_a_batch_shares_one_allowance(api: Api) -> None:
    sign_in = 'mutation { a: signIn(input: {identifier: "x@example.com", password: "x"}) { token } b: signIn(input: {identifier: "x@example.com", password: "y"}) { token } }'  # noqa: E501
    answer = await api.client.post("/graphql", json=[{"query": sign_in}] * 3)
    assert _code(answer.json()[2]) == "QUERY_TOO_LARGE"


async def test_field_duplication(api: Api) -> None:
    body = await api(None, "", f"query {{ {'__typename ' * 500} }}")
    assert _code(body) == "QUERY_TOO_LARGE"


async def test_directive_overloading(api: Api) -> None:
    body = await api(None, "", f"query {{ __typename {'@aa' * 10} }}")
    assert len(body["errors"]) < 10
    body = await api(None, "", f"query {{ __typename {'@include(if: true) ' * 30} }}")
    assert _code(body) == "QUERY_TOO_LARGE"


async def test_circular_introspection(api: Api) -> None:
    circular = "query { __schema { types { fields { type { fields { type { name } } } } } } }"
    assert _code(await api(None, "", circular)) == "INTROSPECTION_OFF"


async def test_introspection(api: Api) -> None:
    assert _code(await api(None, "", INTROSPECTION)) == "INTROSPECTION_OFF"
    hidden = "query { ...f } fragment f on Query { __schema { queryType { name } } }"
    body = await api(None, "", hidden)
    assert "data" not in body
    assert _code(body) in ("INTROSPECTION_OFF", "GRAPHQL_VALIDATION")


async def test_introspection_in_development(open_api: Api) -> None:
    assert (await open_api(None, "", INTROSPECTION))["data"]["__schema"]["types"]


async def test_get_query(api: Api) -> None:
    answer = await api.client.get("/graphql", params={"query": "{ __typename }"})
    assert answer.status_code == 405
    assert "data" not in answer.json() or answer.json()["data"] is None


async def test_get_mutation(open_api: Api) -> None:
    answer = await open_api.client.get("/graphql", params={"query": "mutation { signOut { done } }"})
    assert answer.status_code == 405


@pytest.mark.parametrize(
    "content_type",
    ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain", "application/graphql"],
)
async def test_post_other_than_json(api: Api, content_type: str) -> None:
    answer = await _post(api, b"query=%7B__typename%7D", content_type)
    assert answer.status_code == 415
    assert _code(answer.json()) == "REQUEST_MALFORMED"


async def test_no_tracing(api: Api) -> None:
    assert "extensions" not in await api(None, "", "{ __typename }")


async def test_no_suggestions(api: Api, world: World) -> None:
    body = await api(world.yunfan, "li", "{ custome { id } }")
    assert _code(body) == "GRAPHQL_VALIDATION"
    assert "Did you mean" not in str(body)
    for wrong in ("{ customers(firs: 1) { totalCount } }", "{ customers(orderBy: [{field: NAM}]) { totalCount } }"):
        assert "Did you mean" not in str(await api(world.yunfan, "li", wrong))
    body = await api(
        world.yunfan,
        "li",
        "query($o: [CustomerOrder!]) { customers(orderBy: $o) { totalCount } }",
        o=[{"field": "NAM"}],
    )
    assert "Did you mean" not in str(body)


async def test_suggestions_in_development(open_api: Api) -> None:
    english = {"Accept-Language": "en"}
    assert "Did you mean" in str(await open_api(None, "", "{ customer_ { id } }", headers=english))


async def test_graphiql(api: Api, open_api: Api) -> None:
    browser = {"Accept": "text/html"}
    assert (await api.client.get("/graphql", headers=browser)).status_code == 405
    shown = await open_api.client.get("/graphql", headers=browser)
    assert shown.status_code == 200
    assert "http" not in shown.text.replace("http-equiv", "")


async def test_depth(api: Api, world: World) -> None:
    deep = "parent { " * 12 + "name" + " }" * 12
    assert await api.code(world.yunfan, "li", f"{{ customer(id: 1) {{ {deep} }} }}") == "QUERY_TOO_LARGE"
    cycle = "query { customers { nodes { ...a } } } fragment a on Customer { parent { ...b } } fragment b on Customer { parent { ...a } }"  # noqa: E501
    assert await api.code(world.yunfan, "li", cycle) in ("QUERY_TOO_LARGE", "GRAPHQL_VALIDATION")


async def test_fragments_that_double_are_measured_once(api: Api) -> None:
    fragments = "".join(f" fragment f{n} on Query {{ ...f{n + 1} ...f{n + 1} }}" for n in range(60))
    body = await api(None, "", f"query {{ ...f0 }} {fragments} fragment f60 on Query {{ __typename }}")
    assert body.get("data") == {"__typename": "Query"} or _code(body) in ("QUERY_TOO_LARGE", "GRAPHQL_VALIDATION")


async def test_cost_is_refused_before_any_sql(api: Api, world: World, statements: Any) -> None:
    nested = "query($n: Int) { customers(first: $n) { nodes { contacts(first: $n) { nodes { activities(first: 10) { nodes { id } } } } } } }"  # noqa: E501
    with statements() as seen:
        assert await api.code(world.yunfan, "li", nested, n=200) == "QUERY_TOO_LARGE"
    assert seen == []
    assert "errors" not in await api(world.yunfan, "li", nested, n=10)


async def test_tokens(api: Api) -> None:
    body = await api(None, "", "{ " + "a { b " * 600 + "}" * 600 + " }")
    assert _code(body) == "QUERY_TOO_LARGE"


@pytest.mark.parametrize(
    "content",
    [b"", b"null", b"[]", b"{}", b'{"query": 1}', b'{"query": "{a}", "variables": []}', b"\xff", b'"x"', b"{"],
)
async def test_malformed_bodies(api: Api, content: bytes) -> None:
    answer = await _post(api, content, "application/json")
    assert answer.status_code == 400
    assert _code(answer.json()) in ("REQUEST_MALFORMED", "QUERY_TOO_LARGE")


async def test_bodies_are_bounded(api: Api) -> None:
    answer = await _post(api, b'{"query": "{ __typename }", "x": "' + b"x" * 1_100_000 + b'"}', "application/json")
    assert answer.status_code == 413


async def test_bad_syntax_and_variables(api: Api, world: World) -> None:
    assert _code(await api(None, "", "{")) == "GRAPHQL_VALIDATION"
    wrong = "query($f: Int!) { customers(first: $f) { totalCount } }"
    assert await api.code(world.yunfan, "li", wrong, f="x") == "GRAPHQL_VALIDATION"
    assert await api.code(world.yunfan, "li", '{ customer(id: "nonsense") { id } }') == "INVALID_ID"


async def test_subscriptions_do_not_travel_over_http(api: Api, world: World) -> None:
    assert await api.code(world.yunfan, "li", "subscription { changes { id } }") == "GRAPHQL_VALIDATION"


async def test_a_defect_shows_a_reference_and_nothing_else(api: Api, world: World, app: Any) -> None:
    with psycopg.connect(app.settings.database_admin_url, autocommit=True) as connection:
        connection.execute("REVOKE SELECT ON app.tag FROM yunfan_app")
        try:
            body = await api(world.yunfan, "admin", "{ tags { totalCount } }")
        finally:
            connection.execute("GRANT SELECT ON app.tag TO yunfan_app")
    error = body["errors"][0]
    assert error["extensions"]["code"] == "INTERNAL"
    assert error["extensions"]["requestId"] in error["message"]
    assert "tag" not in error["message"]
