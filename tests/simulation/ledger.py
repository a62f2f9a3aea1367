"""What every device was told to do, read from its file: the truth about mutations that no code of the engine keeps."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sync.client import vault
from sync.client.vault import Database
from tests.simulation.upgrades import as_said_today, as_today, row_as_today


@dataclass
class Sent:
    """A mutation as the device's file holds it. `outcome`: the last answer that the file knows."""

    uuid: str
    n: int
    device: str
    command: str
    arguments: dict[str, Any]
    row_id: str | None
    collection: str | None
    effect: str
    outcome: dict[str, Any] | None = None
    base: dict[str, Any] = field(default_factory=dict)
    server_base: dict[str, Any] = field(default_factory=dict)
    children: dict[str, Any] = field(default_factory=dict)  # of a creation: argument → the rows that it makes besides
    sets: dict[str, Any] = field(default_factory=dict)  # of a transition
    app: int = 0  # the schema's version for which the app was built that made it
    late: bool = False  # made after the device had heard from a server on which the company's time was over

    @property
    def status(self) -> str | None:
        return self.outcome["status"] if self.outcome is not None else None

    @property
    def tokens(self) -> dict[str, str]:
        """Field → the text that no other mutation of the run has."""
        found = {k: v for k, v in self.arguments.items() if isinstance(v, str) and v.startswith("tok-")}
        custom = self.arguments.get("custom")
        if isinstance(custom, dict):
            found |= {f"custom.{k}": v for k, v in custom.items() if isinstance(v, str) and v.startswith("tok-")}
        return found


def read_outbox(path: Path) -> list[Sent]:
    """The queue of a replica's file, in order."""
    with opened(path) as db:
        rows = db.execute(
            "SELECT uuid, n, '', command, arguments, row_id, collection, effect, outcome, base, server_base, shows, "
            "schema_version "
            "FROM outbox ORDER BY n"
        ).fetchall()
    return [_sent(row) for row in rows]


def read_settled(path: Path) -> set[str]:
    """What the file takes to be in the shown rows."""
    with opened(path) as db:
        return {uuid for (uuid,) in db.execute("SELECT uuid FROM outbox WHERE settled = 1")}


def _sent(row: tuple[Any, ...]) -> Sent:
    uuid, n, device, command, arguments, row_id, collection, effect, outcome, base, server_base, shows, app = row
    said = as_today if collection == "customers" else dict
    return Sent(
        uuid=uuid,
        n=n,
        device=device,
        command=command,
        arguments=as_said_today(command, json.loads(arguments)),
        row_id=row_id,
        collection=collection,
        effect=effect,
        outcome=json.loads(outcome or "null"),
        base=said(json.loads(base)),
        server_base=said(json.loads(server_base)),
        children=json.loads(shows).get("children", {}),
        sets=json.loads(shows).get("sets", {}),
        app=app,
    )


def read_meta(path: Path, key: str) -> Any:
    """What a replica's file notes of itself."""
    with opened(path) as db:
        row = db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return json.loads(row[0]) if row else None


def read_base(path: Path) -> dict[str, dict[str, dict[str, Any]]]:
    """The server's rows of a replica's file, in today's words: collection → id → row."""
    found = read_stored(path)
    return {name: {row_id: row_as_today(name, row) for row_id, row in rows.items()} for name, rows in found.items()}


def read_stored(path: Path) -> dict[str, dict[str, dict[str, Any]]]:
    """The same in the words of the app."""
    with opened(path) as db:
        rows = db.execute("SELECT collection, id, data FROM base").fetchall()
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for collection, row_id, data in rows:
        found.setdefault(collection, {})[row_id] = json.loads(data)
    return found


@contextmanager
def opened(path: Path) -> Iterator[Database]:
    """By the library that the replica uses: two in one process undo each other's locks."""
    with closing(vault._connected(path)) as db:
        yield db
