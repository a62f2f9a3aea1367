"""Signing in: refused the same way whatever was wrong; throttled; into the right company; restricted where due."""

from __future__ import annotations

import pytest

from tenants.errors import CodeRefused, NoMembership, PasswordChangeRequired, PasswordRefused, SignInRefused
from tenants.identity.inputs import ChangePassword, RequestSmsCode, SignIn, VerifyEmail
from tests.tenants.identity_desk import ADDRESS, OTHER_PASSWORD, PASSWORD, Desk
from values.errors import NotSignedIn, PermissionDenied, Required, Throttled


@pytest.mark.parametrize(
    "asked",
    [
        {"password": OTHER_PASSWORD},
        {"password": ""},
        {"password": "x" * 5000},
        {"identifier": "nobody@example.com"},
        {"identifier": "13800138000"},
        {"identifier": "13800138000", "password": None, "code": "123456"},
        {"identifier": None, "org_code": "20000000", "account": "nobody"},
        {"identifier": None, "org_code": "'; --", "account": ""},
    ],
)
async def test_every_wrong_sign_in_is_the_same_refusal(desk: Desk, asked) -> None:
    await desk.sign_up()
    with pytest.raises(SignInRefused) as refused:
        await desk.sign_in(**asked)
    assert refused.value.field is None
    assert refused.value.details == {}


async def test_an_e_mail_address_takes_no_code(desk: Desk) -> None:
    await desk.sign_up()
    with pytest.raises(SignInRefused):
        await desk.sign_in(password=None, code="123456")
    with pytest.raises(Required):
        await desk.sign_in(password=None)


async def test_a_sign_in_works_and_both_ends_are_logged(desk: Desk) -> None:
    founder = await desk.founder()
    with pytest.raises(SignInRefused):
        await desk.sign_in(password=OTHER_PASSWORD)
    result = await desk.sign_in(device_name="  Pixel   9 ")
    who = await desk.who(result.token)
    assert (who.member_id, result.must_change_password, result.totp_required) == (founder.member_id, False, False)
    events = (await desk.identity.security_events(who.actor)).events
    assert {event.event for event in events} == {"signed_up", "sign_in_refused", "signed_in"}
    told = next(event for event in events if event.event == "signed_in")
    assert (told.device_name, told.address) == ("Pixel 9", ADDRESS)
    assert told.identifier is not None
    assert desk.email("chen") not in told.identifier


async def test_ten_failures_lock_the_account_for_a_while_and_only_that_account(desk: Desk) -> None:
    await desk.sign_up()
    await desk.sign_up("lin")
    for _ in range(10):
        with pytest.raises(SignInRefused):
            await desk.sign_in(password=OTHER_PASSWORD)
    with pytest.raises(Throttled):
        await desk.sign_in()
    assert (await desk.sign_in("lin")).token
    desk.clock.move(minutes=15, seconds=1)
    assert (await desk.sign_in()).token
    for _ in range(10):  # a success forgives: nobody is locked out by signing in often
        assert (await desk.sign_in()).token


async def test_unknown_accounts_are_throttled_like_known_ones(desk: Desk) -> None:
    for _ in range(10):
        with pytest.raises(SignInRefused):
            await desk.sign_in("nobody")
    with pytest.raises(Throttled):
        await desk.sign_in("nobody")


async def test_one_address_cannot_try_many_accounts(desk: Desk) -> None:
    for number in range(100):
        with pytest.raises(SignInRefused):
            await desk.identity.sign_in(SignIn(identifier=desk.phone(number), code="abcdef"), address="198.51.100.9")
    with pytest.raises(Throttled):
        await desk.identity.sign_in(SignIn(identifier=desk.phone(200), code="abcdef"), address="198.51.100.9")


async def test_a_holder_of_many_ipv6_addresses_is_one(desk: Desk) -> None:
    for number in range(100):
        with pytest.raises(SignInRefused):
            await desk.identity.sign_in(
                SignIn(identifier=desk.phone(number), code="abcdef"), address=f"2001:db8:7:8::{number + 1:x}"
            )
    asked = SignIn(identifier=desk.phone(200), code="abcdef")
    with pytest.raises(Throttled):
        await desk.identity.sign_in(asked, address="2001:db8:7:8:ffff::1")
    with pytest.raises(SignInRefused):  # the neighbour
        await desk.identity.sign_in(asked, address="2001:db8:7:9::1")


async def test_a_phone_signs_in_by_code_once(desk: Desk) -> None:
    phone = desk.phone()
    code = await desk.code(phone, "sign_up")
    made = await desk.sign_up(email=None, password=None, phone=phone, code=code)
    with pytest.raises(SignInRefused):  # a code of another purpose
        await desk.sign_in(identifier=phone, password=None, code=code)
    desk.clock.move(minutes=2)
    code = await desk.code(phone, "sign_in")
    result = await desk.sign_in(identifier=phone, password=None, code=code)
    assert (await desk.who(result.token)).tenant_id == made.tenant.id
    with pytest.raises(SignInRefused):
        await desk.sign_in(identifier=phone, password=None, code=code)


async def test_no_code_is_sent_to_an_unknown_phone_and_the_answer_does_not_tell(desk: Desk) -> None:
    asked = RequestSmsCode(phone=desk.phone(7), purpose="sign_in")
    assert (await desk.identity.request_sms_code(asked, address=ADDRESS)).done
    assert await desk.texts() == []


