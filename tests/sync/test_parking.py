"""An edit about a row whose creation was refused waits for it and follows it: applied, refused, or back to a person."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest

from kernel.command import command_named
from kernel.policy import Actor, Authority
from sync.waiting import apply_waiting, release_parked
from tenants.commands.assign_role import AssignRole, UnassignRole
from tenants.commands.create_role import CreateRole
from tenants.commands.resolve_inbox_entry import ResolveInboxEntry
from tests.sync.conftest import Doors
from tests.sync.raw_device import Raw
from tests.tenants.rows import rows_of
from values.errors import InvalidInput, NotFound
from values.ids import new_id


async def _states(doors: Doors) -> list[tuple[str, str]]:
    asked = "SELECT state, command FROM app.inbox_entry ORDER BY created_at, id"
    rows = await rows_of(doors.app, doors.world.yunfan.tenant_id, asked)
    return [(row.state, row.command.split(".")[1]) for row in rows]


async def test_what_names_a_refused_row_is_parked_with_it_and_nothing_behind_stops(doors: Doors, run) -> None:
    await run("lin", "party.create_customer", name="占用", code="K1")
    device = await Raw(doors, "li").register()
    customer, contact, other = new_id(), new_id(), new_id()
    answer = await device.push(
        device.mutation(1, "party.create_customer", id=customer, name="青山贸易", code="K1"),
        device.mutation(2, "party.edit_customer", {"level": None}, id=customer, level="a"),
        device.mutation(3, "party.create_contact", id=contact, customerId=customer, name="老王"),
        device.mutation(
            4, "crm.log_activity", id=new_id(), customerId=customer, contactId=contact, channel="phone", topic="问价"
        ),
        device.mutation(5, "party.create_customer", id=other, name="无关"),
        device.mutation(6, "party.edit_customer", {"level": None}, id=other, level="b"),
    )
    assert answer.stopped is None
    assert answer.last_mutation == 6
    assert [o.status for o in answer.outcomes] == ["inbox", "parked", "parked", "parked", "applied", "applied"]
    creation, edit, person, activity = (o.inbox_id for o in answer.outcomes[:4])
    li = await doors.device("li", "li")
    entries = {entry["id"]: entry for entry in li.inbox()}
    assert entries[str(edit)]["waitsFor"] == [str(creation)]
    assert entries[str(activity)]["waitsFor"] == [str(creation), str(person)]
    assert entries[str(edit)]["messageZh"] == "等待“新建客户 青山贸易”处理完成，之后自动提交。"
    assert {e["state"] for e in entries.values()} == {"open", "parked"}
    li.resolve(str(creation), "mine", arguments={"name": "青山贸易", "code": "K2"})
    done = await asyncio.to_thread(li.sync)
    assert done["pushed"] == {"applied": 1}
    assert li.inbox() == []
    row = li.row("customers", str(customer))
    assert (row["code"], row["level"]) == ("K2", "a")
    assert [c["customerId"] for c in li.rows("contacts")] == [str(customer)]
    assert [a["contactId"] for a in li.rows("activities")] == [str(contact)]
    assert (await release_parked(doors.app.engine, doors.world.yunfan.tenant_id, None)).applied == 0
    assert await asyncio.to_thread(li.verify) == []
    assert (await apply_waiting(doors.app.engine, doors.world.yunfan.tenant_id)).applied == 0


@pytest.fixture
async def taken(run) -> None:
    """A code that is taken, so that creations with it are refused."""
    await run("lin", "party.create_customer", name="占用", code="K1")


async def _resolve(doors: Doors, who: str, entry: object, action: str, **more: object) -> None:
    """Online, and the job that follows."""
    data = ResolveInboxEntry(id=UUID(str(entry)), action=action, **more)
    await doors.world.yunfan.run(who, "tenants.resolve_inbox_entry", data)
    await _deliver(doors)


async def _deliver(doors: Doors) -> None:
    """What the worker does with the outbox's messages about decisions."""
    tenant = doors.world.yunfan.tenant_id
    asked = "SELECT payload FROM app.outbox WHERE topic = 'tenants.inbox_settled' ORDER BY created_at, id"
    for row in await rows_of(doors.app, tenant, asked):
        await release_parked(doors.app.engine, tenant, UUID(row.payload["ownerId"]))


