"""Custom fields: who may define them, what each kind takes, how it sorts and filters, how 10,000 rows go in."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from kernel.context import Context
from modules.party.entities import Customer
from tenants.commands.define_custom_field import (
    CustomFieldById,
    DefineCustomField,
    EditCustomField,
    FieldChoice,
)
from tenants.custom_field_entities import CustomField
from tenants.custom_field_errors import (
    AmountExpected,
    ChoiceExpected,
    CustomFieldRequired,
    CustomFieldUnknown,
    DateExpected,
    DefinitionInvalid,
    FilterNotPossible,
    NotCustomisable,
    NumberExpected,
    ReferenceExpected,
    TextExpected,
    TooManyCustomFields,
    YesNoExpected,
)
from tenants.custom_fields import (
    apply_custom,
    custom_condition,
    definitions,
    from_cell,
    insert_custom_values,
    parse_custom,
    parse_value,
    to_cell,
    unseen_references,
)
from tenants.custom_kinds import number_key
from tenants.errors import AlreadyArchived, NotArchived
from tests.tenants.rows import add_customer, as_person, rows_of
from tests.world import Company, World, seed
from values.errors import AlreadyTaken, NotFound, PermissionDenied, VersionConflict
from values.ids import new_id
from values.pinyin import sort_key

DEFINE, EDIT = "tenants.define_custom_field", "tenants.edit_custom_field"
ARCHIVE, RESTORE = "tenants.archive_custom_field", "tenants.restore_custom_field"


def a_field(key: str = "grade", kind: str = "text", **options: Any) -> DefineCustomField:
    return DefineCustomField(entity="party.Customer", key=key, label_zh=f"字段{key}", kind=kind, **options)


async def define(company: Company, *fields: DefineCustomField) -> dict[str, CustomField]:
    """Defines fields as the admin and gives them back by key."""
    for field in fields:
        await company.run("admin", DEFINE, field)
    async with company.app.engine.reading(await company.actor()) as session:
        fields = {field.key: field for field in await definitions(session, "party.Customer")}
        session.orm.expunge_all()  # a test keeps them beyond the transaction
        return fields


EVERY_KIND = (
    a_field("note"),
    a_field("score", "number"),
    a_field("worth", "money", currency="CNY"),
    a_field("since", "date"),
    a_field("vip", "yes_no"),
    a_field("size", "choice", choices=[FieldChoice(value="s", zh="小", en="Small"), FieldChoice(value="l", zh="大")]),
    a_field("buyer", "reference", target="party.Customer"),
)


async def set_custom(company: Company, who: str, row_id: UUID, values: dict[str, Any]) -> dict[str, Any]:
    async def work(ctx: Context) -> dict[str, Any]:
        row = await ctx.lock(Customer, row_id)
        await apply_custom(ctx, row, values)
        return row.custom

    return await as_person(company, who, work)


async def found(company: Company, field: CustomField, op: Any, value: Any = None) -> list[str]:
    """Names of the customers that meet a condition, as the admin."""
    async with company.app.engine.reading(await company.actor()) as session:
        names = await session.scalars(select(Customer.name).where(custom_condition(Customer, field, op, value)))
    return sorted(names)


async def test_a_salesperson_may_not_define_fields(world: World) -> None:
    with pytest.raises(PermissionDenied):
        await world.yunfan.run("li", DEFINE, a_field())


async def test_another_companys_field_is_not_found(world: World) -> None:
    made = await world.yunfan.run("admin", DEFINE, a_field())
    for command, data in (
        (EDIT, EditCustomField(id=made.row_id, label_zh="改")),
        (ARCHIVE, CustomFieldById(id=made.row_id)),
        (RESTORE, CustomFieldById(id=made.row_id)),
    ):
        with pytest.raises(NotFound):
            await world.seagull.run("admin", command, data)
    assert (await define(world.seagull)) == {}


@pytest.mark.parametrize(
    ("field", "refusal", "where"),
    [
        (DefineCustomField(entity="tenants.Member", key="a", label_zh="甲", kind="text"), NotCustomisable, "entity"),
        (a_field("Grade"), DefinitionInvalid, "key"),
        (a_field("1st"), DefinitionInvalid, "key"),
        (a_field("a" * 41), DefinitionInvalid, "key"),
        (a_field(kind="colour"), DefinitionInvalid, "kind"),
        (a_field(kind="money"), DefinitionInvalid, "currency"),
        (a_field(kind="choice"), DefinitionInvalid, "choices"),
        (
            a_field(kind="choice", choices=[FieldChoice(value="a", zh="甲"), FieldChoice(value="a", zh="乙")]),
            DefinitionInvalid,
            "choices",
        ),
        (a_field(kind="reference", target="tenants.Nothing"), DefinitionInvalid, "target"),
    ],
)
async def test_unusable_definitions_are_refused(world: World, field: Any, refusal: Any, where: str) -> None:
    with pytest.raises(refusal) as refused:
        await world.yunfan.run("admin", DEFINE, field)
    assert refused.value.field == where
    assert "{" not in refused.value.sentence("zh-CN") + refused.value.sentence("en") + refused.value.remedy("en")


async def test_keys_are_unique_per_entity_and_company(world: World) -> None:
    made = await world.yunfan.run("admin", DEFINE, a_field())
    with pytest.raises(AlreadyTaken) as refused:
        await world.yunfan.run("admin", DEFINE, a_field())
    assert refused.value.field == "key"
    await world.yunfan.run("admin", ARCHIVE, CustomFieldById(id=made.row_id))
    with pytest.raises(AlreadyTaken):
        await world.yunfan.run("admin", DEFINE, a_field())
    await world.yunfan.run(
        "admin", DEFINE, DefineCustomField(entity="party.Contact", key="grade", label_zh="级", kind="text")
    )
    await world.seagull.run("admin", DEFINE, a_field())


async def test_the_hundred_and_first_field_is_refused(world: World, app) -> None:
    async def work(ctx: Context) -> None:
        await ctx.insert_many(
            CustomField,
            [
                {
                    "entity": "party.Customer",
                    "key": f"k{i}",
                    "label_zh": "字段",
                    "kind": "text",
                    "required": False,
                    "filterable": True,
                    "position": i,
                }
                for i in range(99)
            ],
        )

    await seed(app, world.yunfan.tenant_id, work)
    await world.yunfan.run("admin", DEFINE, a_field("the_hundredth"))
    with pytest.raises(TooManyCustomFields):
        await world.yunfan.run("admin", DEFINE, a_field("one_more"))


async def test_edits_keep_versions_and_never_lose_a_choice(world: World) -> None:
    made = await world.yunfan.run("admin", DEFINE, EVERY_KIND[5])
    edit = EditCustomField(id=made.row_id, version=1, required=True, label_en="Size", position=7)
    assert (await world.yunfan.run("admin", EDIT, edit)).version == 2
    with pytest.raises(VersionConflict):
        await world.yunfan.run("admin", EDIT, edit)
    with pytest.raises(DefinitionInvalid):
        await world.yunfan.run(
            "admin", EDIT, EditCustomField(id=made.row_id, choices=[FieldChoice(value="s", zh="小")])
        )
    more = [FieldChoice(value=v, zh=z) for v, z in (("s", "小号"), ("l", "大号"), ("x", "特大"))]
    await world.yunfan.run("admin", EDIT, EditCustomField(id=made.row_id, choices=more))
    field = (await define(world.yunfan))["size"]
    assert (field.required, field.label_en, field.position) == (True, "Size", 7)
    assert field.choices == [
        {"value": "s", "zh": "小号"},
        {"value": "l", "zh": "大号"},
        {"value": "x", "zh": "特大"},
    ]


async def test_archive_and_restore_keep_the_values(world: World) -> None:
    field = (await define(world.yunfan, a_field("note")))["note"]
    row_id = await add_customer(world.yunfan, "鸿达", "li")
    await set_custom(world.yunfan, "li", row_id, {"note": "老客户"})
    with pytest.raises(NotArchived):
        await world.yunfan.run("admin", RESTORE, CustomFieldById(id=field.id))
    await world.yunfan.run("admin", ARCHIVE, CustomFieldById(id=field.id))
    with pytest.raises(AlreadyArchived):
        await world.yunfan.run("admin", ARCHIVE, CustomFieldById(id=field.id))
    with pytest.raises(CustomFieldUnknown):
        await set_custom(world.yunfan, "li", row_id, {"note": "新"})
    await world.yunfan.run("admin", RESTORE, CustomFieldById(id=field.id))
    assert await set_custom(world.yunfan, "li", row_id, {}) == {"note": "老客户"}
    assert await found(world.yunfan, field, "eq", "老客户") == ["鸿达"]


@pytest.mark.parametrize(
    ("key", "value", "refusal"),
    [
        ("nobody", "x", CustomFieldUnknown),
        ("note", 5, TextExpected),
        ("note", "字" * 2001, TextExpected),
        ("note", "a\x00b", TextExpected),
        ("note", "\ud800", TextExpected),
        ("score", "abc", NumberExpected),
        ("score", "NaN", NumberExpected),
        ("score", float("inf"), NumberExpected),
        ("score", 0.1234567890123456, NumberExpected),
        ("score", True, NumberExpected),
        ("score", "1e999", NumberExpected),
        ("worth", "12.50", AmountExpected),
        ("worth", {"amountMinor": 1250, "currency": "USD"}, AmountExpected),
        ("worth", {"amountMinor": 12.5, "currency": "CNY"}, AmountExpected),
        ("worth", {"amountMinor": 2**63, "currency": "CNY"}, AmountExpected),
        ("worth", {"currency": "CNY"}, AmountExpected),
        ("since", "2026-02-30", DateExpected),
        ("since", "20260302", DateExpected),
        ("since", 20260302, DateExpected),
        ("vip", "yes", YesNoExpected),
        ("vip", 1, YesNoExpected),
        ("size", "xxl", ChoiceExpected),
        ("size", ["s"], ChoiceExpected),
        ("buyer", "not-an-id", ReferenceExpected),
        ("buyer", 7, ReferenceExpected),
    ],
)
async def test_wrong_values_name_their_field(world: World, key: str, value: Any, refusal: Any) -> None:
    await define(world.yunfan, *EVERY_KIND)
    row_id = await add_customer(world.yunfan, "鸿达", "li")
    with pytest.raises(refusal) as refused:
        await set_custom(world.yunfan, "li", row_id, {key: value})
    assert refused.value.field == f"custom.{key}"
    assert "{" not in refused.value.sentence("zh-CN") + refused.value.sentence("en") + refused.value.remedy("zh-CN")


async def test_a_reference_must_be_visible_to_whoever_sets_it(world: World) -> None:
    await define(world.yunfan, *EVERY_KIND)
    mine = await add_customer(world.yunfan, "鸿达", "li")
    hers = await add_customer(world.yunfan, "远航", "zhao")
    foreign = await add_customer(world.seagull, "外人", "qian")
    for hidden in (hers, foreign, new_id()):
        with pytest.raises(ReferenceExpected):
            await set_custom(world.yunfan, "li", mine, {"buyer": str(hidden)})
    await set_custom(world.yunfan, "admin", mine, {"buyer": str(hers)})
    # Another edit by someone who cannot see the reference leaves it alone, also when it is sent along unchanged.
    assert await set_custom(world.yunfan, "li", mine, {"buyer": str(hers), "vip": True}) == {
        "buyer": str(hers),
        "vip": True,
    }


async def test_required_holds_for_new_rows_and_for_clearing(world: World) -> None:
    old = await add_customer(world.yunfan, "鸿达", "li")
    await define(world.yunfan, a_field("note", required=True), a_field("score", "number"))

    async def create(values: dict[str, Any]) -> None:
        async def work(ctx: Context) -> None:
            path = await ctx.scope_path(ctx.actor.member_id)
            row = Customer(id=ctx.new_id(), name="新", name_key=sort_key("新"), owner_id=None, scope_path=path)
            ctx.add(row)
            await apply_custom(ctx, row, values)

        await as_person(world.yunfan, "li", work)

    for values in ({}, {"score": 1}, {"note": None}, {"note": ""}):
        with pytest.raises(CustomFieldRequired) as refused:
            await create(values)
        assert refused.value.field == "custom.note"
    await create({"note": "有"})
    assert await set_custom(world.yunfan, "li", old, {"score": 3}) == {"score": "3"}
    with pytest.raises(CustomFieldRequired):
        await set_custom(world.yunfan, "li", old, {"note": None})


async def test_values_are_stored_exactly_audited_and_cleared_by_null(world: World, app) -> None:
    await define(world.yunfan, *EVERY_KIND)
    row_id = await add_customer(world.yunfan, "鸿达", "li")
    given = {
        "note": "备注",
        "score": "12.500",
        "worth": {"amountMinor": "9007199254740993", "currency": "CNY"},
        "since": "2026-03-02",
        "vip": False,
        "size": "l",
        "buyer": str(row_id),
    }
    stored = await set_custom(world.yunfan, "li", row_id, given)
    assert stored == {**given, "score": "12.5"}  # an amount beyond 2⁵³ stays text, which no client rounds
    assert len(await rows_of(app, world.yunfan.tenant_id, "SELECT 1 FROM app.custom_value")) == 7
    after = await set_custom(world.yunfan, "li", row_id, {"score": None, "note": "改"})
    assert "score" not in after
    values = await rows_of(app, world.yunfan.tenant_id, "SELECT value FROM app.custom_value ORDER BY value")
    assert len(values) == 6
    audits = await rows_of(
        app,
        world.yunfan.tenant_id,
        "SELECT before, after FROM app.audit_entry WHERE row_id = :id AND op = 'update' ORDER BY at, id",
        id=row_id,
    )
    assert audits[-1].before["custom"]["note"] == "备注"
    assert audits[-1].after["custom"]["note"] == "改"


async def test_filters_of_every_kind(world: World) -> None:
    fields = await define(world.yunfan, *EVERY_KIND)
    everything = {
        "甲": {"note": "alpha", "score": "-10", "worth": {"amountMinor": -5, "currency": "CNY"}, "since": "2025-12-31"},
        "乙": {"note": "alps", "score": 2, "worth": {"amountMinor": 300, "currency": "CNY"}, "since": "2026-03-02"},
        "丙": {"note": "字" * 500, "score": "10.25", "vip": True, "size": "l"},
        "丁": {"note": "字" * 499 + "异", "vip": False},
    }
    ids = {}
    for name, values in everything.items():
        ids[name] = await add_customer(world.yunfan, name, "li")
        await set_custom(world.yunfan, "li", ids[name], values)
    await set_custom(world.yunfan, "li", ids["丁"], {"buyer": str(ids["甲"])})

    async def names(key: str, op: Any, value: Any = None) -> list[str]:
        return await found(world.yunfan, fields[key], op, value)

    assert await names("note", "eq", "alpha") == ["甲"]
    assert await names("note", "eq", "字" * 500) == ["丙"]
    assert await names("note", "starts_with", "al") == ["乙", "甲"]
    assert await names("note", "starts_with", "a%") == []
    assert await names("score", "lt", 2) == ["甲"]
    assert await names("score", "lte", "2.0") == ["乙", "甲"]
    assert await names("score", "gt", "-10") == ["丙", "乙"]
    assert await names("score", "gte", 10) == ["丙"]
    assert await names("score", "in", [2, "10.250", 77]) == ["丙", "乙"]
    assert await names("score", "in", []) == []
    assert await names("score", "is_null", True) == ["丁"]
    assert await names("score", "is_null", False) == ["丙", "乙", "甲"]
    assert await names("worth", "lt", {"amountMinor": 0, "currency": "CNY"}) == ["甲"]
    assert await names("since", "gte", "2026-01-01") == ["乙"]
    assert await names("vip", "eq", False) == ["丁"]
    assert await names("vip", "ne", True) == ["丁", "乙", "甲"]
    assert await names("size", "eq", "l") == ["丙"]
    assert await names("buyer", "eq", str(ids["甲"])) == ["丁"]
    for key, op, value in (
        ("vip", "gt", True),
        ("note", "lt", "b"),
        ("score", "starts_with", 1),
        ("score", "eq", None),
    ):
        with pytest.raises(FilterNotPossible):
            await names(key, op, value)


async def test_a_field_that_is_not_filterable_keeps_no_index(world: World, app) -> None:
    field = (await define(world.yunfan, a_field("note", filterable=False)))["note"]
    row_id = await add_customer(world.yunfan, "鸿达", "li")
    await set_custom(world.yunfan, "li", row_id, {"note": "x"})
    assert await rows_of(app, world.yunfan.tenant_id, "SELECT 1 FROM app.custom_value") == []
    with pytest.raises(FilterNotPossible):
        await found(world.yunfan, field, "eq", "x")


NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, min_value=Decimal("-1e30"), max_value=Decimal("1e30"))


@given(NUMBERS, NUMBERS)
def test_the_byte_order_of_number_keys_is_the_numbers_order(left: Decimal, right: Decimal) -> None:
    a, b = number_key(left).encode(), number_key(right).encode()
    assert (a < b, a == b) == (left < right, left == right)


async def test_postgresql_sorts_number_keys_as_numbers(world: World, app) -> None:
    numbers = [Decimal(n) for n in ("-1000", "-10.5", "-1.23", "-1.2", "-0.001", "0", "0.001", "0.01", "1", "9", "10")]
    async with app.engine.reading(await world.yunfan.actor()) as session:
        fetch = await (await session.raw()).execute(
            'SELECT k FROM unnest(%s::text[]) AS k ORDER BY k COLLATE "C"', [[number_key(n) for n in reversed(numbers)]]
        )
        ordered = [row[0] for row in await fetch.fetchall()]
    assert ordered == [number_key(n) for n in numbers]


def test_cells_go_in_and_out() -> None:
    def field(kind: str, **options: Any) -> CustomField:
        return CustomField(key="k", label_zh="字段", label_en="Field", kind=kind, **options)

    size = field("choice", choices=[{"value": "s", "zh": "小", "en": "Small"}])
    cases: list[tuple[CustomField, str, Any, str, str]] = [
        (field("text"), " 备注 ", "备注", "备注", "备注"),
        (field("number"), "1,234.50", "1234.5", "1234.5", "1234.5"),
        (field("money", currency="CNY"), "¥1,234.5", {"amountMinor": 123450, "currency": "CNY"}, "1234.50", "1234.50"),
        (field("date"), "2026年3月2日", "2026-03-02", "2026-03-02", "2026-03-02"),
        (field("date"), "2026/3/2", "2026-03-02", "2026-03-02", "2026-03-02"),
        (field("yes_no"), "是", True, "是", "Yes"),
        (field("yes_no"), "No", False, "否", "No"),
        (size, "小", "s", "小", "Small"),
        (size, "s", "s", "小", "Small"),
    ]
    for found_field, cell, value, zh, en in cases:
        parsed = parse_value(found_field, from_cell(found_field, cell))
        assert (parsed, to_cell(found_field, parsed, "zh-CN"), to_cell(found_field, parsed, "en")) == (value, zh, en)
    with pytest.raises(AmountExpected):
        from_cell(field("money", currency="CNY"), "1.234")
    with pytest.raises(YesNoExpected):
        parse_value(field("yes_no"), from_cell(field("yes_no"), "也许"))


async def test_a_thousand_rows_take_one_index_statement(world: World, app) -> None:
    fields = await define(world.yunfan, *EVERY_KIND)
    hidden = await add_customer(world.seagull, "外人", "qian")

    async def work(ctx: Context) -> dict[int, CustomField]:
        known = list(fields.values())
        path = await ctx.scope_path(ctx.actor.member_id)
        rows = []
        for i in range(1000):
            custom = parse_custom(known, {"score": i, "note": f"第{i}行"}, complete=True)
            rows.append({"id": new_id(), "name": f"客户{i}", "name_key": str(i), "scope_path": path, "custom": custom})
        await ctx.insert_many(Customer, rows)
        await insert_custom_values(ctx, known, rows)
        return await unseen_references(ctx, known, [{"buyer": str(rows[0]["id"])}, {"buyer": str(hidden)}, {}])

    unseen = await as_person(world.yunfan, "admin", work)
    assert {i: field.key for i, field in unseen.items()} == {1: "buyer"}
    counted = await rows_of(app, world.yunfan.tenant_id, "SELECT count(*) FROM app.custom_value")
    assert counted[0][0] == 2000
    assert await found(world.yunfan, fields["score"], "gte", 998) == ["客户998", "客户999"]
