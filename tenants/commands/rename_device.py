"""A device gets another name, so that people find it in the list."""

from __future__ import annotations

from uuid import UUID

from kernel.command import Input, command
from kernel.context import Context
from tenants.commands.revoke_device import REVOKE
from tenants.device_entities import Device
from tenants.device_reach import locked_device
from tenants.identity.user_rows import name_of
from values.errors import Words


class RenameDevice(Input, frozen=True, kw_only=True):
    id: UUID
    name: str


@command(zh="重命名设备", en="Rename a device", permission=None, module=None, on_read_only=True)
async def rename_device(ctx: Context, data: RenameDevice) -> Device:
    """One's own, or another's with the right to revoke it.

    Raises NotFound, PermissionDenied, Required, InvalidInput.
    """
    device = await locked_device(ctx, data.id, REVOKE)
    device.name = name_of(data.name, "name", Words("设备名称", "device name"))
    return device
