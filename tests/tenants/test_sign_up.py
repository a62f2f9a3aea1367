"""Signing up: what is refused, what a stranger learns, and that it is all or nothing."""

from __future__ import annotations

import asyncio

import pyotp
import pytest
from redis.asyncio import Redis
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import create_async_engine

from kernel.db import TenantContext
from kernel.tables import Outbox
from tenants.delivery.mail import OutboxMailSender
from tenants.delivery.sms import OutboxSmsSender
from tenants.entities import LegalEntity, Member, ModuleEntitlement, TenantAccess
from tenants.errors import (
    CodeRefused,
    IdentifierUnusable,
    LinkRefused,
    PasswordRefused,
    SecondFactorRefused,
    SecondFactorRequired,
    SignInRefused,
    SignInUnavailable,
    SignUpRefused,
)
from tenants.identity.inputs import (
    ConfirmTotp,
    EnrollTotp,
    RequestPasswordReset,
    RequestSmsCode,
    ResetPassword,
    SignIn,
    SignUp,
    VerifyEmail,
)
from tenants.identity.service import IdentityService
from tests.tenants.identity_desk import ADDRESS, OTHER_PASSWORD, PASSWORD, Desk
from values.errors import AmountInvalid, InvalidInput, NotSignedIn, Required, Throttled


@pytest.mark.parametrize(
    ("more", "refusal", "field"),
    [
        ({"company_name": "  "}, Required, "companyName"),
        ({"company_name": "x" * 101}, InvalidInput, "companyName"),
        ({"email": None}, Required, "email"),
        ({"phone": "13800138000", "code": "123456"}, Required, "email"),
        ({"email": "not an address"}, IdentifierUnusable, "email"),
        ({"password": None}, Required, "password"),
        ({"password": "password123"}, PasswordRefused, "password"),
        ({"zone": "Mars/Olympus"}, InvalidInput, "zone"),
        ({"language": "fr"}, InvalidInput, "language"),
        ({"email": None, "phone": "13800138000"}, Required, "code"),
        ({"email": None, "phone": "13800138000", "code": "123456"}, CodeRefused, "code"),
    ],
)
async def test_what_cannot_be_signed_up_is_refused(desk: Desk, more, refusal, field) -> None:
    with pytest.raises(refusal) as refused:
        await desk.sign_up(**more)
    assert refused.value.field == field
    assert await desk.letters() == []


async def test_a_password_with_the_companys_name_is_refused(desk: Desk) -> None:
    with pytest.raises(PasswordRefused):
        await desk.sign_up(company="海鸥商行", password="海鸥商行-the-best-2931")


async def test_too_many_sign_ups_from_one_address_are_refused(desk: Desk) -> None:
    for number in range(20):
        with pytest.raises(CodeRefused):
            await desk.sign_up(email=None, phone=desk.phone(number), code="000000")
    with pytest.raises(Throttled):
        await desk.sign_up("late")
    desk.clock.move(hours=1, seconds=1)
    assert (await desk.sign_up("late")).token


async def test_without_redis_nobody_signs_up(desk: Desk, passwords) -> None:
    nowhere = Redis.from_url("redis://127.0.0.1:1/0")
    identity = IdentityService(
        desk.app.engine,
        nowhere,
        OutboxMailSender(desk.outbox),
        OutboxSmsSender(desk.outbox),
        public_url="https://crm.example.com",
        passwords=passwords,
    )
    asked = SignUp(company_name="云帆", email=desk.email("chen"), password=PASSWORD)
    with pytest.raises(SignInUnavailable):
        await identity.sign_up(asked, address=ADDRESS)
    with pytest.raises(SignInUnavailable):
        await identity.sign_in(SignIn(identifier=desk.email("chen"), password=PASSWORD), address=ADDRESS)
    with pytest.raises(SignInUnavailable):
        await identity.request_sms_code(RequestSmsCode(phone=desk.phone()), address=ADDRESS)
    await nowhere.aclose()
    assert await desk.users_of(desk.email("chen")) == []