async def test_only_the_makers_own_later_edits_wait_and_nobody_elses(doors: Doors, taken: None) -> None:
    li, wang = await Raw(doors, "li").register(), await Raw(doors, "wang").register()
    customer = new_id()
    await li.push(li.mutation(1, "party.create_customer", id=customer, name="青山", code="K1"))
    stranger = await wang.push(wang.mutation(1, "party.edit_customer", {"level": None}, id=customer, level="a"))
    assert [(o.status, o.error.code) for o in stranger.outcomes] == [("inbox", "NOT_FOUND")]
    answer = await li.push(
        li.mutation(2, "party.create_contact", id=new_id(), customerId=new_id(), name="别的"),
        li.mutation(3, "party.assign_customer", id=customer, ownerId=doors.world.yunfan.people["li"]),
        li.mutation(4, "party.edit_customer", {"level": None}, id=customer, surprise="a"),
    )
    codes = [(o.status, o.error.code) for o in answer.outcomes]
    assert codes == [("inbox", "NOT_FOUND"), ("inbox", "COMMAND_ONLINE_ONLY"), ("inbox", "INVALID_INPUT")]


async def test_in_a_later_push_and_from_another_device_they_wait_too(doors: Doors, taken: None) -> None:
    first, second = await Raw(doors, "li").register(), await Raw(doors, "li").register()
    customer, contact = new_id(), new_id()
    made = await first.push(first.mutation(1, "party.create_customer", id=customer, name="青山", code="K1"))
    creation = made.outcomes[0].inbox_id
    person = second.mutation(1, "party.create_contact", id=contact, customerId=customer, name="老王")
    [parked] = (await second.push(person)).outcomes
    assert (parked.status, parked.error.code, parked.waits_for) == ("parked", "PARKED", [creation])
    assert (await second.push(person)).outcomes == [parked]  # a lost answer is answered again
    edit = first.mutation(2, "party.edit_contact", {"title": None}, id=contact, title="经理")
    [behind] = (await first.push(edit)).outcomes
    assert behind.waits_for == [parked.inbox_id]
    await _resolve(doors, "li", creation, "mine", arguments={"name": "青山", "code": "K2"})
    li = await doors.device("li", "li")
    [row] = li.rows("contacts")
    assert (row["id"], row["title"], li.inbox()) == (str(contact), "经理", [])
    assert [o.status for o in (await second.push(person)).outcomes] == ["applied"]  # asked again, as it stands


async def test_a_discarded_creation_gives_its_dependants_back_and_drops_nothing(doors: Doors, taken: None) -> None:
    device = await Raw(doors, "li").register()
    customer, contact = new_id(), new_id()
    answer = await device.push(
        device.mutation(1, "party.create_customer", id=customer, name="青山", code="K1"),
        device.mutation(2, "party.create_contact", id=contact, customerId=customer, name="老王"),
        device.mutation(3, "party.edit_contact", {"title": None}, id=contact, title="经理"),
    )
    creation, person, _ = (o.inbox_id for o in answer.outcomes)
    await _resolve(doors, "li", creation, "discard")
    li = await doors.device("li", "li")
    found = {e["command"]: e for e in li.inbox()}
    told = found["party.create_contact"]
    assert (told["state"], told["code"], told["waitsFor"]) == ("open", "CREATION_DISCARDED", [])
    assert told["messageZh"] == "“新建客户 青山”已被放弃，这项修改所依附的记录不存在。"
    assert found["party.edit_contact"]["state"] == "parked"
    other = li.mutate("party.create_customer", name="另一家")
    li.resolve(str(person), "mine", arguments={"customerId": other, "name": "老王"})
    await asyncio.to_thread(li.sync)
    [row] = li.rows("contacts")
    assert (row["id"], row["customerId"], row["title"]) == (str(contact), other, "经理")
    assert li.inbox() == []


