"""Sweeps come late, twice and in any order: whatever they find is put where it belongs now, not where it was sent."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest

from kernel.context import Context
from modules.crm.commands.log_activity import LogActivity
from modules.crm.entities import Activity
from server.parts import Application
from tenants import moves
from tenants.commands import edit_member
from tenants.commands.create_department import MoveDepartment
from tenants.commands.create_organisation import CreateOrganisation
from tenants.commands.edit_member import MoveMember
from tenants.entities import Department, Member
from tenants.moves import scoped_entities
from tests.tenants.rows import add_customer, as_person, rows_of
from tests.tenants.test_moves import MOVE, MOVE_MEMBER, deliver, many_customers, paths, pending, seen, staff
from tests.world import Company, World, add_member, seed
from values.ids import new_id, path_key


@pytest.fixture
async def staffed(world: World) -> World:
    return await staff(world)


async def misplaced(company: Company) -> list[str]:
    """Every path that is not what the tree of departments says today, whatever was said before."""
    key = "right(replace(m.id::text, '-', ''), 12)"
    scoped = " UNION ALL ".join(f"SELECT scope_path FROM app.{entity.__tablename__}" for entity in scoped_entities())
    found = await rows_of(
        company.app,
        company.tenant_id,
        f"""
        SELECT r.scope_path FROM ({scoped}) r
        WHERE NOT EXISTS (SELECT FROM app.member m WHERE m.path = r.scope_path)
        AND NOT EXISTS (SELECT FROM app.department d WHERE d.path || '~/' = r.scope_path)
        UNION ALL
        SELECT m.path FROM app.member m JOIN app.organisation o ON o.id = m.organisation_id
        LEFT JOIN app.department d ON d.id = m.department_id
        WHERE m.path <> coalesce(d.path, o.path) || '~' || {key} || '/' OR d.organisation_id <> o.id
        UNION ALL
        SELECT m.path FROM app.department m JOIN app.organisation o ON o.id = m.organisation_id
        LEFT JOIN app.department d ON d.id = m.parent_id
        WHERE m.path <> coalesce(d.path, o.path) || {key} || '/' OR d.organisation_id <> o.id
        """,
    )
    return [row[0] for row in found]


async def path_of(company: Company, table: str, row_id: UUID) -> str:
    rows = await rows_of(company.app, company.tenant_id, f"SELECT path FROM app.{table} WHERE id = :id", id=row_id)
    return str(rows[0].path)


def deliveries(sweeps: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Every order of the messages; then each order with a message delivered again at the end."""
    orders = [list(order) for order in permutations(sweeps)]
    return orders + [[*order, order[0]] for order in orders]


async def test_a_member_moved_there_and_back_stays_back(staffed: World, app: Application) -> None:
    """A slip put right at once: whichever sweep runs last, the rows are where the member is."""
    company = staffed.yunfan
    li, here, there = company.people["li"], company.departments["销售部"], company.departments["采购部"]
    await company.run("admin", MOVE_MEMBER, MoveMember(id=li, department_id=there))
    wrong = await path_of(company, "member", li)
    await company.run("admin", MOVE_MEMBER, MoveMember(id=li, department_id=here))
    sweeps = await pending(company, sweep=True)
    assert len(sweeps) == 2
    for round_number, order in enumerate(deliveries(sweeps)):
        await add_customer(company, f"迟到{round_number}", "li", scope_path=wrong)
        for sweep in order:
            await moves.rewrite_paths(app.engine, company.tenant_id, sweep)
            assert await path_of(company, "member", li) != wrong
            assert not {"鸿达"} & await seen(company, "feng")
        assert await seen(company, "feng") == set()
        assert await seen(company, "li") == {"鸿达", *(f"迟到{past}" for past in range(round_number + 1))}
        assert await misplaced(company) == []


async def test_a_department_moved_there_and_back_stays_back(staffed: World, app: Application) -> None:
    """Also into another organisation and out of it: what lies below belongs to the present one."""
    company = staffed.yunfan
    group, buyers = company.departments["销售一组"], company.departments["采购部"]
    branch = await company.run(
        "admin", "tenants.create_organisation", CreateOrganisation(name="上海分公司", kind="branch")
    )
    places = [await path_of(company, "member", company.people["zhao"])]
    for target in (
        MoveDepartment(id=group, parent_id=buyers),
        MoveDepartment(id=group, organisation_id=branch.row_id),
        MoveDepartment(id=group, parent_id=company.departments["销售部"]),
    ):
        await company.run("admin", MOVE, target)
        places.append(await path_of(company, "member", company.people["zhao"]))
    assert (places[0], len(set(places))) == (places[3], 3)
    sweeps = await pending(company, sweep=True)
    assert len(sweeps) == 3
    late: set[str] = set()
    for round_number, order in enumerate(deliveries(sweeps)):
        for number, place in enumerate(places[1:3]):
            late |= {name := f"迟到{round_number}-{number}", f"{name}公海"}
            await add_customer(company, name, "zhao", scope_path=place)
            await add_customer(company, f"{name}公海", None, scope_path=f"{place.partition('~')[0]}~/")
        for sweep in order:
            await moves.rewrite_paths(app.engine, company.tenant_id, sweep)
            assert not {"远航", "公海"} & await seen(company, "feng")
        assert await misplaced(company) == []
        assert await seen(company, "feng") == set()
        assert await seen(company, "wang") == {"鸿达", "远航", "公海"} | late


