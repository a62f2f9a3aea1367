"""The executor's promises, through a real command on real PostgreSQL."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from kernel.command import Command, Input
from kernel.context import Context
from kernel.db import TenantContext
from kernel.executor import Invocation
from kernel.policy import EVERYTHING
from tenants.entities import Tag
from tests.world import World
from values.errors import (
    Busy,
    KeyReused,
    NotFound,
    PermissionDenied,
    SubscriptionLapsed,
    TextUnreadable,
    VersionConflict,
)


class MakeTag(Input, frozen=True, kw_only=True):
    name: str


class RenameTag(Input, frozen=True, kw_only=True):
    id: str
    name: str
    version: int | None = None


async def _make(ctx: Context, data: MakeTag) -> Tag:
    return ctx.add(Tag(id=ctx.new_id(), name=data.name, colour=None, archived_at=None, archived_by_id=None))


async def _rename(ctx: Context, data: RenameTag) -> Tag:
    from uuid import UUID

    tag = await ctx.lock(Tag, UUID(data.id), version=data.version)
    tag.name = data.name
    return tag


def _declared(name: str, handler, input_type, permission: str | None = "tenants.tag.manage") -> Command:
    return Command(
        name=name,
        handler=handler,
        input_type=input_type,
        result_type=Tag,
        permission=permission,
        module=None,
        zh="",
        en="",
    )


MAKE = _declared("tests.make_tag", _make, MakeTag)
RENAME = _declared("tests.rename_tag", _rename, RenameTag)


async def test_permission_is_refused_first(world: World, app) -> None:
    with pytest.raises(PermissionDenied):
        await app.engine.executor.run(await world.yunfan.actor("li"), MAKE, MakeTag(name="重点"))


async def test_other_tenants_rows_are_not_found(world: World, app) -> None:
    made = await app.engine.executor.run(await world.yunfan.actor(), MAKE, MakeTag(name="重点"))
    with pytest.raises(NotFound):
        await app.engine.executor.run(await world.seagull.actor(), RENAME, RenameTag(id=str(made.row_id), name="偷"))


async def test_writes_are_refused_after_the_trial(world: World, app, clock) -> None:
    clock.move(days=17)
    with pytest.raises(SubscriptionLapsed):
        await app.engine.executor.run(await world.yunfan.actor(), MAKE, MakeTag(name="重点"))


async def test_stored_outcome_answers_a_retry_even_after_the_lapse(world: World, app, clock) -> None:
    admin = await world.yunfan.actor()
    call = Invocation(key="once")
    first = await app.engine.executor.run(admin, MAKE, MakeTag(name="重点"), call)
    clock.move(days=17)
    again = await app.engine.executor.run(admin, MAKE, MakeTag(name="重点"), call)
    assert again.replayed
    assert again.row_id == first.row_id
    with pytest.raises(KeyReused):
        await app.engine.executor.run(admin, MAKE, MakeTag(name="其他"), call)


async def test_expected_version(world: World, app) -> None:
    admin = await world.yunfan.actor()
    made = await app.engine.executor.run(admin, MAKE, MakeTag(name="重点"))
    edit = RenameTag(id=str(made.row_id), name="重要", version=1)
    assert (await app.engine.executor.run(admin, RENAME, edit)).version == 2
    with pytest.raises(VersionConflict) as refused:
        await app.engine.executor.run(admin, RENAME, edit)
    assert refused.value.details == {"version": "2"}


async def test_audit_and_clock_follow_every_change(world: World, app) -> None:
    admin = await world.yunfan.actor()
    context = TenantContext(world.yunfan.tenant_id, None, EVERYTHING)
    async with app.engine.database.tenant(context) as session:
        before = (await session.execute(text("SELECT value FROM app.tenant_clock"))).scalar_one()
    made = await app.engine.executor.run(admin, MAKE, MakeTag(name="重点"))
    await app.engine.executor.run(admin, RENAME, RenameTag(id=str(made.row_id), name="重要"))
    async with app.engine.database.tenant(context) as session:
        after = (await session.execute(text("SELECT value FROM app.tenant_clock"))).scalar_one()
        entries = (
            await session.execute(
                text("SELECT op, before, after, member_id FROM app.audit_entry WHERE row_id = :id ORDER BY id"),
                {"id": made.row_id},
            )
        ).all()
        logged = (
            await session.execute(text("SELECT op, clock FROM app.change_log WHERE row_id = :id"), {"id": made.row_id})
        ).all()
    assert after == before + 2
    assert [(e.op, e.before, e.after) for e in entries] == [
        ("insert", None, {"name": "重点"}),
        ("update", {"name": "重点"}, {"name": "重要"}),
    ]
    assert {e.member_id for e in entries} == {admin.member_id}
    assert [tuple(row) for row in logged] == [("put", after)]


@pytest.mark.parametrize("name", ["\ud800", "a\x00b"])
async def test_text_that_cannot_be_stored_is_refused(world: World, app, name: str) -> None:
    with pytest.raises(TextUnreadable) as refused:
        await app.engine.executor.run(await world.yunfan.actor(), MAKE, MakeTag(name=name))
    assert refused.value.field == "name"


async def test_backslashes_are_no_nul(world: World, app) -> None:
    made = await app.engine.executor.run(await world.yunfan.actor(), MAKE, MakeTag(name="a\\u0000b"))
    assert made.version == 1


async def test_first_calls_with_one_key_at_once_have_one_effect(world: World, app) -> None:
    admin = await world.yunfan.actor()
    answers = await asyncio.gather(
        *(app.engine.executor.run(admin, MAKE, MakeTag(name="并发"), Invocation(key="same")) for _ in range(5))
    )
    assert len({answer.row_id for answer in answers}) == 1
    assert sorted(answer.replayed for answer in answers) == [False, True, True, True, True]


async def test_a_clock_that_is_held_too_long_is_busy_and_keeps_nothing(world: World, app) -> None:
    """The stamp is the transaction's last statement: its failure must undo all, and be told as any lost race."""
    admin = await world.yunfan.actor()
    held = TenantContext(world.yunfan.tenant_id, None, EVERYTHING)
    quick = _declared("tests.make_tag_quickly", _make_quickly, MakeTag)
    async with app.engine.database.tenant(held) as session:
        await session.execute(text("UPDATE app.tenant_clock SET value = value"))
        with pytest.raises(Busy):
            await app.engine.executor.run(admin, quick, MakeTag(name="等钟"))
    async with app.engine.database.tenant(held) as session:
        assert (await session.execute(text("SELECT count(*) FROM app.tag"))).scalar_one() == 0
    made = await app.engine.executor.run(admin, MAKE, MakeTag(name="等钟"))
    assert made.version == 1


async def _make_quickly(ctx: Context, data: MakeTag) -> Tag:
    await ctx.session.execute(text("SET LOCAL lock_timeout = '50ms'"))
    return await _make(ctx, data)


async def test_without_a_clock_nothing_is_kept(world: World, app) -> None:
    admin = await world.yunfan.actor()
    wide = TenantContext(world.yunfan.tenant_id, None, EVERYTHING)

    async def without_clock(ctx: Context, data: MakeTag) -> Tag:
        await ctx.session.execute(text("DELETE FROM app.tenant_clock"))
        return await _make(ctx, data)

    with pytest.raises(DBAPIError):
        await app.engine.executor.run(
            admin, _declared("tests.lose_clock", without_clock, MakeTag), MakeTag(name="无钟")
        )
    async with app.engine.database.tenant(wide) as session:
        assert (await session.execute(text("SELECT count(*) FROM app.tag"))).scalar_one() == 0
        assert (await session.execute(text("SELECT count(*) FROM app.tenant_clock"))).scalar_one() == 1