async def test_released_ones_may_be_refused_clash_or_stay_parked_each_by_itself(doors: Doors, taken: None, run) -> None:
    device = await Raw(doors, "li").register()
    one, two = new_id(), new_id()
    shared = (await run("li", "party.create_customer", name="共有", level="c")).row_id
    answer = await device.push(
        device.mutation(1, "party.create_customer", id=one, name="甲", code="K1"),
        device.mutation(2, "party.create_customer", id=two, name="乙", code="K1"),
        device.mutation(3, "party.create_contact", id=new_id(), customerId=one, name="坏", mobile="abc"),
        device.mutation(4, "party.create_customer", id=new_id(), name="子公司", parentId=two),
        device.mutation(5, "party.edit_customer", {"level": "c", "parentId": None}, id=shared, level="a", parentId=one),
        device.mutation(6, "party.archive_customer", id=shared),
    )
    assert [o.status for o in answer.outcomes] == ["inbox", "inbox", "parked", "parked", "parked", "inbox"]
    await run("wang", "party.edit_customer", id=shared, level="b")
    await _resolve(doors, "li", answer.outcomes[0].inbox_id, "mine", arguments={"name": "甲", "code": "K2"})
    li = await doors.device("li", "li")
    assert sorted((e["state"], e["code"]) for e in li.inbox()) == [
        ("open", "ALREADY_TAKEN"),
        ("open", "EDIT_CLASHED"),
        ("open", "PERMISSION_DENIED"),
        ("open", "PHONE_INVALID"),
        ("parked", "PARKED"),
    ]
    row = li.row("customers", str(shared))
    assert (row["level"], row["parentId"]) == ("b", str(one))


async def test_they_run_with_the_makers_rights_of_that_day_and_a_managers_help(doors: Doors, taken: None) -> None:
    company, device = doors.world.yunfan, await Raw(doors, "li").register()
    customer, contact = new_id(), new_id()
    answer = await device.push(
        device.mutation(1, "party.create_customer", id=customer, name="青山", code="K1"),
        device.mutation(2, "party.create_contact", id=contact, customerId=customer, name="老王"),
    )
    creation = answer.outcomes[0].inbox_id
    with pytest.raises(NotFound):
        await _resolve(doors, "zhao", creation, "mine")
    await _resolve(doors, "wang", creation, "mine", arguments={"name": "青山", "code": "K2"})
    li = await doors.device("li", "li")
    assert li.row("customers", str(customer))["ownerId"] == str(company.people["li"])
    assert [(c["ownerId"], c["createdById"]) for c in li.rows("contacts")] == [(str(company.people["li"]),) * 2]
    entry = next(e for e in li.rows("inbox") if e["id"] == str(creation))
    assert (entry["state"], entry["resolvedById"]) == ("taken", str(company.people["wang"]))


async def test_whose_maker_has_lost_the_right_is_told_so(doors: Doors, taken: None) -> None:
    company, device = doors.world.yunfan, await Raw(doors, "li").register()
    customer = new_id()
    answer = await device.push(
        device.mutation(1, "party.create_customer", id=customer, name="青山", code="K1"),
        device.mutation(2, "party.create_contact", id=new_id(), customerId=customer, name="老王"),
    )
    role = await company.run(
        "admin",
        "tenants.create_role",
        CreateRole(name="只读", permissions=["party.customer.view", "tenants.inbox.view"]),
    )
    [held] = await rows_of(
        doors.app,
        company.tenant_id,
        f"SELECT id FROM app.role_assignment WHERE member_id = '{company.people['li']}'",
    )
    given = AssignRole(member_id=company.people["li"], role_id=role.row_id, scope="own")
    await company.run("admin", "tenants.assign_role", given)
    await company.run("admin", "tenants.unassign_role", UnassignRole(id=held.id))
    await _resolve(doors, "wang", answer.outcomes[0].inbox_id, "mine", arguments={"name": "青山", "code": "K2"})
    assert await _states(doors) == [("taken", "create_customer"), ("open", "create_contact")]
    [row] = await rows_of(
        doors.app, company.tenant_id, "SELECT code FROM app.inbox_entry WHERE command = 'party.create_contact'"
    )
    assert row.code == "PERMISSION_DENIED"


