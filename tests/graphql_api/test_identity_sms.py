"""Signing up and in by phone, through the product's door: every wrong code first, then one code used many times."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.graphql_api.identity_door import ASK_CODE, ME, RESET, SIGN_IN, SIGN_UP, Door, open_door, sorted_out
from tests.tenants.identity_desk import OTHER_PASSWORD


@pytest.fixture
async def door(app: Any, clock: Any, tmp_path: Path) -> AsyncIterator[Door]:
    async with open_door(app, clock, tmp_path / "outbox") as opened:
        yield opened


def other_than(code: str) -> str:
    return "000000" if code != "000000" else "111111"


def wish(phone: str, code: str, company: str = "云帆") -> dict[str, str]:
    return {"companyName": company, "phone": phone, "code": code}


async def signed_up(door: Door, phone: str) -> dict[str, Any]:
    """A company of this phone; its next code may be asked for at once."""
    made: dict[str, Any] = await door.data(SIGN_UP, i=wish(phone, await door.sms_code(phone)))
    door.desk.clock.move(minutes=2)
    return made


@pytest.mark.parametrize("phone", ["", "12345", "abc", "+8613800", "010-62345678"])
async def test_what_takes_no_text_message_gets_none(door: Door, phone: str) -> None:
    assert await door.code(ASK_CODE, i={"phone": phone}) == "IDENTIFIER_UNUSABLE"
    assert await door.desk.texts() == []


async def test_an_unknown_purpose_is_refused(door: Door) -> None:
    assert await door.code(ASK_CODE, i={"phone": door.desk.phone(), "purpose": "anything"}) == "INPUT_MALFORMED"


async def test_without_a_code_nobody_gets_in(door: Door) -> None:
    phone = door.desk.phone()
    await signed_up(door, phone)
    for code in ("", "123", "abcdef", "123456", "１２３４５６７"):
        assert await door.code(SIGN_IN, i={"identifier": phone, "code": code}) == "SIGN_IN_REFUSED"
    assert await door.code(SIGN_IN, i={"identifier": phone}) == "REQUIRED"
    assert await door.code(SIGN_UP, i=wish(door.desk.phone(1), "123456")) == "CODE_REFUSED"
    assert await door.code(SIGN_UP, i={"companyName": "云帆", "phone": door.desk.phone(1)}) == "REQUIRED"


async def test_a_code_dies_after_ten_minutes(door: Door) -> None:
    new, known = door.desk.phone(), door.desk.phone(1)
    await signed_up(door, known)
    codes = {phone: await door.sms_code(phone) for phone in (new, known)}
    door.desk.clock.move(minutes=10)
    assert await door.code(SIGN_UP, i=wish(new, codes[new])) == "CODE_REFUSED"
    assert await door.code(SIGN_IN, i={"identifier": known, "code": codes[known]}) == "SIGN_IN_REFUSED"


async def test_a_code_dies_after_five_wrong_ones_wherever_they_were_tried(door: Door) -> None:
    phone = door.desk.phone()
    await signed_up(door, phone)
    code = await door.sms_code(phone)
    for _ in range(3):
        assert await door.code(SIGN_IN, i={"identifier": phone, "code": other_than(code)}) == "SIGN_IN_REFUSED"
    for _ in range(2):
        assert await door.code(SIGN_UP, i=wish(phone, other_than(code))) == "CODE_REFUSED"
    assert await door.code(SIGN_IN, i={"identifier": phone, "code": code}) == "SIGN_IN_REFUSED"
    assert await door.code(SIGN_UP, i=wish(phone, code)) == "CODE_REFUSED"


async def test_wrong_codes_at_once_are_all_counted(door: Door) -> None:
    phone = door.desk.phone()
    code = await door.sms_code(phone)
    _, refused = await door.at_once(6, SIGN_UP, i=wish(phone, other_than(code)))
    assert refused == ["CODE_REFUSED"] * 6
    assert await door.code(SIGN_UP, i=wish(phone, code)) == "CODE_REFUSED"
    tried = await door.desk.platform("SELECT attempts FROM platform.link_token WHERE subject = :s", s=f"enter:{phone}")
    assert tried == [(7,)]  # the right one came too late and counts as well


async def test_a_code_is_good_for_its_purpose_and_its_phone_only(door: Door) -> None:
    mine, other = door.desk.phone(), door.desk.phone(1)
    for phone in (mine, other):
        await signed_up(door, phone)
    code = await door.sms_code(mine, purpose="reset_password")
    assert await door.code(SIGN_IN, i={"identifier": mine, "code": code}) == "SIGN_IN_REFUSED"
    door.desk.clock.move(minutes=2)
    code = await door.sms_code(mine, purpose="sign_up")
    assert await door.code(SIGN_IN, i={"identifier": mine, "code": code}) == "SIGN_IN_REFUSED"
    assert await door.code(SIGN_UP, i=wish(other, code)) == "CODE_REFUSED"
    door.desk.clock.move(minutes=2)
    code = await door.sms_code(mine)
    assert await door.code(SIGN_IN, i={"identifier": other, "code": code}) == "SIGN_IN_REFUSED"
    asked = {"phone": mine, "code": code, "newPassword": OTHER_PASSWORD}
    assert await door.code(RESET, i=asked) == "CODE_REFUSED"
    assert (await door.data(SIGN_IN, i={"identifier": mine, "code": code}))["token"]


async def test_only_the_newest_code_counts(door: Door) -> None:
    phone = door.desk.phone()
    await signed_up(door, phone)
    first = await door.sms_code(phone)
    door.desk.clock.move(minutes=2)
    second = await door.sms_code(phone)
    if first != second:
        assert await door.code(SIGN_IN, i={"identifier": phone, "code": first}) == "SIGN_IN_REFUSED"
    assert (await door.data(SIGN_IN, i={"identifier": phone, "code": second}))["token"]
    assert await door.code(SIGN_IN, i={"identifier": phone, "code": first}) == "SIGN_IN_REFUSED"


async def test_a_used_code_is_dead_for_everything(door: Door) -> None:
    phone = door.desk.phone()
    code = await door.sms_code(phone)
    await door.data(SIGN_UP, i=wish(phone, code))
    assert await door.code(SIGN_UP, i=wish(phone, code, "第二家")) == "CODE_REFUSED"
    assert await door.code(SIGN_IN, i={"identifier": phone, "code": code}) == "SIGN_IN_REFUSED"


async def test_codes_are_sent_once_a_minute_and_five_times_an_hour(door: Door) -> None:
    phone = door.desk.phone()
    for _ in range(5):
        assert (await door.data(ASK_CODE, i={"phone": phone}))["done"]
        assert await door.code(ASK_CODE, i={"phone": phone, "purpose": "sign_in"}) == "THROTTLED"
        door.desk.clock.move(minutes=1, seconds=1)
    assert await door.code(ASK_CODE, i={"phone": phone}) == "THROTTLED"
    assert len(await door.desk.texts()) == 5


async def test_the_answer_does_not_tell_whose_number_it_is(door: Door) -> None:
    known, unknown = door.desk.phone(), door.desk.phone(1)
    await signed_up(door, known)
    before = len(await door.desk.texts())
    for purpose in ("sign_in", "reset_password"):
        answers = [await door.ask(ASK_CODE, i={"phone": phone, "purpose": purpose}) for phone in (known, unknown)]
        assert answers[0] == answers[1] == {"data": {"requestSmsCode": {"done": True}}}
        door.desk.clock.move(minutes=2)
    texts = (await door.desk.texts())[before:]
    assert len(texts) == 2
    assert all(known in text for text in texts)


async def test_a_phone_signs_up_and_in_by_codes_asked_for_plainly(door: Door) -> None:
    phone = door.desk.phone()
    made = await signed_up(door, phone)
    assert made["member"]["phone"] == phone
    signed = await door.data(SIGN_IN, i={"identifier": phone, "code": await door.sms_code(phone)})
    assert signed["tenant"]["id"] == made["tenant"]["id"]
    assert (await door.data(ME, token=signed["token"]))["tenant"]["id"] == made["tenant"]["id"]


async def test_one_code_signs_one_company_up_however_often_it_is_sent(door: Door) -> None:
    phone = door.desk.phone()
    code = await door.sms_code(phone)
    answers, refused = await door.at_once(5, SIGN_UP, i=wish(phone, code))
    assert (len(answers), refused) == (1, ["CODE_REFUSED"] * 4)
    assert len(await door.desk.users_of(phone)) == 1
    companies = await door.desk.platform(
        "SELECT m.tenant_id FROM platform.membership m JOIN platform.user_identifier i USING (user_id)"
        " WHERE i.value = :phone",
        phone=phone,
    )
    assert len(companies) == 1


async def test_one_code_signs_in_once_however_often_it_is_sent(door: Door) -> None:
    phone = door.desk.phone()
    await signed_up(door, phone)
    code = await door.sms_code(phone)
    answers, refused = await door.at_once(5, SIGN_IN, i={"identifier": phone, "code": code})
    assert (len(answers), refused) == (1, ["SIGN_IN_REFUSED"] * 4)
    assert (await door.data(ME, token=answers[0]["token"]))["userId"]


async def test_one_code_does_one_thing_when_two_are_asked_at_once(door: Door) -> None:
    phone = door.desk.phone()
    await signed_up(door, phone)
    code = await door.sms_code(phone)
    asked = [
        door.ask(query, i=data)
        for _ in range(3)
        for query, data in (
            (SIGN_UP, wish(phone, code, "第二家")),
            (SIGN_IN, {"identifier": phone, "code": code}),
        )
    ]
    answers, refused = sorted_out(await asyncio.gather(*asked))
    assert len(answers) == 1
    assert set(refused) == {"CODE_REFUSED", "SIGN_IN_REFUSED"}


async def test_one_code_resets_one_password(door: Door) -> None:
    phone = door.desk.phone()
    made = await signed_up(door, phone)
    code = await door.sms_code(phone, purpose="reset_password")
    wishes = [f"海风-{number}-Quartz-violet-{number * 7919}" for number in range(1, 5)]
    asked = [door.ask(RESET, i={"phone": phone, "code": code, "newPassword": new}) for new in wishes]
    bodies = await asyncio.gather(*asked)
    answers, refused = sorted_out(bodies)
    assert (len(answers), refused) == (1, ["CODE_REFUSED"] * 3)
    assert await door.code(ME, token=made["token"]) == "NOT_SIGNED_IN"
    winner = next(new for new, body in zip(wishes, bodies, strict=True) if "errors" not in body)
    assert (await door.data(SIGN_IN, i={"identifier": phone, "password": winner}))["token"]
