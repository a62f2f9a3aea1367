"""Saved views: who may share, what is refused, whose eyes they are for, and that they come to devices."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from kernel.query import select_visible
from tenants.commands import create_saved_view as module
from tenants.commands.create_saved_view import CreateSavedView, EditSavedView, SavedViewById
from tenants.saved_view_entities import SavedView
from tests.party.makers import row_of
from tests.world import Company, World
from values.errors import AlreadyTaken, NotFound, PermissionDenied, Refusal, SubscriptionLapsed, VersionConflict
from values.ids import new_id

CONFIG: dict[str, Any] = {
    "where": [{"field": "level", "op": "in", "value": ["a", "b"]}, {"field": "custom.vat_id", "op": "filled"}],
    "orderBy": [{"field": "name", "desc": False}],
    "columns": [{"field": "name", "width": 240}, {"field": "phone", "hidden": True}],
    "layout": "table",
}
CREATE = "tenants.create_saved_view"


async def make(company: Company, who: str = "li", **fields: Any) -> UUID:
    given = {"collection": "customers", "name": "重点客户", "config": CONFIG, **fields}
    return (await company.run(who, CREATE, CreateSavedView(**given))).row_id


async def seen_by(company: Company, who: str) -> set[UUID]:
    actor = await company.actor(who)
    async with company.app.engine.reading(actor) as session:
        return set(await session.scalars(select_visible(SavedView, actor).with_only_columns(SavedView.id)))


async def test_sharing_asks_for_the_right(world: World) -> None:
    for who in ("li", "zhou"):
        with pytest.raises(PermissionDenied) as refused:
            await make(world.yunfan, who, sharing="shared")
        assert refused.value.details["permission"] == "共享列表视图"
    shared = await make(world.yunfan, "wang", sharing="shared")
    for command, data in _changes(shared):
        with pytest.raises(PermissionDenied):
            await world.yunfan.run("li", command, data)


async def test_anothers_view_is_theirs(world: World) -> None:
    """Not even 小李's manager sees it; admins, who see everything, leave it alone."""
    mine = await make(world.yunfan, "li")
    for command, data in _changes(mine):
        for who in ("zhao", "wang", "admin"):
            with pytest.raises(NotFound):
                await world.yunfan.run(who, command, data)
        with pytest.raises(NotFound):
            await world.seagull.run("admin", command, data)
    for who in ("zhao", "wang", "zhou"):
        assert mine not in await seen_by(world.yunfan, who)
    assert mine in await seen_by(world.yunfan, "li")


def _changes(view_id: UUID) -> list[tuple[str, Any]]:
    return [
        ("tenants.edit_saved_view", EditSavedView(id=view_id, name="偷")),
        ("tenants.archive_saved_view", SavedViewById(id=view_id)),
        ("tenants.restore_saved_view", SavedViewById(id=view_id)),
    ]


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"collection": "passwords"}, "VIEW_COLLECTION_UNKNOWN", "collection"),
        ({"collection": "legal_entities"}, "VIEW_COLLECTION_UNKNOWN", "collection"),
        ({"name": " "}, "NAME_INVALID", "name"),
        ({"name": "长" * 61}, "NAME_INVALID", "name"),
        ({"sharing": "public"}, "INVALID_INPUT", "sharing"),
        ({"position": -1}, "INVALID_INPUT", "position"),
        ({"config": {"script": "x"}}, "VIEW_CONFIG_INVALID", "config"),
        ({"config": {"where": [{"field": "level", "op": "like"}]}}, "VIEW_CONFIG_INVALID", "config.where[0].op"),
        ({"config": {"where": [{"field": "a'; --", "op": "eq"}]}}, "VIEW_CONFIG_INVALID", "config.where[0].field"),
        (
            {"config": {"where": [{"field": "x", "op": "eq", "value": {}}]}},
            "VIEW_CONFIG_INVALID",
            "config.where[0].value",
        ),
        ({"config": {"where": [{"field": "x", "op": "eq"}] * 31}}, "VIEW_CONFIG_INVALID", "config.where"),
        ({"config": {"columns": [{"field": "x", "width": 10**6}]}}, "VIEW_CONFIG_INVALID", "config.columns[0].width"),
        ({"config": {"orderBy": [{"field": "x"}] * 4}}, "VIEW_CONFIG_INVALID", "config.orderBy"),
        ({"config": {"text": "长" * 101}}, "VIEW_CONFIG_INVALID", "config.text"),
        (
            {"config": {"where": [{"field": "x", "op": "in", "value": ["长" * 400] * 20}]}},
            "VIEW_CONFIG_INVALID",
            "config",
        ),
    ],
)
async def test_what_no_list_has_is_refused_by_its_place(world: World, fields, code, field) -> None:
    with pytest.raises(Refusal) as refused:
        await make(world.yunfan, **fields)
    assert (refused.value.code, refused.value.field) == (code, field)
    for language in ("zh-CN", "en"):
        assert refused.value.sentence(language)


