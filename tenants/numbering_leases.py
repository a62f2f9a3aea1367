"""Leases of numbers: whose a number is, voiding one, closing them all. `tenants/numbering.py` tells the whole."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from kernel.context import Context
from tenants.events import DeviceClosed
from tenants.numbering_entities import (
    CLOSINGS,
    FORKED,
    LEASE_CLOSED,
    REVOKED,
    SPOILED,
    USED,
    USED_UP,
    VOIDED,
    WIPED,
    DocumentNumber,
    NumberLease,
    NumberSeries,
)
from tenants.numbering_errors import NumberTaken, NumberVoided
from tenants.numbering_series import Series, number_text

# After these the numbers come back with the same queue, under another device id: they were voided for the meantime.
_COMES_BACK = frozenset({FORKED, WIPED})
_author: ContextVar[UUID | None] = ContextVar("numbers_of", default=None)


@contextmanager
def numbers_of(member_id: UUID | None) -> Iterator[None]:
    """Inside, the numbers of that member count as the acting member's: a document that was parked with its number keeps
    it, whoever decides about it."""
    before = _author.set(member_id)
    try:
        yield
    finally:
        _author.reset(before)


async def own_lease(ctx: Context, series: Series, value: int) -> NumberLease | None:
    """The lease of the acting member that holds a number, open or closed, locked until the commit."""
    lease_id, owner_id = await lease_holding(ctx, series, value)
    if lease_id is None or owner_id is None or owner_id not in (ctx.actor.member_id, _author.get()):
        return None
    return await lock_lease(ctx, lease_id)


async def lease_holding(ctx: Context, series: Series, value: int) -> tuple[UUID | None, UUID | None]:
    """Id and owner of the lease that holds a number, whosever it is; nothing of it goes to the caller unchecked."""
    leases = select(NumberLease.id, NumberLease.last, NumberLease.owner_id).where(
        NumberLease.tenant_id == ctx.tenant_id,
        NumberLease.series_id
        == select(NumberSeries.id)
        .where(NumberSeries.tenant_id == ctx.tenant_id, NumberSeries.key == series.key)
        .scalar_subquery(),
        NumberLease.first <= value,
    )
    nearest = (await ctx.session.core(leases.order_by(NumberLease.first.desc()).limit(1))).one_or_none()
    if nearest is None or nearest.last < value:
        return None, None
    return nearest.id, nearest.owner_id


async def lock_lease(ctx: Context, lease_id: UUID) -> NumberLease:
    """A lease that is known to be there."""
    locked: NumberLease = await ctx.session.scalar(
        select(NumberLease)
        .where(NumberLease.tenant_id == ctx.tenant_id, NumberLease.id == lease_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return locked


async def number_of(ctx: Context, series_id: UUID, value: int) -> DocumentNumber | None:
    """What became of a number whose lease is locked; None: outstanding."""
    found: DocumentNumber | None = await ctx.session.scalar(
        select(DocumentNumber).where(
            DocumentNumber.tenant_id == ctx.tenant_id,
            DocumentNumber.series_id == series_id,
            DocumentNumber.value == value,
        )
    )
    return found


def for_the_meantime(lease: NumberLease, number: DocumentNumber) -> bool:
    """Whether a number was voided only because its device was cloned or wiped: a document may still bring it."""
    return number.cause == LEASE_CLOSED and lease.closed_reason in _COMES_BACK


async def void(ctx: Context, lease: NumberLease, value: int, reason: str) -> DocumentNumber:
    """Voids one number of a locked lease for good. Raises NumberTaken, NumberVoided."""
    found = await number_of(ctx, lease.series_id, value)
    number = number_text(lease.prefix, value)
    if found is not None and for_the_meantime(lease, found):
        found.cause, found.reason = SPOILED, reason
        await ctx.flush()
        return found
    if found is not None:
        raise (NumberTaken if found.state == USED else NumberVoided)(field="number", number=number)
    voided = ctx.add(
        DocumentNumber(
            id=ctx.new_id(),
            series_id=lease.series_id,
            value=value,
            number=number,
            state=VOIDED,
            lease_id=lease.id,
            entity=None,
            row_id=None,
            cause=SPOILED,
            reason=reason,
        )
    )
    await ctx.flush()
    await close_if_used_up(ctx, lease)
    return voided


async def close(ctx: Context, lease: NumberLease, reason: str) -> int:
    """Ends a locked lease that is open; every number of it that is not used or voided is voided. Returns how many.

    `reason` is one of `CLOSINGS`.
    """
    if reason not in {choice.value for choice in CLOSINGS}:
        raise ValueError(f"{reason!r} is no reason to close a lease")
    settled = select(DocumentNumber.value).where(
        DocumentNumber.tenant_id == ctx.tenant_id, DocumentNumber.lease_id == lease.id
    )
    gone = set(await ctx.session.scalars(settled))
    unused = [value for value in range(lease.first, lease.last + 1) if value not in gone]
    await ctx.insert_many(DocumentNumber, [_voided_with(lease, value) for value in unused])
    lease.closed_at, lease.closed_reason, lease.closed_by_id = ctx.now, reason, ctx.actor.member_id
    await ctx.flush()
    return len(unused)


async def close_numbers(ctx: Context, closed: DeviceClosed) -> None:
    """A device is out: what it had in hand is voided."""
    await close_leases_of(ctx, closed.device_id, WIPED if closed.wiped else REVOKED)


async def close_leases_of(ctx: Context, device_id: UUID, reason: str) -> int:
    """Closes every open lease of a device that is gone: `lost`, `revoked`, `wiped` or `forked`. Returns how many.

    After `wiped` and `forked` the member's next device may still bring documents with these numbers.
    """
    leases = await ctx.session.scalars(
        select(NumberLease)
        .where(
            NumberLease.tenant_id == ctx.tenant_id, NumberLease.device_id == device_id, NumberLease.closed_at.is_(None)
        )
        .order_by(NumberLease.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    for lease in leases:
        await close(ctx, lease, reason)
    return len(leases)


async def close_if_used_up(ctx: Context, lease: NumberLease) -> None:
    """Closes a locked lease all of whose numbers are used or voided."""
    counted = select(func.count()).where(DocumentNumber.tenant_id == ctx.tenant_id, DocumentNumber.lease_id == lease.id)
    if lease.closed_at is None and await ctx.session.scalar(counted) == lease.last - lease.first + 1:
        await close(ctx, lease, USED_UP)


def _voided_with(lease: NumberLease, value: int) -> dict[str, Any]:
    return {
        "series_id": lease.series_id,
        "value": value,
        "number": number_text(lease.prefix, value),
        "state": VOIDED,
        "lease_id": lease.id,
        "entity": None,
        "row_id": None,
        "cause": LEASE_CLOSED,
        "reason": None,
    }
