"""An admin makes an account of the company's own: for people without a phone number or e-mail address of theirs."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.dialects.postgresql import insert as upsert

from kernel.command import Input, command
from kernel.context import Context
from tenants.entities import Member
from tenants.granting import INVITE
from tenants.identity.user_rows import inserting_user, on_platform
from tenants.joining import add_member, chosen_seat, give_roles, require_grantable
from tenants.platform_tables import Membership, Tenant, User, UserIdentifier
from values.errors import AlreadyTaken


class WriteMember(Input, frozen=True, kw_only=True):
    """`account` normalised; `password_hash` of the initial password."""

    member_id: UUID
    user_id: UUID
    account: str
    name: str
    password_hash: str
    role_ids: list[UUID]
    scope: str
    organisation_id: UUID | None
    department_id: UUID | None
    language: str


@command(
    zh="新建成员账号",
    en="Create a member with an account",
    permission=INVITE,
    module=None,
    pool="provision",
    api=False,
)
async def create_member(ctx: Context, data: WriteMember) -> Member:
    """The initial password must be replaced at the first sign-in.

    Raises Required, InvalidInput, PermissionDenied (a seat out of reach), NotFound, GrantExceeded, AlreadyTaken.
    """
    seat = await chosen_seat(ctx, data.organisation_id, data.department_id)
    await require_grantable(ctx, data.role_ids, data.scope, seat)
    fresh = inserting_user(data.user_id, data.name, data.language, data.password_hash, ctx.now)
    await on_platform(ctx, fresh.values({User.password_must_change: True}))
    await _claim_account(ctx, data)
    made = insert(Membership).values(
        id=data.member_id, user_id=data.user_id, tenant_id=ctx.tenant_id, created_at=ctx.now, ended_at=None
    )
    await on_platform(ctx, made)
    member = await add_member(
        ctx,
        seat,
        member_id=data.member_id,
        user_id=data.user_id,
        name=data.name,
        language=data.language,
        account=data.account,
    )
    await give_roles(ctx, member.id, data.role_ids, data.scope)
    return member


async def _claim_account(ctx: Context, data: WriteMember) -> None:
    org_code = (await on_platform(ctx, select(Tenant.org_code).where(Tenant.id == ctx.tenant_id))).scalar_one()
    claim = upsert(UserIdentifier).values(
        id=ctx.new_id(),
        user_id=data.user_id,
        kind="account",
        value=f"{org_code}/{data.account}",
        verified_at=ctx.now,
        created_at=ctx.now,
    )
    claimed = await on_platform(ctx, claim.on_conflict_do_nothing().returning(UserIdentifier.id))
    taken = claimed.first() is None
    same = select(Member.id).where(Member.tenant_id == ctx.tenant_id, Member.account == data.account)
    if taken or await ctx.session.scalar(same) is not None:
        raise AlreadyTaken(field="account", value=data.account)
