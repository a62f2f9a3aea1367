"""Goods came in or went out without a document that says so."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from kernel.command import Input, command
from kernel.context import Context
from kernel.entity import facets
from modules.catalog.figures import signed_quantity
from modules.catalog.naming import products_named
from modules.catalog.rows import usable
from modules.inventory.balances import NewMove, move_stock
from modules.inventory.entities import MOVE_KINDS, StockMove, Warehouse
from modules.inventory.errors import MoveDirectionWrong, MovedLater, MoveWithoutQuantity
from modules.party.cleaning import clean, cleaned_values
from modules.party.rows import new_row_id
from values.effects import Adds, Creates
from values.errors import Words

_CLOCKS_APART = timedelta(days=1)  # a device's clock may be wrong, and its zone
_SIGNS = {"receipt": 1, "issue": -1, "delivery": -1}


class RecordStockMove(Input, frozen=True, kw_only=True):
    """`quantity`: + in, − out. `id` may be made by the caller, a device for example. `made_at` defaults to now."""

    product_id: UUID
    warehouse_id: UUID
    quantity: Decimal
    kind: str
    id: UUID | None = None
    made_at: datetime | None = None
    note: str | None = None


@command(
    zh="登记库存移动",
    en="Record stock move",
    permission="inventory.stock_move.record",
    module="inventory",
    offline=True,
    effect=Creates(
        adds=Adds("inventory.StockBalance", match=("product_id", "warehouse_id"), number="on_hand", plus="quantity")
    ),
)
async def record_stock_move(ctx: Context, data: RecordStockMove) -> StockMove:
    """Adds a move and its quantity to the balance; stock may go below zero, which the balance then says.

    Moves of archived products are taken: the goods are there. Raises MoveDirectionWrong, MoveWithoutQuantity,
    MovedLater (more than a day ahead), NotFound, MasterDataArchived for the warehouse.
    """
    values = cleaned_values(ctx, StockMove, {"kind": data.kind, "note": data.note})
    quantity = _directed(values["kind"], signed_quantity(data.quantity, "quantity"))
    made_at = _moment(ctx, data.made_at)
    move_id = await new_row_id(ctx, StockMove, data.id)
    await products_named(ctx, [data.product_id], ["productId"], in_use=False)
    warehouse = await usable(ctx, Warehouse, data.warehouse_id, "warehouseId")
    move = NewMove(
        id=move_id,
        product_id=data.product_id,
        warehouse_id=warehouse.id,
        quantity=quantity,
        kind=values["kind"],
        made_at=made_at,
        note=values["note"],
    )
    return (await move_stock(ctx, [move]))[0]


def _directed(kind: str, quantity: Decimal) -> Decimal:
    if quantity == 0:
        raise MoveWithoutQuantity(field="quantity")
    sign = _SIGNS.get(kind)
    if sign is not None and sign * quantity < 0:
        called = next(Words(choice.zh, choice.en.lower()) for choice in MOVE_KINDS if choice.value == kind)
        needed = Words("正数", "positive") if sign > 0 else Words("负数", "negative")
        raise MoveDirectionWrong(field="quantity", kind=called, sign=needed)
    return quantity


def _moment(ctx: Context, given: datetime | None) -> datetime:
    if given is None:
        return ctx.now
    made_at: datetime = clean(StockMove, "made_at", facets(StockMove)["made_at"], given, ctx.now.date())
    if made_at > ctx.now + _CLOCKS_APART:
        raise MovedLater(field="madeAt")
    return made_at
