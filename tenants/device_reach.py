"""Whose devices somebody may see and deal with: their own, and those of members whom the permission reaches."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, or_, select

from kernel.context import Context
from kernel.entity import TenantRow, described
from kernel.policy import EVERYTHING, Actor
from kernel.query import within
from tenants.device_entities import Device
from tenants.entities import Member
from tenants.granting import refuse_beyond
from values.errors import NotFound, PermissionDenied, Words


async def locked_device(ctx: Context, device_id: UUID, permission: str) -> Device:
    """The row, locked. Everyone deals with their own; others' need the permission, within its reach, and an
    administrator's devices an administrator. Raises NotFound, PermissionDenied."""
    device: Device | None = await ctx.session.scalar(
        select(Device).where(Device.tenant_id == ctx.tenant_id, Device.id == device_id).with_for_update()
    )
    own = device is not None and device.member_id == ctx.actor.member_id
    if device is None or not (own or ctx.actor.authority.holds(permission)):
        raise unknown_device("id")
    if not own:
        holder = await ctx.get(Member, device.member_id)
        if holder is None:
            raise PermissionDenied(permission=permission)
        await refuse_beyond(ctx.session, ctx.actor, holder.id, holder.path, permission)
    return device


def unknown_device(field: str) -> NotFound:
    return NotFound(field=field, entity=Words("设备", "device"))


def devices_shown_to(actor: Actor) -> list[ColumnElement[bool]]:
    """The conditions for the devices that the actor may see."""
    return [Device.tenant_id == actor.tenant_id, *within_reach(Device, actor, own=True)]


def devices_by_ids(actor: Actor, ids: list[UUID]) -> Select[Any]:
    """The ones among `ids` that the actor may see."""
    return select(Device).where(*devices_shown_to(actor), Device.id.in_(ids))


def within_reach(entity: type[TenantRow], actor: Actor, *, own: bool = False) -> list[ColumnElement[bool]]:
    """A device has no path of its own: it lies where its member sits. Nothing to add for any other entity."""
    if entity is not Device:
        return []
    held = actor.authority.prefixes(described(Device).view_permission)
    if held == EVERYTHING:
        return []
    seated: Any = select(Member.id).where(Member.tenant_id == actor.tenant_id, within(Member.path, held))
    reached: list[ColumnElement[bool]] = [Device.member_id.in_(seated)] if held else []
    mine = [Device.member_id == actor.member_id] if own else []
    return [or_(*mine, *reached)]
