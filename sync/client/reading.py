"""What the member sees: the base rows under what was done here since, and what lies in the inbox."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sync.client.outbox import Queued
from sync.client.overlay import camel, child_rows, effect_on, rows_added_to
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
            found = self._shown(base, collection, overlay, states=states)
            found |= self._added(found, collection, overlay, states=states)
        wanted = {camel(name): plain(value) for name, value in equal.items()}
        return [
            row
            for _, row in sorted(found.items())
            if (archived or row.get("archivedAt") is None)
            and row.get("erasedAt") is None  # not in the recycle bin: nothing brings it back
            and all(row.get(k) == v for k, v in wanted.items())
        ]

    def _shown(
        self, base: list[dict[str, Any]], collection: str, overlay: list[Queued], *, states: bool
    ) -> dict[str, dict[str, Any]]:
        """The base rows under what was done to them and with them, by id."""
        member_id = self._store.get("member_id")
        if states:
            return with_states(base, collection, self._kept(), overlay, member_id)
        found = {row["id"]: row for row in base}
        for queued in overlay:
            if queued.collection == collection and queued.row_id is not None:
                changed = effect_on(found.get(queued.row_id), queued, member_id)
                if changed is not None:
                    found[queued.row_id] = changed
            found = {**child_rows(queued, collection, member_id), **found}
        return found

    def row(self, collection: str, row_id: str) -> dict[str, Any] | None:
        """One row by id, the recycle bin included."""
        if self._is_added_to(collection):
            found = self.rows(collection, archived=True, states=False, equal={"id": row_id})
            return found[0] if found else None
        return self._one(collection, row_id)

    def _one(self, collection: str, row_id: str) -> dict[str, Any] | None:
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

    def _is_added_to(self, collection: str) -> bool:
        return any(q.shows.get("adds", {}).get("collection") == collection for q in self._store.overlay())

    def _added(
        self, rows: dict[str, dict[str, Any]], collection: str, overlay: Iterable[Queued], *, states: bool
    ) -> dict[str, dict[str, Any]]:
        """What creations in the queue add to rows of this collection; with `states` these are pending."""

        def there(made: str, row_id: str) -> bool:
            return self._store.base_row(made, row_id) is not None

        found: dict[str, dict[str, Any]] = {}
        for queued in overlay:
            found |= rows_added_to({**rows, **found}, queued, collection, there, self._store.get("member_id"))
        return {row_id: {**row, "_state": "pending"} for row_id, row in found.items()} if states else found

    def _kept(self) -> list[Queued]:
        """What lies in the inbox: the entries of the last completed pull, then what was answered since."""
        commands = (self._store.get("schema") or {"commands": {}})["commands"]
        entries = sorted(self._store.base_rows("inbox"), key=lambda row: (row["createdAt"], row["id"]))
        member_id = self._store.get("member_id")
        own = [kept_of(entry, commands) for entry in entries if entry.get("ownerId") == member_id]
        return [*(kept for kept in own if kept is not None), *self._store.outbox.kept_back()]
