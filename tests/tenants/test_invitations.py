"""Bringing people in: nobody gives more than they hold, a link works once, and the two sides agree."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pyotp
import pytest
from sqlalchemy import select

from kernel.command import command_named
from kernel.db import TenantContext
from kernel.entity import table
from kernel.tables import AuditEntry, Outbox
from tenants.commands.create_role import CreateRole
from tenants.entities import Member, Role, RoleAssignment
from tenants.errors import (
    AlreadyMember,
    GrantExceeded,
    IdentifierUnusable,
    LinkRefused,
    NotACompanyAccount,
    PasswordRefused,
    SecondFactorRequired,
    SignInRefused,
)
from tenants.identity.inputs import (
    AcceptInvitation,
    ConfirmTotp,
    CreateMember,
    EnrollTotp,
    InviteMember,
    RequestPasswordReset,
    ResetMemberPassword,
)
from tenants.identity.results import Authenticated
from tenants.identity.tokens import new_token
from tenants.moves import TOPIC
from tests.tenants.identity_desk import ADDRESS, OTHER_PASSWORD, PASSWORD, Desk
from values.errors import (
    AlreadyTaken,
    InvalidInput,
    NotFound,
    NotSignedIn,
    PermissionDenied,
    Required,
    SubscriptionLapsed,
    Throttled,
)
from values.ids import new_id


def accepting(token: str, **more: object) -> AcceptInvitation:
    return AcceptInvitation(token=token, **{"password": PASSWORD, **more})


async def test_only_who_may_invite_invites(desk: Desk) -> None:
    admin = await desk.founder()
    li = await desk.join(admin)
    with pytest.raises(PermissionDenied):
        await desk.invite(li, "wang", role_ids=[new_id()])
    with pytest.raises(PermissionDenied):
        await desk.identity.create_member(
            li, CreateMember(account="x", name="x", initial_password=OTHER_PASSWORD, role_ids=[new_id()])
        )


@pytest.mark.parametrize(
    ("more", "refusal"),
    [
        ({"email": None}, Required),
        ({"phone": "13800138000"}, Required),
        ({"email": "nobody"}, IdentifierUnusable),
        ({"email": None, "phone": "010-12345678"}, IdentifierUnusable),
        ({"name": " "}, Required),
        ({"role_ids": []}, Required),
        ({"role_ids": [new_id()]}, NotFound),
        ({"scope": "galaxy"}, InvalidInput),
        ({"department_id": new_id()}, NotFound),
        ({"organisation_id": new_id()}, NotFound),
        ({"language": "fr"}, InvalidInput),
    ],
)
async def test_what_cannot_be_invited_is_refused(desk: Desk, more, refusal) -> None:
    admin = await desk.founder()
    with pytest.raises(refusal):
        await desk.invite(admin, **more)
    assert len(await desk.letters()) == 1  # the verification of the sign-up


async def test_another_companys_role_is_not_found(desk: Desk) -> None:
    admin, rival = await desk.founder(), await desk.founder("sun", company="海鸥商行")
    with pytest.raises(NotFound):
        await desk.invite(admin, role_ids=[await desk.role(rival, "salesperson")])


async def test_an_invitation_is_audited_with_the_rights_it_offers_and_without_the_address(desk: Desk) -> None:
    admin = await desk.founder()
    role_id = await desk.role(admin, "salesperson")
    await desk.invite(admin, "wang", role_ids=[role_id], scope="own")
    async with desk.app.engine.reading(admin.actor) as session:
        entry = (await session.core(select(table(AuditEntry)).where(table(AuditEntry).c.op == "invite"))).one()
    assert entry.command == "tenants.invite_member"
    assert entry.member_id == admin.actor.member_id
    assert entry.after["role_ids"] == [str(role_id)]
    assert entry.after["scope"] == "own"
    assert desk.email("wang") not in str(entry.after)


async def _recruiter(desk: Desk, admin: Authenticated) -> UUID:
    """A department manager's role that may also invite."""
    async with desk.app.engine.reading(admin.actor) as session:
        held = await session.scalar(select(Role.permissions).where(Role.key == "department_manager"))
    data = CreateRole(name="招人主管", permissions=[*held, "tenants.member.invite", "tenants.role.view"], masks=[])
    made = await desk.app.engine.executor.run(admin.actor, command_named("tenants.create_role"), data)
    assert made.row_id is not None
    return made.row_id


