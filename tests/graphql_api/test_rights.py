"""Rights through the API: every field × role × tenant, masks, search, audit."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import GraphQLInputObjectType, GraphQLNonNull, get_named_type, is_leaf_type, is_list_type, is_non_null_type
from graphql.type import GraphQLEnumType, GraphQLObjectType, GraphQLUnionType

from graphql_api import identity
from graphql_api.schema import build_shapes, core_schema
from kernel.command import commands
from kernel.context import Context
from tenants.device_entities import InboxEntry
from tenants.entities import Role
from tenants.saved_view_entities import SavedView
from tests.graphql_api.conftest import Api
from tests.world import Company, World, seed
from values.ids import new_id
from values.wire import wire_name

OPEN = {wire_name(name) for name in identity.OPEN} | {"invitation"}
CREATE = "mutation($input: CreateCustomerInput!) { createCustomer(input: $input) { id } }"


def _sample(kind: Any) -> str:
    """A literal of an input type: required fields only."""
    if is_non_null_type(kind):
        kind = kind.of_type
    if is_list_type(kind):
        return f"[{_sample(kind.of_type)}]"
    if isinstance(kind, GraphQLInputObjectType):
        needed = {n: f for n, f in kind.fields.items() if isinstance(f.type, GraphQLNonNull)}
        return "{" + ", ".join(f"{name}: {_sample(field.type)}" for name, field in needed.items()) + "}"
    if isinstance(kind, GraphQLEnumType):
        return next(iter(kind.values))
    samples = {
        "ID": f'"{new_id()}"',
        "String": '"x"',
        "Int": "1",
        "Boolean": "true",
        "BigInt": '"1"',
        "Decimal": '"1"',
        "DateTime": '"2026-03-02T00:00:00Z"',
        "Date": '"2026-03-02"',
        "JSON": "{}",
    }
    return samples[kind.name]


def _selection(kind: Any) -> str:
    named = get_named_type(kind)
    if is_leaf_type(named):
        return ""
    if isinstance(named, GraphQLUnionType):
        return "{ __typename }"
    assert isinstance(named, GraphQLObjectType)
    if "totalCount" in named.fields:
        return "{ totalCount }"
    leaves = [name for name, field in named.fields.items() if is_leaf_type(get_named_type(field.type))]
    return "{ " + (leaves[0] if leaves else "__typename") + " }"


def _operations() -> list[tuple[str, str, str]]:
    """(kind, field, document) for every root field."""
    from server.catalogue import load_rooms

    load_rooms()
    schema = core_schema()
    found = []
    for kind, root in (("query", schema.query_type), ("mutation", schema.mutation_type)):
        assert root is not None
        for name, field in root.fields.items():
            needed = {n: a for n, a in field.args.items() if isinstance(a.type, GraphQLNonNull)}
            given = ", ".join(f"{n}: {_sample(a.type)}" for n, a in needed.items() if n != "dryRun")
            arguments = f"({given})" if given else ""
            found.append((kind, name, f"{kind} {{ {name}{arguments} {_selection(field.type)} }}"))
    return found


async def test_every_field_refuses_the_anonymous(api: Api) -> None:
    for kind, name, document in _operations():
        if name in OPEN:
            continue
        assert await api.code(None, "", document) == "NOT_SIGNED_IN", f"{kind} {name}"


def test_open_fields_are_a_closed_list() -> None:
    """Opening another field to everybody has to be written here too."""
    assert {name for _, name, _ in _operations()} >= OPEN
    assert {
        "signUp",
        "signIn",
        "requestSmsCode",
        "acceptInvitation",
        "requestPasswordReset",
        "resetPassword",
        "verifyEmail",
        "invitation",
    } == OPEN


async def test_every_read_needs_its_permission(api: Api, world: World) -> None:
    """A member whose only role holds nothing: every connection and single row is refused, but for what is their own."""
    nobody = await _with_role(world.yunfan, "nobody", [])
    for shape in build_shapes():
        if shape.root_name is None:
            continue
        if shape.entity in (InboxEntry, SavedView):
            found = await api.data(nobody, "nobody", f"{{ {shape.root_name} {{ totalCount }} }}")
            assert found[shape.root_name] == {"totalCount": 0}
            continue
        assert await api.code(nobody, "nobody", f"{{ {shape.root_name} {{ totalCount }} }}") == "PERMISSION_DENIED"
        single = f'{{ {shape.single_name}(id: "{new_id()}") {{ id }} }}'
        assert await api.code(nobody, "nobody", single) == "PERMISSION_DENIED"
    assert await api.code(nobody, "nobody", "{ auditEntries { totalCount } }") == "PERMISSION_DENIED"
    assert (await api.data(nobody, "nobody", '{ search(text: "a") { id } }'))["search"] == []


async def test_every_command_needs_its_permission(api: Api, world: World) -> None:
    nobody = await _with_role(world.yunfan, "nobody", [])
    permitted = {wire_name(c.function) for c in commands() if c.api and c.permission is None}
    from_commands = {wire_name(c.function) for c in commands() if c.api}
    for kind, name, document in _operations():
        if kind == "mutation" and name in from_commands - permitted:
            assert await api.code(nobody, "nobody", document) in ("PERMISSION_DENIED", "INPUT_MALFORMED"), name


async def test_every_read_of_every_role_stays_in_its_tenant(api: Api, world: World) -> None:
    """Rows of the rival's making appear to nobody, in no collection, under no id."""
    foreign: dict[str, set[str]] = {}
    await api.data(world.seagull, "admin", CREATE, input={"name": "海鸥的客户"})
    for shape in build_shapes():
        if shape.root_name is not None:
            document = f"{{ {shape.root_name}(first: 200) {{ nodes {{ id }} }} }}"
            rows = (await api.data(world.seagull, "admin", document))[shape.root_name]["nodes"]
            foreign[shape.name] = {row["id"] for row in rows}
    assert foreign["Customer"]
    assert foreign["Member"]
    for who in ("admin", "lin", "wang", "li", "zhao", "zhou"):
        for shape in build_shapes():
            if shape.root_name is None:
                continue
            document = f"{{ {shape.root_name}(first: 200) {{ nodes {{ id }} }} }}"
            body = await api(world.yunfan, who, document)
            if "errors" in body:
                assert body["errors"][0]["extensions"]["code"] == "PERMISSION_DENIED"
                continue
            assert not foreign[shape.name] & {row["id"] for row in body["data"][shape.root_name]["nodes"]}
            for row_id in list(foreign[shape.name])[:1]:
                single = f'{{ {shape.single_name}(id: "{row_id}") {{ id }} }}'
                assert (await api.data(world.yunfan, who, single))[shape.single_name] is None


