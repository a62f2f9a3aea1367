"""The server is restored from a backup behind its devices: a new epoch, everything offered again, once each."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import select

from billing.trials import activate_subscription_of
from kernel.command import command_named
from kernel.db import TenantContext
from kernel.policy import Actor, Authority
from modules.party.entities import Customer
from server.retention import forget_outcomes
from sync.client import Replica, SyncRefused
from sync.client.pushing import PUSH
from sync.restored import begin_epoch
from sync.waiting import apply_waiting, release_parked
from tests.sync.conftest import Doors
from tests.sync.test_clone import cloned
from tests.tenants.numbered import CREATE, KEY, evidence, numbered, td, use
from tests.tenants.rows import rows_of
from tests.world_copies import _TABLES
from values.ids import new_id


class Backup:
    """All rows of one company, as a dump has them."""

    def __init__(self, admin: psycopg.AsyncConnection[Any], doors: Doors) -> None:
        self.admin, self.tenant = admin, doors.world.yunfan.tenant_id
        self.rows: dict[str, str] = {}

    async def _names(self) -> list[str]:
        return [name for (name,) in await (await self.admin.execute(_TABLES)).fetchall()]

    async def dump(self) -> None:
        for name in await self._names():
            query = sql.SQL("SELECT json_agg(t)::text FROM app.{} AS t WHERE tenant_id = %s")
            found = await (await self.admin.execute(query.format(sql.Identifier(name)), [self.tenant])).fetchone()
            self.rows[name] = (found and found[0]) or "[]"

    async def restore(self) -> None:
        for name in await self._names():
            target = sql.Identifier(name)
            await self.admin.execute(sql.SQL("DELETE FROM app.{} WHERE tenant_id = %s").format(target), [self.tenant])
            insert = sql.SQL("INSERT INTO app.{0} SELECT * FROM json_populate_recordset(NULL::app.{0}, %s)")
            await self.admin.execute(insert.format(target), [self.rows[name]])


@pytest.fixture
async def backup(doors: Doors, _copier: psycopg.AsyncConnection[Any]) -> Backup:
    return Backup(_copier, doors)


async def test_what_was_made_long_ago_is_kept_from_its_answer_on(doors: Doors, backup: Backup, clock) -> None:
    """A month offline, then a push, then the backup of the night before: the device still has what it sent."""
    li = await doors.device("li", "li")
    old = li.mutate("party.create_customer", name="一个月前")
    clock.move(days=10)
    await backup.dump()
    li.mutate("party.create_customer", name="最近")
    with li._store.transaction() as db:
        db.execute("UPDATE outbox SET made_at = '2025-01-01T00:00:00.000000Z' WHERE row_id = ?", (old,))
    await asyncio.to_thread(li.sync)
    await asyncio.to_thread(li.sync)
    await backup.restore()
    await _new_epoch(doors)
    await asyncio.to_thread(li.sync)
    assert await _customers(doors) == ["一个月前", "最近"]


async def test_what_was_answered_long_ago_is_offered_to_a_restored_server_before_it_is_forgotten(
    doors: Doors, backup: Backup, clock
) -> None:
    """The device was switched off when the server was restored, and for two months more."""
    li = await doors.device("li", "li")
    await asyncio.to_thread(li.sync)
    await backup.dump()
    li.mutate("party.create_customer", name="恢复时丢失的")
    await asyncio.to_thread(li.sync)
    await backup.restore()
    await _new_epoch(doors)
    clock.move(days=12)
    await activate_subscription_of(doors.app.engine, doors.world.yunfan.tenant_id, ["crm", "sales"], None)
    clock.move(days=50)
    await asyncio.to_thread(li.sync)
    assert await _customers(doors) == ["恢复时丢失的"]


async def test_what_the_server_has_forgotten_itself_is_not_offered_to_it(doors: Doors, backup: Backup, clock) -> None:
    """Switched off for more than a year, and then the push comes before the pull: what is answered is done once."""
    li = await doors.device("li", "li")
    made = li.mutate("party.create_customer", name="早已回复的", level="c")
    li.mutate("party.edit_customer", id=made, level="a")
    await asyncio.to_thread(li.sync)
    await backup.dump()
    li.mutate("party.create_customer", name="恢复时丢失的")
    await asyncio.to_thread(li.sync)
    await backup.restore()
    await _new_epoch(doors)
    await _forgotten(doors, clock)
    before = li.device_id
    li.mutate("party.create_customer", name="现在")
    await asyncio.to_thread(li.sync)
    assert (li.device_id, li.inbox(), li.pending()) == (before, [], [])
    assert await _customers(doors) == sorted(["早已回复的", "恢复时丢失的", "现在"])
    assert await asyncio.to_thread(li.verify) == []


@pytest.mark.parametrize("way", ["forked", "revoked"])
async def test_a_copy_that_was_away_for_long_does_nothing_twice(doors: Doors, clock, run, way: str) -> None:
    """What it was answered more than a year ago the server knows no more by its uuid."""
    made = str((await run("li", "party.create_customer", name="共同", level="c")).row_id)
    first = await doors.device("li", "file")
    first.mutate("party.edit_customer", id=made, level="a")
    await asyncio.to_thread(first.sync)
    copied = cloned(doors, first, "copy")
    first.mutate("party.create_customer", name="原件")
    await asyncio.to_thread(first.sync)
    await _forgotten(doors, clock)
    await run("lin", "party.edit_customer", id=UUID(made), level="c")
    copied.mutate("party.create_customer", name="副本")
    if way == "revoked":
        await run("admin", "tenants.revoke_device", id=UUID(first.device_id))
        await asyncio.to_thread(copied.register, "副本")
    await asyncio.to_thread(copied.sync)
    assert copied.device_id != first.device_id
    assert copied.row("customers", made)["level"] == "c", "an edit of long ago was done once more"
    assert (copied.inbox(), copied.pending()) == ([], [])
    assert await _customers(doors) == sorted(["共同", "原件", "副本"])


async def _forgotten(doors: Doors, clock) -> None:
    """More than 400 days go by."""
    clock.move(days=12)
    await activate_subscription_of(doors.app.engine, doors.world.yunfan.tenant_id, ["crm", "sales"], None)
    clock.move(days=400)
    context = TenantContext(doors.world.yunfan.tenant_id).wide()
    async with doors.app.engine.database.tenant(context) as session:
        assert await forget_outcomes(session, clock.now() - timedelta(days=400))


async def _new_epoch(doors: Doors) -> None:
    await begin_epoch(doors.app.engine, doors.world.yunfan.tenant_id, "operator")


async def _customers(doors: Doors) -> list[str]:
    async with doors.app.engine.reading(await doors.world.yunfan.actor("lin")) as session:
        return sorted(await session.scalars(select(Customer.name)))


async def test_a_new_epoch_is_audited_and_named_by_company(doors: Doors) -> None:
    tenant = doors.world.yunfan.tenant_id
    clock = "SELECT epoch, value, restored_at FROM app.tenant_clock"
    [before] = await rows_of(doors.app, tenant, clock)
    await _new_epoch(doors)
    [after] = await rows_of(doors.app, tenant, clock)
    assert after.epoch > before.epoch
    assert after.value == before.value
    assert (before.restored_at, after.restored_at) == (None, doors.app.engine.clock.now())
    [told] = await rows_of(doors.app, tenant, "SELECT after FROM app.audit_entry WHERE command = 'sync.new_epoch'")
    assert told.after["operator"] == "operator"
    assert (told.after["before"], told.after["after"]) == (str(before.epoch), str(after.epoch))


async def test_two_devices_behind_a_restore_land_everything_once(doors: Doors, backup: Backup, run) -> None:
    shared = str((await run("li", "party.create_customer", name="共有", level="c")).row_id)
    a, b = await doors.device("li", "a"), await doors.device("li", "b")
    kept = a.mutate("party.create_customer", name="备份之前")
    await asyncio.to_thread(a.sync)
    await backup.dump()
    lost = a.mutate("party.create_customer", name="备份之后")
    a.mutate("party.edit_customer", id=shared, level="a")
    refused = a.mutate("party.create_customer", name="")
    for replica in (a, b):
        await asyncio.to_thread(replica.sync)
    person = b.mutate("party.create_contact", customer_id=lost, name="依赖甲设备")
    await asyncio.to_thread(b.sync)
    b.mutate("party.edit_contact", id=person, title="经理")
    late = a.mutate("party.create_customer", name="还没推送")
    await backup.restore()
    await _new_epoch(doors)
    await asyncio.to_thread(b.sync)  # first the one that needs what the other made
    assert [(e["state"], e["code"]) for e in b.inbox()] == [("parked", "AWAITS_OTHER_DEVICE"), ("parked", "PARKED")]
    await asyncio.to_thread(a.sync)
    assert a.pending() == []
    for replica in (b, a, b):
        await asyncio.to_thread(replica.sync)
    assert await _customers(doors) == sorted(["共有", "备份之前", "备份之后", "还没推送"])
    for replica in (a, b):
        assert {r["id"] for r in replica.rows("customers")} == {shared, kept, lost, late}
        assert replica.row("customers", shared)["level"] == "a"
        [contact] = replica.rows("contacts")
        assert (contact["id"], contact["customerId"], contact["title"]) == (person, lost, "经理")
        assert [e["arguments"]["id"] for e in replica.inbox()] == [refused]
        assert await asyncio.to_thread(replica.verify) == []
    counted = "SELECT count(*) AS n FROM app.audit_entry WHERE op = 'insert' AND entity = 'party.Contact'"
    assert (await rows_of(doors.app, doors.world.yunfan.tenant_id, counted))[0].n == 1


async def _copy_that_lost_its_answers(doors: Doors, backup: Backup, first: Replica) -> Replica:
    """A copy of the replica that was answered twice, which the server does not know any more."""
    copied = cloned(doors, first, "copy")
    await backup.dump()
    for name in ("副本一", "副本二"):
        copied.mutate("party.create_customer", name=name)
    await asyncio.to_thread(copied.sync)
    await backup.restore()
    await _new_epoch(doors)
    return copied


@pytest.mark.parametrize("before", [0, 1])
async def test_a_copy_that_comes_second_after_a_restore_loses_nothing(
    doors: Doors, backup: Backup, before: int
) -> None:
    """The other copy has taken its numbers meanwhile: the server says so, or what was answered would be forgotten."""
    first = await doors.device("li", "file")
    for number in range(before):
        first.mutate("party.create_customer", name=f"共同{number}")
    await asyncio.to_thread(first.sync)
    copied = await _copy_that_lost_its_answers(doors, backup, first)
    for name in ("原件一", "原件二", "原件三"):
        first.mutate("party.create_customer", name=name)
    for replica in (first, copied, first, copied):
        await asyncio.to_thread(replica.sync)
    common = [f"共同{number}" for number in range(before)]
    assert await _customers(doors) == sorted(["副本一", "副本二", "原件一", "原件二", "原件三", *common])
    assert await asyncio.to_thread(copied.verify) == []


async def test_a_copy_whose_next_number_fits_after_a_restore_loses_nothing(doors: Doors, backup: Backup) -> None:
    """The other copy brought the numbers in between; this one pushes its next before it hears of the new epoch."""
    first = await doors.device("li", "file")
    first.mutate("party.create_customer", name="共同")
    await asyncio.to_thread(first.sync)
    copied = await _copy_that_lost_its_answers(doors, backup, first)
    for name in ("原件一", "原件二"):
        first.mutate("party.create_customer", name=name)
    await asyncio.to_thread(first.sync)
    copied.mutate("party.create_customer", name="副本三")
    await asyncio.to_thread(copied.sync)
    assert copied.device_id != first.device_id
    for replica in (first, copied, first):
        await asyncio.to_thread(replica.sync)
    everything = sorted(["共同", "副本一", "副本二", "副本三", "原件一", "原件二"])
    assert await _customers(doors) == everything
    for replica in (first, copied):
        assert sorted(row["name"] for row in replica.rows("customers")) == everything
        assert await asyncio.to_thread(replica.verify) == []


async def test_an_edit_that_was_filed_before_the_creation_of_its_row_waits_no_longer_than_that(
    doors: Doors, backup: Backup, clock
) -> None:
    """A restore brings them in this order, when the company's time is over: on subscribing both are done at once."""
    maker, editor = await doors.device("li", "maker"), await doors.device("li", "editor")
    await backup.dump()
    clock.move(days=1)
    row = maker.mutate("party.create_customer", name="新客户")
    for replica in (maker, editor):
        await asyncio.to_thread(replica.sync)
    clock.move(days=20)
    await backup.restore()
    await _new_epoch(doors)
    await asyncio.to_thread(editor.pull)  # knows from now on that the time is over
    await asyncio.to_thread(maker.pull)
    editor.mutate("party.edit_customer", id=row, address="杭州")
    await asyncio.to_thread(editor.push)
    clock.move(minutes=5)
    await asyncio.to_thread(maker.push)
    await activate_subscription_of(doors.app.engine, doors.world.yunfan.tenant_id, ["crm", "sales"], None)
    settled = await apply_waiting(doors.app.engine, doors.world.yunfan.tenant_id)
    assert (settled.applied, settled.waiting, settled.parked) == (2, 0, 0)
    await asyncio.to_thread(editor.sync)
    assert (editor.row("customers", row)["address"], editor.inbox()) == ("杭州", [])


