"""Numbers taken offline: leased online, handed out once whatever ends the process, voided or used, never doubled."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import func, select

from modules.party.entities import Customer
from sync.client import NoNumbersLeft, NotRegistered, Offline, Replica, SyncRefused, UnknownCommand
from tenants.device_entities import InboxEntry
from tenants.numbering import close_leases_of
from tenants.numbering_errors import NumberNotLeased
from tests.sync.conftest import Doors, Network, copied
from tests.sync.raw_device import Raw
from tests.sync.test_trial_end import _subscribe
from tests.tenants.numbered import CREATE, KEY, evidence, numbered, td
from tests.world import seed
from values.errors import Busy
from values.ids import new_id

LEASE = "tenants.lease_numbers"

_TAKES = """
import os, sys
from sync.client import Replica
replica = Replica(sys.argv[1], sys.argv[2], sys.argv[3])
print(replica.next_number(sys.argv[4]), flush=True)
os._exit(1)
"""


@pytest.fixture(autouse=True)
def series() -> Iterator[None]:
    with numbered():
        yield


async def leased(doors: Doors, who: str, name: str, count: int = 5, **options) -> Replica:
    replica = await doors.device(who, name, **options)
    assert await asyncio.to_thread(replica.lease, KEY, count) == count
    return replica


def document(replica: Replica, number: str | None = None, **arguments) -> str:
    """Queues a document under the next number; returns the number."""
    number = number or replica.next_number(KEY)
    replica.mutate(CREATE, name=f"单据 {number}", number=number, **arguments)
    return number


async def codes(doors: Doors) -> list[str]:
    async with doors.app.engine.reading(await doors.world.yunfan.actor()) as session:
        return list(await session.scalars(select(Customer.code).order_by(Customer.code)))


async def open_entries(doors: Doors) -> int:
    async with doors.app.engine.reading(await doors.world.yunfan.actor()) as session:
        return int(await session.scalar(select(func.count()).where(InboxEntry.state == "open")))


async def as_new_device(replica: Replica) -> None:
    """What a copy does when it is told that it is one: a new id, and the queue numbered anew."""
    with replica._store.transaction() as db:
        db.execute("DELETE FROM outbox WHERE outcome IS NOT NULL")
        for n, (old,) in enumerate(db.execute("SELECT n FROM outbox ORDER BY n").fetchall(), 1):
            db.execute("UPDATE outbox SET n = ? WHERE n = ?", (-n, old))
        db.execute("UPDATE outbox SET n = -n")
        count = db.execute("SELECT count(*) FROM outbox").fetchone()[0]
        db.execute("DELETE FROM meta WHERE key IN ('device_id', 'cursor')")
        replica._store.put_meta({"next_n": count + 1})
    await asyncio.to_thread(replica.register, "copy")
    await asyncio.to_thread(replica.reload)


async def opened(doors: Doors, path: Path, who: str = "li") -> Replica:
    replica = Replica(
        path,
        doors.url,
        doors.token(doors.world.yunfan, who),
        now=doors.app.engine.clock.now,
        sleep=lambda _s: None,
    )
    doors.opened.append(replica)
    return replica


# Refusals


async def test_without_registration_lease_or_right_there_is_no_number(doors: Doors) -> None:
    stranger = await doors.device("li", "stranger", registered=False)
    with pytest.raises(NotRegistered):
        stranger.next_number(KEY)
    with pytest.raises(NotRegistered):
        stranger.lease(KEY)
    li = await doors.device("li", "li")
    with pytest.raises(NoNumbersLeft, match=KEY):
        li.next_number(KEY)
    auditor = await doors.device("zhou", "zhou")
    with pytest.raises(UnknownCommand):
        await asyncio.to_thread(auditor.lease, KEY)


async def test_what_the_server_refuses_is_told_and_is_nobodys_work(doors: Doors) -> None:
    li = await doors.device("li", "li")
    for series, count, code in (("tests.none", 5, "SERIES_UNKNOWN"), (KEY, 501, "INVALID_INPUT")):
        with pytest.raises(SyncRefused, match=code):
            await asyncio.to_thread(li.lease, series, count)
    assert li.inbox() == []
    await asyncio.to_thread(li.sync)
    assert (li.pending(), li.inbox(), await open_entries(doors)) == ([], [], 0)
    assert await asyncio.to_thread(li.lease, KEY, 5) == 5


async def test_a_third_lease_is_refused_until_one_is_handed_out(doors: Doors) -> None:
    li = await leased(doors, "li", "li", 3)
    await asyncio.to_thread(li.lease, KEY, 3)
    with pytest.raises(SyncRefused, match="TOO_MANY_LEASES"):
        await asyncio.to_thread(li.lease, KEY, 3)
    for _ in range(3):
        li.next_number(KEY)
    assert await asyncio.to_thread(li.lease, KEY, 3) == 6
    assert (await evidence(doors.world.yunfan)).last == 9


# Leasing


async def test_offline_a_lease_waits_and_a_lost_answer_leases_once(doors: Doors) -> None:
    network = Network()
    li = await doors.device("li", "li", transport=network)
    network.down = True
    with pytest.raises(Offline):
        await asyncio.to_thread(li.lease, KEY, 7)
    network.down = False
    network.lose_answers = {"/sync/v1/push"}
    with pytest.raises(Offline):
        await asyncio.to_thread(li.lease, KEY, 7)
    assert network.lost > 1
    network.lose_answers = set()
    assert await asyncio.to_thread(li.lease, KEY, 7) == 7
    told = await evidence(doors.world.yunfan)
    assert [(found.first, found.last) for found in told.leases] == [(1, 7)]
    assert (li.pending(), li.numbers_left(KEY)) == ([], 7)


async def test_documents_made_offline_keep_their_numbers(doors: Doors) -> None:
    network = Network()
    li = await leased(doors, "li", "li", 20, transport=network)
    network.down = True
    made = [document(li) for _ in range(3)]
    assert made == [td(1), td(2), td(3)]
    assert sorted(row["number"] for row in li.rows("customers")) == made  # shown at once
    network.down = False
    done = await asyncio.to_thread(li.sync)
    assert (done["pushed"], done["numbers"]) == ({"applied": 3}, {KEY: 17})
    assert await codes(doors) == made
    told = await evidence(doors.world.yunfan)
    assert (told.used, told.outstanding, told.unexplained) == (3, 17, 0)


async def test_sync_leases_more_before_the_last_is_handed_out(doors: Doors) -> None:
    li = await leased(doors, "li", "li", 12)
    for _ in range(2):
        document(li)
    assert (await asyncio.to_thread(li.sync))["numbers"] == {KEY: 10}
    document(li)
    assert (await asyncio.to_thread(li.sync))["numbers"] == {KEY: 21}
    assert (await asyncio.to_thread(li.sync))["numbers"] == {KEY: 21}
    for _ in range(21):
        document(li)
    with pytest.raises(NoNumbersLeft):
        li.next_number(KEY)
    await asyncio.to_thread(li.sync)
    told = await evidence(doors.world.yunfan)
    assert ([found.closed_reason for found in told.leases], told.used) == (["used_up", "used_up", None], 24)
    assert await codes(doors) == [td(n) for n in range(1, 25)]
    assert document(li) == td(25)


async def test_a_copy_that_runs_low_is_told_that_it_is_one(doors: Doors) -> None:
    li = await leased(doors, "li", "li", 3)
    clone = await opened(doors, copied(li, doors.folder / "clone.sqlite"))
    for replica in (li, clone):  # the original leases more, and its copy takes that for its own: nothing is sent yet
        assert (await asyncio.to_thread(replica.sync))["numbers"] == {KEY: 6}
    for _ in range(4):
        clone.next_number(KEY)
    await asyncio.to_thread(clone.sync)
    assert clone.device_id != li.device_id
    assert {row["deviceId"] for row in clone.rows("numberLeases") if row["first"] <= 6} == {li.device_id}
    assert (await evidence(doors.world.yunfan)).unexplained == 0


async def test_a_sync_that_cannot_lease_more_goes_on(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server asks to come again later: the request waits in the queue, and one is enough."""
    li = await leased(doors, "li", "li", 3)
    with monkeypatch.context() as busy:
        busy.setattr("sync.push.Pusher._apply", _busy)
        for _ in range(2):
            assert (await asyncio.to_thread(li.sync))["numbers"] == {KEY: 3}
    assert [m["command"] for m in li.pending()] == ["tenants.lease_numbers"]
    assert (await asyncio.to_thread(li.sync))["numbers"] == {KEY: 6}


