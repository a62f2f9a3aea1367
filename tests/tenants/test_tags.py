"""Tags: who may make them, what a row may carry, how sets merge."""

from __future__ import annotations

from uuid import UUID

import pytest

from kernel.context import Context
from modules.party.entities import Customer
from tenants.commands.create_tag import CreateTag, EditTag, TagById
from tenants.custom_field_errors import TagUnknown, TooManyTags
from tenants.errors import AlreadyArchived, ColourInvalid, NameInvalid, NotArchived
from tenants.tags import apply_tags
from tests.tenants.rows import add_customer, as_person, rows_of
from tests.world import Company, World
from values.errors import AlreadyTaken, NotFound, PermissionDenied
from values.ids import new_id


async def make_tag(company: Company, name: str) -> UUID:
    return (await company.run("admin", "tenants.create_tag", CreateTag(name=name))).row_id


async def set_tags(company: Company, row_id: UUID, tag_ids: list[UUID]) -> list[UUID]:
    async def work(ctx: Context) -> list[UUID]:
        row = await ctx.lock(Customer, row_id)
        await apply_tags(ctx, row, tag_ids)
        return row.tag_ids

    return await as_person(company, "li", work)


async def test_a_salesperson_may_not_make_tags(world: World) -> None:
    with pytest.raises(PermissionDenied):
        await world.yunfan.run("li", "tenants.create_tag", CreateTag(name="重点"))


async def test_another_companys_tag_is_not_found(world: World) -> None:
    tag_id = await make_tag(world.yunfan, "重点")
    for command, data in (
        ("tenants.edit_tag", EditTag(id=tag_id, name="偷")),
        ("tenants.archive_tag", TagById(id=tag_id)),
        ("tenants.restore_tag", TagById(id=tag_id)),
    ):
        with pytest.raises(NotFound):
            await world.seagull.run("admin", command, data)


async def test_names_and_colours_are_checked(world: World) -> None:
    for name in ("", "   ", "x" * 31, "a\nb"):
        with pytest.raises(NameInvalid):
            await world.yunfan.run("admin", "tenants.create_tag", CreateTag(name=name))
    with pytest.raises(ColourInvalid):
        await world.yunfan.run("admin", "tenants.create_tag", CreateTag(name="重点", colour="red"))
    tag_id = await make_tag(world.yunfan, " 重点 ")
    with pytest.raises(AlreadyTaken) as refused:
        await make_tag(world.yunfan, "重点")
    assert (refused.value.field, refused.value.details) == ("name", {"value": "重点"})
    await make_tag(world.seagull, "重点")
    await world.yunfan.run("admin", "tenants.edit_tag", EditTag(id=tag_id, name="重要", colour="#1677FF"))
    rows = await rows_of(world.yunfan.app, world.yunfan.tenant_id, "SELECT name, colour FROM app.tag")
    assert [tuple(row) for row in rows] == [("重要", "#1677FF")]


async def test_unknown_foreign_and_archived_tags_are_refused(world: World) -> None:
    row_id = await add_customer(world.yunfan, "鸿达", "li")
    foreign, archived = await make_tag(world.seagull, "外"), await make_tag(world.yunfan, "旧")
    await world.yunfan.run("admin", "tenants.archive_tag", TagById(id=archived))
    for tag_id in (foreign, archived, new_id()):
        with pytest.raises(TagUnknown):
            await set_tags(world.yunfan, row_id, [tag_id])
    with pytest.raises(TooManyTags):
        await set_tags(world.yunfan, row_id, [new_id() for _ in range(51)])


async def test_a_row_carries_each_tag_once_and_the_index_follows(world: World, app) -> None:
    row_id = await add_customer(world.yunfan, "鸿达", "li")
    await add_customer(world.yunfan, "远航", "li")
    a, b, c = [await make_tag(world.yunfan, name) for name in ("甲", "乙", "丙")]
    assert await set_tags(world.yunfan, row_id, [a, b, a]) == [a, b]
    assert await set_tags(world.yunfan, row_id, [c, b]) == [c, b]
    rows = await rows_of(app, world.yunfan.tenant_id, "SELECT tag_id, entity, row_id FROM app.row_tag")
    assert {tuple(row) for row in rows} == {(b, "party.Customer", row_id), (c, "party.Customer", row_id)}


async def test_an_archived_tag_stays_where_it_is_until_taken_off(world: World) -> None:
    row_id = await add_customer(world.yunfan, "鸿达", "li")
    a, b = await make_tag(world.yunfan, "甲"), await make_tag(world.yunfan, "乙")
    await set_tags(world.yunfan, row_id, [a])
    with pytest.raises(NotArchived):
        await world.yunfan.run("admin", "tenants.restore_tag", TagById(id=a))
    await world.yunfan.run("admin", "tenants.archive_tag", TagById(id=a))
    with pytest.raises(AlreadyArchived):
        await world.yunfan.run("admin", "tenants.archive_tag", TagById(id=a))
    assert await set_tags(world.yunfan, row_id, [a, b]) == [a, b]
    assert await set_tags(world.yunfan, row_id, [b]) == [b]
    with pytest.raises(TagUnknown):
        await set_tags(world.yunfan, row_id, [a])
    await world.yunfan.run("admin", "tenants.restore_tag", TagById(id=a))
    assert await set_tags(world.yunfan, row_id, [a]) == [a]
