"""Invitations that nobody has accepted yet: listed, sent once more, taken back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from kernel.command import command_named
from kernel.policy import reaches
from tenants.commands.withdraw_invitation import TakeBackInvitation
from tenants.granting import INVITE
from tenants.identity.inputs import InviteMember, ResendInvitation, WithdrawInvitation
from tenants.identity.invitations import invite_member
from tenants.identity.parts import IdentityParts, masked
from tenants.identity.results import Authenticated, Done, Invited, OpenInvitation
from tenants.joining import offered_paths
from tenants.platform_tables import LinkToken
from values.errors import NotFound, Words

SHOWN_AFTER_EXPIRY_DAYS = 30
"""An invitation that ran out is worth sending again; after a month nobody waits for it."""
_MOST = 500


async def open_invitations(parts: IdentityParts, who: Authenticated) -> list[OpenInvitation]:
    """Those whose seat lies where the caller may bring people in, the newest first, expired ones of the last month too.

    Raises PermissionDenied.
    """
    who.require("open_invitations")
    return [_told(row) for row in await _within_reach(parts, who)]


async def resend_invitation(parts: IdentityParts, who: Authenticated, data: ResendInvitation) -> Invited:
    """The same offer to the same address under a new link, which is good for as long as a first one; the old one ends.

    The caller becomes the inviter, and must hold what is offered. Raises PermissionDenied, NotFound (accepted,
    replaced, taken back, out of reach; or a role or department that is gone), GrantExceeded, AlreadyMember, Throttled.
    """
    who.require("resend_invitation")
    for row in await _within_reach(parts, who, data.id):
        return await invite_member(parts, who, _again(row.details))
    raise NotFound(entity=Words("邀请", "invitation"))


async def withdraw_invitation(parts: IdentityParts, who: Authenticated, data: WithdrawInvitation) -> Done:
    """Its link lets nobody in any more. Raises PermissionDenied, NotFound."""
    who.require("withdraw_invitation")
    who.actor.authority.require(INVITE)
    taken = TakeBackInvitation(id=data.id)
    await parts.engine.executor.run_internal(who.actor, command_named("tenants.withdraw_invitation"), taken)
    return Done()


async def _within_reach(parts: IdentityParts, who: Authenticated, only: UUID | None = None) -> list[Any]:
    """Rows of unused invitations whose seat the caller's right reaches; `only`: at most this one."""
    reach = who.actor.authority.require(INVITE)
    wanted = (
        select(LinkToken.id, LinkToken.details, LinkToken.created_at, LinkToken.expires_at)
        .where(
            LinkToken.tenant_id == who.tenant_id,
            LinkToken.purpose == "invitation",
            LinkToken.used_at.is_(None),
            LinkToken.expires_at > parts.now() - timedelta(days=SHOWN_AFTER_EXPIRY_DAYS),
        )
        .order_by(LinkToken.expires_at.desc(), LinkToken.id.desc())
        .limit(_MOST)
    )
    if only is not None:
        wanted = wanted.where(LinkToken.id == only)
    async with parts.engine.database.platform_session() as connection:
        rows = (await connection.execute(wanted)).all()
    async with parts.engine.reading(who.actor) as session:
        paths = await offered_paths(session, who.tenant_id, [row.details for row in rows])
    return [row for row, path in zip(rows, paths, strict=True) if reaches(reach, path)]


def _told(row: Any) -> OpenInvitation:
    offered: dict[str, Any] = row.details
    return OpenInvitation(
        id=row.id,
        name=offered["name"],
        sent_to=masked(offered["value"]),
        role_ids=[UUID(role_id) for role_id in offered["role_ids"]],
        scope=offered["scope"],
        organisation_id=_id(offered["organisation_id"]),
        department_id=_id(offered["department_id"]),
        inviter_id=_id(offered["inviter_id"]),
        sent_at=row.created_at,
        expires_at=row.expires_at,
    )


def _again(offered: dict[str, Any]) -> InviteMember:
    return InviteMember(
        name=offered["name"],
        role_ids=[UUID(role_id) for role_id in offered["role_ids"]],
        email=offered["value"] if offered["kind"] == "email" else None,
        phone=offered["value"] if offered["kind"] == "phone" else None,
        scope=offered["scope"],
        organisation_id=_id(offered["organisation_id"]),
        department_id=_id(offered["department_id"]),
        language=offered["language"],
    )


def _id(text: str | None) -> UUID | None:
    return UUID(text) if text else None
