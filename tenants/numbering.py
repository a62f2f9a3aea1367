"""Document numbers: each is used by one document, voided with a reason, or outstanding in a device's open lease.

A series counts per company. The server takes the next number for whoever has none (`take_number` with `offered=None`);
a device that works offline takes numbers out of a range that was leased to it before (`tenants.lease_numbers`), and its
document brings the number along. Ranges are cut from the same counter, so they are disjoint. What became of a number is
a row of `document_number`; a number without one lies in an open lease.

Locks: rows of the command first, then leases by id, then the series; the tenant clock last. A series is locked from the
moment that a number is taken to the commit: take it as the last thing that a command does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from kernel.context import Context
from kernel.entity import TenantRow, described, table
from tenants.numbering_entities import (
    CLOSINGS,
    FORKED,
    LEASE_CLOSED,
    SPOILED,
    USED,
    USED_UP,
    VOIDED,
    WIPED,
    DocumentNumber,
    NumberLease,
    NumberSeries,
)
from tenants.numbering_errors import NumberMalformed, NumberNotLeased, NumberTaken, NumberVoided, SeriesUnknown
from values.errors import Words
from values.wire import wire_name

_PREFIX = re.compile(r"[A-Z]{1,8}")
_NUMBER = re.compile(r"([A-Z]{1,8})-([0-9]{6,18})")
_SHOWN_LENGTH = 40
# After these the numbers come back with the same queue, under another device id: they were voided for the meantime.
_COMES_BACK = frozenset({FORKED, WIPED})


@dataclass(frozen=True, slots=True)
class Series:
    """A kind of document that is numbered: `sales.order`, 销售单, SO."""

    key: str
    words: Words
    prefix: str


_SERIES: dict[str, Series] = {}


def declare_series(key: str, zh: str, en: str, prefix: str) -> None:
    """Registers a series when its module is loaded; the same again is the same.

    Raises ValueError for a key that is declared otherwise, a prefix that another series has, and one that is not 1 to 8
    capital letters.
    """
    made = Series(key, Words(zh, en), prefix)
    if not _PREFIX.fullmatch(prefix):
        raise ValueError(f"{prefix!r} is no prefix: 1 to 8 capital letters")
    if _SERIES.get(key, made) != made:
        raise ValueError(f"the series {key} is declared twice, differently")
    other = next((found.key for found in _SERIES.values() if found.prefix == prefix and found.key != key), None)
    if other is not None:
        raise ValueError(f"{key} and {other} have the same prefix {prefix}")
    _SERIES[key] = made


def declared_series() -> list[Series]:
    """Every series of the loaded modules, in order of key."""
    return [_SERIES[key] for key in sorted(_SERIES)]


def series_named(key: str) -> Series:
    """The series that a caller named. Raises SeriesUnknown."""
    found = _SERIES.get(key)
    if found is None:
        raise SeriesUnknown(field="series", series=key[:_SHOWN_LENGTH], choices=Words.listed(sorted(_SERIES)))
    return found


def number_text(prefix: str, value: int) -> str:
    """`SO-000123`: six digits at least."""
    return f"{prefix}-{value:06d}"


async def take_number(
    ctx: Context, key: str, offered: str | None, *, entity: type[TenantRow], row_id: UUID, field: str = "number"
) -> str:
    """The number of the document `row_id`: `offered`, or the next of the series.

    An offered number is out of a lease of the member's, unused and not voided; one that the document has is its own.
    One of another of their devices (the queue moved there with a copy of the replica) counts too; if that lease was
    closed because the device was cloned or wiped, what was voided then turns into used. `field` is the column that
    holds the number: refusals name it.
    Raises LookupError for a series that nobody declared; NumberMalformed, NumberNotLeased, NumberTaken, NumberVoided.
    """
    series = _SERIES[key]
    if offered is None:
        series_id, value = await allot(ctx, series, 1)
        return await _use(ctx, series_id, value, number_text(series.prefix, value), None, entity, row_id)
    told = wire_name(field)
    value = value_of(series, offered, told)
    lease = await own_lease(ctx, series, value)
    if lease is None:
        raise NumberNotLeased(field=told, number=offered)
    found = await number_of(ctx, lease.series_id, value)
    if found is None:
        await _use(ctx, lease.series_id, value, offered, lease, entity, row_id)
        await close_if_used_up(ctx, lease)
    elif found.state == USED:
        if (found.entity, found.row_id) != (described(entity).name, row_id):
            raise NumberTaken(field=told, number=offered)
    elif found.cause == LEASE_CLOSED and lease.closed_reason in _COMES_BACK:
        found.state, found.entity, found.row_id = USED, described(entity).name, row_id
        found.cause = found.reason = None
        await ctx.flush()
    else:
        raise NumberVoided(field=told, number=offered)
    return offered


async def void(ctx: Context, lease: NumberLease, value: int, reason: str) -> DocumentNumber:
    """Voids one number of a locked lease. Raises NumberTaken, NumberVoided."""
    found = await number_of(ctx, lease.series_id, value)
    number = number_text(lease.prefix, value)
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


async def allot(ctx: Context, series: Series, count: int) -> tuple[UUID, int]:
    """Cuts the next `count` numbers off the company's series, locked until the commit: its id, the first number."""
    rows = table(NumberSeries)
    # Not as an edit of the row: the counter is bookkeeping; what was taken is told by leases and numbers.
    taking = (
        update(rows)
        .where(rows.c.tenant_id == ctx.tenant_id, rows.c.key == series.key)
        .values(next_value=rows.c.next_value + count)
        .returning(rows.c.id, rows.c.next_value)
    )
    found = (await ctx.session.core(taking)).one_or_none()
    if found is None:
        who = {"created_by_id": ctx.actor.member_id, "updated_by_id": ctx.actor.member_id}
        begun: dict[str, Any] = {"tenant_id": ctx.tenant_id, "id": ctx.new_id(), "version": 1, "key": series.key, **who}
        begun |= {"prefix": series.prefix, "next_value": 1, "created_at": ctx.now, "updated_at": ctx.now}
        await ctx.session.core(insert(rows).values(**begun).on_conflict_do_nothing())
        found = (await ctx.session.core(taking)).one()
    return found.id, int(found.next_value) - count


async def own_lease(ctx: Context, series: Series, value: int) -> NumberLease | None:
    """The lease of the acting member that holds a number, open or closed, locked until the commit."""
    lease_id, owner_id = await lease_holding(ctx, series, value)
    if lease_id is None or owner_id is None or owner_id != ctx.actor.member_id:
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


def value_of(series: Series, offered: str, field: str) -> int:
    """Of a number as it is written, and only so: two spellings of one number would be two numbers to a reader.

    Raises NumberMalformed.
    """
    parts = _NUMBER.fullmatch(offered)
    if parts is None or parts[1] != series.prefix or number_text(parts[1], int(parts[2])) != offered:
        raise NumberMalformed(field=field, number=offered[:_SHOWN_LENGTH], example=number_text(series.prefix, 123))
    return int(parts[2])


async def _use(
    ctx: Context,
    series_id: UUID,
    value: int,
    number: str,
    lease: NumberLease | None,
    entity: type[TenantRow],
    row_id: UUID,
) -> str:
    ctx.add(
        DocumentNumber(
            id=ctx.new_id(),
            series_id=series_id,
            value=value,
            number=number,
            state=USED,
            lease_id=lease.id if lease else None,
            entity=described(entity).name,
            row_id=row_id,
            cause=None,
            reason=None,
        )
    )
    await ctx.flush()
    return number


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
