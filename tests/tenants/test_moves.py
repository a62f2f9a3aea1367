"""Moves: paths, rows, rights and devices follow; long moves go on by a job that may be stopped anywhere."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

from kernel.context import Context
from kernel.query import select_visible
from kernel.tables import Outbox
from modules.party.entities import Customer
from tenants import moves
from tenants.commands.assign_role import AssignRole
from tenants.commands.create_department import MoveDepartment
from tenants.commands.create_organisation import CreateOrganisation
from tenants.commands.create_role import CreateRole
from tenants.commands.edit_member import MoveMember
from tenants.entities import Member
from tenants.errors import GrantExceeded, MovePending
from tests.tenants.rows import add_contact, add_customer, rows_of
from tests.world import Company, World, add_member, seed
from values.errors import PermissionDenied

MOVE, MOVE_MEMBER = "tenants.move_department", "tenants.move_member"


async def seen(company: Company, who: str) -> set[str]:
    """The customers that a person sees, through row-level security and the query's own narrowing."""
    actor = await company.actor(who)
    async with company.app.engine.reading(actor) as session:
        return {row.name for row in await session.scalars(select_visible(Customer, actor))}


async def many_customers(company: Company, owner: str, count: int) -> None:
    async def work(ctx: Context) -> None:
        member = await ctx.get(Member, company.people[owner])
        assert member is not None
        for start in range(0, count, 1000):
            rows = [
                {"name": f"{owner}{i}", "name_key": f"{i}", "owner_id": member.id, "scope_path": member.path}
                for i in range(start, min(count, start + 1000))
            ]
            await ctx.insert_many(Customer, [{**row, "custom": {}, "tag_ids": []} for row in rows])

    await seed(company.app, company.tenant_id, work)


async def paths(company: Company, table: str, column: str = "scope_path") -> list[str]:
    return [row[0] for row in await rows_of(company.app, company.tenant_id, f"SELECT {column} FROM app.{table}")]


async def pending(company: Company, *, sweep: bool) -> list[dict[str, Any]]:
    rows = await rows_of(
        company.app,
        company.tenant_id,
        "SELECT payload FROM app.outbox WHERE topic = 'tenants.rewrite_paths' AND delivered_at IS NULL",
    )
    return [row.payload for row in rows if row.payload["sweep"] is sweep]


async def deliver(company: Company) -> None:
    """What the outbox's worker writes when the job is done."""

    async def work(ctx: Context) -> None:
        await ctx.session.execute(update(Outbox).where(Outbox.tenant_id == ctx.tenant_id).values(delivered_at=ctx.now))

    await seed(company.app, company.tenant_id, work)


async def hr(company: Company, who: str, scope: str = "all") -> None:
    """Makes a person who may move members and departments, without administering rights."""
    names = ("member.view", "member.manage", "department.view", "department.manage", "organisation.view", "role.view")
    role = await company.run(
        "admin", "tenants.create_role", CreateRole(name="人事", permissions=[f"tenants.{name}" for name in names])
    )
    await company.run(
        "admin",
        "tenants.assign_role",
        AssignRole(member_id=company.people[who], role_id=role.row_id, scope=scope),
    )


async def staff(world: World) -> World:
    """采购部 has a manager; 小李, 小赵 and 王主管 have customers; one customer of 销售一组 has no owner."""
    await add_member(world.yunfan, "feng", "冯主管", "department_manager", "subtree", "采购部")
    hongda = await add_customer(world.yunfan, "鸿达", "li")
    yuanhang = await add_customer(world.yunfan, "远航", "zhao")
    await add_contact(world.yunfan, hongda, "张三")
    await add_contact(world.yunfan, yuanhang, "李四")
    groups = "SELECT path FROM app.department WHERE name = '销售一组'"
    (group,) = await rows_of(world.yunfan.app, world.yunfan.tenant_id, groups)
    await add_customer(world.yunfan, "公海", None, scope_path=f"{group.path}~/")
    return world


@pytest.fixture
async def staffed(world: World) -> World:
    return await staff(world)


