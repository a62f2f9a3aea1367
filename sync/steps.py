"""The kinds of change between two versions of the sync schema. A change is data and, where a value is spelled anew, two
pure functions; how the changes of many steps follow each other is in `conversion.py`.

Names are wire names. Each change tells four things: how a command of the older version is said now (`up`), how one that
is kept in the inbox is said to an older device (`down`), what an older device is sent of a row (`row`), and what it is
told of the schema (`schema`). What a change does not touch passes through as it is; `custom` holds the tenant's own
keys and is never looked into.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from msgspec import structs

from sync.wire import ChildRows, CollectionSchema, CommandSchema, Schema
from values.errors import Words

Values = dict[str, Any]
Pure = Callable[[Any], Any]
# What a pure function raises for a value that has no other spelling.
FAULTS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


class Unconvertible(Exception):
    """An older device's command has no present form. `retired`: its command is gone, and what to do."""

    def __init__(self, field: str | None, why: Words, *, retired: CommandRetired | None = None) -> None:
        super().__init__(why.en)
        self.field, self.why, self.retired = field, why, retired


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
class FieldChange(Change, ABC):
    """Of one field of a collection, and of the arguments of every command that merges into it."""

    collection: str

    def touches(self, collection: str) -> bool:
        return collection == self.collection

    def up(self, call: Call, about: About) -> Call:
        return self._over(call, about, self.field_up)

    def down(self, call: Call, about: About) -> Call:
        return self._over(call, about, self.field_down)

    @abstractmethod
    def field_up(self, values: Values) -> Values: ...

    @abstractmethod
    def field_down(self, values: Values) -> Values: ...

    def row(self, row: Values) -> Values:
        return self.field_down(row)

    def _over(self, call: Call, about: About, work: Callable[[Values], Values]) -> Call:
        if about.collection != self.collection:
            return call
        arguments = work(call.arguments) if about.merges else call.arguments
        return Call(call.command, arguments, work(call.base), work(call.server_base))


@dataclass(frozen=True, eq=False)
class FieldRenamed(FieldChange):
    old: str
    new: str

    def field_up(self, values: Values) -> Values:
        return _renamed(values, self.old, self.new)

    def field_down(self, values: Values) -> Values:
        return _renamed(values, self.new, self.old)

    def schema(self, schema: Schema) -> Schema:
        return _fields(schema, self.collection, lambda fields: _renamed(fields, self.new, self.old))


@dataclass(frozen=True, eq=False)
class FieldAdded(FieldChange):
    """Absent for older devices."""

    name: str

    def field_up(self, values: Values) -> Values:
        return values

    def field_down(self, values: Values) -> Values:
        return _without(values, self.name)

    def schema(self, schema: Schema) -> Schema:
        return _fields(schema, self.collection, lambda fields: _without(fields, self.name))


@dataclass(frozen=True, eq=False)
class FieldRemoved(FieldChange):
    """`stand_in`: what older devices get in its place, a constant or a function of the row (a field that the reader's
    masks hide is absent from it). `matters`: why an older edit of it needs a person; None: that part is dropped."""

    name: str
    stand_in: Any
    matters: Words | None = None
    merge: str = "server"

    def up(self, call: Call, about: About) -> Call:
        edits = about.collection == self.collection and about.merges and self.name in call.arguments
        if edits and self.matters is not None:
            raise Unconvertible(self.name, self.matters)
        return super().up(call, about)

    def field_up(self, values: Values) -> Values:
        return _without(values, self.name)

    def field_down(self, values: Values) -> Values:
        return values

    def row(self, row: Values) -> Values:
        return {**row, self.name: _or_null(self.stand_in, row) if callable(self.stand_in) else self.stand_in}

    def schema(self, schema: Schema) -> Schema:
        return _fields(schema, self.collection, lambda fields: {**fields, self.name: self.merge}, commands=False)


