"""Refusals name what is taken, by label and code, in the reader's language alone; the explorer is called what it is."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Any

import pytest

from graphql_api.graphiql import PAGE, POLICY
from kernel.command import command_named
from modules.crm.entities import CHANNELS
from modules.party.entities import LEVELS
from tenants.commands.create_organisation import BRANCH_KINDS
from tenants.commands.file_inbox_entry import reason_of
from tenants.custom_field_entities import KINDS
from tenants.entities import SCOPES
from tenants.mutation_input import input_from_wire
from tests.graphql_api.conftest import Api, Doorman
from tests.world import World
from values.errors import InvalidInput
from values.malformed import malformed

HAN = re.compile(r"[\u4e00-\u9fff，。：；！？、（）“”]")
SOMEBODY = "01890000-0000-7000-8000-000000000000"
REFUSED = {
    "scope": (f'mutation {{ setScope(input: {{id: "{SOMEBODY}", scope: "mine"}}) {{ id }} }}', SCOPES),
    "kind of field": (
        'mutation { defineCustomField(input: {entity: "party.Customer", key: "vat", labelZh: "税号", kind: "string"}) '
        "{ id } }",
        KINDS,
    ),
    "kind of organisation": ('mutation { createOrganisation(input: {name: "分", kind: "x"}) { id } }', BRANCH_KINDS),
    "level": ('mutation { createCustomer(input: {name: "甲", level: "z"}) { id } }', LEVELS),
    "channel": (
        f'mutation {{ logActivity(input: {{customerId: "{SOMEBODY}", channel: "电话", topic: "谈"}}) {{ id }} }}',
        CHANNELS,
    ),
}


async def told(api: Api, doorman: Doorman, world: World, query: str, language: str) -> str:
    """Message and remedy of the one error, as the admin reads it in a language."""
    token = doorman.token(world.yunfan, "admin", language=language)
    answer = await api.client.post("/graphql", json={"query": query}, headers={"Authorization": f"Bearer {token}"})
    (error,) = answer.json()["errors"]
    return f"{error['message']} {error['extensions']['remedy']}"


@pytest.mark.parametrize("about", REFUSED)
async def test_what_is_on_no_list_is_refused_with_the_list(
    about: str, api: Api, doorman: Doorman, world: World
) -> None:
    query, choices = REFUSED[about]
    chinese = await told(api, doorman, world, query, "zh-CN")
    english = await told(api, doorman, world, query, "en")
    for choice in choices:
        assert f"{choice.zh}（{choice.value}）" in chinese
        assert f"{choice.en} ({choice.value})" in english
    assert not HAN.search(english)


async def test_an_export_of_what_is_not_exported_names_what_is(api: Api, doorman: Doorman, world: World) -> None:
    query = 'mutation { exportData(entity: "nosuch") { path } }'
    assert "客户（customers）" in await told(api, doorman, world, query, "zh-CN")
    assert "Customer (customers)" in await told(api, doorman, world, query, "en")


async def test_an_import_names_what_becomes_of_rows_that_exist(api: Api, doorman: Doorman, world: World) -> None:
    query = 'mutation { importCustomers(file: {name: "a.csv", contentBase64: ""}, existing: "x") { dryRun } }'
    assert "跳过（skip）" in await told(api, doorman, world, query, "zh-CN")
    english = await told(api, doorman, world, query, "en")
    assert "Skip the row (skip)" in english
    assert not HAN.search(english)


@pytest.mark.parametrize(
    ("arguments", "zh", "en"),
    [
        ({"id": "x"}, "“id”不是有效的 UUID", "id: this is not a UUID"),
        ({"id": SOMEBODY, "nosuch": 1}, "没有字段“nosuch”", "there is no field nosuch"),
        ({"id": SOMEBODY, "name": 5}, "“name”应为文本", "name: text"),
        ({}, "缺少必填字段“id”", "the field id is missing"),
    ],
)
def test_what_a_device_sent_wrong_is_filed_in_each_language(arguments: dict[str, Any], zh: str, en: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        input_from_wire(command_named("party.edit_customer"), arguments)
    reason = reason_of(refused.value)
    assert zh in reason["message_zh"]
    assert en in reason["message_en"]
    assert not HAN.search(reason["message_en"])
    assert en not in reason["message_zh"]


def test_an_instant_beyond_the_calendar_is_told_in_each_language() -> None:
    sent = {"customerId": SOMEBODY, "channel": "visit", "topic": "t", "happenedAt": "9999-12-31T23:00:00Z"}
    with pytest.raises(InvalidInput) as refused:
        input_from_wire(command_named("crm.log_activity"), sent)
    assert "超出范围" in refused.value.sentence("zh-CN")
    assert "out of range" in refused.value.sentence("en")
    assert not HAN.search(refused.value.sentence("en"))


def test_what_is_missing_inside_a_list_is_told_with_its_place() -> None:
    found = malformed("Object missing required field `product_id` - at `$.lines[1]`")
    assert (found.field, found.zh) == ("lines.1", "缺少必填字段“lines.1.productId”")
    assert found.en == "the field lines.1.productId is missing"


def test_every_phrase_about_a_malformed_value_is_words() -> None:
    found = malformed("Expected `int | null`, got `str` - at `$.rows[0].name`")
    assert found.zh == "“rows.0.name”应为整数或空值，收到的是文本"
    assert not HAN.search(found.en)


@pytest.mark.parametrize(
    ("text", "zh", "en"),
    [
        ("Expected `uuid`, got `int`", "应为 UUID，收到的是整数", "a UUID is expected, not a whole number"),
        (
            "Expected `str | uuid | null`, got `bool`",
            "应为文本或 UUID 或空值，收到的是 true 或 false",
            "text or a UUID or null is expected, not true or false",
        ),
        ("Expected `int` >= 1", "应为整数，且不小于 1", "a whole number >= 1"),
        ("Expected `str` of length <= 100", "应为文本，且长度不超过 100", "text of length <= 100"),
        (
            "Expected `datetime` with a timezone component",
            "缺少时区，如 +08:00",
            "an offset like +08:00 or Z is missing",
        ),
    ],
)
def test_bounds_kinds_and_instants_without_offset_are_told_in_words(text: str, zh: str, en: str) -> None:
    found = malformed(text)
    assert (found.zh, found.en) == (zh, en)


def test_the_explorers_policy_lets_its_own_texts_run_and_nothing_else() -> None:
    assert "unsafe" not in POLICY
    for tag, directive in (("script", "script-src"), ("style", "style-src")):
        (text,) = re.findall(rf"<{tag}>(.*?)</{tag}>", PAGE, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{directive} 'sha256-{digest}';" in POLICY
    assert not re.search(r"\son\w+=|\sstyle=|javascript:", PAGE)


def test_the_explorer_is_called_what_it_is_in_both_languages() -> None:
    assert "接口调试页" in PAGE
    assert "API explorer" in PAGE
    assert "GraphiQL" not in PAGE
    for shown in re.findall(r'data-en="([^"]+)"', PAGE):
        assert not HAN.search(shown)


async def test_the_explorers_own_question_about_the_schema_is_answered(open_api: Api) -> None:
    (query,) = re.findall(r"const QUERY = `(.*?)`;", PAGE, re.DOTALL)
    body = await open_api(None, "", query)
    assert "errors" not in body
    names = {field["name"] for kind in body["data"]["__schema"]["types"] for field in kind["fields"] or ()}
    assert {"createCustomer", "customers", "changes"} <= names
