"""What a queued command does to the rows on a device at once, as its declaration says: clients never guess.

Without a declaration the command's first word tells (`create_`, `edit_`, `archive_`, `restore_`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Effect:
    """`kind`: create, edit, archive, restore, transition or none; on a device: sync/PROTOCOL.md, section 5.2."""

    kind: str


@dataclass(frozen=True, slots=True)
class Adds:
    """A creation adds to a number on a row of another entity, as stock moves add to a balance.

    `of`: the list argument whose items add, one by one; left out, the command itself does. The row is the one whose
    columns in `match` are as the arguments of these names, of the item or else of the command. `number` grows by the
    argument `plus`, less `minus`; `sets`: column → argument that it takes.
    """

    entity: str
    match: tuple[str, ...]
    number: str
    plus: str
    minus: str | None = None
    of: str | None = None
    sets: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Creates(Effect):
    """A new row and, under it, the rows of list arguments.

    `children`: argument → (entity, its column that names the new row), `{"lines": ("sales.SalesOrderLine",
    "order_id")}`. Each item of the argument names the child's columns and its `id`, which the device makes.
    `starts`: state columns that a new row begins with, `{"state": "draft"}`. `adds`: what else it changes.
    `splits`: the list argument whose items stand each for itself: those that clash may be kept back, and the others
    take effect. `insisting`: arguments with which a kept creation runs when a person decides for it, in spite of
    what it met.
    """

    kind: str = field(default="create", init=False)
    children: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    starts: Mapping[str, str] = field(default_factory=dict)
    adds: Adds | None = None
    splits: str | None = None
    insisting: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Takes:
    """What a transition takes from numbers on rows of another entity, as a delivery takes from balances.

    `rows`: the entity each of whose standing rows takes; its column `parent` names the row that is moved. The row taken
    from is the one whose columns in `match` are as those of that row, or else as the arguments of these names; of
    `only`, column → entity: where the argument is left out, the only row of the entity that is in use. `number`
    shrinks by the column `minus`.
    """

    entity: str
    rows: str
    parent: str
    match: tuple[str, ...]
    number: str
    minus: str
    only: Mapping[str, str] = field(default_factory=dict)


_TAKES: dict[str, Takes] = {}


def takes_beside(command: str, takes: Takes) -> None:
    """For a bridge: what another module's transition takes besides. Once, when the bridge is loaded."""
    _TAKES[command] = takes


def taken_beside(command: str) -> Takes | None:
    return _TAKES.get(command)


@dataclass(frozen=True, slots=True)
class Sets(Effect):
    """A named transition: the row's state column moves to a value.

    `Sets("state", "confirmed", after=("quotation",))`. `after`: from which states it may; left out, the handler alone
    decides. `again`: a row that somebody else has moved there meanwhile counts as moved by this command too, which
    then has no second effect; without it that is a refusal. `seen_in`: of these states, those that a device must have
    shown to move a row out of them: who cancelled what was a draft to them is asked when it is confirmed by now.
    `seen`: the argument that says what the member saw, by the row's columns. When a person decides in sight of an
    inbox entry, what the entry shows takes its place.
    """

    kind: str = field(default="transition", init=False)
    column: str
    to: str
    after: tuple[str, ...] | None = None
    again: bool = True
    seen_in: tuple[str, ...] = ()
    seen: str | None = None


CREATE, EDIT, NONE = Effect("create"), Effect("edit"), Effect("none")
ARCHIVE, RESTORE = Effect("archive"), Effect("restore")
