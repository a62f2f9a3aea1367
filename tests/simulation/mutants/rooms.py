"""Bugs in what the rooms make of what devices bring: numbers, stock."""

from __future__ import annotations

from typing import Any

from modules.bridges import deliveries
from modules.inventory import balances, counts
from tenants.commands import lease_numbers
from tests.simulation.mutants import Surgeon, mutant
from values.errors import InvalidInput, Words


@mutant("lease_numbers", "create_order", "sync")
def ranges_overlap(m: Surgeon) -> None:
    """A lease begins with the last number of the one before."""

    def around(allot: Any) -> Any:
        async def overlapping(ctx: Any, series: Any, count: int) -> Any:
            series_id, first = await allot(ctx, series, count)
            return series_id, max(1, first - 1)

        return overlapping

    m.wrap(lease_numbers, "allot", around)


@mutant("create_order", "step_of_order", "step_of_order_online", "sync")
def deliveries_move_stock_twice(m: Surgeon) -> None:
    """Each line of a delivered order leaves the warehouse twice."""

    def around(move: Any) -> Any:
        async def twice(ctx: Any, moves: Any) -> Any:
            await move(ctx, moves)
            return await move(ctx, moves)

        return twice

    m.wrap(deliveries, "move_stock", around)


@mutant("move_stock", "sync", "count_stock")
def balances_begin_anew(m: Surgeon) -> None:
    """A balance is the last move, not the sum of all."""
    m.wrap(balances, "_set", lambda f: lambda ctx, balance, on_hand: f(ctx, balance, on_hand - (balance.on_hand or 0)))


@mutant("count_stock", "sync")
def a_count_follows_whatever_is_there(m: Surgeon) -> None:
    """Two counts on one base both move the stock."""
    m.put(counts, "_knows", lambda _found, _balance: True)


@mutant("move_stock", "sync", "count_stock")
def negative_stock_is_refused(m: Surgeon) -> None:
    """What would leave less than nothing is refused, and the record of it lost."""

    def around(set_: Any) -> Any:
        def checked(ctx: Any, balance: Any, on_hand: Any) -> None:
            if on_hand < 0:
                raise InvalidInput(field="quantity", problem=Words("库存不足", "there is not enough"))
            set_(ctx, balance, on_hand)

        return checked

    m.wrap(balances, "_set", around)
