"""Members: change name and language, move, deactivate, reactivate."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select

from kernel.command import Input, command
from kernel.context import Context
from kernel.policy import reaches
from tenants.entities import Member, Role, RoleAssignment
from tenants.errors import LanguageUnknown, MemberActive, MemberInactive, RecordErased
from tenants.granting import (
    MANAGE_MEMBERS,
    lock_admins,
    masks_of,
    refuse_out_of_reach,
    refuse_over_administrator,
    refuse_unmasking,
    refuse_wider_grant,
    refuse_without_admin,
)
from tenants.identity.user_rows import end_membership, resume_membership
from tenants.joining import chosen_seat
from tenants.moves import Move, move_below, refuse_gain, refuse_while_moving
from tenants.naming import clean_name
from values.errors import LANGUAGES, NotFound, PermissionDenied, VersionConflict, Words
from values.ids import path_key
from values.pinyin import sort_key


class EditMember(Input, frozen=True, kw_only=True):
    """Without `id` the caller's own."""

    id: UUID | None = None
    version: int | None = None
    name: str | msgspec.UnsetType = msgspec.UNSET
    language: str | msgspec.UnsetType = msgspec.UNSET


class MoveMember(Input, frozen=True, kw_only=True):
    """Into a department, or with `organisation_id` directly into an organisation."""

    id: UUID
    department_id: UUID | None = None
    organisation_id: UUID | None = None
    version: int | None = None


class MemberById(Input, frozen=True, kw_only=True):
    id: UUID
    version: int | None = None


@command(zh="修改成员", en="Edit a member", permission=None, module=None)
async def edit_member(ctx: Context, data: EditMember) -> Member:
    """Everybody their own name and language; others' with the right over members, an administrator's by such only.

    Raises NotFound, PermissionDenied, NameInvalid, LanguageUnknown, VersionConflict.
    """
    if data.id in (None, ctx.actor.member_id):
        member = await _own(ctx, data)
    else:
        member = await _lock(ctx, data.id, data)
        await refuse_over_administrator(ctx, member)
    if data.name is not msgspec.UNSET:
        member.name = clean_name(data.name)
        member.name_key = sort_key(member.name)
    if data.language is not msgspec.UNSET:
        if data.language not in LANGUAGES:
            raise LanguageUnknown(field="language", value=data.language[:20], choices=Words.listed(LANGUAGES))
        member.language = data.language
    return member


@command(zh="调动成员", en="Move a member", permission=MANAGE_MEMBERS, module=None)
async def move_member(ctx: Context, data: MoveMember) -> Member:
    """Moves a member with all of their rows to another department or organisation.

    Raises MovePending, NotFound, InvalidInput (a department of another organisation), PermissionDenied (either place
    out of reach, or the mover would gain rights), GrantExceeded (the member's roles would reach further there than
    the mover may give).
    """
    await refuse_while_moving(ctx)
    member = await _lock(ctx, data.id, data)
    await refuse_over_administrator(ctx, member)
    if data.department_id is None and data.organisation_id is None:
        raise NotFound(field="departmentId", entity=Words("部门", "department"))
    seat = await chosen_seat(ctx, data.organisation_id, data.department_id)
    new_path = f"{seat.path}~{path_key(member.id)}/"
    if not reaches(ctx.actor.authority.require(MANAGE_MEMBERS), new_path):
        raise PermissionDenied(permission=MANAGE_MEMBERS)
    if new_path == member.path:
        return member
    refuse_gain(ctx, member.path, new_path)
    for role, scope in await _roles_at_home(ctx, member):
        await refuse_wider_grant(ctx, role, new_path, scope, None)
    before = await masks_of(ctx, member.id)
    move = Move(member.path, new_path, seat.organisation_id)
    member.organisation_id, member.department_id = seat.organisation_id, seat.department_id
    await ctx.flush()
    await move_below(ctx, move)
    await refuse_unmasking(ctx, member.id, before, member.name)
    return member


@command(zh="停用成员", en="Deactivate a member", permission=MANAGE_MEMBERS, module=None, pool="provision")
async def deactivate_member(ctx: Context, data: MemberById) -> Member:
    """From the next request on the member holds nothing, here and on the platform: the sessions end for good, open
    sockets at their next check. What they own stays. Raises LastAdmin, MemberInactive."""
    await lock_admins(ctx)
    member = await _lock(ctx, data.id, data)
    await refuse_over_administrator(ctx, member)
    if member.deactivated_at is not None:
        raise MemberInactive
    member.deactivated_at, member.deactivated_by_id = ctx.now, ctx.actor.member_id
    await refuse_without_admin(ctx)
    await end_membership(ctx, member.id, "deactivated")
    return member


@command(zh="恢复成员", en="Reactivate a member", permission=MANAGE_MEMBERS, module=None, pool="provision")
async def reactivate_member(ctx: Context, data: MemberById) -> Member:
    """Gives a member back what they held; they sign in anew. Raises MemberActive, GrantExceeded, RecordErased."""
    member = await _lock(ctx, data.id, data)
    await refuse_over_administrator(ctx, member)
    if member.deactivated_at is None:
        raise MemberActive
    for role, scope, organisation_id in await _roles(ctx, member):
        await refuse_wider_grant(ctx, role, member.path, scope, organisation_id)
    member.deactivated_at = member.deactivated_by_id = None
    await resume_membership(ctx, member.id, "reactivated")
    return member


async def _own(ctx: Context, data: EditMember) -> Member:
    """The caller's own row, which needs no right."""
    member = await ctx.get(Member, ctx.actor.member_id) if ctx.actor.member_id else None
    if member is None:
        raise NotFound(entity=Words("成员", "member"))
    if data.version is not None and data.version != member.version:
        raise VersionConflict(field="version", version=member.version)
    return member


async def _lock(ctx: Context, member_id: UUID | None, data: EditMember | MoveMember | MemberById) -> Member:
    """Another's row, by the right over members, inside its reach."""
    ctx.actor.authority.require(MANAGE_MEMBERS)
    assert member_id is not None
    member = await ctx.lock(Member, member_id, version=data.version)
    refuse_out_of_reach(ctx, member)
    if member.erased_at is not None:
        raise RecordErased(field="id", entity=Words("成员", "member"))
    return member


async def _roles(ctx: Context, member: Member) -> list[tuple[Role, str, UUID | None]]:
    rows = await ctx.session.execute(
        select(Role, RoleAssignment.scope, RoleAssignment.organisation_id)
        .join(RoleAssignment, (RoleAssignment.tenant_id == Role.tenant_id) & (RoleAssignment.role_id == Role.id))
        .where(RoleAssignment.tenant_id == ctx.tenant_id, RoleAssignment.member_id == member.id)
    )
    found: list[Any] = list(rows.all())
    return [(role, scope, organisation_id) for role, scope, organisation_id in found]


async def _roles_at_home(ctx: Context, member: Member) -> list[tuple[Role, str]]:
    """The assignments whose reach follows the member."""
    return [(role, scope) for role, scope, organisation_id in await _roles(ctx, member) if organisation_id is None]
