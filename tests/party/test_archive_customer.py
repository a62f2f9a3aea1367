"""The recycle bin: who may, 30 days, and what goes for good."""

from __future__ import annotations

from uuid import uuid4

import pytest
from sqlalchemy import text

from kernel.db import TenantContext
from kernel.policy import EVERYTHING
from kernel.query import select_visible
from modules.party.commands.archive_contact import ArchiveContact, ArchiveContacts, RestoreContact
from modules.party.commands.archive_customer import (
    ArchiveCustomer,
    ArchiveCustomers,
    RestoreCustomer,
    RestoreCustomers,
)
from modules.party.entities import Contact, Customer
from modules.party.errors import RecordArchived, RecycleBinExpired, TooManyRows
from server.upkeep import Round, purge_recycle_bin
from tests.directory import list_in_directory
from tests.party.makers import make_activity, make_contact, make_customer, row_of, rows_of
from tests.world import Company, World
from values.errors import NotFound, PermissionDenied


async def archive(company: Company, who: str, row_id):
    return await company.run(who, "party.archive_customer", ArchiveCustomer(id=row_id))


async def restore(company: Company, who: str, row_id):
    return await company.run(who, "party.restore_customer", RestoreCustomer(id=row_id))


async def names(company: Company, who: str) -> list[str]:
    return [row.name for row in await rows_of(company, who, select_visible(Customer, await company.actor(who)))]


async def test_a_salesperson_may_not_delete(world: World) -> None:
    made = await make_customer(world.yunfan, "li")
    with pytest.raises(PermissionDenied):
        await archive(world.yunfan, "li", made)
    with pytest.raises(PermissionDenied):
        await restore(world.yunfan, "li", made)


async def test_foreign_rows_are_not_found(world: World) -> None:
    made = await make_customer(world.yunfan)
    for command, data in (
        ("party.archive_customer", ArchiveCustomer(id=made)),
        ("party.restore_customer", RestoreCustomer(id=made)),
    ):
        with pytest.raises(NotFound):
            await world.seagull.run("admin", command, data)


async def test_a_thousand_at_a_time(world: World) -> None:
    with pytest.raises(TooManyRows):
        await world.yunfan.run("admin", "party.archive_customers", ArchiveCustomers(ids=[uuid4() for _ in range(1001)]))


async def test_in_bulk_a_refused_row_stops_no_other(world: World) -> None:
    mine, theirs = await make_customer(world.yunfan), await make_customer(world.seagull)
    ids = [mine, theirs, uuid4(), mine]
    done = await world.yunfan.run("wang", "party.archive_customers", ArchiveCustomers(ids=ids))
    assert [(row["applied"], row["code"]) for row in done.result["rows"]] == [
        (False, "NOT_FOUND"),
        (False, "NOT_FOUND"),
        (False, "NOT_FOUND"),
    ], "the admin's customer lies outside 销售部"
    done = await world.yunfan.run("lin", "party.archive_customers", ArchiveCustomers(ids=ids))
    assert [row["applied"] for row in done.result["rows"]] == [True, False, False]
    done = await world.yunfan.run("lin", "party.restore_customers", RestoreCustomers(ids=[theirs, mine]))
    assert [row["applied"] for row in done.result["rows"]] == [False, True]
    assert (await row_of(world.seagull, Customer, theirs)).archived_at is None


async def test_contacts_go_and_come_with_their_customer(world: World, clock) -> None:
    made = await make_customer(world.yunfan, "li", name="绍兴黄酒")
    stays, left = [await make_contact(world.yunfan, "li", made, name) for name in ("在职", "离职")]
    await world.yunfan.run("wang", "party.archive_contact", ArchiveContact(id=left))
    clock.move(hours=1)
    first = await archive(world.yunfan, "wang", made)
    assert (await archive(world.yunfan, "wang", made)).version == first.version
    assert await names(world.yunfan, "li") == []
    with pytest.raises(RecordArchived):
        await world.yunfan.run("wang", "party.restore_contact", RestoreContact(id=stays))
    clock.move(days=14)
    await restore(world.yunfan, "wang", made)
    assert await names(world.yunfan, "li") == ["绍兴黄酒"]
    assert (await row_of(world.yunfan, Contact, stays)).archived_at is None
    assert (await row_of(world.yunfan, Contact, left)).archived_at is not None
    await world.yunfan.run("wang", "party.restore_contact", RestoreContact(id=left))
    done = await world.yunfan.run("wang", "party.archive_contacts", ArchiveContacts(ids=[left, stays]))
    assert [row["applied"] for row in done.result["rows"]] == [True, True]


async def test_what_is_in_the_bin_is_not_found_by_search(world: World) -> None:
    made = await make_customer(world.yunfan, name="绍兴黄酒")
    count = text("SELECT count(*) FROM app.search_term WHERE row_id = :id").bindparams(id=made)

    async def terms() -> int:
        async with world.yunfan.app.engine.database.tenant(
            TenantContext(world.yunfan.tenant_id, None, EVERYTHING)
        ) as session:
            return int((await session.execute(count)).scalar_one())

    assert await terms() > 0
    await archive(world.yunfan, "admin", made)
    assert await terms() == 0
    await restore(world.yunfan, "admin", made)
    assert await terms() > 0


async def test_after_thirty_days_it_is_too_late(world: World, clock) -> None:
    from billing.trials import activate_subscription_of

    made = await make_customer(world.yunfan)
    await archive(world.yunfan, "admin", made)
    await activate_subscription_of(world.yunfan.app.engine, world.yunfan.tenant_id, ["crm"], None)
    clock.move(days=30)
    await restore(world.yunfan, "admin", made)
    await archive(world.yunfan, "admin", made)
    clock.move(days=30, seconds=1)
    with pytest.raises(RecycleBinExpired):
        await restore(world.yunfan, "admin", made)


async def test_the_bin_is_emptied_of_what_nothing_refers_to(world: World, clock) -> None:
    alone = await make_customer(world.yunfan, name="没有往来")
    person = await make_contact(world.yunfan, "admin", alone)
    with_history = await make_customer(world.yunfan, name="有跟进")
    await make_activity(world.yunfan, "admin", with_history)
    parent = await make_customer(world.yunfan, name="上级")
    await make_customer(world.yunfan, name="下级", parent_id=parent)
    theirs = await make_customer(world.seagull, name="海鸥的")
    for row in (alone, with_history, parent):
        await archive(world.yunfan, "admin", row)
    clock.move(minutes=1)
    await archive(world.seagull, "admin", theirs)
    for company in (world.yunfan, world.seagull):
        await list_in_directory(company.app, company.tenant_id)
    engine = world.yunfan.app.engine
    clock.move(days=30, minutes=-1)
    await purge_recycle_bin(engine)
    assert await row_of(world.yunfan, Customer, alone) is not None
    clock.move(seconds=1)
    await purge_recycle_bin(engine)
    assert await purge_recycle_bin(engine) == Round(done=0, failed=0), "nothing is left to do in any company"
    assert await row_of(world.yunfan, Customer, alone) is None
    assert await row_of(world.yunfan, Contact, person) is None
    for kept in (with_history, parent):
        assert await row_of(world.yunfan, Customer, kept) is not None
    assert await row_of(world.seagull, Customer, theirs) is not None
    async with engine.database.tenant(TenantContext(world.yunfan.tenant_id, None, EVERYTHING)) as session:
        ops = await session.scalars(
            text("SELECT op FROM app.change_log WHERE row_id IN (:a, :b)"), {"a": alone, "b": person}
        )
    assert list(ops) == ["remove", "remove"]