async def test_nobody_gives_more_than_they_hold(desk: Desk) -> None:
    admin = await desk.founder()
    narrow = await desk.join(admin, role_ids=[await _recruiter(desk, admin)], scope="subtree")
    for role, scope in (("admin", "own"), ("general_manager", "own"), ("salesperson", "all")):
        with pytest.raises(GrantExceeded):
            await desk.invite(narrow, "wang", role_ids=[await desk.role(admin, role)], scope=scope)
    assert await desk.invite(narrow, "wang", role_ids=[await desk.role(admin, "salesperson")])


async def test_nobody_brings_people_in_beyond_their_reach(desk: Desk) -> None:
    admin = await desk.founder()
    units = await desk.departments(admin, "销售部", "采购部")
    salesperson = [await desk.role(admin, "salesperson")]
    narrow = await desk.join(
        admin, role_ids=[await _recruiter(desk, admin)], scope="subtree", department_id=units["销售部"]
    )
    seats = [({}, "organisationId"), ({"department_id": units["采购部"]}, "departmentId")]
    for seat, field in seats:
        with pytest.raises(PermissionDenied) as refused:
            await desk.invite(narrow, "wang", **seat)
        assert refused.value.field == field
        with pytest.raises(PermissionDenied):
            await desk.identity.create_member(
                narrow,
                CreateMember(
                    account="wang", name="小王", initial_password=OTHER_PASSWORD, role_ids=salesperson, **seat
                ),
            )
    assert await desk.invite(narrow, "wang", department_id=units["销售部"])


async def test_links_that_lead_nowhere_are_refused_alike(desk: Desk) -> None:
    admin = await desk.founder()
    verification = await desk.mailed_token("yf_ver")
    for token in ("", "yf_inv_x", new_token("yf_inv")[0], verification):
        with pytest.raises(LinkRefused):
            await desk.identity.accept_invitation(accepting(token), address=ADDRESS)
    token = await desk.invite(admin)
    again = await desk.invite(admin)
    with pytest.raises(LinkRefused):  # the newer one replaced it
        await desk.identity.accept_invitation(accepting(token), address=ADDRESS)
    desk.clock.move(hours=72)
    with pytest.raises(LinkRefused):
        await desk.identity.accept_invitation(accepting(again), address=ADDRESS)


async def test_an_invitation_dies_with_the_inviters_membership_and_with_the_companys_suspension(desk: Desk) -> None:
    admin = await desk.founder()
    second = await desk.join(admin, "lin", role_ids=[await desk.role(admin, "admin")], scope="all")
    token = await desk.invite(second, "wang")
    await desk.deactivate(admin.tenant_id, second.member_id)
    with pytest.raises(LinkRefused):
        await desk.identity.accept_invitation(accepting(token), address=ADDRESS)
    token = await desk.invite(admin, "wang")
    await desk.suspend(admin.tenant_id)
    with pytest.raises(LinkRefused):
        await desk.identity.accept_invitation(accepting(token), address=ADDRESS)


async def test_nobody_joins_a_company_that_may_only_read(desk: Desk) -> None:
    admin = await desk.founder()
    desk.clock.move(days=15)
    token = await desk.invite(admin)
    desk.clock.move(hours=24)
    with pytest.raises(SubscriptionLapsed):
        await desk.identity.accept_invitation(accepting(token), address=ADDRESS)
    with pytest.raises(SubscriptionLapsed):
        await desk.invite(await desk.who((await desk.sign_in()).token), "wang")


async def test_a_weak_first_password_is_refused_by_the_companys_own_policy(desk: Desk) -> None:
    admin = await desk.founder()
    await desk.setting(admin.tenant_id, "security.password_policy", {"min_length": 40})
    token = await desk.invite(admin)
    with pytest.raises(PasswordRefused):
        await desk.identity.accept_invitation(accepting(token), address=ADDRESS)
    with pytest.raises(Required):
        await desk.identity.accept_invitation(accepting(token, password=None), address=ADDRESS)


