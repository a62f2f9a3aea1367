"""Checks on single values: what they refuse, that the server runs them, that a device is told every one of them."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from kernel.entity import Widget, described, entities, facets, table
from modules.party.cleaning import clean, label_of
from modules.party.entities import Customer
from modules.party.errors import FieldsWrong
from modules.party.field_checks import PATTERNS, checks_of, matches
from server import web_description
from server.catalogue import load_rooms
from values.errors import Refusal, all_refusals
from values.wire import wire_name

load_rooms()
TODAY = date(2026, 3, 2)
VECTORS = json.loads((Path(__file__).parents[2] / "sync/vectors/field_checks.json").read_text(encoding="utf-8"))
# By clean(): the rooms whose commands store what people type. The platform's own names have rules of their own.
ROOMS = ("party", "catalog", "crm", "inventory", "sales")
FIELDS = [
    (entity, column)
    for entity in entities()
    if described(entity).name.split(".")[0] in ROOMS
    for column, facet in facets(entity).items()
    if facet.writable and column not in ("custom", "tag_ids")
]
EVERY_FIELD = pytest.mark.parametrize(("entity", "column"), FIELDS, ids=lambda found: getattr(found, "__name__", found))
WRONG: tuple[Any, ...] = (
    None, "", "a\x01b", "x" * 201, "y" * 20_001, "123", "not-mail", "javascript:alert(1)", "no such choice", "QQQ",
    -1, 10**18, Decimal("-1"), Decimal("1E+20"), Decimal("0.1234567"), date(1800, 1, 1), date(2300, 1, 1),
)  # fmt: skip


def _refused(entity: Any, column: str, value: Any) -> Refusal | None:
    try:
        clean(entity, column, facets(entity)[column], value, TODAY)
    except Refusal as refusal:
        return refusal
    return None


@pytest.mark.parametrize("pattern", VECTORS["refused"])
def test_a_pattern_refuses(pattern: str) -> None:
    assert [text for text in VECTORS["refused"][pattern] if matches(pattern, text)] == []


@pytest.mark.parametrize("pattern", VECTORS["taken"])
def test_a_pattern_takes(pattern: str) -> None:
    assert [text for text in VECTORS["taken"][pattern] if not matches(pattern, text)] == []


def test_each_pattern_has_vectors() -> None:
    assert set(VECTORS["refused"]) == set(VECTORS["taken"]) == set(PATTERNS)


@EVERY_FIELD
def test_what_the_server_refuses_of_a_value_a_device_is_told(entity: Any, column: str) -> None:
    """Every refusal that a plain wrong value gets is among the field's checks in the description."""
    told = _told(entity, column)
    for value in WRONG:
        if not _fits(entity, column, value):
            continue
        refusal = _refused(entity, column, value)
        if refusal is not None:
            assert refusal.code in {check["code"] for check in told}, (value, refusal)
            assert refusal.field == wire_name(column)


@EVERY_FIELD
def test_what_a_check_does_not_hold_for_the_server_refuses(entity: Any, column: str) -> None:
    facet = facets(entity)[column]
    for check in checks_of(entity, column, facet):
        for value in WRONG:
            if _fits(entity, column, value) and value != "" and not check.holds(value, facet):
                assert _refused(entity, column, value) is not None, (check, value)


@EVERY_FIELD
def test_a_check_is_told_with_all_that_its_words_need(entity: Any, column: str) -> None:
    facet = facets(entity)[column]
    written = web_description.description()["refusals"]
    for check in checks_of(entity, column, facet):
        refusal = check.refuse(wire_name(column), label_of(facet))
        assert "{" not in refusal.sentence("zh-CN") + refusal.sentence("en") + refusal.remedy("en")
        assert written[refusal.code]["says"] == [refusal.zh, refusal.en]


def _told(entity: Any, column: str) -> list[dict[str, Any]]:
    everything = web_description.description()["entities"].values()
    fields = next(found["fields"] for found in everything if found["name"] == described(entity).name)
    return next(found["checks"] for found in fields if found["name"] == wire_name(column))


def _fits(entity: Any, column: str, value: Any) -> bool:
    """Whether a wire could bring such a value: others are refused by the type before."""
    kind = table(entity).c[column].type.python_type
    facet = facets(entity)[column]
    if value is None:
        return True
    if facet.widget in (Widget.INSTANT, Widget.REFERENCE):
        return False
    return isinstance(value, kind) or (kind is Decimal and isinstance(value, int))


def test_every_code_is_a_refusal_of_the_product() -> None:
    assert set(web_description.description()["refusals"]) <= {found.code for found in all_refusals()}


def test_several_wrong_fields_are_one_refusal_with_each_of_them() -> None:
    wrong = [
        refusal
        for column, value in (("phone", "123"), ("email", "not-mail"), ("website", "javascript:alert(1)"))
        if (refusal := _refused(Customer, column, value)) is not None
    ]
    found = FieldsWrong.of(wrong)
    assert found.field == "phone"
    assert [part["field"] for part in found.each("en")] == ["phone", "email", "website"]
    for one in wrong:
        assert one.sentence("zh-CN") in found.sentence("zh-CN")
        assert one.sentence("en") in found.sentence("en")
