"""A customer goes to a colleague: rights first, then everything that moves with it."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import select, text

from kernel.db import TenantContext
from kernel.policy import EVERYTHING
from modules.crm.entities import Activity
from modules.party.commands.assign_customer import AssignCustomer, AssignCustomers
from modules.party.entities import Contact, Customer
from modules.party.errors import OwnerDeactivated
from tenants.entities import Member
from tests.party.makers import make_activity, make_contact, make_customer, row_of, rows_of
from tests.world import Company, World, seed
from values.errors import NotFound, PermissionDenied


async def assign(company: Company, who: str, row_id, owner_id):
    return await company.run(who, "party.assign_customer", AssignCustomer(id=row_id, owner_id=owner_id))


async def test_only_who_may_reassign(world: World) -> None:
    made = await make_customer(world.yunfan, "li")
    for who in ("li", "zhao", "wang", "zhou"):
        with pytest.raises(PermissionDenied):
            await assign(world.yunfan, who, made, world.yunfan.people["zhao"])


async def test_neither_rows_nor_people_of_another_tenant(world: World) -> None:
    made = await make_customer(world.yunfan, "li")
    with pytest.raises(NotFound) as refused:
        await assign(world.yunfan, "lin", made, world.seagull.people["qian"])
    assert refused.value.field == "ownerId"
    with pytest.raises(NotFound):
        await assign(world.seagull, "admin", made, world.seagull.people["qian"])
    assert (await row_of(world.yunfan, Customer, made)).owner_id == world.yunfan.people["li"]


async def test_not_to_somebody_who_left(world: World) -> None:
    made = await make_customer(world.yunfan, "li")

    async def leave(ctx) -> None:
        (await ctx.get(Member, world.yunfan.people["zhao"])).deactivated_at = ctx.now

    await seed(world.yunfan.app, world.yunfan.tenant_id, leave)
    with pytest.raises(OwnerDeactivated) as refused:
        await assign(world.yunfan, "lin", made, world.yunfan.people["zhao"])
    assert refused.value.field == "ownerId"


async def test_contacts_and_follow_ups_move_along(world: World) -> None:
    made = await make_customer(world.yunfan, "li", name="嘉兴纺织")
    contact = await make_contact(world.yunfan, "li", made)
    activity = await make_activity(world.yunfan, "li", made, contact_id=contact)
    other = await make_activity(world.yunfan, "li", await make_customer(world.yunfan, "li", name="别的客户"))
    before = (await row_of(world.yunfan, Customer, made)).scope_path
    await assign(world.yunfan, "lin", made, world.yunfan.people["zhao"])
    owner = await row_of(world.yunfan, Member, world.yunfan.people["zhao"])
    for entity, row_id in ((Customer, made), (Contact, contact), (Activity, activity)):
        assert (await row_of(world.yunfan, entity, row_id)).scope_path == owner.path
        assert [row.id for row in await rows_of(world.yunfan, "zhao", select(entity))] == [row_id]
    assert (await row_of(world.yunfan, Contact, contact)).owner_id == owner.id
    assert (await row_of(world.yunfan, Activity, activity)).owner_id == world.yunfan.people["li"]
    assert [row.id for row in await rows_of(world.yunfan, "li", select(Activity))] == [other]
    async with world.yunfan.app.engine.database.tenant(
        TenantContext(world.yunfan.tenant_id, None, EVERYTHING)
    ) as session:
        exits = await session.scalars(
            text("SELECT entity FROM app.scope_exit WHERE scope_path = :path ORDER BY entity"), {"path": before}
        )
        found = await session.scalars(
            text("SELECT DISTINCT scope_path FROM app.search_term WHERE row_id = :id"), {"id": made}
        )
    assert list(exits) == ["crm.Activity", "party.Contact", "party.Customer"]
    assert list(found) == [owner.path]


async def test_in_bulk_each_for_itself(world: World) -> None:
    mine = [await make_customer(world.yunfan, "li", name=f"客户{n}") for n in range(3)]
    theirs = await make_customer(world.seagull)
    data = AssignCustomers(ids=[*mine, theirs], owner_id=world.yunfan.people["zhao"])
    done = await world.yunfan.run("lin", "party.assign_customers", data)
    assert [row["applied"] for row in done.result["rows"]] == [True, True, True, False]
    assert len(await rows_of(world.yunfan, "zhao", select(Customer))) == 3


async def test_a_contact_made_at_the_same_moment_is_not_left_behind(world: World) -> None:
    for _ in range(5):
        made = await make_customer(world.yunfan, "li")
        await asyncio.gather(
            assign(world.yunfan, "lin", made, world.yunfan.people["zhao"]),
            *(make_contact(world.yunfan, "wang", made, name=f"联系人{n}") for n in range(3)),
            *(make_activity(world.yunfan, "wang", made) for _ in range(3)),
        )
        path = (await row_of(world.yunfan, Customer, made)).scope_path
        for entity in (Contact, Activity):
            rows = await rows_of(world.yunfan, "lin", select(entity).where(entity.customer_id == made))
            assert [row.scope_path for row in rows] == [path] * 3
