"""Links that work once, through the product's door: used side by side, used again, used for something else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.graphql_api.identity_door import ME, RESET, SIGN_IN, SIGN_UP, Door, open_door, sorted_out
from tests.tenants.identity_desk import OTHER_PASSWORD, PASSWORD

INVITE = "mutation($i: InviteMemberInput!) { inviteMember(input: $i) { id sentTo } }"
ACCEPT = "mutation($i: AcceptInvitationInput!) { acceptInvitation(input: $i) { token member { id } tenant { id } } }"
VERIFY = "mutation($i: VerifyEmailInput!) { verifyEmail(input: $i) { done } }"
ASK_RESET = "mutation($i: RequestPasswordResetInput!) { requestPasswordReset(input: $i) { done } }"
MEMBERS = "{ members { totalCount nodes { id email phone } } }"


@pytest.fixture
async def door(app: Any, clock: Any, tmp_path: Path) -> AsyncIterator[Door]:
    async with open_door(app, clock, tmp_path / "outbox") as opened:
        yield opened


async def invited(door: Door, boss: dict[str, Any], **to: str) -> str:
    """The token of an invitation, off the letter or the text message."""
    role = await door.role_id(boss["token"], "salesperson")
    await door.data(INVITE, token=boss["token"], i={"name": "小李", "roleIds": [role], **to})
    if "email" in to:
        return await door.desk.mailed_token("yf_inv")
    return (await door.desk.texts())[-1].split("#token=")[1].split()[0]


async def test_a_link_for_one_thing_does_no_other(door: Door) -> None:
    boss = await door.company()
    verification = await door.desk.mailed_token("yf_ver")
    invitation = await invited(door, boss, email=door.desk.email("li"))
    await door.data(ASK_RESET, i={"identifier": door.desk.email("chen")})
    reset = await door.desk.mailed_token("yf_rst")
    for token in (verification, reset, "", boss["token"]):
        assert await door.code(ACCEPT, i={"token": token, "password": PASSWORD}) == "LINK_REFUSED"
    for token in (verification, invitation, "", boss["token"]):
        assert await door.code(RESET, i={"token": token, "newPassword": OTHER_PASSWORD}) == "LINK_REFUSED"
    for token in (reset, invitation, "", boss["token"]):
        assert await door.code(VERIFY, i={"token": token}) == "LINK_REFUSED"
    for token in (verification, reset, invitation):
        assert await door.code(ME, token=token) == "NOT_SIGNED_IN"


@pytest.mark.parametrize("kind", ["email", "phone"])
async def test_one_invitation_makes_one_member_however_often_it_is_accepted(door: Door, kind: str) -> None:
    boss = await door.company()
    value = door.desk.email("li") if kind == "email" else door.desk.phone()
    token = await invited(door, boss, **{kind: value})
    given = {"password": PASSWORD} if kind == "email" else {}
    answers, refused = await door.at_once(5, ACCEPT, i={"token": token, **given})
    assert len(answers) == 1
    # Whoever comes after the winner finds a person who would have to prove themselves, or a link that was used.
    assert set(refused) <= {"LINK_REFUSED", "ALREADY_MEMBER", "REQUIRED"}
    assert await door.code(ACCEPT, i={"token": token, **given}) == "LINK_REFUSED"
    members = await door.data(MEMBERS, token=boss["token"])
    assert [row["id"] for row in members["nodes"] if row[kind] == value] == [answers[0]["member"]["id"]]
    assert len(await door.desk.users_of(value)) == 1
    sides = await door.desk.platform(
        "SELECT id::text FROM platform.membership WHERE tenant_id = :id", id=boss["tenant"]["id"]
    )
    assert {row[0] for row in sides} == {row["id"] for row in members["nodes"]}


async def test_two_companies_invite_one_newcomer_who_accepts_both_at_once(door: Door) -> None:
    bosses = [await door.company(), await door.company("sun", companyName="海鸥商行")]
    tokens = [await invited(door, boss, email=door.desk.email("li")) for boss in bosses]
    bodies = await asyncio.gather(*(door.ask(ACCEPT, i={"token": t, "password": PASSWORD}) for t in tokens))
    answers, refused = sorted_out(bodies)
    assert refused == []
    assert {answer["tenant"]["id"] for answer in answers} == {boss["tenant"]["id"] for boss in bosses}
    assert len(await door.desk.users_of(door.desk.email("li"))) == 1


async def test_one_sms_code_accepts_one_of_two_invitations(door: Door) -> None:
    phone = door.desk.phone()
    wish = {"companyName": "小李的店", "phone": phone, "code": await door.sms_code(phone)}
    await door.data(SIGN_UP, i=wish)
    bosses = [await door.company(), await door.company("sun", companyName="海鸥商行")]
    tokens = [await invited(door, boss, phone=phone) for boss in bosses]
    door.desk.clock.move(minutes=2)
    code = await door.sms_code(phone, purpose="accept_invitation")
    asked = [{"token": token, "code": code} for token in tokens]
    answers, refused = sorted_out(await asyncio.gather(*(door.ask(ACCEPT, i=data) for data in asked)))
    assert len(answers) == 1
    assert refused[0] in ("CODE_REFUSED", "SIGN_IN_REFUSED")
    door.desk.clock.move(minutes=2)
    left = next(t for t, boss in zip(tokens, bosses, strict=True) if boss["tenant"]["id"] != answers[0]["tenant"]["id"])
    again = {"token": left, "code": await door.sms_code(phone, purpose="accept_invitation")}
    assert (await door.data(ACCEPT, i=again))["token"]  # the losing link was not used up


async def test_a_reset_link_sets_one_password_and_ends_every_session(door: Door) -> None:
    boss = await door.company()
    await door.data(ASK_RESET, i={"identifier": door.desk.email("chen")})
    token = await door.desk.mailed_token("yf_rst")
    wishes = [f"海风-{number}-Quartz-violet-{number * 7919}" for number in range(1, 5)]
    bodies = await asyncio.gather(*(door.ask(RESET, i={"token": token, "newPassword": wish}) for wish in wishes))
    answers, refused = sorted_out(bodies)
    assert (len(answers), refused) == (1, ["LINK_REFUSED"] * 3)
    works = []
    for wish in wishes:
        asked = {"identifier": door.desk.email("chen"), "password": wish}
        works.append("errors" not in await door.ask(SIGN_IN, i=asked))
    assert works == ["errors" not in body for body in bodies]
    assert await door.code(ME, token=boss["token"]) == "NOT_SIGNED_IN"


async def test_two_links_of_one_person_used_at_once_do_not_both_win(door: Door) -> None:
    await door.company()
    tokens = []
    for _ in range(2):
        await door.data(ASK_RESET, i={"identifier": door.desk.email("chen")})
        tokens.append(await door.desk.mailed_token("yf_rst"))
    assert len(set(tokens)) == 2
    asked = [{"token": token, "newPassword": f"海风-{token[-6:]}-Quartz-violet"} for token in tokens]
    answers, refused = sorted_out(await asyncio.gather(*(door.ask(RESET, i=data) for data in asked)))
    assert len(answers) == 1
    assert refused[0] in ("LINK_REFUSED", "BUSY")


async def test_a_verification_link_counts_once(door: Door) -> None:
    boss = await door.company()
    token = await door.desk.mailed_token("yf_ver")
    answers, refused = await door.at_once(4, VERIFY, i={"token": token})
    assert (len(answers), refused) == (1, ["LINK_REFUSED"] * 3)
    assert (await door.data(ME, token=boss["token"]))["emailVerified"] is True
