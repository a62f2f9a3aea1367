"""Valid requests made wrong at random: each is answered or refused in words, no answer is a defect, nothing is lost."""

from __future__ import annotations

import asyncio
import os
import random
import zlib
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from sync.errors import Defect
from tests.sync.conftest import Doors
from tests.sync.mutating import changed, encoded, spoiled
from tests.sync.raw_device import Raw
from values.ids import new_id
from values.wire import to_wire

ROUNDS = int(os.environ.get("HOSTILE_ROUNDS", "12"))
SEED = int(os.environ.get("HOSTILE_SEED", "0")) or random.SystemRandom().randrange(1, 2**32)
ABOUT = {
    "osVersion": "14",
    "appVersion": "1",
    "client": "c",
    "oldestQueuedAt": "2026-03-02T01:30:00Z",
    "replicaBytes": 5,
}


def chance_of(name: str) -> random.Random:
    """Printed, so that a failure can be run again."""
    print(f"HOSTILE_SEED={SEED} HOSTILE_ROUNDS={ROUNDS}")
    return random.Random(SEED ^ zlib.crc32(name.encode()))


class Hostile:
    """A device that says anything, to the real doors."""

    def __init__(self, doors: Doors, client: httpx.AsyncClient) -> None:
        self.doors, self.client, self.id = doors, client, new_id()
        self.token = doors.token(doors.world.yunfan, "wang")

    async def post(self, path: str, body: bytes, language: str = "en") -> httpx.Response:
        headers = {"authorization": f"Bearer {self.token}", "accept-language": language}
        return await self.client.post(f"{self.doors.url}/sync/v1/{path}", content=body, headers=headers)

    async def ask(self, path: str, **body: Any) -> Any:
        answer = await self.client.post(
            f"{self.doors.url}/sync/v1/{path}",
            json={"deviceId": str(self.id), **body},
            headers={"authorization": f"Bearer {self.token}"},
        )
        assert answer.status_code == 200, answer.text
        return answer.json() if path != "pull" else answer


def refuse_defect(answer: httpx.Response, sent: bytes) -> None:
    """An answer is a success, or a refusal that says in words what is wrong and what to do."""
    about = f"{answer.request.url.path} {sent[:600]!r} -> {answer.status_code} {answer.text[:400]}"
    assert answer.status_code < 500 or answer.status_code == 503, about
    if answer.status_code >= 400:
        told = answer.json()
        assert all(told[name] for name in ("code", "message", "remedy")), about


def bodies(doors: Doors, device: UUID, cursor: str, clock: str) -> dict[str, list[dict[str, Any]]]:
    own = {"deviceId": str(device)}
    return {
        "devices": [{**own, "name": "n", "platform": "p", "memberId": None, "originId": str(new_id()), "about": ABOUT}],
        "pull": [
            {**own, "cursor": cursor, "collections": ["customers", "inbox"], "limit": 5, "queued": 1, "about": ABOUT},
            {**own, "cursor": cursor, "reload": ["customers"], "checksums": True, "buckets": "customers"},
            {**own, "cursor": cursor, "repair": {"collection": "customers", "bucket": 3, "have": {"a": "b", "c": "d"}}},
            {**own, "cursor": cursor, "atLeast": clock, "schema": "x", "schemaVersion": 1},
        ],
        "load": [{**own, "collections": ["customers"], "encodings": ["zstd", "gzip"], "schemaVersion": 1}],
        "push": [{**own, "mutations": [], "queued": 1, "skipTo": 1, "about": ABOUT, "wipeOrder": "x"}],
        "keys": [own],
        "token": [own],
        "devices/wiped": [
            {
                **own,
                "order": "o",
                "unsent": 1,
                "method": "deleted",
                "at": "2026-03-02T01:30:00.000000Z",
                "proof": "0" * 64,
            }
        ],
    }


@pytest.fixture
async def hostile(doors: Doors):
    async with httpx.AsyncClient(timeout=30) as client:
        device = Hostile(doors, client)
        await device.ask("devices", name="n", platform="p")
        yield device


async def test_every_door_answers_or_refuses_in_words(hostile: Hostile) -> None:
    chance = chance_of("doors")
    header = (await hostile.ask("pull")).text.split("\n")[0]
    cursor = httpx.Response(200, text=header).json()["cursor"]
    clock = (await hostile.ask("push", mutations=[]))["clock"]
    for path, valid in bodies(hostile.doors, hostile.id, cursor, clock).items():
        for _ in range(ROUNDS):
            sent = spoiled(chance.choice(valid), chance)
            refuse_defect(await hostile.post(path, sent, chance.choice(("en", "zh-CN"))), sent)
    assert (await hostile.ask("push", mutations=[]))["lastMutation"] >= 0
    await hostile.ask("pull")


