"""A customer's details change; groups of companies stay trees."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from kernel.command import command_named
from kernel.db import TenantContext
from kernel.policy import EVERYTHING
from modules.party.commands.archive_customer import ArchiveCustomer
from modules.party.commands.edit_customer import MAX_LEVELS, EditCustomer
from modules.party.entities import Customer
from modules.party.errors import CustomerParentCycle, CustomerTreeTooDeep, FieldHiddenFromYou, RecordArchived
from tenants.entities import Tag
from tests.party.makers import make_customer, row_of
from tests.world import Company, World, seed
from values.errors import AlreadyTaken, NotFound, PermissionDenied, Refusal, VersionConflict


async def edit(company: Company, who: str, customer_id: UUID, **fields):
    return await company.run(who, "party.edit_customer", EditCustomer(id=customer_id, **fields))


async def test_the_auditor_sees_but_may_not(world: World) -> None:
    made = await make_customer(world.yunfan)
    with pytest.raises(PermissionDenied):
        await edit(world.yunfan, "zhou", made, name="改名")


async def test_unseen_and_foreign_customers_are_not_found(world: World) -> None:
    made = await make_customer(world.yunfan, "zhao")
    answers = set()
    for company, who, row_id in (
        (world.yunfan, "li", made),
        (world.seagull, "admin", made),
        (world.yunfan, "li", uuid4()),
    ):
        with pytest.raises(NotFound) as refused:
            await edit(company, who, row_id, name="偷改")
        answers.add(str(refused.value.to_wire()))
    assert len(answers) == 1
    assert (await row_of(world.yunfan, Customer, made)).version == 1


async def test_what_is_left_out_stays_and_null_clears(world: World) -> None:
    made = await make_customer(world.yunfan, "li", phone="13800138000", level="a", notes="老客户")
    done = await edit(world.yunfan, "li", made, level=None, region="浙江", version=1)
    row = await row_of(world.yunfan, Customer, made)
    assert (done.version, row.level, row.region, row.phone, row.notes) == (2, None, "浙江", "+8613800138000", "老客户")


async def test_an_edit_that_changes_nothing_leaves_no_trace(world: World) -> None:
    made = await make_customer(world.yunfan, "li", phone="13800138000", credit_limit_minor=5)
    await edit(world.yunfan, "li", made, phone="138 0013 8000", credit_limit_minor=5, tag_ids=[], custom={})
    assert (await row_of(world.yunfan, Customer, made)).version == 1


async def test_an_old_version_is_refused(world: World) -> None:
    made = await make_customer(world.yunfan, "li")
    await edit(world.yunfan, "wang", made, level="a", version=1)
    with pytest.raises(VersionConflict):
        await edit(world.yunfan, "li", made, level="b", version=1)


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"name": None}, "REQUIRED", "name"),
        ({"name": " "}, "REQUIRED", "name"),
        ({"level": "金牌"}, "CHOICE_UNKNOWN", "level"),
        ({"phone": "没有"}, "PHONE_INVALID", "phone"),
        ({"email": "@"}, "EMAIL_INVALID", "email"),
        ({"credit_currency": "USD"}, "CURRENCY_WITHOUT_AMOUNT", "creditCurrency"),
        ({"credit_limit_minor": -5}, "AMOUNT_OUT_OF_RANGE", "creditLimitMinor"),
        ({"code": "占用"}, "ALREADY_TAKEN", "code"),
    ],
)
async def test_bad_input_is_refused_by_field(world: World, fields, code, field) -> None:
    await make_customer(world.yunfan, "zhao", code="占用")
    made = await make_customer(world.yunfan, "li")
    with pytest.raises(Refusal) as refused:
        await edit(world.yunfan, "li", made, **fields)
    assert (refused.value.code, refused.value.field) == (code, field)


async def test_currency_follows_the_limit(world: World) -> None:
    made = await make_customer(world.yunfan, credit_limit_minor=100, credit_currency="USD")
    await edit(world.yunfan, "admin", made, credit_limit_minor=200)
    row = await row_of(world.yunfan, Customer, made)
    assert (row.credit_limit_minor, row.credit_currency) == (200, "USD")
    await edit(world.yunfan, "admin", made, credit_limit_minor=None)
    row = await row_of(world.yunfan, Customer, made)
    assert (row.credit_limit_minor, row.credit_currency) == (None, None)


async def test_two_take_one_code_at_the_same_moment(world: World) -> None:
    rows = [await make_customer(world.yunfan, name=f"客户{n}") for n in range(6)]
    ends = await asyncio.gather(
        *(edit(world.yunfan, "admin", row, code="唯一") for row in rows), return_exceptions=True
    )
    lost = [end for end in ends if isinstance(end, BaseException)]
    assert len(lost) == 5
    assert all(isinstance(end, AlreadyTaken) and end.field == "code" for end in lost)


async def test_a_customer_in_the_recycle_bin_is_not_edited(world: World) -> None:
    made = await make_customer(world.yunfan)
    await world.yunfan.run("admin", "party.archive_customer", ArchiveCustomer(id=made))
    with pytest.raises(RecordArchived):
        await edit(world.yunfan, "admin", made, name="改名")
    child = await make_customer(world.yunfan, name="子公司")
    with pytest.raises(RecordArchived) as refused:
        await edit(world.yunfan, "admin", child, parent_id=made)
    assert refused.value.field == "parentId"


async def test_groups_stay_trees(world: World) -> None:
    group = await make_customer(world.yunfan, name="浙江物产集团")
    branch = await make_customer(world.yunfan, name="宁波分公司", parent_id=group)
    shop = await make_customer(world.yunfan, name="鄞州门店", parent_id=branch)
    for below in (group, branch, shop):
        with pytest.raises(CustomerParentCycle) as refused:
            await edit(world.yunfan, "admin", group, parent_id=below)
        assert refused.value.field == "parentId"
    await edit(world.yunfan, "admin", branch, parent_id=None)
    await edit(world.yunfan, "admin", group, parent_id=shop)


async def test_two_edits_cannot_close_a_ring_together(world: World) -> None:
    for _ in range(5):
        first, second = [await make_customer(world.yunfan, name=name) for name in ("甲公司", "乙公司")]
        ends = await asyncio.gather(
            edit(world.yunfan, "admin", first, parent_id=second),
            edit(world.yunfan, "lin", second, parent_id=first),
            return_exceptions=True,
        )
        assert sorted(type(end).__name__ for end in ends) == ["CustomerParentCycle", "Outcome"]


async def test_a_group_has_an_end(world: World) -> None:
    above = None
    for level in range(MAX_LEVELS):
        above = await make_customer(world.yunfan, name=f"第{level}层", parent_id=above)
    last = await make_customer(world.yunfan, name="再下一层")
    with pytest.raises(CustomerTreeTooDeep):
        await edit(world.yunfan, "admin", last, parent_id=above)


async def test_tags_are_a_set_of_the_companys_own(world: World) -> None:
    tags = [uuid4(), uuid4()]

    async def work(ctx) -> None:
        for tag_id, name in zip(tags, ("重点", "华东"), strict=True):
            ctx.add(Tag(id=tag_id, name=name, colour=None, archived_at=None, archived_by_id=None))

    await seed(world.yunfan.app, world.yunfan.tenant_id, work)
    made = await make_customer(world.yunfan, "li", tag_ids=[tags[0], tags[0]])
    await edit(world.yunfan, "li", made, tag_ids=[tags[1]])
    assert (await row_of(world.yunfan, Customer, made)).tag_ids == [tags[1]]
    with pytest.raises(Refusal) as refused:
        await make_customer(world.seagull, "qian", tag_ids=tags)
    assert refused.value.code == "TAG_UNKNOWN"


async def test_every_change_is_in_the_audit(world: World) -> None:
    made = await make_customer(world.yunfan, "li", level="c")
    await edit(world.yunfan, "li", made, level="a")
    async with world.yunfan.app.engine.database.tenant(
        TenantContext(world.yunfan.tenant_id, None, EVERYTHING)
    ) as session:
        entry = (
            await session.execute(
                text(
                    "SELECT command, member_id, before, after FROM app.audit_entry WHERE row_id = :id AND op = 'update'"
                ),
                {"id": made},
            )
        ).one()
    assert (entry.command, entry.member_id) == ("party.edit_customer", world.yunfan.people["li"])
    assert (entry.before, entry.after) == ({"level": "c"}, {"level": "a"})


@pytest.mark.parametrize("fields", [{"phone": None}, {"phone": "0571-88001234"}, {"credit_limit_minor": None}])
async def test_a_hidden_field_can_be_neither_set_nor_cleared(world: World, app, fields: dict) -> None:
    company = world.yunfan
    made = await make_customer(company, "li", phone="13800138000")
    actor = await company.actor("li")
    masks = frozenset({"party.Customer.phone", "party.Customer.credit_limit_minor"})
    hidden = replace(actor, authority=replace(actor.authority, masks=masks))
    with pytest.raises(FieldHiddenFromYou):
        await app.engine.executor.run(hidden, command_named("party.edit_customer"), EditCustomer(id=made, **fields))
    assert (await row_of(company, Customer, made)).phone == "+8613800138000"
