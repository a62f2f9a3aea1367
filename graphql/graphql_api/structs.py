"""GraphQL types from msgspec structs: what commands and the identity service take and answer, field by field."""

from __future__ import annotations

import datetime as dt
import types
import typing
from decimal import Decimal
from typing import Any, Literal, Union
from uuid import UUID

import msgspec
import strawberry
from strawberry import UNSET
from strawberry.scalars import JSON

from graphql_api.allowed_values import allowed
from graphql_api.errors import InputMalformed
from graphql_api.scalars import BigInt, Day, Exact, Instant, maybe
from values.malformed import malformed
from values.wire import wire_name

_LEAVES: dict[Any, Any] = {
    str: str,
    bool: bool,
    float: float,
    UUID: strawberry.ID,
    Decimal: Exact,
    dt.datetime: Instant,
    dt.date: Day,
    Any: JSON,
    dict: JSON,
    object: JSON,
}


class StructTypes:
    """Builds each struct's input or output type once, under one name."""

    def __init__(self) -> None:
        self._inputs: dict[str, type] = {}
        self._outputs: dict[Any, type] = {}
        self._resolved: dict[Any, dict[str, Any]] = {}

    def resolve(self, struct: type[msgspec.Struct], fields: dict[str, Any]) -> None:
        """Adds fields that are looked up only when somebody asks: to be said before the type is first used."""
        if struct in self._outputs:
            raise ValueError(f"the type of {struct.__name__} is made already")
        self._resolved[struct] = fields

    def output(self, struct: type[msgspec.Struct]) -> type:
        """The object type of a result struct; its values are the struct's own instances."""
        if struct not in self._outputs:
            cls: Any = type(struct.__name__, (), {"__annotations__": {}})
            self._outputs[struct] = cls
            hints = typing.get_type_hints(struct)
            for found in msgspec.structs.fields(struct):
                cls.__annotations__[found.name] = self._annotation(hints[found.name], found.name, of_input=False)
                setattr(cls, found.name, strawberry.field(name=wire_name(found.name)))
            for name, field in self._resolved.get(struct, {}).items():
                setattr(cls, name, field)
            strawberry.type(cls, description=_first_line(struct))
        return self._outputs[struct]

    def input(self, struct: type[msgspec.Struct], name: str | None = None) -> type:
        """The input type of a struct: what has a default may be left out."""
        name = name or f"{struct.__name__}Input"
        if name not in self._inputs:
            cls: Any = type(name, (), {"__annotations__": {}})
            self._inputs[name] = cls
            hints = typing.get_type_hints(struct)
            for found in msgspec.structs.fields(struct):
                annotation = self._annotation(hints[found.name], found.name, of_input=True)
                takes = allowed(name, wire_name(found.name))
                told = takes.sentence() if takes else None
                options: dict[str, Any] = {"name": wire_name(found.name), "description": told}
                if not found.required:
                    annotation, options["default"] = maybe(annotation), UNSET
                cls.__annotations__[found.name] = annotation
                setattr(cls, found.name, strawberry.field(**options))
            strawberry.input(cls, description=_first_line(struct))
        return self._inputs[name]

    def _annotation(self, hint: Any, name: str, *, of_input: bool) -> Any:
        origin, arguments = typing.get_origin(hint), typing.get_args(hint)
        if origin is typing.Annotated:
            return self._annotation(arguments[0], name, of_input=of_input)
        if origin in (Union, types.UnionType):
            kept = [part for part in arguments if part not in (type(None), msgspec.UnsetType)]
            inner = self._annotation(kept[0], name, of_input=of_input) if len(kept) == 1 else JSON
            return inner if len(kept) == len(arguments) else maybe(inner)
        if origin in (list, tuple, set, frozenset):
            return list[self._annotation(arguments[0], name, of_input=of_input)]  # type: ignore[misc]
        if origin is Literal:
            return str
        if origin is dict:
            return JSON
        if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
            return self.input(hint) if of_input else self.output(hint)
        if hint is int:
            return BigInt if name.endswith("_minor") else int
        return _LEAVES.get(hint, str)


def struct_of(given: Any, struct: type[msgspec.Struct]) -> Any:
    """An input value as its struct. Raises InputMalformed with the field's wire path."""
    try:
        return msgspec.convert(_plain(given), struct, strict=False)
    except (msgspec.ValidationError, OverflowError) as wrong:
        told = malformed(str(wrong))
        raise InputMalformed(field=told.field, problem_zh=told.zh, problem_en=told.en) from None


def _plain(value: Any) -> Any:
    if hasattr(type(value), "__strawberry_definition__"):
        return {name: _plain(item) for name, item in vars(value).items() if item is not UNSET}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value


def _first_line(struct: type) -> str | None:
    text = (struct.__doc__ or "").strip().split("\n\n")[0]
    # msgspec gives an undocumented struct no text of its own; a parent's would mislead.
    own = "__doc__" in vars(struct) and not text.startswith(f"{struct.__name__}(")
    return " ".join(text.split()) if own and text else None