@dataclass(frozen=True, eq=False)
class FieldChanged(FieldChange):
    """Another type or spelling. Null stays null; a value without an older spelling is null for older devices."""

    name: str
    newer: Pure
    older: Pure

    def field_up(self, values: Values) -> Values:
        return _spelled(values, self.name, self.newer)

    def field_down(self, values: Values) -> Values:
        if values.get(self.name) is None:
            return values
        return {**values, self.name: _or_null(self.older, values[self.name])}

    def schema(self, schema: Schema) -> Schema:
        commands = {
            name: structs.replace(found, sets=self.field_down(found.sets))
            if found.collection == self.collection
            else found
            for name, found in schema.commands.items()
        }
        return structs.replace(schema, commands=commands)


@dataclass(frozen=True, eq=False)
class CommandAdded(Change):
    """Older devices do not offer it."""

    name: str

    def former_command(self, command: str) -> str | None:
        return None if command == self.name else command

    def schema(self, schema: Schema) -> Schema:
        return structs.replace(schema, commands=_without(schema.commands, self.name))


@dataclass(frozen=True, eq=False)
class CommandRenamed(Change):
    old: str
    new: str

    def up(self, call: Call, _about: About) -> Call:
        return _said(call, command=self.new) if call.command == self.old else call

    def down(self, call: Call, _about: About) -> Call:
        return _said(call, command=self.old) if call.command == self.new else call

    def former_command(self, command: str) -> str | None:
        return self.old if command == self.new else command

    def schema(self, schema: Schema) -> Schema:
        return structs.replace(schema, commands=_renamed(schema.commands, self.new, self.old))


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


@dataclass(frozen=True, eq=False)
class ArgumentChange(Change, ABC):
    """Of one argument. `name`: a path; `lines.quantity` is one of each item of the list `lines`."""

    command: str
    name: str

    @property
    def last(self) -> str:
        return self.name.rsplit(".", 1)[-1]

    def up(self, call: Call, _about: About) -> Call:
        return self._over(call, self.argument_up)

    def down(self, call: Call, _about: About) -> Call:
        return self._over(call, self.argument_down)

    @abstractmethod
    def argument_up(self, values: Values) -> Values: ...

    @abstractmethod
    def argument_down(self, values: Values) -> Values: ...

    def _over(self, call: Call, work: Callable[[Values], Values]) -> Call:
        if call.command != self.command:
            return call
        return _said(call, arguments=_inside(call.arguments, self.name.split(".")[:-1], work))

    def _told(self, schema: Schema, work: Callable[[list[str]], list[str]]) -> Schema:
        found = schema.commands.get(self.command)
        if found is None or "." in self.name:
            return schema
        changed = structs.replace(found, fields=work(found.fields))
        return structs.replace(schema, commands={**schema.commands, self.command: changed})


@dataclass(frozen=True, eq=False)
class ArgumentRenamed(ArgumentChange):
    """`name`: the older path; `new`: the newer last name."""

    new: str

    def argument_up(self, values: Values) -> Values:
        return _renamed(values, self.last, self.new)

    def argument_down(self, values: Values) -> Values:
        return _renamed(values, self.new, self.last)

    def schema(self, schema: Schema) -> Schema:
        told = self._told(schema, lambda fields: [self.last if name == self.new else name for name in fields])
        found = told.commands.get(self.command)
        if found is None or "." in self.name or not found.children:
            return told
        changed = structs.replace(found, children=_renamed(found.children, self.new, self.last))
        return structs.replace(told, commands={**told.commands, self.command: changed})


@dataclass(frozen=True, eq=False)
class ArgumentAdded(ArgumentChange):
    """`default`: what older devices mean by not sending it, a constant or a function of what they send beside it."""

    default: Any

    def argument_up(self, values: Values) -> Values:
        if self.last in values:
            return values
        try:
            return {**values, self.last: self.default(values) if callable(self.default) else self.default}
        except FAULTS:
            raise Unconvertible(self.name, _no_spelling(self.name)) from None

    def argument_down(self, values: Values) -> Values:
        return _without(values, self.last)

    def schema(self, schema: Schema) -> Schema:
        return self._told(schema, lambda fields: [name for name in fields if name != self.name])


