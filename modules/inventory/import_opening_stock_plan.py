"""Decides row by row what an import of opening stock does: enter it, leave it, refuse. Writes nothing.

Opening stock is what lies in a warehouse before the first move of a product there. Where the books already say the
file's quantity nothing is left to do, so the same file may come again; where they say another one, somebody has
worked with it since, and a count puts it right.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Generic, TypeVar
from uuid import UUID

import msgspec
from sqlalchemy import or_, select, tuple_

from kernel.context import Context
from kernel.entity import facets
from modules.catalog.entities import Product
from modules.catalog.figures import natural_quantity
from modules.catalog.rows import refuse_archived
from modules.inventory.balances import Place
from modules.inventory.entities import StockBalance, StockCountLine, Warehouse
from modules.inventory.errors import OpeningStockMoved, OpeningStockTwice
from modules.inventory.warehouses import chosen_warehouse
from modules.party.cleaning import label_of
from modules.party.import_errors import ReferenceAmbiguous, ReferenceUnknown
from modules.party.import_rows import Decision, Existing, ImportedRow, PreparedRow, plain_name
from values.errors import Refusal, Required
from values.pinyin import sort_key
from values.wire import wire_name

NamedT = TypeVar("NamedT", Product, Warehouse)
RIGHTS = ("inventory.stock_count.post", "catalog.product.view", "inventory.warehouse.view")


@dataclass(slots=True)
class Opening(Decision[StockBalance]):
    """What lies where. `after`: what the books say behind it."""

    product_id: UUID | None = None
    warehouse: Warehouse | None = None
    quantity: Decimal = Decimal(0)
    after: Decimal = Decimal(0)

    @property
    def place(self) -> Place | None:
        return (self.product_id, self.warehouse.id) if self.product_id and self.warehouse else None

    def outcome(self, language: str) -> ImportedRow:
        told = Decision.outcome(self, language)
        if self.action == "refuse" or self.warehouse is None:
            return told
        return msgspec.structs.replace(
            told, into=self.warehouse.name, quantity=format(self.quantity, "f"), after=format(self.after, "f")
        )


class OpeningStockPlan:
    """Remembers the places of earlier rows, so that a rehearsal over many batches decides like the import."""

    def __init__(self, ctx: Context, existing: Existing) -> None:
        self._ctx, self._existing = ctx, existing
        self._rows: dict[Place, int] = {}

    async def decide(self, rows: Sequence[PreparedRow]) -> list[Opening]:
        """One decision per row, in the order given. Raises PermissionDenied."""
        ctx = self._ctx
        for permission in RIGHTS:
            ctx.actor.authority.require(permission)
        self._products = _Named(await self._called(Product, (row.refs.get("product_id") for row in rows)))
        self._warehouses = _Named(await self._called(Warehouse, (row.refs.get("warehouse_id") for row in rows)))
        self._only = await self._only_warehouse(rows)
        openings = [self._read(row) for row in rows]
        balances = await self._balances({opening.place for opening in openings if opening.place})
        for opening in openings:
            self._settle(opening, balances)
        return openings

    async def _called(self, entity: type[NamedT], texts: Iterable[str | None]) -> Sequence[NamedT]:
        wanted = {text for text in texts if text}
        if not wanted:
            return []
        called = or_(entity.code.in_(wanted), entity.name_key.in_({sort_key(text) for text in wanted}))
        found: Sequence[NamedT] = await self._ctx.session.scalars(
            select(entity).where(entity.tenant_id == self._ctx.tenant_id, called)
        )
        return found

    async def _only_warehouse(self, rows: Sequence[PreparedRow]) -> Warehouse | Refusal | None:
        """For rows that name none: the company's only one, or why there is no such."""
        if all(row.refs.get("warehouse_id") for row in rows):
            return None
        try:
            chosen = await chosen_warehouse(self._ctx, None, "warehouseId")
        except Refusal as refusal:
            return refusal
        return await self._ctx.get(Warehouse, chosen)

    async def _balances(self, places: set[Place]) -> dict[Place, StockBalance]:
        if not places:
            return {}
        rows = await self._ctx.session.scalars(
            select(StockBalance).where(
                StockBalance.tenant_id == self._ctx.tenant_id,
                tuple_(StockBalance.product_id, StockBalance.warehouse_id).in_(sorted(places)),
            )
        )
        return {(row.product_id, row.warehouse_id): row for row in rows}

    def _read(self, row: PreparedRow) -> Opening:
        opening = Opening(row, "create", self._ctx.new_id())
        for read in (self._product, self._warehouse, self._quantity):
            try:
                read(opening)
            except Refusal as refusal:
                opening.refusals.append(refusal)
        return opening

    def _product(self, opening: Opening) -> None:
        product = self._products.find(self._text(opening, "product_id"), "productId")
        refuse_archived(product, "productId")
        opening.product_id = product.id

    def _warehouse(self, opening: Opening) -> None:
        text = opening.prepared.refs.get("warehouse_id")
        found = self._warehouses.find(text, "warehouseId") if text else self._only
        if isinstance(found, Refusal):
            raise found
        if found is None:
            raise Required(field="warehouseId", label=label_of(facets(StockBalance)["warehouse_id"]))
        refuse_archived(found, "warehouseId")
        opening.warehouse = found

    def _quantity(self, opening: Opening) -> None:
        given = opening.prepared.values.get("on_hand")
        if given is None and "onHand" not in opening.prepared.spoiled:
            raise Required(field="onHand", label=label_of(facets(StockBalance)["on_hand"]))
        if given is not None:
            label = label_of(facets(StockCountLine)["counted"])
            opening.quantity = natural_quantity(Decimal(str(given)), "onHand", label)

    @staticmethod
    def _text(opening: Opening, column: str) -> str:
        text = opening.prepared.refs.get(column)
        if not text:
            raise Required(field=wire_name(column), label=label_of(facets(StockBalance)[column]))
        return text

    def _settle(self, opening: Opening, balances: dict[Place, StockBalance]) -> None:
        place = opening.place
        if place is not None and place in self._rows:
            opening.refusals.append(OpeningStockTwice(field="productId", first=self._rows[place]))
        if place is None or opening.refusals or opening.prepared.spoiled:
            opening.action = "refuse"
            return
        self._rows[place] = opening.prepared.row
        opening.after = opening.quantity
        balance = balances.get(place)
        if balance is None:
            return
        opening.existing, opening.row_id, opening.after = balance, balance.id, balance.on_hand
        if balance.on_hand == opening.quantity:
            opening.action = "unchanged"
        elif self._existing == "skip":
            opening.leave()
        else:
            opening.action = "refuse"
            opening.refusals.append(OpeningStockMoved(field="onHand", on_hand=format(balance.on_hand, "f")))


class _Named(Generic[NamedT]):
    """Master data by code or name; those in use come first, an archived one is only told as such."""

    def __init__(self, rows: Iterable[NamedT]) -> None:
        self._by_code: dict[str, NamedT] = {}
        self._by_name: dict[str, list[NamedT]] = defaultdict(list)
        for row in rows:
            if row.code:
                self._by_code[row.code] = row
            self._by_name[plain_name(row.name)].append(row)

    def find(self, text: str, field: str) -> NamedT:
        """Raises ReferenceUnknown, ReferenceAmbiguous."""
        coded = self._by_code.get(text)
        if coded is not None:
            return coded
        called = self._by_name.get(plain_name(text), [])
        found = [row for row in called if row.archived_at is None] or called
        if not found:
            raise ReferenceUnknown(field=field, name=text[:60])
        if len(found) > 1:
            raise ReferenceAmbiguous(field=field, name=text[:60], count=len(found))
        return found[0]
