"""What a role hides and what was erased, through the API: in no answer and in no file, by any door."""

from __future__ import annotations

import io
import json
import zipfile

from modules.party.commands.erase_customer import EraseCustomer
from tenants.commands.define_custom_field import DefineCustomField
from tests.graphql_api.conftest import Api
from tests.graphql_api.test_rights import _with_role
from tests.party.makers import make_contact, make_customer
from tests.world import World

MAY = ["party.customer.view", "party.customer.export", "tenants.tenant.export", "tenants.audit.view"]
HIDDEN = ["party.Customer.phone", "party.Customer.custom"]
EXPORT = "mutation($e: String, $f: String) { exportData(entity: $e, format: $f) { path } }"
BIN = "{ customers(filter: {archived: ARCHIVED}) { totalCount nodes { id } } }"


async def test_a_hidden_value_leaves_by_no_door(api: Api, world: World) -> None:
    field = DefineCustomField(entity="party.Customer", key="floor_price", label_zh="底价", kind="text")
    await world.yunfan.run("admin", "tenants.define_custom_field", field)
    await make_customer(
        world.yunfan, "admin", "甲公司", phone="13866667777", custom={"floor_price": "底价八七六五"}, notes="看得见"
    )
    company = await _with_role(world.yunfan, "clerk", MAY, masks=HIDDEN)
    shown = (await api.data(company, "clerk", "{ customers { nodes { name phone custom notes } } }"))["customers"]
    assert shown["nodes"] == [{"name": "甲公司", "phone": None, "custom": None, "notes": "看得见"}]
    asked = '{ customers(filter: {customFilter: [{key: "floor_price", isNull: false}]}) { totalCount } }'
    assert await api.code(company, "clerk", asked) == "FIELD_MASKED"

    files: dict[str, bytes] = {}
    for entity, fmt in (("customers", "csv"), (None, None)):
        link = (await api.data(company, "clerk", EXPORT, e=entity, f=fmt))["exportData"]
        answer = await api.client.get(link["path"])
        assert answer.status_code == 200
        if entity is None:
            archive = zipfile.ZipFile(io.BytesIO(answer.content))
            files |= {name: archive.read(name) for name in archive.namelist()}
        else:
            files[entity] = answer.content
    assert "看得见" in files["customers"].decode("utf-8-sig")
    assert "看得见" in files["data/customer.jsonl"].decode()
    for secret in ("13866667777", "底价八七六五"):
        assert [name for name, content in files.items() if secret.encode() in content] == []
    assert json.loads(files["manifest.json"])["rights"]["of"] == "member"


async def test_an_erased_customer_says_so_and_is_in_no_list(api: Api, world: World) -> None:
    company = world.yunfan
    made = await make_customer(company, "li", "金丝雀", phone="13866667777")
    contact = await make_contact(company, "li", made, "周敏")
    await company.run("admin", "party.erase_customer", EraseCustomer(id=made))
    for who in ("li", "lin", "admin"):
        assert (await api.data(company, who, BIN))["customers"] == {"totalCount": 0, "nodes": []}
        assert (await api.data(company, who, "{ customers { totalCount } }"))["customers"]["totalCount"] == 0
    by_id = f'{{ customer(id: "{made}") {{ name erasedAt }} }}'
    row = (await api.data(company, "lin", by_id))["customer"]
    assert row["name"] == "已删除"
    assert row["erasedAt"] is not None
    seen = "{ customers(filter: {archived: ALL, erasedAt: {isNull: false}}) { totalCount } }"
    assert (await api.data(company, "admin", seen))["customers"]["totalCount"] == 1
    for mutation in (
        f'mutation {{ restoreCustomer(input: {{id: "{made}"}}) {{ id }} }}',
        f'mutation {{ editCustomer(input: {{id: "{made}", name: "金丝雀"}}) {{ id }} }}',
        f'mutation {{ restoreContact(input: {{id: "{contact}"}}) {{ id }} }}',
    ):
        assert await api.code(company, "lin", mutation) == "RECORD_ERASED"
