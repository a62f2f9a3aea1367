"""One thing that the member did, as the mutation that the outbox keeps."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import uuid4

from sync.client.errors import NotRegistered, UnknownCommand
from sync.client.outbox import Queued
from sync.client.overlay import base_sent, camel, with_ids
from sync.client.reading import Reading
from sync.client.store import Store
from sync.client.values import instant, plain, unsendable, uuid7


class Queueing:
    """Of one replica. `now`: the device's clock. `version`: of the schema that the app is built for."""

    def __init__(self, store: Store, reading: Reading, now: Callable[[], datetime], version: Callable[[], int]) -> None:
        self._store, self._reading, self._now, self._version = store, reading, now, version

    def queue(self, command: str, arguments: dict[str, Any], queued: Callable[[dict[str, Any]], None]) -> str | None:
        """Writes the mutation down with what the member saw; the id of the row that it concerns. `queued` is called
        with what will be sent, in the same transaction. Raises NotRegistered, UnknownCommand, ArgumentRefused."""
        schema = self._store.get("schema")
        if schema is None:
            raise NotRegistered
        known = schema["commands"].get(command)
        if known is None:
            raise UnknownCommand(command, sorted(schema["commands"]))
        sent = {camel(name): plain(value, camel(name)) for name, value in arguments.items()}
        if (refused := unsendable(sent)) is not None:
            raise refused
        shows = {name: known[name] for name in ("sets", "children", "adds", "takes") if known.get(name)}
        sent |= {name: with_ids(sent[name]) for name in shows.get("children", {}) if name in sent}
        with self._store.transaction():
            if known["effect"] == "create" and "id" in known["fields"]:
                sent.setdefault("id", str(uuid7()))
            row_id = sent["id"] if isinstance(sent.get("id"), str) else None  # of anything else there is no row
            seen, beneath = self._base(known, sent, row_id)
            self._store.outbox.enqueue(
                Queued(
                    n=0,
                    uuid=str(uuid4()),
                    command=command,
                    arguments=sent,
                    base=seen,
                    server_base=beneath,
                    made_at=instant(self._now()),
                    schema=schema["hash"],
                    schema_version=self._version(),
                    collection=known["collection"],
                    effect=known["effect"],
                    row_id=row_id,
                    outcome=None,
                    settled=False,
                    shows=shows,
                )
            )
            queued(sent)
        return row_id

    def _base(
        self, known: dict[str, Any], sent: dict[str, Any], row_id: str | None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """`base` and `serverBase`."""
        place = (known["collection"], row_id) if known["collection"] and row_id else None
        # A row whose creation was refused counts as seen: the edit follows it.
        asks = known["merges"] or known["effect"] == "transition"
        shown = self._reading.seen(*place) if place and asks else None
        under = self._store.base_row(*place) if place else None
        return base_sent(known, shown, under, sent)
