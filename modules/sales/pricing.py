"""What an order's lines come to. Only the server computes it, exactly: the total is the sum of the lines' amounts."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import func, select

from kernel.context import Context
from modules.sales.entities import SalesOrder, SalesOrderLine
from values.money import Money


def amount_of(line: SalesOrderLine, currency: str) -> Money:
    """The line's price times its quantity, rounded half up to the minor unit. Raises AmountInvalid."""
    return Money.priced(line.unit_price, line.quantity, currency)


def total_of(amounts: Iterable[Money], currency: str) -> Money:
    """Raises AmountInvalid beyond 64 bits."""
    total = Money(0, currency)
    for amount in amounts:
        total += amount
    return total


async def standing_lines(ctx: Context, order: SalesOrder) -> list[SalesOrderLine]:
    """The lines of a locked order that were not removed, in their order. Whoever changes a line locks the order first,
    so they stay as they are until the commit."""
    await ctx.flush()
    lines = (
        select(SalesOrderLine)
        .where(
            SalesOrderLine.tenant_id == ctx.tenant_id,
            SalesOrderLine.order_id == order.id,
            SalesOrderLine.archived_at.is_(None),
        )
        .order_by(SalesOrderLine.position, SalesOrderLine.id)
    )
    return list(await ctx.session.scalars(lines.execution_options(populate_existing=True)))


async def next_position(ctx: Context, order: SalesOrder) -> int:
    """Behind every line that a locked order has or had."""
    last = select(func.max(SalesOrderLine.position)).where(
        SalesOrderLine.tenant_id == ctx.tenant_id, SalesOrderLine.order_id == order.id
    )
    return int(await ctx.session.scalar(last) or 0) + 1


async def price_order(ctx: Context, order: SalesOrder) -> list[SalesOrderLine]:
    """Computes every amount and the total of a locked order anew; returns its lines."""
    lines = await standing_lines(ctx, order)
    amounts = [amount_of(line, order.currency) for line in lines]
    for line, amount in zip(lines, amounts, strict=True):
        if (line.amount_minor, line.currency) != (amount.amount_minor, order.currency):
            line.amount_minor, line.currency = amount.amount_minor, order.currency
    total = total_of(amounts, order.currency).amount_minor
    if order.total_minor != total:
        order.total_minor = total
    await ctx.flush()
    return lines
