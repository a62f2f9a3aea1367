"""`sync verify`: finds and repairs what somebody changed behind the kernel's back."""

from __future__ import annotations

import psycopg
from sqlalchemy import text

from kernel.context import Context
from kernel.db import TenantContext
from kernel.ids import new_id
from server.parts import Application
from server.tracking_check import check_tenant, repair_tenant
from tenants.entities import Tag
from tests.world import World, seed


async def test_rows_changed_behind_the_kernel_are_found_and_repaired(app: Application, world: World, services):
    tenant = world.yunfan.tenant_id
    ids = {name: new_id() for name in ("kept", "deleted", "unlogged", "revived")}

    async def work(ctx: Context) -> None:
        for name, tag_id in ids.items():
            ctx.add(Tag(id=tag_id, name=name, colour=None, archived_at=None, archived_by_id=None))

    await seed(app, tenant, work)
    assert await check_tenant(app.engine, tenant) == []
    with psycopg.connect(services.urls.admin) as admin:
        admin.execute("DELETE FROM app.tag WHERE id = %s", [ids["deleted"]])
        admin.execute("DELETE FROM app.change_log WHERE row_id = %s", [ids["unlogged"]])
        admin.execute("UPDATE app.change_log SET op = 'remove' WHERE row_id = %s", [ids["revived"]])
    found = {finding.row_id: finding.problem for finding in await check_tenant(app.engine, tenant)}
    assert found == {ids["deleted"]: "deleted", ids["unlogged"]: "missing", ids["revived"]: "revived"}
    assert await check_tenant(app.engine, world.seagull.tenant_id) == []
    before = await clock_of(app, world)
    assert len(await repair_tenant(app.engine, tenant)) == 3
    assert await check_tenant(app.engine, tenant) == []
    assert await clock_of(app, world) == before + 1  # devices hear of it in one step


async def clock_of(app: Application, world: World) -> int:
    async with app.engine.database.tenant(TenantContext(world.yunfan.tenant_id)) as session:
        return (await session.execute(text("SELECT value FROM app.tenant_clock"))).scalar_one()
