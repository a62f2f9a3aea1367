"""An archive made offline never silently wins over an edit that its author has not seen."""

from __future__ import annotations

import asyncio

from billing.trials import activate_subscription_of
from sync.waiting import apply_waiting
from tenants.commands.assign_role import AssignRole
from tenants.commands.create_role import CreateRole
from tests.sync.attaching import attach, pdf
from tests.sync.conftest import Doors
from tests.sync.raw_device import Raw
from tests.world import add_member
from values.clock import FrozenClock


async def test_a_newer_edit_by_others_keeps_the_row(doors: Doors, run, clock: FrozenClock) -> None:
    made = await run("lin", "party.create_customer", name="甲", level="c", custom={})
    row = str(made.row_id)
    lin = await doors.device("lin", "lin")
    lin.mutate("party.archive_customer", id=row)
    assert lin.rows("customers") == []
    clock.move(minutes=5)
    await run("admin", "party.edit_customer", id=made.row_id, level="a")
    clock.move(minutes=5)
    await run("admin", "party.edit_customer", id=made.row_id, level="b", region="华东")
    assert (await asyncio.to_thread(lin.sync))["pushed"] == {"inbox": 1}
    assert lin.row("customers", row)["archivedAt"] is None
    [entry] = lin.inbox()
    assert entry["code"] == "ROW_EDITED_MEANWHILE"
    assert entry["messageZh"] == "您离线归档该记录期间，陈总修改过它；记录已保留，未归档。"
    assert entry["differences"] == [
        {"field": "level", "base": "c", "mine": "c", "theirs": "b"},
        {"field": "region", "base": None, "mine": None, "theirs": "华东"},
    ]
    lin.resolve(entry["id"], "mine")
    await asyncio.to_thread(lin.sync)
    assert lin.row("customers", row)["archivedAt"] is not None
    assert lin.inbox() == []


async def test_discarding_leaves_the_row(doors: Doors, run, clock: FrozenClock) -> None:
    made = await run("lin", "party.create_customer", name="甲")
    lin = await doors.device("lin", "lin")
    lin.mutate("party.archive_customer", id=str(made.row_id))
    clock.move(minutes=5)
    await run("admin", "party.edit_customer", id=made.row_id, level="a")
    await asyncio.to_thread(lin.sync)
    lin.resolve(lin.inbox()[0]["id"], "discard")
    await asyncio.to_thread(lin.sync)
    assert (lin.inbox(), lin.row("customers", str(made.row_id))["archivedAt"]) == ([], None)


async def test_ones_own_edits_before_it_do_not_stand_in_the_way(doors: Doors, run, clock: FrozenClock) -> None:
    made = await run("admin", "party.create_customer", name="甲")
    row = str(made.row_id)
    clock.move(minutes=1)
    await run("admin", "party.edit_customer", id=made.row_id, level="b")  # seen by the device
    lin = await doors.device("lin", "lin")
    clock.move(minutes=1)
    lin.mutate("party.edit_customer", id=row, level="a", notes="要归档")
    lin.mutate("party.archive_customer", id=row)
    fresh = lin.mutate("party.create_customer", name="新建即归档")
    lin.mutate("party.archive_customer", id=fresh)
    assert (await asyncio.to_thread(lin.sync))["pushed"] == {"applied": 4}
    assert lin.rows("customers") == []


async def test_an_earlier_transaction_that_committed_later_counts(doors: Doors, run, clock: FrozenClock) -> None:
    """Its instant lies before the one that the device has seen: the order of commits decides, not the clock."""
    made = await run("lin", "party.create_customer", name="甲")
    clock.move(minutes=10)
    await run("lin", "party.edit_customer", id=made.row_id, level="b")
    lin = await doors.device("lin", "lin")
    lin.mutate("party.archive_customer", id=str(made.row_id))
    clock.move(minutes=-5)
    await run("admin", "party.edit_customer", id=made.row_id, level="a")
    clock.move(minutes=10)
    await asyncio.to_thread(lin.sync)
    assert [e["code"] for e in lin.inbox()] == ["ROW_EDITED_MEANWHILE"]


