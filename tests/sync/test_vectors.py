"""sync/vectors: what every implementation must do, done by ours."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, literal_column, select, text

from kernel.db import TenantContext
from sync.client import Replica
from sync.client.outbox import Queued
from sync.client.overlay import base_sent, child_rows, effect_on, rows_added_to
from sync.client.pages import Page, Section, bucket_hashes, folded, id_of
from sync.merge import ADD_REMOVE, merge_fields
from sync.proof import hexadecimal
from sync.rows import digest_sql
from tests.sync import stranger
from values.errors import InvalidInput, Refusal
from values.wire import python_name, to_wire, wire_name

VECTORS = Path(__file__).parents[2] / "sync" / "vectors"
PARSERS = {
    "instant": datetime.fromisoformat,
    "date": date.fromisoformat,
    "id": UUID,
    "decimal": Decimal,
    "integer": int,
    "json": lambda value: value,
}


def _load(name: str) -> Any:
    return json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", _load("merge"), ids=lambda case: case["name"])
def test_merge(case: dict[str, Any]) -> None:
    options: dict[str, Any] = {
        "own": frozenset(case.get("own", ())),
        "pairs": [tuple(pair) for pair in case.get("pairs", ())],
    }
    options["server_base"] = case.get("serverBase")
    if "refused" in case:
        with pytest.raises(Refusal) as refused:
            merge_fields(case["policies"], case["base"], case["mine"], case["theirs"], **options)
        assert refused.value.code == case["refused"]
        return
    merged = merge_fields(case["policies"], case["base"], case["mine"], case["theirs"], **options)
    assert (merged.apply, merged.differences, merged.dropped) == (case["apply"], case["differences"], case["dropped"])
    if "combined" in case:
        assert merged.combined is case["combined"]
    known = [decided.field for decided in merged.decisions]
    assert len(known) == len(set(known))
    assert {name.partition(".")[0] for name in known} == set(case["mine"]) & set(case["policies"])


def test_names_and_values() -> None:
    found = _load("wire")
    for python, wire in found["names"]:
        assert wire_name(python) == wire
        assert python_name(wire) == python
    for case in found["values"]:
        assert to_wire(PARSERS[case["kind"]](case["value"])) == case["wire"]


async def test_checksums_on_both_sides(app, world, tmp_path) -> None:
    for case in _load("wire")["checksums"]:
        with Replica(tmp_path / f"{case['count']}.sqlite", "http://127.0.0.1:1", "-") as replica:
            replica._store.set(schema={"collections": {"customers": {}}})
            header = {"rebase": True, "more": True, "cursor": "c"}
            replica._store.stage(Page(header, [Section("customers", "replace", [], case["rows"])]))
            replica._store.show_staged(acked_to=0)
            assert replica.checksums()["customers"] == {"count": case["count"], "hash": case["hash"]}
        assert stranger.mixed(case["rows"]) == case["hash"]
        assert {str(stranger.bucket_of(text[7:43])) for text in case["rows"]} == case["buckets"].keys()
        mixed = bucket_hashes([(id_of(text), text) for text in case["rows"]])
        for name, buckets in (("buckets", 1_024), ("bucketsOf4", 4)):
            told = [(str(n), found) for n, found in enumerate(folded(mixed, buckets)) if int(found, 16)]
            assert dict(told) == case[name]
        async with app.engine.database.tenant(TenantContext(world.yunfan.tenant_id)) as session:
            rows = text("SELECT unnest(CAST(:rows AS text[])) AS text").bindparams(rows=case["rows"])
            digests = digest_sql(rows.columns(literal_column("text"))).subquery()
            mixed = await session.core(select(func.coalesce(func.bit_xor(digests.c.digest), 0)))
            assert hexadecimal(mixed.scalar_one()) == case["hash"]


@pytest.mark.parametrize("case", _load("overlay"), ids=lambda case: case["name"])
def test_overlay(case: dict[str, Any]) -> None:
    shows = {name: case[name] for name in ("sets", "children", "adds") if name in case}
    queued = Queued(
        n=1,
        uuid="u",
        command="c",
        arguments=case["arguments"],
        base={},
        server_base={},
        made_at="2026-03-02T01:30:00.000000Z",
        schema=None,
        collection="customers",
        effect=case["effect"],
        row_id="r",
        outcome=None,
        settled=False,
        shows=shows,
    )
    before = json.dumps(case["row"])
    shown = effect_on(case["row"], queued, "m")
    assert json.dumps(case["row"]) == before
    if case["shows"] is None:
        assert shown is None
    else:
        assert {name: shown[name] for name in case["shows"]} == case["shows"]
        assert not set(case.get("hides", ())) & set(shown)
    for collection, rows in case.get("childRows", {}).items():
        found = child_rows(queued, collection, "m")
        assert found.keys() == rows.keys()
        assert all({name: found[row][name] for name in rows[row]} == rows[row] for row in rows)
    merges = case.get("merges", case["effect"] in ("create", "edit"))
    known = {"merges": merges, "effect": case["effect"], "sets": case.get("sets", {})}
    sent = base_sent(known, case["row"], case.get("server"), case["arguments"])
    assert sent == (case["base"], case.get("serverBase", {}))
    m = {**shows, "effect": case["effect"], "arguments": case["arguments"], "madeAt": "2026-03-02T01:30:00.000000Z"}
    after = stranger.shown_after(case["row"], m, "m")
    assert {name: (after or {}).get(name) for name in case["shows"] or {}} == (case["shows"] or {})
    if "adds" in case:
        _adds(case, queued, m)
    assert stranger.base_of(known, case["row"] or {}, case.get("server"), case["arguments"]) == sent
    if case["row"] is not None and merges:
        assert base_sent(known, case["row"], case["row"], case["arguments"])[1] == {}


def _adds(case: dict[str, Any], queued: Queued, m: dict[str, Any]) -> None:
    there = {*case.get("there", ()), *([case["row"]["id"]] if case["row"] is not None else ())}
    others = {row["id"]: row for row in case["others"]}
    found = rows_added_to(others, queued, "balances", lambda _collection, row_id: row_id in there, "m")
    seen = stranger.added(others, {**m, "collection": "customers"}, lambda _collection, row_id: row_id in there, "m")
    for told in (found, seen):
        assert told.keys() == case["added"].keys()
        assert all({name: told[row][name] for name in fields} == fields for row, fields in case["added"].items())
    assert rows_added_to(others, queued, "elsewhere", lambda *_: False, "m") == {}


@pytest.mark.parametrize("value", [[{"a": 1}], [["x"]], ["x"] * 3_000])
def test_a_set_of_anything_else_is_refused(value: list) -> None:
    with pytest.raises(InvalidInput):
        merge_fields({"tagIds": ADD_REMOVE}, {"tagIds": []}, {"tagIds": value}, {"tagIds": []})