async def test_sign_up_makes_the_company_on_both_sides(desk: Desk) -> None:
    made = await desk.sign_up(admin_name="陈总", demo_data=True)
    who = await desk.who(made.token)
    assert (who.tenant_id, who.member_id, who.member_name) == (made.tenant.id, made.member.id, "陈总")
    assert who.actor.authority.holds("tenants.member.invite")
    assert made.tenant.org_code.isdigit()
    assert len(made.tenant.org_code) == 8
    async with desk.app.engine.database.tenant(TenantContext(made.tenant.id)) as session:
        access = (await session.scalars(select(TenantAccess)))[0]
        assert access.trial_ends_at == made.trial_ends_at
        assert len(await session.scalars(select(ModuleEntitlement))) == 8
        assert (await session.scalars(select(LegalEntity)))[0].name == "云帆贸易"
        assert (await session.scalars(select(Member)))[0].user_id == who.user_id
        topics = (await session.execute(select(Outbox.topic))).scalars().all()
        assert list(topics) == ["tenants.demo_data_requested"]
    directory = await desk.platform("SELECT trial_ends_at FROM platform.tenant WHERE id = :id", id=made.tenant.id)
    assert directory == [(made.trial_ends_at,)]
    assert (made.trial_ends_at - desk.clock.now()).days == 15


async def test_an_unverified_address_works_and_is_verified_once(desk: Desk) -> None:
    who = await desk.founder()
    assert not (await desk.identity.me(who)).email_verified
    token = await desk.mailed_token("yf_ver")
    await desk.identity.verify_email(VerifyEmail(token=token), address=ADDRESS)
    assert (await desk.identity.me(who)).email_verified
    with pytest.raises(LinkRefused):
        await desk.identity.verify_email(VerifyEmail(token=token), address=ADDRESS)


async def test_a_verification_link_expires(desk: Desk) -> None:
    await desk.sign_up()
    token = await desk.mailed_token("yf_ver")
    desk.clock.move(hours=72)
    with pytest.raises(LinkRefused):
        await desk.identity.verify_email(VerifyEmail(token=token), address=ADDRESS)


async def test_a_verification_link_proves_nothing_once_the_address_is_somebody_elses(desk: Desk) -> None:
    first = await desk.founder()
    token = await desk.mailed_token("yf_ver")
    await desk.platform("DELETE FROM platform.user_identifier WHERE user_id = :id", id=first.user_id)
    second = await desk.founder(company="真公司")
    assert second.user_id != first.user_id
    with pytest.raises(LinkRefused):
        await desk.identity.verify_email(VerifyEmail(token=token), address=ADDRESS)
    assert not (await desk.identity.me(second)).email_verified
    assert [company.id for company in await desk.identity.my_tenants(second)] == [second.tenant_id]


async def test_a_verification_link_opened_many_times_at_once_counts_once(desk: Desk) -> None:
    await desk.sign_up()
    token = await desk.mailed_token("yf_ver")
    opened = (desk.identity.verify_email(VerifyEmail(token=token), address=ADDRESS) for _ in range(4))
    outcomes = await asyncio.gather(*opened, return_exceptions=True)
    assert sum(isinstance(outcome, LinkRefused) for outcome in outcomes) == 3
    assert sum(not isinstance(outcome, BaseException) for outcome in outcomes) == 1


async def test_the_same_person_founds_another_company_of_the_same_name(desk: Desk) -> None:
    first, second = await desk.sign_up(), await desk.sign_up()
    assert first.tenant.id != second.tenant.id
    assert first.tenant.org_code != second.tenant.org_code
    who = await desk.who(second.token)
    assert {tenant.id for tenant in await desk.identity.my_tenants(who)} == {first.tenant.id, second.tenant.id}
    assert len(await desk.users_of(desk.email("chen"))) == 1


