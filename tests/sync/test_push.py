"""Push: refusals, exactly once, merge by field, the inbox."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta, timezone
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from kernel.command import command_named
from modules.party.entities import Customer
from sync.client import Offline, Replica
from sync.wire import Mutation
from tests.sync.conftest import Doors, Network
from tests.sync.raw_device import Raw
from values.errors import Busy
from values.ids import new_id


async def _customers(doors: Doors) -> list[str]:
    async with doors.app.engine.reading(await doors.world.yunfan.actor("lin")) as session:
        return sorted(await session.scalars(select(Customer.name)))


async def test_what_a_device_may_not_do_is_filed_with_its_reason(doors: Doors, run) -> None:
    device = await Raw(doors, "li").register()
    made = await run("lin", "party.create_customer", name="他人客户")
    answer = await device.push(
        device.mutation(1, "party.nonsense", x=1),
        device.mutation(2, "tenants.found_company"),
        device.mutation(3, "party.assign_customer", id=made.row_id, ownerId=doors.world.yunfan.people["li"]),
        device.mutation(4, "party.archive_customer", id=made.row_id),
        device.mutation(5, "party.edit_customer", {"level": None}, id=made.row_id, level="a"),
        device.mutation(6, "party.create_customer", name="好客户", surprise=1),
        device.mutation(7, "party.create_customer", name=7),
        device.mutation(8, "party.create_customer", name="好客户"),
    )
    assert answer.stopped is None
    assert answer.last_mutation == 8
    assert [o.error.code if o.error else o.status for o in answer.outcomes] == [
        "COMMAND_UNKNOWN",
        "COMMAND_UNKNOWN",
        "COMMAND_ONLINE_ONLY",
        "PERMISSION_DENIED",
        "NOT_FOUND",
        "INVALID_INPUT",
        "INVALID_INPUT",
        "applied",
    ]
    assert answer.outcomes[6].error.field == "name"
    assert all(o.inbox_id is not None and o.error.remedy for o in answer.outcomes[:7])
    assert await _customers(doors) == ["他人客户", "好客户"]


async def test_a_gap_is_refused_and_a_used_number_is_not_taken_twice(doors: Doors) -> None:
    device = await Raw(doors, "li").register()
    first, second, third = [device.mutation(n, "party.create_customer", name=f"客户{n}") for n in (1, 2, 3)]
    early = await device.push(second, third)
    assert (early.outcomes, early.last_mutation, early.stopped.code) == ([], 0, "MUTATION_GAP")
    shuffled = await device.push(third, first, second)
    assert [(o.n, o.status) for o in shuffled.outcomes] == [(1, "applied"), (2, "applied"), (3, "applied")]
    again = await device.push(first, third)
    assert [o.result for o in again.outcomes] == [shuffled.outcomes[0].result, shuffled.outcomes[2].result]
    fork = await device.push(device.mutation(2, "party.create_customer", name="副本"))
    assert (fork.outcomes, fork.stopped.code) == ([], "DEVICE_FORKED")
    assert await _customers(doors) == ["客户1", "客户2", "客户3"]


async def test_the_same_push_many_times_at_once_is_applied_once(doors: Doors) -> None:
    device = await Raw(doors, "li").register()
    mutations = [device.mutation(n, "party.create_customer", name=f"客户{n}") for n in range(1, 6)]
    mutations.insert(2, device.mutation(6, "party.create_customer", name=""))
    answers = await asyncio.gather(*(device.push(*mutations) for _ in range(5)))
    for answer in answers:
        assert answer.stopped is None
        assert [(o.n, o.status) for o in answer.outcomes] == [*((n, "applied") for n in range(1, 6)), (6, "inbox")]
        assert answer.outcomes == answers[0].outcomes
    assert await _customers(doors) == [f"客户{n}" for n in range(1, 6)]
    li = await doors.device("li", "li")
    assert [entry["code"] for entry in li.inbox()] == ["REQUIRED"]


async def test_a_lost_answer_means_replay_not_a_second_effect(doors: Doors) -> None:
    network = Network()
    li = await doors.device("li", "li", transport=network)
    made = [li.mutate("party.create_customer", name=f"断网{i}") for i in range(3)]
    li.mutate("party.edit_customer", id=made[0], level="a")
    network.lose_answers = {"/sync/v1/push"}
    with pytest.raises(Offline):
        await asyncio.to_thread(li.sync)
    assert network.lost >= 4
    assert len(li.pending()) == 4
    assert len(li.rows("customers")) == 3
    network.lose_answers = set()
    await asyncio.to_thread(li.sync)
    assert li.pending() == []
    assert sorted(r["id"] for r in li.rows("customers")) == sorted(made)
    assert await _customers(doors) == ["断网0", "断网1", "断网2"]
    assert await asyncio.to_thread(li.verify) == []


async def test_two_devices_edit_different_fields_and_both_survive(doors: Doors, run) -> None:
    made = await run("li", "party.create_customer", name="共同客户", level="c")
    one, two = await doors.device("li", "one"), await doors.device("wang", "two")
    row = str(made.row_id)
    one.mutate("party.edit_customer", id=row, phone="13800000001", level="a")
    two.mutate("party.edit_customer", id=row, region="华东")
    assert one.row("customers", row)["level"] == "a"
    for replica in (one, two, one):
        await asyncio.to_thread(replica.sync)
    for replica in (one, two):
        found = replica.row("customers", row)
        assert (found["level"], found["region"]) == ("a", "华东")
        assert found["phone"].endswith("13800000001")
        assert replica.inbox() == []
        assert await asyncio.to_thread(replica.verify) == []


async def test_the_same_field_keeps_the_servers_value_and_files_mine(doors: Doors, run) -> None:
    made = await run("li", "party.create_customer", name="争议客户", level="c", industry="制造")
    row = str(made.row_id)
    li = await doors.device("li", "li")
    li.mutate("party.edit_customer", id=row, level="a", industry="贸易", notes="只有我写")
    await run("wang", "party.edit_customer", id=made.row_id, level="b", industry="贸易")
    await asyncio.to_thread(li.sync)
    found = li.row("customers", row)
    assert (found["level"], found["industry"], found["notes"]) == ("b", "贸易", "只有我写")
    [entry] = li.inbox()
    assert entry["differences"] == [{"field": "level", "base": "c", "mine": "a", "theirs": "b"}]
    assert (entry["code"], entry["entity"], entry["rowId"]) == ("EDIT_CLASHED", "party.Customer", row)
    assert entry["messageZh"]
    assert entry["remedyEn"]
    manager = await doors.device("wang", "wang")
    assert [e["id"] for e in manager.inbox()] == [entry["id"]]
    li.resolve(entry["id"], "mine")
    assert li.inbox() == []
    await asyncio.to_thread(li.sync)
    assert li.row("customers", row)["level"] == "a"
    assert [e["state"] for e in li.rows("inbox")] == ["taken"]
    manager.resolve(entry["id"], "discard")
    await asyncio.to_thread(manager.sync)
    assert manager.inbox() == []  # somebody was quicker: told in the answer, and no second entry


async def test_edits_of_ones_own_row_follow_each_other_whatever_the_server_made_of_the_value(doors: Doors, run) -> None:
    li = await doors.device("li", "li")
    row = li.mutate("party.create_customer", name="  自己的客户  ", phone="138 0000 0002")
    li.mutate("party.edit_customer", id=row, phone="139 0000 0003")
    li.mutate("party.edit_customer", id=row, name="改名")
    await asyncio.to_thread(li.sync)
    found = li.row("customers", row)
    assert (found["name"], li.inbox()) == ("改名", [])
    assert found["phone"].replace(" ", "").endswith("13900000003")


async def test_tags_merge_as_additions_and_removals(doors: Doors, run) -> None:
    tags = [str((await run("admin", "tenants.create_tag", name=name)).row_id) for name in "甲乙丙丁"]
    made = await run("li", "party.create_customer", name="标签客户", tag_ids=[UUID(tags[0]), UUID(tags[1])])
    row = str(made.row_id)
    li = await doors.device("li", "li")
    li.mutate("party.edit_customer", id=row, tag_ids=[tags[1], tags[2]])
    await run("wang", "party.edit_customer", id=made.row_id, tag_ids=[UUID(t) for t in (tags[0], tags[1], tags[3])])
    await asyncio.to_thread(li.sync)
    assert set(li.row("customers", row)["tagIds"]) == {tags[1], tags[2], tags[3]}
    assert li.inbox() == []


async def test_custom_fields_merge_key_by_key(doors: Doors, run) -> None:
    define = command_named("tenants.define_custom_field").input_type
    for key in ("size", "grade"):
        names = set(define.__struct_fields__)
        values = {"entity": "party.Customer", "key": key, "label_zh": key, "kind": "text"}
        await run("admin", "tenants.define_custom_field", **{k: v for k, v in values.items() if k in names})
    made = await run("li", "party.create_customer", name="自定义", custom={"size": "小", "grade": "一"})
    row = str(made.row_id)
    li = await doors.device("li", "li")
    li.mutate("party.edit_customer", id=row, custom={"size": "大", "grade": "二"})
    assert li.row("customers", row)["custom"] == {"size": "大", "grade": "二"}
    await run("wang", "party.edit_customer", id=made.row_id, custom={"grade": "三"})
    await asyncio.to_thread(li.sync)
    assert li.row("customers", row)["custom"] == {"size": "大", "grade": "三"}
    [entry] = li.inbox()
    assert entry["differences"] == [{"field": "custom.grade", "base": "一", "mine": "二", "theirs": "三"}]
    li.resolve(entry["id"], "mine")
    await asyncio.to_thread(li.sync)
    assert li.row("customers", row)["custom"] == {"size": "大", "grade": "二"}


async def test_an_edit_of_an_archived_row_goes_to_the_inbox(doors: Doors, run) -> None:
    made = await run("li", "party.create_customer", name="已归档")
    li = await doors.device("li", "li")
    li.mutate("party.edit_customer", id=str(made.row_id), level="a")
    await run("lin", "party.archive_customer", id=made.row_id)
    await asyncio.to_thread(li.sync)
    [entry] = li.inbox()
    assert entry["code"] == "ROW_ARCHIVED"
    assert entry["differences"] == [{"field": "level", "base": None, "mine": "a", "theirs": None}]
    await run("lin", "party.restore_customer", id=made.row_id)
    li.resolve(entry["id"], "mine")
    await asyncio.to_thread(li.sync)
    assert li.row("customers", str(made.row_id))["level"] == "a"


async def test_a_poison_mutation_stops_nothing(doors: Doors) -> None:
    li = await doors.device("li", "li")
    li.mutate("party.create_customer", name="")
    orphan = li.mutate("party.create_contact", customer_id=str(new_id()), name="无主联系人")
    good = [li.mutate("party.create_customer", name=f"好{i}") for i in range(20)]
    await asyncio.to_thread(li.sync)
    assert li.pending() == []
    assert [e["code"] for e in li.inbox()] == ["REQUIRED", "NOT_FOUND"]
    assert li.row("contacts", orphan) is None
    assert {r["id"] for r in li.rows("customers")} == set(good)


async def test_no_content_can_block_the_queue_or_the_pull(doors: Doors, run) -> None:
    customer = str((await run("li", "party.create_customer", name="在")).row_id)
    device = await Raw(doors, "li").register()
    call = {"customerId": customer, "channel": "phone", "topic": "电话"}
    strange = [
        ("party.create_customer", {"name": "空\x00字"}),
        ("party.\x00", {"\x00": ["\x00"]}),
        ("party.create_customer", {"name": "大", "creditLimitMinor": 10**30}),
        ("party.create_customer", {"name": {"a": {"b": []}}}),
        ("party.edit_customer", {"id": "\x00", "name": "\x00"}),
        ("party.edit_customer", {"id": customer, "name": "\x00"}),
        ("crm.log_activity", {**call, "nextStepAt": "0001-01-01T00:00:00+08:00"}),
        ("crm.log_activity", {**call, "nextStepAt": "9999-12-31T23:59:59-08:00"}),
    ]
    mutations = [
        Mutation(
            n=n,
            uuid=uuid4(),
            command=command,
            arguments=arguments,
            base={"name": "\x00"},
            made_at=datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))),
        )
        for n, (command, arguments) in enumerate(strange, 1)
    ]
    mutations.append(device.mutation(len(strange) + 1, "party.create_customer", name="后来者"))
    answer = await device.push(*mutations)
    assert answer.stopped is None
    assert [o.status for o in answer.outcomes] == ["inbox"] * len(strange) + ["applied"]
    assert (await device.push(*mutations)).outcomes == answer.outcomes
    li = await doors.device("li", "li")
    assert len(li.inbox()) == len(strange)
    assert await _customers(doors) == ["后来者", "在"]


async def test_a_passing_failure_advances_nothing(doors: Doors, run) -> None:
    li = await doors.device("li", "li")
    li.mutate("party.create_customer", name="一")
    li.mutate("party.create_customer", name="二")
    executor, calls = doors.app.engine.executor, []
    real = executor.run

    async def busy_at_second(actor, command, data, call=None):
        if command.name == "party.create_customer":
            calls.append(data.name)
            if data.name == "二" and calls.count("二") == 1:
                raise Busy
        return await real(actor, command, data, call)

    executor.run = busy_at_second
    try:
        outcomes = await asyncio.to_thread(li.push)
        assert [o["status"] for o in outcomes] == ["applied"]
        assert len(li.pending()) == 1
        await asyncio.to_thread(li.sync)
    finally:
        del executor.run
    assert (li.pending(), li.inbox()) == ([], [])
    assert await _customers(doors) == ["一", "二"]


async def test_the_queue_survives_a_kill(doors: Doors, tmp_path) -> None:
    li = await doors.device("li", "li")
    row = li.mutate("party.create_customer", name="先写盘")
    copy = Replica(doors.folder / "li.sqlite", doors.url, li.token, now=doors.app.engine.clock.now)
    doors.opened.append(copy)
    assert [m["arguments"]["id"] for m in copy.pending()] == [row]
    await asyncio.to_thread(copy.sync)
    assert (li.pending(), len(li.rows("customers"))) == ([], 1)
