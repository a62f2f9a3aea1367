"""Departments: make, rename, move."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from kernel.command import Input, command
from kernel.context import Context
from kernel.policy import reaches
from tenants.entities import Department, Organisation
from tenants.errors import MoveIntoItself
from tenants.moves import Move, move_below, refuse_gain, refuse_while_moving
from tenants.naming import clean_name
from values.errors import PermissionDenied, Required, Words
from values.ids import path_key

_MANAGE = "tenants.department.manage"


class CreateDepartment(Input, frozen=True, kw_only=True):
    """Below `parent_id`, or directly in `organisation_id`; with neither, in the head office."""

    name: str
    parent_id: UUID | None = None
    organisation_id: UUID | None = None


class EditDepartment(Input, frozen=True, kw_only=True):
    id: UUID
    name: str
    version: int | None = None


class MoveDepartment(Input, frozen=True, kw_only=True):
    """Below `parent_id`, or directly into `organisation_id`."""

    id: UUID
    parent_id: UUID | None = None
    organisation_id: UUID | None = None
    version: int | None = None


@command(zh="新建部门", en="Create a department", permission=_MANAGE, module=None)
async def create_department(ctx: Context, data: CreateDepartment) -> Department:
    """Raises NameInvalid, NotFound, PermissionDenied."""
    name = clean_name(data.name)
    organisation_id = data.organisation_id
    if organisation_id is None and data.parent_id is None:
        organisation_id = await _head_office(ctx)
    organisation_id, parent_id, base = await _place(ctx, organisation_id, data.parent_id)
    _require_reach(ctx, base)
    department_id = ctx.new_id()
    return ctx.add(
        Department(
            id=department_id,
            organisation_id=organisation_id,
            parent_id=parent_id,
            name=name,
            path=f"{base}{path_key(department_id)}/",
        )
    )


@command(zh="修改部门", en="Edit a department", permission=_MANAGE, module=None)
async def edit_department(ctx: Context, data: EditDepartment) -> Department:
    """Renames a department."""
    department = await ctx.lock(Department, data.id, version=data.version)
    _require_reach(ctx, department.path)
    department.name = clean_name(data.name)
    return department


@command(zh="调整部门", en="Move a department", permission=_MANAGE, module=None)
async def move_department(ctx: Context, data: MoveDepartment) -> Department:
    """Moves a department with all below it: departments, members, and the rows that lie there.

    Raises MoveIntoItself, MovePending, PermissionDenied (out of reach, or the mover would gain rights).
    """
    await refuse_while_moving(ctx)
    department = await ctx.lock(Department, data.id, version=data.version)
    organisation_id, parent_id, base = await _place(ctx, data.organisation_id, data.parent_id)
    _require_reach(ctx, department.path)
    _require_reach(ctx, base)
    if base.startswith(department.path):
        raise MoveIntoItself(field="parentId")
    move = Move(department.path, f"{base}{path_key(department.id)}/", organisation_id)
    if move.old == move.new:
        return department
    refuse_gain(ctx, move.old, move.new)
    department.organisation_id, department.parent_id = organisation_id, parent_id
    await ctx.flush()
    await move_below(ctx, move)
    return department


async def _head_office(ctx: Context) -> UUID | None:
    """The root of the company's organisations."""
    root = select(Organisation.id).where(Organisation.tenant_id == ctx.tenant_id, Organisation.parent_id.is_(None))
    found: UUID | None = await ctx.session.scalar(root.order_by(Organisation.id).limit(1))
    return found


async def _place(ctx: Context, organisation_id: UUID | None, parent_id: UUID | None) -> tuple[UUID, UUID | None, str]:
    """Organisation, parent department and path of the place that was named. Raises Required, NotFound."""
    if parent_id is not None:
        parent = await ctx.visible(Department, parent_id, field="parentId")
        return parent.organisation_id, parent.id, parent.path
    if organisation_id is None:
        raise Required(field="parentId", label=Words("上级部门或所属组织", "department or organisation"))
    organisation = await ctx.visible(Organisation, organisation_id, field="organisationId")
    return organisation.id, None, organisation.path


def _require_reach(ctx: Context, path: str) -> None:
    if not reaches(ctx.actor.authority.require(_MANAGE), path):
        raise PermissionDenied(permission=_MANAGE)