async def test_a_code_of_another_phone_is_refused(desk: Desk) -> None:
    mine = await desk.code(desk.phone(1), "sign_up")
    with pytest.raises(CodeRefused):
        await desk.sign_up(email=None, password=None, phone=desk.phone(2), code=mine)


async def test_the_company_used_last_is_chosen(desk: Desk) -> None:
    first = await desk.sign_up(company="第一家")
    desk.clock.move(minutes=1)
    second = await desk.sign_up(company="第二家")
    desk.clock.move(minutes=1)
    assert (await desk.sign_in()).tenant.id == second.tenant.id
    desk.clock.move(minutes=1)
    assert (await desk.sign_in(tenant_id=first.tenant.id)).tenant.id == first.tenant.id
    desk.clock.move(minutes=1)
    assert (await desk.sign_in()).tenant.id == first.tenant.id
    await desk.suspend(first.tenant.id)
    assert (await desk.sign_in()).tenant.id == second.tenant.id


async def test_nobody_signs_in_to_a_company_that_is_not_theirs_or_not_open(desk: Desk) -> None:
    made = await desk.sign_up()
    rival = await desk.sign_up("sun", company="海鸥商行")
    with pytest.raises(NoMembership):
        await desk.sign_in(tenant_id=rival.tenant.id)
    await desk.suspend(made.tenant.id)
    with pytest.raises(NoMembership):
        await desk.sign_in()


async def test_a_deactivated_member_signs_in_nowhere(desk: Desk) -> None:
    admin = await desk.founder()
    li = await desk.join(admin)
    await desk.deactivate(admin.tenant_id, li.member_id)
    with pytest.raises(NoMembership):
        await desk.sign_in("li")


async def test_a_company_account_signs_in_by_its_number_and_must_change_the_password(desk: Desk) -> None:
    admin = await desk.founder()
    org_code, member_id = await desk.keeper(admin)
    by_account = {"identifier": None, "org_code": org_code, "account": " ZHAO ", "password": OTHER_PASSWORD}
    result = await desk.sign_in(**by_account)
    assert result.must_change_password
    who = await desk.who(result.token)
    assert who.member_id == member_id
    assert not who.actor.authority.grants
    assert (await desk.identity.me(who)).must_change_password
    for refused in (
        desk.identity.my_tenants(who),
        desk.identity.sessions(who),
        desk.identity.switch_tenant(who, who.tenant_id),
    ):
        with pytest.raises(PasswordChangeRequired):
            await refused
    with pytest.raises(PermissionDenied):
        await desk.identity.security_events(who.actor)
    with pytest.raises(SignInRefused):
        await desk.identity.change_password(who, ChangePassword(new_password=PASSWORD), address=ADDRESS)
    with pytest.raises(PasswordRefused):
        await desk.identity.change_password(
            who, ChangePassword(current_password=OTHER_PASSWORD, new_password=OTHER_PASSWORD), address=ADDRESS
        )
    other = await desk.sign_in(**by_account)
    await desk.identity.change_password(
        who, ChangePassword(current_password=OTHER_PASSWORD, new_password=PASSWORD), address=ADDRESS
    )
    who = await desk.who(result.token)
    assert who.restricted_to is None
    assert who.actor.authority.holds("party.customer.create")
    with pytest.raises(NotSignedIn):
        await desk.who(other.token)
    with pytest.raises(SignInRefused):
        await desk.sign_in(**by_account)
    assert not (await desk.sign_in(**{**by_account, "password": PASSWORD})).must_change_password


async def test_the_same_account_name_in_two_companies_are_two_people(desk: Desk) -> None:
    one, two = await desk.founder(), await desk.founder("sun", company="海鸥商行")
    org_one, member_one = await desk.keeper(one)
    org_two, member_two = await desk.keeper(two)
    assert (org_one, member_one) != (org_two, member_two)
    result = await desk.sign_in(identifier=None, org_code=org_two, account="zhao", password=OTHER_PASSWORD)
    assert (await desk.who(result.token)).tenant_id == two.tenant_id


async def test_an_aged_password_must_be_changed(desk: Desk) -> None:
    admin = await desk.founder()
    await desk.setting(admin.tenant_id, "security.password_policy", {"min_length": 14, "max_age_days": 5})
    assert not (await desk.sign_in()).must_change_password
    desk.clock.move(days=5)
    result = await desk.sign_in()
    assert result.must_change_password
    who = await desk.who(result.token)
    with pytest.raises(PasswordRefused) as refused:
        await desk.identity.change_password(
            who, ChangePassword(current_password=PASSWORD, new_password="Kx7-pq92-ZZ"), address=ADDRESS
        )
    assert "14" in refused.value.sentence()


async def test_each_new_device_is_told_to_a_verified_address_once(desk: Desk) -> None:
    await desk.sign_up()
    await desk.identity.verify_email(VerifyEmail(token=await desk.mailed_token("yf_ver")), address=ADDRESS)
    for name in ("Pixel", "Pixel", "Mozilla/5.0 " * 20, "Mozilla/5.0 " * 20):  # a long name is kept cut
        await desk.sign_in(device_name=name)
    assert sum("新设备" in letter for letter in await desk.letters()) == 2
