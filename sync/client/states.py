"""How far each row is on its way: what the member sees of edits that are not done, without hiding any of them.

Pure: base rows, inbox entries and the queue in, rows with `_state` out. `vectors/states.json` holds the cases.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sync.client.outbox import Queued
from sync.client.overlay import child_rows, effect_on

# What needs a person comes before what settles itself.
_ORDER = ("pending", "waiting", "parked", "inbox")
_STATES = {"open": "inbox", "parked": "parked", "waiting": "waiting"}


def kept_of(entry: Mapping[str, Any], commands: Mapping[str, Any]) -> Queued | None:
    """An unresolved inbox entry as the edit that it keeps; None when it concerns no row that devices have."""
    known = commands.get(entry["command"])
    row_id = entry["arguments"].get("id")
    state = _STATES.get(entry["state"])
    if known is None or known["collection"] is None or not isinstance(row_id, str) or state is None:
        return None
    return Queued(
        n=0,
        uuid=entry["mutationId"],
        command=entry["command"],
        arguments=entry["arguments"],
        base={},
        server_base={},
        made_at=entry["madeAt"],
        schema=None,
        collection=known["collection"],
        effect=known["effect"],
        row_id=row_id,
        outcome={"status": state},
        settled=True,
        shows={name: known[name] for name in ("sets", "children") if known.get(name)},
    )


def with_states(
    rows: Iterable[dict[str, Any]],
    collection: str,
    kept: Iterable[Queued],
    overlay: Iterable[Queued],
    member_id: str | None,
) -> dict[str, dict[str, Any]]:
    """By id: the rows under everything that was done here, each with `_state`; null for what the server has.

    `kept`: what lies in the inbox, in the order in which it was made. A refused creation shows as the row that it was
    to be, and so do the rows that it was to bring along; an edit that will run by itself (parked, waiting) shows its
    effect; a refused edit of a row shows none, only that something needs a decision.
    """
    found = {row["id"]: row for row in rows}
    states: dict[str, str] = {}
    for queued in [*kept, *overlay]:
        state = str((queued.outcome or {}).get("status"))
        state = state if state in _ORDER else "pending"
        brought = {
            row_id: row for row_id, row in child_rows(queued, collection, member_id).items() if row_id not in found
        }
        found |= brought
        states |= dict.fromkeys(brought, state)
        if queued.collection != collection or queued.row_id is None:
            continue
        row = found.get(queued.row_id)
        shown = effect_on(row, queued, member_id) if row is None or state != "inbox" else row
        if shown is None:
            continue
        found[queued.row_id] = shown
        before = states.get(queued.row_id, "pending")
        states[queued.row_id] = max(state, before, key=_ORDER.index)
    return {row_id: {**row, "_state": states.get(row_id)} for row_id, row in found.items()}
