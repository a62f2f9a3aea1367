"""A device is told to erase its replica: requested, handed out at its next contact, confirmed by its receipt."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from kernel.command import Input, Result, command
from kernel.context import Context
from tenants.device_claims import MOST_COUNTED
from tenants.device_closing import close_device, end_sessions, log_device
from tenants.device_entities import Device
from tenants.device_reach import locked_device
from tenants.errors import DeviceAlreadyWiped, NoWipePending, WipeHandedOut, WipeOrderInvalid
from tenants.events import DeviceClosed
from tenants.identity.user_rows import name_of
from values.errors import Words

WIPE = "tenants.device.wipe"


class WipeDevice(Input, frozen=True, kw_only=True):
    """`after_push`: the device tries one last push before it erases, and its sign-in lasts until then; false for one
    that was stolen: its sign-ins end at once, and what it has not pushed is lost."""

    id: UUID
    reason: str
    after_push: bool = True


class CancelWipe(Input, frozen=True, kw_only=True):
    id: UUID


class HandOutWipe(Input, frozen=True, kw_only=True):
    id: UUID


class ConfirmWipe(Input, frozen=True, kw_only=True):
    """A receipt whose proof was checked. `unsent` None: the device could not open its replica any more to count."""

    id: UUID
    order_id: UUID
    unsent: int | None
    method: str
    at: datetime


class WipeConfirmed(Result, frozen=True, kw_only=True):
    """`received_at`: when the first receipt came; a later one changes nothing."""

    received_at: datetime


@command(zh="擦除设备", en="Wipe a device", permission=None, module=None, on_read_only=True, pool="provision")
async def wipe_device(ctx: Context, data: WipeDevice) -> Device:
    """Asks a device to erase its replica. Everyone may wipe their own; others' need tenants.device.wipe.

    Asked again it may become stricter (no last push), never milder. Raises NotFound, PermissionDenied, Required,
    InvalidInput, DeviceAlreadyWiped.
    """
    device = await locked_device(ctx, data.id, WIPE)
    if device.wiped_at is not None:
        raise DeviceAlreadyWiped(field="id")
    reason = name_of(data.reason, "reason", Words("擦除原因", "reason"))
    if device.wipe_requested_at is None:
        device.wipe_requested_at, device.wipe_requested_by_id = ctx.now, ctx.actor.member_id
        device.wipe_order_id, device.wipe_reason = ctx.new_id(), reason
        device.wipe_after_push = data.after_push and device.revoked_at is None
        await log_device(ctx, device, "device_wipe_requested")
    if not data.after_push:
        device.wipe_after_push = False
        await end_sessions(ctx, device)
        if device.revoked_at is None:
            # The same instant: a wipe that is called off takes this revocation back, and no other. The share of the
            # key stays, withheld, until it is certain that nobody calls it off.
            device.revoked_at = device.wipe_requested_at
            await ctx.emit(DeviceClosed(device.id, device.member_id, wiped=True))
    return device


@command(zh="撤回擦除", en="Call off a wipe", permission=None, module=None, on_read_only=True, pool="provision")
async def cancel_wipe(ctx: Context, data: CancelWipe) -> Device:
    """While the device has not taken the order. Sign-ins that it ended stay ended: the member signs in anew.

    Raises NotFound, PermissionDenied, NoWipePending, WipeHandedOut.
    """
    device = await locked_device(ctx, data.id, WIPE)
    if device.wipe_requested_at is None or device.wiped_at is not None:
        raise NoWipePending(field="id")
    if device.wipe_delivered_at is not None:
        raise WipeHandedOut(field="id")
    if device.revoked_at == device.wipe_requested_at:
        device.revoked_at = None
    device.wipe_requested_at = device.wipe_requested_by_id = device.wipe_order_id = None
    device.wipe_reason = device.wipe_after_push = None
    await log_device(ctx, device, "device_wipe_cancelled")
    return device


@command(zh="发出擦除指令", en="Hand out a wipe order", permission=None, module=None, on_read_only=True, api=False)
async def hand_out_wipe(ctx: Context, data: HandOutWipe) -> Device | None:
    """From now on nobody calls it off. None: it was called off before."""
    device = await _locked(ctx, data.id)
    if device is None or device.wipe_requested_at is None:
        return None
    if device.wipe_delivered_at is None:
        device.wipe_delivered_at = ctx.now
    return device


@command(
    zh="登记擦除回执",
    en="Take a wipe receipt",
    permission=None,
    module=None,
    on_read_only=True,
    pool="provision",
    api=False,
)
async def confirm_wipe(ctx: Context, data: ConfirmWipe) -> WipeConfirmed:
    """The device has erased its replica. The first receipt stands. Raises WipeOrderInvalid."""
    device = await _locked(ctx, data.id)
    if device is None or device.wipe_order_id != data.order_id:
        raise WipeOrderInvalid(field="order")
    if device.wiped_at is None:
        unsent = min(data.unsent, MOST_COUNTED) if data.unsent is not None else None
        device.wiped_at, device.wipe_erased_at = ctx.now, min(data.at, ctx.now)
        device.wipe_method, device.wipe_unsent = data.method, unsent
        device.wipe_delivered_at = device.wipe_delivered_at or ctx.now
        await close_device(ctx, device)
        await log_device(ctx, device, "device_wiped")
    return WipeConfirmed(received_at=device.wiped_at)


async def _locked(ctx: Context, device_id: UUID) -> Device | None:
    wanted = select(Device).where(Device.tenant_id == ctx.tenant_id, Device.id == device_id).with_for_update()
    device: Device | None = await ctx.session.scalar(wanted)
    return device