async def test_departments_that_move_with_and_out_of_one_another(staffed: World, app: Application) -> None:
    company = staffed.yunfan
    sales, group, buyers = (company.departments[name] for name in ("销售部", "销售一组", "采购部"))
    zhao, head = company.people["zhao"], (await company.actor("lin")).home_path
    (office,) = await rows_of(company.app, company.tenant_id, "SELECT id, path FROM app.organisation")
    assert office.path == head
    places = []
    for command, target in (
        (MOVE, MoveDepartment(id=sales, parent_id=buyers)),
        (MOVE, MoveDepartment(id=group, organisation_id=office.id)),
        (MOVE_MEMBER, MoveMember(id=zhao, department_id=sales)),
        (MOVE, MoveDepartment(id=buyers, parent_id=group)),
    ):
        places.append(await path_of(company, "member", zhao))
        await company.run("admin", command, target)
    sweeps = await pending(company, sweep=True)
    assert (len(sweeps), len(set(places))) == (4, 4)
    for round_number, order in enumerate(deliveries(sweeps)[::3]):
        for number, place in enumerate(places):
            await add_customer(company, f"迟到{round_number}-{number}", "zhao", scope_path=place)
        for sweep in order:
            await moves.rewrite_paths(app.engine, company.tenant_id, sweep)
        assert await misplaced(company) == []
    assert await seen(company, "zhao") >= {"远航", "迟到0-0", "迟到0-3"}
    assert await seen(company, "wang") >= {"鸿达", "远航"}
    assert "公海" not in await seen(company, "wang")


async def test_the_rest_of_a_move_delivered_after_the_way_back_moves_nothing(staffed: World, app: Application) -> None:
    """A long move, done and undone; then all its messages once more, the first ones last."""
    company = staffed.yunfan
    await many_customers(company, "li", 1300)
    own, li = await seen(company, "li"), company.people["li"]
    told = []
    for place in ("采购部", "销售部"):
        await company.run("admin", MOVE_MEMBER, MoveMember(id=li, department_id=company.departments[place]))
        (rest,) = await pending(company, sweep=False)
        told += [rest, *await pending(company, sweep=True)]
        await moves.rewrite_paths(app.engine, company.tenant_id, rest)
        await deliver(company)
    before = await rows_of(app, company.tenant_id, "SELECT max(clock) FROM app.change_log")
    for message in (*told[::-1], *told):
        assert await moves.rewrite_paths(app.engine, company.tenant_id, message) == 1
    assert await rows_of(app, company.tenant_id, "SELECT max(clock) FROM app.change_log") == before
    assert await seen(company, "feng") == set()
    assert await seen(company, "li") == own
    assert await misplaced(company) == []


async def test_a_sweep_moves_many_rows_in_small_transactions(staffed: World, app: Application) -> None:
    company = staffed.yunfan
    li = company.people["li"]
    await company.run("admin", MOVE_MEMBER, MoveMember(id=li, department_id=company.departments["采购部"]))
    await many_customers(company, "li", 1300)  # at the wrong place
    wrong = await path_of(company, "member", li)
    await company.run("admin", MOVE_MEMBER, MoveMember(id=li, department_id=company.departments["销售部"]))
    assert len(await pending(company, sweep=False)) == 1
    there, back = await pending(company, sweep=True)
    if there["old"] == wrong:
        there, back = back, there
    assert await moves.rewrite_paths(app.engine, company.tenant_id, there) == 1
    assert (await paths(company, "customer")).count(wrong) == 303  # the rest of the way back
    assert await moves.rewrite_paths(app.engine, company.tenant_id, back) == 1
    assert await misplaced(company) == []
    largest = await rows_of(
        app, company.tenant_id, "SELECT max(n) FROM (SELECT count(*) n FROM app.change_log GROUP BY clock) x"
    )
    assert largest[0][0] <= 1000


