"""What follows the customer: an assignment, a move of departments, an erasure, the end of the trial's data."""

from __future__ import annotations

from sqlalchemy import func, select, text

from modules.inventory.entities import StockBalance, StockMove
from modules.party.commands.assign_customer import AssignCustomer
from modules.party.commands.erase_contact import EraseContact
from modules.party.commands.erase_customer import EraseCustomer
from modules.sales.entities import SalesOrder, SalesOrderLine
from tenants.commands.clear_trial_data import ClearTrialData
from tenants.commands.edit_member import MoveMember
from tenants.entities import Member
from tests.party.makers import make_contact, make_customer, row_of, rows_of
from tests.sales.makers import (
    confirm,
    deliver,
    line,
    make_order,
    make_product,
    make_warehouse,
    move,
    on_hand,
)
from tests.world import World


async def test_orders_and_lines_go_with_the_customer(world: World) -> None:
    company = world.yunfan
    customer, tea = await make_customer(company, "li"), await make_product(company)
    made = await make_order(company, "li", customer, [line(tea), line(tea)])
    other = await make_order(company, "li", await make_customer(company, "li", name="别的客户"), [line(tea)])
    zhao = company.people["zhao"]
    await company.run("lin", "party.assign_customer", AssignCustomer(id=customer, owner_id=zhao))
    path = (await row_of(company, Member, zhao)).path
    assert {row.id for row in await rows_of(company, "zhao", select(SalesOrder))} == {made}
    assert {row.id for row in await rows_of(company, "li", select(SalesOrder))} == {other}
    for entity, count in ((SalesOrder, 1), (SalesOrderLine, 2)):
        rows = await rows_of(company, "zhao", select(entity))
        assert len(rows) == count
        assert {(row.scope_path, row.owner_id) for row in rows} == {(path, zhao)}
    async with company.app.engine.reading(await company.actor()) as session:
        exits = await session.scalars(text("SELECT DISTINCT entity FROM app.scope_exit ORDER BY entity"))
        assert {"sales.SalesOrder", "sales.SalesOrderLine"} <= set(exits)


async def test_orders_go_with_their_owner_to_another_department(world: World) -> None:
    company = world.yunfan
    tea = await make_product(company)
    await make_order(company, "li", await make_customer(company, "li"), [line(tea)])
    assert len(await rows_of(company, "wang", select(SalesOrder))) == 1
    move_li = MoveMember(id=company.people["li"], department_id=company.departments["采购部"])
    await company.run("admin", "tenants.move_member", move_li)
    for entity in (SalesOrder, SalesOrderLine):
        assert await rows_of(company, "wang", select(entity)) == []
        assert len(await rows_of(company, "li", select(entity))) == 1


async def test_an_erased_persons_name_leaves_the_notes_and_the_order_stays(world: World) -> None:
    company = world.yunfan
    customer, tea = await make_customer(company, "li"), await make_product(company)
    contact = await make_contact(company, "li", customer, "金丝雀")
    told = await make_order(company, "li", customer, [line(tea)], notes="金丝雀说周五送货")
    plain = await make_order(company, "li", customer, [line(tea)], notes="与此无关")
    await company.run("admin", "party.erase_contact", EraseContact(id=contact))
    assert (await row_of(company, SalesOrder, told)).notes == "***说周五送货"
    assert (await row_of(company, SalesOrder, plain)).notes == "与此无关"
    await company.run("admin", "party.erase_customer", EraseCustomer(id=customer))
    for row_id in (told, plain):
        row = await row_of(company, SalesOrder, row_id)
        assert (row.notes, row.total_minor) == (None, 2500)
    async with company.app.engine.reading(await company.actor()) as session:
        kept = await session.scalars(text("SELECT concat(before, after) FROM app.audit_entry"))
        assert not any("周五送货" in (entry or "") for entry in kept)


async def test_the_trials_documents_go_and_master_data_stays(world: World, clock) -> None:
    company = world.yunfan
    customer, tea, warehouse = (
        await make_customer(company, "li"),
        await make_product(company),
        await make_warehouse(company),
    )
    await move(company, tea, warehouse, "10", "receipt")
    made = await make_order(company, "li", customer, [line(tea)])
    await confirm(company, "li", made)
    await deliver(company, "lin", made)
    theirs = await make_product(world.seagull), await make_warehouse(world.seagull)
    await move(world.seagull, *theirs, "3", "receipt")
    clock.move(minutes=1)
    await company.run("admin", "tenants.clear_trial_data", ClearTrialData(company_name="云帆贸易"))
    for entity in (SalesOrder, SalesOrderLine, StockMove, StockBalance):
        assert await rows_of(company, "admin", select(func.count()).select_from(entity)) == [0], entity
    assert await on_hand(world.seagull, *theirs) == 3
    await move(company, tea, warehouse, "4", "receipt")
    assert await on_hand(company, tea, warehouse) == 4


async def test_a_document_that_goes_on_after_the_clearing_stays_whole(world: World, clock) -> None:
    """A clearing of many rows takes several transactions; meanwhile somebody adds a line to an old order."""
    from decimal import Decimal

    from modules.sales.commands.add_order_line import AddOrderLine
    from tenants.trial_data import clear_batch
    from tests.world import seed

    company = world.yunfan
    tea = await make_product(company)
    old = await make_order(company, "li", await make_customer(company, "li"), [line(tea)])
    begun = clock.move(minutes=1) or clock.now()
    await company.run("li", "sales.add_order_line", AddOrderLine(order_id=old, product_id=tea, quantity=Decimal(1)))
    done = []

    async def work(ctx) -> None:
        done.append(await clear_batch(ctx, begun))

    await seed(company.app, company.tenant_id, work)
    assert done == [(1, True)]
    assert len(await rows_of(company, "li", select(SalesOrder))) == 1
    assert len(await rows_of(company, "li", select(SalesOrderLine))) == 1
