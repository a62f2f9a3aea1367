"""What stands beside the collections: settings, devices, legal entities, role assignments; and requests put wrong."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
from litestar import Litestar

from graphql_api.http import routes
from kernel.command import command_named
from tests.graphql_api.conftest import Api, calling, production
from tests.world import World
from values.ids import new_id

SIGN_UP = "mutation($input: SignUpInput!) { signUp(input: $input) { token member { name language } } }"


@pytest.mark.parametrize(
    "field", ["settings { name }", "legalEntities { nodes { id } }", "roleAssignments { nodes { id } }"]
)
async def test_only_who_may_sees_the_company(api: Api, world: World, field: str) -> None:
    assert await api.code(None, "", f"{{ {field} }}") == "NOT_SIGNED_IN"


async def test_a_salesperson_reads_no_settings(api: Api, world: World) -> None:
    assert await api.code(world.yunfan, "li", "{ settings { name } }") == "PERMISSION_DENIED"


async def test_settings_come_with_their_defaults(api: Api, world: World) -> None:
    asked = "{ settings { name label value default accepts } }"
    found = {row["name"]: row for row in (await api.data(world.yunfan, "admin", asked))["settings"]}
    idle = found["security.idle_timeout_minutes"]
    assert idle["label"] == "闲置自动退出（分钟）"
    assert idle["value"] == idle["default"]
    change = 'mutation($v: JSON!) { setSetting(input: {name: "security.idle_timeout_minutes", value: $v}) { id } }'
    await api.data(world.yunfan, "admin", change, v=45)
    found = {row["name"]: row for row in (await api.data(world.yunfan, "admin", asked))["settings"]}
    assert found["security.idle_timeout_minutes"]["value"] == 45


async def test_legal_entities_and_role_assignments_are_listed(api: Api, world: World) -> None:
    found = await api.data(
        world.yunfan, "admin", "{ legalEntities { totalCount } roleAssignments { nodes { memberId } } }"
    )
    assert found["legalEntities"]["totalCount"] >= 1
    member = found["roleAssignments"]["nodes"][0]["memberId"]
    one = await api.data(
        world.yunfan,
        "admin",
        "query($m: ID) { roleAssignments(memberId: $m) { nodes { memberId role { name } } } }",
        m=member,
    )
    assert {row["memberId"] for row in one["roleAssignments"]["nodes"]} == {member}


async def test_everybody_sees_their_own_devices(api: Api, world: World) -> None:
    from tenants.commands.register_device import RegisterDevice

    for who in ("li", "wang"):
        device = RegisterDevice(id=new_id(), name=f"{who} 的手机", platform="android")
        actor = await world.yunfan.actor(who)
        await world.yunfan.app.engine.executor.run_internal(actor, command_named("tenants.register_device"), device)
    own = await api.data(world.yunfan, "li", "{ devices { totalCount nodes { name } } }")
    assert [row["name"] for row in own["devices"]["nodes"]] == ["li 的手机"]
    assert (await api.data(world.yunfan, "admin", "{ devices { totalCount } }"))["devices"]["totalCount"] >= 2


async def test_a_search_says_what_it_takes(api: Api, world: World) -> None:
    for query, field in (
        ('{ search(text: "a", kinds: ["Nope"]) { id } }', "kinds"),
        (f'{{ search(text: "{"a" * 201}") {{ id }} }}', "text"),
    ):
        wrong = (await api(world.yunfan, "admin", query))["errors"][0]
        assert (wrong["extensions"]["code"], wrong["extensions"]["field"]) == ("INVALID_INPUT", field)
    assert (
        "Customer"
        in (await api(world.yunfan, "admin", '{ search(text: "a", kinds: ["x"]) { id } }'))["errors"][0]["message"]
    )


@pytest.mark.parametrize("bad", ["00000000-0000-0000-0000-000000000000", "fa686f17-887d-4ae7-a3a9-4336cb5e5ad2"])
async def test_an_id_of_the_caller_must_be_a_uuidv7(api: Api, world: World, bad: str) -> None:
    made = 'mutation($id: ID) { createCustomer(input: {id: $id, name: "甲"}) { id } }'
    wrong = (await api(world.yunfan, "admin", made, id=bad))["errors"][0]["extensions"]
    assert (wrong["code"], wrong["field"]) == ("INVALID_INPUT", "id")
    good = str(new_id())
    assert (await api.data(world.yunfan, "admin", made, id=good))["createCustomer"]["id"] == good


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ('website: "javascript:alert(1)"', "WEBSITE_INVALID"),
        ('website: "data:text/html,x"', "WEBSITE_INVALID"),
        ('website: "https://"', "WEBSITE_INVALID"),
        ('creditLimitMinor: "1", creditCurrency: "ABC"', "CURRENCY_UNKNOWN"),
    ],
)
async def test_unfit_values_are_refused(api: Api, world: World, given: str, code: str) -> None:
    assert (
        await api.code(world.yunfan, "admin", f'mutation {{ createCustomer(input: {{name: "乙", {given}}}) {{ id }} }}')
        == code
    )


@pytest.mark.parametrize("site", ["https://www.example.com/a?b=1", "example.com", "http://云帆.中国:8080/首页"])
async def test_web_addresses_pass(api: Api, world: World, site: str) -> None:
    made = 'mutation($s: String) { createCustomer(input: {name: "丙", website: $s}) { website } }'
    assert (await api.data(world.yunfan, "admin", made, s=site))["createCustomer"]["website"] == site


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("{ nope }", "没有字段“nope”"),
        ("{ customer { id } }", "缺少必填参数 Query.customer(id:)"),
        ("mutation { createCustomer(input: {}) { id } }", "缺少必填字段“name”"),
        ('mutation { archiveCustomer(input: {id: "x"}) { id } }', "“id”不是有效的 UUID"),
        ('{ customers(first: "a") { totalCount } }', "应为整数"),
    ],
)
async def test_chinese_callers_read_chinese(api: Api, world: World, query: str, told: str) -> None:
    message = (await api(world.yunfan, "admin", query))["errors"][0]["message"]
    assert told in message
    assert not re.search(r"[a-z]{3,} [a-z]{2,} [a-z]{2,}", message)


async def test_refusals_before_any_operation_carry_the_request(api: Api) -> None:
    for answer in (await api.client.get("/graphql"), await api.client.post("/graphql", content=b"x")):
        assert answer.status_code in (405, 415)
        assert answer.json()["errors"][0]["extensions"]["requestId"]


@pytest.fixture
async def client(app: Any) -> Any:
    built = Litestar(routes(app.engine, app.identity, production(app.settings), app.pokes), openapi_config=None)
    async with calling(built) as made:
        yield made


async def ask(client: httpx.AsyncClient, query: str, language: str = "zh-CN", **variables: Any) -> Any:
    body = {"query": query, "variables": variables}
    return (await client.post("/graphql", json=body, headers={"Accept-Language": language})).json()


async def test_a_sign_up_speaks_the_language_of_its_request(client: httpx.AsyncClient) -> None:
    wish = {"companyName": "Sail", "email": f"a{new_id().hex}@example.com", "password": "a long pass phrase 42"}
    made = (await ask(client, SIGN_UP, "en-GB,zh;q=0.5", input=wish))["data"]["signUp"]["member"]
    assert (made["language"], made["name"]) == ("en", "Admin")
    wrong = (await ask(client, SIGN_UP, "en", input={**wish, "companyName": ""}))["errors"][0]["message"]
    assert wrong.isascii() or "company name" in wrong


async def test_a_new_number_signs_up_with_a_code_asked_for_plainly(client: httpx.AsyncClient, app: Any) -> None:
    phone = f"139{new_id().int % 10**8:08d}"
    asked = "mutation($p: String!) { requestSmsCode(input: {phone: $p}) { done } }"
    assert (await ask(client, asked, p=phone))["data"]["requestSmsCode"]["done"] is True
    await app.identity.close()
    texts = [path.read_text() for path in app.settings.outbox_dir.glob("*.txt")]
    text = next(found for found in texts if phone in found)
    code = re.findall(r"\b\d{6}\b", text)[-1]
    made = await ask(client, SIGN_UP, input={"companyName": "云帆", "phone": phone, "code": code})
    assert made["data"]["signUp"]["token"], made
