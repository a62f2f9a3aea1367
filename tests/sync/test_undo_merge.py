"""What a merge decided by itself stands in the audit of the row, under masks and reach, and can be undone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest

from billing.trials import activate_subscription_of
from exchange.export_rights import share_of
from kernel.entity import Merge
from kernel.policy import Actor, Authority
from modules.party.entities import Customer
from sync.client import Replica
from sync.verify import verify
from tenants.commands.assign_role import AssignRole
from tenants.commands.create_role import CreateRole
from tenants.commands.resolve_inbox_entry import ResolveInboxEntry
from tenants.commands.undo_merge import UndoMerge
from tenants.errors import DecidedSinceMerge
from tests.graphql_api.conftest import Api, api, doorman, pokes  # noqa: F401 — fixtures
from tests.sync.conftest import Doors
from tests.sync.declaring import GRADES, declared
from tests.tenants.rows import rows_of
from tests.world import add_member
from values.clock import FrozenClock
from values.errors import (
    FieldMasked,
    InvalidInput,
    ModuleNotBought,
    NotFound,
    PermissionDenied,
    Refusal,
    SubscriptionLapsed,
)
from values.ids import new_id

TRAIL = "query($f: AuditFilter) { auditEntries(first: 100, filter: $f) { nodes { id op command after rowId } } }"
UNDO = "mutation($i: UndoMergeInput!) { undoMerge(input: $i) { entity rowId fields } }"


class Merged:
    """小李 offline against 王主管: one field of every kind merged into one row."""

    def __init__(self, doors: Doors, row_id: UUID, replica: Replica) -> None:
        self.doors, self.row_id, self.replica = doors, row_id, replica

    async def audit(self, op: str = "merge") -> list[dict[str, Any]]:
        asked = f"SELECT id, after, scope_path FROM app.audit_entry WHERE op = '{op}' ORDER BY id"
        return [dict(row._mapping) for row in await rows_of(self.doors.app, self.doors.world.yunfan.tenant_id, asked)]

    async def undo(self, who: str, **values: Any) -> Any:
        [entry, *_] = await self.audit()
        return await self.doors.world.yunfan.run(who, "tenants.undo_merge", UndoMerge(audit_id=entry["id"], **values))

    async def row(self) -> dict[str, Any]:
        await asyncio.to_thread(self.replica.pull)
        found = self.replica.row("customers", str(self.row_id))
        assert found is not None
        return found


@pytest.fixture
async def merged(doors: Doors, run: Callable[..., Any], clock: FrozenClock) -> Merged:
    made = await run("li", "party.create_customer", name="甲", level="c", phone="13800000000", notes="一\n二")
    li = await doors.device("li", "li")
    values = {"name": "甲公司", "level": "a", "notes": "一\n二改", "phone": "13800000001", "industry": "贸易"}
    li.mutate("party.edit_customer", id=str(made.row_id), **values)
    clock.move(minutes=1)
    theirs = {"level": "b", "notes": "一改\n二", "phone": "13800000002", "industry": "贸易"}
    await run("wang", "party.edit_customer", id=made.row_id, **theirs)
    await asyncio.to_thread(li.sync)
    return Merged(doors, made.row_id, li)


async def test_who_may_not_edit_may_not_undo(merged: Merged, doors: Doors, api: Api) -> None:  # noqa: F811
    [entry] = await merged.audit()
    asked = {"i": {"auditId": str(entry["id"])}}
    assert await api.code(None, "", UNDO, **asked) == "NOT_SIGNED_IN"
    rival = await doors.world.seagull.actor("admin")
    undo = UndoMerge(audit_id=entry["id"])
    with pytest.raises(NotFound):
        await doors.world.seagull.run("admin", "tenants.undo_merge", undo)
    assert rival.tenant_id != doors.world.yunfan.tenant_id
    with pytest.raises(NotFound):
        await doors.world.yunfan.run("zhao", "tenants.undo_merge", undo)  # out of sight
    with pytest.raises(PermissionDenied):
        await doors.world.yunfan.run("zhou", "tenants.undo_merge", undo)  # reads all, edits nothing
    with pytest.raises(NotFound):
        await doors.world.yunfan.run("admin", "tenants.undo_merge", UndoMerge(audit_id=new_id()))
    other = await rows_of(doors.app, doors.world.yunfan.tenant_id, "SELECT id FROM app.audit_entry WHERE op = 'update'")
    with pytest.raises(NotFound):
        await doors.world.yunfan.run("admin", "tenants.undo_merge", UndoMerge(audit_id=other[0].id))
    with pytest.raises(InvalidInput, match="fields"):
        await merged.undo("li", fields=["nothing"])
    assert (await merged.row())["notes"] == "一改\n二改"


async def test_neither_without_the_module_nor_after_the_trial(merged: Merged, doors: Doors, clock: FrozenClock) -> None:
    clock.move(days=20)
    with pytest.raises(SubscriptionLapsed):
        await merged.undo("li")
    await activate_subscription_of(doors.app.engine, doors.world.yunfan.tenant_id, ["sales"], None)
    with pytest.raises(ModuleNotBought):
        await merged.undo("li")


async def test_every_decision_is_told_by_column(merged: Merged) -> None:
    [entry] = await merged.audit()
    told = entry["after"]
    assert {name: (found["policy"], found["outcome"]) for name, found in told.items()} == {
        "name": ("three_way", "taken"),
        "level": ("three_way", "clash"),
        "notes": ("text", "combined"),
        "phone": ("three_way", "clash"),
        "industry": ("three_way", "equal"),
    }
    assert told["notes"] == {
        "policy": "text",
        "outcome": "combined",
        "base": "一\n二",
        "mine": "一\n二改",
        "theirs": "一改\n二",
        "result": "一改\n二改",
    }
    assert (told["level"]["mine"], told["level"]["theirs"], told["level"]["result"]) == ("a", "b", "b")
    assert entry["scope_path"].endswith("/")


async def test_what_nobody_else_touched_is_an_ordinary_edit(doors: Doors, run) -> None:
    made = await run("li", "party.create_customer", name="甲")
    li = await doors.device("li", "li")
    li.mutate("party.edit_customer", id=str(made.row_id), level="a", notes="只有我")
    await run("wang", "party.edit_customer", id=made.row_id, region="华东")
    assert (await asyncio.to_thread(li.sync))["pushed"] == {"applied": 1}
    assert await Merged(doors, made.row_id, li).audit() == []


async def test_all_of_it_is_undone(merged: Merged) -> None:
    assert len(merged.replica.inbox()) == 1
    done = (await merged.undo("wang")).value
    assert (done.entity, done.row_id) == ("party.Customer", merged.row_id)
    assert done.fields == ["name", "level", "notes", "phone"]
    found = await merged.row()
    # What was taken or combined is as before; what was kept out is what the device said.
    assert (found["name"], found["notes"]) == ("甲", "一改\n二")
    assert (found["level"], found["phone"], found["industry"]) == ("a", "+8613800000001", "贸易")
    assert merged.replica.inbox() == []  # the clash is decided
    assert [e["state"] for e in merged.replica.rows("inbox")] == ["taken"]
    [noted] = await merged.audit("undo_merge")
    [entry] = await merged.audit()
    assert noted["after"]["notes"] == {"auditId": str(entry["id"]), "before": "一改\n二改", "after": "一改\n二"}
    asked = "SELECT before, after FROM app.audit_entry WHERE command = 'tenants.undo_merge' AND op = 'update'"
    doors = merged.doors
    changed = await rows_of(doors.app, doors.world.yunfan.tenant_id, f"{asked} AND entity = 'party.Customer'")
    assert [row.after["notes"] for row in changed] == ["一改\n二"]


async def test_some_of_it_and_the_rest_stays_in_the_inbox(merged: Merged) -> None:
    await merged.undo("li", fields=["level"])
    found = await merged.row()
    assert (found["level"], found["notes"], found["phone"]) == ("a", "一改\n二改", "+8613800000002")
    assert [e["state"] for e in merged.replica.inbox()] == ["open"]
    with pytest.raises(Refusal) as nothing:
        await merged.undo("li", fields=["industry"])
    assert nothing.value.code == "MERGE_NOT_UNDOABLE"


async def test_what_has_changed_since_is_not_overwritten_unless_forced(merged: Merged, run) -> None:
    await run("wang", "party.edit_customer", id=merged.row_id, notes="重写")
    with pytest.raises(Refusal) as changed:
        await merged.undo("li")
    assert (changed.value.code, changed.value.field) == ("CHANGED_SINCE_MERGE", "notes")
    assert changed.value.sentence("zh-CN").startswith("“备注”")
    assert (await merged.row())["level"] == "b"
    await merged.undo("li", force=True)
    assert ((await merged.row())["notes"], (await merged.row())["level"]) == ("一改\n二", "a")


@pytest.mark.parametrize("action", ["theirs", "discard"])
async def test_what_a_person_has_decided_is_not_overturned_unless_forced(merged: Merged, action: str) -> None:
    company = merged.doors.world.yunfan
    [clash] = merged.replica.inbox()
    assert {found["field"] for found in clash["differences"]} == {"level", "phone"}
    await company.run("wang", "tenants.resolve_inbox_entry", ResolveInboxEntry(id=UUID(clash["id"]), action=action))
    for fields in (["level"], ["notes", "level"]):
        with pytest.raises(DecidedSinceMerge) as decided:
            await merged.undo("li", fields=fields)
        assert (decided.value.code, decided.value.field) == ("DECIDED_SINCE_MERGE", "level")
        assert "已放弃" in decided.value.sentence("zh-CN")
    found = await merged.row()
    assert (found["level"], found["notes"]) == ("b", "一改\n二改")
    await merged.undo("li", fields=["notes"])  # about which nobody was asked
    await merged.undo("li", fields=["level"], force=True)
    found = await merged.row()
    assert (found["level"], found["notes"]) == ("a", "一改\n二")


async def test_a_decision_and_an_undo_at_the_same_moment_do_not_both_count(merged: Merged) -> None:
    company = merged.doors.world.yunfan
    [clash] = merged.replica.inbox()
    theirs = ResolveInboxEntry(id=UUID(clash["id"]), action="theirs")
    ended = await asyncio.gather(
        company.run("wang", "tenants.resolve_inbox_entry", theirs),
        merged.undo("li", fields=["level"]),
        return_exceptions=True,
    )
    refused = [found.code for found in ended if isinstance(found, Refusal)]
    assert refused in (["ALREADY_DECIDED"], ["DECIDED_SINCE_MERGE"])
    assert (await merged.row())["level"] == ("a" if refused == ["ALREADY_DECIDED"] else "b")


async def test_the_rules_of_the_edit_hold(merged: Merged, run) -> None:
    await run("lin", "party.archive_customer", id=merged.row_id)
    with pytest.raises(Refusal) as refused:
        await merged.undo("li")
    assert refused.value.code == "RECORD_ARCHIVED"


async def test_a_mask_hides_it_in_the_trail_and_in_an_export_and_keeps_it_from_being_undone(
    merged: Merged,
    api: Api,  # noqa: F811
) -> None:
    company = merged.doors.world.yunfan
    await add_member(company, "clerk", "小文", "auditor", "own", "销售部")
    rights = ["party.customer.view", "party.customer.edit", "tenants.audit.view"]
    data = CreateRole(name="文员", permissions=rights, masks=["party.Customer.phone"])
    role = await company.run("admin", "tenants.create_role", data)
    given = AssignRole(member_id=company.people["clerk"], role_id=role.row_id, scope="all", organisation_id=None)
    await company.run("admin", "tenants.assign_role", given)
    asked = {"op": "merge", "entity": "party.Customer"}
    for who, phone in (("clerk", "***"), ("admin", "+8613800000002")):
        [node] = (await api.data(company, who, TRAIL, f=asked))["auditEntries"]["nodes"]
        assert node["rowId"] == str(merged.row_id)
        shown = node["after"]["phone"]
        assert (shown if who == "clerk" else shown["result"]) == phone
        assert node["after"]["notes"]["result"] == "一改\n二改"
    # The trail of those who see no row shows none.
    assert await api.code(company, "zhao", TRAIL, f=asked) == "PERMISSION_DENIED"
    with pytest.raises(FieldMasked):
        await merged.undo("clerk")
    [entry] = await merged.audit()
    given = {"auditId": str(entry["id"]), "fields": ["notes"]}
    done = (await api.data(company, "clerk", UNDO, i=given))["undoMerge"]
    assert done == {"entity": "party.Customer", "rowId": str(merged.row_id), "fields": ["notes"]}
    [undone] = (await api.data(company, "clerk", TRAIL, f={"op": "undo_merge"}))["auditEntries"]["nodes"]
    assert undone["after"]["notes"]["after"] == "一改\n二"
    actor = await company.actor("clerk")
    authority = Authority({**actor.authority.grants, "tenants.company.export": ("/",)}, actor.authority.masks)
    cut = share_of("audit_entry", Actor(actor.tenant_id, actor.member_id, authority)).cut
    assert cut is not None
    told = cut({"entity": "party.Customer", "before": None, "after": entry["after"]})
    assert "13800000" not in str(told)


async def test_an_erasure_blanks_it(merged: Merged, run) -> None:
    await run("lin", "party.archive_customer", id=merged.row_id)
    await run("admin", "party.erase_customer", id=merged.row_id)
    [entry] = await merged.audit()
    assert {name for name, found in entry["after"].items() if found == "***"} >= {"name", "notes", "phone"}
    assert "13800000001" not in str(entry)
    with pytest.raises(Refusal):
        await merged.undo("admin")


async def test_the_database_is_what_the_audit_says(merged: Merged) -> None:
    await merged.undo("li", fields=["notes"])
    found = await verify(merged.doors.app.engine, merged.doors.world.yunfan.tenant_id)
    assert found.findings == []


@pytest.fixture
def states(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with declared(monkeypatch, {(Customer, "credit_grade"): Merge.TRANSITION}, *GRADES):
        yield


async def test_a_state_goes_back_by_its_own_commands_only(doors: Doors, run, states) -> None:
    made = await run("li", "party.create_customer", name="甲", credit_grade="b")
    li, wang = await doors.device("li", "li"), await doors.device("wang", "wang")
    for replica in (li, wang):
        replica.mutate("party.confirm_grade", id=str(made.row_id))
        await asyncio.to_thread(replica.sync)
    found = Merged(doors, made.row_id, li)
    [entry] = await found.audit()
    assert entry["after"]["credit_grade"]["outcome"] == "equal"
    with pytest.raises(Refusal) as refused:
        await found.undo("admin")
    assert refused.value.code == "MERGE_NOT_UNDOABLE"


async def test_custom_fields_are_told_and_undone_key_by_key(doors: Doors, run) -> None:
    for key in ("size", "grade"):
        await run(
            "admin",
            "tenants.define_custom_field",
            entity="party.Customer",
            key=key,
            label_zh=key,
            kind="text",
        )
    made = await run("li", "party.create_customer", name="甲", custom={"size": "小", "grade": "一"})
    li = await doors.device("li", "li")
    li.mutate("party.edit_customer", id=str(made.row_id), custom={"size": "大", "grade": "二"})
    await run("wang", "party.edit_customer", id=made.row_id, custom={"grade": "三"})
    await asyncio.to_thread(li.sync)
    found = Merged(doors, made.row_id, li)
    [entry] = await found.audit()
    assert {key: value["outcome"] for key, value in entry["after"]["custom"].items()} == {
        "size": "taken",
        "grade": "clash",
    }
    await found.undo("li", fields=["custom.size"])
    assert (await found.row())["custom"] == {"size": "小", "grade": "三"}
    await found.undo("li", fields=["custom.grade"])
    assert (await found.row())["custom"] == {"size": "小", "grade": "二"}
