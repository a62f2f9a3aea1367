"""Where a new member sits and which roles they get: one set of rules for invitations and accounts made by admins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select

from kernel.context import Context
from kernel.db import TenantSession
from kernel.policy import Authority, reaches
from tenants.entities import Department, Member, Organisation, Role, RoleAssignment
from tenants.errors import AlreadyMember
from tenants.granting import INVITE, refuse_unknown_scope, refuse_wider_grant
from tenants.moves import Move, sweep_later
from values.errors import InvalidInput, NotFound, PermissionDenied, Required, Words
from values.ids import path_key
from values.pinyin import sort_key

NEWCOMER = "~newcomer/"
"""Behind the path of a seat: somebody of whom there is no member yet. No member's key is called so."""


@dataclass(frozen=True, slots=True)
class Seat:
    """An organisation and perhaps a department in it; `path` is the data path of whoever sits there."""

    organisation_id: UUID
    department_id: UUID | None
    path: str


async def chosen_seat(ctx: Context, organisation_id: UUID | None, department_id: UUID | None) -> Seat:
    """Where the caller puts somebody; the head office by default. Raises NotFound, InvalidInput."""
    department = None
    if department_id is not None:
        department = await ctx.visible(Department, department_id, field="departmentId")
        if organisation_id is not None and department.organisation_id != organisation_id:
            raise InvalidInput(
                field="departmentId", problem=Words("部门不属于该组织", "not a department of this organisation")
            )
        return Seat(department.organisation_id, department.id, department.path)
    if organisation_id is not None:
        organisation = await ctx.visible(Organisation, organisation_id, field="organisationId")
        return Seat(organisation.id, None, organisation.path)
    return await head_office(ctx)


async def head_office(ctx: Context) -> Seat:
    """The root of the organisations. Raises NotFound in a company without one."""
    root = select(Organisation).where(Organisation.tenant_id == ctx.tenant_id, Organisation.parent_id.is_(None))
    for organisation in await ctx.session.scalars(root.order_by(Organisation.created_at, Organisation.id).limit(1)):
        return Seat(organisation.id, None, organisation.path)
    raise NotFound(field="organisationId", entity=Words("组织", "organisation"))


async def offered_paths(session: TenantSession, tenant_id: UUID, offers: Sequence[Mapping[str, Any]]) -> list[str]:
    """Under which data path each invited person would sit, for the reach of whoever looks at their invitations.

    `offers`: the details of invitations. A seat that was dissolved or is out of sight has none: "".
    """
    places = {UUID(unit) for offer in offers for unit in (offer["department_id"], offer["organisation_id"]) if unit}
    paths: dict[UUID | None, str] = {}
    for entity in (Department, Organisation):
        found = select(entity.id, entity.path).where(entity.tenant_id == tenant_id, entity.id.in_(places))
        paths |= {row.id: row.path for row in await session.execute(found)}
    root = select(Organisation.path).where(Organisation.tenant_id == tenant_id, Organisation.parent_id.is_(None))
    for path in await session.scalars(root.order_by(Organisation.created_at, Organisation.id).limit(1)):
        paths[None] = path
    seats = [offer["department_id"] or offer["organisation_id"] for offer in offers]
    return [paths.get(UUID(seat) if seat else None, "") + NEWCOMER for seat in seats]


async def require_grantable(
    ctx: Context, role_ids: Sequence[UUID], scope: str, seat: Seat, *, giver: Authority | None = None
) -> None:
    """The seat lies where the actor may bring people in, and the roles are theirs to give to whoever sits there.

    `giver`: what the inviter holds, when it is the invited one who acts.
    Raises Required, InvalidInput, PermissionDenied, NotFound, GrantExceeded.
    """
    if not role_ids:
        raise Required(field="roleIds", label=Words("角色", "role"))
    refuse_unknown_scope(scope)
    path = f"{seat.path}~{path_key(ctx.new_id())}/"  # as of a member who is yet to come
    authority = giver if giver is not None else ctx.actor.authority
    if not reaches(authority.require(INVITE), path):
        field = "departmentId" if seat.department_id is not None else "organisationId"
        raise PermissionDenied(field=field, permission=INVITE)
    for role_id in role_ids:
        role = await ctx.visible(Role, role_id, field="roleIds") if giver is None else await ctx.get(Role, role_id)
        if role is None:
            raise NotFound(field="roleIds", entity=Words("角色", "role"))
        await refuse_wider_grant(ctx, role, path, scope, None, field="roleIds", giver=giver)


async def add_member(
    ctx: Context,
    seat: Seat,
    *,
    member_id: UUID,
    user_id: UUID,
    name: str,
    language: str,
    account: str | None = None,
    phone: str | None = None,
    email: str | None = None,
) -> Member:
    """The member's row; a person who comes back gets the old one, with its history. Raises AlreadyMember."""
    former = await ctx.get(Member, member_id)
    place = f"{seat.path}~{path_key(member_id)}/"
    if former is None:
        member = ctx.add(Member(id=member_id, user_id=user_id, account=account, deactivated_by_id=None))
    elif former.deactivated_at is None or former.user_id != user_id:
        raise AlreadyMember
    else:
        member = former
        await _drop_roles(ctx, member_id)
        if former.path != place:  # what they owned then follows them to the new seat
            sweep_later(ctx, Move(former.path, place, seat.organisation_id))
    member.name, member.name_key, member.language = name, sort_key(name), language
    member.phone, member.email = phone or member.phone, email or member.email
    member.organisation_id, member.department_id = seat.organisation_id, seat.department_id
    member.path = place
    member.joined_at, member.deactivated_at, member.deactivated_by_id = ctx.now, None, None
    await ctx.flush()
    return member


async def give_roles(ctx: Context, member_id: UUID, role_ids: Sequence[UUID], scope: str) -> None:
    """One assignment per role, in the member's own organisation."""
    for role_id in dict.fromkeys(role_ids):
        ctx.add(
            RoleAssignment(id=ctx.new_id(), member_id=member_id, role_id=role_id, scope=scope, organisation_id=None)
        )
    await ctx.flush()


async def _drop_roles(ctx: Context, member_id: UUID) -> None:
    """Rights from before somebody left do not come back with them."""
    held = select(RoleAssignment).where(
        RoleAssignment.tenant_id == ctx.tenant_id, RoleAssignment.member_id == member_id
    )
    for assignment in await ctx.session.scalars(held):
        await ctx.delete(assignment)
    await ctx.flush()
