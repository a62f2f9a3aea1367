"""Values that no push could carry, and an edit that corrects one which was refused."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from typing import Any

import pytest

from sync.client import ArgumentRefused, Replica, ReplicaError, ReplicaNewer
from tests.sync.conftest import Doors

_DEEP: Any = "x"
for _ in range(70):
    _DEEP = [_DEEP]


@pytest.mark.parametrize(
    ("arguments", "path"),
    [
        ({"name": float("nan")}, "name"),
        ({"name": float("-inf")}, "name"),
        ({"name": "半\ud83d个"}, "name"),
        ({"name": "空\x00字"}, "name"),
        ({"credit_limit_minor": 2**63}, "creditLimitMinor"),
        ({"custom": {"size": [1.0, float("inf")]}}, "custom.size.1"),
        ({"custom": {"a\x00": 1}}, "custom"),
        ({"custom": {"size": _DEEP}}, "custom.size"),
    ],
)
async def test_what_cannot_be_sent_is_refused_before_it_is_kept(doors: Doors, arguments: dict, path: str) -> None:
    li = await doors.device("li", "li")
    row = li.mutate("party.create_customer", name="好")
    with pytest.raises(ArgumentRefused) as refused:
        li.mutate("party.edit_customer", id=row, **arguments)
    assert isinstance(refused.value, ValueError)
    assert isinstance(refused.value, ReplicaError)
    assert refused.value.field.startswith(path)
    assert str(refused.value).encode()
    assert len(li.pending()) == 1
    assert await asyncio.to_thread(li.sync) == {"pushed": {"applied": 1}, "queued": 0, "pulled": 1}


async def test_a_queue_that_holds_such_a_value_goes_on(doors: Doors) -> None:
    li = await doors.device("li", "li")
    row = li.mutate("party.create_customer", name="好")
    await asyncio.to_thread(li.sync)
    li.mutate("party.edit_customer", id=row, name="坏")
    with li._store.transaction() as db:
        db.execute(
            "UPDATE outbox SET arguments = ? WHERE outcome IS NULL", (json.dumps({"id": row, "name": float("nan")}),)
        )
    li.mutate("party.edit_customer", id=row, name="改好")  # its base is the NaN that shows
    outcomes = await asyncio.to_thread(li.push)
    assert [o["status"] for o in outcomes] == ["inbox", "applied"]
    assert (outcomes[0]["error"]["code"], outcomes[0]["error"]["field"]) == ("VALUE_UNSENDABLE", "name")
    await asyncio.to_thread(li.pull)
    assert li.row("customers", row)["name"] == "改好"
    (entry,) = li.inbox()
    assert entry["arguments"] == {"id": row, "name": "nan"}


async def test_a_correction_does_not_clash_with_the_refused_value(doors: Doors, run) -> None:
    made = await run("li", "party.create_customer", name="电话", phone="0571-88880000")
    li = await doors.device("li", "li")
    row = str(made.row_id)
    li.mutate("party.edit_customer", id=row, phone="abc")
    li.mutate("party.edit_customer", id=row, phone="0571-88889999")
    first, second = li.pending()
    assert "serverBase" not in first
    assert (second["base"], second["serverBase"]) == ({"phone": "abc"}, {"phone": first["base"]["phone"]})
    assert (await asyncio.to_thread(li.sync))["pushed"] == {"inbox": 1, "applied": 1}
    assert [entry["code"] for entry in li.inbox()] == ["PHONE_INVALID"]
    assert li.row("customers", row)["phone"] == "+8657188889999"


async def test_a_correction_of_what_others_changed_meanwhile_does_clash(doors: Doors, run) -> None:
    made = await run("li", "party.create_customer", name="电话", phone="95588")
    li = await doors.device("li", "li")
    row = str(made.row_id)
    li.mutate("party.edit_customer", id=row, phone="abc")
    li.mutate("party.edit_customer", id=row, phone="95599")
    await run("lin", "party.edit_customer", id=made.row_id, version=1, phone="95566")
    assert (await asyncio.to_thread(li.sync))["pushed"] == {"merged": 2}
    first, second = [entry["differences"] for entry in li.inbox() if entry["code"] == "EDIT_CLASHED"]
    assert first == [{"field": "phone", "base": "95588", "mine": "abc", "theirs": "95566"}]
    assert second == [{"field": "phone", "base": "abc", "mine": "95599", "theirs": "95566"}]


async def test_the_inbox_reads_right_in_both_languages(doors: Doors, run) -> None:
    made = await run("li", "party.create_customer", name="名字")
    li = await doors.device("li", "li")
    li.mutate("party.edit_customer", id=str(made.row_id), name="  ")
    assert (await asyncio.to_thread(li.sync))["pushed"] == {"inbox": 1}
    (entry,) = li.inbox()
    assert entry["messageZh"] == "“客户名称”不能为空。"
    assert entry["messageEn"].startswith("To save this you must fill in ")
    assert entry["messageEn"].isascii()


async def test_a_file_of_the_first_layout_opens_with_its_queue(doors: Doors) -> None:
    li = await doors.device("li", "li")
    li.mutate("party.create_customer", name="旧文件")
    li.close()
    path = doors.folder / "li.sqlite"
    with sqlite3.connect(path) as db:
        db.execute("ALTER TABLE outbox DROP COLUMN server_base")
        db.execute("ALTER TABLE outbox DROP COLUMN shows")
        db.execute("PRAGMA user_version = 1")
    db.close()
    again = Replica(path, doors.url, li.token, now=doors.app.engine.clock.now)
    doors.opened.append(again)
    assert len(again.pending()) == 1
    assert (await asyncio.to_thread(again.sync))["pushed"] == {"applied": 1}


@pytest.mark.parametrize("layout", [2, 3])
async def test_a_file_of_a_former_layout_keeps_its_queue_and_its_version(doors: Doors, layout: int) -> None:
    li = await doors.device("li", "li")
    made = li.mutate("party.create_customer", name="旧文件")
    li.close()
    path = doors.folder / "li.sqlite"
    with sqlite3.connect(path) as db:
        db.execute("ALTER TABLE outbox DROP COLUMN schema_version")
        db.execute(f"PRAGMA user_version = {layout}")
    db.close()
    again = Replica(path, doors.url, li.token, now=doors.app.engine.clock.now)
    doors.opened.append(again)
    again.schema_version = 9  # the app was updated; what was queued stays what it was
    assert [(queued["schemaVersion"], queued["arguments"]["id"]) for queued in again.pending()] == [(1, made)]
    again.schema_version = 1
    assert (await asyncio.to_thread(again.sync))["pushed"] == {"applied": 1}
    assert await asyncio.to_thread(again.verify) == []


async def test_a_file_of_a_newer_client_is_refused_and_stays_as_it_is(doors: Doors) -> None:
    li = await doors.device("li", "li")
    li.mutate("party.create_customer", name="新文件")
    li.close()
    path = doors.folder / "li.sqlite"
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    before = path.read_bytes()
    with pytest.raises(ReplicaNewer, match="update the app"):
        Replica(path, doors.url, li.token)
    assert path.read_bytes() == before


async def test_fields_that_a_client_does_not_know_are_kept(doors: Doors, run) -> None:
    await run("li", "party.create_customer", name="客户")
    li = await doors.device("li", "li")
    [(row_id, text)] = li._store.base_texts("customers")
    later = text[:-1] + ',"ofALaterVersion":{"a":[1]}}'
    with li._store.transaction() as db:
        db.execute("UPDATE base SET data = ? WHERE id = ?", (later, row_id))
    li.mutate("party.edit_customer", id=row_id, notes="x")
    assert li.row("customers", row_id)["ofALaterVersion"] == {"a": [1]}
    assert li._store.base_texts("customers") == [(row_id, later)]
