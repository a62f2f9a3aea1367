"""A change of rights brings adds and drops, of the rows concerned alone; a damaged row is found and mended alone."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import psycopg
import pytest
from sqlalchemy import select

from sync.client import Replica
from sync.client.pages import Page, parse_page
from tenants.entities import Role, RoleAssignment
from tests.sync.conftest import Doors, Network
from tests.world import seed


async def _widen(doors: Doors, who: str, scope: str) -> None:
    async def work(ctx) -> None:
        member_id = doors.world.yunfan.people[who]
        [found] = await ctx.session.scalars(select(RoleAssignment).where(RoleAssignment.member_id == member_id))
        found.scope = scope

    await seed(doors.app, doors.world.yunfan.tenant_id, work)


async def _mask(doors: Doors, key: str, masks: list[str]) -> None:
    async def work(ctx) -> None:
        role = await ctx.session.scalar(select(Role).where(Role.key == key))
        role.masks = masks

    await seed(doors.app, doors.world.yunfan.tenant_id, work)


class Watched:
    """A replica whose pages are looked at on their way."""

    def __init__(self, replica: Replica) -> None:
        self.replica, self.pages = replica, list[Page]()
        kept = replica._store.keep

        def keep(page: Page, asked: Any) -> bool:
            self.pages.append(page)
            return kept(page, asked)

        replica._store.keep = keep  # type: ignore[method-assign]

    async def pull(self) -> dict[str, tuple[str, int, int]]:
        self.pages.clear()
        await asyncio.to_thread(self.replica.pull)
        return {
            part.collection: (part.mode, len(part.removes), len(part.puts))
            for page in self.pages
            for part in page.sections
        }


async def test_more_and_less_scope_moves_the_rows_concerned_alone(doors: Doors, run) -> None:
    for i in range(3):
        await run("zhao", "party.create_customer", name=f"小赵{i}")
    await run("li", "party.create_customer", name="本人")
    li = await doors.device("li", "li")
    watched = Watched(li)
    await _widen(doors, "li", "all")
    wider = await watched.pull()
    assert wider["customers"] == ("delta", 0, 4)
    assert "members" not in wider
    # What an inbox entry shows, and which attachments there are, goes by every view that the reader has, as do saved
    # views, which are few.
    assert {name for name, part in wider.items() if part[0] == "replace"} == {"attachments", "inbox", "savedViews"}
    assert len(li.rows("customers")) == 4
    await _widen(doors, "li", "own")
    narrower = await watched.pull()
    assert narrower["customers"] == ("delta", 3, 0)
    assert [row["name"] for row in li.rows("customers")] == ["本人"]
    assert await asyncio.to_thread(li.verify) == []


async def test_rows_that_moved_while_the_scope_shrank_are_gone(doors: Doors, run) -> None:
    yunfan = doors.world.yunfan
    moved = await run("zhao", "party.create_customer", name="移走")
    back = await run("zhao", "party.create_customer", name="回来")
    await _widen(doors, "li", "all")
    li = await doors.device("li", "li")
    assert len(li.rows("customers")) == 2
    await run("lin", "party.assign_customer", id=moved.row_id, owner_id=yunfan.people["wang"])
    await run("lin", "party.assign_customer", id=back.row_id, owner_id=yunfan.people["li"])
    await _widen(doors, "li", "own")
    await asyncio.to_thread(li.pull)
    assert [row["name"] for row in li.rows("customers")] == ["回来"]
    assert await asyncio.to_thread(li.verify) == []


async def test_a_mask_loads_one_collection_again(doors: Doors, run) -> None:
    await run("li", "party.create_customer", name="本人", phone="13800000000")
    li = await doors.device("li", "li")
    watched = Watched(li)
    await _mask(doors, "salesperson", ["party.Customer.phone"])
    masked = await watched.pull()
    assert masked["customers"][0] == "replace"
    assert {name for name, part in masked.items() if part[0] == "replace"} <= {"customers", "inbox"}
    assert "phone" not in li.rows("customers")[0]
    await _mask(doors, "salesperson", [])
    await watched.pull()
    assert li.rows("customers")[0]["phone"]
    assert await asyncio.to_thread(li.verify) == []


async def test_a_lost_permission_drops_the_collection(doors: Doors, run) -> None:
    await run("li", "party.create_customer", name="本人")
    li = await doors.device("li", "li")
    watched = Watched(li)

    async def less(ctx) -> None:
        role = await ctx.session.scalar(select(Role).where(Role.key == "salesperson"))
        role.permissions = [name for name in role.permissions if not name.startswith("party.customer.")]

    await seed(doors.app, doors.world.yunfan.tenant_id, less)
    dropped = await watched.pull()
    assert dropped["customers"] == ("drop", 0, 0)
    assert li.rows("customers") == []
    assert li.rows("members")
    assert await asyncio.to_thread(li.verify) == []


async def test_a_view_that_changes_between_pages_ends_right(doors: Doors, run) -> None:
    for i in range(7):
        await run("zhao", "party.create_customer", name=f"小赵{i}")
        await run("li", "party.create_customer", name=f"小李{i}")
    li = await doors.device("li", "li", page_rows=3)
    for first, second in (("all", "own"), ("own", "all"), ("all", "department")):
        await _widen(doors, "li", first)
        standing = li._registration.standing()
        page = await asyncio.to_thread(li._pulling.page, standing)
        assert li._store.keep(page, standing)
        await _widen(doors, "li", second)
        await asyncio.to_thread(li.pull)
        assert await asyncio.to_thread(li.verify) == []


async def test_a_damaged_row_is_mended_alone(doors: Doors, run) -> None:
    for i in range(40):
        await run("li", "party.create_customer", name=f"客户{i}", notes="备" * 200)
    network = Network()
    li = await doors.device("li", "li", transport=network)
    rows = li.rows("customers")
    with li._store.transaction() as db:
        damaged = json.dumps({**rows[3], "name": "坏了"})
        db.execute("UPDATE base SET data = ? WHERE id = ?", (damaged, rows[3]["id"]))
        db.execute("DELETE FROM base WHERE id = ?", (rows[5]["id"],))
        ghost = '{"id":"018f0000-0000-7000-8000-00000000000a","version":1}'
        db.execute("INSERT INTO base VALUES ('customers', '018f0000-0000-7000-8000-00000000000a', ?)", (ghost,))
    watched = Watched(li)
    assert await asyncio.to_thread(li.verify) == ["customers"]
    assert li.rows("customers") == rows
    repaired = [part for page in watched.pages for part in page.sections if part.mode == "repair"]
    assert sum(len(part.puts) for part in repaired) == 2
    assert sum(len(part.removes) for part in repaired) == 1
    assert await asyncio.to_thread(li.verify) == []


class Weighing(Network):
    """Weighs what goes over the wire, bodies both ways."""

    total = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = super().handle_request(request)
        self.total += len(request.read()) + int(answer.headers.get("content-length", "0"))
        return answer


@pytest.fixture
def owner(_copier: psycopg.AsyncConnection[Any]) -> psycopg.AsyncConnection[Any]:
    """Of the database: writes past the kernel."""
    return _copier


@pytest.mark.parametrize("rows_there", [1_000, 8_000])
async def test_a_damaged_row_costs_a_hundredth_of_its_collection_at_most(doors: Doors, run, owner, rows_there) -> None:
    first = (await run("li", "party.create_customer", name="样本", notes="备注" * 60)).row_id
    many = (
        "INSERT INTO app.customer SELECT (jsonb_populate_record(c, jsonb_build_object("
        "'id', gen_random_uuid(), 'name', '客户' || n))).* "
        "FROM app.customer c, generate_series(1, %s) n WHERE c.id = %s"
    )
    await owner.execute(many, [rows_there, first])
    network = Weighing()
    li = await doors.device("li", "li", transport=network)
    rows = li.rows("customers")
    with li._store.transaction() as db:
        sizes = db.execute("SELECT count(*), sum(length(CAST(data AS BLOB))) FROM base WHERE collection = 'customers'")
        count, collection_bytes = sizes.fetchone()
        db.execute("UPDATE base SET data = replace(data, '客户', '坏') WHERE id = ?", (rows[rows_there // 2]["id"],))
    assert count == rows_there + 1
    network.total = 0
    assert await asyncio.to_thread(li.verify) == ["customers"]
    assert li.rows("customers") == rows
    assert 0 < network.total <= collection_bytes / 100, (network.total, collection_bytes)


async def test_much_damage_loads_the_collection_afresh(doors: Doors, run) -> None:
    for i in range(90):
        await run("li", "party.create_customer", name=f"客户{i}")
    li = await doors.device("li", "li")
    with li._store.transaction() as db:
        db.execute("DELETE FROM base WHERE collection = 'customers'")
    assert await asyncio.to_thread(li.verify) == ["customers"]
    assert len(li.rows("customers")) == 90


@pytest.mark.parametrize("cut", [1, 40])
def test_a_cut_answer_is_no_page(cut: int) -> None:
    whole = (
        b'{"sections":[{"name":"tags","mode":"delta","removes":0,"puts":1}],"cursor":"c","more":false,"rebase":false}\n'
        b'{"id":"018f0000-0000-7000-8000-00000000000a","version":1}'
    )
    assert parse_page(whole).rows == 1
    with pytest.raises(ValueError, match=r"."):
        parse_page(whole[:-cut])
