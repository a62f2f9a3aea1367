"""What the member sees: the base rows under what was done here since, and what lies in the inbox."""

from __future__ import annotations

from typing import Any

from sync.client.outbox import Queued
from sync.client.overlay import camel, child_rows, effect_on
from sync.client.states import kept_of, with_states
from sync.client.store import Store
from sync.client.values import plain

RESOLVE = "tenants.resolve_inbox_entry"
DECISIONS = ("mine", "theirs", "discard")
_OPEN = ("open", "waiting", "parked")


class Reading:
    """Of one replica; offline, always."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def rows(self, collection: str, *, archived: bool, states: bool, equal: dict[str, Any]) -> list[dict[str, Any]]:
        """In id order. `equal`: fields that must be equal, camelCase or snake_case."""
        with self._store.snapshot():
            base, overlay = list(self._store.base_rows(collection)), self._store.overlay()
            member_id = self._store.get("member_id")
            kept = self._kept() if states else []
        if states:
            found = with_states(base, collection, kept, overlay, member_id)
        else:
            found = {row["id"]: row for row in base}
            for queued in overlay:
                if queued.collection == collection and queued.row_id is not None:
                    changed = effect_on(found.get(queued.row_id), queued, member_id)
                    if changed is not None:
                        found[queued.row_id] = changed
                found = {**child_rows(queued, collection, member_id), **found}
        wanted = {camel(name): plain(value) for name, value in equal.items()}
        return [
            row
            for _, row in sorted(found.items())
            if (archived or row.get("archivedAt") is None)
            and row.get("erasedAt") is None  # not in the recycle bin: nothing brings it back
            and all(row.get(k) == v for k, v in wanted.items())
        ]

    def row(self, collection: str, row_id: str) -> dict[str, Any] | None:
        """One row by id, the recycle bin included."""
        with self._store.snapshot():
            found, overlay = self._store.base_row(collection, row_id), self._store.overlay()
            member_id = self._store.get("member_id")
        for queued in overlay:
            if queued.collection == collection and queued.row_id == row_id:
                found = effect_on(found, queued, member_id)
            elif found is None:
                found = child_rows(queued, collection, member_id).get(row_id)
        return found

    def seen(self, collection: str, row_id: str) -> dict[str, Any] | None:
        """The row, also where its creation lies in the inbox."""
        found = self.row(collection, row_id)
        if found is not None:
            return found
        shown = self.rows(collection, archived=True, states=True, equal={"id": row_id})
        return shown[0] if shown else None

    def inbox(self) -> list[dict[str, Any]]:
        """The entries that nobody has decided about, here neither."""
        with self._store.snapshot():
            deciding = {q.row_id for q in self._store.overlay() if q.command == RESOLVE}
            entries = self.rows("inbox", archived=False, states=False, equal={})
        return [e for e in entries if e["state"] in _OPEN and e["id"] not in deciding]

    def _kept(self) -> list[Queued]:
        """What lies in the inbox: the entries of the last completed pull, then what was answered since."""
        commands = (self._store.get("schema") or {"commands": {}})["commands"]
        entries = sorted(self._store.base_rows("inbox"), key=lambda row: (row["createdAt"], row["id"]))
        member_id = self._store.get("member_id")
        own = [kept_of(entry, commands) for entry in entries if entry.get("ownerId") == member_id]
        return [*(kept for kept in own if kept is not None), *self._store.outbox.kept_back()]
