"""Sessions through the product's door: what was ended is dead for HTTP, WebSocket and sync within ten seconds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from graphql_api import websocket
from tests.graphql_api.identity_door import CHANGE, FORCE_OUT, ME, SET_SETTING, Door, closed_within, open_door
from tests.tenants.identity_desk import OTHER_PASSWORD, PASSWORD
from values.ids import new_id

SESSIONS = "{ sessions { id current deviceName tenantId } }"
REVOKE = "mutation($i: RevokeSessionInput!) { revokeSession(input: $i) { count } }"
IDLE = "security.idle_timeout_minutes"
LIMIT_SECONDS = 10.0


@pytest.fixture
async def door(app: Any, clock: Any, tmp_path: Path) -> AsyncIterator[Door]:
    async with open_door(app, clock, tmp_path / "outbox") as opened:
        yield opened


@pytest.mark.parametrize(
    ("query", "asked"),
    [(SESSIONS, {}), (REVOKE, {"i": {"allOthers": True}}), (FORCE_OUT, {"id": str(new_id())}), (ME, {})],
)
@pytest.mark.parametrize("token", ["", "yf_s_nonsense", "x" * 5000])
async def test_without_a_live_token_nothing_is_told_or_ended(
    door: Door, query: str, asked: dict[str, Any], token: str
) -> None:
    assert await door.code(query, token=token, **asked) == "NOT_SIGNED_IN"


async def test_only_ones_own_sessions_are_listed_and_ended(door: Door) -> None:
    mine, theirs = await door.company(), await door.company("sun", companyName="海鸥商行")
    [foreign] = await door.data(SESSIONS, token=theirs["token"])
    assert {row["tenantId"] for row in await door.data(SESSIONS, token=mine["token"])} == {mine["tenant"]["id"]}
    for session_id in (foreign["id"], str(new_id())):
        assert await door.code(REVOKE, token=mine["token"], i={"id": session_id}) == "NOT_FOUND"
    assert await door.code(REVOKE, token=mine["token"], i={}) == "REQUIRED"
    assert (await door.data(ME, token=theirs["token"]))["tenant"]["id"] == theirs["tenant"]["id"]


async def test_forcing_out_needs_the_right_and_the_same_company(door: Door) -> None:
    boss, rival = await door.company(), await door.company("sun", companyName="海鸥商行")
    member_id, token = await door.signed_account(boss, "zhao")
    assert await door.code(FORCE_OUT, token=token, id=boss["member"]["id"]) == "PERMISSION_DENIED"
    assert await door.code(FORCE_OUT, token=rival["token"], id=member_id) == "NOT_FOUND"
    assert (await door.data(ME, token=token))["member"]["id"] == member_id


async def test_all_others_end_and_the_one_at_hand_goes_on(door: Door) -> None:
    here = (await door.company())["token"]
    others = [(await door.sign_in(deviceName=name))["token"] for name in ("手机", "平板")]
    assert (await door.data(REVOKE, token=here, i={"allOthers": True}))["count"] == 2
    for token in others:
        assert await door.code(ME, token=token) == "NOT_SIGNED_IN"
        assert await door.synced(token) == 401
    assert [row["current"] for row in await door.data(SESSIONS, token=here)] == [True]


async def test_a_member_forced_out_is_out_everywhere_within_ten_seconds(door: Door) -> None:
    boss = await door.company()
    member_id, token = await door.signed_account(boss, "zhao")
    assert await door.synced(token) == 200
    async with door.socket(token) as socket, door.socket(boss["token"]) as other:
        assert (await door.data(FORCE_OUT, token=boss["token"], id=member_id))["count"] == 1
        assert await door.code(ME, token=token) == "NOT_SIGNED_IN"
        assert await door.synced(token) == 401
        assert await closed_within(socket, LIMIT_SECONDS) == 4403
        await other.send_json({"type": "ping"})
        assert await other.receive_json(timeout=5) == {"type": "pong"}


@pytest.mark.parametrize("ending", ["revoke", "change", "sign_out"])
async def test_a_session_ended_by_its_owner_closes_its_socket(door: Door, ending: str) -> None:
    here = (await door.company())["token"]
    lost = (await door.sign_in(deviceName="丢失的手机"))["token"]
    async with door.socket(lost) as socket:
        if ending == "revoke":
            listed = await door.data(SESSIONS, token=here)
            [session_id] = [row["id"] for row in listed if row["deviceName"] == "丢失的手机"]
            await door.data(REVOKE, token=here, i={"id": session_id})
        elif ending == "change":
            await door.data(CHANGE, token=here, i={"currentPassword": PASSWORD, "newPassword": OTHER_PASSWORD})
        else:
            await door.data("mutation { signOut { done } }", token=lost)
        assert await door.code(ME, token=lost) == "NOT_SIGNED_IN"
        assert await closed_within(socket, LIMIT_SECONDS) == 4403
    assert (await door.data(ME, token=here))["tenant"]


async def test_a_shorter_idle_time_ends_running_sessions_at_every_door(door: Door) -> None:
    boss, rival = await door.company(), await door.company("sun", companyName="海鸥商行")
    _, idle = await door.signed_account(boss, "zhao")
    _, watching = await door.signed_account(boss, "qian")
    async with door.socket(watching) as socket:
        await door.data(SET_SETTING, token=boss["token"], i={"name": IDLE, "value": 15})
        door.desk.clock.move(minutes=14)
        assert (await door.data(ME, token=boss["token"]))["tenant"]["id"] == boss["tenant"]["id"]
        door.desk.clock.move(minutes=15)
        assert await closed_within(socket, LIMIT_SECONDS) == 4403
        for token in (idle, watching, boss["token"]):
            assert await door.code(ME, token=token) == "NOT_SIGNED_IN"
            assert await door.synced(token) == 401
    assert (await door.data(ME, token=rival["token"]))["tenant"]["id"] == rival["tenant"]["id"]
    assert (await door.data(ME, token=(await door.sign_in())["token"]))["tenant"]["id"] == boss["tenant"]["id"]


async def test_an_open_socket_alone_keeps_no_session_awake(door: Door, monkeypatch: Any) -> None:
    """Nobody sits at a screen that only listens: the idle time runs on."""
    monkeypatch.setattr(websocket, "_CHECK_SECONDS", 0.05)
    boss = await door.company()
    await door.data(SET_SETTING, token=boss["token"], i={"name": IDLE, "value": 15})
    async with door.socket(boss["token"]) as socket:
        for _ in range(4):
            door.desk.clock.move(minutes=3)
            await asyncio.sleep(0.3)
        await socket.send_json({"type": "ping"})
        assert await socket.receive_json(timeout=5) == {"type": "pong"}
        door.desk.clock.move(minutes=3)
        assert await closed_within(socket, LIMIT_SECONDS) == 4403
    assert await door.code(ME, token=boss["token"]) == "NOT_SIGNED_IN"


async def test_who_works_over_the_socket_stays_signed_in(door: Door, monkeypatch: Any) -> None:
    monkeypatch.setattr(websocket, "_CHECK_SECONDS", 0.05)
    boss = await door.company()
    await door.data(SET_SETTING, token=boss["token"], i={"name": IDLE, "value": 15})
    async with door.socket(boss["token"]) as socket:
        for number in range(4):
            door.desk.clock.move(minutes=10)
            asked = {"id": str(number), "type": "subscribe", "payload": {"query": ME}}
            await socket.send_json(asked)
            assert (await socket.receive_json(timeout=5))["payload"]["data"]["me"]["member"]
            assert (await socket.receive_json(timeout=5))["type"] == "complete"
            await asyncio.sleep(0.3)
    assert (await door.data(ME, token=boss["token"]))["tenant"]["id"] == boss["tenant"]["id"]
