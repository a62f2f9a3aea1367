"""Somebody joins by an invitation: user, membership, member and roles in one transaction, once per link."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from kernel.command import Input, command
from kernel.context import Context
from kernel.policy import Authority
from tenants.authority import RoleAuthorizer
from tenants.entities import Department, Member, Organisation
from tenants.errors import AlreadyMember, InvitationOutdated, LinkRefused, SignInRefused
from tenants.identity.people import locking_user
from tenants.identity.tokens import link_refusal
from tenants.identity.user_rows import claim_identifier, inserting_user, on_platform
from tenants.joining import Seat, add_member, give_roles, head_office, require_grantable
from tenants.platform_tables import LinkToken, Membership, UserIdentifier
from values.errors import Refusal


class JoinCompany(Input, frozen=True, kw_only=True):
    """`new_user`: `user_id` is to be made with `password_hash`; otherwise `password_hash` is the one that was proved,
    and must still be in force. `member_id`: of the former membership, if there was one."""

    link_hash: bytes
    user_id: UUID
    member_id: UUID
    new_user: bool
    password_hash: str | None
    name: str
    language: str


@command(zh="接受邀请", en="Accept an invitation", permission=None, module=None, pool="provision", api=False)
async def accept_invitation(ctx: Context, data: JoinCompany) -> Member:
    """Raises LinkRefused, InvitationOutdated, AlreadyMember, SignInRefused; IdentifierJustTaken when a rival signed up
    meanwhile."""
    link = await _locked_link(ctx, data.link_hash)
    offered: dict[str, Any] = link.details
    inviter = await _inviters_rights(ctx, offered)
    seat = await _seat(ctx, offered)
    role_ids = [UUID(role_id) for role_id in offered["role_ids"]]
    try:
        await require_grantable(ctx, role_ids, offered["scope"], seat, giver=inviter)
    except Refusal as refusal:  # said of the inviter, whose rights are not the invited one's to know
        raise InvitationOutdated(field="token") from refusal
    await _settle_user(ctx, data, offered)
    await _settle_membership(ctx, data)
    member = await add_member(
        ctx,
        seat,
        member_id=data.member_id,
        user_id=data.user_id,
        name=data.name,
        language=data.language,
        phone=offered["value"] if offered["kind"] == "phone" else None,
        email=offered["value"] if offered["kind"] == "email" else None,
    )
    await give_roles(ctx, member.id, role_ids, offered["scope"])
    return member


async def _locked_link(ctx: Context, link_hash: bytes) -> Any:
    """The link's row, locked and used up: a second click waits here and is refused."""
    wanted = (
        select(LinkToken.id, LinkToken.details, LinkToken.expires_at, LinkToken.used_at)
        .where(
            LinkToken.token_hash == link_hash,
            LinkToken.purpose == "invitation",
            LinkToken.tenant_id == ctx.tenant_id,
        )
        .with_for_update()
    )
    link = (await on_platform(ctx, wanted)).one_or_none()
    if link is None or link_refusal(expires_at=link.expires_at, used_at=link.used_at, now=ctx.now) is not None:
        raise LinkRefused(field="token")
    await on_platform(ctx, update(LinkToken).where(LinkToken.id == link.id).values(used_at=ctx.now))
    return link


async def _inviters_rights(ctx: Context, offered: dict[str, Any]) -> Authority:
    """What the inviter holds today: what somebody who has left once promised does not let anybody in."""
    inviter_id = UUID(offered["inviter_id"]) if offered["inviter_id"] else None
    held = await RoleAuthorizer().authority(ctx.session, inviter_id) if inviter_id is not None else None
    if held is None:
        raise LinkRefused(field="token")
    return held


async def _settle_user(ctx: Context, data: JoinCompany, offered: dict[str, Any]) -> None:
    """Makes the user, or checks that the proof still stands; either way the link has proved the address."""
    kind, value = offered["kind"], offered["value"]
    if data.new_user:
        fresh = inserting_user(data.user_id, data.name, data.language, data.password_hash, ctx.now)
        await on_platform(ctx, fresh)
        await claim_identifier(ctx, data.user_id, kind, value, ctx.now)
        return
    user = (await on_platform(ctx, locking_user(data.user_id))).one_or_none()
    if user is None or user.password_hash != data.password_hash:
        raise SignInRefused
    proved = select(UserIdentifier.id).where(
        UserIdentifier.user_id == data.user_id, UserIdentifier.verified_at.is_not(None)
    )
    if (await on_platform(ctx, proved)).first() is not None:
        # Not for a user with a mere unproved address: its owner, resetting the password, would share it with whoever
        # added a phone before.
        await on_platform(ctx, _holding(data.user_id, kind, value, ctx.now))
    await on_platform(
        ctx,
        update(UserIdentifier)
        .where(
            UserIdentifier.user_id == data.user_id,
            UserIdentifier.kind == kind,
            UserIdentifier.value == value,
            UserIdentifier.verified_at.is_(None),
        )
        .values(verified_at=ctx.now),
    )


def _holding(user_id: UUID, kind: str, value: str, now: datetime) -> Any:
    """The invited address becomes one more way to sign in, unless it is somebody's already."""
    row = upsert(UserIdentifier).values(
        id=Context.new_id(), user_id=user_id, kind=kind, value=value, verified_at=now, created_at=now
    )
    return row.on_conflict_do_nothing()


async def _settle_membership(ctx: Context, data: JoinCompany) -> None:
    wanted = select(Membership.id, Membership.ended_at).where(
        Membership.user_id == data.user_id, Membership.tenant_id == ctx.tenant_id
    )
    former = (await on_platform(ctx, wanted.with_for_update())).one_or_none()
    if former is None:
        made = insert(Membership).values(
            id=data.member_id, user_id=data.user_id, tenant_id=ctx.tenant_id, created_at=ctx.now, ended_at=None
        )
        await on_platform(ctx, made)
        return
    if former.ended_at is None or former.id != data.member_id:
        raise AlreadyMember
    await on_platform(ctx, update(Membership).where(Membership.id == former.id).values(ended_at=None))


async def _seat(ctx: Context, offered: dict[str, Any]) -> Seat:
    """Where the inviter put them. Raises InvitationOutdated if that was dissolved: elsewhere was never offered."""
    if offered["department_id"] is not None:
        department = await ctx.get(Department, UUID(offered["department_id"]))
        if department is None:
            raise InvitationOutdated(field="token")
        return Seat(department.organisation_id, department.id, department.path)
    if offered["organisation_id"] is not None:
        organisation = await ctx.get(Organisation, UUID(offered["organisation_id"]))
        if organisation is None:
            raise InvitationOutdated(field="token")
        return Seat(organisation.id, None, organisation.path)
    return await head_office(ctx)
