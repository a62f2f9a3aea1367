"""Where values of one row show in another: masks and scopes hold in the inbox and in the audit trail too."""

from __future__ import annotations

import json
from typing import Any

import pytest

from exchange.commands.record_export import RecordExport
from kernel.command import command_named
from kernel.policy import Authority
from server.parts import Application
from sync.service import SyncService
from sync.wire import Mutation, PullRequest, PushRequest, RegisterRequest
from tenants.commands.assign_role import AssignRole, UnassignRole
from tenants.commands.create_role import CreateRole
from tenants.masking import without_masked
from tests.graphql_api.conftest import Api
from tests.sync.rows_told import rows_told
from tests.tenants.test_roles import assignment_of
from tests.world import Company, World
from values.clock import FrozenClock
from values.ids import new_id

HIDDEN = ["party.Customer.credit_limit_minor", "party.Customer.phone"]
INBOX = [
    "party.customer.view",
    "tenants.inbox.view",
    "tenants.inbox.resolve",
    "tenants.audit.view",
    "tenants.device.view",
]
SECRETS = ("777777", "13800138000", "13900139000", "424242")


async def _only_role(company: Company, who: str, permissions: list[str], masks: list[str], scope: str) -> None:
    await company.run("admin", "tenants.unassign_role", UnassignRole(id=await assignment_of(company, who)))
    await _another_role(company, who, permissions, masks, scope)


async def _another_role(company: Company, who: str, permissions: list[str], masks: list[str], scope: str) -> None:
    role = await company.run(
        "admin", "tenants.create_role", CreateRole(name=f"{who} {scope}", permissions=permissions, masks=masks)
    )
    await company.run(
        "admin", "tenants.assign_role", AssignRole(member_id=company.people[who], role_id=role.row_id, scope=scope)
    )


async def _create(company: Company, who: str, **values: Any) -> Any:
    kind: Any = command_named("party.create_customer").input_type
    return (await company.run(who, "party.create_customer", kind(**values))).row_id


async def _clashing_edit(app: Application, company: Company, clock: FrozenClock) -> Any:
    """小李 edits, offline, a customer that was changed meanwhile: the clash waits in the inbox."""
    row_id = await _create(
        company, "li", name="甲", phone="13800138000", credit_limit_minor=777777, credit_currency="CNY"
    )
    li, service, device = await company.actor("li"), SyncService(app.engine), new_id()
    await service.register(li, RegisterRequest(device_id=device, name="x", platform="y"))
    edit = Mutation(
        n=1,
        uuid=new_id(),
        command="party.edit_customer",
        arguments={"id": str(row_id), "creditLimitMinor": 424242, "phone": "13900139000"},
        made_at=clock.now(),
        base={"creditLimitMinor": 5, "phone": "1"},
    )
    await service.push(li, PushRequest(device_id=device, mutations=[edit]))
    return row_id


async def test_masked_values_do_not_show_in_the_inbox(
    api: Api, app: Application, world: World, clock: FrozenClock
) -> None:
    company = world.yunfan
    await _clashing_edit(app, company, clock)
    await _only_role(company, "wang", INBOX, HIDDEN, "subtree")
    nodes = "{ inbox { nodes { id entity command arguments differences } } }"
    found = (await api.data(company, "wang", nodes))["inbox"]["nodes"]
    assert found
    assert {entry["entity"] for entry in found} == {"party.Customer"}
    single = "query($id: ID!) { inboxEntry(id: $id) { arguments differences } }"
    shown = json.dumps([found, await api.data(company, "wang", single, id=found[0]["id"])])
    assert not [secret for secret in SECRETS if secret in shown]
    open_ = json.dumps(await api.data(company, "lin", nodes))
    assert "424242" in open_
    assert "777777" in open_


async def test_masked_values_do_not_show_in_audit_entries_of_the_inbox(
    api: Api, app: Application, world: World, clock: FrozenClock
) -> None:
    company = world.yunfan
    await _clashing_edit(app, company, clock)
    await _only_role(company, "wang", INBOX, HIDDEN, "subtree")
    trail = "{ auditEntries(first: 100) { nodes { entity before after } } }"
    found = (await api.data(company, "wang", trail))["auditEntries"]["nodes"]
    assert {"tenants.InboxEntry", "party.Customer"} <= {entry["entity"] for entry in found}
    shown = json.dumps(found)
    assert not [secret for secret in SECRETS if secret in shown]
    assert "424242" in json.dumps(await api.data(company, "admin", trail))


