"""What every device was told to do, read from its file: the truth about mutations that no code of the engine keeps."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


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
    with _opened(path) as db:
        rows = db.execute(
            "SELECT uuid, n, '', command, arguments, row_id, collection, effect, outcome, base, server_base "
            "FROM outbox ORDER BY n"
        ).fetchall()
    return [
        Sent(*r[:4], json.loads(r[4]), *r[5:8], json.loads(r[8] or "null"), json.loads(r[9]), json.loads(r[10]))
        for r in rows
    ]


def read_base(path: Path) -> dict[str, dict[str, dict[str, Any]]]:
    """The server's rows of a replica's file: collection → id → row."""
    with _opened(path) as db:
        rows = db.execute("SELECT collection, id, data FROM base").fetchall()
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for collection, row_id, data in rows:
        found.setdefault(collection, {})[row_id] = json.loads(data)
    return found


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(str(path), isolation_level=None)) as db:
        yield db
