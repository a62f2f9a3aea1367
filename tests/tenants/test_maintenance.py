"""The operator's switch: while it is on, nobody changes anything, and everybody hears why."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from kernel.query import select_visible
from tenants.commands.create_tag import CreateTag
from tenants.entities import Tag
from tenants.maintenance import maintenance_since, set_maintenance
from tests.world import World
from values.errors import ReadOnlyMaintenance

CREATE = "tenants.create_tag"


@pytest.fixture
async def reopened(app, clock) -> AsyncIterator[None]:
    """Whatever a test does, the service is open afterwards."""
    yield
    await set_maintenance(app.engine.database, False, "", "", now=clock.now())


async def test_a_tenants_role_cannot_switch_it(world: World, app) -> None:
    async with app.engine.reading(await world.yunfan.actor()) as session:
        with pytest.raises(ProgrammingError, match="permission denied"):
            await session.execute(text("UPDATE app.service_state SET read_only_since = now()"))


async def test_commands_are_refused_meanwhile_and_work_after(world: World, app, clock, reopened: None) -> None:
    database = app.engine.database
    await world.yunfan.run("admin", CREATE, CreateTag(name="前"))
    assert await maintenance_since(database) is None
    await set_maintenance(database, True, "数据库升级", "Database upgrade", now=clock.now())
    began = clock.now()
    for company in (world.yunfan, world.seagull):
        with pytest.raises(ReadOnlyMaintenance) as refused:
            await company.run("admin", CREATE, CreateTag(name="中"))
        assert refused.value.code == "READ_ONLY_MAINTENANCE"
        assert "数据库升级" in refused.value.sentence("zh-CN")
        assert "Database upgrade" in refused.value.sentence("en")
    actor = await world.yunfan.actor()
    async with app.engine.reading(actor) as session:
        assert [tag.name for tag in await session.scalars(select_visible(Tag, actor))] == ["前"]
    clock.move(minutes=5)
    await set_maintenance(database, True, "仍在升级", "Still upgrading", now=clock.now())
    assert await maintenance_since(database) == began
    await set_maintenance(database, False, "", "", now=clock.now())
    assert await maintenance_since(database) is None
    await world.yunfan.run("admin", CREATE, CreateTag(name="后"))