async def test_masked_values_do_not_reach_a_device(app: Application, world: World, clock: FrozenClock) -> None:
    company = world.yunfan
    await _clashing_edit(app, company, clock)
    await _only_role(company, "wang", INBOX, HIDDEN, "subtree")
    wang, service, device = await company.actor("wang"), SyncService(app.engine), new_id()
    await service.register(wang, RegisterRequest(device_id=device, name="x", platform="y"))
    page = await service.pull(wang, PullRequest(device_id=device, cursor=None))
    assert rows_told(page, "inbox")
    shown = page.encoded().decode()
    assert not [secret for secret in SECRETS if secret in shown]


@pytest.mark.parametrize("about", ["party.Customer", None])
def test_a_part_that_does_not_say_its_entity_falls_under_all_masks(about: str | None) -> None:
    authority = Authority({}, frozenset(HIDDEN))
    part = {
        "entity": about,
        "arguments": {"credit_limit_minor": 1, "rows": [{"phone": "1", "name": "甲"}]},
        "differences": [{"field": "creditLimitMinor", "mine": 1}, {"field": "name", "mine": "甲"}],
    }
    assert without_masked(part, authority) == {
        "entity": about,
        "arguments": {"rows": [{"name": "甲"}]},
        "differences": [{"field": "name", "mine": "甲"}],
    }
    assert without_masked(part, Authority()) == part
    # Of what lies in lists, rows of other entities may be meant.
    kept = {"credit_limit_minor": 1, "rows": [{"name": "甲"}]}
    assert without_masked({**part, "entity": "crm.Activity"}, authority)["arguments"] == kept


TRAIL = '{ auditEntries(first: 100, filter: {entity: "party.Customer"}) { totalCount nodes { rowId } } }'


async def test_audit_entries_lie_inside_the_view_of_their_entity(api: Api, world: World) -> None:
    """小李 may audit the whole company, but views only his own customers."""
    company = world.yunfan
    foreign, own = await _create(company, "lin", name="别人的"), await _create(company, "li", name="自己的")
    await _another_role(company, "li", ["tenants.audit.view"], [], "all")
    found = (await api.data(company, "li", TRAIL))["auditEntries"]
    assert {node["rowId"] for node in found["nodes"]} == {str(own)}
    assert found["totalCount"] == 1
    both = (await api.data(company, "admin", TRAIL))["auditEntries"]
    assert {node["rowId"] for node in both["nodes"]} == {str(own), str(foreign)}


async def test_audit_entries_lie_inside_the_reach_of_the_audit_permission(api: Api, world: World) -> None:
    """小李 views all customers, but may audit only his own rows."""
    company = world.yunfan
    await _create(company, "lin", name="别人的")
    own = await _create(company, "li", name="自己的")
    await _only_role(company, "li", ["tenants.audit.view"], [], "own")
    assert (await api.data(company, "li", TRAIL))["auditEntries"]["totalCount"] == 0
    await _another_role(company, "li", ["party.customer.view"], [], "all")
    found = (await api.data(company, "li", TRAIL))["auditEntries"]
    assert {node["rowId"] for node in found["nodes"]} == {str(own)}
    assert (await api.data(company, "li", "{ customers { totalCount } }"))["customers"]["totalCount"] == 2


async def test_a_note_shows_what_was_exported(api: Api, world: World) -> None:
    exported = RecordExport(entity="party.Customer", format="csv", rows=7, columns=["name"], filtered=True)
    await world.yunfan.run_internal("admin", "exchange.record_export", exported)
    trail = '{ auditEntries(filter: {entity: "party.Customer"}) { nodes { op after } } }'
    notes = (await api.data(world.yunfan, "admin", trail))["auditEntries"]["nodes"]
    assert notes == [{"op": "export", "after": {"format": "csv", "rows": 7, "columns": ["name"], "filtered": True}}]
