"""What a refusal says is said to a clerk: with the labels of their form, and with what helps."""

from __future__ import annotations

import pytest

from server.refusals import load_refusals
from sync.errors import CommandUnknown
from tenants.attachment_rules import cleaned_name
from tests.sync.conftest import Doors
from tests.sync.raw_device import Raw
from values.errors import KeyReused, Refusal, all_refusals
from values.ids import new_id

load_refusals()


@pytest.mark.parametrize(
    ("base", "sent", "code", "zh", "en"),
    [
        ({}, {"notes": "改"}, "BASE_MISSING", "不知道“备注”修改前", "To merge Notes you must"),
        ({}, {"creditLimitMinor": 5}, "BASE_MISSING", "不知道“信用额度”修改前", "To merge Credit limit you must"),
        ({"name": "甲"}, {"name": "甲\x00"}, "TEXT_UNREADABLE", "“客户名称”含有", "To save Name you must"),
        ({"custom": {}}, {"custom": {"a": "\x00"}}, "TEXT_UNREADABLE", "“自定义字段”含有", "To save Custom fields"),
    ],
)
async def test_a_field_is_called_by_its_label(doors: Doors, run, base, sent, code: str, zh: str, en: str) -> None:
    made = await run("li", "party.create_customer", name="甲")
    device = await Raw(doors, "li").register()
    answer = await device.push(device.mutation(1, "party.edit_customer", base, id=made.row_id, **sent))
    error = answer.outcomes[0].error
    assert (error.code, error.field.split(".")[0]) == (code, next(iter(sent)))
    assert error.message.startswith(zh)
    entry = next(e for e in (await doors.device("li", "li")).inbox() if e["code"] == code)
    assert entry["messageZh"] == error.message
    assert entry["messageEn"].startswith(en)


@pytest.mark.parametrize(
    ("command", "sent", "zh", "en"),
    [
        (
            "party.edit_customer",
            {"creditLimitMinor": "五"},
            "“信用额度”应为整数或空值，收到的是文本",
            "Credit limit: a whole number or null is expected, not text",
        ),
        ("party.edit_customer", {"name": 5}, "“客户名称”应为文本", "Name: text"),
        (
            "party.create_contact",
            {"customerId": "x", "name": "甲"},
            "“所属客户”不是有效的 UUID",
            "Customer: this is not a UUID",
        ),
        ("party.create_customer", {}, "缺少必填字段“客户名称”", "the field Name is missing"),
        ("party.edit_customer", {"tagIds": ["x"]}, "“标签”不是有效的 UUID", "Tags: this is not a UUID"),
        (
            "sales.create_order",
            {"customerId": new_id(), "lines": [{"productId": new_id(), "quantity": []}]},
            "第 1 行的“数量”应为",
            "Quantity in line 1: ",
        ),
        (
            "sales.create_order",
            {"customerId": new_id(), "lines": [{"quantity": "1"}]},
            "缺少必填字段第 1 行的“商品”",
            "the field Product in line 1 is missing",
        ),
        # What nobody has a label for keeps its name.
        ("party.edit_customer", {"surprise": 5}, "没有字段“surprise”", "there is no field surprise"),
        ("sales.create_order", {"customerId": new_id(), "lines": 5}, "“lines”应为列表", "lines: a list"),
    ],
)
async def test_a_value_of_the_wrong_kind_is_told_by_its_label(doors: Doors, run, command, sent, zh, en) -> None:
    made = await run("li", "party.create_customer", name="甲")
    device = await Raw(doors, "li").register()
    named = {"id": made.row_id} if "edit" in command else {}
    answer = await device.push(device.mutation(1, command, {}, **named, **sent))
    error = answer.outcomes[0].error
    assert error.code == "INVALID_INPUT"
    assert zh in error.message
    [entry] = (await doors.device("li", "li")).inbox()
    assert entry["messageZh"] == error.message
    assert en in entry["messageEn"]


async def test_a_decision_calls_no_field_by_a_label_of_the_entry(doors: Doors, run) -> None:
    """`code` is a customer's and an entry's."""
    made = await run("li", "party.create_customer", name="甲", code="C1")
    device = await Raw(doors, "li").register()
    await device.push(device.mutation(1, "party.edit_customer", {}, id=made.row_id, phone=5))
    [entry] = (await doors.device("li", "li")).inbox()
    again = {"id": made.row_id, "code": 5}
    decided = device.mutation(2, "tenants.resolve_inbox_entry", id=entry["id"], action="mine", arguments=again)
    error = (await device.push(decided)).outcomes[0].error
    assert (error.code, error.field) == ("INVALID_INPUT", "code")
    assert "“code”应为文本" in error.message


async def test_what_cannot_be_resubmitted_does_not_ask_for_it(doors: Doors) -> None:
    device = await Raw(doors, "li").register()
    answer = await device.push(device.mutation(1, "party.teleport_customer", id="x"))
    error = answer.outcomes[0].error
    assert error.code == CommandUnknown.code
    assert "重新提交" not in error.remedy
    assert "放弃此项" in error.remedy


@pytest.mark.parametrize(
    ("name", "zh", "en"),
    [
        ("CON.txt", "“CON”是 Windows 系统保留的名称", "Windows keeps CON for itself"),
        ("lpt1.2026.txt", "“lpt1”是 Windows 系统保留的名称", "Windows keeps lpt1 for itself"),
        ("合同", "须有名称和扩展名", "a name and an ending"),
        (".txt", "须有名称和扩展名", "a name and an ending"),
    ],
)
def test_a_refused_file_name_is_told_the_true_reason(name: str, zh: str, en: str) -> None:
    with pytest.raises(Refusal) as refused:
        cleaned_name(name, "text/plain")
    assert refused.value.code == "FILE_NAME_INVALID"
    assert zh in refused.value.sentence("zh-CN")
    assert en in refused.value.sentence("en")


def test_no_refusal_speaks_of_keys_and_two_words_for_one_thing() -> None:
    assert "幂等" not in KeyReused.zh + KeyReused.remedy_zh
    assert [found.code for found in all_refusals() if "未推送的修改" in found.zh + found.remedy_zh] == []
