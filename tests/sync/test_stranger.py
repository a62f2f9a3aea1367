"""A client that was written from PROTOCOL.md alone, against the real server: what it needed stands in the text."""

from __future__ import annotations

import asyncio
import copy
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from websockets.asyncio.client import connect

from sync import barrier
from tests.sync.conftest import Doors, one_behind
from tests.sync.stranger import Refused, Stranger
from tests.sync.test_views import _widen

Meet = Callable[..., Any]


@pytest.fixture
async def meet(doors: Doors) -> AsyncIterator[Meet]:
    met: list[Stranger] = []

    async def make(who: str, *, registered: bool = True, **options: Any) -> Stranger:
        stranger = Stranger(doors.url, doors.token(doors.world.yunfan, who), sleep=lambda _s: None, **options)
        met.append(stranger)
        if registered:
            await asyncio.to_thread(stranger.register, f"{who}'s")
            await asyncio.to_thread(stranger.pull)
        return stranger

    yield make
    for stranger in met:
        stranger.http.close()


async def _exact(stranger: Stranger) -> None:
    assert await asyncio.to_thread(stranger.verify) == []


async def _sync(stranger: Stranger) -> list[str]:
    outcomes = await asyncio.to_thread(stranger.push)
    await asyncio.to_thread(stranger.pull)
    return [outcome["status"] for outcome in outcomes]


async def test_refusals_come_as_the_table_says(doors: Doors, meet: Meet) -> None:
    nobody, li = Stranger(doors.url, "wrong"), await meet("li")
    with nobody.http, pytest.raises(Refused) as refused:
        await asyncio.to_thread(nobody.register, "nobody's")
    assert (refused.value.status, refused.value.code) == (401, "NOT_SIGNED_IN")
    zhao = await meet("zhao")
    zhao.device_id = li.device_id
    with pytest.raises(Refused) as refused:
        await asyncio.to_thread(zhao.pull)
    assert (refused.value.status, refused.value.code, refused.value.field) == (404, "NOT_FOUND", "deviceId")
    zhao.member_id = li.member_id
    with pytest.raises(Refused) as refused:
        await asyncio.to_thread(zhao.register, "zhao's")
    assert (refused.value.status, refused.value.code) == (409, "REPLICA_OF_ANOTHER")
    with pytest.raises(Refused) as refused:
        await asyncio.to_thread(li.send, "/sync/v1/pull", {"deviceId": li.device_id, "unknown": 1})
    assert (refused.value.status, refused.value.code) == (422, "INVALID_INPUT")
    with pytest.raises(Refused) as refused:
        await asyncio.to_thread(li.send, "/sync/v1/pull", {"deviceId": li.device_id, "cursor": "forged"})
    assert (refused.value.status, refused.value.code) == (422, "CURSOR_INVALID")


async def test_first_load_by_pages_then_deltas_and_a_scope_that_changes(doors: Doors, run, meet: Meet) -> None:
    for i in range(7):
        await run("zhao" if i % 2 else "li", "party.create_customer", name=f"客户{i}")
    li = await meet("li", rows=2)
    assert {row["name"] for row in li.rows("customers").values()} == {"客户0", "客户2", "客户4", "客户6"}
    await _exact(li)
    await _widen(doors, "li", "all")
    await asyncio.to_thread(li.pull)
    assert len(li.rows("customers")) == 7
    await _exact(li)
    made = await run("li", "party.create_customer", name="移交")
    await asyncio.to_thread(li.pull)
    await _widen(doors, "li", "own")
    await run("lin", "party.assign_customer", id=made.row_id, owner_id=doors.world.yunfan.people["zhao"])
    await asyncio.to_thread(li.pull)
    assert {row["name"] for row in li.rows("customers").values()} == {"客户0", "客户2", "客户4", "客户6"}
    await _exact(li)


async def test_an_edit_merges_and_a_clash_is_in_the_inbox(doors: Doors, run, meet: Meet) -> None:
    row = str((await run("li", "party.create_customer", name="共有", level="c", region="华北")).row_id)
    li, wang = await meet("li"), await meet("wang")
    for stranger, changed in ((wang, {"region": "华东", "level": "b"}), (li, {"notes": "备注", "level": "a"})):
        stranger.mutate("party.edit_customer", {"id": row, **changed})
        assert stranger.rows("customers")[row]["level"] == changed["level"]
    assert await _sync(wang) == ["applied"]
    assert await _sync(li) == ["merged"]
    shown = li.rows("customers")[row]
    assert (shown["region"], shown["notes"], shown["level"]) == ("华东", "备注", "b")
    [entry] = li.rows("inbox").values()
    assert (entry["state"], entry["rowId"]) == ("open", row)
    assert [(d["field"], d["mine"], d["theirs"]) for d in entry["differences"]] == [("level", "a", "b")]
    li.mutate("tenants.resolve_inbox_entry", {"id": entry["id"], "action": "mine"})
    assert await _sync(li) == ["applied"]
    assert li.rows("customers")[row]["level"] == "a"
    li.mutate("tenants.resolve_inbox_entry", {"id": entry["id"], "action": "discard"})
    assert await _sync(li) == ["settled"]
    await _exact(li)


async def test_what_was_sent_twice_happens_once(doors: Doors, meet: Meet) -> None:
    li = await meet("li")
    row = li.mutate("party.create_customer", {"name": "一次"})
    lost = copy.copy(li.queue[0])
    first = await asyncio.to_thread(li.push)
    li.queue = [lost]
    assert await asyncio.to_thread(li.push) == first
    await asyncio.to_thread(li.pull)
    assert list(li.rows("customers")) == [row]


