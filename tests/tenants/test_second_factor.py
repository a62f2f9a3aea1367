"""The second factor: not for unproved addresses, one use per code, and no way round it."""

from __future__ import annotations

import asyncio

import pyotp
import pytest

from tenants.errors import (
    EmailNotVerified,
    SecondFactorRefused,
    SignInRefused,
    TotpAlreadyOn,
    TotpNotStarted,
)
from tenants.identity.inputs import ConfirmTotp, DisableTotp, EnrollTotp, VerifyEmail
from tenants.identity.results import Authenticated, SignInResult
from tests.tenants.identity_desk import ADDRESS, OTHER_PASSWORD, PASSWORD, Desk
from values.errors import Throttled


async def proved(desk: Desk) -> Authenticated:
    who = await desk.founder()
    await desk.identity.verify_email(VerifyEmail(token=await desk.mailed_token("yf_ver")), address=ADDRESS)
    return who


async def switched_on(desk: Desk) -> tuple[Authenticated, pyotp.TOTP, list[str]]:
    who = await proved(desk)
    totp = pyotp.TOTP((await desk.identity.enroll_totp(who, EnrollTotp(password=PASSWORD))).secret)
    codes = await desk.identity.confirm_totp(who, ConfirmTotp(code=totp.at(desk.clock.now())), address=ADDRESS)
    desk.clock.move(seconds=60)
    return who, totp, codes.codes


async def test_an_unproved_address_gets_no_second_factor(desk: Desk) -> None:
    who = await desk.founder()
    with pytest.raises(EmailNotVerified):
        await desk.identity.enroll_totp(who, EnrollTotp(password=PASSWORD))


async def test_enrolling_needs_the_password(desk: Desk) -> None:
    who = await proved(desk)
    for password in (None, OTHER_PASSWORD):
        with pytest.raises(SignInRefused):
            await desk.identity.enroll_totp(who, EnrollTotp(password=password))


async def test_confirming_needs_an_enrolment_and_a_right_code(desk: Desk) -> None:
    who = await proved(desk)
    with pytest.raises(TotpNotStarted):
        await desk.identity.confirm_totp(who, ConfirmTotp(code="123456"))
    await desk.identity.enroll_totp(who, EnrollTotp(password=PASSWORD))
    with pytest.raises(SecondFactorRefused):
        await desk.identity.confirm_totp(who, ConfirmTotp(code="abcdef"))
    assert (await desk.sign_in()).token  # not in force yet


async def test_the_secret_is_stored_encrypted_and_bound_to_its_user(desk: Desk) -> None:
    who = await proved(desk)
    secret = (await desk.identity.enroll_totp(who, EnrollTotp(password=PASSWORD))).secret
    stored = str((await desk.platform('SELECT totp_secret FROM platform."user" WHERE id = :id', id=who.user_id))[0][0])
    assert secret not in stored
    keys = desk.app.engine.keys
    assert keys.decrypt("totp_secret", stored, who.user_id.bytes).decode() == secret
    with pytest.raises(ValueError, match="not valid"):
        keys.decrypt("totp_secret", stored, who.tenant_id.bytes)


async def test_without_the_code_there_is_no_token(desk: Desk) -> None:
    _, totp, _ = await switched_on(desk)
    missing = await desk.sign_in()
    assert (missing.token, missing.totp_required, missing.tenant) == (None, True, None)
    with pytest.raises(SignInRefused):  # the password comes first: nobody learns of the second factor without it
        await desk.sign_in(password=OTHER_PASSWORD)
    with pytest.raises(SecondFactorRefused):
        await desk.sign_in(totp="abcdef")
    result = await desk.sign_in(totp=totp.at(desk.clock.now()))
    assert (await desk.who(result.token)).restricted_to is None


async def test_a_code_works_once_even_at_once(desk: Desk) -> None:
    _, totp, _ = await switched_on(desk)
    code = totp.at(desk.clock.now())
    outcomes = await asyncio.gather(*(desk.sign_in(totp=code) for _ in range(4)), return_exceptions=True)
    assert sum(isinstance(outcome, SignInResult) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, SecondFactorRefused) for outcome in outcomes) == 3


async def test_guessing_codes_is_throttled(desk: Desk) -> None:
    _, totp, _ = await switched_on(desk)
    for _ in range(6):
        with pytest.raises(SecondFactorRefused):
            await desk.sign_in(totp="abcdef")
    with pytest.raises(Throttled):
        await desk.sign_in(totp=totp.at(desk.clock.now()))


async def test_a_recovery_code_works_once(desk: Desk) -> None:
    who, _, codes = await switched_on(desk)
    assert len(codes) == 10
    assert (await desk.sign_in(recovery_code=codes[3].lower().replace("-", " "))).token
    with pytest.raises(SecondFactorRefused):
        await desk.sign_in(recovery_code=codes[3])
    assert (await desk.identity.me(who)).recovery_codes_left == 9
    outcomes = await asyncio.gather(*(desk.sign_in(recovery_code=codes[4]) for _ in range(3)), return_exceptions=True)
    assert sum(isinstance(outcome, SignInResult) for outcome in outcomes) == 1


async def test_a_second_enrolment_does_not_replace_the_one_in_force(desk: Desk) -> None:
    who, _, _ = await switched_on(desk)
    with pytest.raises(TotpAlreadyOn):
        await desk.identity.enroll_totp(who, EnrollTotp(password=PASSWORD))


async def test_switching_off_needs_password_and_code(desk: Desk) -> None:
    who, totp, _ = await switched_on(desk)
    now = desk.clock.now()
    with pytest.raises(SignInRefused):
        await desk.identity.disable_totp(who, DisableTotp(code=totp.at(now)))
    with pytest.raises(SecondFactorRefused):
        await desk.identity.disable_totp(who, DisableTotp(password=PASSWORD, code="abcdef"))
    await desk.identity.disable_totp(who, DisableTotp(password=PASSWORD, code=totp.at(now)))
    assert (await desk.sign_in()).token
    with pytest.raises(TotpNotStarted):
        await desk.identity.disable_totp(who, DisableTotp(password=PASSWORD, code=totp.at(now)))
