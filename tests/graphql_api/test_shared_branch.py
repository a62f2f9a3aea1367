"""交叉权限 through the API: named rights on one branch's data, and nothing else of it or of a third one by any door."""

from __future__ import annotations

import asyncio
import io
import json
import zipfile
from typing import Any
from uuid import UUID

import pytest
from litestar import Litestar

from modules.crm.entities import Activity
from modules.party.commands.archive_customer import ArchiveCustomer
from modules.party.commands.assign_customer import AssignCustomer
from modules.party.commands.create_contact import CreateContact
from modules.party.commands.create_customer import CreateCustomer
from modules.party.commands.edit_contact import EditContact
from modules.party.commands.edit_customer import EditCustomer
from modules.party.entities import Contact, Customer
from server.pokes import RedisPokes
from tenants.commands.assign_role import AssignRole
from tenants.commands.create_role import CreateRole
from tests.graphql_api.conftest import Api, Doorman
from tests.graphql_api.pokes import until_listening
from tests.graphql_api.test_socket import PROTOCOL, connected, litestar, signed_in  # noqa: F401 — a fixture
from tests.party.makers import make_activity, row_of
from tests.tenants.rows import rows_of
from tests.tenants.test_cross_grants import Branches, branches  # noqa: F401 — a fixture
from tests.world import Company
from values.errors import NotFound, PermissionDenied

EXPORT = "mutation($e: String) { exportData(entity: $e) { path } }"
NESTED = "{ customers { nodes { name contacts { nodes { name } } activities { nodes { topic } } } } }"
ALL = ("party.customer", "party.contact", "crm.activity")


async def granted(branches: Branches, *permissions: str, where: str = "乙") -> None:  # noqa: F811
    """小李 of 甲 holds these rights in another branch."""
    company = branches.company
    role = await company.run(
        "admin", "tenants.create_role", CreateRole(name=f"跨组织 {where}", permissions=list(permissions))
    )
    given = AssignRole(
        member_id=company.people["li"],
        role_id=role.row_id,
        scope="all",
        organisation_id=branches.organisations[where],
    )
    await company.run("admin", "tenants.assign_role", given)


async def talked(branches: Branches) -> dict[str, UUID]:  # noqa: F811
    """One follow-up per branch, written by its own salesperson."""
    who = {"甲": "li", "乙": "ma", "丙": "bing"}
    return {
        name: await make_activity(branches.company, who[name], branches.customers[name], topic=f"{name}跟进")
        for name in who
    }


async def named(api: Api, company: Company, query: str, root: str, key: str = "name") -> set[str]:
    found = (await api.data(company, "li", query))[root]
    return {row[key] for row in (found["nodes"] if isinstance(found, dict) else found)}


async def test_every_document_lies_in_the_organisation_of_its_customer(branches: Branches) -> None:  # noqa: F811
    """Whoever writes it, and from where."""
    company = branches.company
    await granted(branches, *(f"{prefix}.view" for prefix in ALL), "party.contact.create", "crm.activity.log")
    known = await rows_of(company.app, company.tenant_id, "SELECT id, path FROM app.organisation")
    paths = {row.id: row.path for row in known}
    for name, who in (("甲", "li"), ("乙", "ma"), ("乙", "li"), ("丙", "bing")):
        customer = branches.customers[name]
        new = CreateContact(customer_id=customer, name=f"{who}的联系人")
        made = await company.run(who, "party.create_contact", new)
        talk = await make_activity(company, who, customer)
        rows = [
            await row_of(company, entity, row_id)
            for entity, row_id in ((Customer, customer), (Contact, made.row_id), (Activity, talk))
        ]
        assert len({row.scope_path for row in rows}) == 1
        holding = [org for org, path in paths.items() if rows[0].scope_path.startswith(path)]
        assert max(holding, key=lambda org: len(paths[org])) == branches.organisations[name]
    assert (await row_of(company, Activity, talk)).owner_id == company.people["bing"]


