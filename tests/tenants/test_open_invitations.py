"""Invitations that nobody has accepted: who sees them, and that what is taken back or sent again lets nobody in by the
former link."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from kernel.command import command_named
from kernel.entity import table
from kernel.tables import AuditEntry
from tenants.commands.create_role import CreateRole
from tenants.errors import LinkRefused
from tenants.identity.inputs import AcceptInvitation, ResendInvitation, WithdrawInvitation
from tenants.identity.results import Authenticated
from tests.tenants.identity_desk import ADDRESS, PASSWORD, Desk
from values.errors import NotFound, PermissionDenied
from values.ids import new_id


async def only_id(desk: Desk, who: Authenticated) -> UUID:
    [invitation] = await desk.identity.open_invitations(who)
    return invitation.id


async def accept(desk: Desk, token: str) -> None:
    await desk.identity.accept_invitation(AcceptInvitation(token=token, password=PASSWORD), address=ADDRESS)


async def department_recruiter(desk: Desk, admin: Authenticated) -> tuple[Authenticated, UUID]:
    """Somebody who invites for their own department, and the department."""
    data = CreateRole(name="人事", permissions=["tenants.member.invite", "tenants.member.view"])
    made = await desk.app.engine.executor.run(admin.actor, command_named("tenants.create_role"), data)
    unit = (await desk.departments(admin, "销售部"))["销售部"]
    hr = await desk.join(admin, "hr", role_ids=[made.row_id], scope="subtree", department_id=unit)
    return hr, unit


async def test_without_the_right_nothing_is_seen_sent_or_taken_back(desk: Desk) -> None:
    admin = await desk.founder()
    li = await desk.join(admin)
    await desk.invite(admin, "wang")
    known = await only_id(desk, admin)
    with pytest.raises(PermissionDenied):
        await desk.identity.open_invitations(li)
    with pytest.raises(PermissionDenied):
        await desk.identity.resend_invitation(li, ResendInvitation(id=known))
    with pytest.raises(PermissionDenied):
        await desk.identity.withdraw_invitation(li, WithdrawInvitation(id=known))


async def test_another_companys_is_not_there(desk: Desk) -> None:
    admin, rival = await desk.founder(), await desk.founder("sun", company="海鸥商行")
    await desk.invite(admin, "wang")
    known = await only_id(desk, admin)
    assert await desk.identity.open_invitations(rival) == []
    for wrong in (known, new_id()):
        with pytest.raises(NotFound):
            await desk.identity.resend_invitation(rival, ResendInvitation(id=wrong))
        with pytest.raises(NotFound):
            await desk.identity.withdraw_invitation(rival, WithdrawInvitation(id=wrong))
    assert await only_id(desk, admin) == known


async def test_a_departments_recruiter_sees_the_departments_alone(desk: Desk) -> None:
    admin = await desk.founder()
    hr, unit = await department_recruiter(desk, admin)
    await desk.invite(admin, "boss")
    head_office = await only_id(desk, admin)
    with pytest.raises(NotFound):
        await desk.identity.withdraw_invitation(hr, WithdrawInvitation(id=head_office))
    with pytest.raises(NotFound):
        await desk.identity.resend_invitation(hr, ResendInvitation(id=head_office))
    await desk.invite(admin, "wang", department_id=unit)
    [seen] = await desk.identity.open_invitations(hr)
    assert seen.department_id == unit
    assert len(await desk.identity.open_invitations(admin)) == 2


async def test_what_was_accepted_is_no_longer_open(desk: Desk) -> None:
    admin = await desk.founder()
    token = await desk.invite(admin, "wang")
    known = await only_id(desk, admin)
    await accept(desk, token)
    assert await desk.identity.open_invitations(admin) == []
    with pytest.raises(NotFound):
        await desk.identity.resend_invitation(admin, ResendInvitation(id=known))
    with pytest.raises(NotFound):
        await desk.identity.withdraw_invitation(admin, WithdrawInvitation(id=known))


async def test_it_says_who_was_invited_to_what_and_until_when(desk: Desk) -> None:
    admin = await desk.founder()
    await desk.invite(admin, "wang", name="王新", scope="subtree")
    [told] = await desk.identity.open_invitations(admin)
    assert (told.name, told.scope, told.inviter_id) == ("王新", "subtree", admin.member_id)
    assert told.role_ids == [await desk.role(admin, "salesperson")]
    assert desk.email("wang") not in told.sent_to
    assert told.expires_at - told.sent_at == timedelta(hours=72)


async def test_withdrawn_it_lets_nobody_in_and_is_audited(desk: Desk) -> None:
    admin = await desk.founder()
    token = await desk.invite(admin, "wang")
    await desk.identity.withdraw_invitation(admin, WithdrawInvitation(id=await only_id(desk, admin)))
    assert await desk.identity.open_invitations(admin) == []
    with pytest.raises(LinkRefused):
        await accept(desk, token)
    audit = table(AuditEntry)
    async with desk.app.engine.reading(admin.actor) as session:
        noted = (await session.core(select(audit).where(audit.c.op == "withdraw_invitation"))).one()
    assert noted.member_id == admin.member_id
    assert desk.email("wang") not in str(noted.after)


async def test_sent_again_the_new_link_lets_in_and_the_former_does_not(desk: Desk) -> None:
    admin = await desk.founder()
    former = await desk.invite(admin, "wang", name="王新")
    first = await only_id(desk, admin)
    desk.clock.move(hours=80)  # it has run out meanwhile
    [expired] = await desk.identity.open_invitations(admin)
    assert expired.expires_at < desk.clock.now()
    again = await desk.identity.resend_invitation(admin, ResendInvitation(id=first))
    [told] = await desk.identity.open_invitations(admin)
    assert (told.id, told.name, told.expires_at) == (again.id, "王新", again.expires_at)
    assert told.id != first
    with pytest.raises(LinkRefused):
        await accept(desk, former)
    await accept(desk, await desk.mailed_token("yf_inv"))
    assert await desk.identity.open_invitations(admin) == []


async def test_what_ran_out_long_ago_is_forgotten(desk: Desk) -> None:
    admin = await desk.founder()
    await desk.invite(admin, "wang")
    desk.clock.move(days=34)
    assert await desk.identity.open_invitations(await desk.who((await desk.sign_in()).token)) == []