async def test_salespeople_move_nobody(staffed: World) -> None:
    me, elsewhere = staffed.yunfan.people["li"], staffed.yunfan.departments["采购部"]
    with pytest.raises(PermissionDenied):
        await staffed.yunfan.run("li", MOVE_MEMBER, MoveMember(id=me, department_id=elsewhere))


async def test_a_mover_gains_no_rights_by_the_move(staffed: World) -> None:
    """冯主管 manages people everywhere, but sees only 采购部: what he moves there he would come to see."""
    await hr(staffed.yunfan, "feng")
    mine, sales = staffed.yunfan.departments["采购部"], staffed.yunfan.departments["销售部"]
    with pytest.raises(PermissionDenied):
        await staffed.yunfan.run("feng", MOVE, MoveDepartment(id=sales, parent_id=mine))
    with pytest.raises(PermissionDenied):
        await staffed.yunfan.run("feng", MOVE_MEMBER, MoveMember(id=staffed.yunfan.people["zhao"], department_id=mine))
    with pytest.raises(GrantExceeded):  # 王主管's role would reach 采购部's rows only; himself to 销售部: theirs
        await staffed.yunfan.run("feng", MOVE_MEMBER, MoveMember(id=staffed.yunfan.people["feng"], department_id=sales))


async def test_a_department_takes_everything_below_along(staffed: World) -> None:
    company = staffed.yunfan
    assert await seen(company, "wang") == {"鸿达", "远航", "公海"}
    assert await seen(company, "feng") == set()
    await company.run(
        "admin",
        MOVE,
        MoveDepartment(id=company.departments["销售一组"], parent_id=company.departments["采购部"], version=1),
    )
    assert await seen(company, "wang") == {"鸿达"}
    assert await seen(company, "feng") == {"远航", "公海"}
    assert await seen(company, "zhao") == {"远航"}
    assert await seen(company, "li") == {"鸿达"}
    assert await pending(company, sweep=False) == []
    assert len(await pending(company, sweep=True)) == 1
    above = {row.name: row for row in await rows_of(company.app, company.tenant_id, "SELECT * FROM app.department")}
    assert above["销售一组"].parent_id == above["采购部"].id
    moved = [path for path in await paths(company, "contact") if path.startswith(above["销售一组"].path)]
    assert len(moved) == 1


async def test_devices_hear_of_rows_that_left(staffed: World) -> None:
    company = staffed.yunfan
    before = set(await paths(company, "customer"))
    await company.run(
        "admin",
        MOVE,
        MoveDepartment(id=company.departments["销售一组"], parent_id=company.departments["采购部"]),
    )
    left = await rows_of(
        company.app,
        company.tenant_id,
        "SELECT e.entity, e.scope_path, e.clock, l.clock AS put, l.scope_path AS now "
        "FROM app.scope_exit e JOIN app.change_log l USING (tenant_id, entity, row_id)",
    )
    assert sorted(row.entity for row in left) == ["party.Contact", "party.Customer", "party.Customer"]
    assert {row.scope_path for row in left} <= before
    assert all(row.clock == row.put and row.now != row.scope_path for row in left)
    terms = await rows_of(
        company.app,
        company.tenant_id,
        "SELECT count(*) FROM app.search_term t JOIN app.customer c ON c.id = t.row_id "
        "WHERE t.scope_path <> c.scope_path",
    )
    assert terms[0][0] == 0


async def test_a_member_takes_the_rows_along(staffed: World) -> None:
    company = staffed.yunfan
    await company.run(
        "admin", MOVE_MEMBER, MoveMember(id=company.people["li"], department_id=company.departments["采购部"])
    )
    assert await seen(company, "li") == {"鸿达"}
    assert await seen(company, "feng") == {"鸿达"}
    assert await seen(company, "wang") == {"远航", "公海"}
    rows = await rows_of(
        company.app,
        company.tenant_id,
        "SELECT department_id, path FROM app.member WHERE id = :id",
        id=company.people["li"],
    )
    assert rows[0].department_id == company.departments["采购部"]


