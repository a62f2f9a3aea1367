"""What the member sees: the base rows under what was done here since, and what lies in the inbox."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sync.client.errors import ArgumentRefused, NotRegistered, UnknownCollection, UnknownField
from sync.client.lookup import Lookup
from sync.client.outbox import Queued
from sync.client.overlay import camel, child_rows, effect_on, rows_added_to, takings
from sync.client.states import kept_of, with_states
from sync.client.store import Store
from sync.client.values import plain

RESOLVE = "tenants.resolve_inbox_entry"
DECISIONS = ("mine", "theirs", "discard")
_OPEN = ("open", "waiting", "parked")


class Reading:
    """Of one replica; offline, always."""

    def __init__(self, store: Store) -> None:
        self._store, self._lookup = store, Lookup(store)

    def refuse_unknown(self, collection: str, equal: Iterable[str] = ()) -> None:
        """Before a caller takes an empty list for an answer. Raises NotRegistered, UnknownCollection, UnknownField."""
        schema = self._store.get("schema")
        if schema is None:
            raise NotRegistered
        known = schema["collections"].get(collection)
        if known is None:
            if collection in (self._store.get("gone") or ()):
                return  # it went with a right or a module: there is nothing of it now, an app need not stop for that
            raise UnknownCollection(collection, sorted(schema["collections"]))
        for name in equal:
            if camel(name) != "id" and camel(name) not in known["fields"]:
                raise UnknownField(collection, name, sorted(known["fields"]))

    def rows(self, collection: str, *, archived: bool, states: bool, equal: dict[str, Any]) -> list[dict[str, Any]]:
        """In id order. `equal`: fields that must be equal, camelCase or snake_case."""
        wanted = {camel(name): plain(value, name) for name, value in equal.items()}
        self._lookup.make_ready(collection, wanted)
        with self._store.snapshot():
            overlay, kept = self._store.overlay(), self._kept() if states else []
            base = self._base(collection, wanted, [*kept, *overlay])
            found = self._shown(base, collection, overlay, kept if states else None)
            found |= self._added(found, collection, overlay, states=states)
        return [
            row
            for _, row in sorted(found.items())
            if (archived or row.get("archivedAt") is None)
            and row.get("erasedAt") is None  # not in the recycle bin: nothing brings it back
            and all(row.get(k) == v for k, v in wanted.items())
        ]

    def _base(self, collection: str, wanted: dict[str, Any], done: list[Queued]) -> list[dict[str, Any]]:
        """The base rows that may be among the wanted ones, those to which anything was done here included."""
        if any(_adds_to(queued, collection) for queued in done):
            return list(self._store.base_rows(collection))  # which rows it adds to is found by their values
        touched = {queued.row_id for queued in done if queued.collection == collection and queued.row_id is not None}
        for queued in done:
            touched |= child_rows(queued, collection, None).keys()
        return self._lookup.base_rows(collection, wanted, sorted(touched))

    def _shown(
        self, base: list[dict[str, Any]], collection: str, overlay: list[Queued], kept: list[Queued] | None
    ) -> dict[str, dict[str, Any]]:
        """The base rows under what was done to them and with them, by id. `kept`: what lies in the inbox, where rows
        are to come with their states."""
        member_id = self._store.get("member_id")
        if kept is not None:
            return with_states(base, collection, kept, overlay, member_id)
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
        return any(_adds_to(queued, collection) for queued in self._store.overlay())

    def _added(
        self, rows: dict[str, dict[str, Any]], collection: str, overlay: Iterable[Queued], *, states: bool
    ) -> dict[str, dict[str, Any]]:
        """What creations in the queue add to rows of this collection; with `states` these are pending."""

        def there(made: str, row_id: str) -> bool:
            return self._store.base_row(made, row_id) is not None

        found: dict[str, dict[str, Any]] = {}
        member_id = self._store.get("member_id")
        for queued in overlay:
            if queued.shows.get("takes", {}).get("collection") == collection:
                taken = self._taken(queued)
                found |= rows_added_to({**rows, **found}, taken, collection, lambda *_: False, member_id)
            else:
                found |= rows_added_to({**rows, **found}, queued, collection, there, member_id)
        return {row_id: {**row, "_state": "pending"} for row_id, row in found.items()} if states else found

    def _taken(self, queued: Queued) -> Queued:
        """What a transition takes; nothing where the server's row is moved already: its numbers came with it."""
        takes, sets = queued.shows["takes"], queued.shows.get("sets", {})
        under = self._store.base_row(str(queued.collection), str(queued.row_id))
        if under is not None and all(under.get(name) == value for name, value in sets.items()):
            return takings(queued, (), lambda _: [])
        equal = {takes["parent"]: queued.row_id}
        lines = self.rows(takes["rows"], archived=False, states=False, equal=equal)

        def in_use(collection: str) -> list[str]:
            return [row["id"] for row in self.rows(collection, archived=False, states=False, equal={})]

        return takings(queued, lines, in_use)

    def _kept(self) -> list[Queued]:
        """What lies in the inbox: the entries of the last completed pull, then what was answered since."""
        commands = (self._store.get("schema") or {"commands": {}})["commands"]
        entries = sorted(self._store.base_rows("inbox"), key=lambda row: (row["createdAt"], row["id"]))
        member_id = self._store.get("member_id")
        own = [kept_of(entry, commands) for entry in entries if entry.get("ownerId") == member_id]
        return [*(kept for kept in own if kept is not None), *self._store.outbox.kept_back()]


def _adds_to(queued: Queued, collection: str) -> bool:
    """Whether it changes numbers of that collection's rows, whichever those are."""
    return any(queued.shows.get(name, {}).get("collection") == collection for name in ("adds", "takes"))


def entry_id(given: object) -> str:
    """An inbox entry's id as the server writes it. Raises ArgumentRefused."""
    try:
        return str(UUID(str(given)))
    except ValueError:
        raise ArgumentRefused("id", "ENTRY_UNKNOWN", entry=repr(given)[:60]) from None