async def valid_mutations(doors: Doors, chance: random.Random) -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Of every kind of command that a device may queue: name, arguments and base."""
    customer, contact, product, house = (str(new_id()) for _ in range(4))
    order, line = str(new_id()), str(new_id())
    seller = Raw(doors, "wang")
    await seller.register()
    made = await seller.push(
        seller.mutation(1, "party.create_customer", id=customer, name="甲"),
        seller.mutation(2, "party.create_contact", id=contact, customerId=customer, name="乙"),
    )
    assert [o.status for o in made.outcomes] == ["applied"] * 2
    new = str(new_id())
    attached = {"entity": "party.Customer", "rowId": customer, "fileName": "a.pdf", "mediaType": "application/pdf"}
    return [
        ("party.create_customer", {"id": new, "name": "丙", "creditLimitMinor": 5, "creditCurrency": "CNY"}, {}),
        (
            "party.create_customer",
            {"name": "丁", "tagIds": [], "custom": {}, "ownerId": None, "parentId": customer},
            {},
        ),
        (
            "party.edit_customer",
            {"id": customer, "name": "戊", "notes": "长\n文", "level": "a", "tagIds": [new], "creditLimitMinor": 7},
            {"name": "甲", "notes": None, "level": None, "tagIds": [], "creditLimitMinor": None},
        ),
        ("party.edit_customer", {"id": customer, "custom": {"k": 1}}, {"custom": {"k": None}}),
        ("party.archive_customer", {"id": customer}, {"version": 1, "updatedAt": "2026-03-02T01:30:00.000000Z"}),
        ("party.restore_customer", {"id": customer}, {}),
        ("party.create_contact", {"id": new, "customerId": customer, "name": "己", "birthday": "1990-01-02"}, {}),
        (
            "party.edit_contact",
            {"id": contact, "name": "庚", "birthday": "1990-01-02", "mobile": "13800000000"},
            {"name": "乙", "birthday": None, "mobile": None},
        ),
        (
            "crm.log_activity",
            {"id": new, "customerId": customer, "channel": "visit", "topic": "t", "happenedAt": "2026-03-02T01:00:00Z"},
            {},
        ),
        ("catalog.create_product", {"id": product, "name": "p", "listPrice": "1.50", "currency": "CNY"}, {}),
        (
            "sales.create_order",
            {"id": order, "customerId": customer, "lines": [{"id": line, "productId": product, "quantity": "1"}]},
            {},
        ),
        ("sales.confirm_order", {"id": order}, {"state": "draft"}),
        ("inventory.create_warehouse", {"id": house, "name": "w"}, {}),
        (
            "inventory.record_stock_move",
            {"id": new, "productId": product, "warehouseId": house, "quantity": "-1.5", "kind": "out", "madeAt": None},
            {},
        ),
        (
            "inventory.post_stock_count",
            {"warehouseId": house, "lines": [{"productId": product, "counted": "1", "expected": "2", "id": new}]},
            {},
        ),
        ("tenants.lease_numbers", {"series": "sales.order", "count": 5, "id": new, "spent": [new]}, {}),
        ("tenants.void_number", {"series": "sales.order", "number": "SO-1", "reason": "r"}, {}),
        ("tenants.attach_file", {**attached, "id": new, "sizeBytes": 3, "sha256": "0" * 64}, {}),
        ("tenants.remove_attachment", {"id": new, "version": 1}, {}),
        (
            "tenants.resolve_inbox_entry",
            {"id": str(new_id()), "action": "mine", "fields": ["name"], "arguments": {"id": customer, "name": "x"}},
            {},
        ),
    ]


async def test_a_strange_mutation_has_one_outcome_and_stops_nothing(hostile: Hostile) -> None:
    chance = chance_of("push")
    n, entries = 0, set[str]()
    found = await valid_mutations(hostile.doors, chance)
    for turn in range(ROUNDS * 6):
        command, arguments, base = found[turn % len(found)]
        mutation = {
            "n": n + 1,
            "uuid": str(uuid4()),
            "command": command,
            "arguments": arguments,
            "base": base,
            "serverBase": chance.choice(({}, base)),
            "madeAt": to_wire(hostile.doors.app.engine.clock.now()),
        }
        kept = dict(mutation)
        parts = chance.choice((("arguments",), ("base",), ("arguments", "base"), ("serverBase",), tuple(mutation)))
        sent = spoiled_parts(hostile.id, mutation, parts, chance)
        answer = await hostile.post("push", sent)
        refuse_defect(answer, sent)
        if answer.status_code != 200:
            continue
        told = answer.json()
        for outcome in told["outcomes"]:
            about = f"{sent[:1500]!r} -> {outcome}"
            assert outcome["status"] in ("applied", "merged", "inbox", "parked", "waiting", "settled"), about
            error = outcome.get("error")
            if error is not None:
                assert error["code"] != Defect.code, about
                assert all(error[name] for name in ("message", "remedy")), about
            entries |= {outcome["inboxId"]} - {None}
        assert told["lastMutation"] in (n, n + 1)
        assert told["lastMutation"] == n + 1 or told["stopped"] or not told["outcomes"], kept
        n = told["lastMutation"]
    await lands_whole(hostile, n, entries)


def spoiled_parts(device: UUID, mutation: dict[str, Any], parts: tuple[str, ...], chance: random.Random) -> bytes:
    """A push of one mutation, of which these parts are spoiled and the rest is whole."""
    if len(parts) == len(mutation):
        return spoiled({"deviceId": str(device), "mutations": [mutation]}, chance)
    whole = {name: value for name, value in mutation.items() if name not in parts}
    wrong = changed({name: mutation[name] for name in parts}, chance)
    return encoded({"deviceId": str(device), "mutations": [{**whole, **wrong}]})


async def lands_whole(hostile: Hostile, n: int, entries: set[str]) -> None:
    """What comes behind is taken; every entry that was told of is there, and the replica is what the server says."""
    good = Raw(hostile.doors, "wang")
    good.id = hostile.id
    told = await good.push(good.mutation(n + 1, "party.create_customer", name="后来者"))
    assert [o.status for o in told.outcomes] == ["applied"]
    wang = await hostile.doors.device("wang", "wang")
    assert {row["id"] for row in wang.rows("inbox")} >= entries
    assert await asyncio.to_thread(wang.verify) == []
