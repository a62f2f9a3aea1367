"""The doors to identity, import and export, with the real services behind them; and the schema in git."""

from __future__ import annotations

import base64
import io
import subprocess
import sys
import zipfile
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from litestar import Litestar

from graphql_api.http import routes
from graphql_api.schema import sdl as exported_sdl
from graphql_api.sdl import FILE, GUIDE, ROOT, load_rooms, vanished
from server.pokes import RedisPokes
from tests.graphql_api.conftest import Api, Doorman, calling, production
from tests.world import World

PASSWORD = "桂花-酿-rainy-harbour-17"
SIGN_UP = "mutation($input: SignUpInput!) { signUp(input: $input) { token trialEndsAt tenant { id name orgCode } member { id name } } }"  # noqa: E501


class Caller:
    """Asks with whatever token it was given last."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client, self.token = client, ""

    async def __call__(self, query: str, **variables: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        answer = await self.client.post("/graphql", json={"query": query, "variables": variables}, headers=headers)
        return answer.json()

    async def data(self, query: str, **variables: Any) -> Any:
        body = await self(query, **variables)
        assert "errors" not in body, body["errors"]
        return body["data"]

    async def code(self, query: str, **variables: Any) -> str:
        body = await self(query, **variables)
        assert body.get("errors"), body
        return str(body["errors"][0]["extensions"]["code"])


@pytest.fixture
async def caller(app: Any) -> AsyncIterator[Caller]:
    """The API with the process's own identity service."""
    built = Litestar(routes(app.engine, app.identity, production(app.settings), app.pokes), openapi_config=None)
    async with calling(built) as client:
        yield Caller(client)


async def test_a_company_signs_up_and_its_people_come_and_go(caller: Caller, app: Any) -> None:
    from values.ids import new_id

    address = f"boss.{new_id()}@example.com"
    made = (await caller.data(SIGN_UP, input={"companyName": "甲公司", "email": address, "password": PASSWORD}))[
        "signUp"
    ]
    assert made["tenant"]["name"] == "甲公司"
    assert made["trialEndsAt"].endswith("Z")
    assert await caller.code("{ me { userId } }") == "NOT_SIGNED_IN"
    caller.token = made["token"]
    me = (await caller.data("{ me { userId member { id name } tenant { id } permissions } }"))["me"]
    assert me["tenant"]["id"] == made["tenant"]["id"]
    assert "party.customer.create" in me["permissions"]
    assert "tenants.audit.view" in me["permissions"]
    customer = (await caller.data('mutation { createCustomer(input: {name: "乙"}) { id name } }'))["createCustomer"]
    found = await caller.data("{ customers(first: 5) { totalCount edges { node { id name } } } }")
    assert found["customers"] == {"totalCount": 1, "edges": [{"node": customer}]}
    assert len((await caller.data("{ myTenants { name current } }"))["myTenants"]) == 1
    sign_in = "mutation($i: SignInInput!) { signIn(input: $i) { token tenant { name } } }"
    wrong = {"identifier": address, "password": "wrong-password-entirely-17"}
    assert await caller.code(sign_in, i=wrong) == "SIGN_IN_REFUSED"
    again = (await caller.data(sign_in, i={"identifier": address, "password": PASSWORD, "deviceName": "手机"}))[
        "signIn"
    ]
    sessions = (await caller.data("{ sessions { id current deviceName } }"))["sessions"]
    assert {s["deviceName"] for s in sessions} >= {"手机"}
    other = next(s["id"] for s in sessions if s["deviceName"] == "手机")
    ended = await caller.data("mutation($id: ID!) { revokeSession(input: {id: $id}) { count } }", id=other)
    assert ended == {"revokeSession": {"count": 1}}
    first, caller.token = caller.token, again["token"]
    assert await caller.code("{ me { userId } }") == "NOT_SIGNED_IN"
    caller.token = first
    roles = (await caller.data("{ roles { nodes { id key } } }"))["roles"]["nodes"]
    seller = next(role["id"] for role in roles if role["key"] == "salesperson")
    member = {"account": "cang01", "name": "仓管", "initialPassword": "仓库-First-password-88", "roleIds": [seller]}
    created = await caller.data(
        "mutation($i: CreateMemberInput!) { createMember(input: $i) { orgCode member { id account } } }", i=member
    )
    org = created["createMember"]["orgCode"]
    caller.token = ""
    keeper = {"orgCode": org, "account": "cang01", "password": "仓库-First-password-88"}
    signed = await caller.data(
        "mutation($i: SignInInput!) { signIn(input: $i) { token mustChangePassword } }", i=keeper
    )
    assert signed["signIn"]["mustChangePassword"] is True
    caller.token = signed["signIn"]["token"]
    assert await caller.code("{ customers { totalCount } }") == "PASSWORD_CHANGE_REQUIRED"
    change = "mutation($i: ChangePasswordInput!) { changePassword(input: $i) { done } }"
    await caller.data(change, i={"currentPassword": keeper["password"], "newPassword": "另一个-Long-password-93"})
    assert (await caller.data("{ customers { totalCount } }"))["customers"]["totalCount"] == 0
    assert (await caller.data("mutation { signOut { done } }"))["signOut"]["done"]
    assert await caller.code("{ customers { totalCount } }") == "NOT_SIGNED_IN"


