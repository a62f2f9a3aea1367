"""Orders: totals are those of their lines, states go by their steps, what was packed adds up, lines lie with orders."""

from __future__ import annotations

from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from tests.simulation.oracles import oracle
from tests.simulation.oracles.outcomes import read_books

if TYPE_CHECKING:
    from tests.simulation.run import Run

_STEPS = {("draft", "confirmed"), ("draft", "cancelled"), ("confirmed", "delivered"), ("confirmed", "cancelled")}
_ORDERS = "SELECT id, state, total_minor, owner_id, scope_path, customer_id FROM app.sales_order WHERE tenant_id = %s"
_LINES = """
SELECT id, order_id, quantity, unit_price, amount_minor, packed_quantity, archived_at, owner_id, scope_path
FROM app.sales_order_line WHERE tenant_id = %s
"""
_STATES = """
SELECT row_id, before ->> 'state' AS before, after ->> 'state' AS after FROM app.audit_entry
WHERE tenant_id = %s AND entity = 'sales.SalesOrder' AND op = 'update' AND after ? 'state'
"""


@oracle("end")
async def orders_are_whole(run: Run) -> None:
    tenant = run.company.tenant_id
    orders = {row["id"]: row for row in await run.ground.fetch(_ORDERS, tenant)}
    totals: dict[Any, int] = defaultdict(int)
    for line in await run.ground.fetch(_LINES, tenant):
        order = orders.get(line["order_id"])
        if order is None or (order["owner_id"], order["scope_path"]) != (line["owner_id"], line["scope_path"]):
            run.fail("orders", f"line {line['id']} does not lie where its order lies")
        if line["archived_at"] is None:
            totals[line["order_id"]] += int(
                (line["unit_price"] * line["quantity"] * 100).quantize(Decimal(1), ROUND_HALF_UP)
            )
    for order_id, order in orders.items():
        if order["total_minor"] != totals[order_id]:
            run.fail("orders", f"order {order_id} comes to {order['total_minor']}, its lines to {totals[order_id]}")
    for step in await run.ground.fetch(_STATES, tenant):
        if (step["before"], step["after"]) not in _STEPS:
            run.fail("orders", f"order {step['row_id']} went from {step['before']} to {step['after']}")


@oracle("end")
async def what_was_packed_adds_up(run: Run) -> None:
    """A counter: each adds what they added. A person who takes an entry over sets the figure instead."""
    books = await read_books(run)
    packed: dict[str, int] = defaultdict(int)
    decided: set[str] = set()
    for sent in run.sent.values():
        if sent.command != "sales.edit_order_line" or "packedQuantity" not in sent.arguments:
            continue
        row, entries = str(sent.row_id), books.entries[sent.uuid]
        decided |= {row for entry in entries if entry["state"] == "taken"}
        if books.stored[sent.uuid] or any(entry["state"] == "applied" for entry in entries):
            packed[row] += int(sent.arguments["packedQuantity"]) - int(Decimal(sent.base["packedQuantity"] or 0))
    for line in await run.ground.fetch(_LINES, run.company.tenant_id):
        row = str(line["id"])
        if row not in decided and not run.restores and line["packed_quantity"] != packed[row]:
            run.fail("sums", f"of line {row} {line['packed_quantity']} are packed, {packed[row]} were added")