async def _busy(*_: object) -> None:
    raise Busy


async def test_a_parked_document_keeps_its_number_and_stops_no_lease(doors: Doors) -> None:
    li = await leased(doors, "li", "li", 2)
    refused = document(li, parentId=str(UUID(int=7)))  # no such field: to the inbox
    document(li)
    done = await asyncio.to_thread(li.sync)
    assert (done["pushed"], done["numbers"]) == ({"inbox": 1, "applied": 1}, {KEY: 2})
    for _ in range(2):
        document(li)
    assert (await asyncio.to_thread(li.sync))["numbers"] == {KEY: 2}
    [entry] = li.inbox()
    li.resolve(entry["id"], "mine", arguments={"name": "改正", "number": refused})
    assert (await asyncio.to_thread(li.sync))["pushed"] == {"applied": 1}
    assert (await evidence(doors.world.yunfan)).leases[0].closed_reason == "used_up"


async def test_a_document_keeps_its_number_when_the_manager_decides_about_it(doors: Doors, run) -> None:
    li = await leased(doors, "li", "li", 20)
    number = document(li, parentId=str(UUID(int=7)))
    await asyncio.to_thread(li.sync)
    [entry] = li.inbox()
    mine = {"id": UUID(entry["id"]), "action": "mine"}
    with pytest.raises(NumberNotLeased):
        await run("wang", CREATE, name="主管自己的", number=number)
    with pytest.raises(NumberNotLeased):  # nor in passing: only those of whose entry it is
        await run("wang", "tenants.resolve_inbox_entry", **mine, arguments={"name": "改", "number": td(21)})
    await run("wang", "tenants.resolve_inbox_entry", **mine, arguments={"name": "主管改正", "number": number})
    assert await codes(doors) == [number]
    with pytest.raises(NumberNotLeased):
        await run("wang", CREATE, name="主管自己的", number=td(2))


