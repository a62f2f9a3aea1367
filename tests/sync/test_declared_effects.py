"""Named transitions, counters and creations with lines, from a device to the server and back."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from kernel.entity import Merge
from modules.party.entities import Customer
from sync.effects import wrong_declarations
from tests.sync.conftest import Doors
from tests.sync.declaring import GRADES, WITH_PEOPLE, declared, moves_to, queued_command
from tests.sync.declaring import OneCustomer as One
from tests.sync.raw_device import Raw
from values.clock import FrozenClock
from values.effects import Adds, Creates, Sets


@pytest.fixture
def states(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with declared(monkeypatch, {(Customer, "credit_grade"): Merge.TRANSITION}, *GRADES, WITH_PEOPLE):
        yield


@pytest.fixture
def counters(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with declared(monkeypatch, {(Customer, "credit_limit_minor"): Merge.COUNTER}):
        yield


async def test_a_state_is_never_set_by_an_edit(doors: Doors, run, states) -> None:
    made = await run("li", "party.create_customer", name="甲", credit_grade="b")
    li = await doors.device("li", "li")
    li.mutate("party.edit_customer", id=str(made.row_id), credit_grade="a", level="a")
    await asyncio.to_thread(li.sync)
    [entry] = li.inbox()
    assert (entry["code"], entry["field"]) == ("STATE_BY_EDIT", "creditGrade")
    assert li.row("customers", str(made.row_id))["creditGrade"] == "b"


async def test_what_the_state_does_not_allow_goes_to_the_inbox_with_what_is_possible(doors: Doors, run, states) -> None:
    made = await run("li", "party.create_customer", name="甲", credit_grade="b")
    row = str(made.row_id)
    li = await doors.device("li", "li")
    li.mutate("party.confirm_grade", id=row)
    li.mutate("party.deliver_grade", id=row)
    assert li.row("customers", row)["creditGrade"] == "aa"
    assert [m["base"] for m in li.pending()] == [{"creditGrade": "b"}, {"creditGrade": "a"}]
    await run("wang", "party.cancel_grade", id=made.row_id)
    await asyncio.to_thread(li.sync)
    first, second = li.inbox()
    assert first["code"] == second["code"] == "TRANSITION_NOT_ALLOWED"
    assert first["messageZh"] == "该记录现为“C”，不能执行“确认”；现在可执行：无。"
    assert first["messageEn"].endswith("Possible now: nothing.")
    assert first["differences"] == [{"field": "creditGrade", "base": "b", "mine": "a", "theirs": "c"}]
    assert second["differences"] == [{"field": "creditGrade", "base": "a", "mine": "aa", "theirs": "c"}]
    assert li.row("customers", row)["creditGrade"] == "c"


async def test_the_allowed_transitions_are_named(doors: Doors, run, states) -> None:
    made = await run("li", "party.create_customer", name="甲", credit_grade="b")
    device = await Raw(doors, "li").register()
    answer = await device.push(device.mutation(1, "party.deliver_grade", {"creditGrade": "a"}, id=str(made.row_id)))
    assert answer.outcomes[0].error.message == "该记录现为“B”，不能执行“交付”；现在可执行：取消、确认。"


async def test_somebody_was_faster_and_it_counts_without_a_second_effect(doors: Doors, run, states) -> None:
    made = await run("li", "party.create_customer", name="甲", credit_grade="b")
    row = str(made.row_id)
    li, wang = await doors.device("li", "li"), await doors.device("wang", "wang")
    for replica in (li, wang):
        replica.mutate("party.confirm_grade", id=row)
        assert (await asyncio.to_thread(replica.sync))["pushed"] == {"applied": 1}
    found = wang.row("customers", row)
    assert (found["creditGrade"], found["region"], found["version"]) == ("a", "a.", 2)
    for replica in (li, wang):
        replica.mutate("party.deliver_grade", id=row)
    assert (await asyncio.to_thread(li.sync))["pushed"] == {"applied": 1}
    assert (await asyncio.to_thread(wang.sync))["pushed"] == {"inbox": 1}  # this one must not be done twice
    assert [e["code"] for e in wang.inbox()] == ["TRANSITION_NOT_ALLOWED"]
    assert wang.row("customers", row)["region"] == "a.aa."


async def test_a_transition_taken_from_the_inbox_is_tried_on_the_present_state(doors: Doors, run, states) -> None:
    made = await run("li", "party.create_customer", name="甲", credit_grade="b")
    li = await doors.device("li", "li")
    li.mutate("party.deliver_grade", id=str(made.row_id))
    await asyncio.to_thread(li.sync)
    [entry] = li.inbox()
    await run("wang", "party.confirm_grade", id=made.row_id)
    li.resolve(entry["id"], "mine")
    await asyncio.to_thread(li.sync)
    assert (li.inbox(), li.row("customers", str(made.row_id))["creditGrade"]) == ([], "aa")


async def test_a_creation_brings_its_rows_and_they_can_be_edited_at_once(doors: Doors, states) -> None:
    li = await doors.device("li", "li")
    customer = li.mutate("party.create_with_people", name="带联系人", people=[{"name": "张三"}, {"name": "李四"}])
    first, second = [contact["id"] for contact in li.rows("contacts", customer_id=customer)]
    assert li.row("contacts", first)["customerId"] == customer
    assert "people" not in li.row("customers", customer)
    li.mutate("party.edit_contact", id=second, title="经理")
    assert [c.get("title") for c in li.rows("contacts")] == [None, "经理"]
    assert li.pending()[0]["arguments"]["people"][1]["id"] == second
    assert (await asyncio.to_thread(li.sync))["pushed"] == {"applied": 2}
    found = li.rows("contacts", customer_id=customer)
    assert [(c["id"], c["name"], c["title"]) for c in found] == [(first, "张三", None), (second, "李四", "经理")]
    assert all(c["version"] for c in found)
    assert await asyncio.to_thread(li.verify) == []


async def test_two_counts_both_count_and_out_of_range_waits_in_the_inbox(doors: Doors, run, counters) -> None:
    made = await run("li", "party.create_customer", name="甲", credit_limit_minor=1_000, credit_currency="CNY")
    row = str(made.row_id)
    li, wang = await doors.device("li", "li"), await doors.device("wang", "wang")
    li.mutate("party.edit_customer", id=row, credit_limit_minor=1_500)
    li.mutate("party.edit_customer", id=row, credit_limit_minor=1_700)
    wang.mutate("party.edit_customer", id=row, credit_limit_minor=400)
    assert (await asyncio.to_thread(wang.sync))["pushed"] == {"applied": 1}
    assert (await asyncio.to_thread(li.sync))["pushed"] == {"merged": 2}
    assert li.row("customers", row)["creditLimitMinor"] == 400 + 500 + 200
    wang.mutate("party.edit_customer", id=row, credit_limit_minor=0)
    await run("lin", "party.edit_customer", id=made.row_id, credit_limit_minor=100)
    await asyncio.to_thread(wang.sync)  # 100 - 400
    [entry] = wang.inbox()
    assert entry["code"] == "AMOUNT_OUT_OF_RANGE"
    assert entry["differences"] == [{"field": "creditLimitMinor", "base": 400, "mine": 0, "theirs": 100}]
    device = await Raw(doors, "li").register()
    answer = await device.push(device.mutation(1, "party.edit_customer", id=row, creditLimitMinor=5))
    assert answer.outcomes[0].error.code == "BASE_MISSING"


async def test_a_repeated_push_hears_the_same_answer(doors: Doors, run, clock: FrozenClock) -> None:
    made = await run("li", "party.create_customer", name="甲", notes="一\n二")
    device = await Raw(doors, "li").register()
    edit = device.mutation(1, "party.edit_customer", {"notes": "一\n二"}, id=str(made.row_id), notes="一\n二改")
    plain = device.mutation(2, "party.edit_customer", {"level": None}, id=str(made.row_id), level="a")
    await run("wang", "party.edit_customer", id=made.row_id, notes="一改\n二")
    answers = (await device.push(edit)).outcomes
    clock.move(seconds=1)
    answers += (await device.push(plain)).outcomes
    assert [outcome.status for outcome in answers] == ["merged", "applied"]
    assert (await device.push(edit, plain)).outcomes == answers


@pytest.mark.parametrize(
    ("effect", "told"),
    [
        (Sets("level", "a"), "is no state"),  # merges three ways
        (Sets("nothing", "a"), "is no state"),
        (Sets("credit_grade", "zzz"), "has no state zzz"),
        (Sets("credit_grade", "a", after=("b", "gone")), "has no state gone"),
        (Sets("credit_grade", "a", seen_in=("gone",)), "has no state gone"),
        (Sets("credit_grade", "a", seen="nothing"), "has no argument nothing"),
        (Creates(children={"lines": ("party.Contact", "customer_id")}), "is no list of rows"),
        (Creates(children={"id": ("party.Contact", "nowhere")}), "has no nowhere"),
        (Creates(adds=Adds("party.Contact", ("id",), "nowhere", "id")), "has no nowhere"),
        (Creates(adds=Adds("party.Contact", ("name",), "title", "id")), "has no argument name"),
        (Creates(adds=Adds("party.Contact", (), "title", "id", of="id")), "makes no rows"),
        (Creates(insisting={"nothing": True}), "has no argument nothing"),
    ],
)
def test_a_wrong_declaration_is_found(effect: Any, told: str, states) -> None:
    found = queued_command("party.try", moves_to("a"), One, effect, "试", "try")
    assert told in " ".join(wrong_declarations(found))
    assert [wrong for right in (*GRADES, WITH_PEOPLE) for wrong in wrong_declarations(right)] == []
