"""Nothing that a member wrote vanishes from their lists, and nothing stays marked that is decided."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.simulation.oracles import oracle

if TYPE_CHECKING:
    from tests.simulation.device import Device
    from tests.simulation.run import Run

_KEPT_BACK = {"inbox": "open", "waiting": "waiting", "parked": "parked"}


@oracle("step")
def marks_have_their_reasons(run: Run, device: Device) -> None:
    if not device.sure or device.replica is None or run.restores or device.split:
        return
    marks = {state: _reasons(run, device, state) for state in _KEPT_BACK}
    for collection in ("customers", "salesOrders"):
        shown = {row["id"]: row for row in device.rows(collection, archived=True, states=True)}
        for row_id, row in shown.items():
            state = row["_state"]
            if state in marks and row_id not in marks[state]:
                run.fail("states", f"{device.name} marks {collection} {row_id} as {state}, and nothing is")
        for sent in device.entries.values():
            if sent.effect == "create" and sent.collection == collection and sent.row_id and not sent.children:
                new = sent.status in _KEPT_BACK and sent.uuid not in device.knew.contained
                if new and sent.arguments and sent.row_id not in shown:
                    run.fail("states", f"{device.name} shows nothing of {sent.n} {sent.command}: {sent.status}")


def _reasons(run: Run, device: Device, state: str) -> set[str]:
    """Rows about which an unresolved entry stands in the inbox, or an answer that no pull contains yet."""
    entries: list[dict[str, Any]] = list(device.base.get("inbox", {}).values())
    found = {str(entry["arguments"].get("id")) for entry in entries if entry["state"] == _KEPT_BACK[state]}
    sent = (s for s in device.entries.values() if s.status == state and s.uuid not in device.knew.contained)
    return found | {str(s.row_id) for s in sent}
