"""Changes of one argument of a command."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from msgspec import structs

from sync.respelling import FAULTS, Pure, Unconvertible, Values, no_spelling, or_null, renamed, spelled, without
from sync.steps import About, Call, Change, said
from sync.wire import Schema
from values.errors import Words


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
        return said(call, arguments=_inside(call.arguments, self.name.split(".")[:-1], work))

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
        return renamed(values, self.last, self.new)

    def argument_down(self, values: Values) -> Values:
        return renamed(values, self.new, self.last)

    def schema(self, schema: Schema) -> Schema:
        told = self._told(schema, lambda fields: [self.last if name == self.new else name for name in fields])
        found = told.commands.get(self.command)
        if found is None or "." in self.name or not found.children:
            return told
        changed = structs.replace(found, children=renamed(found.children, self.new, self.last))
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
            raise Unconvertible(self.name, no_spelling(self.name)) from None

    def argument_down(self, values: Values) -> Values:
        return without(values, self.last)

    def schema(self, schema: Schema) -> Schema:
        return self._told(schema, lambda fields: [name for name in fields if name != self.name])


@dataclass(frozen=True, eq=False)
class ArgumentRemoved(ArgumentChange):
    """`matters`: why an older call that says it needs a person; None: it is dropped."""

    matters: Words | None = None

    def argument_up(self, values: Values) -> Values:
        if self.matters is not None and values.get(self.last) is not None:
            raise Unconvertible(self.name, self.matters)
        return without(values, self.last)

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
        return spelled(values, self.last, self.newer)

    def argument_down(self, values: Values) -> Values:
        if values.get(self.last) is None:
            return values
        if self.older is None:
            return without(values, self.last)
        return {**values, self.last: or_null(self.older, values[self.last])}


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
