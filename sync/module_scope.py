"""Which collections a company's modules bring to its devices, and which go when a module ends. No row is touched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache, lru_cache

from kernel.command import Command, commands
from kernel.entity import TenantRow, described, entities, entity_named, table, targets
from kernel.policy import Actor, Authority
from sync.effects import effect_of, entity_of
from values.effects import Creates
from values.modules import MODULE_WORDS

Modules = frozenset[str] | None
"""What a company may use at present. None: whatever there is stays readable (the trial or the subscription is over)."""


@cache
def modules_of(entity: type[TenantRow]) -> frozenset[str]:
    """The modules of which a company needs any one to have the entity's rows on its devices; empty: it needs none.

    They are those of the commands that create or change its rows. Besides:

    - What stands in a room that is sold (`sales`, `inventory`) belongs to that module, also where the server alone
      writes it (stock balances).
    - What stands in a room that modules share (`party`) stays, all of it, while the company has any module with
      records that refer into that room: orders without their customers, and customers without their contacts, could
      not be read. What any company may change (`catalog`, `tenants`: their commands ask for no module) always stays.

    Call it only once all rooms are loaded.
    """
    made = {found.module for found in commands() if found.module and entity in _changed_by(found)}
    room = _room(entity)
    if room in MODULE_WORDS:
        return frozenset(made | {room})
    return frozenset(made | _users(room)) if made else frozenset()


def within_modules(actor: Actor, modules: Modules) -> Actor:
    """The actor without the views that belong to modules which the company does not have: for reading alone."""
    away = views_away(modules) & actor.authority.grants.keys() if modules is not None else frozenset()
    if not away:
        return actor
    grants = {permission: held for permission, held in actor.authority.grants.items() if permission not in away}
    return replace(actor, authority=Authority(grants, actor.authority.masks))


@lru_cache(maxsize=256)
def views_away(modules: frozenset[str]) -> frozenset[str]:
    """The view permissions of the entities of which a company with these modules has nothing on its devices."""
    return frozenset(described(entity).view_permission for entity in entities() if not _comes_with(entity, modules))


def _comes_with(entity: type[TenantRow], modules: frozenset[str]) -> bool:
    needed = modules_of(entity)
    return not needed or bool(needed & modules)


def _changed_by(found: Command) -> set[type[TenantRow]]:
    """The entity of a command, and those of the rows that its creation brings along."""
    entity, effect = entity_of(found), effect_of(found)
    changed = {entity} if entity is not None else set()
    if isinstance(effect, Creates):
        changed |= {entity_named(child) for child, _ in effect.children.values()}
    return changed


def _users(room: str) -> set[str]:
    """The modules whose records refer to records of a room."""
    rooms = _rooms_by_table()
    users = {
        _room(entity) for entity in entities() if any(rooms.get(target) == room for target in targets(entity).values())
    }
    return users & MODULE_WORDS.keys()


@cache
def _rooms_by_table() -> Mapping[str, str]:
    return {table(entity).fullname: _room(entity) for entity in entities()}


def _room(entity: type[TenantRow]) -> str:
    return described(entity).name.split(".", 1)[0]
