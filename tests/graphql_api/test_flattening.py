"""Documents that would keep validation busy: refused before it begins. Then what everybody writes: let through."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import parse, validate

from graphql_api import operation
from graphql_api.errors import QueryTooLarge
from graphql_api.flattening import MAX_FIELDS, MAX_FRAGMENTS, MAX_MERGED, MAX_NESTING
from graphql_api.limits import check_document
from tests.graphql_api.conftest import Api
from tests.world import World

SIGN_IN = 'mutation { signIn(input: {identifier: "nobody@example.com", password: "x"}) { token } }'
ROWS = "customers { nodes { id } }"


def _inline(number: int) -> str:
    return "{" + "...{customers{edges{node{parent{id}}}}}" * number + "}"


def _chain(number: int, inside: str) -> str:
    links = " ".join(f"fragment f{n} on Query {{ {inside} ...f{n + 1} }}" for n in range(number))
    return f"{{ ...f0 }} {links} fragment f{number} on Query {{ __typename }}"


def _side_by_side(number: int) -> str:
    spreads = " ".join(f"...f{n}" for n in range(number))
    return f"{{ {spreads} }}" + "".join(f" fragment f{n} on Query {{ a{n} b{n} }}" for n in range(number))


def _doubling(number: int) -> str:
    links = " ".join(f"fragment f{n} on Query {{ ...f{n + 1} ...f{n + 1} }}" for n in range(number))
    return f"{{ ...f0 }} {links} fragment f{number} on Query {{ __typename }}"


def _wide_doubling(number: int) -> str:
    """Other fields at each turn, so that nothing repeats, and yet a short text becomes a long one."""
    links = " ".join(
        f"fragment f{n} on Customer {{ p{n}: parent {{ ...f{n + 1} }} q{n}: owner {{ ...f{n + 1} }} }}"
        for n in range(9)
    )
    return f"{{ customers {{ nodes {{ ...f0 }} }} }} {links} fragment f9 on Customer {{ id name code }}"


_FILTER = "filter: {and: [" + '{name: {eq: "x"}}' * 60 + "]}"
_OPERATIONS = " ".join(f"query q{n} {{ ...f }}" for n in range(5))
ATTACKS = {
    "inline fragments": (_inline(120), "repeated fields"),
    "a few more inline fragments than allowed": (_inline(MAX_MERGED + 1), "repeated fields"),
    "one named fragment again and again": (
        "{" + "...f " * 100 + "} fragment f on Query { " + ROWS + " }",
        "repeated fields",
    ),
    "fragments in a chain": (_chain(20, ROWS), "repeated fields"),
    "fragments in a chain that nobody spreads": (
        _chain(20, ROWS).replace("{ ...f0 }", "{ __typename }", 1),
        "repeated fields",
    ),
    "fragments that double": (_doubling(20), "fields"),
    "fragments that double on new fields": (_wide_doubling(9), "fields"),
    "very many fragments": (_side_by_side(MAX_FRAGMENTS + 1), "fragments"),
    "a fragment of itself": ("{ ...f } fragment f on Query { ...f }", "depth"),
    "a fragment inside itself": (
        "{ customers { nodes { ...f } } } fragment f on Customer { parent { ...f } }",
        "depth",
    ),
    "fragments of each other": ("{ ...f } fragment f on Query { ...g } fragment g on Query { ...f }", "depth"),
    "fragments inside each other": ("{" + "...{" * MAX_NESTING + "__typename" + "}" * MAX_NESTING + "}", "depth"),
    "merged, then repeated below": (
        "{ customers { nodes { " + "parent { id id id id } " * 4 + "} } }",
        "repeated fields",
    ),
    "long arguments far below": (
        "{" + "a {" * 10 + f"customers({_FILTER}) {{ totalCount }} " * 3 + "}" * 11,
        "comparisons",
    ),
    "directives with every repetition": (
        "{"
        + " ".join(f"...@include(if: true) {{ a{n}: __typename ...on Query {{ {ROWS} }} }}" for n in range(12))
        + "}",
        "repeated fields",
    ),
    "variables in many operations": (
        " ".join(f"query q{n}($v: ID) {{ " + "...f " * 12 + "}" for n in range(5))
        + " fragment f on Query { customer(id: $v) { id } }",
        "repeated fields",
    ),
    "flat": ("{ customers { nodes { " + " ".join(f"f{n}" for n in range(MAX_FIELDS)) + "} } }", "fields"),
    "one long fragment in five operations": (
        _OPERATIONS + " fragment f on Query { " + " ".join(f"f{n}" for n in range(MAX_FIELDS // 4)) + "}",
        "fields",
    ),
}


@pytest.fixture
def validated(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The documents that reached the schema's rules."""
    seen: list[Any] = []

    def noting(schema: Any, document: Any, *arguments: Any, **named: Any) -> Any:
        seen.append(document)
        return validate(schema, document, *arguments, **named)

    monkeypatch.setattr(operation, "validate", noting)
    return seen


