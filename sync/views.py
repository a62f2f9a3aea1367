"""What a member sees of each collection: inside which paths, and in which shape. A replica is the sum of its views.

When rights, masks, the department, the company's modules or the schema change, no row is touched: the views differ from
those that the device holds, and the difference is what it has to drop, to load again or to add.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

import msgspec

from kernel.entity import ScopedRow, described, entities
from kernel.policy import EVERYTHING, Actor, normalise_prefixes, reaches
from kernel.query import NARROWED
from sync.collections import Collection, all_collections
from tenants.device_entities import InboxEntry

# More than this would make a cursor heavy; the member has so many places that loading afresh is the simpler way.
_MOST_PREFIXES = 60


class View(msgspec.Struct, frozen=True, array_like=True):
    """`prefixes`: where the member views rows. `shape`: which columns they see, and of what type."""

    prefixes: tuple[str, ...]
    shape: str


@dataclass(frozen=True, slots=True)
class Change:
    """How one collection's view differs from the one that the device holds.

    `replaced`: load it afresh. Otherwise `gained` lists prefixes to load besides, `lost` prefixes to drop rows from.
    """

    replaced: bool = False
    gained: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()


def views_of(actor: Actor, collections: Mapping[str, Collection]) -> dict[str, View]:
    """By collection name, in load order."""
    reach = _reach(actor)
    return {name: View(_prefixes(actor, found), _shape(actor, found, reach)) for name, found in collections.items()}


def views_key(views: Mapping[str, View]) -> str:
    """The same for all members who see the same rows in the same shape."""
    return hashlib.sha256(msgspec.json.encode(sorted(views.items()))).hexdigest()[:32]


def delta_key(views: Mapping[str, View], collections: Mapping[str, Collection]) -> str:
    """The same for all whose deltas are alike: of the inbox a delta tells which entries changed where, and what they
    say is read for each reader."""
    alike = {
        name: View(view.prefixes, "") if collections[name].entity is InboxEntry else view
        for name, view in views.items()
    }
    return views_key(alike)


def change_between(held: View | None, now: View) -> Change | None:
    """None: the device holds what the member sees."""
    if held == now:
        return None
    if held is None or held.shape != now.shape or "" in (*held.prefixes, *now.prefixes):
        return Change(replaced=True)
    return Change(
        gained=tuple(p for p in now.prefixes if not reaches(held.prefixes, p)),
        lost=tuple(p for p in held.prefixes if not reaches(now.prefixes, p)),
    )


def _prefixes(actor: Actor, found: Collection) -> tuple[str, ...]:
    if not issubclass(found.entity, ScopedRow):
        return EVERYTHING  # without a data scope it is seen whole or not at all, wherever the permission holds
    held = normalise_prefixes(actor.authority.prefixes(described(found.entity).view_permission))
    if len(held) <= _MOST_PREFIXES:
        return held
    return ("", hashlib.sha256(msgspec.json.encode(held)).hexdigest()[:32])


def _reach(actor: Actor) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Where the actor views rows of any entity."""
    return tuple((view, tuple(sorted(actor.authority.prefixes(view)))) for view in _view_permissions())


@cache
def _view_permissions() -> tuple[str, ...]:
    return tuple(sorted({described(entity).view_permission for entity in entities()}))


def _shape(actor: Actor, found: Collection, reach: tuple[tuple[str, tuple[str, ...]], ...]) -> str:
    reader: tuple[object, ...] = ()
    # Inbox entries and what is narrowed are seen, or read, by the view of the row that they are about.
    if found.entity is InboxEntry or found.entity in NARROWED:
        reader = reach
    if found.entity is InboxEntry:
        reader += (tuple(sorted(actor.authority.masks)), str(actor.member_id))
    shown = found.shown_to(actor)
    hidden = (
        frozenset(c.name for c in set(found.columns).difference(shown)) if shown is not found.columns else frozenset()
    )
    return _digest(found.name, hidden, reader)


@lru_cache(maxsize=4096)  # every pull asks for every collection, and a type takes long to spell
def _digest(name: str, hidden: frozenset[str], reader: tuple[object, ...]) -> str:
    columns = [
        f"{column.name}:{column.type}" for column in all_collections()[name].columns if column.name not in hidden
    ]
    return hashlib.sha256(msgspec.json.encode([*columns, *reader])).hexdigest()[:12]
