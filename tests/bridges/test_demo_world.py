"""The demo world of an empty installation: everybody it names can sign in and sees what the role says."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from sqlalchemy import func, select, text

from infra.settings import Settings
from kernel.policy import Actor
from kernel.query import select_visible
from modules.bridges.demo_rows import CUSTOMERS
from modules.party.entities import Customer
from server.demo import COMPANY, DemoSignIn, demo_sign_ins, fill_company, fill_if_empty
from server.parts import Application, build
from tenants.identity.inputs import SignIn
from tenants.platform_tables import Tenant
from tests.world import World


@pytest.fixture
async def own_app(settings: Settings) -> AsyncIterator[Application]:
    """On the real clock, as the demo world is made."""
    built = build(settings, pool_size=4)
    yield built
    await built.close()


async def test_in_production_it_is_refused(settings: Settings, own_app: Application) -> None:
    before = await _companies(own_app)
    assert await fill_if_empty(replace(settings, environment="production")) == []
    assert await _companies(own_app) == before


async def test_everybody_signs_in_and_sees_their_part(settings: Settings, own_app: Application) -> None:
    async with own_app.engine.database.platform_session() as connection:
        await connection.execute(text("DELETE FROM platform.session"))
        await connection.execute(text("DELETE FROM platform.link_token"))
        await connection.execute(text("DELETE FROM platform.security_log"))
        await connection.execute(text("DELETE FROM platform.membership"))
        await connection.execute(text("DELETE FROM platform.user_identifier"))
        await connection.execute(text("DELETE FROM platform.tenant"))
    people = await fill_if_empty(settings)
    org_code = next(person.org_code for person in people if person.account)
    assert people == demo_sign_ins(org_code)
    assert [person.identifier for person in people if person.account] == [f"{org_code} + wugd"]
    assert await fill_if_empty(settings) == people, "a later start shows them again and makes nothing"
    seen = {person.who: await _sees(own_app, person) for person in people}
    assert seen == {
        "陈明远": CUSTOMERS,
        "林静": CUSTOMERS,
        "王海涛": CUSTOMERS * 4 // 5,
        "李雨桐": CUSTOMERS * 2 // 5,
        "赵志强": CUSTOMERS // 5,
        "周慧": CUSTOMERS,
        "吴国栋": CUSTOMERS,
        "孙丽": 0,
    }
    deciding = ("tenants.inbox.view", "tenants.inbox.resolve")
    without = {person.who for person in people if not all([await _may(own_app, person, p) for p in deciding])}
    assert without == set(), "everybody sees what of theirs did not apply, and decides about it"
    assert (await _companies(own_app))[0] == COMPANY


async def test_a_company_that_asked_for_demo_data_gets_it_once(world: World) -> None:
    for _ in range(2):
        await fill_company(world.yunfan.app.engine, world.yunfan.tenant_id, world.yunfan.admin_id)
    async with world.yunfan.app.engine.reading(await world.yunfan.actor()) as session:
        assert await session.scalar(select(func.count()).select_from(Customer)) == CUSTOMERS


async def _companies(app: Application) -> list[str]:
    async with app.engine.database.platform_session() as connection:
        return list((await connection.execute(select(Tenant.name).order_by(Tenant.created_at, Tenant.id))).scalars())


async def _actor(app: Application, person: DemoSignIn) -> Actor:
    named = {"org_code": person.org_code, "account": person.account}
    asked = named if person.account else {"identifier": person.identifier}
    signed_in = await app.identity.sign_in(SignIn(**asked, password=person.password))
    assert signed_in.token is not None
    assert not signed_in.must_change_password
    who = await app.identity.authenticate(signed_in.token)
    assert (who.tenant_name, who.member_name) == (person.tenant, person.who)
    return who.actor


async def _may(app: Application, person: DemoSignIn, permission: str) -> bool:
    return (await _actor(app, person)).authority.holds(permission)


async def _sees(app: Application, person: DemoSignIn) -> int:
    actor = await _actor(app, person)
    async with app.engine.reading(actor) as session:
        return len(await session.scalars(select_visible(Customer, actor)))