async def test_the_subscription_gone_leaves_reading(caller: Caller, clock: Any) -> None:
    from values.ids import new_id

    address = f"boss.{new_id()}@example.com"
    asked = {"companyName": "甲公司", "email": address, "password": PASSWORD}
    caller.token = (await caller.data(SIGN_UP, input=asked))["signUp"]["token"]
    clock.move(days=16)
    caller.token = (
        await caller.data(
            "mutation($i: SignInInput!) { signIn(input: $i) { token } }",
            i={"identifier": address, "password": PASSWORD},
        )
    )["signIn"]["token"]
    assert await caller.code('mutation { createCustomer(input: {name: "乙"}) { id } }') == "SUBSCRIPTION_LAPSED"
    assert (await caller.data("{ customers { totalCount } }"))["customers"]["totalCount"] == 0
    link = (await caller.data('mutation { exportData(entity: "customers") { path } }'))["exportData"]
    assert (await caller.client.get(link["path"])).status_code == 200


IMPORT = "mutation($file: FileInput!, $mapping: JSON, $dry: Boolean!) { importCustomers(file: $file, mapping: $mapping, dryRun: $dry) { rows created bad problems { row code message } } }"  # noqa: E501


def _file(text: str, name: str = "客户.csv") -> dict[str, str]:
    return {"name": name, "contentBase64": base64.b64encode(text.encode()).decode()}


