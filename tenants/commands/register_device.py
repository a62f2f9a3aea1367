"""A device's life: registered by its member, revoked by the member or by an admin."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import func, select, update

from kernel.command import Input, command
from kernel.context import Context
from tenants.device_entities import Device
from tenants.entities import Member
from tenants.errors import DeviceIdUnusable, TooManyDevices
from tenants.granting import refuse_beyond
from tenants.identity.security_log import entry
from tenants.identity.user_rows import on_platform
from tenants.numbering import close_leases_of
from tenants.numbering_entities import REVOKED
from tenants.platform_tables import Session
from values.errors import NotFound, PermissionDenied, Required, Words
from values.ids import caller_made

REVOKE = "tenants.device.revoke"
MOST_DEVICES = 20  # of one member, in use at once
_NAME_LENGTH = 100
_DERIVED = 5  # the UUID version of ids that stand for members beside those of devices (kernel.executor)


class RegisterDevice(Input, frozen=True, kw_only=True):
    """`id` is made by the device, so that a registration whose answer got lost can be sent again. `origin_id`: the
    device of the same member whose replica this one was copied from."""

    id: UUID
    name: str
    platform: str
    origin_id: UUID | None = None


class RevokeDevice(Input, frozen=True, kw_only=True):
    id: UUID


@command(zh="登记设备", en="Register a device", permission=None, module=None, on_read_only=True, api=False)
async def register_device(ctx: Context, data: RegisterDevice) -> Device:
    """The member's own device. The same id again is the same device; another member's id is NotFound.

    Raises Required, NotFound, DeviceIdUnusable (an id that is or could be read as a member's), InvalidInput (an id that
    is no UUIDv7), TooManyDevices.
    """
    name = data.name.strip()[:_NAME_LENGTH]
    if not name:
        raise Required(field="name", label=Words("设备名称", "device name"))
    await _queue_up(ctx)
    known = await ctx.get(Device, data.id)
    if known is not None:
        if known.member_id != ctx.actor.member_id:
            raise _unknown()
        if known.revoked_at is None and ctx.actor.session_id is not None:
            known.session_id = ctx.actor.session_id
        return known
    if data.id.version == _DERIVED or await ctx.get(Member, data.id) is not None:
        raise DeviceIdUnusable(field="deviceId")
    caller_made(data.id, "deviceId")
    await _refuse_too_many(ctx)
    return ctx.add(
        Device(
            id=data.id,
            member_id=ctx.actor.member_id,
            name=name,
            platform=data.platform[:_NAME_LENGTH],
            last_mutation=0,
            last_contact_at=ctx.now,
            revoked_at=None,
            session_id=ctx.actor.session_id,
            origin_id=await _origin(ctx, data.origin_id),
        )
    )


async def _origin(ctx: Context, origin_id: UUID | None) -> UUID | None:
    """The first device of a line of copies. Another member's, or one that nobody knows, shares nothing."""
    origin = await ctx.get(Device, origin_id) if origin_id is not None else None
    if origin is None or origin.member_id != ctx.actor.member_id:
        return None
    return origin.origin_id or origin.id


@command(zh="吊销设备", en="Revoke a device", permission=None, module=None, on_read_only=True, pool="provision")
async def revoke_device(ctx: Context, data: RevokeDevice) -> Device:
    """Shuts a device out for good, and ends the sign-in that it used: under that one it could register again. Of its
    number leases what is unused is voided.

    Everyone may revoke their own; others' need the permission, within its reach. An administrator's devices are revoked
    by administrators. Raises NotFound, PermissionDenied.
    """
    device: Device | None = await ctx.session.scalar(
        select(Device).where(Device.tenant_id == ctx.tenant_id, Device.id == data.id).with_for_update()
    )
    own = device is not None and device.member_id == ctx.actor.member_id
    if device is None or not (own or ctx.actor.authority.holds(REVOKE)):
        raise _unknown()
    if not own:
        await _refuse_beyond_reach(ctx, device)
    if device.revoked_at is None:
        device.revoked_at = ctx.now
        await close_leases_of(ctx, device.id, REVOKED)
        await _end_session(ctx, device)
    return device


async def _end_session(ctx: Context, device: Device) -> None:
    if device.session_id is None:
        return
    # Together with the membership: a session's id alone says nothing about the company.
    live = (Session.id == device.session_id) & (Session.membership_id == device.member_id)
    ended = update(Session).where(live, Session.revoked_at.is_(None))
    await on_platform(ctx, ended.values(revoked_at=ctx.now, revoked_reason="device_revoked"))
    by = str(ctx.actor.member_id) if ctx.actor.member_id else None
    told = entry(ctx.now, "device_revoked", tenant_id=ctx.tenant_id, member_id=device.member_id, by_member_id=by)
    await on_platform(ctx, told)


async def _refuse_beyond_reach(ctx: Context, device: Device) -> None:
    holder = await ctx.get(Member, device.member_id)
    if holder is None:
        raise PermissionDenied(permission=REVOKE)
    await refuse_beyond(ctx.session, ctx.actor, holder.id, holder.path, REVOKE)


async def _queue_up(ctx: Context) -> None:
    """A member's registrations go one by one: one id twice at once is one device, and nobody slips past the most."""
    own = select(Member.id).where(Member.tenant_id == ctx.tenant_id, Member.id == ctx.actor.member_id)
    await ctx.session.execute(own.with_for_update())


async def _refuse_too_many(ctx: Context) -> None:
    in_use = (
        select(func.count())
        .select_from(Device)
        .where(Device.tenant_id == ctx.tenant_id, Device.member_id == ctx.actor.member_id, Device.revoked_at.is_(None))
    )
    if (await ctx.session.scalar(in_use) or 0) >= MOST_DEVICES:
        raise TooManyDevices(field="deviceId", limit=MOST_DEVICES)


def _unknown() -> NotFound:
    return NotFound(field="deviceId", entity=Words("设备", "device"))