async def test_what_a_mask_hides_is_not_told(doors: Doors, run, clock: FrozenClock) -> None:
    company = doors.world.yunfan
    await add_member(company, "clerk", "小文", "salesperson", "own", "销售部")
    rights = ["party.customer.view", "party.customer.archive"]
    data = CreateRole(name="归档员", permissions=rights, masks=["party.Customer.phone"])
    role = await company.run("admin", "tenants.create_role", data)
    given = AssignRole(member_id=company.people["clerk"], role_id=role.row_id, scope="all", organisation_id=None)
    await company.run("admin", "tenants.assign_role", given)
    made = await run("admin", "party.create_customer", name="甲", phone="13800000001")
    clerk = await doors.device("clerk", "clerk")
    clerk.mutate("party.archive_customer", id=str(made.row_id))
    clock.move(minutes=1)
    await run("admin", "party.edit_customer", id=made.row_id, phone="13800000002", level="a")
    await asyncio.to_thread(clerk.sync)
    [entry] = clerk.inbox()
    assert [d["field"] for d in entry["differences"]] == ["level"]
    assert [d["field"] for d in (await doors.device("lin", "lin")).inbox()[0]["differences"]] == ["level"]


async def test_the_base_of_an_archive_is_a_devices_word(doors: Doors, run, clock: FrozenClock) -> None:
    made = await run("lin", "party.create_customer", name="甲")
    device = await Raw(doors, "lin").register()
    clock.move(minutes=1)
    await run("admin", "party.edit_customer", id=made.row_id, notes="内情", level="a")
    refused = await device.push(device.mutation(1, "party.archive_customer", {"version": "1"}, id=str(made.row_id)))
    assert (refused.outcomes[0].error.code, refused.outcomes[0].error.field) == ("INVALID_INPUT", "base.version")
    without = await device.push(device.mutation(2, "party.archive_customer", {"version": 1}, id=str(made.row_id)))
    assert without.outcomes[0].error.code == "ROW_EDITED_MEANWHILE"  # without an instant the version alone tells
    again = await device.push(device.mutation(3, "party.archive_customer", {"version": 2}, id=str(made.row_id)))
    assert again.outcomes[0].status == "applied"
    twice = await device.push(device.mutation(4, "party.archive_customer", {"version": 1}, id=str(made.row_id)))
    assert twice.outcomes[0].status == "applied"  # it is archived: nothing is lost by that


async def test_an_archive_that_waited_for_a_subscription_is_compared_too(doors: Doors, run, clock: FrozenClock) -> None:
    made = await run("lin", "party.create_customer", name="甲", level="c")
    lin = await doors.device("lin", "lin")
    clock.move(minutes=1)
    await run("admin", "party.edit_customer", id=made.row_id, level="a")
    clock.move(days=20)
    lin.mutate("party.archive_customer", id=str(made.row_id))
    assert (await asyncio.to_thread(lin.sync))["pushed"] == {"waiting": 1}
    tenant_id = doors.world.yunfan.tenant_id
    await activate_subscription_of(doors.app.engine, tenant_id, ["crm"], None)
    settled = await apply_waiting(doors.app.engine, tenant_id)
    assert settled.reopened == 1
    await asyncio.to_thread(lin.pull)
    [entry] = lin.inbox()
    assert (entry["state"], entry["code"]) == ("open", "ROW_EDITED_MEANWHILE")
    assert entry["differences"] == [{"field": "level", "base": "c", "mine": "c", "theirs": "a"}]


async def test_a_file_is_removed_and_brought_back_from_a_device_that_knows_its_version(doors: Doors, run) -> None:
    """Who sees a file is judged by its record, not by a permission of its own."""
    customer = await run("lin", "party.create_customer", name="甲")
    made = await attach(doors.world.yunfan, "lin", customer.row_id, pdf(1000))
    device = await Raw(doors, "lin").register()
    stranger = await Raw(doors, "zhao").register()
    refused = await stranger.push(
        stranger.mutation(1, "tenants.remove_attachment", {"version": 1}, id=str(made.row_id))
    )
    assert refused.outcomes[0].error.code == "NOT_FOUND"
    for number, command in enumerate(("tenants.remove_attachment", "tenants.restore_attachment"), 1):
        sent = await device.push(device.mutation(number, command, {"version": number}, id=str(made.row_id)))
        assert sent.outcomes[0].status == "applied", command
