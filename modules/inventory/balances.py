"""Moves and the balances that they add up to.

A balance is the sum of its moves, so it does not matter in which order devices bring them. Stock below zero is a fact
on the balance (`negative_since`), not a refusal: the goods have left already, and refusing the record would lose it.

Lock order: rows by id come before, the tenant clock after; balances by product and warehouse. Whoever makes a new
balance queues with others who do, before it locks any.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, select, tuple_

from kernel.context import Context
from modules.inventory.entities import StockBalance, StockCountLine, StockMove
from tenants.removing import delete_for_good
from values.money import plain

Place = tuple[UUID, UUID]  # product, warehouse


@dataclass(frozen=True, slots=True)
class NewMove:
    """A move to write. `quantity`: + in, − out. `reference`: the entity and row that it comes from."""

    product_id: UUID
    warehouse_id: UUID
    quantity: Decimal
    kind: str
    made_at: datetime
    id: UUID | None = None
    reference: tuple[str, UUID] | None = None
    note: str | None = None


async def move_stock(ctx: Context, moves: Sequence[NewMove]) -> list[StockMove]:
    """Writes the moves and their sums. Never refuses for lack of stock."""
    rows = [
        ctx.add(
            StockMove(
                id=move.id or ctx.new_id(),
                product_id=move.product_id,
                warehouse_id=move.warehouse_id,
                quantity=move.quantity,
                kind=move.kind,
                reference_entity=move.reference[0] if move.reference else None,
                reference_id=move.reference[1] if move.reference else None,
                made_at=move.made_at,
                note=move.note,
            )
        )
        for move in moves
    ]
    await ctx.flush()
    sums: dict[Place, Decimal] = defaultdict(Decimal)
    for move in moves:
        sums[move.product_id, move.warehouse_id] += move.quantity
    for place, balance in (await locked_balances(ctx, sums)).items():
        _set(ctx, balance, balance.on_hand + sums[place])
    await ctx.flush()
    return rows


async def settle_balances(ctx: Context) -> None:
    """Makes every balance of the company the sum of its moves again, after moves were deleted."""
    await _queue_up(ctx)
    own = select(StockBalance).where(StockBalance.tenant_id == ctx.tenant_id)
    ordered = own.order_by(StockBalance.product_id, StockBalance.warehouse_id)
    balances = await ctx.session.scalars(ordered.with_for_update().execution_options(populate_existing=True))
    standing = {(row.product_id, row.warehouse_id): row for row in balances}
    summed = await ctx.session.execute(
        select(StockMove.product_id, StockMove.warehouse_id, func.sum(StockMove.quantity).label("on_hand"))
        .where(StockMove.tenant_id == ctx.tenant_id)
        .group_by(StockMove.product_id, StockMove.warehouse_id)
    )
    sums: dict[Place, Decimal] = {(row.product_id, row.warehouse_id): row.on_hand for row in summed.all()}
    for place, on_hand in sums.items():
        _set(ctx, standing.get(place) or _fresh(ctx, place), on_hand)
    await _forget_counts(ctx, standing.values())
    await ctx.flush()
    await delete_for_good(ctx, [row for place, row in standing.items() if place not in sums])


async def _forget_counts(ctx: Context, balances: Iterable[StockBalance]) -> None:
    """Of lines that were deleted: the next count follows none."""
    named = {row.last_count_line_id for row in balances} - {None}
    own = select(StockCountLine.id).where(StockCountLine.tenant_id == ctx.tenant_id, StockCountLine.id.in_(named))
    kept = set(await ctx.session.scalars(own)) if named else set()
    for row in balances:
        if row.last_count_line_id not in kept:
            row.last_count_line_id = None


async def locked_balances(ctx: Context, places: Iterable[Place]) -> dict[Place, StockBalance]:
    """The balances of the places, locked; those that are not there yet are made."""
    wanted = sorted(places)
    here = tuple_(StockBalance.product_id, StockBalance.warehouse_id).in_(wanted)
    known = select(func.count()).select_from(StockBalance).where(StockBalance.tenant_id == ctx.tenant_id, here)
    if await ctx.session.scalar(known) != len(wanted):
        await _queue_up(ctx)
    found = await _read(ctx, wanted)
    missing = [place for place in wanted if place not in found]
    if missing:
        await _queue_up(ctx)  # they were there a moment ago, and have been deleted; or this is the queue's second call
        found |= await _read(ctx, missing)
    return {place: found.get(place) or _fresh(ctx, place) for place in wanted}


async def _read(ctx: Context, places: Sequence[Place]) -> dict[Place, StockBalance]:
    rows = await ctx.session.scalars(
        select(StockBalance)
        .where(
            StockBalance.tenant_id == ctx.tenant_id,
            tuple_(StockBalance.product_id, StockBalance.warehouse_id).in_(places),
        )
        .order_by(StockBalance.product_id, StockBalance.warehouse_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {(row.product_id, row.warehouse_id): row for row in rows}


async def _queue_up(ctx: Context) -> None:
    """Those who make balances of one company come one after the other until the commit."""
    key = f"stock_balance {ctx.tenant_id}"
    await ctx.session.core(select(func.pg_advisory_xact_lock(func.hashtextextended(key, 0))))


def _fresh(ctx: Context, place: Place) -> StockBalance:
    product_id, warehouse_id = place
    return ctx.add(
        StockBalance(
            id=ctx.new_id(),
            product_id=product_id,
            warehouse_id=warehouse_id,
            on_hand=Decimal(0),
            negative_since=None,
            last_count_line_id=None,
        )
    )


def _set(ctx: Context, balance: StockBalance, on_hand: Decimal) -> None:
    balance.on_hand = plain(on_hand)
    if on_hand >= 0:
        balance.negative_since = None
    elif balance.negative_since is None:
        balance.negative_since = ctx.now
