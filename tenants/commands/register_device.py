"""A device's life: registered by its member, revoked by the member or by an admin."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from kernel.command import Input, command
from kernel.context import Context
from kernel.errors import NotFound, Required, Words
from tenants.device_entities import Device

REVOKE = "tenants.device.revoke"
_NAME_LENGTH = 100


class RegisterDevice(Input, frozen=True, kw_only=True):
    """`id` is made by the device, so that a registration whose answer got lost can be sent again."""

    id: UUID
    name: str
    platform: str


class RevokeDevice(Input, frozen=True, kw_only=True):
    id: UUID


@command(zh="登记设备", en="Register a device", permission=None, module=None, on_read_only=True, api=False)
async def register_device(ctx: Context, data: RegisterDevice) -> Device:
    """The member's own device. The same id again is the same device; another member's id is NotFound."""
    name = data.name.strip()[:_NAME_LENGTH]
    if not name:
        raise Required(field="name", label=Words("设备名称", "device name"))
    known = await ctx.get(Device, data.id)
    if known is not None:
        if known.member_id != ctx.actor.member_id:
            raise _unknown()
        return known
    return ctx.add(
        Device(
            id=data.id,
            member_id=ctx.actor.member_id,
            name=name,
            platform=data.platform[:_NAME_LENGTH],
            last_mutation=0,
            last_contact_at=ctx.now,
            revoked_at=None,
        )
    )


@command(zh="吊销设备", en="Revoke a device", permission=None, module=None, on_read_only=True)
async def revoke_device(ctx: Context, data: RevokeDevice) -> Device:
    """Shuts a device out for good. Everyone may revoke their own; others' need the permission."""
    device: Device | None = await ctx.session.scalar(
        select(Device).where(Device.tenant_id == ctx.tenant_id, Device.id == data.id).with_for_update()
    )
    own = device is not None and device.member_id == ctx.actor.member_id
    if device is None or not (own or ctx.actor.authority.holds(REVOKE)):
        raise _unknown()
    if device.revoked_at is None:
        device.revoked_at = ctx.now
    return device


def _unknown() -> NotFound:
    return NotFound(field="deviceId", entity=Words("设备", "device"))
