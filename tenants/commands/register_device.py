"""A device is registered by its member."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import func, select

from kernel.command import Input, command
from kernel.context import Context
from tenants.device_claims import DeviceClaims
from tenants.device_entities import Device
from tenants.device_reach import unknown_device
from tenants.entities import Member
from tenants.errors import DeviceIdUnusable, TooManyDevices
from tenants.numbering_entities import FORKED
from tenants.numbering_leases import close_leases_of
from values.errors import Required, Words
from values.ids import caller_made

MOST_DEVICES = 20  # of one member, in use at once
_NAME_LENGTH = 100
_DERIVED = 5  # the UUID version of ids that stand for members beside those of devices (kernel.executor)


class RegisterDevice(Input, frozen=True, kw_only=True):
    """`id` is made by the device, so that a registration whose answer got lost can be sent again. `origin_id`: the
    device of the same member whose replica this one was copied from.

    `key_share`: the server's half of a key, sealed, for a device that has none yet.
    """

    id: UUID
    name: str
    platform: str
    origin_id: UUID | None = None
    claims: DeviceClaims = DeviceClaims()
    key_share: str | None = None


@command(zh="登记设备", en="Register a device", permission=None, module=None, on_read_only=True, api=False)
async def register_device(ctx: Context, data: RegisterDevice) -> Device:
    """The member's own device. The same id again is the same device; another member's id is NotFound.

    A copy ends the number leases of the device that it was copied from: both hold them, and who of the two goes on
    under the former id, if anybody, leases anew. What either has handed out may still come.
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
            raise unknown_device("deviceId")
        if known.revoked_at is None and ctx.actor.session_id is not None:
            known.session_id = ctx.actor.session_id
        if known.revoked_at is None and known.wipe_requested_at is None and known.key_share is None:
            known.key_share = data.key_share
        return known
    if data.id.version == _DERIVED or await ctx.get(Member, data.id) is not None:
        raise DeviceIdUnusable(field="deviceId")
    caller_made(data.id, "deviceId")
    await _refuse_too_many(ctx)
    origin = await _origin(ctx, data.origin_id)
    if origin is not None:
        await close_leases_of(ctx, origin.id, FORKED)
    return ctx.add(
        Device(
            id=data.id,
            member_id=ctx.actor.member_id,
            name=name,
            platform=data.platform[:_NAME_LENGTH],
            last_mutation=0,
            last_contact_at=ctx.now,
            last_seen_at=ctx.now,
            key_share=data.key_share,
            revoked_at=None,
            session_id=ctx.actor.session_id,
            origin_id=(origin.origin_id or origin.id) if origin is not None else None,  # the first of a line of copies
            **data.claims.columns(ctx.now),
        )
    )


async def _origin(ctx: Context, origin_id: UUID | None) -> Device | None:
    """The device that this one was copied from. Another member's, or one that nobody knows, shares nothing."""
    origin = await ctx.get(Device, origin_id) if origin_id is not None else None
    return origin if origin is not None and origin.member_id == ctx.actor.member_id else None


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
