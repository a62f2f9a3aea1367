"""The trial's end on a device: reading goes on, early edits count, late ones wait and are applied on subscribing."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

from kernel.command import command_named
from kernel.policy import Actor, Authority
from sync.waiting import apply_waiting
from tests.sync.conftest import Doors


async def _subscribe(doors: Doors) -> None:
    command = command_named("billing.activate_subscription")
    actor = Actor(doors.world.yunfan.tenant_id, None, Authority())
    await doors.app.engine.executor.run_internal(actor, command, command.input_type(modules=["crm"], until=None))


async def test_edits_made_before_the_end_count_for_seven_days(doors: Doors, clock) -> None:
    li = await doors.device("li", "li")
    clock.move(days=14)
    early = li.mutate("party.create_customer", name="到期前")
    clock.move(days=3)
    late = li.mutate("party.create_customer", name="到期后")
    await asyncio.to_thread(li.sync)
    assert li.pending() == []
    assert [r["id"] for r in li.rows("customers")] == [early]
    [entry] = li.inbox()
    assert (entry["state"], entry["code"], entry["arguments"]["id"]) == ("waiting", "SUBSCRIPTION_LAPSED", late)


async def test_a_queue_in_pieces_does_not_make_itself_late(doors: Doors, clock, monkeypatch) -> None:
    monkeypatch.setattr("sync.client.replica._PUSH_AT_ONCE", 2)
    li = await doors.device("li", "li")
    clock.move(days=14)
    made = [li.mutate("party.create_customer", name=f"到期前{i}") for i in range(5)]
    clock.move(days=3)
    await asyncio.to_thread(li.pull)  # a pull before the push is no reason either: the queue was there
    await asyncio.to_thread(li.sync)
    assert sorted(r["id"] for r in li.rows("customers")) == sorted(made)
    assert li.inbox() == []


async def test_edits_claimed_from_before_the_last_contact_wait(doors: Doors, clock) -> None:
    li = await doors.device("li", "li")
    clock.move(days=17)
    await asyncio.to_thread(li.pull)
    li._now = lambda: clock.now() - timedelta(days=5)
    li.mutate("party.create_customer", name="补记")
    li._now = lambda: clock.now() + timedelta(days=5)
    li.mutate("party.create_customer", name="来自将来")
    await asyncio.to_thread(li.sync)
    assert [e["state"] for e in li.inbox()] == ["waiting", "waiting"]
    assert li.rows("customers") == []


async def test_after_seven_days_even_early_edits_wait(doors: Doors, clock) -> None:
    li = await doors.device("li", "li")
    clock.move(days=14)
    li.mutate("party.create_customer", name="太久")
    clock.move(days=10)
    await asyncio.to_thread(li.sync)
    assert [e["state"] for e in li.inbox()] == ["waiting"]


async def test_reading_goes_on_and_what_waited_is_applied_in_order_on_subscribing(doors: Doors, clock, run) -> None:
    shared = str((await run("li", "party.create_customer", name="共有", level="c")).row_id)
    li = await doors.device("li", "li")
    clock.move(days=17)
    made = li.mutate("party.create_customer", name="等待")
    li.mutate("party.edit_customer", id=made, level="a")
    li.mutate("party.create_contact", customer_id=made, name="等待的联系人")
    li.mutate("party.edit_customer", id=shared, level="a", region="华南")
    li.mutate("party.edit_customer", id="不是编号", level="a")
    await asyncio.to_thread(li.sync)
    assert [e["state"] for e in li.inbox()] == ["waiting"] * 4 + ["open"]
    assert [r["name"] for r in li.rows("customers")] == ["共有"]
    engine, tenant = doors.app.engine, doors.world.yunfan.tenant_id
    assert (await apply_waiting(engine, tenant)).waiting == 4
    await _subscribe(doors)
    await run("wang", "party.edit_customer", id=UUID(shared), level="b")
    settled = await apply_waiting(engine, tenant)
    assert (settled.applied, settled.reopened, settled.waiting) == (4, 0, 0)
    again = await apply_waiting(engine, tenant)
    assert (again.applied, again.reopened, again.waiting) == (0, 0, 0)
    await asyncio.to_thread(li.sync)
    assert li.row("customers", made)["level"] == "a"
    assert [c["customerId"] for c in li.rows("contacts")] == [made]
    row = li.row("customers", shared)
    assert (row["level"], row["region"]) == ("b", "华南")
    assert sorted((e["state"], e["code"]) for e in li.inbox()) == [("open", "EDIT_CLASHED"), ("open", "INVALID_INPUT")]
    assert await asyncio.to_thread(li.verify) == []


async def test_what_waited_and_is_refused_after_all_turns_to_a_person(doors: Doors, clock, run) -> None:
    shared = (await run("li", "party.create_customer", name="将归档")).row_id
    li = await doors.device("li", "li")
    clock.move(days=17)
    li.mutate("party.edit_customer", id=str(shared), level="a")
    await asyncio.to_thread(li.sync)
    await _subscribe(doors)
    await run("lin", "party.archive_customer", id=shared)
    settled = await apply_waiting(doors.app.engine, doors.world.yunfan.tenant_id)
    assert (settled.applied, settled.reopened) == (0, 1)
    await asyncio.to_thread(li.sync)
    assert [(e["state"], e["code"]) for e in li.inbox()] == [("open", "ROW_ARCHIVED")]


async def test_a_correction_that_waited_does_not_clash_with_the_refused_value(doors: Doors, clock, run) -> None:
    shared = str((await run("li", "party.create_customer", name="共有", phone="95588")).row_id)
    li = await doors.device("li", "li")
    clock.move(days=17)
    li.mutate("party.edit_customer", id=shared, phone="abc")
    li.mutate("party.edit_customer", id=shared, phone="95599")
    assert (await asyncio.to_thread(li.sync))["pushed"] == {"waiting": 2}
    await _subscribe(doors)
    settled = await apply_waiting(doors.app.engine, doors.world.yunfan.tenant_id)
    assert (settled.applied, settled.reopened) == (1, 1)
    await asyncio.to_thread(li.sync)
    assert [(e["code"], e["arguments"]["phone"]) for e in li.inbox()] == [("PHONE_INVALID", "abc")]
    assert li.row("customers", shared)["phone"] == "95599"
