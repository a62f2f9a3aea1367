"""Resetting a password: the answer never tells who exists, a link works once, and every session ends."""

from __future__ import annotations

import asyncio

import pyotp
import pytest

from tenants.errors import CodeRefused, IdentifierUnusable, LinkRefused, PasswordRefused, ResetByAdmin, SignInRefused
from tenants.identity.inputs import (
    ChangePassword,
    ConfirmTotp,
    EnrollTotp,
    RequestPasswordReset,
    ResetPassword,
    VerifyEmail,
)
from tenants.identity.tokens import new_token
from tests.tenants.identity_desk import ADDRESS, OTHER_PASSWORD, PASSWORD, Desk
from values.errors import NotSignedIn, Required, Throttled


async def asked(desk: Desk, name: str = "chen") -> str:
    await desk.identity.request_password_reset(RequestPasswordReset(identifier=desk.email(name)), address=ADDRESS)
    return await desk.mailed_token("yf_rst")


async def test_the_answer_is_the_same_for_strangers_and_nobody_gets_a_letter(desk: Desk) -> None:
    await desk.sign_up()
    before = len(await desk.letters())
    known = await desk.identity.request_password_reset(
        RequestPasswordReset(identifier=desk.email("chen")), address=ADDRESS
    )
    unknown = await desk.identity.request_password_reset(
        RequestPasswordReset(identifier=desk.email("nobody")), address=ADDRESS
    )
    assert known == unknown
    assert len(await desk.letters()) == before + 1
    with pytest.raises(IdentifierUnusable):
        await desk.identity.request_password_reset(RequestPasswordReset(identifier="?"), address=ADDRESS)


async def test_asking_is_throttled_per_address_written_to(desk: Desk) -> None:
    for _ in range(5):
        await desk.identity.request_password_reset(
            RequestPasswordReset(identifier=desk.email("nobody")), address=ADDRESS
        )
    with pytest.raises(Throttled):
        await desk.identity.request_password_reset(
            RequestPasswordReset(identifier=desk.email("nobody")), address=ADDRESS
        )


async def test_links_that_lead_nowhere_are_refused(desk: Desk) -> None:
    await desk.sign_up()
    verification = await desk.mailed_token("yf_ver")
    for token in ("", "yf_rst_x", new_token("yf_rst")[0], verification):
        with pytest.raises(LinkRefused):
            await desk.identity.reset_password(ResetPassword(token=token, new_password=OTHER_PASSWORD), address=ADDRESS)
    with pytest.raises(Required):
        await desk.identity.reset_password(ResetPassword(new_password=OTHER_PASSWORD), address=ADDRESS)
    token = await asked(desk)
    desk.clock.move(hours=2)
    with pytest.raises(LinkRefused):
        await desk.identity.reset_password(ResetPassword(token=token, new_password=OTHER_PASSWORD), address=ADDRESS)
    assert (await desk.sign_in()).token


async def test_a_weak_password_leaves_the_link_good(desk: Desk) -> None:
    await desk.sign_up()
    token = await asked(desk)
    for password in ("password123", PASSWORD, f"{desk.email('chen')}-x"):
        with pytest.raises(PasswordRefused):
            await desk.identity.reset_password(ResetPassword(token=token, new_password=password), address=ADDRESS)
    await desk.identity.reset_password(ResetPassword(token=token, new_password=OTHER_PASSWORD), address=ADDRESS)


async def test_the_strictest_company_of_a_person_decides(desk: Desk) -> None:
    await desk.sign_up()
    strict = await desk.sign_up(company="海鸥商行")
    await desk.setting(strict.tenant.id, "security.password_policy", {"min_length": 30, "require_classes": 4})
    token = await asked(desk)
    with pytest.raises(PasswordRefused) as refused:
        await desk.identity.reset_password(ResetPassword(token=token, new_password=OTHER_PASSWORD), address=ADDRESS)
    assert "30" in refused.value.sentence("en")