async def test_a_restricted_session_may_do_nothing_else(api: Api, world: World) -> None:
    token = api.doorman.token(world.yunfan, "admin", restricted=True)
    answer = await api.client.post(
        "/graphql", json={"query": "{ customers { totalCount } }"}, headers={"Authorization": f"Bearer {token}"}
    )
    assert answer.json()["errors"][0]["extensions"]["code"] == "PASSWORD_CHANGE_REQUIRED"


async def test_masked_fields_are_null_and_cannot_be_asked_about(api: Api, world: World) -> None:
    made = await api.data(
        world.yunfan, "admin", CREATE, input={"name": "甲公司", "phone": "13800001234", "email": "boss@example.com"}
    )
    masked = await _with_role(
        world.yunfan, "clerk", ["party.customer.view", "tenants.audit.view"], masks=["party.Customer.phone"]
    )
    whole = "{ customers { nodes { id name phone email } } }"
    row = (await api.data(masked, "clerk", whole))["customers"]["nodes"][0]
    assert (row["name"], row["phone"]) == ("甲公司", None)
    assert row["email"] == "boss@example.com"
    asked = '{ customers(filter: {phone: {eq: "+8613800001234"}}) { totalCount } }'
    body = await api(masked, "clerk", asked)
    assert body["errors"][0]["extensions"] | {"requestId": "", "remedy": ""} == {
        "code": "FIELD_MASKED",
        "field": "phone",
        "remedy": "",
        "requestId": "",
    }
    hidden = "{ customers(filter: {or: [{phone: {isNull: true}}]}) { totalCount } }"
    assert await api.code(masked, "clerk", hidden) == "FIELD_MASKED"
    for text, expected in (("1380000", 0), ("1234", 0), ("jia", 1), ("boss", 1)):
        found = (await api.data(masked, "clerk", "query($t: String!) { search(text: $t) { id } }", t=text))["search"]
        assert len(found) == expected, text
        all_of_it = await api.data(world.yunfan, "admin", "query($t: String!) { search(text: $t) { id } }", t=text)
        assert [hit["id"] for hit in all_of_it["search"]] == [made["createCustomer"]["id"]], text
    entries = await api.data(
        masked, "clerk", '{ auditEntries(filter: {entity: "party.Customer"}) { nodes { after } } }'
    )
    after = entries["auditEntries"]["nodes"][0]["after"]
    assert (after["phone"], after["email"]) == ("***", "boss@example.com")
    assert "nameKey" not in after


