"""A member who left asks to be forgotten (个人信息保护法 §47)."""

from __future__ import annotations

from uuid import UUID

from kernel.command import Input, command
from kernel.context import Context
from tenants import erasure
from tenants.entities import Member
from tenants.granting import MANAGE_MEMBERS, refuse_out_of_reach, refuse_over_administrator


class EraseMember(Input, frozen=True, kw_only=True):
    id: UUID
    version: int | None = None


@command(zh="擦除成员资料", en="Erase a member", permission=MANAGE_MEMBERS, module=None, pool="provision")
async def erase_member(ctx: Context, data: EraseMember) -> Member:
    """Blanks who a deactivated member was, here, in the audit and, for who is in no other company, on the platform.
    It cannot be undone.

    Raises NotFound, PermissionDenied (out of reach; an administrator's data by somebody who is none), MemberActive.
    """
    member = await ctx.lock(Member, data.id, version=data.version)
    refuse_out_of_reach(ctx, member)
    await refuse_over_administrator(ctx, member)
    await erasure.erase_member(ctx, member)
    return member