async def test_the_id_of_a_refused_row_never_changes(doors: Doors, taken: None) -> None:
    device = await Raw(doors, "li").register()
    made = await device.push(device.mutation(1, "party.create_customer", id=new_id(), name="青山", code="K1"))
    arguments = {"id": str(new_id()), "name": "青山"}
    with pytest.raises(InvalidInput):
        await _resolve(doors, "li", made.outcomes[0].inbox_id, "mine", arguments=arguments)
    assert await _states(doors) == [("open", "create_customer")]


async def test_a_decision_about_a_dependant_waits_with_it(doors: Doors, taken: None) -> None:
    device = await Raw(doors, "li").register()
    customer, contact = new_id(), new_id()
    answer = await device.push(
        device.mutation(1, "party.create_customer", id=customer, name="青山", code="K1"),
        device.mutation(2, "party.create_contact", id=contact, customerId=customer, name="老王", mobile="abc"),
    )
    creation, person = (o.inbox_id for o in answer.outcomes)
    mended = {"customerId": str(customer), "name": "老王", "mobile": "13800001234"}
    await _resolve(doors, "li", person, "mine", arguments=mended)
    assert await _states(doors) == [("open", "create_customer"), ("parked", "create_contact")]
    await _resolve(doors, "li", creation, "mine", arguments={"name": "青山", "code": "K2"})
    li = await doors.device("li", "li")
    assert [c["mobile"] for c in li.rows("contacts")] == ["+8613800001234"]
    assert li.inbox() == []


async def test_what_waits_for_the_subscription_holds_up_what_needs_it(doors: Doors, clock) -> None:
    engine, tenant = doors.app.engine, doors.world.yunfan.tenant_id
    device = await Raw(doors, "li").register()
    clock.move(days=20)
    customer, contact = new_id(), new_id()
    late = await device.push(device.mutation(1, "party.create_customer", id=customer, name="太晚", phone="abc"))
    assert late.outcomes[0].status == "waiting"
    subscribe = command_named("billing.activate_subscription")
    data = subscribe.input_type(modules=["crm"], until=None)
    await engine.executor.run_internal(Actor(tenant, None, Authority()), subscribe, data)
    person = device.mutation(2, "party.create_contact", id=contact, customerId=customer, name="老王")
    [parked] = (await device.push(person)).outcomes  # the job has not run yet
    assert (parked.status, parked.waits_for) == ("parked", [late.outcomes[0].inbox_id])
    settled = await apply_waiting(engine, tenant)
    assert (settled.applied, settled.reopened, settled.parked) == (0, 1, 1)
    await _resolve(doors, "li", late.outcomes[0].inbox_id, "mine", arguments={"name": "太晚"})
    assert await _states(doors) == [("taken", "create_customer"), ("applied", "create_contact")]


