"""A new customer: what is refused first, then what is stored."""

from __future__ import annotations

from uuid import uuid4

import pytest
from sqlalchemy import text

from kernel.db import TenantContext
from kernel.executor import Invocation
from kernel.policy import EVERYTHING
from modules.party.commands.create_customer import CreateCustomer
from modules.party.entities import Customer
from modules.party.errors import FieldHiddenFromYou, OwnerDeactivated
from modules.party.field_checks import LARGEST_MINOR
from tenants.entities import Member, Role
from tests.party.makers import make_customer, row_of, rows_of
from tests.world import World, seed
from values.errors import AlreadyTaken, NotFound, PermissionDenied, Refusal, SubscriptionLapsed
from values.ids import new_id


async def test_auditor_may_not(world: World) -> None:
    with pytest.raises(PermissionDenied):
        await make_customer(world.yunfan, "zhou")


async def test_after_the_trial_nobody_may(world: World, clock) -> None:
    clock.move(days=17)
    with pytest.raises(SubscriptionLapsed):
        await make_customer(world.yunfan)


async def test_salesperson_may_not_create_for_a_colleague(world: World) -> None:
    with pytest.raises(PermissionDenied) as refused:
        await make_customer(world.yunfan, "li", owner_id=world.yunfan.people["zhao"])
    assert refused.value.field == "ownerId"


async def test_another_tenants_rows_do_not_exist(world: World) -> None:
    theirs = await make_customer(world.seagull)
    for field, value in {"parent_id": theirs, "owner_id": world.seagull.people["qian"]}.items():
        with pytest.raises(NotFound) as refused:
            await make_customer(world.yunfan, **{field: value})
        with pytest.raises(NotFound) as unknown:
            await make_customer(world.yunfan, **{field: uuid4()})
        assert refused.value.to_wire() == unknown.value.to_wire()


async def test_a_colleagues_customer_cannot_be_the_parent(world: World) -> None:
    theirs = await make_customer(world.yunfan, "zhao")
    with pytest.raises(NotFound) as refused:
        await make_customer(world.yunfan, "li", parent_id=theirs)
    assert refused.value.field == "parentId"


REFUSED = [
    ("name", "", "REQUIRED"),
    ("name", "   \u3000 ", "REQUIRED"),
    ("name", "\u200b\ufeff", "REQUIRED"),
    ("name", "云" * 201, "TEXT_TOO_LONG"),
    ("name", "云" * 1_000_000, "TEXT_TOO_LONG"),
    ("name", "云\x00帆", "TEXT_UNREADABLE"),
    ("name", "云\n帆", "TEXT_UNREADABLE"),
    ("name", "云\x1b[31m帆", "TEXT_UNREADABLE"),
    ("code", "K" * 65, "TEXT_TOO_LONG"),
    ("level", "vip", "CHOICE_UNKNOWN"),
    ("source", "A", "CHOICE_UNKNOWN"),
    ("credit_grade", "AAA+", "CHOICE_UNKNOWN"),
    ("phone", "打给老王", "PHONE_INVALID"),
    ("phone", "12", "PHONE_INVALID"),
    ("phone", "1" * 60, "PHONE_INVALID"),
    ("email", "老王@", "EMAIL_INVALID"),
    ("email", "a@b", "EMAIL_INVALID"),
    ("address", "路" * 501, "TEXT_TOO_LONG"),
    ("notes", "注" * 20_001, "TEXT_TOO_LONG"),
    ("notes", "a\x00b", "TEXT_UNREADABLE"),
    ("credit_limit_minor", -1, "AMOUNT_OUT_OF_RANGE"),
    ("credit_limit_minor", LARGEST_MINOR + 1, "AMOUNT_OUT_OF_RANGE"),
    ("credit_limit_minor", 2**70, "AMOUNT_OUT_OF_RANGE"),
    ("credit_currency", "CNY", "CURRENCY_WITHOUT_AMOUNT"),
    ("credit_currency", "人民币", "CURRENCY_UNKNOWN"),
    ("credit_currency", "cny", "CURRENCY_UNKNOWN"),
    ("tag_ids", [uuid4()], "TAG_UNKNOWN"),
    ("custom", {"不存在": 1}, "CUSTOM_FIELD_UNKNOWN"),
]


