"""Reading a replica by the value of a field: refusals of unknown names; the same rows with an index as without."""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from sync.client import NotRegistered, Replica, UnknownCollection, UnknownField
from sync.client import lookup as module
from sync.client.lookup import Lookup
from sync.client.store import Store
from tenants.entities import Role
from tests.sync.conftest import Doors
from tests.world import seed

INDEXES = "SELECT sql FROM sqlite_master WHERE type = 'index' AND name LIKE 'equal_%'"


@pytest.fixture
def indexing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A collection of more than two rows is large."""
    monkeypatch.setattr(module, "_SCANNED_ROWS", 2)


async def test_before_the_registration_nothing_is_known(doors: Doors) -> None:
    lin = await doors.device("lin", "lin", registered=False)
    for ask in (lambda: lin.rows("customers"), lambda: lin.row("customers", "x")):
        with pytest.raises(NotRegistered):
            ask()


async def test_unknown_names_are_no_empty_answers(doors: Doors, run: Any) -> None:
    await run("lin", "party.create_customer", name="晨光")
    lin = await doors.device("lin", "lin")
    for ask in (lambda: lin.rows("custommers"), lambda: lin.row("custommers", "x")):
        with pytest.raises(UnknownCollection) as unknown:
            ask()
        told = unknown.value
        assert (told.code, told.collection) == ("UNKNOWN_COLLECTION", "custommers")
        assert "custommers" in told.message_zh
        assert "custommers" in told.message_en
        assert "customers" in told.remedy_zh
        assert "customers" in told.remedy_en
    with pytest.raises(UnknownField) as field:
        lin.rows("customers", colour="red")
    assert (field.value.code, field.value.field) == ("UNKNOWN_FIELD", "colour")
    assert "name" in field.value.known
    assert [row["name"] for row in lin.rows("customers", name="晨光")] == ["晨光"]
    assert lin.rows("customers", owner_id="nobody") == lin.rows("customers", ownerId="nobody") == []


async def test_a_collection_that_went_is_empty(doors: Doors, run: Any) -> None:
    """An app that runs while a right goes need not stop for that; whoever never had the right is told."""
    await run("li", "party.create_customer", name="晨光")
    li = await doors.device("li", "li")

    async def less(ctx: Any) -> None:
        role = await ctx.session.scalar(select(Role).where(Role.key == "salesperson"))
        role.permissions = [name for name in role.permissions if not name.startswith("party.customer.")]

    await seed(doors.app, doors.world.yunfan.tenant_id, less)
    await asyncio.to_thread(li.pull)
    assert li.rows("customers") == li.rows("customers", level="a") == []
    other = await doors.device("li", "li-2")
    with pytest.raises(UnknownCollection):
        other.rows("customers")


async def test_a_field_that_is_hidden_is_unknown(doors: Doors, run: Any) -> None:
    await run("li", "party.create_customer", name="晨光", phone="13800000000")
    li = await doors.device("li", "li")
    [shown] = li.rows("customers")
    assert li.rows("customers", phone=shown["phone"]) == [shown]

    async def hide(ctx: Any) -> None:
        role = await ctx.session.scalar(select(Role).where(Role.key == "salesperson"))
        role.masks = ["party.Customer.phone"]

    await seed(doors.app, doors.world.yunfan.tenant_id, hide)
    await asyncio.to_thread(li.pull)
    with pytest.raises(UnknownField):
        li.rows("customers", phone=shown["phone"])


async def test_edits_that_wait_are_found_by_what_they_show(doors: Doors, run: Any, indexing: None) -> None:
    for name, level in (("甲", "a"), ("乙", "b"), ("丙", "b"), ("丁", "b")):
        await run("lin", "party.create_customer", name=name, level=level)
    lin = await doors.device("lin", "lin")

    def named(**equal: Any) -> list[str]:
        return [row["name"] for row in lin.rows("customers", **equal)]

    assert named(level="b") == ["乙", "丙", "丁"]
    assert len(lin._store.found(INDEXES)) == 1
    [second] = lin.rows("customers", name="乙")
    lin.mutate("party.edit_customer", id=second["id"], level="a")
    lin.mutate("party.create_customer", name="戊", level="b")
    assert named(level="b") == ["丙", "丁", "戊"]
    assert named(level="a") == ["甲", "乙"]
    await asyncio.to_thread(lin.sync)
    assert named(level="a") == ["甲", "乙"]
    await asyncio.to_thread(lin.reload)  # the indexes went with the rows
    assert lin._store.found(INDEXES) == []
    assert named(level="a") == ["甲", "乙"]


def _filled(path: Path, rows: int = 6_000) -> Store:
    store = Store(path)
    with store.transaction() as db:
        texts = (json.dumps({"id": f"{i:08}", "code": f"C{i}", "level": "ab"[i % 2]}) for i in range(rows))
        db.executemany(
            "INSERT INTO base VALUES ('products', ?, ?)", [(f"{i:08}", text) for i, text in enumerate(texts)]
        )
    return store


def test_a_question_reads_what_it_asks_for(tmp_path: Path) -> None:
    """Not the whole collection: by the plan that SQLite makes for it, and by how many rows it is given."""
    store = _filled(tmp_path / "a.sqlite")
    lookup = Lookup(store)
    plans: list[str] = []
    lookup.make_ready("products", {"code": "C7"})
    real = store.found

    def found(query: str, parameters: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        plans.extend(str(row[-1]) for row in real(f"EXPLAIN QUERY PLAN {query}", parameters))
        return real(query, parameters)

    store.found = found  # type: ignore[method-assign]
    rows = lookup.base_rows("products", {"code": "C7"}, ["00000009"])
    assert [row["code"] for row in rows] == ["C7", "C9"]
    assert any("equal_" in step for step in plans)
    assert not any(step.startswith("SCAN base") for step in plans)
    assert [row["code"] for row in lookup.base_rows("products", {"id": "00000008"}, [])] == ["C8"]
    assert not any(step.startswith("SCAN base") for step in plans)


def test_a_file_that_nobody_can_write_now_is_read_without_an_index(tmp_path: Path) -> None:
    store = _filled(tmp_path / "a.sqlite")
    other = Store(tmp_path / "a.sqlite")
    other._db.execute("BEGIN IMMEDIATE")
    lookup = Lookup(store)
    lookup.make_ready("products", {"code": "C7"})
    assert [row["code"] for row in lookup.base_rows("products", {"code": "C7"}, [])] == ["C7"]
    assert store.found(INDEXES) == []
    other._db.execute("ROLLBACK")
    lookup.make_ready("products", {"code": "C7"})
    assert len(store.found(INDEXES)) == 1


def test_no_file_gets_more_indexes_than_its_writes_can_bear(tmp_path: Path) -> None:
    store = _filled(tmp_path / "a.sqlite")
    for i in range(30):
        Lookup(store).make_ready("products", {f"field{i}": "x"})
    assert len(store.found(INDEXES)) == 12


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.integers(),
    st.sampled_from(["", "a", "A", "1", "true", "null", "甲'\"$.", "0.10", "\ud800", "\x00"]),
    st.lists(st.integers(0, 1), max_size=2),
    st.dictionaries(st.sampled_from("ab"), st.none(), max_size=1),
)


@settings(deadline=None, max_examples=60)
@given(rows=st.lists(st.dictionaries(st.sampled_from(["x", "odd\"na'me"]), VALUES), max_size=8), wanted=VALUES)
def test_no_row_that_is_equal_is_missed(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]], wanted: Any
) -> None:
    store = Store(tmp_path_factory.mktemp("rows") / "a.sqlite")
    with store.transaction() as db:
        for i, row in enumerate(rows):
            db.execute("INSERT INTO base VALUES ('c', ?, ?)", (str(i), json.dumps({"id": str(i), **row})))
    for name in ("x", "odd\"na'me"):
        lookup = Lookup(store)
        scanned = lookup.base_rows("c", {name: wanted}, [])
        expected = {str(i) for i, row in enumerate(rows) if row.get(name) == wanted}
        assert expected <= {row["id"] for row in scanned}
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(module, "_SCANNED_ROWS", 0)
            lookup.make_ready("c", {name: wanted})
        assert lookup.base_rows("c", {name: wanted}, []) == scanned
    store.close()


def test_decimals_are_compared_as_the_wire_has_them(tmp_path: Path) -> None:
    replica = Replica(tmp_path / "a.sqlite", "http://127.0.0.1:1", "yfs_x")
    replica._store.set(schema={"collections": {"prices": {"fields": {"price": "server"}}}, "commands": {}, "hash": ""})
    with replica._store.transaction() as db:
        db.execute("INSERT INTO base VALUES ('prices', '1', ?)", (json.dumps({"id": "1", "price": "0.10"}),))
    assert len(replica.rows("prices", price=Decimal("0.10"))) == 1
    assert replica.rows("prices", price=Decimal("0.1")) == []
    replica.close()