@dataclass(frozen=True, eq=False)
class ArgumentRemoved(ArgumentChange):
    """`matters`: why an older call that says it needs a person; None: it is dropped."""

    matters: Words | None = None

    def argument_up(self, values: Values) -> Values:
        if self.matters is not None and values.get(self.last) is not None:
            raise Unconvertible(self.name, self.matters)
        return _without(values, self.last)

    def argument_down(self, values: Values) -> Values:
        return values

    def schema(self, schema: Schema) -> Schema:
        return self._told(schema, lambda fields: [*fields, self.name])


@dataclass(frozen=True, eq=False)
class ArgumentChanged(ArgumentChange):
    """Another type or spelling. Without `older` an entry of the inbox shows older devices nothing of it."""

    newer: Pure
    older: Pure | None = None

    def argument_up(self, values: Values) -> Values:
        return _spelled(values, self.last, self.newer)

    def argument_down(self, values: Values) -> Values:
        if values.get(self.last) is None:
            return values
        if self.older is None:
            return _without(values, self.last)
        return {**values, self.last: _or_null(self.older, values[self.last])}


def _said(call: Call, **changed: Any) -> Call:
    return Call(
        changed.get("command", call.command),
        changed.get("arguments", call.arguments),
        changed.get("base", call.base),
        changed.get("server_base", call.server_base),
    )


def _no_spelling(name: str) -> Words:
    return Words(f"“{name}”的值没有新的写法", f"the value of {name} has no spelling in the new version")


def _spelled(values: Values, name: str, newer: Pure) -> Values:
    """Raises Unconvertible."""
    if values.get(name) is None:
        return values
    try:
        return {**values, name: newer(values[name])}
    except FAULTS:
        raise Unconvertible(name, _no_spelling(name)) from None


def _or_null(work: Pure, value: Any) -> Any:
    """One row without an older spelling must not keep the others from a device."""
    try:
        return work(value)
    except FAULTS:
        return None


def _renamed(values: Mapping[str, Any], old: str, new: str) -> dict[str, Any]:
    """In its place, so that a row's text keeps its order."""
    if old not in values or new in values:
        return dict(values)
    return {new if name == old else name: value for name, value in values.items()}


def _without(values: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key != name}


def _inside(value: Any, path: list[str], work: Callable[[Values], Values]) -> Any:
    """The work done on the object at the path, or on each where a list lies on the way."""
    if isinstance(value, list):
        return [_inside(item, path, work) for item in value]
    if not isinstance(value, dict):
        return value
    if not path:
        return work(value)
    head, *rest = path
    return {**value, head: _inside(value[head], rest, work)} if head in value else value


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
            return structs.replace(found, collection=None, effect="none", sets={}, children=children)
        return structs.replace(found, collection=name, children=children)

    return structs.replace(schema, commands={name: told(found) for name, found in schema.commands.items()})


def _fields(
    schema: Schema, collection: str, work: Callable[[dict[str, Any]], dict[str, Any]], *, commands: bool = True
) -> Schema:
    """The fields of one collection, and what the commands on it say of them, otherwise."""
    found = schema.collections.get(collection)
    if found is None:
        return schema
    fields = work(found.fields)
    told: dict[str, CollectionSchema] = {**schema.collections, collection: structs.replace(found, fields=fields)}
    if not commands:
        return structs.replace(schema, collections=told)

    def spoken(command: CommandSchema) -> CommandSchema:
        children = {
            argument: structs.replace(child, parent=next(iter(work({child.parent: ""})), child.parent))
            if child.collection == collection
            else child
            for argument, child in command.children.items()
        }
        if command.collection != collection:
            return structs.replace(command, children=children)
        names = list(work(dict.fromkeys(command.fields))) if command.merges else command.fields
        return structs.replace(command, fields=names, sets=work(command.sets), children=children)

    return structs.replace(
        schema, collections=told, commands={name: spoken(command) for name, command in schema.commands.items()}
    )