async def test_a_taken_address_needs_its_password_and_the_owner_hears_of_it_once(desk: Desk) -> None:
    owner = await desk.founder()
    before = await desk.platform("SELECT count(*) FROM platform.tenant")
    for _ in range(3):
        with pytest.raises(SignUpRefused) as refused:
            await desk.sign_up("chen", company="别处", password=OTHER_PASSWORD)
        assert refused.value.field == "email"
    assert await desk.platform("SELECT count(*) FROM platform.tenant") == before
    assert await desk.users_of(desk.email("chen")) == [owner.user_id]
    with pytest.raises(SignInRefused):
        await desk.sign_in(password=OTHER_PASSWORD)
    assert (await desk.sign_in()).tenant.id == owner.tenant_id
    letters = await desk.letters(desk.email("chen"))
    assert len(letters) == 2
    assert "有人尝试用您的邮箱注册云帆" in letters[1]


async def test_guessing_a_password_by_signing_up_is_counted_with_guesses_at_sign_in(desk: Desk) -> None:
    await desk.founder()
    for _ in range(5):
        with pytest.raises(SignInRefused):
            await desk.sign_in(password=OTHER_PASSWORD)
    for _ in range(5):
        with pytest.raises(SignUpRefused):
            await desk.sign_up(password=OTHER_PASSWORD)
    with pytest.raises(Throttled):
        await desk.sign_up(password=OTHER_PASSWORD)
    with pytest.raises(Throttled):
        await desk.sign_in()


async def test_who_signed_up_with_the_address_of_another_loses_it_to_its_owner(desk: Desk) -> None:
    squatted = await desk.sign_up(password=OTHER_PASSWORD)
    with pytest.raises(SignUpRefused):
        await desk.sign_up(company="真公司")
    await desk.identity.request_password_reset(RequestPasswordReset(identifier=desk.email("chen")), address=ADDRESS)
    reset = ResetPassword(token=await desk.mailed_token("yf_rst"), new_password=PASSWORD)
    await desk.identity.reset_password(reset, address=ADDRESS)
    with pytest.raises(NotSignedIn):
        await desk.who(squatted.token)
    made = await desk.sign_up(company="真公司")
    assert len(await desk.identity.my_tenants(await desk.who(made.token))) == 2


async def test_an_unknown_currency_is_refused(desk: Desk) -> None:
    with pytest.raises(AmountInvalid):
        await desk.sign_up(currency="ABC")


async def test_a_code_of_no_special_purpose_signs_a_new_number_up_and_in(desk: Desk) -> None:
    phone = desk.phone()
    code = await desk.code(phone, "enter")
    with pytest.raises(SignInRefused):
        await desk.identity.sign_in(SignIn(identifier=phone, code=code), address=ADDRESS)
    made = await desk.sign_up(email=None, password=None, phone=phone, code=code)
    assert made.member.phone == phone
    with pytest.raises(SignInRefused):
        await desk.identity.sign_in(SignIn(identifier=phone, code=code), address=ADDRESS)
    desk.clock.move(minutes=2)
    code = await desk.code(phone, "enter")
    with pytest.raises(CodeRefused):
        await desk.identity.reset_password(
            ResetPassword(phone=phone, code=code, new_password=PASSWORD), address=ADDRESS
        )
    assert (await desk.identity.sign_in(SignIn(identifier=phone, code=code), address=ADDRESS)).tenant == made.tenant


async def test_a_phone_signs_up_by_code_and_the_code_works_once(desk: Desk) -> None:
    phone = desk.phone()
    code = await desk.code(phone, "sign_up")
    with pytest.raises(CodeRefused):
        await desk.sign_up(email=None, password=None, phone=phone, code="000000" if code != "000000" else "111111")
    made = await desk.sign_up(email=None, password=None, phone=phone, code=code)
    assert made.member.phone == phone
    assert not made.must_verify_email
    with pytest.raises(CodeRefused):
        await desk.sign_up(email=None, password=None, phone=phone, code=code)
    assert len(await desk.users_of(phone)) == 1