async def test_a_reset_ends_every_session_and_every_other_link(desk: Desk) -> None:
    first = await desk.sign_up()
    second = await desk.sign_up(company="第二家")
    other_link = await asked(desk)
    token = await asked(desk)
    await desk.identity.reset_password(ResetPassword(token=token, new_password=OTHER_PASSWORD), address=ADDRESS)
    for dead in (first.token, second.token):
        with pytest.raises(NotSignedIn):
            await desk.who(dead)
    for link in (token, other_link):
        with pytest.raises(LinkRefused):
            await desk.identity.reset_password(ResetPassword(token=link, new_password=PASSWORD), address=ADDRESS)
    with pytest.raises(SignInRefused):
        await desk.sign_in()
    who = await desk.who((await desk.sign_in(password=OTHER_PASSWORD)).token)
    assert (await desk.identity.me(who)).email_verified  # the link proved the address


async def test_one_link_used_at_once_sets_one_password(desk: Desk) -> None:
    await desk.sign_up()
    token = await asked(desk)
    wishes = [f"海风-{number}-Quartz-violet-{number * 7919}" for number in range(1, 4)]
    outcomes = await asyncio.gather(
        *(
            desk.identity.reset_password(ResetPassword(token=token, new_password=wish), address=ADDRESS)
            for wish in wishes
        ),
        return_exceptions=True,
    )
    assert sum(isinstance(outcome, LinkRefused) for outcome in outcomes) == 2
    winner = next(w for w, outcome in zip(wishes, outcomes, strict=True) if not isinstance(outcome, BaseException))
    assert (await desk.sign_in(password=winner)).token


async def test_a_reset_does_not_switch_the_second_factor_off(desk: Desk) -> None:
    who = await desk.founder()
    await desk.identity.verify_email(VerifyEmail(token=await desk.mailed_token("yf_ver")), address=ADDRESS)
    totp = pyotp.TOTP((await desk.identity.enroll_totp(who, EnrollTotp(password=PASSWORD))).secret)
    await desk.identity.confirm_totp(who, ConfirmTotp(code=totp.at(desk.clock.now())))
    await desk.identity.reset_password(
        ResetPassword(token=await asked(desk), new_password=OTHER_PASSWORD), address=ADDRESS
    )
    result = await desk.sign_in(password=OTHER_PASSWORD)
    assert result.totp_required
    assert result.token is None


@pytest.mark.parametrize("account", ["kg02", "80012345/kg02", "张三"])
async def test_an_account_that_an_admin_made_is_reset_by_the_admin(desk: Desk, account: str) -> None:
    with pytest.raises(ResetByAdmin):
        await desk.identity.request_password_reset(RequestPasswordReset(identifier=account), address=ADDRESS)


async def test_a_phone_resets_by_code(desk: Desk) -> None:
    phone = desk.phone()
    code = await desk.code(phone, "sign_up")
    made = await desk.sign_up(email=None, phone=phone, code=code)
    desk.clock.move(minutes=2)
    await desk.identity.request_password_reset(RequestPasswordReset(identifier=phone), address=ADDRESS)
    code = (await desk.texts())[-1].split("验证码是 ")[1][:6]
    wrong = "000000" if code != "000000" else "111111"
    with pytest.raises(CodeRefused):
        await desk.identity.reset_password(
            ResetPassword(phone=phone, code=wrong, new_password=OTHER_PASSWORD), address=ADDRESS
        )
    await desk.identity.reset_password(
        ResetPassword(phone=phone, code=code, new_password=OTHER_PASSWORD), address=ADDRESS
    )
    with pytest.raises(NotSignedIn):
        await desk.who(made.token)
    assert (await desk.sign_in(identifier=phone, password=OTHER_PASSWORD)).token


async def test_changing_needs_the_present_password_and_ends_the_other_sessions(desk: Desk) -> None:
    here, there = await desk.sign_up(), await desk.sign_in()
    who = await desk.who(here.token)
    for current in (None, OTHER_PASSWORD):
        with pytest.raises(SignInRefused):
            await desk.identity.change_password(
                who, ChangePassword(current_password=current, new_password=OTHER_PASSWORD), address=ADDRESS
            )
    change = ChangePassword(current_password=PASSWORD, new_password=OTHER_PASSWORD)
    await desk.identity.change_password(who, change, address=ADDRESS)
    await desk.who(here.token)
    with pytest.raises(NotSignedIn):
        await desk.who(there.token)
    assert (await desk.sign_in(password=OTHER_PASSWORD)).token
