"""I8: sums do not depend on the order in which things arrive. One entry of the table a quantity that adds up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.simulation.ledger import Sent
from tests.simulation.oracles import oracle
from tests.simulation.oracles.outcomes import read_books
from tests.simulation.oracles.queue import names_erased

if TYPE_CHECKING:
    from tests.simulation.run import Run


@dataclass(frozen=True)
class Sum:
    """Rows that a queued command adds, and the amount that each adds to its key. `statement` reads, for a tenant,
    `id`, `key` and `amount` of what stands in the tables; `adds` says the same of a mutation."""

    name: str
    command: str
    statement: str
    adds: Callable[[dict[str, Any]], tuple[str, int]]


SUMS = [
    Sum(
        "budgets of a customer's follow-ups",
        "crm.log_activity",
        "SELECT id::text, customer_id::text AS key, budget_minor AS amount FROM app.activity WHERE tenant_id = %s",
        lambda arguments: (arguments["customerId"], arguments.get("budgetMinor", 0)),
    )
]


@oracle("end")
async def sums_are_those_of_the_accepted_mutations(run: Run) -> None:
    books = await read_books(run)
    for quantity in SUMS:
        rows = {row["id"]: row for row in await run.ground.fetch(quantity.statement, run.company.tenant_id)}
        expected: dict[str, int] = {}
        actual: dict[str, int] = {}
        for sent in run.sent.values():
            if sent.command != quantity.command or sent.row_id is None or names_erased(run, sent):
                continue  # whoever may not view such rows lets the server make the id
            key, amount = quantity.adds(sent.arguments)
            if _accepted(sent, books.entries[sent.uuid], books.stored[sent.uuid]):
                expected[key] = expected.get(key, 0) + amount
            if (row := rows.get(str(sent.row_id))) is not None:
                actual[row["key"]] = actual.get(row["key"], 0) + int(row["amount"])
        if expected != actual:
            run.fail("sums", f"{quantity.name}: {actual} stands in the tables, accepted were {expected}")


def _accepted(sent: Sent, entries: list[dict[str, Any]], stored: int) -> bool:
    return stored > 0 or any(entry["state"] in ("taken", "applied") for entry in entries)
