"""Two counts of one product: each says which count it knew, and only one that follows it moves the stock.

A count says "so much is there instead of so much", and the difference is right once: where two keepers find five
pieces missing, ten would go. Moves between a count and its arrival are differences too, of which no other knows: they
add up in any order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from msgspec import UNSET, UnsetType
from sqlalchemy import and_, select

from kernel.context import Context
from kernel.entity import described, facets
from modules.catalog.entities import Product
from modules.catalog.figures import signed_quantity
from modules.inventory.balances import Place, locked_balances
from modules.inventory.entities import StockBalance, StockCount, StockCountLine
from modules.inventory.errors import CountedMeanwhile
from tenants.audit_names import SOMEBODY, SYSTEM
from tenants.entities import Member
from values.errors import Words
from values.money import plain
from values.wire import to_wire

_TOLD = 3  # products that the sentence names


@dataclass(frozen=True, slots=True)
class Counted:
    """A line of a count that is being posted. `known`: the last count that its counter knew; unset: not said."""

    field: str
    line: StockCountLine
    product: Product
    known: UUID | UnsetType | None


async def follow_counts(ctx: Context, count: StockCount, counted: Sequence[Counted], *, replaces: bool) -> None:
    """Puts each line behind the last count of its product there, under the locks of the balances.

    Where another count came in between: with `replaces` the line takes its place, and expects what the book would have
    shown; otherwise raises CountedMeanwhile.
    """
    balances = await locked_balances(ctx, [(found.product.id, count.warehouse_id) for found in counted])
    behind = [found for found in counted if not _knows(found, _balance(balances, count, found))]
    if behind and not replaces:
        raise await _clash(ctx, count, behind, balances)
    lines = await _lines_of(ctx, count, behind)
    for found in behind:
        expected = _expected_now(found, _balance(balances, count, found), lines)
        found.line.expected = signed_quantity(expected, f"{found.field}.expected")
    for found in counted:
        balance = _balance(balances, count, found)
        found.line.after_id, balance.last_count_line_id = balance.last_count_line_id, found.line.id
    await ctx.flush()


def _balance(balances: Mapping[Place, StockBalance], count: StockCount, found: Counted) -> StockBalance:
    return balances[found.product.id, count.warehouse_id]


def _knows(found: Counted, balance: StockBalance) -> bool:
    last = balance.last_count_line_id
    return found.known == last or (found.known is UNSET and last is None)


async def _lines_of(ctx: Context, count: StockCount, counted: Sequence[Counted]) -> dict[UUID, StockCountLine]:
    """Every count of these products in this warehouse, by the line's id."""
    if not counted:
        return {}
    rows = await ctx.session.scalars(
        select(StockCountLine)
        .join(StockCount, and_(StockCount.tenant_id == ctx.tenant_id, StockCount.id == StockCountLine.count_id))
        .where(
            StockCountLine.tenant_id == ctx.tenant_id,
            StockCount.warehouse_id == count.warehouse_id,
            StockCountLine.product_id.in_([found.product.id for found in counted]),
        )
    )
    return {row.id: row for row in rows}


def _expected_now(found: Counted, balance: StockBalance, lines: Mapping[UUID, StockCountLine]) -> Decimal:
    """What the counter's list would have shown with the counts that they did not know: those since the one they knew.

    Where that is none of this product's counts (it was given up, or not said) the book as it stands is all there is to
    compare with.
    """
    expected, at = found.line.expected, balance.last_count_line_id
    while at is not None and at != found.known:
        line = lines.get(at)
        if line is None:
            return balance.on_hand
        expected, at = expected + line.counted - line.expected, line.after_id
    return expected if at == found.known else balance.on_hand


async def _clash(
    ctx: Context, count: StockCount, behind: Sequence[Counted], balances: Mapping[Place, StockBalance]
) -> CountedMeanwhile:
    """Who counted in between, when and how much, as far as the member may view counts."""
    differences, facts, told = list[dict[str, Any]](), dict[str, dict[str, Any]](), list[Words]()
    label, lines = facets(StockCountLine)["counted"], await _lines_of(ctx, count, behind)
    shown = ctx.actor.authority.holds(described(StockCountLine).view_permission)
    hidden = ctx.actor.authority.masked(described(StockCountLine).name, "counted")
    for found in behind:
        name, mine = f"{found.field}.counted", _text(found.line.counted)
        other = lines.get(_balance(balances, count, found).last_count_line_id or found.line.id)
        theirs = _text(other.counted) if other is not None and shown and not hidden else None
        base = _text(found.line.expected)
        differences.append({"field": name, "base": base, "mine": mine, "theirs": theirs})
        product = found.product.name
        facts[name] = {"zh": f"{product} {label.zh}", "en": f"{product}: {label.en.lower()}"}
        posted = await ctx.get(StockCount, other.count_id) if other is not None and shown else None
        who = await _who(ctx, posted.posted_by_id) if posted is not None else SOMEBODY
        if posted is not None and posted.posted_at is not None:
            facts[name] |= {"changedAt": to_wire(posted.posted_at), "changedById": to_wire(posted.posted_by_id)}
        told.append(_sentence(product, who, mine, theirs))
    return CountedMeanwhile(field=differences[0]["field"], found=_joined(told)).between(differences, facts)


def _sentence(product: str, who: Words, mine: str, theirs: str | None) -> Words:
    if theirs is None:
        return Words(
            f"“{product}”{who.zh}已盘点，您盘得 {mine}", f"{product}: {who.en} has counted it, you found {mine}"
        )
    return Words(
        f"“{product}”{who.zh}盘得 {theirs}，您盘得 {mine}", f"{product}: {who.en} found {theirs}, you found {mine}"
    )


def _joined(told: Sequence[Words]) -> Words:
    more = len(told) - _TOLD
    zh, en = "；".join(words.zh for words in told[:_TOLD]), "; ".join(words.en for words in told[:_TOLD])
    return Words(f"{zh}；另有 {more} 种商品", f"{en}; and {more} more") if more > 0 else Words(zh, en)


async def _who(ctx: Context, member_id: UUID | None) -> Words:
    """The member's name, where the reader may know it."""
    if member_id is None:
        return SYSTEM
    if member_id == ctx.actor.member_id:
        return Words("您自己", "you")
    member = await ctx.get(Member, member_id)
    if member is None or not ctx.actor.authority.holds(described(Member).view_permission):
        return SOMEBODY
    return Words(member.name, member.name)


def _text(quantity: Decimal) -> str:
    return str(to_wire(plain(quantity)))
