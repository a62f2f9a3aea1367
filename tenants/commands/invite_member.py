"""A member invites somebody. The link itself never comes here: only its hash is stored, the service sends it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, update

from kernel.command import Input, Result, command
from kernel.context import Context
from tenants.entities import Member
from tenants.errors import AlreadyMember
from tenants.granting import INVITE
from tenants.identity.parts import masked
from tenants.identity.user_rows import on_platform
from tenants.joining import chosen_seat, require_grantable
from tenants.platform_tables import LinkToken, Membership, Tenant, UserIdentifier


class WriteInvitation(Input, frozen=True, kw_only=True):
    """`kind`: email or phone, `value` normalised. `link_hash`: SHA-256 of the token in the link."""

    invitation_id: UUID
    kind: str
    value: str
    name: str
    role_ids: list[UUID]
    scope: str
    organisation_id: UUID | None
    department_id: UUID | None
    language: str
    link_hash: bytes
    expires_at: datetime


class InvitationWritten(Result, frozen=True, kw_only=True):
    tenant_name: str
    inviter: str


@command(
    zh="邀请成员",
    en="Invite a member",
    permission=INVITE,
    module=None,
    pool="provision",
    api=False,
)
async def invite_member(ctx: Context, data: WriteInvitation) -> InvitationWritten:
    """Checks what is offered against what the inviter holds; an earlier invitation of the same person ends.

    Raises Required, InvalidInput, PermissionDenied (a seat out of reach), NotFound, GrantExceeded, AlreadyMember.
    """
    seat = await chosen_seat(ctx, data.organisation_id, data.department_id)
    await require_grantable(ctx, data.role_ids, data.scope, seat)
    belongs = (
        select(Membership.id)
        .join(UserIdentifier, UserIdentifier.user_id == Membership.user_id)
        .where(
            Membership.tenant_id == ctx.tenant_id,
            Membership.ended_at.is_(None),
            UserIdentifier.kind == data.kind,
            UserIdentifier.value == data.value,
        )
    )
    member_id = (await on_platform(ctx, belongs)).scalar()
    if member_id is not None and await ctx.get(Member, member_id) is not None:
        raise AlreadyMember(field=data.kind)
    await _replace_earlier(ctx, data)
    ctx.note("tenants.Member", "invite", _offered(data))
    inviter = await ctx.get(Member, ctx.actor.member_id) if ctx.actor.member_id else None
    company = select(Tenant.name).where(Tenant.id == ctx.tenant_id)
    return InvitationWritten(
        tenant_name=(await on_platform(ctx, company)).scalar_one(), inviter=inviter.name if inviter else ""
    )


def _offered(data: WriteInvitation) -> dict[str, Any]:
    """What the audit keeps: the rights offered, and of the address only enough to recognise it."""
    return {
        "to": masked(data.value),
        "role_ids": [str(role_id) for role_id in data.role_ids],
        "scope": data.scope,
        "organisation_id": str(data.organisation_id) if data.organisation_id else None,
        "department_id": str(data.department_id) if data.department_id else None,
    }


async def _replace_earlier(ctx: Context, data: WriteInvitation) -> None:
    subject = f"{data.kind}:{data.value}"
    await on_platform(
        ctx,
        update(LinkToken)
        .where(
            LinkToken.purpose == "invitation",
            LinkToken.subject == subject,
            LinkToken.tenant_id == ctx.tenant_id,
            LinkToken.used_at.is_(None),
        )
        .values(used_at=ctx.now),
    )
    await on_platform(
        ctx,
        insert(LinkToken).values(
            id=data.invitation_id,
            purpose="invitation",
            token_hash=data.link_hash,
            subject=subject,
            tenant_id=ctx.tenant_id,
            details={
                "kind": data.kind,
                "value": data.value,
                "name": data.name,
                "role_ids": [str(role_id) for role_id in data.role_ids],
                "scope": data.scope,
                "organisation_id": str(data.organisation_id) if data.organisation_id else None,
                "department_id": str(data.department_id) if data.department_id else None,
                "inviter_id": str(ctx.actor.member_id) if ctx.actor.member_id else None,
                "language": data.language,
            },
            attempts=0,
            created_at=ctx.now,
            expires_at=data.expires_at,
            used_at=None,
        ),
    )
