"""I7: every number of a series is used by one document, voided, or outstanding in an open lease; none twice."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from tests.simulation.oracles import oracle

if TYPE_CHECKING:
    from tests.simulation.run import Run

_SERIES = "SELECT id, prefix, next_value FROM app.number_series WHERE tenant_id = %s"
_NUMBERS = "SELECT value, number, state, row_id FROM app.document_number WHERE tenant_id = %s AND series_id = %s"
_LEASES = 'SELECT "first", "last", closed_at FROM app.number_lease WHERE tenant_id = %s AND series_id = %s'
_DOCUMENTS = "SELECT id, number FROM app.sales_order WHERE tenant_id = %s"


@oracle("end")
async def every_number_is_accounted_for(run: Run) -> None:
    tenant = run.company.tenant_id
    documents = {row["number"]: row["id"] for row in await run.ground.fetch(_DOCUMENTS, tenant)}
    used: dict[str, object] = {}
    for series in await run.ground.fetch(_SERIES, tenant):
        found = await run.ground.fetch(_NUMBERS, tenant, series["id"])
        leased = Counter[int]()
        outstanding: set[int] = set()
        for lease in await run.ground.fetch(_LEASES, tenant, series["id"]):
            values = range(lease["first"], lease["last"] + 1)
            leased.update(values)
            outstanding |= set(values) if lease["closed_at"] is None else set()
        if twice := [value for value, times in leased.items() if times > 1]:
            run.fail("numbers", f"{series['prefix']}-{twice[0]} was leased twice")
        told = Counter(row["value"] for row in found)
        for value in range(1, series["next_value"]):
            if told[value] > 1 or (told[value] == 0 and value not in outstanding):
                run.fail("numbers", f"{series['prefix']}-{value} is {told[value]} times used or voided")
        used |= {row["number"]: row["row_id"] for row in found if row["state"] == "used"}
    if documents != used:
        odd = sorted(set(documents.items()) ^ set(used.items()))
        run.fail("numbers", f"documents and the book of numbers differ: {odd[:3]}")


@oracle("end")
async def orders_have_the_numbers_that_they_were_given(run: Run) -> None:
    numbers = {str(row["id"]): row["number"] for row in await run.ground.fetch(_DOCUMENTS, run.company.tenant_id)}
    made = [sent for sent in run.sent.values() if sent.command == "sales.create_order" and sent.status == "applied"]
    for sent in made if not run.restores else ():
        given, row = sent.arguments.get("number"), str(sent.row_id)
        if given and numbers.get(row) != given:
            run.fail("numbers", f"the order {row} was printed as {given} and is {numbers.get(row)}")