@pytest.mark.parametrize("decision", ["discard", "another number", "no number"])
async def test_the_number_of_a_document_that_is_not_made_with_it_is_voided(doors: Doors, decision: str) -> None:
    li = await leased(doors, "li", "li", 20)
    number = document(li, parentId=str(UUID(int=7)))  # no such field: to the inbox
    await asyncio.to_thread(li.sync)
    [entry] = li.inbox()
    assert (await evidence(doors.world.yunfan)).voided == 0
    if decision == "discard":
        li.resolve(entry["id"], "discard")
    elif decision == "no number":
        li.resolve(entry["id"], "mine", arguments={"name": "改正"})
    else:
        li.resolve(entry["id"], "mine", arguments={"name": "改正", "number": li.next_number(KEY)})
    assert (await asyncio.to_thread(li.sync))["pushed"] == {"applied": 1}
    told = await evidence(doors.world.yunfan)
    assert (told.used, told.voided, told.unexplained) == (int(decision != "discard"), 1, 0)
    assert [(gap.first, gap.why) for gap in told.gaps if gap.why == "spoiled"] == [(1, "spoiled")]
    document(li, number)
    await asyncio.to_thread(li.sync)
    assert [entry["code"] for entry in li.inbox()] == ["NUMBER_VOIDED"]


