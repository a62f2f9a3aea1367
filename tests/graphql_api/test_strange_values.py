"""Every argument of every query, found through the schema, under values that nobody should send: never INTERNAL."""

from __future__ import annotations

import json
import random
from collections.abc import AsyncIterator
from typing import Any

import pytest
from graphql import (
    GraphQLInputObjectType,
    GraphQLNonNull,
    GraphQLSchema,
    get_named_type,
    is_list_type,
    is_non_null_type,
)
from graphql.type import GraphQLEnumType
from litestar import Litestar

from graphql_api.http import routes
from graphql_api.schema import core_schema
from tests.graphql_api.conftest import calling, production
from tests.graphql_api.test_doors import PASSWORD, SIGN_UP, Caller
from tests.graphql_api.test_rights import _selection
from values.ids import new_id

SEED, ROUNDS = 20260302, 400
DEEP: Any = json.loads("[" * 15 + "]" * 15)
TEXTS = [
    "",
    " ",
    "%",
    "_",
    "\\",
    "'",
    '"; DROP TABLE app.customer; --',
    "NaN",
    "Infinity",
    "-0",
    "1e999999",
    "9" * 40,
    "\x00",
    "a\x00b",
    "\ud7ff",
    "\ue000",
    "\uffff",
    "\U0010ffff",
    "\u202eevil\u202c",
    "مرحبا",
    "👩‍👩‍👧‍👦" * 50,
    "\u0301" * 200,
    "x" * 10_000,
    "云" * 10_000,
    "\x1b[31m",
    "../../etc/passwd",
    "${jndi:x}",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59.999999-14:00",
    "0001-01-01",
    "2026-02-30",
    "00000000-0000-0000-0000-000000000000",
    "{00000000-0000-0000-0000-000000000000}",
    "party.Customer",
    "Customer",
    "customers",
    "en",
    "k_text",
    "k_number",
    "k_date",
]
NUMBERS: list[Any] = [0, -1, 1, 2**31 - 1, 2**31, -(2**31), 2**53, 2**63 - 1, -(2**63), 2**64, 10**40, 0.1, 1e308, -0.0]
OTHERS: list[Any] = [None, True, False, [], {}, [None], [[]], DEEP, {"a": {"b": [1, "\x00"]}}, {"": ""}]
READABLE = [text for text in TEXTS if "\x00" not in text]
# What the type takes, however odd; and what it does not.
PLAUSIBLE: dict[str, list[Any]] = {
    "Boolean": [True, False],
    "Int": [n for n in NUMBERS if isinstance(n, int) and -(2**31) <= n < 2**31],
    "ID": [str(new_id()), "00000000-0000-0000-0000-000000000000", "{00000000-0000-0000-0000-000000000000}"],
    "BigInt": ["0", "-1", str(2**63 - 1), str(1 - 2**63), 7],
    "Decimal": ["0", "-0.000000001", "NaN", "1e30", str(10**40)],
    "DateTime": ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "2026-03-02T00:00:00+08:00"],
    "Date": ["0001-01-01", "9999-12-31", "2026-03-02"],
    "JSON": [*READABLE, *NUMBERS, *OTHERS[:-2]],
}
ANYTHING: dict[str, list[Any]] = {"Int": NUMBERS, "BigInt": [*NUMBERS, *TEXTS], "JSON": [*TEXTS, *OTHERS]}


