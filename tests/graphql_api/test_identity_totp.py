"""The second factor through the product's door: what it refuses, that a code works once, and how it is switched off."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pyotp
import pytest

from tests.graphql_api.identity_door import ME, SIGN_IN, SIGN_UP, Door, open_door
from tests.tenants.identity_desk import OTHER_PASSWORD, PASSWORD

ENROL = "mutation($i: EnrollTotpInput!) { enrollTotp(input: $i) { secret uri } }"
CONFIRM = "mutation($i: ConfirmTotpInput!) { confirmTotp(input: $i) { codes } }"
DISABLE = "mutation($i: DisableTotpInput!) { disableTotp(input: $i) { done } }"
VERIFY = "mutation($i: VerifyEmailInput!) { verifyEmail(input: $i) { done } }"


@pytest.fixture
async def door(app: Any, clock: Any, tmp_path: Path) -> AsyncIterator[Door]:
    async with open_door(app, clock, tmp_path / "outbox") as opened:
        yield opened


async def proved(door: Door) -> str:
    """A founder whose address is proved: the token."""
    made = await door.company()
    await door.data(VERIFY, i={"token": await door.desk.mailed_token("yf_ver")})
    return str(made["token"])


def now_of(door: Door, totp: pyotp.TOTP) -> str:
    return totp.at(door.desk.clock.now())


async def switched_on(door: Door) -> tuple[str, pyotp.TOTP, list[str]]:
    """Token, authenticator and recovery codes of a person with a second factor."""
    token = await proved(door)
    totp = pyotp.TOTP((await door.data(ENROL, token=token, i={"password": PASSWORD}))["secret"])
    codes = (await door.data(CONFIRM, token=token, i={"code": now_of(door, totp)}))["codes"]
    return token, totp, codes


@pytest.mark.parametrize(
    ("query", "data"), [(ENROL, {"password": PASSWORD}), (CONFIRM, {"code": "123456"}), (DISABLE, {"code": "123456"})]
)
async def test_nobody_touches_a_second_factor_without_signing_in(door: Door, query: str, data: dict[str, str]) -> None:
    assert await door.code(query, i=data) == "NOT_SIGNED_IN"


async def test_enrolling_needs_a_proved_address_and_the_password(door: Door) -> None:
    token = (await door.company())["token"]
    assert await door.code(ENROL, token=token, i={"password": PASSWORD}) == "EMAIL_NOT_VERIFIED"
    await door.data(VERIFY, i={"token": await door.desk.mailed_token("yf_ver")})
    for data in ({}, {"password": ""}, {"password": OTHER_PASSWORD}):
        assert await door.code(ENROL, token=token, i=data) == "SIGN_IN_REFUSED"
    assert (await door.data(ME, token=token))["totpEnabled"] is False


async def test_confirming_needs_an_enrolment_and_its_code(door: Door) -> None:
    token = await proved(door)
    assert await door.code(CONFIRM, token=token, i={"code": "123456"}) == "TOTP_NOT_STARTED"
    first = pyotp.TOTP((await door.data(ENROL, token=token, i={"password": PASSWORD}))["secret"])
    second = pyotp.TOTP((await door.data(ENROL, token=token, i={"password": PASSWORD}))["secret"])
    for code in ("", "abcdef", now_of(door, first)):
        assert await door.code(CONFIRM, token=token, i={"code": code}) == "SECOND_FACTOR_REFUSED"
    assert (await door.sign_in())["token"]  # not in force yet
    assert len((await door.data(CONFIRM, token=token, i={"code": now_of(door, second)}))["codes"]) == 10
    assert await door.code(ENROL, token=token, i={"password": PASSWORD}) == "TOTP_ALREADY_ON"


async def test_a_sign_in_without_the_code_gives_no_token_and_a_wrong_one_none_either(door: Door) -> None:
    _, totp, _ = await switched_on(door)
    missing = await door.sign_in()
    assert missing == {"token": None, "totpRequired": True, "mustChangePassword": False, "tenant": None}
    asked = {"identifier": door.desk.email("chen"), "password": PASSWORD}
    assert await door.code(SIGN_IN, i={**asked, "totp": "abcdef"}) == "SECOND_FACTOR_REFUSED"
    assert await door.code(SIGN_IN, i={**asked, "totp": now_of(door, totp)}) == "SECOND_FACTOR_REFUSED"  # confirmed by
    door.desk.clock.move(seconds=60)
    wrong = {**asked, "password": OTHER_PASSWORD, "totp": now_of(door, totp)}
    assert await door.code(SIGN_IN, i=wrong) == "SIGN_IN_REFUSED"
    signed = await door.sign_in(totp=now_of(door, totp))  # the wrong password did not use the code up
    assert (await door.data(ME, token=signed["token"]))["totpEnabled"] is True


async def test_a_code_signs_in_once_however_often_it_is_sent(door: Door) -> None:
    _, totp, _ = await switched_on(door)
    door.desk.clock.move(seconds=60)
    asked = {"identifier": door.desk.email("chen"), "password": PASSWORD, "totp": now_of(door, totp)}
    answers, refused = await door.at_once(4, SIGN_IN, i=asked)
    assert (len(answers), refused) == (1, ["SECOND_FACTOR_REFUSED"] * 3)
    assert await door.code(SIGN_IN, i=asked) == "SECOND_FACTOR_REFUSED"


async def test_guesses_at_the_code_are_counted_from_every_address(door: Door) -> None:
    _, totp, _ = await switched_on(door)
    door.desk.clock.move(seconds=60)
    asked = {"identifier": door.desk.email("chen"), "password": PASSWORD}
    for number in range(6):
        wrong = {**asked, "totp": "abcdef"}
        assert await door.code(SIGN_IN, i=wrong, address=f"198.51.100.{number}") == "SECOND_FACTOR_REFUSED"
    assert await door.code(SIGN_IN, i={**asked, "totp": now_of(door, totp)}, address="192.0.2.1") == "THROTTLED"


async def test_a_recovery_code_stands_in_once(door: Door) -> None:
    token, _, codes = await switched_on(door)
    asked = {"identifier": door.desk.email("chen"), "password": PASSWORD}
    assert await door.code(SIGN_IN, i={**asked, "recoveryCode": "AAAA-AAAA-AAAA"}) == "SECOND_FACTOR_REFUSED"
    answers, refused = await door.at_once(3, SIGN_IN, i={**asked, "recoveryCode": codes[0]})
    assert (len(answers), refused) == (1, ["SECOND_FACTOR_REFUSED"] * 2)
    assert (await door.data(ME, token=token))["recoveryCodesLeft"] == 9


async def test_no_other_door_leads_past_the_second_factor(door: Door) -> None:
    token, _, _ = await switched_on(door)
    again = {"companyName": "第二家", "email": door.desk.email("chen"), "password": PASSWORD}
    assert await door.code(SIGN_UP, i=again) == "SECOND_FACTOR_REQUIRED"
    rival = await door.company("sun", companyName="海鸥商行")
    invite = "mutation($i: InviteMemberInput!) { inviteMember(input: $i) { id } }"
    role = await door.role_id(rival["token"], "salesperson")
    asked = {"email": door.desk.email("chen"), "name": "陈总", "roleIds": [role]}
    await door.data(invite, token=rival["token"], i=asked)
    accept = "mutation($i: AcceptInvitationInput!) { acceptInvitation(input: $i) { token } }"
    link = {"token": await door.desk.mailed_token("yf_inv"), "password": PASSWORD}
    assert await door.code(accept, i=link) == "SECOND_FACTOR_REQUIRED"
    assert (await door.data(ME, token=token))["totpEnabled"] is True


async def test_switching_off_needs_the_password_and_a_fresh_code(door: Door) -> None:
    token, totp, codes = await switched_on(door)
    used, now = now_of(door, totp), {"password": PASSWORD}
    assert await door.code(DISABLE, token=token, i={"code": used}) == "SIGN_IN_REFUSED"
    assert await door.code(DISABLE, token=token, i={"code": used, "password": OTHER_PASSWORD}) == "SIGN_IN_REFUSED"
    assert await door.code(DISABLE, token=token, i=now) == "SECOND_FACTOR_REFUSED"
    assert await door.code(DISABLE, token=token, i={**now, "code": used}) == "SECOND_FACTOR_REFUSED"
    assert (await door.data(ME, token=token))["totpEnabled"] is True
    door.desk.clock.move(seconds=60)
    assert (await door.data(DISABLE, token=token, i={**now, "code": now_of(door, totp)}))["done"]
    assert (await door.sign_in())["token"]
    assert await door.code(DISABLE, token=token, i={**now, "recoveryCode": codes[0]}) == "TOTP_NOT_STARTED"


async def test_who_lost_the_phone_switches_off_with_a_recovery_code(door: Door) -> None:
    token, _, codes = await switched_on(door)
    assert (await door.data(DISABLE, token=token, i={"password": PASSWORD, "recoveryCode": codes[9]}))["done"]
    found = await door.data(ME, token=token)
    assert (found["totpEnabled"], found["recoveryCodesLeft"]) == (False, 0)


async def test_a_person_without_a_password_switches_off_by_code_alone(door: Door) -> None:
    phone = door.desk.phone()
    made = await door.data(SIGN_UP, i={"companyName": "云帆", "phone": phone, "code": await door.sms_code(phone)})
    token = made["token"]
    totp = pyotp.TOTP((await door.data(ENROL, token=token, i={}))["secret"])
    await door.data(CONFIRM, token=token, i={"code": now_of(door, totp)})
    door.desk.clock.move(minutes=2)
    asked = {"identifier": phone, "code": await door.sms_code(phone)}
    assert (await door.data(SIGN_IN, i=asked))["totpRequired"] is True
    assert (await door.data(SIGN_IN, i={**asked, "totp": now_of(door, totp)}))["token"]  # the SMS code was not spent
    assert await door.code(DISABLE, token=token, i={}) == "SECOND_FACTOR_REFUSED"
    door.desk.clock.move(seconds=60)
    assert (await door.data(DISABLE, token=token, i={"code": now_of(door, totp)}))["done"]