async def test_import_and_export(api: Api, world: World, clock: Any) -> None:
    rows = _file("客户名称,电话,备注2\n北京甲,13800001111,x\n上海乙,13800002222,y\n,13800003333,z\n")
    assert await api.code(world.yunfan, "li", IMPORT, file=rows, dry=True) == "PERMISSION_DENIED"
    assert (
        await api.code(world.yunfan, "lin", IMPORT, file={"name": "x", "contentBase64": "§"}, dry=True)
        == "FILE_INVALID"
    )
    dry = await api.data(world.yunfan, "lin", IMPORT, file=rows, mapping={"备注2": None}, dry=True)
    assert (dry["importCustomers"]["created"], dry["importCustomers"]["bad"]) == (2, 1)
    count = "{ customers { totalCount } }"
    assert (await api.data(world.yunfan, "lin", count))["customers"]["totalCount"] == 0
    done = await api.data(world.yunfan, "lin", IMPORT, file=rows, mapping={"备注2": None}, dry=False)
    assert done["importCustomers"]["created"] == 2
    assert (await api.data(world.yunfan, "lin", count))["customers"]["totalCount"] == 2
    assert (await api.data(world.seagull, "admin", count))["customers"]["totalCount"] == 0

    people = IMPORT.replace("importCustomers", "importContacts")
    rows = _file("所属客户,姓名,手机\n北京甲,周敏,13800004444\n没有,吴总,\n", "联系人.csv")
    assert await api.code(world.yunfan, "li", people, file=rows, dry=True) == "PERMISSION_DENIED"
    done = (await api.data(world.yunfan, "lin", people, file=rows, dry=False))["importContacts"]
    assert (done["created"], done["problems"][0]["code"]) == (1, "IMPORT_REFERENCE_UNKNOWN")

    export = "mutation($e: String, $f: String) { exportData(entity: $e, format: $f) { path fileName expiresAt } }"
    assert await api.code(world.yunfan, "li", export, e="customers") == "PERMISSION_DENIED"
    assert await api.code(world.yunfan, "lin", export) == "PERMISSION_DENIED"
    assert await api.code(world.yunfan, "admin", export, e="nonsense") == "NOT_EXPORTABLE"
    link = (await api.data(world.yunfan, "lin", export, e="customers", f="csv"))["exportData"]
    answer = await api.client.get(link["path"])
    assert answer.status_code == 200
    assert "北京甲" in answer.text
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert answer.headers["x-content-type-options"] == "nosniff"
    for broken in (link["path"][:-2], "/downloads/x", "/downloads/v1.a.b"):
        assert (await api.client.get(broken)).status_code == 404
    clock.move(minutes=6)
    assert (await api.client.get(link["path"])).status_code == 404

    whole = (await api.data(world.yunfan, "admin", export))["exportData"]
    archive = zipfile.ZipFile(io.BytesIO((await api.client.get(whole["path"])).content))
    assert archive.testzip() is None
    assert any("customer" in name for name in archive.namelist())


async def test_a_link_dies_with_its_session(api: Api, world: World) -> None:
    export = 'mutation { exportData(entity: "customers") { path } }'
    path = (await api.data(world.yunfan, "lin", export))["exportData"]["path"]
    api.doorman.badges.clear()
    assert (await api.client.get(path)).status_code == 401


def test_the_schema_in_git_is_the_schema() -> None:
    load_rooms()
    assert FILE.read_text(encoding="utf-8") == exported_sdl()
    ran = subprocess.run(
        [sys.executable, "-m", "graphql_api.sdl", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr


def test_the_guide_names_every_operation() -> None:
    from graphql_api.schema import core_schema

    load_rooms()
    guide, schema = GUIDE.read_text(encoding="utf-8"), core_schema()
    for root in (schema.query_type, schema.mutation_type, schema.subscription_type):
        assert root is not None
        for name in root.fields:
            assert f"\n#### {name}\n" in guide, name


def test_fields_vanish_only_after_deprecation() -> None:
    before = 'type Query { a(x: Int): Int b: Int @deprecated(reason: "c") c: Int }'
    assert vanished(before, before) == []
    assert vanished(before, "type Query { a(x: Int): Int c: Int }") == []
    assert vanished(before, "type Query { a: Int b: Int }") == ["Query.a(x)", "Query.c"]


def test_the_package_folder_shadows_nothing() -> None:
    assert not (ROOT / "graphql" / "__init__.py").exists()


def test_documents_in_git_are_valid(doorman: Doorman, pokes: RedisPokes) -> None:
    """Our own clients' operations stay within the schema and the limits."""
    from graphql_api.operation import Asked, Operations
    from graphql_api.schema import core_schema

    load_rooms()
    operations = Operations(core_schema(), open_schema=False)
    documents = sorted((ROOT / "graphql" / "operations").glob("*.graphql"))
    assert documents
    for document in documents:
        operations.prepared(Asked(document.read_text(encoding="utf-8"), {}, None))
