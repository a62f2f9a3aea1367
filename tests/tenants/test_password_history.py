"""Earlier passwords: how many may not come back is the company's to say, and no more than those are kept."""

from __future__ import annotations

import asyncio
import itertools

import pytest
from sqlalchemy import select
from sqlalchemy.exc import ProgrammingError

from tenants.errors import LinkRefused, PasswordRefused, PasswordReused
from tenants.identity.inputs import ChangePassword, RequestPasswordReset, ResetMemberPassword, ResetPassword
from tenants.identity.password_history import forgetting_earlier
from tenants.identity.passwords import verify_password
from tenants.identity.results import Authenticated
from tenants.platform_tables import EarlierPassword
from tests.tenants.identity_desk import ADDRESS, OTHER_PASSWORD, PASSWORD, Desk
from values.errors import Throttled

POLICY = "security.password_policy"
NEXT = [f"海风-{number}-Quartz-violet-{number * 7919}" for number in range(1, 6)]


async def change(desk: Desk, who: Authenticated, old: str, new: str) -> None:
    data = ChangePassword(current_password=old, new_password=new)
    await desk.identity.change_password(who, data, address=ADDRESS)


async def reset(desk: Desk, new: str) -> None:
    await desk.identity.request_password_reset(RequestPasswordReset(identifier=desk.email("chen")), address=ADDRESS)
    token = await desk.mailed_token("yf_rst")
    await desk.identity.reset_password(ResetPassword(token=token, new_password=new), address=ADDRESS)


async def kept(desk: Desk, who: Authenticated) -> list[str]:
    """The earlier hashes of a person, newest first."""
    rows = await desk.platform(
        "SELECT password_hash FROM platform.earlier_password WHERE user_id = :id ORDER BY replaced_at DESC, id DESC",
        id=who.user_id,
    )
    return [str(row[0]) for row in rows]


async def test_an_earlier_password_is_refused_at_change_and_at_reset(desk: Desk) -> None:
    who = await desk.founder()
    await desk.setting(who.tenant_id, POLICY, {"history": 2})
    await change(desk, who, PASSWORD, NEXT[0])
    await change(desk, who, NEXT[0], NEXT[1])
    for old in (PASSWORD, NEXT[0]):
        with pytest.raises(PasswordReused) as refused:
            await change(desk, who, NEXT[1], old)
        assert (refused.value.field, refused.value.details) == ("newPassword", {"count": "2"})
        for language in ("zh-CN", "en"):
            told = refused.value.sentence(language) + refused.value.remedy(language)
            assert "2" in told
            assert old not in told
        with pytest.raises(PasswordReused):
            await reset(desk, old)
    with pytest.raises(PasswordRefused):  # the present one, as ever
        await reset(desk, NEXT[1])
    assert (await desk.sign_in(password=NEXT[1])).token


async def test_full_width_letters_make_no_other_password(desk: Desk) -> None:
    who = await desk.founder()
    await desk.setting(who.tenant_id, POLICY, {"history": 1})
    await change(desk, who, PASSWORD, NEXT[0])
    with pytest.raises(PasswordReused):
        await change(desk, who, NEXT[0], PASSWORD.replace("rainy", "ｒａｉｎｙ"))


async def test_the_one_that_fell_out_of_the_history_may_come_back_and_is_not_kept(desk: Desk) -> None:
    who = await desk.founder()
    await desk.setting(who.tenant_id, POLICY, {"history": 2})
    used = [PASSWORD, *NEXT[:3]]
    for old, new in itertools.pairwise(used):
        desk.clock.move(minutes=1)
        await change(desk, who, old, new)
    hashes = await kept(desk, who)
    assert [verify_password(found, password).ok for found, password in zip(hashes, used[2:0:-1], strict=True)] == [
        True,
        True,
    ]
    await change(desk, who, used[-1], PASSWORD)
    assert (await desk.sign_in()).token


async def test_a_company_that_asks_for_none_keeps_none(desk: Desk) -> None:
    who = await desk.founder()
    await desk.setting(who.tenant_id, POLICY, {"history": 3})
    await change(desk, who, PASSWORD, NEXT[0])
    assert len(await kept(desk, who)) == 1
    await desk.change_setting(who.tenant_id, POLICY, {"history": 0})
    await change(desk, who, NEXT[0], NEXT[1])
    assert await kept(desk, who) == []
    await change(desk, who, NEXT[1], PASSWORD)


