"""Roles: freely defined sets of permissions with the fields that they hide."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

import msgspec
from sqlalchemy import func, select

from kernel.command import Input, Result, command
from kernel.context import Context
from tenants.default_roles import all_permissions
from tenants.entities import Role, RoleAssignment
from tenants.errors import FieldNotMaskable, PermissionUnknown, RoleAssigned, RoleBuiltIn
from tenants.granting import ADMINISTER, lock_admins, refuse_without_admin, require_administrator
from tenants.mask_names import stored_mask
from tenants.naming import clean_name
from values.errors import AlreadyTaken


class CreateRole(Input, frozen=True, kw_only=True):
    """`masks`: fields to hide, as `maskableFields` calls them: `party.Customer.creditLimitMinor`."""

    name: str
    permissions: list[str]
    masks: list[str] = msgspec.field(default_factory=list)


class EditRole(Input, frozen=True, kw_only=True):
    """Lists replace what the role had."""

    id: UUID
    version: int | None = None
    name: str | msgspec.UnsetType = msgspec.UNSET
    permissions: list[str] | msgspec.UnsetType = msgspec.UNSET
    masks: list[str] | msgspec.UnsetType = msgspec.UNSET


class DeleteRole(Input, frozen=True, kw_only=True):
    id: UUID
    version: int | None = None


class Deleted(Result, frozen=True, kw_only=True):
    """What is gone."""

    id: UUID


@command(zh="新建角色", en="Create a role", permission=ADMINISTER, module=None)
async def create_role(ctx: Context, data: CreateRole) -> Role:
    """Makes a role. Raises NameInvalid, AlreadyTaken, PermissionUnknown, FieldNotMaskable."""
    require_administrator(ctx)
    return ctx.add(
        Role(
            id=ctx.new_id(),
            key=None,
            name=await _free_name(ctx, data.name),
            permissions=_known_permissions(data.permissions),
            masks=_maskable_fields(data.masks),
        )
    )


@command(zh="修改角色", en="Edit a role", permission=ADMINISTER, module=None)
async def edit_role(ctx: Context, data: EditRole) -> Role:
    """Changes a role for all who hold it, from their next request on. Raises LastAdmin besides."""
    require_administrator(ctx)
    await lock_admins(ctx)
    role = await ctx.lock(Role, data.id, version=data.version)
    if data.name is not msgspec.UNSET and data.name != role.name:
        role.name = await _free_name(ctx, data.name)
    if data.permissions is not msgspec.UNSET:
        role.permissions = _known_permissions(data.permissions)
    if data.masks is not msgspec.UNSET:
        role.masks = _maskable_fields(data.masks)
    await refuse_without_admin(ctx)
    return role


@command(zh="删除角色", en="Delete a role", permission=ADMINISTER, module=None)
async def delete_role(ctx: Context, data: DeleteRole) -> Deleted:
    """Removes a role of the company's own that nobody holds. Raises RoleBuiltIn, RoleAssigned."""
    require_administrator(ctx)
    role = await ctx.lock(Role, data.id, version=data.version)
    if role.key is not None:
        raise RoleBuiltIn
    holders = await ctx.session.scalar(
        select(func.count())
        .select_from(RoleAssignment)
        .where(RoleAssignment.tenant_id == ctx.tenant_id, RoleAssignment.role_id == role.id)
    )
    if holders:
        raise RoleAssigned(count=holders)
    await ctx.delete(role)
    return Deleted(id=role.id)


async def _free_name(ctx: Context, given: str) -> str:
    name = clean_name(given)
    if await ctx.session.scalar(select(Role.id).where(Role.tenant_id == ctx.tenant_id, Role.name == name)):
        raise AlreadyTaken(field="name", value=name)
    return name


def _known_permissions(given: Iterable[str]) -> list[str]:
    wanted, known = set(given), set(all_permissions())
    if unknown := sorted(wanted - known):
        raise PermissionUnknown(field="permissions", permission=unknown[0][:80])
    return sorted(wanted)


def _maskable_fields(given: Iterable[str]) -> list[str]:
    wanted: set[str] = set()
    for name in sorted(set(given)):
        stored = stored_mask(name)
        if stored is None:
            raise FieldNotMaskable(field="masks", name=name[:80])
        wanted.add(stored)
    return sorted(wanted)
