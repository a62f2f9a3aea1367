"""A device is revoked by its member or by an admin."""

from __future__ import annotations

from uuid import UUID

from kernel.command import Input, command
from kernel.context import Context
from tenants.device_closing import close_device
from tenants.device_entities import Device
from tenants.device_reach import locked_device

REVOKE = "tenants.device.revoke"


class RevokeDevice(Input, frozen=True, kw_only=True):
    id: UUID


@command(zh="吊销设备", en="Revoke a device", permission=None, module=None, on_read_only=True, pool="provision")
async def revoke_device(ctx: Context, data: RevokeDevice) -> Device:
    """Shuts a device out for good, and ends every sign-in that it used: under those it could register again.

    Its half of the key is forgotten: a copy of its encrypted replica opens nowhere any more. Everyone may revoke their
    own; others' need the permission, within its reach. Raises NotFound, PermissionDenied.
    """
    device = await locked_device(ctx, data.id, REVOKE)
    await close_device(ctx, device)
    return device