async def test_many_runs_at_once_do_each_thing_once_and_in_order(doors: Doors, taken: None) -> None:
    engine, tenant = doors.app.engine, doors.world.yunfan.tenant_id
    device = await Raw(doors, "li").register()
    customer = new_id()
    edits = [
        device.mutation(n, "party.edit_customer", {"notes": f"{n - 1}" if n > 2 else None}, id=customer, notes=f"{n}")
        for n in range(2, 12)
    ]
    made = device.mutation(1, "party.create_customer", id=customer, name="青山", code="K1")
    answer = await device.push(made, *edits)
    assert [o.status for o in answer.outcomes] == ["inbox", *["parked"] * 10]
    data = ResolveInboxEntry(id=answer.outcomes[0].inbox_id, action="mine", arguments={"name": "青山", "code": "K2"})
    await doors.world.yunfan.run("li", "tenants.resolve_inbox_entry", data)
    newest = device.mutation(12, "party.edit_customer", {"notes": "11"}, id=customer, notes="最后")
    await asyncio.gather(*(release_parked(engine, tenant, None) for _ in range(4)), device.push(newest))
    await release_parked(engine, tenant, None)
    li = await doors.device("li", "li")
    assert (li.row("customers", str(customer))["notes"], li.inbox()) == ("最后", [])
    [audit] = await rows_of(
        doors.app, tenant, f"SELECT count(*) AS n FROM app.audit_entry WHERE row_id = '{customer}' AND op = 'update'"
    )
    assert audit.n == 11


async def test_cut_off_between_decision_and_release_the_next_push_comes_after_what_was_parked(
    doors: Doors, taken: None, monkeypatch
) -> None:
    device = await Raw(doors, "li").register()
    customer = new_id()
    answer = await device.push(
        device.mutation(1, "party.create_customer", id=customer, name="青山", code="K1"),
        device.mutation(2, "party.edit_customer", {"notes": None}, id=customer, notes="先"),
    )
    data = ResolveInboxEntry(id=answer.outcomes[0].inbox_id, action="mine", arguments={"name": "青山", "code": "K2"})
    await doors.world.yunfan.run("li", "tenants.resolve_inbox_entry", data)  # and no worker to follow it up
    [last] = (
        await device.push(device.mutation(3, "party.edit_customer", {"notes": "先"}, id=customer, notes="后"))
    ).outcomes
    assert last.status == "applied"
    assert await _states(doors) == [("taken", "create_customer"), ("applied", "edit_customer")]
    li = await doors.device("li", "li")
    assert li.row("customers", str(customer))["notes"] == "后"


async def test_parked_while_its_creation_is_being_decided_nothing_is_left_behind(doors: Doors, taken: None) -> None:
    """Whoever comes first: the decision finds the parked edit, or the edit finds the row."""
    company, device, n = doors.world.yunfan, await Raw(doors, "li").register(), 0
    customers: list[UUID] = []
    for turn in range(12):
        customer, n = new_id(), n + 2
        customers.append(customer)
        made = await device.push(device.mutation(n - 1, "party.create_customer", id=customer, name="青山", code="K1"))
        mended = {"name": f"青山{turn}"}
        data = ResolveInboxEntry(id=made.outcomes[0].inbox_id, action="mine", arguments=mended)
        person = device.mutation(n, "party.create_contact", id=new_id(), customerId=customer, name="老王")
        decided = company.run("li", "tenants.resolve_inbox_entry", data)
        pushed, _ = await asyncio.gather(device.push(person), decided)
        assert pushed.outcomes[0].status in ("parked", "applied")
    await _deliver(doors)
    assert {state for state, _ in await _states(doors)} <= {"taken", "applied"}
    rows = await rows_of(doors.app, company.tenant_id, "SELECT customer_id FROM app.contact")
    assert sorted(row.customer_id for row in rows) == sorted(customers)


async def test_a_row_that_is_there_waits_for_no_refused_creation(doors: Doors) -> None:
    """Another program made it under the same id meanwhile."""
    device, other, customer = await Raw(doors, "li").register(), await Raw(doors, "li").register(), new_id()
    first = await device.push(device.mutation(1, "party.create_customer", id=customer, name="", phone="95588"))
    assert first.outcomes[0].status == "inbox"
    made = await other.push(other.mutation(1, "party.create_customer", id=customer, name="青山"))
    assert made.outcomes[0].status == "applied"
    edit = await device.push(device.mutation(2, "party.edit_customer", {"level": None}, id=customer, level="a"))
    assert edit.outcomes[0].status == "applied"
