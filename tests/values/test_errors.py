"""A refusal reads right in every language, whoever was signed in when it was raised."""

from __future__ import annotations

import pytest

from values.errors import InvalidInput, NotFound, ReadOnlyMaintenance, Required, Words


def test_a_detail_is_worded_by_the_language_it_is_read_in() -> None:
    refusal = Required(field="name", label=Words("客户名称", "Customer name"))
    assert refusal.sentence("zh-CN") == "“客户名称”不能为空。"
    assert refusal.sentence("en") == "To save this you must fill in Customer name."
    assert refusal.sentence("en-GB") == refusal.to_wire("en")["message"]
    assert refusal.details == {"label": "客户名称"}
    assert "Words" not in str(refusal)


def test_plain_details_are_text() -> None:
    refusal = NotFound(entity=7)
    assert refusal.details == {"entity": "7"}
    assert refusal.sentence("en") == "This 7 does not exist or is not yours to see."


def test_what_a_person_typed_is_never_a_place_to_fill() -> None:
    refusal = InvalidInput(problem="{other}", other="{problem}")
    assert refusal.sentence("en") == "This value cannot be accepted: {other}"


@pytest.mark.parametrize(("language", "reason"), [("zh-CN", "升级"), ("en", "an upgrade")])
def test_the_reason_of_maintenance_is_told_in_one_language(language: str, reason: str) -> None:
    sentence = ReadOnlyMaintenance(reason=Words("升级", "an upgrade")).sentence(language)
    assert sentence.endswith(reason)
    assert "/" not in sentence


def test_a_list_is_joined_as_the_language_joins() -> None:
    listed = Words.listed(["crm", "sales"])
    assert (str(listed), listed.in_language("en")) == ("crm、sales", "crm, sales")