async def test_the_number_of_a_discarded_parked_document_is_voided(doors: Doors) -> None:
    li = await doors.device("li", "li")
    await asyncio.to_thread(li.lease, "sales.order", 20)
    customer = li.mutate("party.create_customer", name="")
    li.mutate("sales.create_order", customer_id=customer, number=li.next_number("sales.order"))
    assert (await asyncio.to_thread(li.sync))["pushed"] == {"inbox": 1, "parked": 1}
    [parked] = [entry for entry in li.inbox() if entry["state"] == "parked"]
    li.resolve(parked["id"], "discard")
    await asyncio.to_thread(li.sync)
    told = await evidence(doors.world.yunfan, "sales.order")
    assert (told.voided, told.outstanding, told.unexplained) == (1, 19, 0)


async def test_a_decision_about_anothers_number_voids_nothing(doors: Doors) -> None:
    """What an entry names as its number may be anybody's: only its own member's is at stake."""
    li, zhao = await leased(doors, "li", "li", 20), await leased(doors, "zhao", "zhao", 20)
    zhao.next_number(KEY)
    document(li, td(21))
    await asyncio.to_thread(li.sync)
    [entry] = li.inbox()
    assert entry["code"] == "NUMBER_NOT_LEASED"
    li.resolve(entry["id"], "discard")
    await asyncio.to_thread(li.sync)
    assert ((told := await evidence(doors.world.yunfan)).voided, told.outstanding) == (0, 40)


async def test_a_request_after_the_trial_is_answered_and_filed_nowhere(doors: Doors, clock) -> None:
    li = await leased(doors, "li", "li", 3)
    clock.instant += timedelta(days=30)
    with pytest.raises(SyncRefused) as refused:
        await asyncio.to_thread(li.lease, KEY, 5)
    assert (refused.value.code, "到期" in refused.value.message) == ("SUBSCRIPTION_LAPSED", True)
    for _ in range(2):
        done = await asyncio.to_thread(li.sync)
        assert done["numbers"] == {KEY: "SUBSCRIPTION_LAPSED"}
        assert done["pushed"] == {}, "not asked again at every sync"
    device = await Raw(doors, "li").register()
    asked = device.mutation(1, LEASE, id=str(new_id()), series=KEY, count=5, spent=[])
    answers = [(await device.push(asked)).outcomes[0] for _ in range(2)]
    assert answers[0] == answers[1]
    assert (answers[0].status, answers[0].inbox_id, answers[0].error.code) == ("settled", None, "SUBSCRIPTION_LAPSED")
    async with doors.app.engine.reading(await doors.world.yunfan.actor()) as session:
        assert await session.scalar(select(func.count()).select_from(InboxEntry)) == 0
    assert li.inbox() == []


async def test_numbers_are_renewed_by_themselves_after_a_lapse(doors: Doors, clock) -> None:
    li = await leased(doors, "li", "li", 3)
    clock.instant += timedelta(days=30)
    assert (await asyncio.to_thread(li.sync))["numbers"] == {KEY: "SUBSCRIPTION_LAPSED"}
    await _subscribe(doors)
    assert (await asyncio.to_thread(li.sync))["numbers"] == {KEY: "SUBSCRIPTION_LAPSED"}
    clock.instant += timedelta(hours=1)
    assert (await asyncio.to_thread(li.sync))["numbers"] == {KEY: 6}


# Handed out once


