"""What a command costs in statements, and what stands between the driver's rows and the unit of work."""

from __future__ import annotations

import re
from contextlib import AsyncExitStack, nullcontext
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from infra.flights import Flights
from infra.questions import Asking, Question
from kernel.command import Command, Input
from kernel.context import Context
from kernel.db import Opening, TenantContext
from kernel.executor import Invocation
from kernel.policy import EVERYTHING
from tenants.entities import Tag
from tests.world import World, seed
from values.errors import PermissionDenied, VersionConflict


class Rename(Input, frozen=True, kw_only=True):
    id: UUID
    name: str


def _command(handler: Any) -> Command:
    return Command(
        name="tests.rename_tag_by_hand",
        handler=handler,
        input_type=Rename,
        result_type=Tag,
        permission="tenants.tag.manage",
        module=None,
        zh="",
        en="",
    )


async def _rename(ctx: Context, data: Rename) -> Tag:
    tag = await ctx.lock(Tag, data.id)
    tag.name = data.name
    return tag


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[list[list[str]]]:
    """Of each flight its groups of statements."""
    found: list[list[list[str]]] = []
    real = Flights.send

    def noted(flights: Flights, *groups: Any) -> None:
        found.append([[statement for statement, _ in group] for group in groups])
        real(flights, *groups)

    monkeypatch.setattr(Flights, "send", noted)
    return found


async def _tag(world: World, app: Any, name: str = "重点") -> UUID:
    made: list[UUID] = []

    async def add(ctx: Context) -> None:
        tag = ctx.add(Tag(id=ctx.new_id(), name=name, colour=None, archived_at=None, archived_by_id=None))
        made.append(tag.id)

    await seed(app, world.yunfan.tenant_id, add)
    return made[0]


async def _stored(app: Any, world: World, statement: str, **given: Any) -> list[Any]:
    async with app.engine.database.tenant(TenantContext(world.yunfan.tenant_id, None, EVERYTHING)) as session:
        return list((await session.core(text(statement), given)).all())


async def test_permission_is_refused_and_the_locked_row_stays(world: World, app) -> None:
    tag = await _tag(world, app)
    call = Invocation(locks=((Tag, tag),))
    with pytest.raises(PermissionDenied):
        await app.engine.executor.run(await world.yunfan.actor("li"), _command(_rename), Rename(id=tag, name="x"), call)
    assert [row.name for row in await _stored(app, world, "SELECT name FROM app.tag WHERE id = :id", id=tag)] == [
        "重点"
    ]


async def test_another_tenants_row_is_not_locked(world: World, app) -> None:
    tag = await _tag(world, app)

    async def found(ctx: Context, data: Rename) -> None:
        assert await ctx.session.scalar(select(Tag.name).where(Tag.id == data.id)) is None

    call = Invocation(locks=((Tag, tag),))
    await app.engine.executor.run(await world.seagull.actor(), _command(found), Rename(id=tag, name="x"), call)


