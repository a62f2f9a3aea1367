"""What whoever confirms an order has seen of it, set against what stands: nobody confirms what they never saw."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select

from kernel.command import Input
from kernel.context import Context
from kernel.entity import described, facets
from modules.catalog.entities import Product
from modules.catalog.figures import signed_quantity, unit_price
from modules.party.cleaning import label_of
from modules.party.errors import TooManyRows
from modules.sales.entities import SalesOrder, SalesOrderLine
from modules.sales.errors import OrderChangedSinceSeen
from values.errors import Words
from values.money import Money, plain
from values.wire import to_wire

_TOLD = 3  # lines that the sentence names
_MOST_LINES = 10_000  # as many as a sheet shows


class SeenLine(Input, frozen=True, kw_only=True):
    """看到的一条明细；没有看到单价可不填。/ A line as it was seen; without a unit price where none was shown."""

    id: UUID
    product_id: UUID
    quantity: Decimal
    unit_price: Decimal | None = None


class SeenOrder(Input, frozen=True, kw_only=True):
    """看到的销售单；没有看到的可不填，也不比对。/ An order as it was seen; what is left out is not compared.
    `totalMinor`: 最小货币单位 / in minor units of `currency`."""

    total_minor: int | None = None
    currency: str | None = None
    lines: list[SeenLine] | None = None


@dataclass(frozen=True, slots=True)
class _Changed:
    """One value that stands otherwise. `label`: what people call it; None: there was, or is, nothing."""

    field: str
    label: Words
    seen: Any
    now: Any

    @property
    def told(self) -> Words:
        zh, en = self.label.zh, self.label.en
        if self.seen is None:
            return Words(f"{zh} {self.now}（新增）", f"{en}: {self.now} (added)")
        if self.now is None:
            return Words(f"{zh} {self.seen}（已移除）", f"{en}: {self.seen} (removed)")
        return Words(f"{zh} {self.seen} → {self.now}", f"{en}: {self.seen} → {self.now}")


async def require_as_seen(ctx: Context, order: SalesOrder, lines: Sequence[SalesOrderLine], seen: SeenOrder) -> None:
    """Of a locked order, priced anew, with its standing lines. Raises OrderChangedSinceSeen; for what nobody can have
    seen TooManyRows, QuantityInvalid, PriceInvalid, AmountInvalid, CurrencyUnknown.

    What the member may not view is not compared, so that no refusal tells it.
    """
    _require_sane(seen.lines or [])
    total = _total(ctx, order, seen)
    changed = [found async for found in _lines(ctx, lines, seen.lines)] if seen.lines is not None else []
    if total is None and not changed:
        return
    told = [*([total] if total is not None else []), *(found.told for found in changed)]
    now = Money(order.total_minor, order.currency)
    differences: list[dict[str, Any]] = []
    if seen.total_minor is not None and not _hidden(ctx, SalesOrder, "total_minor"):
        differences.append(_difference("totalMinor", to_wire(seen.total_minor), to_wire(now.amount_minor)))
    if seen.currency is not None and seen.currency != order.currency:
        differences.append(_difference("currency", seen.currency, now.currency))
    differences += [_difference(found.field, found.seen, found.now) for found in changed]
    facts = {found.field: {"zh": found.label.zh, "en": found.label.en} for found in changed}
    raise OrderChangedSinceSeen(field="id", found=_joined(told)).between(differences, facts)


def _require_sane(lines: Sequence[SeenLine]) -> None:
    if len(lines) > _MOST_LINES:
        raise TooManyRows(field="seen.lines", largest=_MOST_LINES)
    label = label_of(facets(SalesOrderLine)["unit_price"])
    for number, line in enumerate(lines):
        signed_quantity(line.quantity, f"seen.lines.{number}.quantity")
        if line.unit_price is not None:
            unit_price(line.unit_price, f"seen.lines.{number}.unitPrice", label)


def _total(ctx: Context, order: SalesOrder, seen: SeenOrder) -> Words | None:
    """How the total differs; None: it is as it was seen."""
    if seen.total_minor is None or _hidden(ctx, SalesOrder, "total_minor"):
        return None
    before = Money(seen.total_minor, seen.currency or order.currency)
    now = Money(order.total_minor, order.currency)
    if before == now:
        return None
    return Words(
        f"确认时合计 {before.spelled()}，现在是 {now.spelled()}",
        f"its total was {before.spelled()} and is {now.spelled()} now",
    )


async def _lines(ctx: Context, lines: Sequence[SalesOrderLine], seen: Sequence[SeenLine]) -> AsyncIterator[_Changed]:
    """Every value of a line that stands otherwise, in the order's order; removed lines last."""
    known = {line.id: line for line in seen}
    standing = {line.id for line in lines}
    names = await _names(ctx, {line.product_id for line in lines} | {line.product_id for line in seen})
    for number, line in enumerate(lines):
        for found in _line(ctx, number, line, known.get(line.id), names):
            yield found
    for number, gone in enumerate([line for line in seen if line.id not in standing], len(lines)):
        yield _Changed(
            f"lines.{number}.quantity", _label(names[gone.product_id], "quantity"), _text(gone.quantity), None
        )


def _line(
    ctx: Context, number: int, line: SalesOrderLine, seen: SeenLine | None, names: dict[UUID, str]
) -> Iterator[_Changed]:
    name, place = names[line.product_id], f"lines.{number}"
    if seen is None:
        yield _Changed(f"{place}.quantity", _label(name, "quantity"), None, _text(line.quantity))
        return
    if seen.product_id != line.product_id:
        label = facets(SalesOrderLine)["product_id"]
        yield _Changed(f"{place}.product", Words(label.zh, label.en), names[seen.product_id], name)
    if seen.quantity != line.quantity:
        yield _Changed(f"{place}.quantity", _label(name, "quantity"), _text(seen.quantity), _text(line.quantity))
    priced = seen.unit_price is not None and not _hidden(ctx, SalesOrderLine, "unit_price")
    if priced and seen.unit_price != line.unit_price:
        price = _text(seen.unit_price or Decimal(0))
        yield _Changed(f"{place}.unitPrice", _label(name, "unit_price"), price, _text(line.unit_price))


async def _names(ctx: Context, product_ids: set[UUID]) -> dict[UUID, str]:
    """What the products are called; one that is not of this company by its id."""
    wanted = select(Product.id, Product.name).where(Product.tenant_id == ctx.tenant_id, Product.id.in_(product_ids))
    found = {row.id: str(row.name) for row in await ctx.session.core(wanted)}
    return {product_id: found.get(product_id, str(product_id)) for product_id in product_ids}


def _label(product: str, column: str) -> Words:
    facet = facets(SalesOrderLine)[column]
    return Words(f"“{product}”{facet.zh}", f"{product}, {facet.en.lower()}")


def _difference(field: str, seen: Any, now: Any) -> dict[str, Any]:
    return {"field": field, "base": seen, "mine": seen, "theirs": now}


def _hidden(ctx: Context, entity: type[SalesOrder | SalesOrderLine], column: str) -> bool:
    return ctx.actor.authority.masked(described(entity).name, column)


def _joined(told: Sequence[Words]) -> Words:
    more = len(told) - _TOLD
    zh, en = "；".join(words.zh for words in told[:_TOLD]), "; ".join(words.en for words in told[:_TOLD])
    return Words(f"{zh}；另有 {more} 处改动", f"{en}; and {more} more changes") if more > 0 else Words(zh, en)


def _text(number: Decimal) -> str:
    return str(to_wire(plain(number)))