async def test_a_new_person_joins_with_the_role_given(desk: Desk) -> None:
    admin = await desk.founder()
    token = await desk.invite(admin)
    preview = await desk.identity.preview_invitation(token)
    assert (preview.tenant_name, preview.inviter, preview.name, preview.has_user) == (
        "云帆贸易",
        "管理员",
        "小李",
        False,
    )
    result = await desk.identity.accept_invitation(accepting(token, name="李雷"), address=ADDRESS)
    who = await desk.who(result.token)
    assert (who.tenant_id, who.member_name) == (admin.tenant_id, "李雷")
    assert who.actor.authority.holds("party.customer.create")
    assert not who.actor.authority.holds("tenants.member.invite")
    assert (await desk.identity.me(who)).email_verified
    assert (await desk.sign_in("li")).tenant.id == admin.tenant_id
    with pytest.raises(LinkRefused):
        await desk.identity.accept_invitation(accepting(token), address=ADDRESS)
    with pytest.raises(AlreadyMember):
        await desk.invite(admin)


async def test_the_same_invitation_accepted_at_once_makes_one_member(desk: Desk) -> None:
    admin = await desk.founder()
    token = await desk.invite(admin)
    outcomes = await asyncio.gather(
        *(desk.identity.accept_invitation(accepting(token), address=ADDRESS) for _ in range(4)),
        return_exceptions=True,
    )
    joined = [outcome for outcome in outcomes if not isinstance(outcome, BaseException)]
    refused = [type(outcome) for outcome in outcomes if isinstance(outcome, BaseException)]
    assert len(joined) == 1
    assert set(refused) <= {LinkRefused, AlreadyMember}
    assert len(await desk.users_of(desk.email("li"))) == 1
    async with desk.app.engine.database.tenant(TenantContext(admin.tenant_id)) as session:
        assert len(await session.scalars(select(Member).where(Member.email == desk.email("li")))) == 1
        assert len(await session.scalars(select(RoleAssignment))) == 2
    members = await desk.platform("SELECT id FROM platform.membership WHERE tenant_id = :id", id=admin.tenant_id)
    assert len(members) == 2


async def test_an_existing_person_must_prove_themselves_to_join(desk: Desk) -> None:
    admin = await desk.founder()
    li = await desk.founder("li", company="小李的店")
    token = await desk.invite(admin)
    assert (await desk.identity.preview_invitation(token)).has_user
    with pytest.raises(SignInRefused):
        await desk.identity.accept_invitation(accepting(token, password=OTHER_PASSWORD), address=ADDRESS)
    with pytest.raises(Required):
        await desk.identity.accept_invitation(accepting(token, password=None), address=ADDRESS)
    joined = await desk.who((await desk.identity.accept_invitation(accepting(token), address=ADDRESS)).token)
    assert joined.user_id == li.user_id
    assert {t.id for t in await desk.identity.my_tenants(joined)} == {li.tenant_id, admin.tenant_id}


async def test_a_link_is_no_second_door_to_guess_a_password_at(desk: Desk) -> None:
    admin = await desk.founder()
    await desk.founder("li", company="小李的店")
    token = await desk.invite(admin)
    for _ in range(10):
        with pytest.raises(SignInRefused):
            await desk.identity.accept_invitation(accepting(token, password=OTHER_PASSWORD), address=ADDRESS)
    with pytest.raises(Throttled):
        await desk.identity.accept_invitation(accepting(token), address=ADDRESS)


async def test_joining_needs_the_second_factor_too(desk: Desk) -> None:
    admin = await desk.founder()
    li = await desk.join(admin)
    secret = (await desk.identity.enroll_totp(li, EnrollTotp(password=PASSWORD))).secret
    await desk.identity.confirm_totp(li, ConfirmTotp(code=pyotp.TOTP(secret).at(desk.clock.now())))
    rival = await desk.founder("sun", company="海鸥商行")
    token = await desk.invite(rival)
    with pytest.raises(SecondFactorRequired):
        await desk.identity.accept_invitation(accepting(token), address=ADDRESS)


async def test_whoever_is_signed_in_joins_with_that_user(desk: Desk) -> None:
    admin = await desk.founder()
    sun = await desk.founder("sun", company="海鸥商行")
    token = await desk.invite(admin, "sun.at.work")
    result = await desk.identity.accept_invitation(accepting(token, password=None), address=ADDRESS, who=sun)
    assert (await desk.who(result.token)).user_id == sun.user_id
    # Their own address is unproved, so the invited one is not tied to the same user.
    assert await desk.users_of(desk.email("sun.at.work")) == []