async def test_an_edit_of_one_row_is_two_flights(
    world: World, app, sent: list[list[list[str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    tag, admin = await _tag(world, app), await world.yunfan.actor()
    async with app.engine.holding() as engine:
        sent.clear()
        call = Invocation(key="k", locks=((Tag, tag),))
        outcome = await engine.executor.run(admin, _command(_rename), Rename(id=tag, name="重要"), call)
    assert outcome.version == 2
    (opening,), (closing,), (behind,) = sent
    assert behind == ["RESET ALL"]  # once, when the connection goes back
    assert opening[0] == "BEGIN"
    assert [statement.startswith("SET LOCAL app.") for statement in opening[1:]] == [True] * 5 + [False] * 2
    assert len(closing) == 3, closing  # what is written, the clock
    assert closing[-1] == "COMMIT"
    monkeypatch.undo()
    entry = await _stored(
        app, world, "SELECT before, after FROM app.audit_entry WHERE row_id = :id AND op = 'update'", id=tag
    )
    assert [tuple(row) for row in entry] == [({"name": "重点"}, {"name": "重要"})]


async def test_the_unit_of_work_takes_over_what_was_loaded_before(world: World, app) -> None:
    tag = await _tag(world, app)

    async def twice(ctx: Context, data: Rename) -> Tag:
        mine = await ctx.lock(Tag, data.id)
        mine.name = "一"
        same = await ctx.session.scalar(select(Tag).where(Tag.id == data.id))  # asks for the unit of work
        assert same is mine
        same.name = data.name
        return mine

    outcome = await app.engine.executor.run(await world.yunfan.actor(), _command(twice), Rename(id=tag, name="二"))
    assert outcome.version == 2
    entry = await _stored(app, world, "SELECT after FROM app.audit_entry WHERE row_id = :id AND op = 'update'", id=tag)
    assert [row.after for row in entry] == [{"name": "二"}]


async def test_a_flush_is_seen_by_what_is_asked_next(world: World, app) -> None:
    tag = await _tag(world, app)

    async def asks(ctx: Context, data: Rename) -> Tag:
        mine = await ctx.lock(Tag, data.id)
        mine.name = data.name
        await ctx.flush()
        rows = await ctx.session.core(text("SELECT name, version FROM app.tag WHERE id = :id"), {"id": data.id})
        assert [tuple(row) for row in rows] == [(data.name, 2)]
        mine.name = "再"
        return mine

    outcome = await app.engine.executor.run(await world.yunfan.actor(), _command(asks), Rename(id=tag, name="先"))
    assert outcome.version == 3


async def test_an_unlocked_row_that_changed_meanwhile_is_refused(world: World, app) -> None:
    tag, admin = await _tag(world, app), await world.yunfan.actor()

    async def slow(ctx: Context, data: Rename) -> Tag:
        mine = await ctx.visible(Tag, data.id)
        await app.engine.executor.run(admin, _command(_rename), Rename(id=tag, name="别人"))
        mine.name = data.name
        return mine

    with pytest.raises(VersionConflict):
        await app.engine.executor.run(admin, _command(slow), Rename(id=tag, name="我"))
    assert [row.name for row in await _stored(app, world, "SELECT name FROM app.tag WHERE id = :id", id=tag)] == [
        "别人"
    ]


async def test_the_next_opening_flies_behind_the_commit(
    world: World, app, sent: list[list[list[str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, admin = await _tag(world, app), await _tag(world, app, "其次"), await world.yunfan.actor()
    async with app.engine.holding() as engine:
        sent.clear()
        call = Invocation(key="2", locks=((Tag, second),))
        begun = engine.executor.opening(admin, call)
        leading = Invocation(key="1", locks=((Tag, first),), then=lambda: begun)
        await engine.executor.run(admin, _command(_rename), Rename(id=first, name="一"), leading)
        await engine.executor.run(admin, _command(_rename), Rename(id=second, name="二"), replace(call, begun=begun))
    assert [len(flight) for flight in sent] == [1, 2, 1, 1]  # opening; commit and opening; commit; what goes back
    monkeypatch.undo()
    names = await _stored(app, world, "SELECT name, version FROM app.tag ORDER BY name")
    assert sorted(map(tuple, names)) == [("一", 2), ("二", 2)]


@pytest.mark.parametrize("taken", ["another command", "the end"])
async def test_an_opening_that_nobody_takes_holds_no_lock(world: World, app, taken: str) -> None:
    first, second, admin = await _tag(world, app), await _tag(world, app, "其次"), await world.yunfan.actor()
    async with app.engine.holding() as engine:
        begun = engine.executor.opening(admin, Invocation(locks=((Tag, second),)))
        leading = Invocation(then=lambda: begun)
        await engine.executor.run(admin, _command(_rename), Rename(id=first, name="一"), leading)
        if taken == "another command":
            await engine.executor.run(admin, _command(_rename), Rename(id=first, name="又"))
            await app.engine.executor.run(admin, _command(_rename), Rename(id=second, name="别人"))
    await app.engine.executor.run(admin, _command(_rename), Rename(id=second, name="二"))


async def test_a_command_that_cannot_commit_begins_nothing_behind_it(world: World, app) -> None:
    first, second, admin = await _tag(world, app), await _tag(world, app, "其次"), await world.yunfan.actor()
    async with app.engine.holding() as engine:
        begun = engine.executor.opening(admin, Invocation(locks=((Tag, second),)))
        wrong = ("UPDATE app.tag SET version = 1 / (version - version) WHERE tenant_id = %s", [world.yunfan.tenant_id])
        leading = Invocation(closing=(wrong,), then=lambda: begun)
        again = Invocation(locks=((Tag, second),), begun=begun)
        with pytest.raises(DBAPIError):
            await engine.executor.run(admin, _command(_rename), Rename(id=first, name="一"), leading)
        await app.engine.executor.run(admin, _command(_rename), Rename(id=second, name="别人"))  # nobody holds it
        await engine.executor.run(admin, _command(_rename), Rename(id=second, name="先"), again)
    rows = await _stored(app, world, "SELECT name, version FROM app.tag")
    assert sorted(map(tuple, rows)) == [("先", 3), ("重点", 1)]


async def test_a_held_connection_carries_one_transaction_at_a_time(world: World, app) -> None:
    context = TenantContext(world.yunfan.tenant_id, None, EVERYTHING)
    async with app.engine.holding() as engine, engine.database.tenant(context):
        with pytest.raises(RuntimeError, match="one transaction at a time"):
            async with engine.database.tenant(TenantContext(world.seagull.tenant_id, None, EVERYTHING)):
                raise AssertionError("a second context in the first one's transaction")


async def test_a_held_connection_shows_each_transaction_its_own_tenant(world: World, app) -> None:
    await _tag(world, app)
    async with app.engine.holding() as engine:
        for company, count in ((world.yunfan, 1), (world.seagull, 0), (world.yunfan, 1)):
            async with engine.database.tenant(TenantContext(company.tenant_id, None, EVERYTHING)) as session:
                assert (await session.core(text("SELECT count(*) FROM app.tag"))).scalar_one() == count


@pytest.mark.parametrize(
    "poisoned_by",
    ["the flights", "the driver", "the driver after the commit", "a statement after the commit", "nobody"],
)
async def test_what_a_commit_leaves_in_the_session_is_gone_at_the_next_borrower(
    world: World, app, poisoned_by: str
) -> None:
    poison = f"SET app.tenant_id = '{world.yunfan.tenant_id}'"
    async with app.engine.database.tenant(TenantContext(world.yunfan.tenant_id)) as session:
        if poisoned_by == "the flights":
            await session.write_now(poison, None)
        if poisoned_by == "the driver":
            await (await session.raw()).execute(poison.encode())
        await session.commit()
        if poisoned_by == "the driver after the commit":
            await (await session.raw()).execute(poison.encode())
        if poisoned_by == "a statement after the commit":
            await session.core(text(poison))
    assert await _seen_by_the_next(app) == [0]


@pytest.mark.parametrize("held", [False, True])
async def test_what_asks_no_more_is_one_flight_and_leaves_nothing(
    world: World, app, sent: list[list[list[str]]], held: bool
) -> None:
    def asking(statement: str) -> Opening:
        question = Question(statement, [], lambda rows: rows)
        return Opening(TenantContext(world.yunfan.tenant_id, None, EVERYTHING), Asking([question]))

    async with app.engine.holding() if held else nullcontext(app.engine) as engine:
        sent.clear()
        [told] = await engine.database.asked(asking("SELECT count(*) AS n FROM app.member"))
        assert int(re.sub(r"\D", "", told)) > 0
        assert len(sent) == 1
        with pytest.raises(DBAPIError):
            await engine.database.asked(asking("SELECT 1 / (SELECT 0) AS n FROM app.member"))
        set_it = f"SELECT set_config('app.tenant_id', '{world.yunfan.tenant_id}', false)"
        assert len(await engine.database.asked(asking(set_it))) == 1  # goes back with the transaction
        seagull = Opening(TenantContext(world.seagull.tenant_id), Asking([]))
        async with engine.database.opened(seagull) as session:
            wanted = "SELECT count(*) FROM app.member WHERE tenant_id <> :other"
            found = await session.core(text(wanted), {"other": world.seagull.tenant_id})
            assert found.scalar_one() == 0
    assert await _seen_by_the_next(app) == [0]


@pytest.mark.parametrize("by", ["the flights", "the driver", "a statement"])
async def test_what_a_held_connection_leaves_in_the_session_is_gone_at_the_next_borrower(
    world: World, app, by: str
) -> None:
    poison = f"SET app.tenant_id = '{world.yunfan.tenant_id}'"
    context = TenantContext(world.yunfan.tenant_id)
    async with app.engine.holding() as engine, engine.database.tenant(context) as session:
        if by == "the flights":
            await session.write_now(poison, None)
        if by == "the driver":
            await (await session.raw()).execute(poison.encode())
        if by == "a statement":
            await session.core(text(poison))
        await session.commit()
    assert await _seen_by_the_next(app) == [0]


async def _seen_by_the_next(app: Any) -> list[int]:
    """How many members whoever borrows any of the pool's connections sees without saying for whom."""
    engine, seen = app.engine.database.app, set[int]()
    async with AsyncExitStack() as borrowed:  # all of the pool at once, so that the one is among them
        for _ in range(max(1, engine.pool.checkedin())):
            connection = await borrowed.enter_async_context(engine.connect())
            seen.add((await connection.execute(text("SELECT count(*) FROM app.member"))).scalar_one())
    return sorted(seen)
