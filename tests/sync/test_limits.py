"""What a device may send at most: one mutation that is too large goes to the inbox and stops nothing behind it."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import msgspec
import pytest
from sqlalchemy import select

from sync import contact, limits, wire
from sync.client import ArgumentRefused
from sync.client import values as client_values
from sync.wire import Mutation
from tenants.device_entities import InboxEntry
from tests.sync.conftest import Doors
from tests.sync.raw_device import Raw
from tests.sync.test_vectors import VECTORS
from values.errors import all_refusals


def nested(depth: int) -> Any:
    value: Any = "x"
    for level in range(depth):
        value = [value] if level % 2 else {"k": value}
    return value


def too_large() -> list[tuple[str, dict[str, Any], dict[str, Any], str]]:
    """Command, arguments, base, and the field that the refusal names."""
    create, edit = "party.create_customer", "party.edit_customer"
    row = "01a202b1-88a3-713a-9a31-76ac5eb3b5e0"
    return [
        (create, {"name": "大" * limits.MAX_PART_BYTES}, {}, "arguments"),
        (create, {"name": "客户", "tagIds": ["t"] * (limits.MAX_ITEMS + 1)}, {}, "tagIds"),
        (create, {"name": "客户", "custom": {f"k{i}": 1 for i in range(limits.MAX_KEYS + 1)}}, {}, "custom"),
        (create, {"name": "客户", "custom": {"a": {"b": [[0] * (limits.MAX_ITEMS + 1)]}}}, {}, "custom.a.b.0"),
        (create, {f"k{i}": 1 for i in range(limits.MAX_KEYS + 1)}, {}, "arguments"),
        (edit, {"id": row, "custom": nested(limits.MAX_DEPTH + 1)}, {}, "custom"),
        (edit, {"id": row, "custom": nested(400)}, {}, "custom"),
        (edit, {"id": row, "name": "新"}, {"name": nested(400)}, "base.name"),
        (edit, {"id": row, "name": "新"}, {"name": ["大" * limits.MAX_PART_BYTES]}, "base"),
        ("party.nonsense", nested(301), {}, "k"),
    ]


async def entries(doors: Doors) -> list[InboxEntry]:
    async with doors.app.engine.reading(await doors.world.yunfan.actor("lin")) as session:
        found = list(await session.scalars(select(InboxEntry).order_by(InboxEntry.id)))
        session.orm.expunge_all()
        return found


async def test_what_is_too_large_is_filed_and_stops_nothing(doors: Doors) -> None:
    device = await Raw(doors, "li").register()
    refused = too_large()
    sent = [device.mutation(n, command, base, **args) for n, (command, args, base, _) in enumerate(refused, 1)]
    answers = [await device.push(one) for one in sent]  # together they would be more than one request may weigh
    for answer, (_, _, _, field) in zip(answers, refused, strict=True):
        assert answer.stopped is None
        (outcome,) = answer.outcomes
        assert (outcome.status, outcome.error.code) == ("inbox", "MUTATION_TOO_LARGE")
        assert outcome.error.field.startswith(field)
        assert outcome.error.remedy
    again = await device.push(sent[6])
    assert again.outcomes == answers[6].outcomes
    good = await device.push(device.mutation(len(sent) + 1, "party.create_customer", name="后来者"))
    assert [o.status for o in good.outcomes] == ["applied"]
    kept = await entries(doors)
    assert len(kept) == len(refused)
    assert all(len(msgspec.json.encode([e.arguments, e.differences])) < 1_000 for e in kept)
    assert str(kept[6].row_id) == refused[6][1]["id"]


async def test_what_the_limits_allow_is_taken(doors: Doors) -> None:
    device = await Raw(doors, "li").register()
    row = {"name": "客户", "notes": "长" * 20_000, "tagIds": []}
    answer = await device.push(device.mutation(1, "party.create_customer", **row))
    assert [o.status for o in answer.outcomes] == ["applied"]
    limits.refuse_too_large(mutation_of({"custom": nested(limits.MAX_DEPTH - 1), "ids": ["x"] * limits.MAX_ITEMS}))


def mutation_of(arguments: dict[str, Any]) -> Mutation:
    return msgspec.convert(
        {
            "n": 1,
            "uuid": "01a202b1-88a3-713a-9a31-76ac5eb3b5e0",
            "command": "party.create_customer",
            "arguments": arguments,
            "madeAt": "2026-03-02T01:30:00Z",
        },
        Mutation,
    )


async def test_an_entry_of_what_was_too_large_cannot_be_run(doors: Doors) -> None:
    """Only a part of it is kept: to run that would be another edit than the member's."""
    device = await Raw(doors, "li").register()
    await device.push(device.mutation(1, "party.create_customer", name="客户", tagIds=["t"] * (limits.MAX_ITEMS + 1)))
    li = await doors.device("li", "li")
    [entry] = li.inbox()
    assert entry["arguments"] == {}
    li.resolve(entry["id"], "mine")
    assert (await asyncio.to_thread(li.sync))["pushed"] == {"inbox": 1}
    li.resolve(entry["id"], "discard")
    assert (await asyncio.to_thread(li.sync))["pushed"] == {"applied": 1}