async def test_view_of_customers_shows_neither_contacts_nor_follow_ups(api: Api, branches: Branches) -> None:  # noqa: F811
    company, talks = branches.company, await talked(branches)
    await granted(branches, "party.customer.view")
    nodes = (await api.data(company, "li", NESTED))["customers"]["nodes"]
    shown = {n["name"]: (n["contacts"]["nodes"], n["activities"]["nodes"]) for n in nodes}
    assert shown == {"甲客户": ([{"name": "甲联系人"}], [{"topic": "甲跟进"}]), "乙客户": ([], [])}
    assert await named(api, company, "{ contacts { nodes { name } } }", "contacts") == {"甲联系人"}
    assert await named(api, company, "{ activities { nodes { topic } } }", "activities", "topic") == {"甲跟进"}
    for query in (
        f'{{ contact(id: "{branches.contacts["乙"]}") {{ id }} }}',
        f'{{ activity(id: "{talks["乙"]}") {{ id }} }}',
        f'{{ customer(id: "{branches.customers["丙"]}") {{ id }} }}',
    ):
        assert list((await api.data(company, "li", query)).values()) == [None]


async def test_view_of_follow_ups_does_not_show_their_customer(api: Api, branches: Branches) -> None:  # noqa: F811
    company = branches.company
    await talked(branches)
    await granted(branches, "crm.activity.view")
    query = "{ activities { nodes { topic customer { name } contact { name } } } }"
    rows = (await api.data(company, "li", query))["activities"]["nodes"]
    assert {row["topic"]: row["customer"] for row in rows} == {"甲跟进": {"name": "甲客户"}, "乙跟进": None}
    assert await named(api, company, "{ customers { nodes { name } } }", "customers") == {"甲客户"}


async def test_search_finds_what_was_granted(api: Api, branches: Branches) -> None:  # noqa: F811
    company = branches.company
    find = 'query { search(text: "%s") { title } }'

    async def found() -> set[str]:
        hits: set[str] = set()
        for name in ("甲", "乙", "丙"):
            hits |= await named(api, company, find % name, "search", "title")
        return {hit for hit in hits if hit[1:] in ("客户", "联系人")}

    assert await found() == {"甲客户", "甲联系人"}
    await granted(branches, "party.customer.view")
    assert await found() == {"甲客户", "甲联系人", "乙客户"}


async def test_a_right_to_issue_is_one_and_no_other(branches: Branches) -> None:  # noqa: F811
    """He may write follow-ups there; not edit, archive, assign, erase, nor anything in the third branch."""
    company = branches.company
    await granted(branches, "party.customer.view", "party.contact.view", "crm.activity.view", "crm.activity.log")
    theirs, third = branches.customers["乙"], branches.customers["丙"]
    made = await make_activity(company, "li", theirs, topic="代访")
    assert (await row_of(company, Activity, made)).owner_id == company.people["li"]
    refused: list[tuple[str, Any]] = [
        ("party.edit_customer", EditCustomer(id=theirs, name="改名")),
        ("party.edit_contact", EditContact(id=branches.contacts["乙"], name="改名")),
        ("party.create_contact", CreateContact(customer_id=theirs, name="新人")),
        ("party.archive_customer", ArchiveCustomer(id=theirs)),
        ("party.assign_customer", AssignCustomer(id=theirs, owner_id=company.people["li"])),
    ]
    for command, data in refused:
        with pytest.raises(PermissionDenied):
            await company.run("li", command, data)
    with pytest.raises(NotFound):
        await make_activity(company, "li", third)
    for_them = CreateCustomer(name="塞给乙", owner_id=company.people["ma"])
    with pytest.raises(PermissionDenied):
        await company.run("li", "party.create_customer", for_them)


async def test_a_right_to_edit_moves_nothing_out_of_the_branch(branches: Branches) -> None:  # noqa: F811
    company = branches.company
    await granted(branches, "party.customer.view", "party.customer.edit")
    theirs = branches.customers["乙"]
    before = (await row_of(company, Customer, theirs)).scope_path
    await company.run("li", "party.edit_customer", EditCustomer(id=theirs, region="浙江"))
    row = await row_of(company, Customer, theirs)
    assert (row.region, row.scope_path, row.owner_id) == ("浙江", before, company.people["ma"])
    with pytest.raises(NotFound):  # a parent that he may not see
        await company.run("li", "party.edit_customer", EditCustomer(id=theirs, parent_id=branches.customers["丙"]))


