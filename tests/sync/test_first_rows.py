"""A fresh load by pages begins with some rows of every collection: the member's own, whoever asked before, and no more
than a page may hold."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.exc import DBAPIError

from kernel.policy import Actor, Authority
from kernel.query import reading_context
from sync import pull
from sync.collections import all_collections, collections_of
from sync.first_rows import first_rows
from sync.service import SyncService
from sync.views import views_of
from sync.wire import PullHeader, PullRequest, RegisterRequest
from tests.sync.oracle import Rows, differences, seen_by
from tests.world import Company, World
from values.ids import new_id, path_key

_SCOPED = ["activities", "attachments", "contacts", "customers", "numberLeases", "salesOrderLines", "salesOrders"]
LIMITS = (1, 7, 45, 1_000)  # less than a row of each collection; one or two of each; usual


async def _fresh(service: SyncService, company: Company, who: str, limit: int) -> tuple[list[PullHeader], list[str]]:
    """The pages of a fresh load and all of its rows."""
    actor, device_id = await company.actor(who), new_id()
    await service.register(actor, RegisterRequest(device_id=device_id, name="page", platform="test"))
    headers, lines, cursor = list[PullHeader](), list[str](), None
    while not headers or headers[-1].more:
        page = await service.pull(actor, PullRequest(device_id=device_id, cursor=cursor, limit=limit))
        assert len(page.lines) <= limit or not page.header.more
        headers.append(page.header)
        lines += page.lines
        cursor = page.header.cursor
    return headers, lines


def _rows(headers: list[PullHeader], lines: list[str]) -> dict[str, Rows]:
    found: dict[str, Rows] = {}
    left = iter(lines)
    for header in headers:
        for section in header.sections:
            for _ in range(section.removes):
                found.setdefault(section.name, {}).pop(next(left), None)
            for _ in range(section.puts):
                row = json.loads(next(left))
                found.setdefault(section.name, {})[row["id"]] = row
    assert next(left, None) is None
    return found


@pytest.fixture
async def busy(world: World, run) -> World:
    for who, many in (("li", 5), ("zhao", 4), ("wang", 3)):
        for n in range(many):
            await run(who, "party.create_customer", name=f"{who} {n}", notes="两行\n一行 100% %s $1 {chosen}")
    return world


async def test_those_who_see_the_same_are_read_to_once(busy: World, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    service, read = SyncService(busy.yunfan.app.engine), list[UUID | None]()

    async def counted(session: Any, actor: Actor, *wanted: Any) -> dict[str, list[str]]:
        read.append(actor.member_id)
        return await first_rows(session, actor, *wanted)

    monkeypatch.setattr(pull, "first_rows", counted)
    for who, company, times in (
        ("li", busy.yunfan, 1),
        ("li", busy.yunfan, 1),  # another device
        ("zhao", busy.yunfan, 2),  # sees others
        ("admin", busy.yunfan, 3),
        ("admin", busy.seagull, 4),
    ):
        headers, lines = await _fresh(service, company, who, 5_000)
        assert differences(await seen_by(company, who), _rows(headers, lines)) == []
        assert len(read) == times, (who, read)
    await run("li", "party.create_customer", name="新的")
    headers, lines = await _fresh(service, busy.yunfan, "li", 5_000)
    assert differences(await seen_by(busy.yunfan, "li"), _rows(headers, lines)) == []
    assert len(read) == 5  # the clock went on


@pytest.mark.parametrize("limit", LIMITS)
async def test_pages_of_any_size_hold_what_each_member_sees(busy: World, limit: int) -> None:
    """One after the other in one process, so that each meets what was kept for those before."""
    service = SyncService(busy.yunfan.app.engine)
    for company, who in (
        (busy.yunfan, "admin"),
        (busy.seagull, "admin"),
        (busy.yunfan, "li"),
        (busy.yunfan, "zhao"),
        (busy.yunfan, "wang"),
        (busy.yunfan, "admin"),
    ):
        headers, lines = await _fresh(service, company, who, limit)
        assert headers[0].rebase
        found = _rows(headers, lines)
        assert differences(await seen_by(company, who), found) == []


async def test_first_rows_are_the_lowest_ids_and_the_companys_own(busy: World) -> None:
    for company in (busy.yunfan, busy.seagull):
        actor = await company.actor()
        collections = collections_of(actor)
        wanted = [collections["customers"], collections["members"]]
        async with company.app.engine.database.tenant(reading_context(actor), snapshot=True) as session:
            read = await first_rows(session, actor, wanted, views_of(actor, collections), 2)
        everything = await seen_by(company, "admin")
        for found in wanted:
            assert [json.loads(text)["id"] for text in read[found.name]] == sorted(everything[found.name])[:2]


async def test_who_views_customers_in_fewer_places_than_the_rest_gets_those_alone(busy: World) -> None:
    """Row-level security lets them reach what any of their rights does; and the admin asked before them."""
    company = busy.yunfan
    admin, li = await company.actor(), await company.actor("li")
    own = li.authority.prefixes("party.customer.view")
    narrow = replace(admin, authority=Authority({**admin.authority.grants, "party.customer.view": own}))
    read = []
    for actor in (admin, narrow, admin):
        found = collections_of(actor)
        async with company.app.engine.database.tenant(reading_context(actor), snapshot=True) as session:
            read.append(await first_rows(session, actor, [found["customers"]], views_of(actor, found), 50))
    assert [len(rows["customers"]) for rows in read] == [12, 5, 12]


async def test_nobody_reads_another_companys_rows_by_the_wrong_name(busy: World) -> None:
    """The company's id is a parameter; the wall stands behind it."""
    stranger, actor = await busy.seagull.actor(), await busy.yunfan.actor()
    collections = collections_of(actor)
    views = views_of(actor, collections)
    async with busy.yunfan.app.engine.database.tenant(reading_context(stranger), snapshot=True) as session:
        assert await first_rows(session, actor, [collections["customers"]], views, 50) == {"customers": []}