async def test_threads_and_replicas_of_one_file_are_never_given_the_same(doors: Doors) -> None:
    li = await leased(doors, "li", "li", 60)
    other = await opened(doors, doors.folder / "li.sqlite")
    taken: list[str] = []

    def take(replica: Replica) -> None:
        taken.extend(replica.next_number(KEY) for _ in range(10))

    threads = [threading.Thread(target=take, args=(replica,)) for replica in (li, li, li, other, other, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        await asyncio.to_thread(thread.join)
    assert sorted(taken) == [td(n) for n in range(1, 61)]
    with pytest.raises(NoNumbersLeft):
        other.next_number(KEY)


async def _taken_by_a_process_that_dies(doors: Doors, replica: Replica) -> str:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        _TAKES,
        str(doors.folder / "li.sqlite"),
        doors.url,
        replica.token,
        KEY,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    told, _ = await process.communicate()
    assert process.returncode == 1
    return told.decode().strip()


async def test_a_kill_between_taking_and_queueing_leaves_a_voided_number(doors: Doors) -> None:
    li = await leased(doors, "li", "li", 20)
    lost = [await _taken_by_a_process_that_dies(doors, li) for _ in range(2)]
    assert (lost, document(li)) == ([td(1), td(2)], td(3))
    assert (await asyncio.to_thread(li.sync))["pushed"] == {"applied": 3}
    told = await evidence(doors.world.yunfan)
    voided = [gap for gap in told.gaps if gap.why == "spoiled"]
    assert [(gap.first, gap.last, gap.reason) for gap in voided] == [(1, 2, "设备上未使用 / not used on the device")]
    assert (told.used, told.voided, told.outstanding, told.unexplained) == (1, 2, 17, 0)
    assert (await asyncio.to_thread(li.sync))["pushed"] == {}  # told once
    assert list(doors.folder.glob("*-held-*")) == [] or li._numbers._holder._lock is not None


async def test_a_number_in_a_form_that_is_open_is_kept(doors: Doors) -> None:
    """Neither its own process nor another one of the same file voids it; once the process has ended, the next does."""
    li = await leased(doors, "li", "li", 20)
    other = await opened(doors, doors.folder / "li.sqlite")
    first, second = li.next_number(KEY), li.next_number(KEY)
    for replica in (li, other):
        await asyncio.to_thread(replica.sync)
    assert (await evidence(doors.world.yunfan)).voided == 0
    document(li, first)
    li.close()
    doors.opened.remove(li)
    await asyncio.to_thread(other.sync)
    told = await evidence(doors.world.yunfan)
    assert (told.used, told.voided, next((gap.first, gap.why) for gap in told.gaps)) == (1, 1, (2, "spoiled"))
    assert second == td(2)


async def test_a_member_may_void_a_spoiled_number(doors: Doors) -> None:
    li = await leased(doors, "li", "li", 20)
    number = li.next_number(KEY)
    li.mutate("tenants.void_number", series=KEY, number=number, reason="填错客户")
    assert (await asyncio.to_thread(li.sync))["pushed"] == {"applied": 1}
    [gap, _] = (await evidence(doors.world.yunfan)).gaps
    assert (gap.first, gap.last, gap.reason) == (1, 1, "填错客户")


# Clones, wipes, revocations


async def test_a_clone_brings_its_numbers_as_a_new_device_and_none_is_doubled(doors: Doors) -> None:
    li = await leased(doors, "li", "li", 20)
    held = li.next_number(KEY)
    li._numbers.close()  # as after a restart: nobody holds it
    clone = await opened(doors, copied(li, doors.folder / "clone.sqlite"))
    both = [document(li), document(clone)]
    assert both == [td(2), td(2)]
    theirs = document(clone)
    await asyncio.to_thread(li.push)
    done = await asyncio.to_thread(clone.sync)  # the copy goes on as a device of its own
    assert clone.device_id != li.device_id
    with pytest.raises(NoNumbersLeft):
        clone.next_number(KEY)  # the old lease is the original's
    assert done["pushed"]["inbox"] == 1
    assert clone.numbers_left(KEY) == 0 or clone.next_number(KEY) not in {td(n) for n in range(1, 21)}
    [entry] = clone.inbox()
    assert (entry["code"], entry["field"]) == ("NUMBER_TAKEN", "code")
    assert "不带编号" in entry["remedyZh"]
    without = {name: value for name, value in entry["arguments"].items() if name != "number"}
    clone.resolve(entry["id"], "mine", arguments=without)
    await asyncio.to_thread(clone.sync)
    found = await codes(doors)
    assert (len(found), len(set(found)), {td(2), theirs} <= set(found)) == (3, 3, True)
    told = await evidence(doors.world.yunfan)
    assert (told.leases[0].closed_reason, told.used, told.voided, told.unexplained) == ("forked", 3, 18, 0)
    li.mutate(CREATE, name="原件", number=held)  # what the original has in hand counts all the same
    assert (await asyncio.to_thread(li.sync))["pushed"] == {"applied": 1}
    assert li.next_number(KEY) not in {td(n) for n in range(1, 21)}  # it leased anew, as the copy does
    assert ((told := await evidence(doors.world.yunfan)).used, told.voided, told.unexplained) == (4, 17, 0)


async def test_a_number_that_the_original_spoils_is_voided_once(doors: Doors) -> None:
    """It was taken by a process that is gone; meanwhile a copy has ended the lease, and the original knows nothing."""
    li = await leased(doors, "li", "li", 20)
    li.next_number(KEY)
    li._numbers.close()
    clone = await opened(doors, copied(li, doors.folder / "clone.sqlite"))
    for replica in (li, clone):
        document(replica, td(10 if replica is li else 11))
    await asyncio.to_thread(li.push)
    await asyncio.to_thread(clone.sync)
    assert (await evidence(doors.world.yunfan)).leases[0].closed_reason == "forked"
    again = await opened(doors, doors.folder / "li.sqlite")
    await asyncio.to_thread(again.sync)
    assert again.inbox() == []
    [gap] = [gap for gap in (await evidence(doors.world.yunfan)).gaps if gap.first == 1]
    assert (gap.last, gap.why) == (1, "spoiled")


async def test_after_a_wipe_the_saved_queue_comes_back_with_its_numbers(doors: Doors) -> None:
    li = await leased(doors, "li", "li", 20)
    made = [document(li) for _ in range(2)]
    company = doors.world.yunfan

    async def wiped(ctx) -> None:
        assert await close_leases_of(ctx, UUID(li.device_id), "wiped") == 1
        assert await close_leases_of(ctx, UUID(li.device_id), "wiped") == 0

    await seed(company.app, company.tenant_id, wiped)
    assert (await evidence(company)).voided == 20
    await as_new_device(li)
    assert (await asyncio.to_thread(li.sync))["pushed"] == {"applied": 2}
    assert await codes(doors) == made
    assert ((told := await evidence(company)).used, told.voided, told.unexplained) == (2, 18, 0)


async def test_a_revoked_device_hands_out_nothing_more_once_it_knows(doors: Doors, run) -> None:
    li = await leased(doors, "li", "li", 20)
    desktop = await doors.device("li", "desktop")
    await run("admin", "tenants.revoke_device", id=UUID(li.device_id))
    document(li)
    with pytest.raises(SyncRefused, match="DEVICE_REVOKED"):
        await asyncio.to_thread(li.sync)
    [row] = (await asyncio.to_thread(desktop.pull), desktop.rows("numberLeases"))[1]
    assert (row["closedReason"], (await evidence(doors.world.yunfan)).outstanding) == ("revoked", 0)


async def test_the_replica_is_exact_with_its_leases(doors: Doors) -> None:
    li, zhao = await leased(doors, "li", "li"), await leased(doors, "zhao", "zhao")
    for replica in (li, zhao):
        document(replica)
        await asyncio.to_thread(replica.sync)
        assert await asyncio.to_thread(replica.verify) == []
        assert {row["deviceId"] for row in replica.rows("numberLeases")} == {replica.device_id}
    assert len({row["first"] for replica in (li, zhao) for row in replica.rows("numberLeases")}) == 4