async def test_rows_follow_whoever_they_lie_with_not_whoever_wrote_them(staffed: World, app: Application) -> None:
    """A follow-up lies with its customer's owner; that another wrote it does not pull it elsewhere."""
    company = staffed.yunfan
    li, wang = company.people["li"], company.people["wang"]
    old = await path_of(company, "member", li)
    (customer,) = await rows_of(app, company.tenant_id, "SELECT id FROM app.customer WHERE name = '鸿达'")
    await company.run("wang", "crm.log_activity", LogActivity(customer_id=customer.id, channel="phone", topic="询价"))
    await company.run("admin", MOVE_MEMBER, MoveMember(id=li, department_id=company.departments["采购部"]))
    await seed(company.app, company.tenant_id, _activity(company, customer.id, owner=wang, path=old))
    (sweep,) = await pending(company, sweep=True)
    await moves.rewrite_paths(app.engine, company.tenant_id, sweep)
    now = await path_of(company, "member", li)
    assert set(await paths(company, "activity")) == {now}
    assert len(await paths(company, "activity")) == 2


async def test_departments_and_members_made_at_the_old_place_follow(staffed: World, app: Application) -> None:
    """Somebody was adding them while the department moved."""
    company = staffed.yunfan
    group, buyers = company.departments["销售一组"], company.departments["采购部"]
    old, made = await path_of(company, "department", group), new_id()
    await company.run("admin", MOVE, MoveDepartment(id=group, parent_id=buyers))
    await add_member(company, "gu", "小顾", "salesperson", "own", "销售一组")

    async def work(ctx: Context) -> None:
        above = await ctx.get(Department, group)
        gu = await ctx.get(Member, company.people["gu"])
        assert above is not None
        assert gu is not None
        path = f"{old}{path_key(made)}/"
        ctx.add(
            Department(id=made, name="新组", parent_id=group, organisation_id=above.organisation_id, path=path),
        )
        await ctx.flush()
        gu.department_id, gu.path = made, f"{path}~{path_key(gu.id)}/"

    await seed(company.app, company.tenant_id, work)
    await add_customer(company, "迟到", "gu")
    (sweep,) = await pending(company, sweep=True)
    await moves.rewrite_paths(app.engine, company.tenant_id, sweep)
    assert (await path_of(company, "department", made)).startswith(await path_of(company, "department", buyers))
    assert await misplaced(company) == []
    assert await seen(company, "feng") >= {"迟到", "公海"}


async def test_rows_of_nobody_known_stay_with_the_department(staffed: World, app: Application) -> None:
    company = staffed.yunfan
    group, buyers = company.departments["销售一组"], company.departments["采购部"]
    old, stranger = await path_of(company, "department", group), f"~{path_key(new_id())}/"
    await company.run("admin", MOVE, MoveDepartment(id=group, parent_id=buyers))
    await add_customer(company, "无主", None, scope_path=f"{old}{stranger}")
    await add_customer(company, "部门", None, scope_path=old)
    (sweep,) = await pending(company, sweep=True)
    for _ in range(2):
        assert await moves.rewrite_paths(app.engine, company.tenant_id, sweep) == 1
        now = await path_of(company, "department", group)
        found = {row.name: row.scope_path for row in await rows_of(app, company.tenant_id, "TABLE app.customer")}
        assert (found["无主"], found["部门"]) == (f"{now}{stranger}", now)


async def test_a_sweep_waits_for_a_move_under_way(staffed: World, app: Application) -> None:
    """It would otherwise put rows where the member sat before that move."""
    company = staffed.yunfan
    li = company.people["li"]
    await company.run("admin", MOVE_MEMBER, MoveMember(id=li, department_id=company.departments["采购部"]))
    wrong = await path_of(company, "member", li)
    (sweep,) = await pending(company, sweep=True)
    await add_customer(company, "迟到", "li", scope_path=sweep["old"])
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow_move(ctx: Context) -> None:
        await edit_member.move_member(ctx, MoveMember(id=li, department_id=company.departments["销售部"]))
        begun.set()
        await go_on.wait()

    mover = asyncio.create_task(as_person(company, "admin", slow_move))
    await begun.wait()
    sweeper = asyncio.create_task(moves.rewrite_paths(app.engine, company.tenant_id, sweep))
    done, _ = await asyncio.wait({sweeper}, timeout=0.5)
    go_on.set()
    await asyncio.gather(mover, sweeper)
    assert done == set()
    assert wrong not in await paths(company, "customer")
    assert await misplaced(company) == []
    assert await seen(company, "li") == {"鸿达", "迟到"}


def _activity(company: Company, customer_id: UUID, *, owner: UUID, path: str) -> Callable[[Context], Awaitable[None]]:
    async def work(ctx: Context) -> None:
        ctx.add(
            Activity(
                id=ctx.new_id(),
                customer_id=customer_id,
                channel="phone",
                topic="迟到",
                happened_at=ctx.now,
                owner_id=owner,
                scope_path=path,
            )
        )

    return work
