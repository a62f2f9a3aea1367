"""I1: no transaction is missing from a completed pull, none is there by half. Pairs are always written together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.simulation.oracles import oracle

if TYPE_CHECKING:
    from tests.simulation.device import Device
    from tests.simulation.run import Run


@oracle("pull")
async def no_transaction_is_torn(run: Run, device: Device, fresh: bool) -> None:
    for name, markers in pairs_of(run, device.base).items():
        if len(set(markers)) > 1:
            run.fail("pairs", f"{device.name} shows half a transaction of {name}: {markers}")


@oracle("pull")
async def archiving_takes_the_contacts_along(run: Run, device: Device, fresh: bool) -> None:
    """One transaction archives a customer and its contacts: a live contact of an archived customer is half of one."""
    customers = device.base.get("customers", {})
    for contact in device.base.get("contacts", {}).values():
        above = customers.get(contact["customerId"])
        if above is not None and above["archivedAt"] is not None and contact["archivedAt"] is None:
            run.fail("pairs", f"{device.name} shows {contact['id']} alive under an archived customer")


def pairs_of(run: Run, base: dict[str, dict[str, dict[str, Any]]]) -> dict[str, list[str]]:
    """By pair, the markers of those of its rows that the device has."""
    customers, contacts, tags = base.get("customers", {}), base.get("contacts", {}), base.get("tags", {})
    found = {}
    for number, pair in enumerate(run.stage.pairs):
        rows = [(customers.get(str(pair.customer)), "industry"), (contacts.get(str(pair.contact)), "title")]
        found[f"pair {number}"] = [row[field] for row, field in rows if row is not None]
    found["tags"] = [tags[str(tag)]["colour"] for tag in run.stage.tag_pair if str(tag) in tags]
    return found
