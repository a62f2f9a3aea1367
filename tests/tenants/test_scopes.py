"""Data scopes: own, department, subtree, all; on reads, on commands, and through row-level security itself."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from kernel.context import Context
from kernel.db import TenantContext
from kernel.query import select_visible
from modules.party.entities import Customer
from tenants.commands.assign_role import SetScope
from tests.tenants.rows import add_customer, as_person
from tests.tenants.test_roles import assignment_of
from tests.world import Company, World
from values.errors import NotFound

OWNERS = {"鸿达": "li", "远航": "zhao", "博远": "wang", "总部": "lin"}


@pytest.fixture
async def stocked(world: World) -> World:
    """Each person's customer in both companies."""
    for name, owner in OWNERS.items():
        await add_customer(world.yunfan, name, owner)
    await add_customer(world.seagull, "海鸥客户", "qian")
    return world


async def seen(company: Company, who: str) -> tuple[set[str], set[str]]:
    """By a compiled query, and by a raw statement behind the wall alone."""
    actor = await company.actor(who)
    async with company.app.engine.reading(actor) as session:
        compiled = {row.name for row in await session.scalars(select_visible(Customer, actor))}
        raw = {row.name for row in await session.execute(text("SELECT name FROM app.customer"))}
    return compiled, raw


async def test_without_a_tenant_or_a_scope_there_are_no_rows(stocked: World, app) -> None:
    async with app.engine.database.app.connect() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM app.customer"))).scalar_one() == 0
    async with app.engine.database.tenant(TenantContext(stocked.yunfan.tenant_id)) as session:
        assert (await session.execute(text("SELECT count(*) FROM app.customer"))).scalar_one() == 0


@pytest.mark.parametrize(
    ("who", "names"),
    [
        ("li", {"鸿达"}),
        ("zhao", {"远航"}),
        ("wang", {"鸿达", "远航", "博远"}),
        ("lin", set(OWNERS)),
        ("zhou", set(OWNERS)),
        ("admin", set(OWNERS)),
    ],
)
async def test_each_person_sees_their_scope(stocked: World, who: str, names: set[str]) -> None:
    assert await seen(stocked.yunfan, who) == (names, names)


@pytest.mark.parametrize(
    ("scope", "names"),
    [
        ("own", {"博远"}),
        ("department", {"鸿达", "博远"}),
        ("subtree", {"鸿达", "远航", "博远"}),
        ("all", set(OWNERS)),
    ],
)
async def test_every_scope_of_one_role(stocked: World, scope: str, names: set[str]) -> None:
    held = await assignment_of(stocked.yunfan, "wang")
    await stocked.yunfan.run("admin", "tenants.set_scope", SetScope(id=held, scope=scope))
    assert await seen(stocked.yunfan, "wang") == (names, names)


async def test_a_row_out_of_scope_is_as_unknown_as_one_that_does_not_exist(stocked: World) -> None:
    hidden = await add_customer(stocked.yunfan, "隐", "zhao")
    foreign = await add_customer(stocked.seagull, "外", "qian")
    for row_id in (hidden, foreign):

        async def look(ctx: Context, row_id=row_id) -> None:
            await ctx.visible(Customer, row_id)

        with pytest.raises(NotFound) as refused:
            await as_person(stocked.yunfan, "li", look)
        assert refused.value.details == {"entity": "客户"}
