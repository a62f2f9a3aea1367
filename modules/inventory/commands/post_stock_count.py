"""What was counted is set against what was expected then, and the difference moves the stock."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from msgspec import UNSET, UnsetType

from kernel.command import Input, command
from kernel.context import Context
from kernel.entity import described, facets
from modules.catalog.figures import NATURAL, natural_quantity, signed_quantity
from modules.catalog.naming import products_named
from modules.catalog.rows import inside, usable
from modules.inventory.balances import NewMove, move_stock
from modules.inventory.counts import Counted, follow_counts
from modules.inventory.entities import StockCount, StockCountLine, Warehouse
from modules.inventory.errors import CountedTwice, CountElsewhere
from modules.inventory.states import COUNT_LIFE
from modules.party.cleaning import label_of
from modules.party.errors import TooManyRows
from modules.party.field_checks import check_also
from modules.party.rows import new_row_id
from values.effects import Adds, Creates
from values.errors import AlreadyTaken
from values.money import plain

LARGEST_COUNT = 1000
check_also(StockCountLine, "counted", NATURAL)


class CountedLine(Input, frozen=True, kw_only=True):
    """`expected`, `after`: `on_hand` and `last_count_line_id` of the balance, as the counter's own list showed it when
    the product was counted. `after` is null where there was no count or no balance."""

    product_id: UUID
    counted: Decimal
    expected: Decimal
    after: UUID | UnsetType | None = UNSET
    id: UUID | None = None


class PostStockCount(Input, frozen=True, kw_only=True):
    """`id`: of a count in progress, or a new one that the caller made. Up to 1,000 lines, each product once.

    `replaces`: takes the place of counts that came in between, instead of being refused.
    """

    warehouse_id: UUID
    lines: list[CountedLine]
    id: UUID | None = None
    replaces: bool = False


@command(
    zh="盘点过账",
    en="Post stock count",
    permission="inventory.stock_count.post",
    module="inventory",
    offline=True,
    effect=Creates(
        children={"lines": ("inventory.StockCountLine", "count_id")},
        starts={"state": "posted"},
        adds=Adds(
            "inventory.StockBalance",
            of="lines",
            match=("product_id", "warehouse_id"),
            number="on_hand",
            plus="counted",
            minus="expected",
            sets={"last_count_line_id": "id"},
        ),
        splits="lines",
        insisting={"replaces": True},
    ),
)
async def post_stock_count(ctx: Context, data: PostStockCount) -> StockCount:
    """Moves each product's stock by `counted − expected`, not to `counted`: what was sold between the count and its
    arrival stays sold, and a count and moves may arrive in any order.

    Raises InvalidTransition for a posted count, CountedMeanwhile, CountElsewhere, CountedTwice, NotFound,
    MasterDataArchived.
    """
    lines = await _lines(ctx, data.lines)
    warehouse = await usable(ctx, Warehouse, data.warehouse_id, "warehouseId")
    count = await _count(ctx, data.id, warehouse.id)
    count.state, count.posted_at, count.posted_by_id = "posted", ctx.now, ctx.actor.member_id
    await ctx.flush()
    for found in lines:
        found.line.count_id = count.id
        ctx.add(found.line)
    await ctx.flush()
    await follow_counts(ctx, count, lines, replaces=data.replaces)
    await move_stock(ctx, _moves(ctx, count, [found.line for found in lines]))
    return count


async def _count(ctx: Context, count_id: UUID | None, warehouse_id: UUID) -> StockCount:
    """The count in progress, locked, or a new one."""
    if count_id is None or await ctx.get(StockCount, count_id) is None:
        made = StockCount(
            id=await new_row_id(ctx, StockCount, count_id),
            warehouse_id=warehouse_id,
            state="draft",
            posted_at=None,
            posted_by_id=None,
        )
        return ctx.add(made)
    count = await ctx.lock(StockCount, count_id)
    COUNT_LIFE.require(count.state, "posted", field="id")
    if count.warehouse_id != warehouse_id:
        raise CountElsewhere(field="warehouseId")
    return count


async def _lines(ctx: Context, given: Sequence[CountedLine]) -> list[Counted]:
    """The lines to be written, without their count."""
    if len(given) > LARGEST_COUNT:
        raise TooManyRows(field="lines", largest=LARGEST_COUNT)
    places = [f"lines.{number}" for number in range(len(given))]
    named = [line.product_id for line in given]
    products = await products_named(ctx, named, [f"{p}.productId" for p in places], in_use=False)
    found: list[Counted] = []
    seen: set[UUID] = set()
    ids: set[UUID] = set()
    counted = label_of(facets(StockCountLine)["counted"])
    for place, line in zip(places, given, strict=True):
        with inside(place):
            if line.product_id in seen:
                raise CountedTwice(field="productId")
            line_id = await new_row_id(ctx, StockCountLine, line.id)
            if line_id in ids:
                raise AlreadyTaken(field="id", value=line_id)
            seen.add(line.product_id)
            ids.add(line_id)
            row = StockCountLine(
                id=line_id,
                product_id=line.product_id,
                counted=natural_quantity(line.counted, "counted", counted),
                expected=signed_quantity(line.expected, "expected"),
                after_id=line.after or None,
            )
            found.append(Counted(place, row, products[line.product_id], line.after))
    return found


def _moves(ctx: Context, count: StockCount, lines: Sequence[StockCountLine]) -> list[NewMove]:
    return [
        NewMove(
            product_id=line.product_id,
            warehouse_id=count.warehouse_id,
            quantity=plain(line.counted - line.expected),
            kind="count",
            made_at=ctx.now,
            reference=(described(StockCountLine).name, line.id),
        )
        for line in lines
        if line.counted != line.expected
    ]
