"""The whole company as one zip: a member takes what they may see, the operator takes everything."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest

from exchange.exporting import export_entity
from exchange.importing import import_rows
from exchange.tenant_export import write_tenant_zip
from kernel.policy import Actor
from modules.party.commands.edit_customer import EditCustomer
from modules.party.entities import Customer
from server.parts import Application
from tenants.commands.assign_role import AssignRole, UnassignRole
from tenants.commands.create_organisation import CreateOrganisation
from tenants.commands.create_role import CreateRole
from tests.exchange.import_world import csv_file, define
from tests.party.makers import make_activity, make_contact, make_customer
from tests.tenants.rows import add_customer
from tests.tenants.test_erasure import add_inbox_entry
from tests.tenants.test_roles import assignment_of
from tests.world import Company, World
from values.errors import FieldMasked, PermissionDenied

SECRET = "13866667777"
TAKES = ["tenants.tenant.export", "party.customer.view", "party.customer.export", "tenants.inbox.view"]


async def exporter(company: Company, permissions: list[str], masks: list[str], scope: str = "all", **at: Any) -> Actor:
    """小李 with this one role."""
    await company.run("admin", "tenants.unassign_role", UnassignRole(id=await assignment_of(company, "li")))
    data = CreateRole(name="数据专员", permissions=permissions, masks=masks)
    role = await company.run("admin", "tenants.create_role", data)
    given = AssignRole(member_id=company.people["li"], role_id=role.row_id, scope=scope, **at)
    await company.run("admin", "tenants.assign_role", given)
    return await company.actor("li")


async def zip_of(app: Application, company: Company, reader: Actor | None) -> dict[str, bytes]:
    """The files of the zip by their path."""
    target = io.BytesIO()
    await write_tenant_zip(app.engine, company.tenant_id, target, reader=reader)
    with zipfile.ZipFile(target) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def lines(files: dict[str, bytes], table: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in files[f"data/{table}.jsonl"].splitlines()]


def holding(files: dict[str, bytes], text: str) -> list[str]:
    return sorted(name for name, content in files.items() if text.encode() in content)


async def test_who_may_not_export_the_company_gets_no_zip(world: World, app: Application) -> None:
    target = io.BytesIO()
    with pytest.raises(PermissionDenied):
        await write_tenant_zip(app.engine, world.yunfan.tenant_id, target, reader=await world.yunfan.actor("lin"))
    assert target.getvalue() == b""


async def test_nobody_takes_another_companys_data(world: World, app: Application) -> None:
    with pytest.raises(PermissionDenied):
        await write_tenant_zip(
            app.engine, world.yunfan.tenant_id, io.BytesIO(), reader=await world.seagull.actor("admin")
        )


async def test_a_masked_value_is_in_no_file(world: World, app: Application) -> None:
    company = world.yunfan
    made = await make_customer(company, "admin", "西湖茶业", phone="13800001111", notes="好客户")
    await company.run("admin", "party.edit_customer", EditCustomer(id=made, phone=SECRET))
    await add_inbox_entry(company, made, {"id": str(made), "mobile": SECRET, "notes": "好客户"})
    masks = ["party.Customer.phone", "party.Contact.mobile"]
    reader = await exporter(company, [*TAKES, "party.contact.view", "tenants.audit.view"], masks)
    files = await zip_of(app, company, reader)
    assert holding(files, SECRET) == holding(files, "13800001111") == []
    [row] = lines(files, "customer")
    assert "phone" not in row
    assert row["notes"] == "好客户"
    told = [entry["after"] for entry in lines(files, "audit_entry") if entry["entity"] == "party.Customer"]
    assert [entry["phone"] for entry in told] == ["***", "***"]
    [entry] = lines(files, "inbox_entry")
    assert entry["arguments"] == {"id": str(made), "notes": "好客户"}
    manifest = json.loads(files["manifest.json"])
    assert "phone" in manifest["tables"]["customer"]["withheld"]
    assert manifest["rights"] == {"of": "member", "memberId": str(reader.member_id)}


async def test_what_the_member_may_not_view_is_left_out_and_named(world: World, app: Application) -> None:
    company = world.yunfan
    made = await make_customer(company, "admin", "西湖茶业")
    await make_contact(company, "admin", made, "金丝雀")
    await make_activity(company, "admin", made, topic="金丝雀来电")
    files = await zip_of(app, company, await exporter(company, TAKES, []))
    assert holding(files, "金丝雀") == []
    assert "data/contact.jsonl" not in files
    left_out = json.loads(files["manifest.json"])["notYours"]
    assert left_out["contact"] == "party.contact.view"
    assert left_out["audit_entry"] == "tenants.audit.view"
    assert len(lines(files, "customer")) == 1


async def test_a_branch_takes_its_own_rows(world: World, app: Application) -> None:
    company = world.yunfan
    branch = await company.run("admin", "tenants.create_organisation", CreateOrganisation(name="乙", kind="branch"))
    await add_customer(company, "总部客户", "zhao")
    await add_customer(company, "分部客户", None, scope_path=f"{branch.value.path}~/")
    reader = await exporter(company, [*TAKES, "tenants.audit.view"], [], organisation_id=branch.row_id)
    files = await zip_of(app, company, reader)
    assert [row["name"] for row in lines(files, "customer")] == ["分部客户"]
    assert holding(files, "总部客户") == []
    assert "data/tenant_access.jsonl" not in files  # the company's, not the branch's


async def test_a_wide_view_does_not_widen_a_narrow_export(world: World, app: Application) -> None:
    company = world.yunfan
    await add_customer(company, "小李的", "li")
    await add_customer(company, "小赵的", "zhao")
    await exporter(company, TAKES, [], scope="own")
    role = await company.run("admin", "tenants.create_role", CreateRole(name="看", permissions=["party.customer.view"]))
    wide = AssignRole(member_id=company.people["li"], role_id=role.row_id, scope="all")
    await company.run("admin", "tenants.assign_role", wide)
    files = await zip_of(app, company, await company.actor("li"))
    assert [row["name"] for row in lines(files, "customer")] == ["小李的"]
    assert holding(files, "小赵的") == []


async def test_an_admin_takes_what_the_operator_takes(world: World, app: Application) -> None:
    company = world.yunfan
    made = await make_customer(company, "admin", "西湖茶业", phone=SECRET)
    await make_contact(company, "admin", made, "金丝雀")
    mine, theirs = await zip_of(app, company, await company.actor()), await zip_of(app, company, None)
    assert mine.keys() == theirs.keys()
    for name in mine.keys() - {"manifest.json", "README.md"}:
        assert mine[name] == theirs[name], name
    told = json.loads(theirs["manifest.json"])
    assert (told["rights"], told["notYours"]) == ({"of": "operator"}, {})
    assert "不受字段隐藏限制".encode() in theirs["README.md"]
    assert "不受字段隐藏限制".encode() not in mine["README.md"]


async def test_a_mask_on_custom_fields_hides_all_of_them(world: World, app: Application) -> None:
    company = world.yunfan
    await define(company)
    rows = [["客户名称", "员工人数"], ["甲", "987654"]]
    await import_rows(app.engine, await company.actor(), Customer, csv_file(rows), "a.csv", dry_run=False)
    reader = await exporter(company, [*TAKES, "tenants.audit.view", "party.customer.import"], ["party.Customer.custom"])
    exported = await export_entity(app.engine, reader, Customer, "csv")
    assert "员工人数" not in exported.decode("utf-8-sig")
    assert holding(await zip_of(app, company, reader), "987654") == []
    mapping = {"员工人数": "custom.employees"}
    with pytest.raises(FieldMasked):
        await import_rows(app.engine, reader, Customer, csv_file(rows), "a.csv", mapping)
