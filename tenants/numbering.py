"""Document numbers: each is used by one document, voided with a reason, or outstanding in a device's open lease.

A series counts per company. The server takes the next number for whoever has none (`take_number` with `offered=None`);
a device that works offline takes numbers out of a range that was leased to it before (`tenants.lease_numbers`), and its
document brings the number along. Ranges are cut from the same counter, so they are disjoint. What became of a number is
a row of `document_number`; a number without one lies in an open lease.

Locks: rows of the command first, then leases by id, then the series; the tenant clock last. A series is locked from the
moment that a number is taken to the commit: take it as the last thing that a command does.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert

from kernel.context import Context
from kernel.entity import TenantRow, described, table
from tenants.numbering_entities import USED, DocumentNumber, NumberLease, NumberSeries
from tenants.numbering_errors import NumberNotLeased, NumberTaken, NumberVoided
from tenants.numbering_leases import close_if_used_up, close_leases_of, for_the_meantime, number_of, own_lease
from tenants.numbering_restored import passed_over
from tenants.numbering_series import Series, declare_series, declared, number_text, value_of
from values.wire import wire_name


async def take_number(
    ctx: Context, key: str, offered: str | None, *, entity: type[TenantRow], row_id: UUID, field: str = "number"
) -> str:
    """The number of the document `row_id`: `offered`, or the next of the series.

    An offered number is out of a lease of the member's, unused and not voided; one that the document has is its own.
    One of another of their devices (the queue moved there with a copy of the replica) counts too; if that lease was
    closed because the device was cloned or wiped, what was voided then turns into used. So does what was passed over
    after a restore: a device brings it from before. `field` is the column that holds the number: refusals name it.
    Raises LookupError for a series that nobody declared; NumberMalformed, NumberNotLeased, NumberTaken, NumberVoided.
    """
    series = declared(key)
    if offered is None:
        series_id, value = await allot(ctx, series, 1)
        return await _use(ctx, series_id, value, number_text(series.prefix, value), None, entity, row_id)
    told = wire_name(field)
    value = value_of(series, offered, told)
    lease = await own_lease(ctx, series, value)
    if lease is None:
        passed = await passed_over(ctx, series, value)
        if passed is None:
            raise NumberNotLeased(field=told, number=offered)
        await _turn_into_used(ctx, passed, entity, row_id)
        return offered
    found = await number_of(ctx, lease.series_id, value)
    if found is None:
        await _use(ctx, lease.series_id, value, offered, lease, entity, row_id)
        await close_if_used_up(ctx, lease)
    elif found.state == USED:
        if (found.entity, found.row_id) != (described(entity).name, row_id):
            raise NumberTaken(field=told, number=offered)
    elif for_the_meantime(lease, found):
        await _turn_into_used(ctx, found, entity, row_id)
    else:
        raise NumberVoided(field=told, number=offered)
    return offered


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


async def _turn_into_used(ctx: Context, voided: DocumentNumber, entity: type[TenantRow], row_id: UUID) -> None:
    voided.state, voided.entity, voided.row_id = USED, described(entity).name, row_id
    voided.cause = voided.reason = None
    await ctx.flush()


__all__ = ["allot", "close_leases_of", "declare_series", "take_number"]
