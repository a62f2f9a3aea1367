"""Which collections a member's device replicates, and which columns of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Any
from uuid import UUID

from msgspec import structs
from sqlalchemy import Column

from kernel.command import commands
from kernel.entity import TenantRow, described, entities, facet_of, table
from kernel.policy import Actor, Authority
from sync import versions
from sync.conversion import Told, older_schema, schema_hash, told_as
from sync.effects import command_schema
from sync.module_scope import Modules, within_modules
from sync.rebasing import told_policies
from sync.versions import Step
from sync.wire import CollectionSchema, Schema
from tenants.device_entities import InboxEntry
from values.wire import wire_name

_NOBODY = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Collection:
    """An entity as a device sees it. `columns`: those that may leave the server, in table order. `told`: how devices of
    an older version are told its rows, where that is otherwise; `name` is theirs then."""

    name: str
    entity: type[TenantRow]
    columns: tuple[Column[Any], ...]
    told: Told | None = None

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


@lru_cache(maxsize=32)
def _at(version: int, _history: tuple[Step, ...]) -> dict[str, Collection]:
    """All collections as devices of a version know them, by the names of that version."""
    told = {
        found: told_as(name, version, entries=found.entity is InboxEntry) for name, found in all_collections().items()
    }
    known = [
        replace(found, name=as_.name, told=as_ if as_.convert is not None else None)
        for found, as_ in told.items()
        if as_ is not None
    ]
    return {found.name: found for found in sorted(known, key=lambda found: found.name)}


def collections_of(actor: Actor, wanted: list[str] | None = None, version: int | None = None) -> dict[str, Collection]:
    """Those that the actor may view. Without the permission a collection is absent, not empty.

    A device's reader comes without the views of modules that the company does not have (`sync.module_scope`).
    `version`: of the schema that the device was built for; None: the present one.
    """
    known = all_collections() if version in (None, versions.current()) else _at(version or 0, versions.HISTORY)
    return {
        name: found
        for name, found in known.items()
        if actor.authority.holds(described(found.entity).view_permission) and (wanted is None or name in wanted)
    }


def schema_for(actor: Actor, modules: Modules, version: int | None = None) -> Schema:
    """What this member's device has to know about collections and commands, in the version that it was built for."""
    held = frozenset(p for p, prefixes in within_modules(actor, modules).authority.grants.items() if prefixes)
    version = versions.current() if version is None else version
    return _schema(held, actor.authority.masks, modules, version, versions.HISTORY)


def _policies(found: Collection, actor: Actor) -> dict[str, str]:
    """Wire name → how the merge treats it."""
    merged = told_policies(found.entity)
    return {(name := wire_name(c.name)): merged.get(name, facet_of(c).merge.value) for c in found.shown_to(actor)}


@lru_cache(maxsize=256)
def _schema(
    held: frozenset[str], masks: frozenset[str], modules: Modules, version: int, _history: tuple[Step, ...]
) -> Schema:
    actor = Actor(tenant_id=_NOBODY, member_id=None, authority=Authority(dict.fromkeys(held, ("/",)), masks))
    shown = collections_of(actor)
    described_collections = {
        name: CollectionSchema(
            entity=described(found.entity).name,
            archivable=described(found.entity).archivable,
            fields=_policies(found, actor),
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
    present = Schema(hash="", collections=described_collections, commands=queueable)
    return older_schema(structs.replace(present, hash=schema_hash(present)), version)
