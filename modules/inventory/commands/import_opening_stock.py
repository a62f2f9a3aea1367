"""What lay in the warehouses when the company began to work with this product, from a file."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal

from kernel.command import Input, command
from kernel.context import Context
from modules.inventory.balances import locked_balances
from modules.inventory.commands.post_stock_count import CountedLine, PostStockCount, post_stock_count
from modules.inventory.entities import StockBalance
from modules.inventory.import_opening_stock_plan import Opening, OpeningStockPlan
from modules.party.errors import TooManyRows
from modules.party.import_checks import one_at_a_time
from modules.party.import_rows import Existing, ImportOutcome, PreparedRow
from modules.party.import_writing import LARGEST_BATCH


class ImportOpeningStock(Input, frozen=True, kw_only=True):
    """At most 1,000 rows: product, warehouse, quantity. A row that is refused stops no other."""

    rows: list[PreparedRow]
    existing: Existing = "update"


@command(
    zh="导入期初库存",
    en="Import opening stock",
    permission="inventory.stock_balance.import",
    module="inventory",
    api=False,
)
async def import_opening_stock(ctx: Context, data: ImportOpeningStock) -> ImportOutcome:
    """Posts one count per warehouse over what the books did not know, and tells what they say afterwards.

    The same rows a second time change nothing: the books say their quantities already.
    """
    if len(data.rows) > LARGEST_BATCH:
        raise TooManyRows(field="rows", largest=LARGEST_BATCH)
    await one_at_a_time(ctx, StockBalance)
    openings = await OpeningStockPlan(ctx, data.existing).decide(data.rows)
    entered = [opening for opening in openings if opening.action == "create"]
    by_warehouse: dict[object, list[Opening]] = defaultdict(list)
    for opening in entered:
        by_warehouse[opening.place and opening.place[1]].append(opening)
    for found in by_warehouse.values():
        await _post(ctx, found)
    balances = await locked_balances(ctx, {opening.place for opening in entered if opening.place})
    for opening in entered:
        if opening.place is not None:
            balance = balances[opening.place]
            opening.row_id, opening.after = balance.id, balance.on_hand
    return ImportOutcome(rows=[opening.outcome(ctx.actor.language) for opening in openings])


async def _post(ctx: Context, openings: Sequence[Opening]) -> None:
    """One count of one warehouse, in which nothing was expected."""
    lines = [
        CountedLine(product_id=opening.product_id, counted=opening.quantity, expected=Decimal(0), after=None)
        for opening in openings
        if opening.product_id is not None
    ]
    warehouse = openings[0].warehouse
    if warehouse is not None:
        await post_stock_count(ctx, PostStockCount(warehouse_id=warehouse.id, lines=lines))
