"""A member with more rows than one transaction moves: devices see too few for moments, never too many, then all."""

from __future__ import annotations

import asyncio
from typing import Any

from modules.party.entities import Customer
from sync.client import Replica
from tenants import moves
from tenants.commands.edit_member import MoveMember
from tests.sync.conftest import Doors
from tests.tenants.rows import rows_of
from tests.tenants.test_moves import many_customers, pending, seen
from tests.world import Company, add_member


async def held(company: Company, who: str, replica: Replica) -> set[str]:
    """What the device shows after a pull: exactly what the member's own SELECT returns at that moment."""
    await asyncio.to_thread(replica.pull)
    names = {str(row["name"]) for row in replica.rows("customers")}
    assert names == await seen(company, who)
    assert await asyncio.to_thread(replica.verify) == []
    return names


async def paths(company: Company) -> set[str]:
    rows = await rows_of(company.app, company.tenant_id, f"SELECT scope_path FROM app.{Customer.__tablename__}")
    return {row.scope_path for row in rows}


async def test_devices_follow_a_member_who_moves_in_many_transactions(doors: Doors, run: Any) -> None:
    company = doors.world.yunfan
    await add_member(company, "feng", "冯主管", "department_manager", "subtree", "采购部")
    await many_customers(company, "li", 2300)
    replicas = {who: await doors.device(who, who) for who in ("li", "wang", "feng", "zhao")}
    before = {who: await held(company, who, replica) for who, replica in replicas.items()}
    assert [len(before[who]) for who in ("li", "wang", "feng", "zhao")] == [2300, 2300, 0, 0]
    move = MoveMember(id=company.people["li"], department_id=company.departments["采购部"])
    await company.run("admin", "tenants.move_member", move)
    (payload,) = await pending(company, sweep=False)
    transactions, before_job = 0, len(before["li"])
    while len(await paths(company)) > 1 or transactions == 0:
        now = {who: await held(company, who, replica) for who, replica in replicas.items()}
        assert now["li"] == now["feng"] < before["li"]  # what has arrived: too few, nothing foreign
        assert now["wang"] | now["feng"] == before["li"]  # every row is with one of the two managers
        assert not now["wang"] & now["feng"]
        assert now["zhao"] == set()
        done = await moves.rewrite_paths(company.app.engine, company.tenant_id, payload, budget_seconds=0)
        transactions += done
    assert transactions >= 2
    after = {who: await held(company, who, replica) for who, replica in replicas.items()}
    assert after == {"li": before["li"], "wang": set(), "feng": before["li"], "zhao": set()}
    assert len(after["li"]) == before_job


async def test_devices_follow_a_member_there_and_back_whatever_order_the_sweeps_run_in(doors: Doors, run: Any) -> None:
    """Some pull after every step, one only at the end: nobody keeps what went by, or loses what came back."""
    company = doors.world.yunfan
    li, away = company.people["li"], company.departments["采购部"]
    await add_member(company, "feng", "冯主管", "department_manager", "subtree", "采购部")
    await many_customers(company, "li", 30)
    replicas = {who: await doors.device(who, who) for who in ("li", "wang", "feng", "zhao")}
    late = await doors.device("li", "late")
    own = await held(company, "li", late)
    expected = {"li": own, "wang": own, "feng": set(), "zhao": set()}
    assert {who: await held(company, who, replica) for who, replica in replicas.items()} == expected
    for place in (away, company.departments["销售部"]):
        await company.run("admin", "tenants.move_member", MoveMember(id=li, department_id=place))
        now = {who: await held(company, who, replica) for who, replica in replicas.items()}
        there = own if place == away else set()
        assert now == {**expected, "wang": own - there, "feng": there}
    first, second = await pending(company, sweep=True)
    for sweep in (second, first, first, second):
        await moves.rewrite_paths(company.app.engine, company.tenant_id, sweep)
        assert {who: await held(company, who, replica) for who, replica in replicas.items()} == expected
    assert await held(company, "li", late) == own


async def test_an_edit_queued_before_the_move_is_taken_when_the_row_has_arrived(doors: Doors, run: Any) -> None:
    """While a row is on its way its own member does not see it: the edit waits in the inbox, and can be taken then."""
    company = doors.world.yunfan
    await add_member(company, "feng", "冯主管", "department_manager", "subtree", "采购部")
    await many_customers(company, "li", 1300)
    li = await doors.device("li", "li")
    for row in li.rows("customers"):
        last = row["id"]
    li.mutate("party.edit_customer", id=last, level="a")
    move = MoveMember(id=company.people["li"], department_id=company.departments["采购部"])
    await company.run("admin", "tenants.move_member", move)
    (payload,) = await pending(company, sweep=False)
    await asyncio.to_thread(li.sync)
    assert [entry["code"] for entry in li.inbox()] == ["NOT_FOUND"]
    await moves.rewrite_paths(company.app.engine, company.tenant_id, payload)
    await asyncio.to_thread(li.pull)
    li.resolve(li.inbox()[0]["id"], "mine")
    await asyncio.to_thread(li.sync)
    assert li.inbox() == []
    assert li.row("customers", last)["level"] == "a"
