"""I8 of stock: a balance is the sum of its moves, whoever brought them and when; below zero is told, not refused."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tests.simulation.oracles import oracle

if TYPE_CHECKING:
    from tests.simulation.device import Device
    from tests.simulation.run import Run

_SUMS = """
SELECT product_id, warehouse_id, sum(quantity) AS moved FROM app.stock_move WHERE tenant_id = %s
GROUP BY product_id, warehouse_id
"""
_BALANCES = "SELECT product_id, warehouse_id, on_hand, negative_since FROM app.stock_balance WHERE tenant_id = %s"
# What a document should have moved, beside what was moved in its name.
_COUNTED = """
SELECT l.id, l.counted - l.expected AS due, coalesce(sum(m.quantity), 0) AS moved, count(m.id) AS moves
FROM app.stock_count_line l
LEFT JOIN app.stock_move m ON m.tenant_id = l.tenant_id AND m.reference_id = l.id AND m.kind = 'count'
WHERE l.tenant_id = %s GROUP BY l.id, l.counted, l.expected
"""
# Counts of one product in one place follow one another: two behind the same one would correct it twice.
_FOLLOWED = """
SELECT l.product_id, c.warehouse_id, l.after_id, count(*) AS followers
FROM app.stock_count_line l JOIN app.stock_count c ON c.tenant_id = l.tenant_id AND c.id = l.count_id
WHERE l.tenant_id = %s GROUP BY l.product_id, c.warehouse_id, l.after_id HAVING count(*) > 1
"""
_BEHIND = "SELECT id, after_id FROM app.stock_count_line WHERE tenant_id = %s"
_DELIVERED = """
SELECT l.id, CASE WHEN o.state = 'delivered' AND l.archived_at IS NULL THEN -l.quantity ELSE 0 END AS due,
    coalesce(sum(m.quantity), 0) AS moved, count(m.id) AS moves
FROM app.sales_order_line l
JOIN app.sales_order o ON o.tenant_id = l.tenant_id AND o.id = l.order_id
LEFT JOIN app.stock_move m ON m.tenant_id = l.tenant_id AND m.reference_id = l.id AND m.kind = 'delivery'
WHERE l.tenant_id = %s GROUP BY l.id, o.state, l.archived_at, l.quantity
"""


# Why a device's move may be refused: who moved it, not how much there was.
_REFUSED = frozenset({"PERMISSION_DENIED", "NOT_FOUND", "NOT_SIGNED_IN", "AWAITS_OTHER_DEVICE", "RECORD_ARCHIVED"})


@oracle("outcomes")
def what_left_is_written_down(run: Run, device: Device, outcomes: list[dict[str, Any]]) -> None:
    for outcome in outcomes:
        sent = device.entries.get(outcome["uuid"])
        moved = sent is not None and sent.command == "inventory.record_stock_move"
        if moved and outcome["status"] == "inbox" and (outcome.get("error") or {}).get("code") not in _REFUSED:
            run.fail("stock", f"{device.name} moved goods, and it was refused: {outcome['error']}")


@oracle("end")
async def balances_are_sums_of_moves(run: Run) -> None:
    tenant = run.company.tenant_id
    sums = {(r["product_id"], r["warehouse_id"]): r["moved"] for r in await run.ground.fetch(_SUMS, tenant)}
    balances = {(r["product_id"], r["warehouse_id"]): r for r in await run.ground.fetch(_BALANCES, tenant)}
    for place in sums.keys() | balances.keys():
        balance, moved = balances.get(place), sums.get(place, Decimal(0))
        on_hand = balance["on_hand"] if balance is not None else None
        if on_hand != moved:
            run.fail("stock", f"{place}: {on_hand} is on hand, {moved} was moved")
        if balance is not None and (balance["on_hand"] < 0) != (balance["negative_since"] is not None):
            run.fail("stock", f"{place}: {on_hand} is on hand, negative since {balance['negative_since']}")


@oracle("end")
async def documents_move_stock_once(run: Run) -> None:
    for called, statement in (("a counted", _COUNTED), ("a delivered", _DELIVERED)):
        for row in await run.ground.fetch(statement, run.company.tenant_id):
            if run.kept_no_stock and called == "a delivered" and not row["moves"]:
                continue  # without the module nothing leaves a warehouse
            if row["due"] != row["moved"] or row["moves"] > 1:
                run.fail(
                    "stock", f"{called} line {row['id']} moved {row['moved']} in {row['moves']} moves, due {row['due']}"
                )


@oracle("end")
async def counts_follow_one_another(run: Run) -> None:
    for row in await run.ground.fetch(_FOLLOWED, run.company.tenant_id):
        run.fail("stock", f"{row['followers']} counts of {row['product_id']} follow {row['after_id']}")


@oracle("end")
async def counts_follow_what_their_counters_knew(run: Run) -> None:
    """One that was posted without anybody's decision stands behind the very count that its device showed."""
    lines = {str(row["id"]): row for row in await run.ground.fetch(_BEHIND, run.company.tenant_id)}
    for device in run.devices:
        for sent in device.entries.values():
            if sent.command != "inventory.post_stock_count" or sent.status != "applied":
                continue
            for line in sent.arguments.get("lines", ()):
                stored = lines.get(line["id"])
                behind = stored and stored["after_id"] and str(stored["after_id"])
                if stored is not None and behind != line["after"]:
                    run.fail("stock", f"line {line['id']} follows {behind}, its counter knew {line['after']}")
