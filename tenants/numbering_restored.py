"""Numbers after a restore: those that the lost days may have given out are passed over, and given to nobody else.

A restored series stands where the backup left it, while devices and printed documents bear numbers from later. Each
number that is passed over is voided with that cause; a device that brings one from before turns it into a used one.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select, update

from kernel.context import Context
from kernel.entity import table
from tenants.numbering_entities import PASSED_OVER, VOIDED, DocumentNumber, NumberSeries
from tenants.numbering_series import Series, number_text

_AT_ONCE = 1_000  # the most that one insert_many takes


async def pass_over(ctx: Context, count: int) -> dict[str, int]:
    """Voids the next `count` numbers of each series of the company: by key, the last number passed over.

    A series that the backup does not have begins at 1 again: what it gave out was its first.
    """
    if count <= 0:
        return {}
    rows = table(NumberSeries)
    # Not as an edit of the rows, as wherever numbers are cut off: what was taken is told by the numbers.
    taking = (
        update(rows)
        .where(rows.c.tenant_id == ctx.tenant_id)
        .values(next_value=rows.c.next_value + count)
        .returning(rows.c.id, rows.c.key, rows.c.prefix, rows.c.next_value)
    )
    passed = {}
    for series in (await ctx.session.core(taking)).all():
        values = range(series.next_value - count, series.next_value)
        for start in range(0, count, _AT_ONCE):
            few = values[start : start + _AT_ONCE]
            voided = [_voided(series.id, number_text(series.prefix, value), value) for value in few]
            await ctx.insert_many(DocumentNumber, voided)
        passed[str(series.key)] = int(series.next_value) - 1
    return passed


async def passed_over(ctx: Context, series: Series, value: int) -> DocumentNumber | None:
    """The number, locked, if it was passed over and no document has it."""
    found: DocumentNumber | None = await ctx.session.scalar(
        select(DocumentNumber)
        .where(
            DocumentNumber.tenant_id == ctx.tenant_id,
            DocumentNumber.series_id
            == select(NumberSeries.id)
            .where(NumberSeries.tenant_id == ctx.tenant_id, NumberSeries.key == series.key)
            .scalar_subquery(),
            DocumentNumber.value == value,
            DocumentNumber.cause == PASSED_OVER,
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return found


def _voided(series_id: UUID, number: str, value: int) -> dict[str, object]:
    row: dict[str, object] = {"series_id": series_id, "value": value, "number": number, "state": VOIDED}
    return {**row, "lease_id": None, "entity": None, "row_id": None, "cause": PASSED_OVER, "reason": None}
