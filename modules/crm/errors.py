"""What the crm room refuses."""

from __future__ import annotations

from values.errors import Kind, Refusal


class ContactElsewhere(Refusal):
    code, kind = "CONTACT_ELSEWHERE", Kind.CONFLICT
    zh, en = "该联系人不属于这个客户。", "To log this you must choose a contact who works at this customer."
    remedy_zh, remedy_en = "请选择该客户的联系人。", "Choose one of the customer's contacts."


class HappensLater(Refusal):
    code = "HAPPENS_LATER"
    zh, en = "沟通时间不能晚于现在。", "To log an activity you must give a time that is not in the future."
    remedy_zh, remedy_en = (
        "请核对时间；未来的安排请填写“下次跟进时间”。",
        "Correct it; a plan goes into the next step.",
    )