@pytest.mark.parametrize(
    ("path", "body", "status", "code", "field"),
    [
        ("push", b"{", 400, "REQUEST_MALFORMED", None),
        ("push", b"\xff\xfe", 400, "REQUEST_MALFORMED", None),
        ("push", b'{"mutations": ' + b"[" * 100_000, 422, "INVALID_INPUT", None),
        ("push", b'{"deviceId": "x", "mutations": []}', 422, "INVALID_INPUT", "deviceId"),
        ("push", b'{"deviceId": "%s", "mutations": [{"n": 0}]}', 422, "INVALID_INPUT", "mutations"),
        ("push", b'{"deviceId": "%s", "mutations": [' + b",".join([b"{}"] * 501) + b"]}", 422, "INVALID_INPUT", None),
        ("push", b'{"deviceId": "%s", "mutations": [], "queued": 9007199254740992}', 422, "INVALID_INPUT", "queued"),
        ("pull", b'{"deviceId": "%s", "queued": -1}', 422, "INVALID_INPUT", "queued"),
        ("pull", b'{"deviceId": "%s", "queued": 1e300}', 422, "INVALID_INPUT", "queued"),
        (
            "pull",
            b'{"deviceId": "%s", "collections": [' + b",".join([b'"a"'] * 101) + b"]}",
            422,
            "INVALID_INPUT",
            None,
        ),
        ("pull", b'{"deviceId": "%s", "schema": "' + b"a" * 65 + b'"}', 422, "INVALID_INPUT", "schema"),
    ],
)
async def test_a_malformed_request_is_refused_as_a_whole(
    doors: Doors, path: str, body: bytes, status: int, code: str, field: str | None
) -> None:
    device = await Raw(doors, "li").register()
    headers = {"authorization": f"Bearer {doors.token(doors.world.yunfan, 'li')}", "accept-language": "zh-CN"}
    async with httpx.AsyncClient() as client:
        content = body.replace(b"%s", str(device.id).encode())
        answer = await client.post(f"{doors.url}/sync/v1/{path}", content=content, headers=headers)
    told = answer.json()
    assert (answer.status_code, told["code"]) == (status, code)
    assert field is None or told["field"].startswith(field)
    assert told["remedy"]
    assert any("一" <= char <= "鿿" for char in told["message"])


@pytest.mark.parametrize(("path", "limit"), [("keys", 16 * 1024), ("pull", 5 * 1024 * 1024)])
async def test_what_is_too_large_is_told_the_limit_of_its_own_door(doors: Doors, path: str, limit: int) -> None:
    headers = {"Authorization": f"Bearer {doors.token(doors.world.yunfan, 'li')}"}
    async with httpx.AsyncClient() as client:
        refused = await client.post(f"{doors.url}/sync/v1/{path}", content=b" " * (limit + 1), headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (413, "BODY_TOO_LARGE")
    assert f" {limit} " in refused.json()["message"]


async def test_a_body_beyond_the_limit_is_refused_before_it_is_read(doors: Doors) -> None:
    host, port = doors.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    token = doors.token(doors.world.yunfan, "li")
    head = [
        "POST /sync/v1/push HTTP/1.1",
        f"Host: {host}",
        f"Authorization: Bearer {token}",
        f"Content-Length: {5 * 1024 * 1024 + 1}",
    ]
    writer.write("\r\n".join([*head, "", ""]).encode())
    answer = await asyncio.wait_for(reader.readuntil(b"}"), 10)
    writer.close()
    assert answer.startswith(b"HTTP/1.1 413")
    told = json.loads(answer.partition(b"\r\n\r\n")[2])
    assert (told["code"], bool(told["remedy"])) == ("BODY_TOO_LARGE", True)


def test_the_client_keeps_the_same_limits_as_the_vectors() -> None:
    limited = json.loads((VECTORS / "wire.json").read_text())["limits"]
    for side in (limits, client_values):
        held = (side.MAX_PART_BYTES, side.MAX_ITEMS, side.MAX_KEYS, side.MAX_DEPTH)
        assert held == tuple(limited[name] for name in ("partBytes", "items", "keys", "depth"))
    assert (limited["mutations"], limited["queued"]) == (wire.MAX_MUTATIONS, contact.MOST_QUEUED)
    assert "MUTATION_TOO_LARGE" in {refusal.code for refusal in all_refusals()}


@pytest.mark.parametrize("arguments", [arguments for command, arguments, base, _ in too_large()[:7] if not base])
async def test_the_client_refuses_before_it_keeps(doors: Doors, arguments: dict[str, Any]) -> None:
    li = await doors.device("li", "li")
    with pytest.raises(ArgumentRefused):
        li.mutate("party.create_customer", **arguments)
    assert li.pending() == []
