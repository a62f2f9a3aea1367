"""What became of every number that was ever given out: the proof that no gap is unexplained."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import func, select

from kernel.db import TenantSession
from kernel.entity import table
from tenants.numbering_entities import USED, DocumentNumber, NumberLease, NumberSeries

OUTSTANDING, UNEXPLAINED = "outstanding", "unexplained"


class NumberGap(msgspec.Struct, frozen=True, kw_only=True):
    """Numbers in a row, `first` to `last`, that are on no document, and why. `why` is `spoiled` (with the reason that a
    person gave), `lease_closed` (with the lease's own reason), `passed_over` (after a restore), `outstanding` (in an
    open lease), or `unexplained`."""

    first: int
    last: int
    why: str
    reason: str | None = None
    lease_id: UUID | None = None


class NumberLeaseCount(msgspec.Struct, frozen=True, kw_only=True):
    """`outstanding` = `last` - `first` + 1 - `used` - `voided`; 0 in a closed lease."""

    id: UUID
    device_id: UUID
    member_id: UUID | None
    first: int
    last: int
    used: int
    voided: int
    outstanding: int
    closed_reason: str | None = None


class NumberSeriesEvidence(msgspec.Struct, frozen=True, kw_only=True):
    """A series from 1 to `last`, the highest number given out: each number is used, voided, outstanding in an open
    lease, or — which must never be — `unexplained`."""

    key: str
    prefix: str
    last: int
    used: int
    voided: int
    outstanding: int
    unexplained: int
    leases: list[NumberLeaseCount]
    gaps: list[NumberGap]


async def number_evidence(session: TenantSession, key: str | None = None) -> list[NumberSeriesEvidence]:
    """The company's series, or the one of that key, in order of key; read in one snapshot it is exact."""
    wanted = select(NumberSeries).where(NumberSeries.tenant_id == session.tenant_id).order_by(NumberSeries.key)
    if key is not None:
        wanted = wanted.where(NumberSeries.key == key)
    return [await _evidence(session, series) for series in await session.scalars(wanted)]


async def _evidence(session: TenantSession, series: NumberSeries) -> NumberSeriesEvidence:
    # In this order: what is used or closed meanwhile, outside a snapshot, is then told by its number at least.
    last, leases = series.next_value - 1, await _leases(session, series.id)
    runs = await _runs(session, series.id, last)
    by_lease: dict[UUID, list[Any]] = defaultdict(list)
    for run in runs:
        by_lease[run.lease_id].append(run)
    counts = [_count(lease, by_lease[lease.id]) for lease in leases]
    closings = {lease.id: lease.closed_reason for lease in leases}
    gaps = [_voided(run, closings) for run in runs if run.state != USED] + list(_missing(last, runs, leases))
    return NumberSeriesEvidence(
        key=series.key,
        prefix=series.prefix,
        last=last,
        used=sum(_size(run) for run in runs if run.state == USED),
        voided=sum(_size(run) for run in runs if run.state != USED),
        outstanding=sum(_size(gap) for gap in gaps if gap.why == OUTSTANDING),
        unexplained=sum(_size(gap) for gap in gaps if gap.why == UNEXPLAINED),
        leases=counts,
        gaps=sorted(gaps, key=lambda gap: gap.first),
    )


async def _runs(session: TenantSession, series_id: UUID, last: int) -> Sequence[Any]:
    """What is told of numbers, as runs of neighbours of which the same is told: state, cause, reason, lease_id, first,
    last. A series of a million documents has few."""
    number = table(DocumentNumber).c
    same = (number.state, number.cause, number.reason, number.lease_id)
    apart = number.value - func.row_number().over(partition_by=same, order_by=number.value)
    numbered = (
        select(*same, number.value, apart.label("run"))
        .where(number.tenant_id == session.tenant_id, number.series_id == series_id, number.value <= last)
        .subquery()
        .c
    )
    told = (numbered.state, numbered.cause, numbered.reason, numbered.lease_id)
    first, end = func.min(numbered.value), func.max(numbered.value)
    runs = select(*told, first.label("first"), end.label("last")).group_by(*told, numbered.run).order_by(first)
    return (await session.core(runs)).all()


async def _leases(session: TenantSession, series_id: UUID) -> Sequence[Any]:
    lease = table(NumberLease).c
    given = select(lease.id, lease.device_id, lease.owner_id, lease.first, lease.last, lease.closed_reason)
    ours = given.where(lease.tenant_id == session.tenant_id, lease.series_id == series_id)
    return (await session.core(ours.order_by(lease.first))).all()


def _count(lease: Any, own: Sequence[Any]) -> NumberLeaseCount:
    used = sum(_size(run) for run in own if run.state == USED)
    voided = sum(_size(run) for run in own if run.state != USED)
    return NumberLeaseCount(
        id=lease.id,
        device_id=lease.device_id,
        member_id=lease.owner_id,
        first=lease.first,
        last=lease.last,
        used=used,
        voided=voided,
        outstanding=_size(lease) - used - voided,
        closed_reason=lease.closed_reason,
    )


def _voided(run: Any, closings: dict[UUID, str | None]) -> NumberGap:
    reason = run.reason if run.reason is not None else closings.get(run.lease_id)
    return NumberGap(first=run.first, last=run.last, why=run.cause, reason=reason, lease_id=run.lease_id)


def _missing(last: int, runs: Sequence[Any], leases: Sequence[Any]) -> Iterator[NumberGap]:
    """The numbers of which nothing is told, cut at the borders of leases, which are disjoint and in order."""
    starts = [lease.first for lease in leases]
    borders = sorted({edge for lease in leases for edge in (lease.first, lease.last + 1)})
    told_to = 0
    for first, end in [*((run.first, run.last) for run in runs), (last + 1, last + 1)]:
        between = borders[bisect_right(borders, told_to + 1) : bisect_left(borders, first)]
        for begin, behind in pairwise([told_to + 1, *between, first] if told_to + 1 < first else []):
            nearest = bisect_right(starts, begin) - 1
            lease = leases[nearest] if nearest >= 0 and begin <= leases[nearest].last else None
            held = lease is not None and lease.closed_reason is None
            yield NumberGap(
                first=begin,
                last=behind - 1,
                why=OUTSTANDING if held else UNEXPLAINED,
                lease_id=lease.id if lease is not None else None,
            )
        told_to = max(told_to, end)


def _size(run: Any) -> int:
    return int(run.last - run.first + 1)
