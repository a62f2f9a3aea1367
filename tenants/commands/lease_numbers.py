"""Ranges of document numbers for devices: leased, closed; and single numbers voided."""

from __future__ import annotations

from uuid import UUID

import msgspec
from sqlalchemy import select

from kernel.command import Input, command
from kernel.context import Context
from tenants.device_entities import Device
from tenants.numbering import allot
from tenants.numbering_entities import LOST, DocumentNumber, NumberLease
from tenants.numbering_errors import LeaseClosed, NumberNotLeased, TooManyLeases
from tenants.numbering_leases import close, lease_holding, void
from tenants.numbering_series import Series, series_named, value_of
from values.errors import AlreadyTaken, InvalidInput, NotFound, Required, Words
from values.ids import caller_made

MOST_NUMBERS = 500  # of one lease
MOST_LEASES = 2  # of one device and series, not used up: one in use, the next at hand
_REASON_LENGTH = 200


class LeaseNumbers(Input, frozen=True, kw_only=True):
    """`device_id`: one of the caller's own; from a device, that one. `spent`: leases of it whose numbers the device has
    all handed out. `id` may be made by the caller."""

    series: str
    count: int = 50
    id: UUID | None = None
    device_id: UUID | None = None
    spent: list[UUID] = msgspec.field(default_factory=list)


class VoidNumber(Input, frozen=True, kw_only=True):
    series: str
    number: str
    reason: str


class CloseLease(Input, frozen=True, kw_only=True):
    id: UUID


@command(zh="领用号段", en="Lease numbers", permission="tenants.number_lease.lease", module=None, offline=True)
async def lease_numbers(ctx: Context, data: LeaseNumbers) -> NumberLease:
    """Gives a device the next `count` numbers of a series, which nobody else is given.

    Raises SeriesUnknown, InvalidInput (a count out of 1 to 500), Required and NotFound (the device), AlreadyTaken (the
    id), TooManyLeases.
    """
    series = series_named(data.series)
    if not 1 <= data.count <= MOST_NUMBERS:
        raise InvalidInput(field="count", problem=Words(f"应为 1 至 {MOST_NUMBERS}", f"takes 1 to {MOST_NUMBERS}"))
    device = await _own_device(ctx, data.device_id or ctx.actor.device_id)
    if data.id is not None and await ctx.get(NumberLease, caller_made(data.id, "id")) is not None:
        raise AlreadyTaken(field="id", value=data.id)
    await _refuse_too_many(ctx, device, series, frozenset(data.spent))
    series_id, first = await allot(ctx, series, data.count)
    return ctx.add(
        NumberLease(
            id=data.id or ctx.new_id(),
            owner_id=device.member_id,
            scope_path=await ctx.scope_path(device.member_id),
            device_id=device.id,
            series_id=series_id,
            series_key=series.key,
            prefix=series.prefix,
            first=first,
            last=first + data.count - 1,
            granted_at=ctx.now,
            spent_at=None,
            closed_at=None,
            closed_reason=None,
            closed_by_id=None,
        )
    )


@command(zh="作废编号", en="Void a number", permission="tenants.document_number.void", module=None, offline=True)
async def void_number(ctx: Context, data: VoidNumber) -> DocumentNumber:
    """Says why a leased number will be on no document; a device says so of its own leases only.

    Raises SeriesUnknown, NumberMalformed, Required (the reason), NumberNotLeased (as well for a lease that the caller
    may not see), NumberTaken, NumberVoided.
    """
    series = series_named(data.series)
    value = value_of(series, data.number, "number")
    reason = data.reason.strip()[:_REASON_LENGTH]
    if not reason:
        raise Required(field="reason", label=Words("作废原因", "reason"))
    lease_id, _ = await lease_holding(ctx, series, value)
    try:
        lease = await ctx.lock(NumberLease, lease_id or ctx.new_id())
    except NotFound:
        raise NumberNotLeased(field="number", number=data.number) from None
    if ctx.actor.device_id not in (None, lease.device_id):  # the other device may yet use it
        raise NumberNotLeased(field="number", number=data.number)
    return await void(ctx, lease, value, reason)


@command(zh="关闭号段", en="Close a number lease", permission="tenants.number_lease.close", module=None)
async def close_lease(ctx: Context, data: CloseLease) -> NumberLease:
    """For a device that is lost: every number of the range that is not used is voided. Raises NotFound, LeaseClosed."""
    lease = await ctx.lock(NumberLease, data.id)
    if lease.closed_at is not None:
        raise LeaseClosed(field="id")
    await close(ctx, lease, LOST)
    return lease


async def _own_device(ctx: Context, device_id: UUID | None) -> Device:
    """Locked, so that a device's leases are granted one by one. Another's, and one that is revoked, is as unknown."""
    if device_id is None:
        raise Required(field="deviceId", label=Words("设备", "device"))
    device: Device | None = await ctx.session.scalar(
        select(Device)
        .where(
            Device.tenant_id == ctx.tenant_id,
            Device.id == device_id,
            Device.member_id == ctx.actor.member_id,
            Device.revoked_at.is_(None),
        )
        .with_for_update()
    )
    if device is None:
        raise NotFound(field="deviceId", entity=Words("设备", "device"))
    return device


async def _refuse_too_many(ctx: Context, device: Device, series: Series, spent: frozenset[UUID]) -> None:
    """Counts the device's leases that are neither closed nor, as it now says, handed out to the last number."""
    open_leases = await ctx.session.scalars(
        select(NumberLease)
        .where(
            NumberLease.tenant_id == ctx.tenant_id,
            NumberLease.device_id == device.id,
            NumberLease.series_key == series.key,
            NumberLease.closed_at.is_(None),
        )
        .order_by(NumberLease.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    for lease in open_leases:
        if lease.id in spent and lease.spent_at is None:
            lease.spent_at = ctx.now
    if sum(lease.closed_at is None and lease.spent_at is None for lease in open_leases) >= MOST_LEASES:
        raise TooManyLeases(field="series", limit=MOST_LEASES)
