"""The trial's end on a device: reading goes on, early edits count, late ones wait and are applied on subscribing."""

from __future__ import annotations

import asyncio
from copy import copy
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import structs
from sqlalchemy import select

from kernel.command import command_named
from kernel.db import TenantContext
from kernel.policy import Actor, Authority
from sync.waiting import apply_waiting
from sync.wire import Mutation, PullRequest
from tenants.entities import TenantAccess
from tests.sync.conftest import Doors
from tests.sync.raw_device import Raw


async def _subscribe(doors: Doors) -> None:
    await _bill(doors, "activate_subscription", modules=["crm"], until=None)


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
    monkeypatch.setattr("sync.client.pushing._PUSH_AT_ONCE", 2)
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


async def _bill(doors: Doors, name: str, **values: object) -> None:
    command = command_named(f"billing.{name}")
    actor = Actor(doors.world.yunfan.tenant_id, None, Authority())
    await doors.app.engine.executor.run_internal(actor, command, command.input_type(**values))


async def _trial_end(doors: Doors) -> datetime:
    tenant_id = doors.world.yunfan.tenant_id
    async with doors.app.engine.database.tenant(TenantContext(tenant_id)) as session:
        found: datetime = await session.scalar(select(TenantAccess.trial_ends_at))
        return found


async def _claim(device: Raw, queued: int) -> None:
    """A pull that says how many edits wait on the device."""
    actor = await device.doors.world.yunfan.actor(device.who)
    await device.service.pull(actor, PullRequest(device_id=device.id, queued=queued))


def _early(device: Raw, n: int, days: float) -> Mutation:
    """A new customer, dated so many days back."""
    made = device.mutation(n, "party.create_customer", name=f"客户{n}")
    return structs.replace(made, made_at=made.made_at - timedelta(days=days))


async def _statuses(device: Raw, *mutations: Mutation, queued: int = 0) -> list[str]:
    return [outcome.status for outcome in (await device.push(*mutations, queued=queued)).outcomes]


async def test_what_was_not_queued_at_the_first_contact_after_the_end_waits(doors: Doors, clock) -> None:
    """However often the device claims that something waits: it can date new edits back, but not number them so."""
    device = await Raw(doors, "li").register()
    clock.move(days=16)
    await _claim(device, 2)
    clock.move(days=1)
    await _claim(device, 7)
    assert await _statuses(device, *(_early(device, n, 3) for n in (1, 2, 3)), queued=5) == [
        "applied",
        "applied",
        "waiting",
    ]
    clock.move(hours=1)
    await _claim(device, 7)
    assert await _statuses(device, _early(device, 4, 3)) == ["waiting"]


async def test_a_push_may_be_the_first_contact_after_the_end(doors: Doors, clock) -> None:
    device = await Raw(doors, "li").register()
    clock.move(days=16)
    assert await _statuses(device, _early(device, 1, 2), _early(device, 2, 2), queued=1) == ["applied", "applied"]
    assert await _statuses(device, _early(device, 3, 2), _early(device, 4, 2), queued=3) == ["applied", "waiting"]


async def test_a_device_that_came_with_nothing_makes_nothing_early_later(doors: Doors, clock) -> None:
    """Even seconds after a contact inside the trial, when the last contact is not written anew."""
    device = await Raw(doors, "li").register()
    clock.instant = await _trial_end(doors) - timedelta(seconds=10)
    await _claim(device, 0)
    clock.move(seconds=15)
    await _claim(device, 0)
    clock.move(seconds=5)
    await _claim(device, 9)
    assert await _statuses(device, _early(device, 1, 12 / 86_400)) == ["waiting"]


async def test_a_claim_beyond_what_people_do_is_cut(doors: Doors, clock, monkeypatch) -> None:
    monkeypatch.setattr("sync.contact.MOST_QUEUED", 2)
    device = await Raw(doors, "li").register()
    clock.move(days=16)
    await _claim(device, 2**53 - 1)
    found = await _statuses(device, *(_early(device, n, 2) for n in (1, 2, 3)))
    assert found == ["applied", "applied", "waiting"]


async def test_a_first_contact_in_a_lost_answer_counts_what_it_brought(doors: Doors, clock) -> None:
    device = await Raw(doors, "li").register()
    clock.move(days=16)
    batch = [_early(device, n, 2) for n in (1, 2)]
    assert await _statuses(device, *batch) == ["applied", "applied"]
    assert await _statuses(device, *batch) == ["applied", "applied"]
    assert await _statuses(device, _early(device, 3, 2)) == ["waiting"]


async def test_a_device_registered_anew_has_no_early_edits(doors: Doors, clock) -> None:
    """Its first contact is the registration: a clone or a fresh device cannot claim an older one."""
    device = await Raw(doors, "li").register()
    clock.move(days=16)
    again = await Raw(doors, "li").register()
    await _claim(again, 5)
    assert await _statuses(again, _early(again, 1, 2)) == ["waiting"]
    clone = copy(device)  # the same id: one number series, one claim for both
    assert await _statuses(device, _early(device, 1, 2), queued=0) == ["applied"]
    await _claim(clone, 5)
    assert await _statuses(clone, _early(clone, 2, 2)) == ["waiting"]
    assert (await clone.push(_early(clone, 1, 2))).stopped.code == "DEVICE_FORKED"


async def test_a_clock_set_back_opens_no_second_claim(doors: Doors, clock) -> None:
    device = await Raw(doors, "li").register()
    clock.move(days=16)
    await _claim(device, 1)
    clock.move(days=-2)  # the server's clock was wrong: the trial runs again
    assert await _statuses(device, _early(device, 1, 0), queued=5) == ["applied"]
    clock.move(days=2)
    await _claim(device, 9)
    assert await _statuses(device, _early(device, 2, 2)) == ["waiting"]


async def test_a_trial_that_was_extended_has_a_claim_of_its_own(doors: Doors, clock) -> None:
    device = await Raw(doors, "li").register()
    clock.move(days=16)
    await _claim(device, 0)
    assert await _statuses(device, _early(device, 1, 0)) == ["waiting"]
    await _bill(doors, "extend_trial", until=clock.now() + timedelta(days=10))
    assert (await apply_waiting(doors.app.engine, doors.world.yunfan.tenant_id)).applied == 1
    await _claim(device, 0)
    clock.move(days=11)
    await _claim(device, 1)
    assert await _statuses(device, _early(device, 2, 2), _early(device, 3, 2)) == ["applied", "waiting"]
    clock.move(days=8)
    assert await _statuses(device, _early(device, 4, 10)) == ["waiting"]


async def test_a_claim_from_the_trial_is_none_after_a_subscription(doors: Doors, clock) -> None:
    device = await Raw(doors, "li").register()
    clock.move(days=16)
    await _claim(device, 5)
    await _bill(doors, "activate_subscription", modules=["crm"], until=clock.now() + timedelta(days=2))
    clock.move(days=3)
    assert await _statuses(device, _early(device, 1, 4)) == ["waiting"]
    assert await _statuses(device, _early(device, 2, 2)) == ["waiting"]
    await _subscribe(doors)
    assert (await apply_waiting(doors.app.engine, doors.world.yunfan.tenant_id)).applied == 2
