"""`verify` finds and repairs what was changed behind the kernel's back, and finds nothing otherwise."""

from __future__ import annotations

import asyncio
from uuid import UUID

import psycopg

from kernel.command import command_named
from sync.verify import verify
from tests.sync.conftest import Doors


def _behind(settings, statement: str, *parameters: object) -> None:
    """As somebody with psql and the owner's password would: past every tracking, with FORCE lifted by the admin."""
    with psycopg.connect(settings.database_admin_url, autocommit=True) as connection:
        connection.execute(statement.encode(), parameters)


async def test_an_honest_history_has_no_findings(doors: Doors, run) -> None:
    made = [await run("li", "party.create_customer", name=f"客户{i}", tag_ids=[]) for i in range(3)]
    await run("li", "party.create_contact", customer_id=made[0].row_id, name="联系人")
    await run("li", "party.edit_customer", id=made[0].row_id, level="a", credit_limit_minor=100)
    await run("lin", "party.assign_customer", id=made[0].row_id, owner_id=doors.world.yunfan.people["zhao"])
    await run("lin", "party.archive_customer", id=made[1].row_id)
    bulk = command_named("party.assign_customers").input_type(
        ids=[made[2].row_id], owner_id=doors.world.yunfan.people["zhao"]
    )
    await doors.world.yunfan.run("lin", "party.assign_customers", bulk)
    for company in (doors.world.yunfan, doors.world.seagull):
        assert (await verify(doors.app.engine, company.tenant_id)).findings == []


async def test_what_was_done_behind_the_kernel_is_found_and_repaired(doors: Doors, run, settings) -> None:
    rows = [str((await run("li", "party.create_customer", name=f"客户{i}")).row_id) for i in range(5)]
    li, zhao = await doors.device("li", "li"), await doors.device("zhao", "zhao")
    tenant = doors.world.yunfan.tenant_id
    path = "(SELECT path FROM app.member WHERE tenant_id = %s AND id = %s)"
    zhao_id = doors.world.yunfan.people["zhao"]
    _behind(settings, "UPDATE app.customer SET level = 'd' WHERE tenant_id = %s AND id = %s", tenant, UUID(rows[0]))
    _behind(
        settings,
        f"UPDATE app.customer SET owner_id = %s, scope_path = {path} WHERE tenant_id = %s AND id = %s",
        *(zhao_id, tenant, zhao_id, tenant, UUID(rows[1])),
    )
    _behind(settings, "DELETE FROM app.customer WHERE tenant_id = %s AND id = %s", tenant, UUID(rows[2]))
    _behind(settings, "DELETE FROM app.change_log WHERE tenant_id = %s AND row_id = %s", tenant, UUID(rows[3]))
    _behind(
        settings, "UPDATE app.change_log SET op = 'remove' WHERE tenant_id = %s AND row_id = %s", tenant, UUID(rows[4])
    )
    report = await verify(doors.app.engine, tenant)
    assert report.repaired == 0
    assert {(str(f.row_id), f.problem) for f in report.findings} == {
        (rows[0], "changed"),
        (rows[1], "moved"),
        (rows[1], "terms"),
        (rows[2], "deleted"),
        (rows[2], "terms"),
        (rows[3], "unlogged"),
        (rows[4], "restored"),
    }
    await asyncio.to_thread(li.pull)
    assert li.row("customers", rows[0])["level"] is None
    assert (await verify(doors.app.engine, tenant, repair=True)).repaired == 7
    assert (await verify(doors.app.engine, tenant)).findings == []
    await asyncio.to_thread(li.pull)
    await asyncio.to_thread(zhao.pull)
    assert sorted(r["id"] for r in li.rows("customers")) == sorted([rows[0], rows[3], rows[4]])
    assert li.row("customers", rows[0])["level"] == "d"
    assert [r["id"] for r in zhao.rows("customers")] == [rows[1]]
