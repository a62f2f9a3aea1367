"""From what a device queued (camelCase JSON) to a command's typed input. Shared by push and by the inbox."""

from __future__ import annotations

import re
import typing
from collections.abc import Mapping
from typing import Any

import msgspec

from kernel.command import Command, Input
from kernel.errors import InvalidInput
from kernel.wire import wire_name

_PATH = re.compile(r"`\$\.?([^`]*)`")


def input_from_wire(command: Command, arguments: Mapping[str, Any]) -> Input:
    """The command's input, strictly. Raises InvalidInput with the field's wire path."""
    try:
        return msgspec.convert(_named(command.input_type, arguments), command.input_type)
    except msgspec.ValidationError as wrong:
        found = _PATH.search(str(wrong))
        path = ".".join(wire_name(part) for part in found[1].split(".")) if found else ""
        raise InvalidInput(field=path or None, problem=str(wrong)) from None


def _named(struct: type[Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Renames the keys that are fields; values of free form (custom fields) keep the tenant's own keys."""
    names = {wire_name(field.name): field for field in msgspec.structs.fields(struct)}
    renamed: dict[str, Any] = {}
    for key, value in values.items():
        field = names.get(key)
        if field is None:
            renamed[key] = value  # refused by the struct, which forbids unknown fields
        else:
            renamed[field.name] = _value(field.type, value)
    return renamed


def _value(kind: Any, value: Any) -> Any:
    struct = _struct_in(kind)
    if struct is None:
        return value
    if isinstance(value, list):
        return [_named(struct, item) if isinstance(item, dict) else item for item in value]
    return _named(struct, value) if isinstance(value, dict) else value


def _struct_in(kind: Any) -> type[Any] | None:
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return kind
    for part in typing.get_args(kind):
        found = _struct_in(part)
        if found is not None:
            return found
    return None
