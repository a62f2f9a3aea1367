"""Conversions by themselves: the vectors, and what must hold of any of them."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from operator import itemgetter
from pathlib import Path
from typing import Any

import msgspec
import pytest

from sync import argument_steps, field_steps, steps, versions
from sync.client.about import SCHEMA_VERSION
from sync.conversion import Stuck, forget, newer, older, older_command, older_schema, told_as, wrong_steps
from sync.errors import AppTooOld, ServerTooOld
from sync.steps import Call
from sync.versions import Step, readable
from sync.wire import CollectionSchema, CommandSchema, Schema
from tests.sync.schema_history import EDIT, HISTORY, NEWEST, history
from values.errors import Words

VECTORS = json.loads((Path(__file__).parents[2] / "sync" / "vectors" / "versions.json").read_text(encoding="utf-8"))


def _change(told: dict[str, Any]) -> steps.Change:
    """A change as the vectors write it: functions are tables, sentences `[zh, en]`."""
    given = {key: value for key, value in told.items() if key != "kind"}
    for key in ("matters", "why", "remedy"):
        if isinstance(given.get(key), list):
            given[key] = Words(*given[key])
    if "newer" in given:
        table = given["newer"]
        given["newer"], given["older"] = table.__getitem__, {v: k for k, v in table.items()}.__getitem__
    if "stand_in_of" in given:
        given["stand_in"] = itemgetter(given.pop("stand_in_of"))
    kinds = vars(steps) | vars(field_steps) | vars(argument_steps)
    found: steps.Change = kinds[told["kind"]](**given)
    return found


WRITTEN = tuple(Step(step["to"], tuple(map(_change, step["changes"]))) for step in VECTORS["steps"])


@pytest.fixture(autouse=True)
def written(app: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with history(monkeypatch, WRITTEN):
        yield


def _call(told: dict[str, Any]) -> Call:
    return Call(told["command"], told.get("arguments", {}), told.get("base", {}), told.get("serverBase", {}))


@pytest.mark.parametrize("case", VECTORS["calls"], ids=lambda case: case["name"])
def test_calls(case: dict[str, Any]) -> None:
    before = json.dumps(case["call"])
    if "refused" in case:
        with pytest.raises(Stuck) as stuck:
            newer(_call(case["call"]), case["version"])
        reason = stuck.value.reason
        assert {"field": reason.field, "retired": reason.retired is not None} == case["refused"]
        assert stuck.value.reached == _call(case["says"])
    else:
        assert newer(_call(case["call"]), case["version"]) == _call(case["says"])
    assert json.dumps(case["call"]) == before


@pytest.mark.parametrize("case", VECTORS["rows"], ids=lambda case: case["name"])
def test_rows(case: dict[str, Any]) -> None:
    told = told_as(case["collection"], case["version"])
    if case["told"] is None:
        assert told is None
        return
    assert told is not None
    assert told.name == case["told"]["collection"]
    row = told.convert(case["row"]) if told.convert is not None else case["row"]
    assert list(row.items()) == list(case["told"]["row"].items())  # the order too: it is hashed


@pytest.mark.parametrize("case", VECTORS["window"])
def test_the_window(case: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    reached = tuple(Step(to, (steps.Noted("a step"),)) for to in range(2, case["server"] + 1))
    with history(monkeypatch, reached):
        try:
            found = str(readable(case["app"]))
        except (AppTooOld, ServerTooOld) as refused:
            found = refused.code
        assert found == (case["pull"] if case["pull"] != "rows" else str(case["app"]))
        assert (case["push"] == "waits") == (case["app"] > versions.current())


def test_the_schema_is_told_in_the_words_of_each_version() -> None:
    edit = CommandSchema(
        collection="customers", effect="edit", fields=["id", "level", "region", "industry"], merges=True
    )
    tagged = CommandSchema(collection="tags", effect="create", fields=["id"], merges=False)
    moved = CommandSchema(
        collection="customers", effect="transition", fields=["id"], merges=False, sets={"level": "a", "region": "x"}
    )
    schema = Schema(
        hash="h",
        collections={
            "customers": CollectionSchema(
                entity="party.Customer",
                archivable=True,
                fields=dict.fromkeys(["level", "region", "industry"], "three_way"),
            ),
            "tags": CollectionSchema(entity="tenants.Tag", archivable=False, fields={}),
        },
        commands={EDIT: edit, "tenants.create_tag": tagged, "party.rate": moved},
    )
    assert older_schema(schema, versions.current()) is schema
    told = older_schema(schema, 1)
    assert told.hash not in ("h", older_schema(schema, 2).hash)
    assert set(told.collections) == {"clients"}
    assert set(told.collections["clients"].fields) == {"level", "area", "shortName", "fax"}
    assert told.commands["party.edit_client"].fields == ["id", "level", "area"]
    assert told.commands["party.rate"].sets == {"level": "A", "area": "x"}
    assert (told.commands["tenants.create_tag"].collection, told.commands["tenants.create_tag"].effect) == (
        None,
        "none",
    )


def test_up_and_down_are_each_others_inverse(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of every reversible step: what an older device says of the present comes back as it was, for any values."""
    chance, tried = random.Random(3), 0
    texts = ["", "华东", "'; DROP", "a" * 300, "A", None]
    with history(monkeypatch):
        for _ in range(4_000):
            version = chance.randrange(1, NEWEST + 1)
            fields = {"region": chance.choice(texts), "level": chance.choice(["a", "b", "c", "d", None])}
            some = {k: v for k, v in fields.items() if chance.random() < 0.7} | {"custom": {"area": 1, "level": "A"}}
            call = chance.choice(
                [
                    Call(EDIT, {"id": "r", **some}, dict(some), {}),
                    Call("party.create_customer", {"id": "r", "name": "n", **some}, {}, {}),
                    Call("party.create_contact", {"name": "n", "title": "联系人"}, {}, {}),
                    Call("sales.create_order", {"lines": [{"id": "l", "quantity": "2"}, {"quantity": None}]}, {}, {}),
                    Call("party.edit_contact", {"id": "c", "mobile": "1"}, {"mobile": None}, {"mobile": "2"}),
                ]
            )
            said = older(call, version)
            assert newer(said, version) == call
            assert said.command == older_command(call.command, version)
            tried += said != call
    assert tried > 1_000


def test_steps_touch_only_what_they_name(monkeypatch: pytest.MonkeyPatch) -> None:
    with history(monkeypatch):
        for name in ("warehouses", "products", "members"):
            told = told_as(name, 1)
            assert (told.name, told.convert, told.tag) == (name, None, None)
        assert told_as("customers", 5).convert is None  # nothing of it changed since: PostgreSQL writes it as ever
        assert told_as("customers", 1).tag == told_as("customers", 2).tag  # one text for both, under two names
        assert told_as("customers", 2).tag != told_as("customers", 3).tag
        assert told_as("inbox", 6, entries=True).convert is not None
        assert told_as("inbox", NEWEST, entries=True).convert is None


def test_a_row_without_an_older_spelling_keeps_no_other_back(monkeypatch: pytest.MonkeyPatch) -> None:
    with history(monkeypatch):
        convert = told_as("customers", 2).convert
        assert convert({"id": "r", "level": "z"})["level"] is None
        assert convert({"id": "r"})["shortName"] is None  # the name is masked for this reader


def test_the_window_of_this_build() -> None:
    assert not list(wrong_steps(WRITTEN))
    assert not list(wrong_steps(HISTORY))
    forget()
    assert SCHEMA_VERSION >= 1
    assert msgspec.json.encode(VECTORS["window"])