async def test_exports_take_what_may_be_seen_and_taken(api: Api, branches: Branches) -> None:  # noqa: F811
    company = branches.company
    await talked(branches)

    async def exported(entity: str | None) -> bytes:
        path = (await api.data(company, "li", EXPORT, e=entity))["exportData"]["path"]
        answer = await api.client.get(path)
        assert answer.status_code == 200
        return answer.content

    await granted(branches, "party.customer.view", "party.customer.export", "party.contact.view")
    assert await api.code(company, "li", EXPORT, e="contacts") == "PERMISSION_DENIED"
    assert await api.code(company, "li", EXPORT) == "PERMISSION_DENIED"
    sheet = (await exported("customers")).decode("utf-8-sig")
    assert "乙客户" in sheet
    assert "甲客户" not in sheet  # seen at home, but the right to export ends at 乙
    assert "丙客户" not in sheet

    await granted(branches, "tenants.tenant.export", where="丙")
    archive = zipfile.ZipFile(io.BytesIO(await exported(None)))
    content = b"".join(archive.read(name) for name in archive.namelist() if name != "manifest.json").decode()
    assert not any(f"{name}{what}" in content for name in "甲乙丙" for what in ("客户", "联系人", "跟进"))
    assert "audit_entry" in json.loads(archive.read("manifest.json"))["notYours"]


async def test_the_trail_of_the_branch_and_of_what_was_granted(api: Api, branches: Branches) -> None:  # noqa: F811
    """The audit shows entries about rows that one may view, in the branch where the audit was granted."""
    company = branches.company
    await talked(branches)
    query = "{ auditEntries(first: 200) { nodes { entity rowId after } } }"
    assert await api.code(company, "li", query) == "PERMISSION_DENIED"
    await granted(branches, "party.customer.view", "tenants.audit.view")
    rows = (await api.data(company, "li", query))["auditEntries"]["nodes"]
    about = {row["rowId"] for row in rows if row["entity"] in ("party.Customer", "party.Contact", "crm.Activity")}
    assert about == {str(branches.customers["乙"])}
    told = json.dumps(rows, ensure_ascii=False)
    assert not any(secret in told for secret in ("丙客户", "甲客户", "乙联系人", "乙跟进"))


async def test_changes_tell_of_what_was_granted_only(
    litestar: Litestar,  # noqa: F811
    doorman: Doorman,
    pokes: RedisPokes,
    branches: Branches,  # noqa: F811
) -> None:
    company = branches.company
    await granted(branches, "party.customer.view")
    query = "subscription { changes { entity id op } }"
    async with connected(litestar, [PROTOCOL]) as socket:
        await signed_in(socket, doorman.token(company, "li"))
        await socket.send_json({"id": "1", "type": "subscribe", "payload": {"query": query}})
        await until_listening(pokes, company.tenant_id, 1)
        await asyncio.sleep(0.1)  # the clock value from which it listens is read after it listens
        await company.run("bing", "party.edit_customer", EditCustomer(id=branches.customers["丙"], region="丙地"))
        await company.run("ma", "party.edit_contact", EditContact(id=branches.contacts["乙"], title="经理"))
        await make_activity(company, "ma", branches.customers["乙"])
        await company.run("ma", "party.edit_customer", EditCustomer(id=branches.customers["乙"], region="乙地"))
        await company.run("li", "party.edit_contact", EditContact(id=branches.contacts["甲"], title="经理"))
        notices = [(await socket.receive_json(timeout=5))["payload"]["data"]["changes"] for _ in range(2)]
        with pytest.raises(TimeoutError):
            await socket.receive_json(timeout=0.5)
    assert [(notice["entity"], notice["id"]) for notice in notices] == [
        ("party.Customer", str(branches.customers["乙"])),
        ("party.Contact", str(branches.contacts["甲"])),
    ]
