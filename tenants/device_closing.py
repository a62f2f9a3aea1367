"""The end of a device: shut out for good, its sign-ins ended, its half of the key forgotten."""

from __future__ import annotations

from sqlalchemy import or_, update

from kernel.context import Context
from tenants.device_entities import Device
from tenants.events import DeviceClosed
from tenants.identity.device_uses import member_lock, used_on
from tenants.identity.security_log import entry
from tenants.identity.user_rows import on_platform
from tenants.platform_tables import Session


async def close_device(ctx: Context, device: Device) -> None:
    """For commands of the provision pool. Without effect on one that is closed already."""
    device.key_share = None
    if device.revoked_at is None:
        device.revoked_at = ctx.now
        await end_sessions(ctx, device)
        await log_device(ctx, device, "device_revoked")
        await ctx.emit(DeviceClosed(device.id, device.member_id))


async def end_sessions(ctx: Context, device: Device) -> None:
    """Every sign-in that was ever used on the device, also those used on others: under any it could register again."""
    await on_platform(ctx, member_lock(device.member_id, shared=False))
    of_it = [used_on(device.id), *([Session.id == device.session_id] if device.session_id else [])]
    # Together with the membership: ids of sessions and devices alone say nothing about the company.
    live = or_(*of_it) & (Session.membership_id == device.member_id) & Session.revoked_at.is_(None)
    await on_platform(ctx, update(Session).where(live).values(revoked_at=ctx.now, revoked_reason="device_revoked"))


async def log_device(ctx: Context, device: Device, event: str) -> None:
    """A line of the security log about a device's member."""
    by = str(ctx.actor.member_id) if ctx.actor.member_id else None
    told = entry(ctx.now, event, tenant_id=ctx.tenant_id, member_id=device.member_id, by_member_id=by)
    await on_platform(ctx, told)
