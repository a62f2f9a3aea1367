"""Which collections a member's device replicates, and which columns of them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Column

from kernel.command import commands
from kernel.entity import TenantRow, described, entities, facet_of, table
from kernel.policy import Actor, Authority
from sync.effects import command_schema
from sync.module_scope import Modules, within_modules
from sync.wire import CollectionSchema, Schema
from values.wire import wire_name

_NOBODY = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Collection:
    """An entity as a device sees it. `columns`: those that may leave the server, in table order."""

    name: str
    entity: type[TenantRow]
    columns: tuple[Column[Any], ...]

    def shown_to(self, actor: Actor) -> tuple[Column[Any], ...]:
        """The columns without those that the actor's roles hide."""
        if not actor.authority.masks:
            return self.columns
        name = described(self.entity).name
        return tuple(c for c in self.columns if not actor.authority.masked(name, c.name))


@cache
def all_collections() -> dict[str, Collection]:
    """Every collection by wire name, in name order. Call it only once all rooms are loaded."""
    found: dict[str, Collection] = {}
    for entity in entities():
        name = described(entity).collection
        if name is not None:
            columns = tuple(c for c in table(entity).columns if facet_of(c).wire)
            found[wire_name(name)] = Collection(wire_name(name), entity, columns)
    return dict(sorted(found.items()))


def collections_of(actor: Actor, wanted: list[str] | None = None) -> dict[str, Collection]:
    """Those that the actor may view. Without the permission a collection is absent, not empty.

    A device's reader comes without the views of modules that the company does not have (`sync.module_scope`).
    """
    return {
        name: found
        for name, found in all_collections().items()
        if actor.authority.holds(described(found.entity).view_permission) and (wanted is None or name in wanted)
    }


@cache
def shape_hash() -> str:
    """Changes when a column on the wire does: then every replica loads afresh."""
    shape = {name: [f"{c.name}:{c.type}" for c in found.columns] for name, found in all_collections().items()}
    return _digest(shape)


def schema_for(actor: Actor, modules: Modules) -> Schema:
    """What this member's device has to know about collections and commands."""
    held = frozenset(p for p, prefixes in within_modules(actor, modules).authority.grants.items() if prefixes)
    return _schema(held, actor.authority.masks, modules)


@lru_cache(maxsize=256)
def _schema(held: frozenset[str], masks: frozenset[str], modules: Modules) -> Schema:
    actor = Actor(tenant_id=_NOBODY, member_id=None, authority=Authority(dict.fromkeys(held, ("/",)), masks))
    shown = collections_of(actor)
    described_collections = {
        name: CollectionSchema(
            entity=described(found.entity).name,
            archivable=described(found.entity).archivable,
            fields={wire_name(c.name): facet_of(c).merge.value for c in found.shown_to(actor)},
        )
        for name, found in shown.items()
    }
    names = {described(found.entity).name: name for name, found in shown.items()}
    queueable = {
        found.name: command_schema(found, names)
        for found in commands()
        if found.offline
        and (found.permission is None or found.permission in held)
        and (found.module is None or modules is None or found.module in modules)
    }
    digest = _digest(msgspec.to_builtins([described_collections, queueable]))
    return Schema(hash=digest, collections=described_collections, commands=queueable)


def _digest(value: Any) -> str:
    return hashlib.sha256(msgspec.json.encode(value, order="sorted")).hexdigest()[:16]