async def test_what_the_database_refuses_is_told_as_elsewhere(busy: World, monkeypatch: pytest.MonkeyPatch) -> None:
    actor = await busy.yunfan.actor()
    found = all_collections()["customers"]
    monkeypatch.setattr("sync.first_rows.numbered", lambda _statement: b"SELECT 1 / 0, $1::text")
    async with busy.yunfan.app.engine.database.tenant(reading_context(actor)) as session:
        with pytest.raises(DBAPIError):
            await first_rows(session, actor, [found], views_of(actor, {"customers": found}), 1)


async def test_a_member_of_thousands_of_places_loads_like_any_other(busy: World) -> None:
    """More places than a statement takes parameters; and what they cost grows with them, not with their square."""
    company = busy.yunfan
    li, admin = await company.actor("li"), await company.actor()
    [home] = li.authority.prefixes("party.customer.view")
    many = (home, *(f"/{path_key(new_id())}/" for _ in range(3_500)))
    kinds = [name for name in admin.authority.grants if name.endswith(".view")]
    actor = replace(li, authority=Authority(dict.fromkeys(kinds, many)))
    found, began = collections_of(actor, _SCOPED), time.process_time()
    wanted = sorted(found.values(), key=lambda one: one.name != "customers")
    async with company.app.engine.database.tenant(reading_context(actor), snapshot=True) as session:
        read = await first_rows(session, actor, wanted, views_of(actor, found), 20)
    assert [json.loads(text)["name"] for text in read["customers"]] == [f"li {n}" for n in range(5)]
    assert read.keys() < found.keys(), "one statement took what it cannot take"
    assert time.process_time() - began < 20, "the places were looked through once for each of them"


async def test_what_the_first_statement_does_not_take_comes_behind_it(
    busy: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.first_rows._MOST_PARAMETERS", 9)
    for who in ("admin", "li"):
        headers, lines = await _fresh(SyncService(busy.yunfan.app.engine), busy.yunfan, who, 1_000)
        assert differences(await seen_by(busy.yunfan, who), _rows(headers, lines)) == []
