"""Which collections a member's device replicates, which columns of them, and what queued commands do to them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Column

from kernel.command import Command, commands
from kernel.entity import Merge, TenantRow, described, entities, entity_named, facet_of, table
from kernel.policy import Actor, Authority
from sync.wire import CollectionSchema, CommandSchema, Schema
from values.wire import wire_name

# The first word of a command's name tells what it does to a row; other edits change the fields that they name.
_EFFECTS = {
    "create": "create",
    "log": "create",
    "attach": "create",
    "archive": "archive",
    "remove": "archive",
    "restore": "restore",
}
_NOBODY = UUID(int=0)
_EDITS = frozenset({"edit", "assign", "rename"})


@dataclass(frozen=True, slots=True)
class Collection:
    """An entity as a device sees it. `columns`: those that may leave the server, in table order."""

    name: str
    entity: type[TenantRow]
    columns: tuple[Column[Any], ...]

    def shown_to(self, actor: Actor) -> tuple[Column[Any], ...]:
        """The columns without those that the actor's roles hide."""
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
    """Those that the actor may view. Without the permission a collection is absent, not empty."""
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


def schema_for(actor: Actor) -> Schema:
    """What this member's device has to know about collections and commands."""
    held = frozenset(p for p, prefixes in actor.authority.grants.items() if prefixes)
    return _schema(held, actor.authority.masks)


@lru_cache(maxsize=256)
def _schema(held: frozenset[str], masks: frozenset[str]) -> Schema:
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
        if found.offline and (found.permission is None or found.permission in held)
    }
    digest = _digest(msgspec.to_builtins([described_collections, queueable]))
    return Schema(hash=digest, collections=described_collections, commands=queueable)


def command_schema(found: Command, names: dict[str, str]) -> CommandSchema:
    """The optimistic effect of a command; `names` maps entities to the collections that the member sees."""
    entity = entity_of(found)
    collection = names.get(described(entity).name) if entity is not None else None
    fields = [wire_name(f.name) for f in msgspec.structs.fields(found.input_type)]
    verb = found.function.split("_")[0]
    effect = _EFFECTS.get(verb, "edit" if found.merges or verb in _EDITS else "none")
    if collection is None or (effect != "create" and "id" not in fields):
        effect = "none"
    return CommandSchema(collection=collection, effect=effect, fields=fields, merges=found.merges is not None)


def entity_of(found: Command) -> type[TenantRow] | None:
    """The entity that a command changes: the one it merges into, or the one it answers with."""
    if found.merges is not None:
        return entity_named(found.merges)
    result = found.result_type
    if isinstance(result, type) and issubclass(result, TenantRow) and result.__entity__ is not None:
        return result
    return None


def is_set(column: Column[Any]) -> bool:
    return facet_of(column).merge is Merge.ADD_REMOVE


def _digest(value: Any) -> str:
    return hashlib.sha256(msgspec.json.encode(value, order="sorted")).hexdigest()[:16]
