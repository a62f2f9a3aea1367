"""Values that no push could carry, and an edit that corrects one which was refused."""

from __future__ import annotations

import asyncio
import json
import re
import sqlite3
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from sync.client import ArgumentRefused, Replica, ReplicaError, ReplicaNewer
from tests.sync.conftest import Doors


class _Grade(Enum):
    A = "a"


_ROUND: list[Any] = []
_ROUND.append(_ROUND)
_DEEP: Any = "x"
for _ in range(70):
    _DEEP = [_DEEP]


@pytest.mark.parametrize(
    ("arguments", "path", "code"),
    [
        ({"name": float("nan")}, "name", "NUMBER_UNSENDABLE"),
        ({"name": float("-inf")}, "name", "NUMBER_UNSENDABLE"),
        ({"name": Decimal("NaN")}, "name", "NUMBER_UNSENDABLE"),
        ({"name": "半\ud83d个"}, "name", "TEXT_UNSENDABLE"),
        ({"name": "空\x00字"}, "name", "TEXT_UNSENDABLE"),
        ({"credit_limit_minor": 2**63}, "creditLimitMinor", "INTEGER_TOO_LARGE"),
        ({"custom": {"size": [1.0, float("inf")]}}, "custom.size.1", "NUMBER_UNSENDABLE"),
        ({"custom": {"a\x00": 1}}, "custom", "TEXT_UNSENDABLE"),
        ({"custom": {"size": _DEEP}}, "custom.size", "NESTED_TOO_DEEP"),
        ({"custom": {"size": _ROUND}}, "custom.size", "NESTED_TOO_DEEP"),
        ({"notes": b"x"}, "notes", "TYPE_UNSENDABLE"),
        ({"notes": object()}, "notes", "TYPE_UNSENDABLE"),
        ({"notes": {"x"}}, "notes", "TYPE_UNSENDABLE"),
        ({"credit_limit_minor": 1j}, "creditLimitMinor", "TYPE_UNSENDABLE"),
        ({"notes": Path("x")}, "notes", "TYPE_UNSENDABLE"),
        ({"custom": {"size": [1, bytearray(b"x")]}}, "custom.size.1", "TYPE_UNSENDABLE"),
        ({"custom": {1: "a", "1": "b"}}, "custom", "KEY_UNSENDABLE"),
        ({"custom": {"size": {None: 1}}}, "custom.size", "KEY_UNSENDABLE"),
    ],
)
async def test_what_cannot_be_sent_is_refused_before_it_is_kept(
    doors: Doors, arguments: dict, path: str, code: str
) -> None:
    li = await doors.device("li", "li")
    row = li.mutate("party.create_customer", name="好")
    with pytest.raises(ArgumentRefused) as refused:
        li.mutate("party.edit_customer", id=row, **arguments)
    assert isinstance(refused.value, ValueError)
    assert isinstance(refused.value, ReplicaError)
    assert refused.value.field.startswith(path)
    assert refused.value.code == code
    assert re.search("[一-鿿].*。$", refused.value.message_zh)
    assert re.fullmatch(r"[^{}一-鿿]+\.", refused.value.message_en)
    assert str(refused.value).encode()
    assert len(li.pending()) == 1
    assert await asyncio.to_thread(li.sync) == {"pushed": {"applied": 1}, "queued": 0, "pulled": 1}


async def test_what_has_a_form_on_the_wire_is_sent_in_it(doors: Doors) -> None:
    li = await doors.device("li", "li")
    at = datetime(2026, 3, 2, 9, 30, tzinfo=timezone(timedelta(hours=8)))
    number = UUID("01890A5D-AC96-774B-BCCE-B302099A8057")
    custom = {"at": [at], "day": (date(2026, 3, 2),), "number": number, "price": Decimal("1E+3"), "grade": _Grade.A}
    li.mutate("party.create_customer", name="好", custom={**custom, "yes": True, "none": None, "half": 0.5})
    [waiting] = li.pending()
    assert waiting["arguments"]["custom"] == {
        "at": ["2026-03-02T01:30:00.000000Z"],
        "day": ["2026-03-02"],
        "number": "01890a5d-ac96-774b-bcce-b302099a8057",
        "price": "1000",
        "grade": "a",
        "yes": True,
        "none": None,
        "half": 0.5,
    }


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