async def test_a_member_has_not_too_many(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_VIEWS", 2)
    first, _ = await make(world.yunfan), await make(world.yunfan)
    with pytest.raises(Refusal) as refused:
        await make(world.yunfan)
    assert refused.value.code == "TOO_MANY_SAVED_VIEWS"
    await make(world.yunfan, "zhao")
    await world.yunfan.run("li", "tenants.archive_saved_view", SavedViewById(id=first))
    await make(world.yunfan)
    with pytest.raises(Refusal):
        await world.yunfan.run("li", "tenants.restore_saved_view", SavedViewById(id=first))


async def test_an_id_is_taken_once_and_an_old_version_is_refused(world: World) -> None:
    made = await make(world.yunfan, id=new_id())
    with pytest.raises(AlreadyTaken):
        await make(world.yunfan, "zhao", id=made)
    with pytest.raises(VersionConflict):
        await world.yunfan.run("li", "tenants.edit_saved_view", EditSavedView(id=made, version=7, name="乙"))
    with pytest.raises(NotFound):
        await world.yunfan.run("li", "tenants.edit_saved_view", EditSavedView(id=uuid4(), name="乙"))


async def test_not_after_the_trial(world: World, clock) -> None:
    clock.move(days=17)
    with pytest.raises(SubscriptionLapsed):
        await make(world.yunfan)


async def test_a_view_is_kept_changed_removed_and_brought_back(world: World) -> None:
    made = await make(world.yunfan, "zhou", name=" 我的 ")
    await world.yunfan.run("zhou", "tenants.edit_saved_view", EditSavedView(id=made, config={}, position=3))
    row = await row_of(world.yunfan, SavedView, made)
    assert (row.name, row.config, row.position, row.sharing) == ("我的", {}, 3, "own")
    assert row.owner_id == world.yunfan.people["zhou"]
    for _ in range(2):
        await world.yunfan.run("zhou", "tenants.archive_saved_view", SavedViewById(id=made))
    assert made not in await seen_by(world.yunfan, "zhou")
    for _ in range(2):
        await world.yunfan.run("zhou", "tenants.restore_saved_view", SavedViewById(id=made))
    assert made in await seen_by(world.yunfan, "zhou")


async def test_a_shared_view_is_everybodys_and_one_member_of_this_company_only(world: World) -> None:
    shared = await make(world.yunfan, "wang", sharing="shared")
    for who in ("li", "zhao", "zhou", "admin"):
        assert shared in await seen_by(world.yunfan, who)
    assert await seen_by(world.seagull, "admin") == set()
    await world.yunfan.run("admin", "tenants.edit_saved_view", EditSavedView(id=shared, name="全公司"))
    assert (await row_of(world.yunfan, SavedView, shared)).name == "全公司"
    assert await seen_without_a_role(world) == {shared}


async def seen_without_a_role(world: World) -> set[UUID]:
    from tenants.entities import RoleAssignment
    from tests.world import seed

    async def strip(ctx) -> None:
        mine = RoleAssignment.member_id == world.yunfan.people["zhao"]
        for held in await ctx.session.scalars(select(RoleAssignment).where(mine)):
            await ctx.delete(held)

    await seed(world.yunfan.app, world.yunfan.tenant_id, strip)
    return await seen_by(world.yunfan, "zhao")
