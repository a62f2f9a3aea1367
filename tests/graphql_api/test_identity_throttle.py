"""Guessing is slowed by account and by address, and nobody chooses their own address by a header."""

from __future__ import annotations

from collections.abc import AsyncIterator
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from tests.graphql_api.identity_door import ASK_CODE, SIGN_IN, SIGN_UP, Door, open_door
from tests.tenants.identity_desk import ADDRESS, OTHER_PASSWORD, PASSWORD

SECURITY_LOG = "{ securityEvents(first: 50) { events { event address identifier } } }"
ASK_RESET = "mutation($i: RequestPasswordResetInput!) { requestPasswordReset(input: $i) { done } }"
INVITATION = "query($t: String!) { invitation(token: $t) { tenantName } }"
PROXY = "10.0.0.1"


@pytest.fixture
async def door(app: Any, clock: Any, tmp_path: Path) -> AsyncIterator[Door]:
    async with open_door(app, clock, tmp_path / "outbox") as opened:
        yield opened


@pytest.fixture
async def behind_proxy(app: Any, clock: Any, tmp_path: Path) -> AsyncIterator[Door]:
    """The operator has named the proxy in front."""
    trusted = (ip_network("10.0.0.0/8"),)
    async with open_door(app, clock, tmp_path / "outbox", trusted_proxies=trusted) as opened:
        yield opened


def forwarded(*hops: str) -> dict[str, str]:
    return {"X-Forwarded-For": ", ".join(hops), "Forwarded": f"for={hops[0]}", "X-Real-IP": hops[0]}


async def test_ten_wrong_passwords_lock_the_account_for_every_address(door: Door) -> None:
    await door.company()
    await door.company("lin", companyName="第二家")
    wrong = {"identifier": door.desk.email("chen"), "password": OTHER_PASSWORD}
    for number in range(10):
        assert await door.code(SIGN_IN, i=wrong, address=f"198.51.100.{number}") == "SIGN_IN_REFUSED"
    right = {**wrong, "password": PASSWORD}
    refused = (await door.ask(SIGN_IN, i=right, address="192.0.2.77"))["errors"][0]
    assert refused["extensions"]["code"] == "THROTTLED"
    assert "900" in refused["message"] + refused["extensions"]["remedy"]
    assert (await door.sign_in("lin"))["token"]
    door.desk.clock.move(minutes=15, seconds=1)
    assert (await door.sign_in())["token"]


async def test_nobody_learns_by_throttling_which_account_exists(door: Door) -> None:
    await door.company()
    answers = []
    for name in ("chen", "nobody"):
        wrong = {"identifier": door.desk.email(name), "password": OTHER_PASSWORD}
        answers.append([await door.code(SIGN_IN, i=wrong, address="198.51.100.1") for _ in range(11)])
    assert answers[0] == answers[1] == ["SIGN_IN_REFUSED"] * 10 + ["THROTTLED"]


@pytest.mark.parametrize("spelling", ["CHEN", " chen", "ｃｈｅｎ"])
async def test_another_spelling_is_the_same_account(door: Door, spelling: str) -> None:
    await door.company()
    wrong = {"identifier": door.desk.email("chen"), "password": OTHER_PASSWORD}
    for _ in range(10):
        assert await door.code(SIGN_IN, i=wrong) == "SIGN_IN_REFUSED"
    again = {**wrong, "identifier": door.desk.email(spelling)}
    assert await door.code(SIGN_IN, i=again) == "THROTTLED"


async def test_one_address_tries_no_long_list_of_accounts(door: Door) -> None:
    for number in range(100):
        asked = {"identifier": door.desk.phone(number), "code": "abcdef"}
        assert await door.code(SIGN_IN, i=asked, headers=forwarded(f"192.0.2.{number}")) == "SIGN_IN_REFUSED"
    asked = {"identifier": door.desk.phone(200), "code": "abcdef"}
    assert await door.code(SIGN_IN, i=asked, headers=forwarded("192.0.2.200")) == "THROTTLED"
    assert await door.code(SIGN_IN, i=asked, address="198.51.100.1") == "SIGN_IN_REFUSED"


async def test_codes_sign_ups_and_resets_are_counted_by_address_whatever_the_header_says(door: Door) -> None:
    for number in range(20):
        told = forwarded(f"192.0.2.{number}")
        assert (await door.data(ASK_CODE, i={"phone": door.desk.phone(number), "purpose": "sign_in"}, headers=told))[
            "done"
        ]
        wish = {"companyName": "云帆", "phone": door.desk.phone(number), "code": "000000"}
        assert await door.code(SIGN_UP, i=wish, headers=told) == "CODE_REFUSED"
    told = forwarded("192.0.2.100")
    assert await door.code(ASK_CODE, i={"phone": door.desk.phone(50)}, headers=told) == "THROTTLED"
    wish = {"companyName": "云帆", "phone": door.desk.phone(50), "code": "000000"}
    assert await door.code(SIGN_UP, i=wish, headers=told) == "THROTTLED"
    for number in range(30):
        asked = {"identifier": door.desk.email(f"nobody{number}")}
        await door.data(ASK_RESET, i=asked, headers=forwarded(f"192.0.2.{number}"))
    assert await door.code(ASK_RESET, i={"identifier": door.desk.email("late")}, headers=told) == "THROTTLED"


async def test_links_are_not_tried_by_the_thousand(door: Door) -> None:
    for _ in range(60):
        assert await door.code(INVITATION, t="yf_inv_x") == "LINK_REFUSED"
    assert await door.code(INVITATION, t="yf_inv_x") == "THROTTLED"


async def test_the_security_log_names_the_peer_not_what_it_claims(door: Door) -> None:
    boss = await door.company()
    wrong = {"orgCode": boss["tenant"]["orgCode"], "account": "nobody", "password": OTHER_PASSWORD}
    assert await door.code(SIGN_IN, i=wrong, headers=forwarded("192.0.2.1")) == "SIGN_IN_REFUSED"
    events = (await door.data(SECURITY_LOG, token=boss["token"]))["events"]
    assert {row["event"] for row in events} == {"signed_up", "sign_in_refused"}
    assert {row["address"] for row in events} == {ADDRESS}


async def test_a_named_proxy_is_believed_about_the_last_hop_only(behind_proxy: Door) -> None:
    door = behind_proxy
    for number in range(20):
        asked = {"phone": door.desk.phone(number), "purpose": "sign_in"}
        claimed = forwarded(f"192.0.2.{number}", "203.0.113.50")
        assert (await door.data(ASK_CODE, i=asked, address=PROXY, headers=claimed))["done"]
    late = {"phone": door.desk.phone(60)}
    claimed = forwarded("192.0.2.200", "203.0.113.50")
    assert await door.code(ASK_CODE, i=late, address=PROXY, headers=claimed) == "THROTTLED"
    neighbour = forwarded("203.0.113.51")
    assert (await door.data(ASK_CODE, i=late, address=PROXY, headers=neighbour))["done"]
    outside = {"phone": door.desk.phone(61)}
    assert await door.code(ASK_CODE, i=outside, address="203.0.113.50", headers=forwarded("192.0.2.9")) == "THROTTLED"
