"""Who holds which role, how far it reaches, and in which organisation (交叉权限)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from kernel.command import Input, command
from kernel.context import Context
from tenants.commands.create_role import Deleted
from tenants.entities import Member, Role, RoleAssignment
from tenants.errors import MemberInactive, RoleAlreadyHeld
from tenants.granting import (
    MANAGE_MEMBERS,
    anchor_path,
    lock_admins,
    masks_of,
    refuse_out_of_reach,
    refuse_over_administrator,
    refuse_unknown_scope,
    refuse_unmasking,
    refuse_wider_grant,
    refuse_without_admin,
)


class AssignRole(Input, frozen=True, kw_only=True):
    """`scope`: own, department, subtree or all. With `organisation_id` the role holds there, in that organisation and
    below, instead of where the member sits: `all` then means all of it."""

    member_id: UUID
    role_id: UUID
    scope: str
    organisation_id: UUID | None = None


class SetScope(Input, frozen=True, kw_only=True):
    """`id`: of the assignment."""

    id: UUID
    scope: str
    version: int | None = None


class UnassignRole(Input, frozen=True, kw_only=True):
    """`id`: of the assignment."""

    id: UUID
    version: int | None = None


@command(zh="分配角色", en="Assign a role", permission=MANAGE_MEMBERS, module=None)
async def assign_role(ctx: Context, data: AssignRole) -> RoleAssignment:
    """Gives a role to a member. Raises GrantExceeded, MemberInactive, RoleAlreadyHeld, NotFound."""
    refuse_unknown_scope(data.scope)
    member = await ctx.visible(Member, data.member_id, field="memberId")
    refuse_out_of_reach(ctx, member)
    await refuse_over_administrator(ctx, member)
    if member.deactivated_at is not None:
        raise MemberInactive(field="memberId")
    role = await ctx.visible(Role, data.role_id, field="roleId")
    await anchor_path(ctx, data.organisation_id)
    await refuse_wider_grant(ctx, role, member.path, data.scope, data.organisation_id)
    if await _held(ctx, data):
        raise RoleAlreadyHeld(field="roleId")
    return ctx.add(
        RoleAssignment(
            id=ctx.new_id(),
            member_id=member.id,
            role_id=role.id,
            scope=data.scope,
            organisation_id=data.organisation_id,
        )
    )


@command(zh="调整数据范围", en="Set a scope", permission=MANAGE_MEMBERS, module=None)
async def set_scope(ctx: Context, data: SetScope) -> RoleAssignment:
    """Changes how far an assignment reaches. The actor must hold what it reached and what it will reach."""
    refuse_unknown_scope(data.scope)
    assignment = await _lock_mine(ctx, data.id, data.version)
    role = await _refuse_unless_mine_to_give(ctx, assignment, data.scope)
    if assignment.scope != data.scope:
        before = await masks_of(ctx, assignment.member_id)
        assignment.scope = data.scope
        await refuse_without_admin(ctx)
        await refuse_unmasking(ctx, assignment.member_id, before, role.name)
    return assignment


@command(zh="取消角色", en="Unassign a role", permission=MANAGE_MEMBERS, module=None)
async def unassign_role(ctx: Context, data: UnassignRole) -> Deleted:
    """Takes a role from a member. Nobody takes what they could not have given. Raises GrantExceeded, LastAdmin."""
    assignment = await _lock_mine(ctx, data.id, data.version)
    role = await ctx.visible(Role, assignment.role_id)
    before = await masks_of(ctx, assignment.member_id)
    await ctx.delete(assignment)
    await refuse_without_admin(ctx)
    await refuse_unmasking(ctx, assignment.member_id, before, role.name)
    return Deleted(id=assignment.id)


async def _lock_mine(ctx: Context, assignment_id: UUID, version: int | None) -> RoleAssignment:
    """The assignment, locked, if the actor may change it as it stands."""
    await lock_admins(ctx)
    assignment = await ctx.lock(RoleAssignment, assignment_id, version=version)
    await _refuse_unless_mine_to_give(ctx, assignment, assignment.scope)
    return assignment


async def _refuse_unless_mine_to_give(ctx: Context, assignment: RoleAssignment, scope: str) -> Role:
    """The role. Refuses an assignment that the actor could not give with this scope."""
    member = await ctx.visible(Member, assignment.member_id)
    role = await ctx.visible(Role, assignment.role_id)
    refuse_out_of_reach(ctx, member)
    await refuse_over_administrator(ctx, member)
    await refuse_wider_grant(ctx, role, member.path, scope, assignment.organisation_id)
    return role


async def _held(ctx: Context, data: AssignRole) -> bool:
    statement = select(RoleAssignment.id).where(
        RoleAssignment.tenant_id == ctx.tenant_id,
        RoleAssignment.member_id == data.member_id,
        RoleAssignment.role_id == data.role_id,
        RoleAssignment.organisation_id.is_not_distinct_from(data.organisation_id),
    )
    return await ctx.session.scalar(statement) is not None
