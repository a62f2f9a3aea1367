"""Loading the orders and lines that a command names, in the order in which they are locked: the order first."""

from __future__ import annotations

from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select

from kernel.context import Context
from modules.sales.entities import SalesOrder, SalesOrderLine
from modules.sales.errors import LineRemoved
from tenants.entities import LegalEntity


async def lock_line(ctx: Context, line_id: UUID, *, version: int | None = None) -> tuple[SalesOrder, SalesOrderLine]:
    """A line and its order, both locked. Raises NotFound, PermissionDenied, VersionConflict, LineRemoved."""
    seen = await ctx.visible(SalesOrderLine, line_id)
    order = await ctx.lock(SalesOrder, seen.order_id)
    line = await ctx.lock(SalesOrderLine, line_id, version=version)
    if line.archived_at is not None:
        raise LineRemoved(field="id")
    return order, line


async def business_day(ctx: Context) -> date:
    """Today in the zone of the company's first legal entity."""
    first = select(LegalEntity.zone).where(LegalEntity.tenant_id == ctx.tenant_id).order_by(LegalEntity.id).limit(1)
    return ctx.now.astimezone(ZoneInfo(str(await ctx.session.scalar(first)))).date()
