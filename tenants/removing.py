"""Rows that go for good: with them goes what stands beside them in index tables without foreign keys."""

from __future__ import annotations

from collections.abc import Sequence

from kernel.context import Context
from kernel.entity import TenantRow
from tenants.custom_fields import delete_custom_values
from tenants.tags import delete_row_tags


async def delete_for_good(ctx: Context, rows: Sequence[TenantRow]) -> int:
    """Removes locked rows, their tags and the index of the company's own fields. Returns how many."""
    for row in rows:
        await ctx.delete(row)
    await ctx.flush()
    if rows:
        ids = [row.id for row in rows]
        await delete_row_tags(ctx, ids)
        await delete_custom_values(ctx, ids)
    return len(rows)
