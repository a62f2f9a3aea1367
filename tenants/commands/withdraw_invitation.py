"""An invitation is taken back before somebody joins by it: its link lets nobody in any more."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select, update

from kernel.command import Input, Result, command
from kernel.context import Context
from kernel.policy import reaches
from tenants.granting import INVITE
from tenants.identity.parts import masked
from tenants.identity.user_rows import on_platform
from tenants.joining import offered_paths
from tenants.platform_tables import LinkToken
from values.errors import NotFound, Words


class TakeBackInvitation(Input, frozen=True, kw_only=True):
    id: UUID


class InvitationWithdrawn(Result, frozen=True, kw_only=True):
    id: UUID


@command(
    zh="撤回邀请",
    en="Withdraw an invitation",
    permission=INVITE,
    module=None,
    pool="provision",
    on_read_only=True,
    api=False,
)
async def withdraw_invitation(ctx: Context, data: TakeBackInvitation) -> InvitationWithdrawn:
    """Raises NotFound for what is accepted, replaced, another company's, or offers a seat out of the actor's reach."""
    wanted = (
        select(LinkToken.details)
        .where(
            LinkToken.id == data.id,
            LinkToken.purpose == "invitation",
            LinkToken.tenant_id == ctx.tenant_id,
            LinkToken.used_at.is_(None),
        )
        .with_for_update()
    )
    offered = (await on_platform(ctx, wanted)).scalar_one_or_none()
    reach = ctx.actor.authority.require(INVITE)
    if offered is None or not reaches(reach, (await offered_paths(ctx.session, ctx.tenant_id, [offered]))[0]):
        raise NotFound(entity=Words("邀请", "invitation"))
    await on_platform(ctx, update(LinkToken).where(LinkToken.id == data.id).values(used_at=ctx.now))
    ctx.note("tenants.Member", "withdraw_invitation", {"to": masked(offered["value"])})
    return InvitationWithdrawn(id=data.id)
