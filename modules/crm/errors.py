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


class PlaceInvalid(Refusal):
    code = "PLACE_INVALID"
    zh, en = (
        "跟进地点不正确：须同时有 -90 到 90 的纬度和 -180 到 180 的经度，误差为 0 到 100000 米。",
        "To log where it happened you must give a latitude from -90 to 90 with a longitude from -180 to 180, accurate "
        "to 0 to 100,000 metres.",
    )
    remedy_zh, remedy_en = "请重新定位，或不填地点。", "Locate it again, or leave the place out."