async def test_a_phone_is_invited_by_text_and_signs_in_by_code(desk: Desk) -> None:
    admin = await desk.founder()
    phone = desk.phone()
    invited = await desk.identity.invite_member(
        admin, InviteMember(phone=phone, name="小李", role_ids=[await desk.role(admin, "salesperson")])
    )
    assert phone not in invited.sent_to
    token = (await desk.texts())[-1].split("#token=")[1].split()[0]
    result = await desk.identity.accept_invitation(AcceptInvitation(token=token), address=ADDRESS)
    assert (await desk.who(result.token)).tenant_id == admin.tenant_id
    code = await desk.code(phone, "sign_in")
    assert (await desk.sign_in(identifier=phone, password=None, code=code)).token


async def test_who_comes_back_to_another_seat_is_followed_by_what_they_owned(desk: Desk) -> None:
    admin = await desk.founder()
    li = await desk.join(admin)
    sales = (await desk.departments(admin, "销售部"))["销售部"]
    await desk.deactivate(admin.tenant_id, li.member_id)
    await desk.platform("UPDATE platform.membership SET ended_at = now() WHERE id = :id", id=li.member_id)
    await desk.join(admin, department_id=sales)
    async with desk.app.engine.database.tenant(TenantContext(admin.tenant_id)) as session:
        topics = list((await session.core(select(table(Outbox).c.topic, table(Outbox).c.due_at))).all())
    assert [topic for topic, due_at in topics if topic == TOPIC and due_at > desk.clock.now()] == [TOPIC]


async def test_somebody_who_left_comes_back_with_the_new_roles_only(desk: Desk) -> None:
    admin = await desk.founder()
    li = await desk.join(admin, role_ids=[await desk.role(admin, "admin")], scope="all")
    await desk.deactivate(admin.tenant_id, li.member_id)
    await desk.platform("UPDATE platform.membership SET ended_at = now() WHERE id = :id", id=li.member_id)
    back = await desk.join(admin)
    assert back.member_id == li.member_id
    assert not back.actor.authority.holds("tenants.member.invite")


@pytest.mark.parametrize(
    ("more", "refusal"),
    [
        ({"account": "bad account!"}, IdentifierUnusable),
        ({"initial_password": "12345678"}, PasswordRefused),
        ({"initial_password": "库管员-rainy-harbour-17"}, PasswordRefused),
        ({"role_ids": []}, Required),
        ({"name": ""}, Required),
    ],
)
async def test_an_account_that_cannot_be_made_is_refused(desk: Desk, more, refusal) -> None:
    admin = await desk.founder()
    asked = {
        "account": "zhao",
        "name": "库管员",
        "initial_password": OTHER_PASSWORD,
        "role_ids": [await desk.role(admin, "salesperson")],
        **more,
    }
    with pytest.raises(refusal):
        await desk.identity.create_member(admin, CreateMember(**asked))


async def test_an_account_name_is_taken_once_per_company(desk: Desk) -> None:
    admin = await desk.founder()
    await desk.keeper(admin)
    with pytest.raises(AlreadyTaken):
        await desk.keeper(admin, "ZHAO")


async def test_an_admin_resets_only_accounts_that_are_the_companys_alone(desk: Desk) -> None:
    admin = await desk.founder()
    rival = await desk.founder("sun", company="海鸥商行")
    li = await desk.join(admin)
    org_code, keeper_id = await desk.keeper(admin)

    def reset(member_id: object) -> ResetMemberPassword:
        return ResetMemberPassword(member_id=member_id, initial_password=PASSWORD)

    with pytest.raises(PermissionDenied):
        await desk.identity.reset_member_password(li, reset(keeper_id))
    with pytest.raises(NotFound):
        await desk.identity.reset_member_password(rival, reset(keeper_id))
    with pytest.raises(NotACompanyAccount):
        await desk.identity.reset_member_password(admin, reset(li.member_id))
    by_account = {"identifier": None, "org_code": org_code, "account": "zhao"}
    before = await desk.sign_in(**by_account, password=OTHER_PASSWORD)
    await desk.identity.reset_member_password(admin, reset(keeper_id), address=ADDRESS)
    with pytest.raises(NotSignedIn):
        await desk.who(before.token)
    assert (await desk.sign_in(**by_account)).must_change_password


async def test_a_reset_link_is_no_invitation(desk: Desk) -> None:
    await desk.founder()
    await desk.identity.request_password_reset(RequestPasswordReset(identifier=desk.email("chen")), address=ADDRESS)
    with pytest.raises(LinkRefused):
        await desk.identity.accept_invitation(accepting(await desk.mailed_token("yf_rst")), address=ADDRESS)