async def test_the_strictest_of_a_persons_companies_decides(desk: Desk) -> None:
    who = await desk.founder()
    other = await desk.sign_up(company="海鸥商行")
    await desk.setting(other.tenant.id, POLICY, {"history": 1})
    await change(desk, who, PASSWORD, NEXT[0])
    with pytest.raises(PasswordReused):
        await change(desk, who, NEXT[0], PASSWORD)


async def test_what_an_admin_set_and_what_it_replaced_are_remembered_but_told_to_nobody_else(desk: Desk) -> None:
    admin = await desk.founder()
    await desk.setting(admin.tenant_id, POLICY, {"history": 4})
    org_code, keeper_id = await desk.keeper(admin)
    account = {"identifier": None, "org_code": org_code, "account": "zhao"}
    keeper = await desk.who((await desk.sign_in(**account, password=OTHER_PASSWORD)).token)
    with pytest.raises(PasswordRefused):
        await change(desk, keeper, OTHER_PASSWORD, OTHER_PASSWORD)
    await change(desk, keeper, OTHER_PASSWORD, NEXT[0])
    # An admin may hit on an old one: a refusal would tell them what it was.
    again = ResetMemberPassword(member_id=keeper_id, initial_password=OTHER_PASSWORD)
    await desk.identity.reset_member_password(admin, again, address=ADDRESS)
    keeper = await desk.who((await desk.sign_in(**account, password=OTHER_PASSWORD)).token)
    assert keeper.restricted_to is not None
    with pytest.raises(PasswordReused):
        await change(desk, keeper, OTHER_PASSWORD, NEXT[0])
    await change(desk, keeper, OTHER_PASSWORD, NEXT[1])
    with pytest.raises(PasswordReused):
        await change(desk, keeper, NEXT[1], OTHER_PASSWORD)


async def test_trying_passwords_against_the_history_is_throttled(desk: Desk) -> None:
    who = await desk.founder()
    await desk.setting(who.tenant_id, POLICY, {"history": 1})
    await change(desk, who, PASSWORD, NEXT[0])
    for _ in range(19):
        with pytest.raises(PasswordReused):
            await change(desk, who, NEXT[0], PASSWORD)
    with pytest.raises(Throttled):
        await change(desk, who, NEXT[0], NEXT[1])
    desk.clock.move(hours=1, seconds=1)
    await change(desk, who, NEXT[0], NEXT[1])


async def test_changes_at_once_let_one_through_and_lose_no_earlier_password(desk: Desk) -> None:
    who = await desk.founder()
    await desk.setting(who.tenant_id, POLICY, {"history": 5})
    outcomes = await asyncio.gather(*(change(desk, who, PASSWORD, wish) for wish in NEXT[:4]), return_exceptions=True)
    assert sum(outcome is None for outcome in outcomes) == 1, outcomes
    hashes = await kept(desk, who)
    assert len(hashes) == 1
    assert verify_password(hashes[0], PASSWORD).ok


async def test_a_change_makes_waiting_reset_links_worthless(desk: Desk) -> None:
    who = await desk.founder()
    await desk.identity.request_password_reset(RequestPasswordReset(identifier=desk.email("chen")), address=ADDRESS)
    token = await desk.mailed_token("yf_rst")
    await change(desk, who, PASSWORD, NEXT[0])
    with pytest.raises(LinkRefused):
        await desk.identity.reset_password(ResetPassword(token=token, new_password=NEXT[1]), address=ADDRESS)
    assert (await desk.sign_in(password=NEXT[0])).token


async def test_whoever_erases_a_person_may_forget_the_hashes_but_not_read_them(desk: Desk) -> None:
    who, other = await desk.founder(), await desk.founder("lin", company="第二家")
    for person in (who, other):
        await desk.setting(person.tenant_id, POLICY, {"history": 3})
        await change(desk, person, PASSWORD, NEXT[0])
    provision = desk.app.engine.database.provision
    async with provision.connect() as connection:
        with pytest.raises(ProgrammingError, match="permission denied"):
            await connection.execute(select(EarlierPassword.password_hash))
    async with provision.begin() as connection:
        await connection.execute(forgetting_earlier(who.user_id))
    assert await kept(desk, who) == []
    assert len(await kept(desk, other)) == 1