async def test_into_another_organisation(staffed: World) -> None:
    company = staffed.yunfan
    branch = await company.run(
        "admin", "tenants.create_organisation", CreateOrganisation(name="上海分公司", kind="branch")
    )
    await company.run("admin", MOVE, MoveDepartment(id=company.departments["销售部"], organisation_id=branch.row_id))
    for nick in ("wang", "li", "zhao"):
        rows = await rows_of(
            company.app,
            company.tenant_id,
            "SELECT organisation_id, path FROM app.member WHERE id = :id",
            id=company.people[nick],
        )
        assert (rows[0].organisation_id, rows[0].path.startswith(branch.value.path)) == (branch.row_id, True)
    places = "SELECT organisation_id FROM app.department WHERE name LIKE '销售%'"
    rows = await rows_of(company.app, company.tenant_id, places)
    assert {row.organisation_id for row in rows} == {branch.row_id}
    assert await seen(company, "wang") == {"鸿达", "远航", "公海"}


async def test_a_long_move_goes_on_by_the_job(staffed: World, app) -> None:
    """2,500 customers of two people: everybody sees all of their rows at every step of the way."""
    company = staffed.yunfan
    await many_customers(company, "li", 900)
    await many_customers(company, "wang", 700)
    await many_customers(company, "zhao", 900)
    own = {"li": await seen(company, "li"), "zhao": await seen(company, "zhao")}
    data = MoveDepartment(id=company.departments["销售部"], parent_id=company.departments["采购部"])
    await company.run("admin", MOVE, data)
    (payload,) = await pending(company, sweep=False)
    with pytest.raises(MovePending):
        await company.run("admin", MOVE, data)
    with pytest.raises(MovePending):
        await company.run(
            "admin", MOVE_MEMBER, MoveMember(id=company.people["li"], department_id=company.departments["采购部"])
        )
    for nick, names in own.items():
        assert await seen(company, nick) == names
    assert await moves.rewrite_paths(app.engine, company.tenant_id, payload, budget_seconds=0) == 1
    assert await pending(company, sweep=False) == [payload, payload]  # the rest was handed over
    for nick, names in own.items():
        assert await seen(company, nick) == names
    await moves.rewrite_paths(app.engine, company.tenant_id, payload)
    for table in ("customer", "contact"):
        assert not [path for path in await paths(company, table) if path.startswith(payload["old"])]
    for nick, names in own.items():
        assert await seen(company, nick) == names
    assert len(await seen(company, "wang")) == 2503
    largest = await rows_of(
        company.app, company.tenant_id, "SELECT max(n) FROM (SELECT count(*) n FROM app.change_log GROUP BY clock) x"
    )
    assert largest[0][0] <= 1000
    assert await moves.rewrite_paths(app.engine, company.tenant_id, payload) == 1
    await deliver(company)
    await company.run("admin", MOVE, data)


async def test_a_member_with_too_many_rows_still_arrives(staffed: World, app) -> None:
    company = staffed.yunfan
    await many_customers(company, "li", 2300)
    await company.run(
        "admin", MOVE_MEMBER, MoveMember(id=company.people["li"], department_id=company.departments["采购部"])
    )
    (payload,) = await pending(company, sweep=False)
    assert len(await seen(company, "li")) < 2301  # too little for moments, never too much
    assert len(await seen(company, "wang")) + len(await seen(company, "feng")) == 2303
    await moves.rewrite_paths(app.engine, company.tenant_id, payload)
    assert len(await seen(company, "li")) == 2301
    assert len(await seen(company, "feng")) == 2301


async def test_the_sweep_catches_rows_written_to_the_old_place(staffed: World, app) -> None:
    company = staffed.yunfan
    old = next(path for path in await paths(company, "member", "path") if path.endswith(_key(company.people["li"])))
    await company.run(
        "admin", MOVE_MEMBER, MoveMember(id=company.people["li"], department_id=company.departments["采购部"])
    )
    await add_customer(company, "迟到", "li", scope_path=old)
    assert await seen(company, "li") == {"鸿达"}
    (payload,) = await pending(company, sweep=True)
    await moves.rewrite_paths(app.engine, company.tenant_id, payload)
    assert await seen(company, "li") == {"鸿达", "迟到"}


def _key(member_id: UUID) -> str:
    return f"~{member_id.hex[-12:]}/"