async def test_a_device_with_nothing_queued_offers_again_all_the_same(doors: Doors, backup: Backup) -> None:
    li = await doors.device("li", "li")
    await backup.dump()
    made = [li.mutate("party.create_customer", name=f"客户{i}") for i in range(3)]
    await asyncio.to_thread(li.sync)
    await backup.restore()
    await _new_epoch(doors)
    await asyncio.to_thread(li.sync)
    assert sorted(r["id"] for r in li.rows("customers")) == sorted(made)
    assert await _customers(doors) == ["客户0", "客户1", "客户2"]
    assert await asyncio.to_thread(li.verify) == []


async def test_a_device_registered_after_the_backup_is_known_again(doors: Doors, backup: Backup) -> None:
    await backup.dump()
    li = await doors.device("li", "li")
    made = li.mutate("party.create_customer", name="新设备的客户")
    await asyncio.to_thread(li.sync)
    device_id = li.device_id
    await backup.restore()
    await _new_epoch(doors)
    await asyncio.to_thread(li.sync)
    assert (li.device_id, [r["id"] for r in li.rows("customers")]) == (device_id, [made])
    assert await _customers(doors) == ["新设备的客户"]


async def test_without_a_new_epoch_a_restored_server_is_taken_for_a_lagging_one(doors, backup, monkeypatch) -> None:
    monkeypatch.setattr("sync.barrier.WAIT_SECONDS", 0.1)
    li = await doors.device("li", "li")
    await backup.dump()
    li.mutate("party.create_customer", name="一")
    await asyncio.to_thread(li.sync)
    await backup.restore()
    with pytest.raises(SyncRefused, match="BUSY"):
        await asyncio.to_thread(li.pull)
    assert len(li.rows("customers")) == 1
    await _new_epoch(doors)
    await asyncio.to_thread(li.sync)
    assert await _customers(doors) == ["一"]


