"""Decides row by row what an import of products does: create, update, leave, refuse. Writes nothing.

A row is the product that has its code; without such a code, the one under the exact name (width, case and blanks
aside), told apart by specification. A product with another code, or of another specification, is another one.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from kernel.context import Context
from kernel.entity import facets
from modules.catalog.entities import Product
from modules.catalog.errors import ProductAmbiguous
from modules.catalog.figures import unit_price
from modules.party.cleaning import label_of
from modules.party.commands.create_customer import base_currency
from modules.party.import_candidates import Candidates
from modules.party.import_checks import (
    checked_custom,
    checked_values,
    fillable_custom,
    missing_custom,
    refuse,
    refuse_unseen,
)
from modules.party.import_errors import InRecycleBin
from modules.party.import_rows import Decision, Existing, PreparedRow, custom_after, differences, plain_name
from tenants.custom_field_entities import CustomField
from values.errors import PermissionDenied, Refusal
from values.pinyin import sort_key

_Decision = Decision[Product]


class ProductsPlan:
    """Remembers what earlier rows of the file claim, so that a rehearsal over many batches decides like the import."""

    def __init__(self, ctx: Context, existing: Existing, *, writing: bool) -> None:
        self._ctx, self._existing = ctx, existing
        self._candidates = Candidates(ctx, Product, writing=writing)
        self._claimed: set[UUID] = set()
        self._currency = ""
        self.fields: list[CustomField] = []

    async def decide(self, rows: Sequence[PreparedRow]) -> list[_Decision]:
        """One decision per row, in the order given."""
        ctx = self._ctx
        self.fields = await fillable_custom(ctx, Product)
        self._currency = await base_currency(ctx)
        await self._candidates.load(rows)
        decisions = [self._decide(row) for row in rows]
        await refuse_unseen(ctx, self.fields, decisions)
        return decisions

    def _decide(self, row: PreparedRow) -> _Decision:
        values, wrong = checked_values(self._ctx, Product, row, ("name",))
        custom, wrong_custom = checked_custom(self.fields, row)
        decision = _Decision(row, "create", self._ctx.new_id(), values=values, custom=custom)
        decision.refusals.extend([*wrong, *wrong_custom])
        for settle in (self._settle_match, self._settle_price):
            try:
                settle(decision)
            except Refusal as refusal:
                decision.refusals.append(refusal)
        if decision.existing is None:
            decision.refusals.extend(missing_custom(self.fields, decision))
        if decision.refusals or row.spoiled:
            return refuse(decision)
        if decision.existing is None:
            decision.values["name_key"] = sort_key(decision.values["name"])
        else:
            self._compare(decision, decision.existing)
        return decision

    def _settle_match(self, decision: _Decision) -> None:
        """Finds the product that the row is about, and asks for the right that writing it needs."""
        decision.existing = self._match(decision)
        if decision.existing is None:
            self._require("catalog.product.create")
        else:
            self._claimed.add(decision.existing.id)
            decision.row_id = decision.existing.id

    def _match(self, decision: _Decision) -> Product | None:
        code, name, spec = (decision.values.get(column) for column in ("code", "name", "spec"))
        coded = self._candidates.coded(code)
        if coded is not None:
            if coded.archived_at is not None:
                raise InRecycleBin(field="code", code=code)
            return coded
        found = [
            product
            for product in self._candidates.named(name)
            if product.id not in self._claimed and not (code and product.code)
        ]
        alike = [product for product in found if plain_name(product.spec or "") == plain_name(spec or "")]
        if spec and not alike:
            alike = [product for product in found if not product.spec]  # the file says more than is known here
        elif not spec and not alike:
            alike = found
        if len(alike) > 1:
            raise ProductAmbiguous(field="name", name=name, count=len(alike))
        return alike[0] if alike else None

    def _settle_price(self, decision: _Decision) -> None:
        """A price stands with its currency; a column that says CNY in every row means nothing without a price."""
        values, existing = decision.values, decision.existing
        if values.get("list_price") is None:
            if values.get("currency") is not None and (existing is None or existing.list_price is None):
                values.pop("currency")
            return
        label = label_of(facets(Product)["list_price"])
        values["list_price"] = unit_price(Decimal(str(values["list_price"])), "listPrice", label)
        known = existing.currency if existing is not None else None
        values["currency"] = values.get("currency") or known or self._currency

    def _compare(self, decision: _Decision, product: Product) -> None:
        """Keeps of the decision what the policy would change."""
        if self._existing == "skip":
            decision.leave()
            return
        decision.values = _changed(product, decision.values, self._existing)
        decision.custom = custom_after(product, decision.custom or {}, self._existing)
        if not decision.values and decision.custom is None:
            decision.action = "unchanged"
            return
        decision.action = "update"
        try:
            self._require("catalog.product.edit")
        except Refusal as refusal:
            refuse(decision, refusal)
            return
        if "name" in decision.values:
            decision.values["name_key"] = sort_key(decision.values["name"])

    def _require(self, permission: str) -> None:
        if not self._ctx.actor.authority.holds(permission):
            raise PermissionDenied(permission=permission)


def _changed(product: Product, values: dict[str, Any], policy: Existing) -> dict[str, Any]:
    changed = differences(product, values, policy)
    if policy == "fill" and product.list_price is not None:
        changed.pop("currency", None)  # it belongs to the price that stays
    return changed
