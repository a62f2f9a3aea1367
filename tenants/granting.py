"""Who may give which rights. The one place that keeps people from raising themselves or each other.

Whoever holds `tenants.role.manage` over the whole company administers rights and may give anything. Everybody else
who may assign roles gives only what they hold: every permission of the role, over the whole reach that is given, and
no field that is hidden from themselves. A company never loses its last admin.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select

from kernel.context import Context
from kernel.db import TenantSession
from kernel.policy import EVERYTHING, Actor, Authority, reaches
from tenants.authority import RoleAuthorizer, assignment_prefix, view_permission_of
from tenants.entities import SCOPES, Member, Organisation, Role, RoleAssignment
from tenants.errors import GrantExceeded, LastAdmin
from tenants.offering import only
from values.errors import InvalidInput, PermissionDenied, Words

ADMINISTER = "tenants.role.manage"
MANAGE_MEMBERS = "tenants.member.manage"
INVITE = "tenants.member.invite"


def administers_rights(authority: Authority) -> bool:
    """Holds `tenants.role.manage` over the whole company, not merely in a branch."""
    return authority.prefixes(ADMINISTER) == EVERYTHING


def require_administrator(ctx: Context) -> None:
    """Roles are the company's: a branch's administrator may not redefine them. Raises PermissionDenied."""
    if not administers_rights(ctx.actor.authority):
        raise PermissionDenied(permission=ADMINISTER)


def require_companywide(ctx: Context, permission: str) -> None:
    """What holds for everybody (settings, own fields, books) is changed by a right over the whole company.

    Raises PermissionDenied when the permission ends at a branch or a department.
    """
    if ctx.actor.authority.prefixes(permission) != EVERYTHING:
        raise PermissionDenied(permission=permission)


def refuse_out_of_reach(ctx: Context, member: Member) -> None:
    """The actor's right over members must reach where this one sits. Raises PermissionDenied."""
    if not reaches(ctx.actor.authority.require(MANAGE_MEMBERS), member.path):
        raise PermissionDenied(permission=MANAGE_MEMBERS)


async def refuse_beyond(session: TenantSession, actor: Actor, member_id: UUID, path: str, permission: str) -> None:
    """What one member does to another's sign-in or devices: `permission` must reach `path`, where the other sits.

    An administrator is out of everybody's hands but an administrator's. Raises PermissionDenied.
    """
    if not reaches(actor.authority.require(permission), path):
        raise PermissionDenied(permission=permission)
    if not administers_rights(actor.authority) and await _administers(session, actor.tenant_id, member_id):
        raise PermissionDenied(permission=ADMINISTER)


async def refuse_over_administrator(ctx: Context, member: Member) -> None:
    """Only who administers rights may switch an administrator off or on, or erase them. Raises PermissionDenied."""
    if not administers_rights(ctx.actor.authority) and await is_administrator(ctx, member.id):
        raise PermissionDenied(permission=ADMINISTER)


def refuse_unknown_scope(scope: str) -> None:
    """Raises InvalidInput for what is no scope."""
    if scope not in {choice.value for choice in SCOPES}:
        raise InvalidInput(field="scope", problem=only(Words("数据范围", "the scope"), SCOPES))


async def refuse_wider_grant(
    ctx: Context,
    role: Role,
    member_path: str,
    scope: str,
    organisation_id: UUID | None,
    *,
    field: str = "roleId",
    giver: Authority | None = None,
) -> None:
    """Raises GrantExceeded unless the actor may give `role` with this reach to a member who sits at `member_path`.

    The one rule for assigning, inviting, joining, making accounts, moving and reactivating; `field` names the input,
    `giver` holds what is given where that is not the actor.
    """
    authority = giver if giver is not None else ctx.actor.authority
    if administers_rights(authority):
        return
    anchor = await anchor_path(ctx, organisation_id)
    prefix = assignment_prefix(scope, member_path, member_path.rsplit("~", 1)[0], anchor)
    holds_all = all(reaches(authority.prefixes(permission), prefix) for permission in role.permissions)
    unmasks = {field for field in authority.masks if view_permission_of(field) in role.permissions} - set(role.masks)
    if not holds_all or unmasks:
        raise GrantExceeded(field=field, role=role.name)


async def masks_of(ctx: Context, member_id: UUID) -> frozenset[str]:
    """The fields that are hidden from a member as they stand now, in this transaction."""
    await ctx.flush()
    held = await RoleAuthorizer().authority(ctx.session, member_id)
    return held.masks if held is not None else frozenset()


async def refuse_unmasking(ctx: Context, member_id: UUID, before: frozenset[str], role: str) -> None:
    """After a change of roles or place: raises GrantExceeded if it shows a field that is hidden from the actor too.

    Taking away the role that hides a field gives as much as giving one that shows it.
    """
    authority = ctx.actor.authority
    shown = before - await masks_of(ctx, member_id)
    if shown & authority.masks and not administers_rights(authority):
        raise GrantExceeded(field="id", role=role)


async def anchor_path(ctx: Context, organisation_id: UUID | None) -> str | None:
    """The path at which a cross-organisation grant is anchored."""
    if organisation_id is None:
        return None
    return (await ctx.visible(Organisation, organisation_id, field="organisationId")).path


async def lock_admins(ctx: Context) -> None:
    """Before anything that may take an admin away: two admins who remove each other queue here."""
    statement = select(RoleAssignment.id).join(Role, _role_of_assignment()).where(*_administering(ctx.tenant_id))
    await ctx.session.execute(statement.order_by(RoleAssignment.id).with_for_update(of=RoleAssignment))


async def refuse_without_admin(ctx: Context) -> None:
    """After it: raises LastAdmin if no active member administers rights any more."""
    await ctx.flush()
    if not await active_administrators(ctx.session, ctx.tenant_id):
        raise LastAdmin


async def active_administrators(session: TenantSession, tenant_id: UUID) -> list[UUID]:
    """The members who administer rights, whatever their role is called, without those who have not joined or left."""
    statement = (
        select(RoleAssignment.member_id)
        .join(Role, _role_of_assignment())
        .join(Member, and_(Member.tenant_id == RoleAssignment.tenant_id, Member.id == RoleAssignment.member_id))
        .where(*_administering(tenant_id), Member.deactivated_at.is_(None), Member.joined_at.is_not(None))
    )
    return sorted(set(await session.scalars(statement)))


async def is_administrator(ctx: Context, member_id: UUID) -> bool:
    """Whether a member administers rights, active or not."""
    return await _administers(ctx.session, ctx.tenant_id, member_id)


async def _administers(session: TenantSession, tenant_id: UUID, member_id: UUID) -> bool:
    statement = (
        select(func.count())
        .select_from(RoleAssignment)
        .join(Role, _role_of_assignment())
        .where(*_administering(tenant_id), RoleAssignment.member_id == member_id)
    )
    return bool(await session.scalar(statement))


def _role_of_assignment() -> ColumnElement[bool]:
    return and_(Role.tenant_id == RoleAssignment.tenant_id, Role.id == RoleAssignment.role_id)


def _administering(tenant_id: UUID) -> list[ColumnElement[bool]]:
    return [
        RoleAssignment.tenant_id == tenant_id,
        RoleAssignment.scope == "all",
        RoleAssignment.organisation_id.is_(None),
        Role.permissions.contains([ADMINISTER]),
    ]
