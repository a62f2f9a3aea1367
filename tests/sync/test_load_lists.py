"""The list tables of load files: who gets none, whose rows they hold, and that a device would fill them so."""

from __future__ import annotations

import gzip
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import zstandard
from sqlalchemy import select

from sync import list_tables, loads
from sync.client import Replica
from sync.list_tables import ListTable, lists_hash
from tenants.entities import Role, RoleAssignment
from tests.sync.conftest import Doors
from tests.world import seed
from values.pinyin import sort_key


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A world of some dozen rows loads by files, without a first one."""
    monkeypatch.setattr(loads, "_PAGED_ROWS", 5)
    monkeypatch.setattr(loads, "_FIRST_FROM_ROWS", 1_000)


async def _fill(run: Any) -> None:
    """Names that sort by their sound, texts that JSON escapes, amounts that JavaScript could not count, no values."""
    big = 2**53 + 7
    await run("zhao", "party.create_customer", name='重庆"长安"汽车', code="C-1", notes="长\n文")
    await run("zhao", "party.create_customer", name="阿里\\巴巴", credit_limit_minor=big, credit_currency="CNY")
    for i in range(12):
        who = "li" if i % 2 else "zhao"
        made = await run(who, "party.create_customer", name=f"客户{i}", phone=f"1380000{i:04d}", level="abcd"[i % 4])
        await run(who, "party.create_contact", customer_id=made.row_id, name=f"王{i}")
    await run("admin", "catalog.create_product", name="螺丝", list_price="12.500000", currency="CNY")
    await run("admin", "tenants.create_tag", name="重点")
    gone = await run("admin", "party.create_contact", customer_id=made.row_id, name="将被擦除")
    await run("admin", "party.erase_contact", id=gone.row_id)


async def _offer(doors: Doors, replica: Replica, who: str, **asked: Any) -> httpx.Response:
    async with httpx.AsyncClient(base_url=doors.url) as client:
        return await client.post(
            "/sync/v1/load",
            json={"deviceId": replica.device_id, "encodings": ["gzip"], **asked},
            headers={"Authorization": f"Bearer {doors.token(doors.world.yunfan, who)}"},
        )


async def _file(doors: Doors, replica: Replica, who: str, folder: Path, **asked: Any) -> Path:
    """The last file of the offer, unpacked."""
    told = (await _offer(doors, replica, who, **asked)).json()["files"][-1]
    async with httpx.AsyncClient(base_url=doors.url) as client:
        answer = await client.get(
            told["path"], headers={"Authorization": f"Bearer {doors.token(doors.world.yunfan, who)}"}
        )
    opened = (
        gzip.decompress(answer.content)
        if told["encoding"] == "gzip"
        else zstandard.ZstdDecompressor().decompressobj().decompress(answer.content)
    )
    assert (len(answer.content), len(opened)) == (told["bytes"], told["rawBytes"])
    target = folder / f"{told['sha256']}.sqlite"
    target.write_bytes(opened)
    return target


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path)) as db:
        yield db


def _tables(path: Path) -> set[str]:
    with _opened(path) as db:
        found = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    return {name for name in found if not name.startswith("sqlite_")}


def _as_filled_by_a_device(db: sqlite3.Connection, listed: ListTable) -> list[tuple[Any, ...]]:
    """From the texts alone, one value after the other."""
    columns = ", ".join(f'"{column.name}" {column.type}' for column in listed.columns)
    db.execute(f"CREATE TEMP TABLE filled (id TEXT PRIMARY KEY, {columns}, _state TEXT, _data TEXT)")
    rows = db.execute("SELECT id, data FROM base WHERE collection = ?", (listed.collection,)).fetchall()
    for row_id, data in rows:
        if json.loads(data).get("erasedAt") is not None:
            continue
        values: list[Any] = [row_id]
        for column in listed.columns:
            path = column.path or f"$.{column.key_of}"
            [value] = db.execute("SELECT json_extract(?, ?)", (data, path)).fetchone()
            values.append(sort_key(value) if column.path is None and value is not None else value)
        db.execute(f"INSERT INTO filled VALUES ({', '.join('?' * (len(values) + 2))})", (*values, None, None))
    found = db.execute("SELECT * FROM filled ORDER BY id").fetchall()
    db.execute("DROP TABLE filled")
    return found


@pytest.mark.parametrize("lists", [{"lists": "x" * 65}, {"lists": 7}], ids=["too long", "no text"])
async def test_what_is_no_hash_is_refused(doors: Doors, run, lists: dict[str, Any]) -> None:
    li = await doors.device("li", "li")
    assert (await _offer(doors, li, "li", **lists)).status_code == 422


@pytest.mark.parametrize("lists", [{}, {"lists": None}, {"lists": ""}, {"lists": "0" * 16}, {"lists": "../../" * 10}])
async def test_another_hash_or_none_gets_the_rows_alone(
    doors: Doors, run, tmp_path: Path, lists: dict[str, Any]
) -> None:
    await _fill(run)
    li = await doors.device("li", "li")
    assert _tables(await _file(doors, li, "li", tmp_path, **lists)) == {"base"}


async def test_a_device_of_an_older_version_gets_the_rows_alone(
    doors: Doors, run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _fill(run)
    li = await doors.device("li", "li")
    monkeypatch.setattr(loads, "current", lambda: 2)
    assert _tables(await _file(doors, li, "li", tmp_path, lists=lists_hash())) == {"base"}


async def test_another_members_rows_are_not_inside(doors: Doors, run, tmp_path: Path) -> None:
    await _fill(run)
    await _own_rows_only(doors, "li")
    li = await doors.device("li", "li")
    path = await _file(doors, li, "li", tmp_path, lists=lists_hash())
    me = str(doors.world.yunfan.people["li"])
    with _opened(path) as db:
        assert {row for (row,) in db.execute("SELECT DISTINCT ownerId FROM list_customers")} == {me}
        assert db.execute("SELECT count(*) FROM list_customers").fetchone() == (6,)
        assert db.execute("SELECT count(*) FROM list_contacts").fetchone() == (6,)
        statistics = str(db.execute("SELECT * FROM sqlite_stat1").fetchall())
    others = path.read_bytes()
    assert "阿里".encode() not in others
    assert str(doors.world.yunfan.people["zhao"]) not in statistics


async def test_a_hidden_field_is_absent(doors: Doors, run, tmp_path: Path) -> None:
    await _fill(run)

    async def mask(ctx) -> None:
        role = await ctx.session.scalar(select(Role).where(Role.key == "auditor"))
        role.masks = ["party.Customer.phone", "party.Customer.credit_limit_minor", "catalog.Product.list_price"]

    await seed(doors.app, doors.world.yunfan.tenant_id, mask)
    zhou = await doors.device("zhou", "zhou")
    path = await _file(doors, zhou, "zhou", tmp_path, lists=lists_hash())
    with _opened(path) as db:
        hidden = "SELECT count(*), count(phone), count(creditLimitMinor), count(nameKey) FROM list_customers"
        assert db.execute(hidden).fetchone() == (14, 0, 0, 14)
        assert db.execute("SELECT count(*), count(listPrice) FROM list_products").fetchone() == (1, 0)
    assert b"1380000" not in path.read_bytes()


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
async def test_the_lists_are_as_a_device_would_fill_them(doors: Doors, run, tmp_path: Path, encoding: str) -> None:
    await _fill(run)
    admin = await doors.device("admin", "admin")
    path = await _file(doors, admin, "admin", tmp_path, lists=lists_hash(), encodings=[encoding])
    with _opened(path) as db:
        assert db.execute("SELECT key, value FROM meta").fetchall() == [("listsHash", f'"{lists_hash()}"')]
        compared = 0
        for name, listed in list_tables.list_tables().items():
            if name == "inbox":  # reads otherwise for each reader: the pull brings it
                assert listed.table not in _tables(path)
                continue
            made = db.execute(f"SELECT * FROM {listed.table} ORDER BY id").fetchall()
            assert made == _as_filled_by_a_device(db, listed), name
            found = {
                tuple(column for (_, _, column) in db.execute(f'PRAGMA index_info("{index}")'))
                for (_, index, _, origin, partial) in db.execute(f"PRAGMA index_list({listed.table})").fetchall()
                if origin == "c" and not partial
            }
            assert found == set(listed.indexes)
            named = [index for (_, index, *_) in db.execute(f"PRAGMA index_list({listed.table})").fetchall()]
            assert f"{listed.table}_ours" in named
            archivable = any(column.name == "archivedAt" for column in listed.columns)
            assert (f"{listed.table}_bin" in named) is archivable
            compared += len(made)
        assert compared > 40
        everybody = "SELECT count(*) FROM base WHERE collection = 'contacts'"
        assert db.execute(everybody).fetchone() == (13,)
        assert db.execute("SELECT count(*) FROM list_contacts").fetchone() == (12,)
        assert db.execute("SELECT count(*) FROM sqlite_stat1 WHERE tbl = 'list_customers'").fetchone()[0] >= 2
        names = [name for (name,) in db.execute("SELECT name FROM list_customers ORDER BY nameKey LIMIT 2")]
        assert names == ["阿里\\巴巴", '重庆"长安"汽车']
        kinds = (
            "SELECT typeof(creditLimitMinor), creditLimitMinor FROM list_customers WHERE creditLimitMinor IS NOT NULL"
        )
        assert db.execute(kinds).fetchall() == [("integer", 2**53 + 7)]
        assert db.execute("SELECT typeof(listPrice), listPrice FROM list_products").fetchall() == [("real", 12.5)]
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


async def test_files_with_lists_and_without_are_kept_apart(doors: Doors, run, tmp_path: Path) -> None:
    await _fill(run)
    admin = await doors.device("admin", "admin")  # the Python client asks for none
    built: list[bool] = []
    make = loads.build_file

    async def counted(*args: Any, **options: Any) -> Any:
        built.append(options["lists"])
        return await make(*args, **options)

    loads.build_file = counted  # type: ignore[assignment]
    try:
        for _ in range(2):
            assert "meta" in _tables(await _file(doors, admin, "admin", tmp_path, lists=lists_hash()))
            assert _tables(await _file(doors, admin, "admin", tmp_path)) == {"base"}
    finally:
        loads.build_file = make
    assert sorted(built) == [False, True]


async def test_the_first_file_has_lists_too(doors: Doors, run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    await _fill(run)
    monkeypatch.setattr(loads, "_FIRST_FROM_ROWS", 10)
    li = await doors.device("li", "li")
    told = (await _offer(doors, li, "li", lists=lists_hash())).json()["files"]
    assert [file["name"] for file in told] == ["first", "whole"]
    async with httpx.AsyncClient(base_url=doors.url) as client:
        headers = {"Authorization": f"Bearer {doors.token(doors.world.yunfan, 'li')}"}
        packed = (await client.get(told[0]["path"], headers=headers)).content
    (tmp_path / "first.sqlite").write_bytes(gzip.decompress(packed))
    with _opened(tmp_path / "first.sqlite") as db:
        assert db.execute("SELECT count(*) FROM list_customers").fetchone() == (6,)


async def _own_rows_only(doors: Doors, who: str) -> None:
    async def narrow(ctx) -> None:
        member_id = doors.world.yunfan.people[who]
        [found] = await ctx.session.scalars(select(RoleAssignment).where(RoleAssignment.member_id == member_id))
        found.scope = "own"

    await seed(doors.app, doors.world.yunfan.tenant_id, narrow)
