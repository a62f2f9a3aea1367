"""A company that was founded under an address joins the user whose address it is."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select, update

from kernel.command import Input, command
from kernel.context import Context
from tenants.entities import Member
from tenants.errors import LinkRefused
from tenants.identity.user_rows import on_platform
from tenants.platform_tables import Membership


class AdoptMember(Input, frozen=True, kw_only=True):
    member_id: UUID
    from_user_id: UUID
    to_user_id: UUID


@command(
    zh="认领公司",
    en="Take over a company founded with one's address",
    permission=None,
    module=None,
    on_read_only=True,
    pool="provision",
    api=False,
)
async def adopt_member(ctx: Context, data: AdoptMember) -> Member:
    """Both sides of the membership change hands together. The caller has proved the address. Raises LinkRefused."""
    held = select(Membership.user_id).where(
        Membership.tenant_id == ctx.tenant_id, Membership.user_id.in_([data.from_user_id, data.to_user_id])
    )
    holders = list((await on_platform(ctx, held.with_for_update())).scalars())
    member = await ctx.get(Member, data.member_id)
    if member is None or member.user_id != data.from_user_id or holders != [data.from_user_id]:
        raise LinkRefused(field="token")
    moved = update(Membership).where(Membership.id == data.member_id).values(user_id=data.to_user_id)
    await on_platform(ctx, moved)
    member.user_id = data.to_user_id
    await ctx.flush()
    return member
