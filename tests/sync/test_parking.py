"""An edit about a row whose creation was refused waits for it and follows it: applied, refused, or back to a person."""

from __future__ import annotations

import asyncio

from sync.waiting import apply_waiting, release_parked
from tests.sync.conftest import Doors
from tests.sync.raw_device import Raw
from tests.tenants.rows import rows_of
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