async def test_what_nobody_has_any_more_is_told_and_stops_nothing(doors: Doors, backup: Backup, clock) -> None:
    li = await doors.device("li", "li")
    await backup.dump()
    for i in range(4):
        li.mutate("party.create_customer", name=f"很久以前{i}")
    await asyncio.to_thread(li.sync)
    clock.move(days=10)
    li.mutate("party.create_customer", name="最近")
    await asyncio.to_thread(li.sync)
    with li._store.transaction() as db:  # as the pull after the 30th day does
        db.execute("DELETE FROM outbox WHERE n <= 4")
    await backup.restore()
    await _new_epoch(doors)
    li.mutate("party.create_customer", name="现在")
    await asyncio.to_thread(li.sync)
    assert li.pending() == []
    assert await _customers(doors) == ["最近", "现在"]
    manager = await doors.device("wang", "wang")
    for replica in (li, manager):
        [entry] = replica.inbox()
        assert (entry["code"], entry["arguments"]) == ("EDITS_GONE", {"first": 1, "last": 4})
        assert entry["whatZh"] == "缺失的离线修改"
        assert "第 1 至 4 项" in entry["messageZh"]
    li.mutate("party.create_customer", name="以后")
    assert (await asyncio.to_thread(li.sync))["pushed"] == {"applied": 1}
    li.resolve(entry["id"], "discard")
    await asyncio.to_thread(li.sync)
    assert li.inbox() == []