async def test_a_code_dies_after_five_wrong_attempts_and_after_ten_minutes(desk: Desk) -> None:
    phone = desk.phone()
    code = await desk.code(phone, "sign_up")
    wrong = "000000" if code != "000000" else "111111"
    for _ in range(5):
        with pytest.raises(CodeRefused):
            await desk.sign_up(email=None, password=None, phone=phone, code=wrong)
    with pytest.raises(CodeRefused):
        await desk.sign_up(email=None, password=None, phone=phone, code=code)
    desk.clock.move(minutes=2)
    code = await desk.code(phone, "sign_up")
    desk.clock.move(minutes=10)
    with pytest.raises(CodeRefused):
        await desk.sign_up(email=None, password=None, phone=phone, code=code)


async def test_codes_are_throttled_per_phone(desk: Desk) -> None:
    asked = RequestSmsCode(phone=desk.phone(), purpose="sign_up")
    await desk.identity.request_sms_code(asked, address=ADDRESS)
    with pytest.raises(Throttled):
        await desk.identity.request_sms_code(asked, address=ADDRESS)
    for _ in range(4):
        desk.clock.move(minutes=1, seconds=1)
        await desk.identity.request_sms_code(asked, address=ADDRESS)
    desk.clock.move(minutes=1, seconds=1)
    with pytest.raises(Throttled):
        await desk.identity.request_sms_code(asked, address=ADDRESS)


async def test_founding_again_needs_the_second_factor_too(desk: Desk) -> None:
    who = await desk.founder()
    await desk.identity.verify_email(VerifyEmail(token=await desk.mailed_token("yf_ver")), address=ADDRESS)
    secret = (await desk.identity.enroll_totp(who, EnrollTotp(password=PASSWORD))).secret
    totp = pyotp.TOTP(secret)
    await desk.identity.confirm_totp(who, ConfirmTotp(code=totp.at(desk.clock.now())), address=ADDRESS)
    with pytest.raises(SecondFactorRequired):
        await desk.sign_up(company="第二家")
    with pytest.raises(SecondFactorRefused):
        await desk.sign_up(company="第二家", totp=totp.at(desk.clock.now()))  # used already
    desk.clock.move(seconds=60)
    made = await desk.sign_up(company="第二家", totp=totp.at(desk.clock.now()))
    assert (await desk.who(made.token)).user_id == who.user_id


async def test_two_sign_ups_with_one_address_at_once_make_one_user(desk: Desk) -> None:
    results = await asyncio.gather(*(desk.sign_up(company=f"公司{number}") for number in range(4)))
    assert len({result.tenant.id for result in results}) == 4
    users = {(await desk.who(result.token)).user_id for result in results}
    assert len(users) == 1
    assert await desk.users_of(desk.email("chen")) == [users.pop()]


async def test_a_sign_up_that_fails_late_leaves_nothing(desk: Desk) -> None:
    """The membership cannot be written: neither side keeps anything."""
    admin = desk.app.settings.database_admin_url
    assert admin is not None
    engine = create_async_engine(admin.replace("postgresql://", "postgresql+psycopg://", 1))
    async with engine.begin() as connection:
        await connection.execute(text("REVOKE INSERT ON platform.membership FROM yunfan_provision"))
    try:
        before = await desk.platform("SELECT count(*) FROM platform.tenant")
        with pytest.raises(Exception, match="permission denied"):
            await desk.sign_up()
        assert await desk.platform("SELECT count(*) FROM platform.tenant") == before
        assert await desk.users_of(desk.email("chen")) == []
        async with engine.begin() as connection:
            await connection.execute(text("SET LOCAL row_security = off"))
            orphans = await connection.execute(
                text("SELECT count(*) FROM app.member WHERE email = :email"), {"email": desk.email("chen")}
            )
            assert orphans.scalar_one() == 0
    finally:
        async with engine.begin() as connection:
            await connection.execute(text("GRANT INSERT ON platform.membership TO yunfan_provision"))
        await engine.dispose()
    assert (await desk.sign_up()).token
