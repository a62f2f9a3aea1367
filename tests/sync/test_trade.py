"""Documents from a device: an order with its lines, its steps, stock moves and counts, made without a network."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import select

from modules.inventory.entities import StockMove
from modules.sales.entities import SalesOrder, SalesOrderLine
from sync.client import Replica
from sync.client.values import uuid7
from tests.party.makers import make_customer, row_of, rows_of
from tests.sales.makers import confirm, line, lines_of, make_order, make_product, make_warehouse, move, on_hand
from tests.sync.conftest import Doors
from tests.world import add_member

COLLECTIONS = (
    "products",
    "salesOrderLines",
    "salesOrders",
    "stockBalances",
    "stockCountLines",
    "stockCounts",
    "stockMoves",
    "warehouses",
)


async def sync(replica: Replica) -> list[Any]:
    pushed = await asyncio.to_thread(replica.push)
    await asyncio.to_thread(replica.pull)
    return list(pushed)


def statuses(outcomes: list[Any]) -> list[str]:
    return [str(outcome["status"] if isinstance(outcome, dict) else outcome.status) for outcome in outcomes]
