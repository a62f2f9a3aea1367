"""Read your writes: a member sees the server's rows under what they did here, until the rows themselves show it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.simulation.ledger import Sent
from tests.simulation.oracles import oracle
from tests.simulation.upgrades import RESPELLED, row_as_today

if TYPE_CHECKING:
    from tests.simulation.device import Device
    from tests.simulation.run import Run

_COLLECTIONS = ("customers", "contacts", "salesOrders", "salesOrderLines")


@oracle("step")
def own_edits_show_until_the_rows_show_them(run: Run, device: Device) -> None:
    if not device.sure or device.replica is None:
        return
    for collection in _COLLECTIONS:
        expected = _view(device, collection)
        shown = {row["id"]: row_as_today(collection, row) for row in device.rows(collection, archived=True)}
        other = {sent.row_id for sent in device.entries.values() if sent.app != device.app and _shows(device, sent)}
        if set(shown) != set(expected):
            odd = sorted(set(shown) ^ set(expected))
            run.fail("overlay", f"{device.name} {collection}: {odd[:3]} is shown and should not be, or the reverse")
        for row_id, fields in expected.items():
            for name, value in fields.items():
                if name in RESPELLED and row_id in other:
                    continue  # an edit of the former app shows in its words until the server has it
                if shown[row_id].get(name) != value and not (
                    name == "archivedAt" and value and shown[row_id].get(name)
                ):
                    run.fail(
                        "overlay", f"{device.name} {row_id} {name} shows {shown[row_id].get(name)!r}, not {value!r}"
                    )


def _view(device: Device, collection: str) -> dict[str, dict[str, Any]]:
    rows = {row_id: dict(row) for row_id, row in device.base.get(collection, {}).items()}
    for sent in sorted(device.entries.values(), key=lambda sent: sent.n):
        if sent.row_id is None or not _shows(device, sent):
            continue
        if sent.collection == collection:
            _do(rows, sent)
        for argument, child in sent.children.items():
            for item in sent.arguments.get(argument) or () if child["collection"] == collection else ():
                rows.setdefault(item["id"], {**item, child["parent"]: sent.row_id})
    for row in rows.values():
        row.pop("updatedAt", None)
    return {row_id: row for row_id, row in rows.items() if row.get("erasedAt") is None}


def _shows(device: Device, sent: Sent) -> bool:
    if sent.outcome is None:
        return True
    return sent.status in ("applied", "merged") and sent.uuid not in device.knew.contained


def _do(rows: dict[str, dict[str, Any]], sent: Sent) -> None:
    row = rows.get(sent.row_id or "")
    if sent.effect == "create" and row is None:
        own = {name: value for name, value in sent.arguments.items() if name not in sent.children}
        rows[sent.row_id or ""] = {"archivedAt": None, **own}
    if row is None:
        return
    if sent.effect == "edit":
        for name, value in sent.arguments.items():
            if name == "custom":
                row["custom"] = {k: v for k, v in {**(row.get("custom") or {}), **value}.items() if v is not None}
            elif name != "id":
                row[name] = value
    elif sent.effect == "transition":
        row.update(sent.sets)
    elif sent.effect in ("archive", "restore"):
        row["archivedAt"] = (row.get("archivedAt") or "now") if sent.effect == "archive" else None