async def test_what_was_told_to_a_former_id_says_nothing_about_todays_numbers(
    doors: Doors, backup: Backup, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the answer of a restored server is on its way another process on the file becomes a device of its own."""
    li = await doors.device("li", "li")
    for i in range(4):
        li.mutate("party.create_customer", name=f"客户{i}")
    await asyncio.to_thread(li.sync)
    await backup.dump()
    li.mutate("party.create_customer", name="恢复时丢失的")
    await asyncio.to_thread(li.sync)
    with li._store.transaction() as db:  # as the pull after the 30th day does
        db.execute("DELETE FROM outbox WHERE n <= 4")
    await backup.restore()
    await _new_epoch(doors)
    li.mutate("party.create_customer", name="还没推送")
    post, former = li._transport.post, li.device_id

    def meanwhile(path: str, body: dict[str, Any]) -> Any:
        answer = post(path, body)
        if path == PUSH and li.device_id == former:
            li._store.outbox.become_copy(str(new_id()), former, doors.app.engine.clock.now())
        return answer

    monkeypatch.setattr(li._transport, "post", meanwhile)
    await asyncio.to_thread(li.sync)
    assert li.device_id != former
    assert (li.pending(), [entry["code"] for entry in li.inbox()]) == ([], [])
    assert await _customers(doors) == sorted([*(f"客户{i}" for i in range(4)), "恢复时丢失的", "还没推送"])


async def test_even_a_device_that_forgot_everything_goes_on(doors: Doors, backup: Backup) -> None:
    li = await doors.device("li", "li")
    await backup.dump()
    for i in range(3):
        li.mutate("party.create_customer", name=f"客户{i}")
    await asyncio.to_thread(li.sync)
    with li._store.transaction() as db:
        db.execute("DELETE FROM outbox")
    await backup.restore()
    await _new_epoch(doors)
    await asyncio.to_thread(li.sync)
    li._store.set(compare=True)
    await asyncio.to_thread(li.sync)
    li.mutate("party.create_customer", name="之后")
    assert (await asyncio.to_thread(li.sync))["pushed"] == {"applied": 1}
    assert [e["arguments"] for e in li.inbox()] == [{"first": 1, "last": 3}]


async def test_a_number_that_was_printed_after_the_backup_is_given_to_nobody_else(doors: Doors, backup: Backup) -> None:
    with numbered():
        company = doors.world.yunfan
        assert await use(company, "lin", None, None) == td(1)
        li, zhao = await doors.device("li", "li"), await doors.device("zhao", "zhao")
        await backup.dump()
        assert await asyncio.to_thread(li.lease, KEY, 20) == 20
        printed = li.next_number(KEY)
        made = li.mutate(CREATE, name="已打印", number=printed)
        await asyncio.to_thread(li.sync)
        await backup.restore()
        await _new_epoch(doors)
        assert await asyncio.to_thread(zhao.lease, KEY, 20) == 20
        zhao.mutate(CREATE, name="之后", number=zhao.next_number(KEY))  # before the other device comes
        for replica in (zhao, li):
            assert (await asyncio.to_thread(replica.sync))["queued"] == 0
        assert li.row("customers", made)["code"] == printed
        assert li.inbox() == zhao.inbox() == []
        told = await evidence(company)
        assert (told.used, told.unexplained) == (3, 0)
        assert li.next_number(KEY) not in {printed, td(1)}
        assert li.numbers_left(KEY) == 19


async def test_what_waited_thirty_days_for_another_device_turns_to_a_person(doors: Doors, clock, run) -> None:
    await _new_epoch(doors)
    li = await doors.device("li", "li")
    li.mutate("party.create_contact", customer_id=str(new_id()), name="等不到")
    exists = str((await run("lin", "party.create_customer", name="看不到的")).row_id)
    li.mutate("party.create_contact", customer_id=exists, name="无权")
    await asyncio.to_thread(li.sync)
    assert [(e["state"], e["code"]) for e in li.inbox()] == [("parked", "AWAITS_OTHER_DEVICE"), ("open", "NOT_FOUND")]
    engine, tenant = doors.app.engine, doors.world.yunfan.tenant_id
    subscribe = command_named("billing.activate_subscription")
    data = subscribe.input_type(modules=["crm"], until=None)
    await engine.executor.run_internal(Actor(tenant, None, Authority()), subscribe, data)
    clock.move(days=29)
    settled = await release_parked(engine, tenant, None)
    assert (settled.parked, settled.reopened) == (1, 0)
    clock.move(days=2)
    settled = await release_parked(engine, tenant, None)
    assert (settled.parked, settled.reopened) == (0, 1)
    await asyncio.to_thread(li.sync)
    assert [(e["state"], e["code"]) for e in li.inbox()] == [("open", "NOT_FOUND"), ("open", "NOT_FOUND")]
