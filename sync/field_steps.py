"""Changes of one field of a collection, and of the arguments of every command that merges into it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from msgspec import structs

from sync.respelling import Pure, Unconvertible, Values, or_null, renamed, spelled, without
from sync.steps import About, Call, Change
from sync.wire import AddsTo, CollectionSchema, CommandSchema, Schema, TakesFrom, places_of
from values.errors import Words


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
        return renamed(values, self.old, self.new)

    def field_down(self, values: Values) -> Values:
        return renamed(values, self.new, self.old)

    def schema(self, schema: Schema) -> Schema:
        return _fields(schema, self.collection, lambda fields: renamed(fields, self.new, self.old))


@dataclass(frozen=True, eq=False)
class FieldAdded(FieldChange):
    """Absent for older devices."""

    name: str

    def field_up(self, values: Values) -> Values:
        return values

    def field_down(self, values: Values) -> Values:
        return without(values, self.name)

    def schema(self, schema: Schema) -> Schema:
        return _fields(schema, self.collection, lambda fields: without(fields, self.name))


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
        return without(values, self.name)

    def field_down(self, values: Values) -> Values:
        return values

    def row(self, row: Values) -> Values:
        return {**row, self.name: or_null(self.stand_in, row) if callable(self.stand_in) else self.stand_in}

    def schema(self, schema: Schema) -> Schema:
        return _fields(schema, self.collection, lambda fields: {**fields, self.name: self.merge}, commands=False)


@dataclass(frozen=True, eq=False)
class FieldChanged(FieldChange):
    """Another type or spelling. Null stays null; a value without an older spelling is null for older devices."""

    name: str
    newer: Pure
    older: Pure

    def field_up(self, values: Values) -> Values:
        return spelled(values, self.name, self.newer)

    def field_down(self, values: Values) -> Values:
        if values.get(self.name) is None:
            return values
        return {**values, self.name: or_null(self.older, values[self.name])}

    def schema(self, schema: Schema) -> Schema:
        commands = {
            name: structs.replace(found, sets=self.field_down(found.sets))
            if found.collection == self.collection
            else found
            for name, found in schema.commands.items()
        }
        return structs.replace(schema, commands=commands)


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
        if command.adds is not None and command.adds.collection == collection:
            command = structs.replace(command, adds=_added_as(command.adds, work))
        if command.takes is not None and collection in places_of(command.takes):
            command = structs.replace(command, takes=_taken_as(command.takes, collection, work))
        if command.collection != collection:
            return structs.replace(command, children=children)
        names = list(work(dict.fromkeys(command.fields))) if command.merges else command.fields
        return structs.replace(command, fields=names, sets=work(command.sets), children=children)

    return structs.replace(
        schema, collections=told, commands={name: spoken(command) for name, command in schema.commands.items()}
    )


def _taken_as(takes: TakesFrom, collection: str, work: Callable[[dict[str, Any]], dict[str, Any]]) -> TakesFrom | None:
    """Only where an older app has the same words for it: else it learns of it with the next pull."""
    named = {takes.collection: [takes.number, *takes.match], takes.rows: [takes.parent, takes.minus, *takes.match]}
    told = dict.fromkeys(named.get(collection, ()), "")
    return takes if list(work(told)) == list(told) else None


def _added_as(adds: AddsTo, work: Callable[[dict[str, Any]], dict[str, Any]]) -> AddsTo | None:
    """In an older app's words, where they have one for every field that shows by it. The arguments are its own."""
    if not all(work({name: ""}) for name in (adds.number, *adds.match)):
        return None
    if any(next(iter(work({name: ""}))) != name for name in adds.match):
        return None  # there it is the argument's name as well
    return structs.replace(adds, number=next(iter(work({adds.number: ""}))), sets=work(dict(adds.sets)))
