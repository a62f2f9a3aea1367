"""Savepoints, bulk writes and outcomes per row: nothing that was rolled back leaves a trace."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import text

from kernel.context import Context
from kernel.db import TenantContext
from kernel.entity import table
from kernel.policy import EVERYTHING
from tenants.entities import Tag
from tests.world import World, seed
from values.errors import InvalidInput


def _tag(name: str, tag_id: UUID | None = None) -> Tag:
    from values.ids import new_id

    return Tag(id=tag_id or new_id(), name=name, colour=None, archived_at=None, archived_by_id=None)


async def _count(app, tenant_id: UUID, sql: str) -> int:
    async with app.engine.database.tenant(TenantContext(tenant_id, None, EVERYTHING)) as session:
        return (await session.execute(text(sql))).scalar_one()


async def test_a_refused_part_leaves_no_trace(world: World, app) -> None:
    async def work(ctx: Context) -> None:
        ctx.add(_tag("保留"))

        async def refused() -> None:
            async with ctx.savepoint():
                ctx.add(_tag("撤销"))
                ctx.enqueue("tests.never", {})
                raise InvalidInput(problem="x")

        with pytest.raises(InvalidInput):
            await refused()
        ctx.enqueue("tests.kept", {})

    tenant = world.yunfan.tenant_id
    await seed(app, tenant, work)
    assert await _count(app, tenant, "SELECT count(*) FROM app.tag") == 1
    assert await _count(app, tenant, "SELECT count(*) FROM app.audit_entry WHERE entity = 'tenants.Tag'") == 1
    assert await _count(app, tenant, "SELECT count(*) FROM app.change_log WHERE entity = 'tenants.Tag'") == 1
    assert await _count(app, tenant, "SELECT count(*) FROM app.outbox WHERE topic LIKE 'tests.%'") == 1


async def test_a_failed_command_leaves_no_trace_at_all(world: World, app) -> None:
    tenant = world.yunfan.tenant_id
    before = await _count(app, tenant, "SELECT value FROM app.tenant_clock")

    async def work(ctx: Context) -> None:
        ctx.add(_tag("撤销"))
        await ctx.flush()
        raise InvalidInput(problem="x")

    with pytest.raises(InvalidInput):
        await seed(app, tenant, work)
    assert await _count(app, tenant, "SELECT value FROM app.tenant_clock") == before
    assert await _count(app, tenant, "SELECT count(*) FROM app.tag") == 0


async def test_each_gives_an_outcome_per_row(world: World, app) -> None:
    async def work(ctx: Context) -> None:
        good, bad = ctx.new_id(), ctx.new_id()

        async def one(row_id: UUID) -> None:
            ctx.add(_tag(str(row_id), row_id))
            if row_id == bad:
                raise InvalidInput(problem="坏行", field="name")

        result = await ctx.each([good, bad], one)
        assert [(r.applied, r.code, r.field) for r in result.rows] == [
            (True, None, None),
            (False, "INVALID_INPUT", "name"),
        ]

    await seed(app, world.yunfan.tenant_id, work)
    assert await _count(app, world.yunfan.tenant_id, "SELECT count(*) FROM app.tag") == 1


async def test_bulk_writes_are_tracked_like_any_other(world: World, app) -> None:
    tenant = world.yunfan.tenant_id

    async def work(ctx: Context) -> None:
        rows = [{"name": f"标签{i}", "colour": None, "archived_at": None, "archived_by_id": None} for i in range(30)]
        await ctx.insert_many(Tag, rows)
        changed = await ctx.update_where(Tag, table(Tag).c.name.in_(["标签1", "标签2"]), {"colour": "red"})
        assert len(changed) == 2

    await seed(app, tenant, work)
    assert await _count(app, tenant, "SELECT count(*) FROM app.change_log WHERE entity = 'tenants.Tag'") == 30
    assert await _count(app, tenant, "SELECT count(*) FROM app.audit_entry WHERE after->>'colour' = 'red'") == 2
    assert await _count(app, tenant, "SELECT count(*) FROM app.tag WHERE version = 2") == 2


async def test_rows_of_one_transaction_share_one_clock(world: World, app) -> None:
    async def work(ctx: Context) -> None:
        for name in ("一", "二", "三"):
            ctx.add(_tag(name))

    await seed(app, world.yunfan.tenant_id, work)
    counted = "SELECT count(DISTINCT clock) FROM app.change_log WHERE entity = 'tenants.Tag'"
    assert await _count(app, world.yunfan.tenant_id, counted) == 1


async def test_a_deleted_row_leaves_a_tombstone(world: World, app) -> None:
    tenant = world.yunfan.tenant_id
    made: list[Tag] = []

    async def make(ctx: Context) -> None:
        made.append(ctx.add(_tag("临时")))

    async def remove(ctx: Context) -> None:
        found = await ctx.get(Tag, made[0].id)
        assert found is not None
        await ctx.delete(found)

    await seed(app, tenant, make)
    await seed(app, tenant, remove)
    removed = "SELECT count(*) FROM app.change_log WHERE entity = 'tenants.Tag' AND op = 'remove'"
    assert await _count(app, tenant, removed) == 1