async def test_bad_input_is_refused_by_field(world: World) -> None:
    wire = {"credit_grade": "creditGrade", "credit_limit_minor": "creditLimitMinor"}
    wire |= {"credit_currency": "creditCurrency", "tag_ids": "tagIds", "custom": "custom.不存在"}
    for column, value, code in REFUSED:
        with pytest.raises(Refusal) as refused:
            await make_customer(world.yunfan, "li", **{column: value})
        shown = refused.value
        assert (shown.code, shown.field) == (code, wire.get(column, column)), (column, str(value)[:20])
        for language in ("zh-CN", "en"):
            assert shown.sentence(language)
            assert shown.remedy(language)
            assert "{" not in shown.sentence(language) + shown.remedy(language)
    assert await rows_of(world.yunfan, "li", Customer.__table__.select()) == []


async def test_several_wrong_fields_are_told_together(world: World) -> None:
    wrong = {"phone": "123", "email": "not-mail", "website": "javascript:alert(1)"}
    with pytest.raises(Refusal) as refused:
        await make_customer(world.yunfan, "li", **wrong)
    assert (refused.value.code, refused.value.field) == ("FIELDS_WRONG", "phone")
    told = [(part["field"], part["code"]) for part in refused.value.each("en")]
    assert told == [("phone", "PHONE_INVALID"), ("email", "EMAIL_INVALID"), ("website", "WEBSITE_INVALID")]
    assert await rows_of(world.yunfan, "li", Customer.__table__.select()) == []


STORED = [
    ("name", "  云帆\u202e科技 ", "云帆科技"),
    ("name", "👨\u200d👩\u200d👧 母婴店", "👨\u200d👩\u200d👧 母婴店"),
    ("name", "شركة النور للتجارة", "شركة النور للتجارة"),
    ("name", "Cafe\u0301 王府井", "Café 王府井"),
    ("name", "𠮷野家(北京)", "𠮷野家(北京)"),
    ("name", "'; DROP TABLE app.customer; --", "'; DROP TABLE app.customer; --"),
    ("name", "=HYPERLINK(1)", "=HYPERLINK(1)"),
    ("code", " KH-001 ", "KH-001"),
    ("phone", "138 0013 8000", "+8613800138000"),
    ("phone", "0571-88888888", "+8657188888888"),
    ("phone", "(0571)88888888 转 801", "+8657188888888x801"),
    ("phone", "+852 9123 4567", "+85291234567"),
    ("phone", "95588", "95588"),
    ("phone", "88888888", "88888888"),
    ("email", " Wang.Wu@EXAMPLE.com ", "wang.wu@example.com"),
    ("notes", "第一行\r\n第二行\t完", "第一行\n第二行\t完"),
    ("address", "", None),
    ("industry", "   ", None),
    ("level", "a", "a"),
    ("credit_limit_minor", 0, 0),
    ("credit_limit_minor", 5_000_000, 5_000_000),
]


async def test_what_was_typed_is_stored_in_one_spelling(world: World) -> None:
    for column, typed, stored in STORED:
        made = await make_customer(world.yunfan, "li", **{column: typed})
        row = await row_of(world.yunfan, Customer, made)
        assert getattr(row, column) == stored, (column, typed)
        if column == "code":
            with pytest.raises(AlreadyTaken) as refused:
                await make_customer(world.yunfan, "zhao", code="KH-001")
            assert refused.value.field == "code"


async def test_a_credit_limit_takes_the_companys_currency(world: World) -> None:
    row = await row_of(world.yunfan, Customer, await make_customer(world.yunfan, credit_limit_minor=100_00))
    assert (row.credit_limit_minor, row.credit_currency) == (100_00, "CNY")
    abroad = await make_customer(world.yunfan, credit_limit_minor=100_00, credit_currency="USD")
    assert (await row_of(world.yunfan, Customer, abroad)).credit_currency == "USD"