async def test_dependants_are_parked_and_follow_their_row(doors: Doors, run, meet: Meet) -> None:
    await run("lin", "party.create_customer", name="占用", code="K1")
    li = await meet("li")
    row = li.mutate("party.create_customer", {"name": "青山", "code": "K1"})
    li.mutate("party.create_contact", {"customerId": row, "name": "老王"})
    li.mutate("party.create_customer", {"name": "无关"})
    outcomes = await asyncio.to_thread(li.push)
    assert [outcome["status"] for outcome in outcomes] == ["inbox", "parked", "applied"]
    assert outcomes[1]["waitsFor"] == [outcomes[0]["inboxId"]]
    assert [r["name"] for r in li.rows("customers").values()] == ["无关"]
    mended = {"name": "青山", "code": "K2"}
    li.mutate("tenants.resolve_inbox_entry", {"id": outcomes[0]["inboxId"], "action": "mine", "arguments": mended})
    await _sync(li)
    assert li.rows("customers")[row]["code"] == "K2"
    assert [r["customerId"] for r in li.rows("contacts").values()] == [row]
    await _exact(li)


async def test_what_is_not_paid_for_waits(doors: Doors, clock, meet: Meet) -> None:
    li = await meet("li")
    clock.move(days=17)
    li.mutate("party.create_customer", {"name": "到期后"})
    assert await _sync(li) == ["waiting"]
    assert li.rows("customers") == {}
    assert [entry["state"] for entry in li.rows("inbox").values()] == ["waiting"]


async def test_a_gap_is_told_and_passed_over_when_nobody_has_it(doors: Doors, meet: Meet) -> None:
    li = await meet("li")
    for i in range(4):
        li.mutate("party.create_customer", {"name": f"客户{i}"})
    del li.queue[:2]
    assert await asyncio.to_thread(li.push) != []
    await asyncio.to_thread(li.pull)
    assert {row["name"] for row in li.rows("customers").values()} == {"客户2", "客户3"}
    assert [entry["code"] for entry in li.rows("inbox").values()] == ["EDITS_GONE"]


async def test_a_copy_goes_on_as_a_device_of_its_own(doors: Doors, meet: Meet) -> None:
    li, twin = await meet("li"), await meet("li", registered=False)
    both = li.mutate("party.create_customer", {"name": "两份都有"})
    vars(twin).update({k: copy.deepcopy(v) for k, v in vars(li).items() if k not in ("http", "sleep")})
    own = li.mutate("party.create_customer", {"name": "原件的"})
    other = twin.mutate("party.create_customer", {"name": "副本的"})
    await _sync(li)
    await _sync(twin)
    assert twin.origin_id == li.device_id != twin.device_id
    await asyncio.to_thread(li.pull)
    for stranger in (li, twin):
        assert set(stranger.rows("customers")) == {both, own, other}
        await _exact(stranger)


async def test_an_edit_shows_until_a_pull_contains_it(doors: Doors, run, meet: Meet, monkeypatch) -> None:
    monkeypatch.setattr(barrier, "WAIT_SECONDS", 0.1)
    row = str((await run("li", "party.create_customer", name="共有", level="c")).row_id)
    li = await meet("li")
    li.mutate("party.edit_customer", {"id": row, "level": "a"})
    await asyncio.to_thread(li.push)
    with one_behind(monkeypatch), pytest.raises(Refused) as refused:
        await asyncio.to_thread(li.pull)
    assert (refused.value.status, refused.value.code) == (503, "BUSY")
    assert li.rows("customers")[row]["level"] == "a"
    assert [m["contained"] for m in li.queue] == [False]
    await asyncio.to_thread(li.pull)
    assert [m["contained"] for m in li.queue] == [True]
    assert li.rows("customers")[row]["level"] == "a"


async def test_pages_come_on_the_air_and_what_does_not_fit_is_pulled(doors: Doors, run, meet: Meet) -> None:
    li = await meet("li")
    async with connect(doors.url.replace("http", "ws") + "/sync/v1/poke") as socket:

        async def heard() -> str | bytes:
            message = await asyncio.wait_for(socket.recv(), 5)
            said = await asyncio.to_thread(li.hear, message)
            if said is not None:
                await socket.send(said)
            return message

        await socket.send(
            json.dumps(
                {"token": li.http.headers["authorization"][7:], "deviceId": li.device_id} | {"cursor": li.cursor}
            )
        )
        assert json.loads(await heard()) == {"ready": True}
        await run("li", "party.create_customer", name="现场")
        assert isinstance(await heard(), bytes)
        assert [row["name"] for row in li.rows("customers").values()] == ["现场"]
        missed = await run("li", "party.create_customer", name="错过的")
        await asyncio.wait_for(socket.recv(), 5)  # lost
        await run("li", "party.create_customer", name="下一个")
        while len(li.rows("customers")) < 3:
            await heard()
        assert str(missed.row_id) in li.rows("customers")
        await run("li", "party.create_customer", name="接上了")
        while len(li.rows("customers")) < 4:
            assert isinstance(await heard(), bytes)
    await _exact(li)


async def test_a_damaged_replica_is_repaired_row_by_row(doors: Doors, run, meet: Meet) -> None:
    for i in range(5):
        await run("li", "party.create_customer", name=f"客户{i}")
    li = await meet("li")
    right = copy.deepcopy(li.base["customers"])
    first, second, *_ = right
    li.base["customers"][first] = li.base["customers"][first].replace("客户", "坏")
    del li.base["customers"][second]
    li.base["customers"]["018f0000-0000-7000-8000-00000000000a"] = '{"id":"018f0000-0000-7000-8000-00000000000a"}'
    assert await asyncio.to_thread(li.verify) == ["customers"]
    assert li.base["customers"] == right
    await _exact(li)
