"""A person who was erased on the server is erased on the devices too, at their next pull."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from kernel.command import command_named
from kernel.policy import Actor, Authority
from modules.party.entities import Customer
from modules.party.erasing import erase_customer_row
from sync.client import Replica
from sync.client.vault import _connected
from sync.waiting import apply_waiting
from tests.sync.conftest import Doors
from tests.sync.raw_device import Raw
from tests.tenants.rows import as_person
from tests.tenants.test_erasure import traces as traces_on_server

CANARIES = ("金丝雀", "jinsique", "canary@example.com", "13800001111")


def traces(folder: Path) -> set[str]:
    """Canaries in any row of any table of any replica in the folder.

    Read with the replicas' own library, and never as a plain file: either would drop the locks that they hold.
    """
    found: set[str] = set()
    for file in folder.rglob("*.sqlite"):
        opened = _connected(file)
        tables = [name for (name,) in opened.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        assert tables
        for name in tables:
            rows = str(opened.execute(f'SELECT * FROM "{name}"').fetchall())
            found |= {canary for canary in CANARIES if canary in rows}
        opened.close()
    return found


async def test_the_next_pull_takes_the_person_from_the_device(doors: Doors, run: Any) -> None:
    li = await doors.device("li", "li")
    made = await run("li", "party.create_customer", name="金丝雀", email="canary@example.com", notes="金丝雀爱唱歌")
    contact = await run("li", "party.create_contact", customer_id=made.row_id, name="金丝雀小姐", mobile="13800001111")
    await run(
        "li", "crm.log_activity", customer_id=made.row_id, channel="phone", topic="金丝雀来电", content="约金丝雀"
    )
    await asyncio.to_thread(li.pull)
    assert traces(doors.folder) >= {"金丝雀", "canary@example.com", "13800001111"}
    await run("admin", "party.erase_customer", id=made.row_id)
    await asyncio.to_thread(li.pull)
    assert traces(doors.folder) == set()
    for collection, row_id in (("customers", made.row_id), ("contacts", contact.row_id)):
        row = li.row(collection, str(row_id))
        assert row is not None
        assert row["name"] == "已删除"
        assert row["archivedAt"] is not None
    assert await asyncio.to_thread(li.verify) == []


async def queue_about(li: Replica, customer: str, contact: str) -> int:
    """Edits of every kind that name the customer or the contact; returns how many."""
    li.mutate("party.edit_customer", id=customer, name="金丝雀二号", notes="金丝雀回来了")
    li.mutate("party.edit_contact", id=contact, mobile="13800001111")
    li.mutate("party.create_contact", customer_id=customer, name="金丝雀的朋友", email="canary@example.com")
    log = {"channel": "phone", "topic": "金丝雀来电", "content": "13800001111"}
    li.mutate("crm.log_activity", customer_id=customer, contact_id=contact, **log)
    li.mutate("party.restore_customer", id=customer)
    li.mutate("party.edit_customer", id=customer.upper(), name="金丝雀三号", surprise="canary@example.com")
    return 6


@pytest.fixture
async def person(run: Any) -> tuple[str, str]:
    made = await run("li", "party.create_customer", name="金丝雀", email="canary@example.com")
    contact = await run("li", "party.create_contact", customer_id=made.row_id, name="金丝雀小姐", mobile="13800001111")
    return str(made.row_id), str(contact.row_id)


async def test_what_was_queued_about_an_erased_person_leaves_no_trace(doors: Doors, run: Any, person: Any) -> None:
    customer, contact = person
    li = await doors.device("lin", "li")
    count = await queue_about(li, customer, contact)
    await run("admin", "party.erase_customer", id=customer)
    outcomes = await asyncio.to_thread(li.push)
    assert [(o["status"], o["error"]["code"]) for o in outcomes] == [("inbox", "RECORD_ERASED")] * count
    await asyncio.to_thread(li.pull)
    assert await traces_on_server(doors.world.yunfan) == {}
    assert traces(doors.folder) == set()
    assert {e["code"] for e in li.inbox()} == {"RECORD_ERASED"}
    assert li.inbox()[0]["arguments"] == {"id": customer}
    assert li.row("customers", customer)["archivedAt"] is not None
    li.resolve(li.inbox()[0]["id"], "mine")
    assert (await asyncio.to_thread(li.sync))["pushed"] == {"inbox": 1}
    assert await traces_on_server(doors.world.yunfan) == {}


async def test_a_follow_up_with_an_erased_contact_of_a_live_customer_is_not_taken(
    doors: Doors, run: Any, person: Any
) -> None:
    customer, contact = person
    await run("li", "party.edit_customer", id=customer, name="鸿达", email=None)
    li = await doors.device("li", "li")
    li.mutate("crm.log_activity", customer_id=customer, contact_id=contact, channel="phone", topic="金丝雀来电")
    await run("admin", "party.erase_contact", id=contact)
    await asyncio.to_thread(li.sync)
    assert [e["code"] for e in li.inbox()] == ["RECORD_ERASED"]
    assert li.rows("activities") == []
    assert traces(doors.folder) == set()


async def test_answered_edits_on_the_device_lose_the_person_too(doors: Doors, run: Any) -> None:
    """A client keeps answered mutations for a server that is restored behind it."""
    li = await doors.device("li", "li")
    customer = li.mutate("party.create_customer", name="金丝雀", email="canary@example.com")
    li.mutate("party.create_contact", customer_id=customer, name="金丝雀小姐", mobile="13800001111")
    li.mutate("party.edit_customer", id=customer, name="金丝雀")
    await asyncio.to_thread(li.sync)
    assert traces(doors.folder) != set()
    await run("admin", "party.erase_customer", id=customer)
    await asyncio.to_thread(li.pull)
    assert traces(doors.folder) == set()
    assert await asyncio.to_thread(li.verify) == []


async def test_an_edit_that_comes_while_the_person_is_being_erased_leaves_no_trace(
    doors: Doors, world: Any, person: Any
) -> None:
    customer, _ = person
    device = await Raw(doors, "li").register()
    erased, company = asyncio.Event(), world.yunfan

    async def erase(ctx: Any) -> None:
        await erase_customer_row(ctx, await ctx.lock(Customer, customer, permission="party.customer.erase"))
        await ctx.flush()
        erased.set()
        await asyncio.sleep(0.4)

    erasing = asyncio.create_task(as_person(company, "admin", erase))
    await erased.wait()
    late = device.mutation(1, "party.edit_customer", {"name": "金丝雀"}, id=customer, name="金丝雀", surprise=1)
    answer = await device.push(late)
    await erasing
    assert [o.error.code for o in answer.outcomes] == ["RECORD_ERASED"]
    assert await traces_on_server(company) == {}


async def test_what_waits_for_a_subscription_about_an_erased_person_is_not_applied(
    doors: Doors, run: Any, clock: Any, person: Any
) -> None:
    customer, contact = person
    li = await doors.device("lin", "li")
    clock.move(days=30)
    count = await queue_about(li, customer, contact)
    late = await doors.device("lin", "late")
    await asyncio.to_thread(li.push)
    await run("admin", "party.erase_customer", id=customer)
    late.mutate("party.edit_customer", id=customer, name="金丝雀")
    await asyncio.to_thread(late.push)
    assert await traces_on_server(doors.world.yunfan) == {}
    command = command_named("billing.activate_subscription")
    system = Actor(doors.world.yunfan.tenant_id, None, Authority())
    await doors.app.engine.executor.run_internal(system, command, command.input_type(modules=["crm"], until=None))
    settled = await apply_waiting(doors.app.engine, doors.world.yunfan.tenant_id)
    assert (settled.applied, settled.reopened, settled.waiting) == (0, 0, 0)
    await asyncio.to_thread(late.pull)
    await asyncio.to_thread(li.pull)
    assert [(e["state"], e["code"]) for e in li.inbox()] == [("open", "RECORD_ERASED")] * (count + 1)
    assert traces(doors.folder) == set()