async def test_the_row_lies_with_its_owner(world: World) -> None:
    made = await make_customer(world.yunfan, "li", name="宁波港务")
    row = await row_of(world.yunfan, Customer, made)
    owner = await row_of(world.yunfan, Member, world.yunfan.people["li"])
    assert (row.owner_id, row.scope_path, row.created_by_id) == (owner.id, owner.path, owner.id)
    assert row.name_key.startswith("ning2")
    seen = {who: await rows_of(world.yunfan, who, Customer.__table__.select()) for who in ("li", "zhao", "wang", "lin")}
    assert [len(seen[who]) for who in ("li", "zhao", "wang", "lin")] == [1, 0, 1, 1]


async def test_a_manager_creates_for_a_salesperson(world: World) -> None:
    made = await make_customer(world.yunfan, "lin", owner_id=world.yunfan.people["zhao"])
    row = await row_of(world.yunfan, Customer, made)
    owner = await row_of(world.yunfan, Member, world.yunfan.people["zhao"])
    assert (row.owner_id, row.scope_path) == (owner.id, owner.path)
    assert row.created_by_id == world.yunfan.people["lin"]


async def test_a_deactivated_colleague_gets_nothing(world: World) -> None:
    async def leave(ctx) -> None:
        (await ctx.get(Member, world.yunfan.people["zhao"])).deactivated_at = ctx.now

    await seed(world.yunfan.app, world.yunfan.tenant_id, leave)
    with pytest.raises(OwnerDeactivated):
        await make_customer(world.yunfan, "lin", owner_id=world.yunfan.people["zhao"])


async def test_an_id_from_a_device_is_kept_and_taken_once(world: World) -> None:
    made_offline = new_id()
    assert await make_customer(world.yunfan, "li", id=made_offline) == made_offline
    for who in ("li", "zhao", "admin"):
        with pytest.raises(AlreadyTaken) as refused:
            await make_customer(world.yunfan, who, id=made_offline)
        assert refused.value.field == "id"


async def test_the_same_id_in_another_tenant_works_and_tells_nothing(world: World) -> None:
    shared = await make_customer(world.yunfan, name="云帆的秘密客户")
    assert await make_customer(world.seagull, "qian", id=shared, name="海鸥的客户") == shared
    assert (await row_of(world.yunfan, Customer, shared)).name == "云帆的秘密客户"
    assert (await row_of(world.seagull, Customer, shared)).name == "海鸥的客户"


async def test_a_retry_with_its_key_is_answered_not_doubled(world: World) -> None:
    data, call = CreateCustomer(id=new_id(), name="重试贸易"), Invocation(key="first-try")
    first = await world.yunfan.run("li", "party.create_customer", data, call=call)
    again = await world.yunfan.run("li", "party.create_customer", data, call=call)
    assert again.replayed
    assert again.row_id == first.row_id
    assert len(await rows_of(world.yunfan, "li", Customer.__table__.select())) == 1


async def test_a_hidden_field_cannot_be_filled_in(world: World) -> None:
    async def hide(ctx) -> None:
        for role in await ctx.session.scalars(Role.__table__.select().with_only_columns(Role.id)):
            (await ctx.get(Role, role)).masks = ["party.Customer.credit_limit_minor"]

    await seed(world.yunfan.app, world.yunfan.tenant_id, hide)
    with pytest.raises(FieldHiddenFromYou) as refused:
        await make_customer(world.yunfan, "li", credit_limit_minor=100)
    assert refused.value.field == "creditLimitMinor"
    await make_customer(world.yunfan, "li")


async def test_it_is_found_by_pinyin_phone_and_code(world: World) -> None:
    made = await make_customer(world.yunfan, "li", name="重庆火锅", code="CQ-9", phone="13900001111")
    async with world.yunfan.app.engine.database.tenant(
        TenantContext(world.yunfan.tenant_id, None, EVERYTHING)
    ) as session:
        terms = set(await session.scalars(text("SELECT term FROM app.search_term WHERE row_id = :id"), {"id": made}))
    assert {"chongqinghuoguo", "cqhg", "13900001111", "cq9"} <= terms