async def test_search_by_pinyin_initials_and_scope(api: Api, world: World) -> None:
    await api.data(world.yunfan, "li", CREATE, input={"name": "重庆云帆科技", "code": "KH-2024-001"})
    hits = "query($t: String!) { search(text: $t) { kind id title node { ... on Customer { name code } } } }"
    for text in ("云帆", "yunfan", "cqyf", "zhongqing", "KH2024", "kh-2024", "2024"):
        found = (await api.data(world.yunfan, "li", hits, t=text))["search"]
        assert [(hit["kind"], hit["title"]) for hit in found] == [("Customer", "重庆云帆科技")], text
        assert found[0]["node"]["code"] == "KH-2024-001"
        assert (await api.data(world.yunfan, "zhao", hits, t=text))["search"] == [], text
        assert (await api.data(world.seagull, "admin", hits, t=text))["search"] == [], text
    for nothing in ("", " ", "!?", "%", "_"):
        assert (await api.data(world.yunfan, "li", hits, t=nothing))["search"] == []


async def test_the_audit_trail(api: Api, world: World) -> None:
    made = await api.data(world.yunfan, "li", CREATE, input={"name": "甲"})
    row_id = made["createCustomer"]["id"]
    edit = "mutation($input: EditCustomerInput!) { editCustomer(input: $input) { version } }"
    await api.data(world.yunfan, "li", edit, input={"id": row_id, "name": "乙"})
    trail = """query($f: AuditFilter, $first: Int, $after: String) {
      auditEntries(filter: $f, first: $first, after: $after) {
        totalCount pageInfo { hasNextPage endCursor } nodes { op command before after member { name } } } }"""
    assert await api.code(world.yunfan, "li", trail) == "PERMISSION_DENIED"
    found = (await api.data(world.yunfan, "zhou", trail, f={"rowId": row_id}))["auditEntries"]
    # The clock of this story stands still: both happened at one instant.
    assert {(n["op"], n["command"]) for n in found["nodes"]} == {
        ("update", "party.edit_customer"),
        ("insert", "party.create_customer"),
    }
    update = next(node for node in found["nodes"] if node["op"] == "update")
    assert (update["before"], update["after"]) == ({"name": "甲"}, {"name": "乙"})
    assert update["member"] == {"name": "小李"}
    first = (await api.data(world.yunfan, "zhou", trail, f={"rowId": row_id}, first=1))["auditEntries"]
    assert first["pageInfo"]["hasNextPage"]
    after = first["pageInfo"]["endCursor"]
    rest = (await api.data(world.yunfan, "zhou", trail, f={"rowId": row_id}, first=1, after=after))["auditEntries"]
    assert [*first["nodes"], *rest["nodes"]] == found["nodes"]
    assert (await api.data(world.seagull, "admin", trail, f={"rowId": row_id}))["auditEntries"]["totalCount"] == 0


@pytest.mark.parametrize("who", ["li", "wang"])
async def test_relations_into_what_is_not_yours_are_null(api: Api, world: World, who: str) -> None:
    parent = (await api.data(world.yunfan, "admin", CREATE, input={"name": "集团"}))["createCustomer"]["id"]
    await api.data(
        world.yunfan,
        "admin",
        CREATE,
        input={"name": "子公司", "parentId": parent, "ownerId": str(world.yunfan.people[who])},
    )
    found = await api.data(world.yunfan, who, "{ customers { nodes { name parent { name } } } }")
    assert found["customers"]["nodes"] == [{"name": "子公司", "parent": None}]


async def _with_role(company: Company, nick: str, permissions: list[str], masks: list[str] | None = None) -> Company:
    """A member of the head office who holds exactly these permissions everywhere."""
    from tests.world import add_member

    async def work(ctx: Context) -> None:
        ctx.add(Role(id=new_id(), key=f"role_{nick}", name=nick, permissions=permissions, masks=masks or []))

    await seed(company.app, company.tenant_id, work)
    await add_member(company, nick, nick, f"role_{nick}", "all", None)
    return company
