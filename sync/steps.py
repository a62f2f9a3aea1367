"""The kinds of change between two versions of the sync schema. A change is data and, where a value is spelled anew, two
pure functions. Here are those of collections and commands; those of fields are in `field_steps.py`, of arguments in
`argument_steps.py`, and how the changes of many steps follow each other is in `conversion.py`.

Names are wire names. Each change tells four things: how a command of the older version is said now (`up`), how one that
is kept in the inbox is said to an older device (`down`), what an older device is sent of a row (`row`), and what it is
told of the schema (`schema`). What a change does not touch passes through as it is; `custom` holds the tenant's own
keys and is never looked into.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from msgspec import structs

from sync.respelling import Unconvertible, Values, renamed, without
from sync.wire import ChildRows, CommandSchema, Schema, places_of
from values.errors import Words


@dataclass(frozen=True, slots=True)
class Call:
    """A queued command as some version of the schema says it. `base`, `server_base`: by field, as in PROTOCOL.md."""

    command: str
    arguments: Values
    base: Values
    server_base: Values


@dataclass(frozen=True, slots=True)
class About:
    """What a command is about, under the name that it has at this point. `merges`: its arguments are fields."""

    collection: str | None = None
    merges: bool = False


@dataclass(frozen=True, eq=False)
class Change:
    """One difference between version n-1 and n; by itself without any effect."""

    def up(self, call: Call, _about: About) -> Call:
        """Raises Unconvertible."""
        return call

    def down(self, call: Call, _about: About) -> Call:
        return call

    def row(self, row: Values) -> Values:
        """Of a collection that this change touches."""
        return row

    def touches(self, _collection: str) -> bool:
        """Whether rows of the collection (its newer name) read otherwise before this change."""
        return False

    def former(self, collection: str) -> str | None:
        """The older name of a collection; None: the older version has none."""
        return collection

    def former_command(self, command: str) -> str | None:
        """The older name of a command; None: the older version has none."""
        return command

    def schema(self, schema: Schema) -> Schema:
        """What an older device is told."""
        return schema


@dataclass(frozen=True, eq=False)
class Noted(Change):
    """A change that needs no conversion, and why."""

    why: str


@dataclass(frozen=True, eq=False)
class CollectionAdded(Change):
    """Older devices are not sent it."""

    name: str

    def former(self, collection: str) -> str | None:
        return None if collection == self.name else collection

    def schema(self, schema: Schema) -> Schema:
        kept = {name: found for name, found in schema.collections.items() if name != self.name}
        return _renamed_collections(structs.replace(schema, collections=kept), self.former)


@dataclass(frozen=True, eq=False)
class CollectionRenamed(Change):
    old: str
    new: str

    def former(self, collection: str) -> str | None:
        return self.old if collection == self.new else collection

    def schema(self, schema: Schema) -> Schema:
        told = {self.former(name) or name: found for name, found in schema.collections.items()}
        return _renamed_collections(structs.replace(schema, collections=told), self.former)


@dataclass(frozen=True, eq=False)
class CommandAdded(Change):
    """Older devices do not offer it."""

    name: str

    def former_command(self, command: str) -> str | None:
        return None if command == self.name else command

    def schema(self, schema: Schema) -> Schema:
        return structs.replace(schema, commands=without(schema.commands, self.name))


@dataclass(frozen=True, eq=False)
class CommandRenamed(Change):
    old: str
    new: str

    def up(self, call: Call, _about: About) -> Call:
        return said(call, command=self.new) if call.command == self.old else call

    def down(self, call: Call, _about: About) -> Call:
        return said(call, command=self.old) if call.command == self.new else call

    def former_command(self, command: str) -> str | None:
        return self.old if command == self.new else command

    def schema(self, schema: Schema) -> Schema:
        return structs.replace(schema, commands=renamed(schema.commands, self.new, self.old))


@dataclass(frozen=True, eq=False)
class CommandRetired(Change):
    """Older edits with it go to the inbox. `why`: a sentence; `remedy`: what to do instead."""

    name: str
    why: Words
    remedy: Words

    def up(self, call: Call, _about: About) -> Call:
        if call.command == self.name:
            raise Unconvertible("command", self.why, retired=self)
        return call


def said(call: Call, **changed: Any) -> Call:
    return Call(
        changed.get("command", call.command),
        changed.get("arguments", call.arguments),
        changed.get("base", call.base),
        changed.get("server_base", call.server_base),
    )


def _renamed_collections(schema: Schema, former: Callable[[str], str | None]) -> Schema:
    """The commands of a schema, about the collections that an older version knows."""

    def told(found: CommandSchema) -> CommandSchema:
        name = former(found.collection) if found.collection is not None else None
        children = {
            argument: ChildRows(collection=older, parent=child.parent)
            for argument, child in found.children.items()
            if (older := former(child.collection)) is not None
        }
        if name is None:
            return structs.replace(
                found, collection=None, effect="none", sets={}, children=children, adds=None, takes=None
            )
        place = former(found.adds.collection) if found.adds is not None else None
        adds = structs.replace(found.adds, collection=place) if found.adds is not None and place is not None else None
        takes = found.takes  # an app that calls its rows otherwise learns of it with the next pull
        if takes is not None and any(former(place) != place for place in places_of(takes)):
            takes = None
        return structs.replace(found, collection=name, children=children, adds=adds, takes=takes)

    return structs.replace(schema, commands={name: told(found) for name, found in schema.commands.items()})
