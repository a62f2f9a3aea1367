"""What the web client is told of entities, commands and list tables: complete, true, and up to date in git."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from kernel.command import commands
from kernel.entity import described, entities
from server import web_description
from server.catalogue import load_rooms
from sync.list_tables import list_tables
from sync.shape import shape

load_rooms()
TOLD = web_description.description()


def test_the_file_in_git_is_the_present_one() -> None:
    assert web_description.FILE.read_text(encoding="utf-8") == web_description.written(), "run yunfan schema"
    version = web_description.VERSION_FILE.read_text(encoding="utf-8")
    assert version == web_description.version_written(), "run yunfan schema"
    assert f"= {TOLD['schemaVersion']};" in version


def test_no_column_of_the_server_alone_is_told() -> None:
    for told in TOLD["entities"].values():
        named = {field["name"] for field in told["fields"]}
        assert not named & {"tenantId", "scopePath", "nameKey", "userId", "keyShare", "sessionId"}, told["name"]


def test_every_collection_is_told_with_every_field_of_the_sync_schema() -> None:
    for name, fields in shape()["collections"].items():
        told = TOLD["entities"][name]
        assert told["synced"]
        assert {field["name"]: field["kind"] for field in told["fields"]} == fields
    assert {name for name, told in TOLD["entities"].items() if not told["synced"]} == {
        "devices", "documentNumbers", "legalEntities", "numberSeries", "roleAssignments", "settings",
    }  # fmt: skip
    assert len(TOLD["entities"]) == sum(1 for entity in entities() if described(entity).graphql)


def test_every_command_is_told_with_the_arguments_of_the_sync_schema() -> None:
    assert list(TOLD["commands"]) == [found.name for found in commands()]
    for name, arguments in shape()["commands"].items():
        told = TOLD["commands"][name]["arguments"]
        assert {a["name"]: ("" if a["required"] else "?") + a["type"] for a in told} == arguments
        assert TOLD["commands"][name]["offline"]


def test_references_and_currencies_name_what_is_there() -> None:
    for told in TOLD["entities"].values():
        named = {field["name"] for field in told["fields"]}
        for field in told["fields"]:
            assert field["refersTo"] is None or field["refersTo"] in TOLD["entities"]
            assert field["currencyField"] is None or field["currencyField"] in named
            if field["widget"] == "money":
                assert field["currencyField"], f"{told['name']}.{field['name']} is money without a currency"
            if field["kind"] == "id" and field["refersTo"]:
                assert field["widget"] == "reference"
            assert (field["widget"] == "choice") == bool(field["choices"])
        assert set(told["calledBy"]) <= named


@pytest.mark.parametrize("name", list(list_tables()))
def test_a_list_table_holds_the_short_fields_and_indexes_of_its_own_columns(name: str) -> None:
    found, told = TOLD["lists"][name], TOLD["entities"][name]
    columns = [column["name"] for column in found["columns"]]
    assert max(Counter(column.lower() for column in columns).values()) == 1, "SQLite's names ignore case"
    kinds = {field["name"]: field for field in told["fields"]}
    assert {column for column in columns if column in kinds} == {
        field["name"]
        for field in told["fields"]
        if field["name"] not in ("id", "version") and field["kind"] != "json" and field["widget"] != "long_text"
    }
    keys = [column for column in found["columns"] if column["keyOf"] is not None]
    assert all(column["path"] is None and column["keyOf"] in kinds for column in keys)
    for index in found["indexes"]:
        assert set(index) <= set(columns)
    assert found["indexes"][0] == ["updatedAt"]
    assert set(found["kept"]) <= set(columns)
    for field in told["fields"]:
        if field["sortable"] or field["name"] == "archivedAt":
            assert {field["name"], f"{field['name']}Key"} & set(found["kept"])
        if field["filterable"] and field["widget"] == "choice":
            assert field["name"] in found["kept"]
        if field["filterable"] and field["kind"] == "id" and field["name"] not in ("id", "ownerId"):
            assert [field["name"], "updatedAt"] in found["indexes"]


def test_a_changed_table_has_another_hash(monkeypatch) -> None:
    import sync.list_tables as module

    before = module.lists_hash()
    assert re.fullmatch("[0-9a-f]{16}", before)
    monkeypatch.setattr(module, "_FILLED", 0)
    module.lists_hash.cache_clear()
    try:
        assert module.lists_hash() != before
    finally:
        module.lists_hash.cache_clear()


def test_a_literal_is_typescript() -> None:
    assert web_description.literal({"a": [], "b.c": {"d": None}}) == '{ a: [], "b.c": { d: null } }'
    wide = web_description.literal({"rows": ["x" * 60, "y" * 60]})
    assert wide == '{\n  rows: [\n    "' + "x" * 60 + '",\n    "' + "y" * 60 + '",\n  ],\n}'