@pytest.mark.parametrize("shape", ATTACKS)
async def test_attacks_are_refused_before_validation(api: Api, world: World, validated: list[Any], shape: str) -> None:
    document, measure = ATTACKS[shape]
    english = {"Accept-Language": "en"}
    for company in (None, world.yunfan):
        body = await api(company, "li", document, headers=english)
        assert body["errors"][0]["extensions"]["code"] == "QUERY_TOO_LARGE"
    assert validated == []
    with pytest.raises(QueryTooLarge) as refused:
        check_document(parse(document))
    assert f": {measure} " in refused.value.sentence("en")


async def test_a_batch_of_attacks_is_refused_whole(api: Api, validated: list[Any]) -> None:
    batch = [{"query": f"# {number}\n" + _inline(120)} for number in range(5)]
    answers = (await api.client.post("/graphql", json=batch)).json()
    assert [answer["errors"][0]["extensions"]["code"] for answer in answers] == ["QUERY_TOO_LARGE"] * 5
    assert validated == []


@pytest.mark.parametrize(
    "document",
    [
        "{ customers { totalCount } }",
        "{ " + "nonsense " * 3 + "}",
        "{ a: me { id } }",
        "query { ...f } fragment f on Query { ...{ customers { totalCount } } }",
        "query q { __typename } query other { customers { totalCount } }",
        SIGN_IN.replace("mutation {", 'mutation { createCustomer(input: {name: "x"}) { id }'),
        "subscription { changes { id } }",
        "{ __typename }" + " " * operation.MAX_OPEN_TEXT,
    ],
)
async def test_the_anonymous_may_name_public_fields_only(api: Api, validated: list[Any], document: str) -> None:
    assert await api.code(None, "", document) == "NOT_SIGNED_IN"
    assert validated == []


async def test_what_somebody_asked_before_is_not_open_to_the_anonymous(api: Api, world: World) -> None:
    document = "{ customers { totalCount } }"
    assert "errors" not in await api(world.yunfan, "li", document)
    assert await api.code(None, "", document) == "NOT_SIGNED_IN"


async def test_public_fields_reach_their_operation(api: Api, validated: list[Any]) -> None:
    assert (await api(None, "", "{ __typename }"))["data"] == {"__typename": "Query"}
    document = 'query { ...f } fragment f on Query { invitation(token: "gone") { __typename } }'
    await api(None, "", document)
    assert len(validated) == 2


async def test_comments_and_blanks_make_no_other_document(api: Api, world: World, validated: list[Any]) -> None:
    for text in (
        "{ customers { totalCount } }",
        "# 1\n{customers{totalCount}}",
        "{\n customers, { totalCount } # 2\n}",
    ):
        assert "errors" not in await api(world.yunfan, "li", text)
    assert len(validated) == 1
    for name in ("a", "b", "a # no comment"):
        await api(world.yunfan, "li", f'{{ customers(filter: {{name: {{eq: "{name}"}}}}) {{ totalCount }} }}')
    assert len(validated) == 4


async def test_an_error_tells_where_it_is_in_the_text_as_it_was_sent(api: Api, world: World) -> None:
    for lines in (0, 3):
        body = await api(world.yunfan, "li", "#\n" * lines + '{ customer(id: "nonsense") { id } }')
        assert body["errors"][0]["locations"] == [{"line": lines + 1, "column": 3}]


async def test_what_is_invalid_stays_invalid(api: Api, world: World, validated: list[Any]) -> None:
    for text in ("{ customers { nonsense } }", "{ customers { nonsense } } # again"):
        assert await api.code(world.yunfan, "li", text) == "GRAPHQL_VALIDATION"
    assert len(validated) == 2


async def test_fragments_as_clients_use_them(api: Api, world: World) -> None:
    parts = " ".join(f"fragment p{n} on Customer {{ __typename id {name} }}" for n, name in enumerate(_LEAVES))
    spreads = " ".join(f"...p{n}" for n in range(len(_LEAVES)))
    page = f"{{ customers(first: 5) {{ nodes {{ {spreads} parent {{ ...p0 }} }} pageInfo {{ endCursor }} }} }} {parts}"
    assert "errors" not in await api(world.yunfan, "li", page)
    kinds = " ".join(f"... on {name} {{ __typename id name }}" for name in ("Contact", "Customer"))
    assert "errors" not in await api(world.yunfan, "li", f'{{ search(text: "a") {{ node {{ __typename {kinds} }} }} }}')


_LEAVES = ("name", "code", "level", "source", "industry", "region", "address", "phone")
