"""An inbox entry names the row that it is about, as it is called now, to whoever may view that row and that field."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import select

from tenants.entities import Role
from tests.party.makers import make_customer
from tests.sales.makers import line, make_order, make_product, make_warehouse
from tests.sync.conftest import Doors
from tests.sync.raw_device import Raw
from tests.sync.test_inbox_reach import Clash, clash  # noqa: F401 — a fixture
from tests.tenants.rows import rows_of
from tests.tenants.test_cross_grants import branches  # noqa: F401 — a fixture
from tests.world import seed

BARE, NAMED = ("修改客户", "Edit customer"), ("修改客户 乙", "Edit customer 乙")


def titles(entries: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """As a device has them, or the API."""
    return [(e["whatZh"], e["whatEn"]) if "whatZh" in e else (e["what_zh"], e["what_en"]) for e in entries]


async def test_who_may_not_view_the_row_reads_no_name_of_it(clash: Clash) -> None:  # noqa: F811
    boss, admin = await clash.doors.device("boss", "boss"), await clash.doors.device("admin", "admin")
    name = (await rows_of(clash.doors.app, clash.branches.company.tenant_id, _name_of(clash.customer)))[0].name
    named = [(f"修改客户 {name}", f"Edit customer {name}")]
    for told in (await clash.entries("boss"), boss.inbox()):
        assert titles(told) == [BARE]
    for told in (await clash.entries("li"), clash.li.inbox(), await clash.entries("admin"), admin.inbox()):
        assert titles(told) == named
    for told in (await clash.audited("admin"), await clash.exported("admin")):
        assert named[0][0] not in told  # it is not kept with the entry
    await clash.lose_the_grant()
    await asyncio.to_thread(clash.li.sync)
    for told in (await clash.entries("li"), clash.li.inbox()):
        assert titles(told) == [BARE]
    assert await asyncio.to_thread(clash.li.verify) == []


async def test_a_row_that_comes_into_sight_brings_its_name(clash: Clash, run) -> None:  # noqa: F811
    boss, people = await clash.doors.device("boss", "boss"), clash.branches.company.people
    assert titles(boss.inbox()) == [BARE]
    await run("admin", "party.edit_customer", id=clash.customer, name="乙")
    await asyncio.to_thread(boss.sync)
    assert titles(boss.inbox()) == [BARE]
    await run("admin", "party.assign_customer", id=clash.customer, owner_id=people["li"])
    await asyncio.to_thread(boss.sync)
    assert titles(boss.inbox()) == [NAMED]
    await run("admin", "party.assign_customer", id=clash.customer, owner_id=people["ma"])
    await asyncio.to_thread(boss.sync)
    assert titles(boss.inbox()) == [BARE]
    assert await asyncio.to_thread(boss.verify) == []


@pytest.mark.parametrize(
    ("mask", "told"),
    [
        ("party.Customer.name", BARE),
        ("party.Customer.code", BARE),  # another of the fields by which rows are called
        ("party.Customer.phone", NAMED),
        ("party.Contact.email", NAMED),
    ],
)
async def test_a_hidden_name_does_not_stand_in_the_title(doors: Doors, run, mask: str, told: tuple[str, str]) -> None:
    made = await run("li", "party.create_customer", name="乙", code="Y1")
    li = await doors.device("li", "li")
    li.mutate("party.edit_customer", id=str(made.row_id), phone="abc")

    async def hide(ctx: Any) -> None:
        for role in await ctx.session.scalars(select(Role)):
            role.masks = [mask]

    await seed(doors.app, doors.world.yunfan.tenant_id, hide)
    await asyncio.to_thread(li.sync)
    assert titles(li.inbox()) == [told]
    assert await asyncio.to_thread(li.verify) == []


async def test_a_renamed_row_is_called_by_its_new_name(doors: Doors, run) -> None:
    made = await run("li", "party.create_customer", name="旧名")
    li = await doors.device("li", "li")
    li.mutate("party.edit_customer", id=str(made.row_id), name="我的名", phone="abc")
    await asyncio.to_thread(li.sync)
    assert titles(li.inbox()) == [("修改客户 旧名", "Edit customer 旧名")]
    [before] = li.inbox()
    await run("wang", "party.edit_customer", id=made.row_id, name="乙")
    await asyncio.to_thread(li.sync)
    assert titles(li.inbox()) == [NAMED]
    assert li.inbox()[0]["version"] == before["version"]
    assert await asyncio.to_thread(li.verify) == []
    fresh = await doors.device("li", "tablet")
    assert titles(fresh.inbox()) == [NAMED]


async def test_an_erased_person_leaves_the_titles(doors: Doors, run) -> None:
    made = await run("li", "party.create_customer", name="金丝雀")
    contact = await run("li", "party.create_contact", customer_id=made.row_id, name="金丝雀小姐")
    li = await doors.device("li", "li")
    li.mutate("party.edit_customer", id=str(made.row_id), phone="abc")
    li.mutate("party.edit_contact", id=str(contact.row_id), mobile="abc", title="经理")
    await asyncio.to_thread(li.sync)
    assert [zh for zh, _ in titles(li.inbox())] == ["修改客户 金丝雀", "修改联系人 金丝雀小姐"]
    await run("admin", "party.erase_customer", id=made.row_id)
    await asyncio.to_thread(li.sync)
    assert titles(li.inbox()) == [BARE, ("修改联系人", "Edit contact")]
    assert await asyncio.to_thread(li.verify) == []


async def test_orders_lines_products_and_warehouses_are_called_as_people_call_them(doors: Doors, world, run) -> None:
    company = world.yunfan
    tea, store = await make_product(company, "茶"), await make_warehouse(company, "主仓")
    customer = await make_customer(company, "li")
    order = await make_order(company, "li", customer, [line(tea)])
    other = await make_order(company, "li", customer, [])
    [row] = await rows_of(doors.app, company.tenant_id, f"SELECT id, number FROM app.sales_order WHERE id = '{order}'")
    [part] = await rows_of(doors.app, company.tenant_id, "SELECT id FROM app.sales_order_line")
    [named] = await rows_of(doors.app, company.tenant_id, _name_of(customer))
    raw = await Raw(doors, "admin").register()
    sent: list[tuple[str, dict[str, Any]]] = [
        ("sales.edit_order", {"id": order, "surprise": 1}),
        ("sales.edit_order_line", {"id": part.id, "surprise": 1}),
        ("sales.add_order_line", {"orderId": order, "productId": tea, "surprise": 1}),
        ("sales.create_order", {"id": other, "customerId": customer}),
        ("catalog.edit_product", {"id": tea, "surprise": 1}),
        ("inventory.edit_warehouse", {"id": store, "surprise": 1}),
        ("tenants.attach_file", {"entity": "party.Customer", "rowId": customer, "fileName": "合同.pdf", "surprise": 1}),
    ]
    await raw.push(*(raw.mutation(n + 1, command, **arguments) for n, (command, arguments) in enumerate(sent)))
    admin = await doors.device("admin", "admin")
    told = {entry["command"]: entry["whatZh"] for entry in admin.inbox()}
    assert told == {
        "sales.edit_order": f"修改销售单 {row.number}",
        "sales.edit_order_line": f"修改销售明细 {row.number}",
        "sales.add_order_line": f"添加销售明细 {row.number}",
        "sales.create_order": f"新建销售单 {named.name}",  # not the order that has its id
        "catalog.edit_product": "修改商品 茶",
        "inventory.edit_warehouse": "修改仓库 主仓",
        "tenants.attach_file": "添加附件 合同.pdf",
    }
    await run("admin", "party.edit_customer", id=customer, name="新的名字")
    await asyncio.to_thread(admin.sync)
    assert "新建销售单 新的名字" in {entry["whatZh"] for entry in admin.inbox()}
    assert await asyncio.to_thread(admin.verify) == []


def _name_of(customer: Any) -> str:
    return f"SELECT name FROM app.customer WHERE id = '{customer}'"