class Strange:
    """Values by chance: mostly of the right shape, so that they come as far as the database."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance

    def of(self, kind: Any, depth: int = 0) -> Any:
        if is_non_null_type(kind):
            return self.of(kind.of_type, depth)
        if self.chance.random() < 0.03:
            return self.chance.choice([*TEXTS, *NUMBERS, *OTHERS])
        if is_list_type(kind):
            return [self.of(kind.of_type, depth + 1) for _ in range(self.chance.choice((0, 1, 1, 2, 3)))]
        if isinstance(kind, GraphQLInputObjectType):
            return self._object(kind, depth)
        if isinstance(kind, GraphQLEnumType):
            return self.chance.choice([*kind.values, "", "nonsense"])
        return self._leaf(kind.name)

    def _object(self, kind: GraphQLInputObjectType, depth: int) -> dict[str, Any]:
        needed = [name for name, field in kind.fields.items() if isinstance(field.type, GraphQLNonNull)]
        nested = {"and", "or", "not"}
        offered = [name for name in kind.fields if depth < 4 or name not in nested]
        chosen = {*needed, *self.chance.sample(offered, min(len(offered), self.chance.choice((1, 1, 2, 3))))}
        return {name: self.of(kind.fields[name].type, depth + 1) for name in sorted(chosen)}

    def argument(self, name: str, kind: Any) -> Any:
        """A page's size and place would else be refused nearly always, and the rest never be looked at."""
        if name == "first" and self.chance.random() < 0.9:
            return self.chance.randint(1, 5)
        return self.of(kind)

    def given(self, name: str, kind: Any) -> bool:
        return is_non_null_type(kind) or self.chance.random() < (0.1 if name == "after" else 0.7)

    def _leaf(self, name: str) -> Any:
        plausible = PLAUSIBLE.get(name, READABLE)
        return self.chance.choice(plausible if self.chance.random() < 0.9 else ANYTHING.get(name, TEXTS))


def _documents(schema: GraphQLSchema) -> list[tuple[str, dict[str, Any]]]:
    """(document, {variable: its type}) for every query field, and every relation with arguments below one."""
    found = []
    assert schema.query_type is not None
    for name, field in schema.query_type.fields.items():
        if field.args:
            found.append(_document(name, field))
        node = getattr(get_named_type(field.type), "fields", {})
        needed = {n: a.type for n, a in field.args.items() if is_non_null_type(a.type)}
        inner = getattr(get_named_type(node["nodes"].type), "fields", {}) if "nodes" in node and not needed else {}
        for below, relation in inner.items():
            if relation.args:
                document, kinds = _document(below, relation)
                head, _, body = document.partition("{")
                found.append((f"{head}{{ {name}(first: 3) {{ nodes {{ {body.rstrip()[:-1]} }} }} }}", kinds))
    return found


def _document(name: str, field: Any) -> tuple[str, dict[str, Any]]:
    kinds = {argument: spec.type for argument, spec in field.args.items()}
    declared = ", ".join(f"${argument}: {kind}" for argument, kind in kinds.items())
    given = ", ".join(f"{argument}: ${argument}" for argument in kinds)
    return f"query({declared}) {{ {name}({given}) {_selection(field.type)} }}", kinds


@pytest.fixture
async def owner(app: Any) -> AsyncIterator[Caller]:
    """The founder of a new company, before the process's own identity service, with a customer and custom fields."""
    built = Litestar(routes(app.engine, app.identity, production(app.settings), app.pokes), openapi_config=None)
    async with calling(built) as client:
        found = Caller(client)
        given = {"companyName": "甲公司", "email": f"boss.{new_id()}@example.com", "password": PASSWORD}
        found.token = (await found.data(SIGN_UP, input=given))["signUp"]["token"]
        await found.data('mutation { createCustomer(input: {name: "甲", phone: "13800138000"}) { id } }')
        define = "mutation($input: DefineCustomFieldInput!) { defineCustomField(input: $input) { id } }"
        for kind in ("text", "number", "date"):
            field = {"entity": "party.Customer", "key": f"k_{kind}", "labelZh": kind, "kind": kind}
            await found.data(define, input=field)
        yield found


async def test_strange_values_never_break_a_query(owner: Caller) -> None:
    strange, documents = Strange(random.Random(SEED)), _documents(core_schema())
    headers = {"Authorization": f"Bearer {owner.token}"}
    answered = 0
    for number in range(ROUNDS):
        document, kinds = documents[number % len(documents)]
        variables = {n: strange.argument(n, k) for n, k in kinds.items() if strange.given(n, k)}
        asked = {"query": document, "variables": variables}
        answer = await owner.client.post("/graphql", json=asked, headers=headers)
        told = f"{document} {json.dumps(variables)[:2000]}: {answer.text[:2000]}"
        assert answer.status_code < 500, told
        codes = [wrong["extensions"]["code"] for wrong in answer.json().get("errors", [])]
        assert not {"INTERNAL", "TOO_SLOW"} & set(codes), told
        answered += not codes
    assert answered > ROUNDS // 5  # the values came as far as the database
