"""The inbox as one entity: what was done, why it did not apply, whose value stands; and decisions, once each."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest

from kernel.command import command_named
from sync.client.errors import ArgumentRefused
from sync.waiting import apply_waiting
from tenants.commands.resolve_inbox_entry import ResolveInboxEntry
from tests.sync.conftest import Doors, Network
from tests.sync.raw_device import Raw
from tests.tenants.rows import rows_of
from values.errors import Refusal
from values.ids import new_id


@pytest.fixture
async def clash(doors: Doors, run) -> tuple:
    """小李 and 王主管 changed the same two fields: the device, the row, the entry."""
    row = str((await run("li", "party.create_customer", name="争议", level="c", industry="制造")).row_id)
    li = await doors.device("li", "小李的手机")
    li.mutate("party.edit_customer", id=row, level="a", industry="贸易", notes="只有我写")
    await run("wang", "party.edit_customer", id=row, level="b", industry="物流")
    await asyncio.to_thread(li.sync)
    [entry] = li.inbox()
    return li, row, entry


async def _refused(doors: Doors, who: str, entry: dict, **values: object) -> Refusal:
    data = ResolveInboxEntry(id=entry["id"], **values)
    with pytest.raises(Refusal) as refused:
        await doors.world.yunfan.run(who, "tenants.resolve_inbox_entry", data)
    return refused.value


async def test_strangers_and_readers_decide_nothing(doors: Doors, clash) -> None:
    _, _, entry = clash
    assert (await _refused(doors, "zhao", entry, action="discard")).code == "NOT_FOUND"
    assert (await _refused(doors, "zhou", entry, action="discard")).code == "PERMISSION_DENIED"
    told = await _refused(doors, "li", entry, action="mine", fields=["level", "nonsense"])
    assert (told.code, told.field) == ("INVALID_INPUT", "fields")
    [state] = await rows_of(doors.app, doors.world.yunfan.tenant_id, "SELECT state FROM app.inbox_entry")
    assert state.state == "open"


async def test_all_that_is_wrong_with_a_new_customer_is_told_at_once(doors: Doors) -> None:
    li = await doors.device("li", "小李的手机")
    li.mutate("party.create_customer", name="写错的客户", phone="123", email="not-mail", website="javascript:alert(1)")
    await asyncio.to_thread(li.sync)
    [entry] = li.inbox()
    assert (entry["code"], entry["field"]) == ("FIELDS_WRONG", "phone")
    for label in ("电话", "邮箱", "网址"):
        assert f"“{label}”" in entry["messageZh"]
    for label in ("Phone", "E-mail", "Website"):
        assert f"save {label} you must" in entry["messageEn"]


async def test_what_is_no_decision_is_refused_before_it_is_queued(doors: Doors, clash) -> None:
    li, _, entry = clash
    with pytest.raises(ArgumentRefused, match="mine, theirs, discard"):
        li.resolve(entry["id"], "accept")
    assert (li.pending(), [left["id"] for left in li.inbox()]) == ([], [entry["id"]])


@pytest.mark.parametrize("entry_id", ["nonsense", "", "0", None, "1234"])
async def test_what_is_no_id_is_refused_before_it_is_queued(doors: Doors, clash, entry_id: object) -> None:
    li, _, entry = clash
    with pytest.raises(ArgumentRefused) as refused:
        li.resolve(entry_id, "mine")
    assert (refused.value.field, refused.value.code) == ("id", "ENTRY_UNKNOWN")
    assert (li.pending(), [left["id"] for left in li.inbox()]) == ([], [entry["id"]])


async def test_an_id_may_be_spelt_as_others_spell_it(doors: Doors, clash) -> None:
    li, _, entry = clash
    li.resolve(UUID(entry["id"]).hex.upper(), "theirs")
    assert li.inbox() == []
    assert (await asyncio.to_thread(li.sync))["pushed"] == {"applied": 1}


async def test_an_entry_that_was_not_pulled_yet_may_be_decided(doors: Doors) -> None:
    """Its id stands in the answer to the push, and the pull that brings the entry is still to come."""
    li = await doors.device("li", "li")
    li.mutate("party.create_customer", name="甲", code="K1")
    li.mutate("party.create_customer", name="乙", code="K1")
    outcomes = await asyncio.to_thread(li.push)
    assert li.inbox() == []
    li.resolve(outcomes[1]["inboxId"], "discard")
    assert (await asyncio.to_thread(li.sync))["pushed"] == {"applied": 1}
    assert li.inbox() == []


async def test_an_entry_says_what_why_who_and_when(doors: Doors, clash) -> None:
    _, _, entry = clash
    people = doors.world.yunfan.people
    told = (entry["whatZh"], entry["whatEn"], entry["deviceName"])
    assert told == ("修改客户 争议", "Edit customer 争议", "小李的手机")
    assert (entry["ownerId"], entry["madeAt"]) == (str(people["li"]), "2026-03-02T01:30:00.000000Z")
    assert {d["field"]: (d["base"], d["mine"], d["theirs"]) for d in entry["differences"]} == {
        "level": ("c", "a", "b"),
        "industry": ("制造", "贸易", "物流"),
    }
    facts = entry["fieldFacts"]
    assert facts["level"] == {
        "zh": "客户级别",
        "en": "Level",
        "changedAt": "2026-03-02T01:30:00.000000Z",
        "changedById": str(people["wang"]),
    }
    assert set(facts) == {"level", "industry"}


async def test_some_fields_mine_and_the_others_theirs(doors: Doors, clash) -> None:
    li, row, entry = clash
    li.resolve(entry["id"], "mine", fields=["industry"])
    await asyncio.to_thread(li.sync)
    found = li.row("customers", row)
    assert (found["level"], found["industry"], li.inbox()) == ("b", "贸易", [])


async def test_an_edit_that_was_refused_whole_can_be_taken_in_part(doors: Doors, run) -> None:
    made = (await run("li", "party.create_customer", name="归档了的", level="c")).row_id
    li = await doors.device("li", "li")
    li.mutate("party.edit_customer", id=str(made), level="a", notes="不要这个")
    await run("lin", "party.archive_customer", id=made)
    await asyncio.to_thread(li.sync)
    await run("lin", "party.restore_customer", id=made)
    [entry] = li.inbox()
    li.resolve(entry["id"], "mine", fields=["level"])
    await asyncio.to_thread(li.sync)
    row = li.row("customers", str(made))
    assert (row["level"], row["notes"]) == ("a", None)


async def test_who_comes_second_is_told_who_was_first_and_finds_no_second_entry(doors: Doors, clash) -> None:
    li, row, entry = clash
    wang = await doors.device("wang", "wang")
    li.resolve(entry["id"], "mine")
    wang.resolve(entry["id"], "discard")
    await asyncio.to_thread(li.sync)
    [told] = await asyncio.to_thread(wang.push)
    assert (told["status"], told["inboxId"], told["error"]["code"]) == ("settled", entry["id"], "ALREADY_DECIDED")
    assert told["error"]["message"] == "小李已在 2026-03-02 09:30 处理过这一项（已采用），您的决定没有执行。"
    await asyncio.to_thread(wang.sync)
    assert (wang.inbox(), wang.pending(), wang.row("customers", row)["level"]) == ([], [], "a")
    [first] = wang.rows("inbox")
    assert (first["state"], first["resolvedById"]) == ("taken", str(doors.world.yunfan.people["li"]))
    online = await _refused(doors, "li", entry, action="discard")
    assert online.sentence("en").startswith("You settled this entry at 2026-03-02 09:30")


async def test_a_lost_answer_to_a_late_decision_is_answered_the_same(doors: Doors, clash) -> None:
    li, _, entry = clash
    device = await Raw(doors, "wang").register()
    li.resolve(entry["id"], "theirs")
    await asyncio.to_thread(li.sync)
    late = device.mutation(1, "tenants.resolve_inbox_entry", id=entry["id"], action="mine")
    first = await device.push(late)
    again = await device.push(late)
    assert (again.outcomes, again.last_mutation) == (first.outcomes, 1)
    assert first.outcomes[0].status == "settled"
    assert first.outcomes[0].error.message.startswith("小李已在")


async def test_what_the_second_typed_anew_is_kept(doors: Doors, clash) -> None:
    li, row, entry = clash
    wang = await doors.device("wang", "wang")
    li.resolve(entry["id"], "theirs")
    wang.resolve(entry["id"], "mine", arguments={"id": row, "level": "d", "notes": "王主管写的"})
    for replica in (li, wang):
        await asyncio.to_thread(replica.sync)
    [kept] = wang.inbox()
    assert (kept["code"], kept["arguments"]["arguments"]["notes"]) == ("ALREADY_DECIDED", "王主管写的")
    assert wang.row("customers", row)["level"] == "b"


async def test_two_at_the_same_moment_are_one_decision(doors: Doors, clash) -> None:
    _, row, entry = clash
    devices = [await Raw(doors, who).register() for who in ("li", "wang", "lin")]
    decisions = [d.mutation(1, "tenants.resolve_inbox_entry", id=entry["id"], action="mine") for d in devices]
    answers = await asyncio.gather(*(d.push(m) for d, m in zip(devices, decisions, strict=True)))
    assert sorted(a.outcomes[0].status for a in answers) == ["applied", "settled", "settled"]
    counted = f"SELECT count(*) AS n FROM app.audit_entry WHERE row_id = '{row}' AND after->>'level' = 'a'"
    [audit] = await rows_of(doors.app, doors.world.yunfan.tenant_id, counted)
    assert audit.n == 1


async def test_a_decision_made_offline_is_carried_out_once_though_its_answer_is_lost(doors: Doors, clash) -> None:
    li, row, entry = clash
    network = Network()
    other = await doors.device("li", "tablet", transport=network)
    other.resolve(entry["id"], "mine", fields=["level"])
    assert other.inbox() == []
    network.lose_answers = {"/sync/v1/push"}
    with pytest.raises(Exception, match="push"):
        await asyncio.to_thread(other.sync)
    network.lose_answers = set()
    assert (await asyncio.to_thread(other.sync))["pushed"] == {"applied": 1}
    await asyncio.to_thread(li.sync)
    assert (li.inbox(), li.row("customers", row)["level"]) == ([], "a")


async def test_custom_fields_are_told_by_their_labels(doors: Doors, run) -> None:
    define = command_named("tenants.define_custom_field").input_type
    values = {"entity": "party.Customer", "key": "grade", "label_zh": "客户评分", "label_en": "Score", "kind": "text"}
    await run(
        "admin", "tenants.define_custom_field", **{k: v for k, v in values.items() if k in define.__struct_fields__}
    )
    made = await run("li", "party.create_customer", name="自定义", custom={"grade": "一"})
    li = await doors.device("li", "li")
    li.mutate("party.edit_customer", id=str(made.row_id), custom={"grade": "二"})
    await run("wang", "party.edit_customer", id=made.row_id, custom={"grade": "三"})
    await asyncio.to_thread(li.sync)
    [entry] = li.inbox()
    told = entry["fieldFacts"]["custom.grade"]
    assert (told["zh"], told["en"]) == ("客户评分", "Score")
    assert told["changedById"] == str(doors.world.yunfan.people["wang"])


async def test_the_words_of_what_a_device_may_not_do_are_a_clerks(doors: Doors, run) -> None:
    made = await run("li", "party.create_customer", name="在")
    device = await Raw(doors, "li").register()
    answer = await device.push(
        device.mutation(1, "party.assign_customer", id=made.row_id, ownerId=new_id()),
        device.mutation(2, "party.create_customer", name=" ", code="很长的" * 30),
    )
    assert answer.outcomes[0].error.message == "“移交客户”只能在联网时进行，这次离线操作没有执行。"
    li = await doors.device("li", "li")
    for entry in li.inbox():
        for name in ("whatZh", "messageZh", "remedyZh", "messageEn", "remedyEn"):
            assert entry[name]
            assert "party." not in entry[name]
    assert (await apply_waiting(doors.app.engine, doors.world.yunfan.tenant_id)).applied == 0
