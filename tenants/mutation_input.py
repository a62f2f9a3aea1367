"""From what a device queued (camelCase JSON) to a command's typed input. Shared by push and by the inbox."""

from __future__ import annotations

import re
import typing
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import UUID

import msgspec

from kernel.command import Command, Input
from values.errors import InvalidInput, Words
from values.malformed import malformed
from values.wire import wire_name

# An instant beyond these would be stored, but not read again: in UTC it falls out of Python's calendar.
EARLIEST, LATEST = datetime(1, 1, 3, tzinfo=UTC), datetime(9999, 12, 29, tzinfo=UTC)
_NO_OFFSET = Words(
    "时间应注明时区，如 2026-03-02T09:30:00+08:00", "an instant needs an offset: 2026-03-02T09:30:00+08:00"
)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def input_from_wire(command: Command, arguments: Mapping[str, Any]) -> Input:
    """The command's input, strictly. Raises InvalidInput with the field's wire path."""
    try:
        data: Input = msgspec.convert(_named(command.input_type, arguments), command.input_type)
    except msgspec.ValidationError as wrong:
        told = malformed(str(wrong))
        raise InvalidInput(field=told.field, problem=told) from None
    for name in data.__struct_fields__:
        value = getattr(data, name)
        if isinstance(value, datetime) and value.tzinfo is None:
            raise InvalidInput(field=wire_name(name), problem=_NO_OFFSET)
        if isinstance(value, datetime) and not EARLIEST <= value <= LATEST:
            raise InvalidInput(field=wire_name(name), problem=_out_of_range(value))
    return data


def _out_of_range(value: datetime) -> Words:
    return Words(f"时间 {value.isoformat()} 超出范围", f"the instant {value.isoformat()} is out of range")


def storable(value: Any) -> Any:
    """JSON as PostgreSQL can keep it: NUL and half surrogates become the replacement character."""
    if isinstance(value, str):
        return _UNSTORABLE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {storable(key): storable(item) for key, item in value.items()}
    return [storable(item) for item in value] if isinstance(value, list) else value


def row_id_of(value: Any) -> UUID | None:
    """The id that a JSON value is, in the spellings that a command's input takes; None for anything else."""
    if not isinstance(value, str) or len(value) not in (32, 36):
        return None
    try:
        return UUID(value)
    except ValueError:
        return None


def _named(struct: type[msgspec.Struct], values: Mapping[str, Any]) -> dict[str, Any]:
    """Renames the keys that are fields; values of free form (custom fields) keep the tenant's own keys."""
    names = _fields(struct)
    renamed: dict[str, Any] = {}
    for key, value in values.items():
        field = names.get(key)
        if field is None:
            renamed[key] = value  # refused by the struct, which forbids unknown fields
        else:
            name, inner = field
            renamed[name] = value if inner is None else _value(inner, value)
    return renamed


@cache
def _fields(struct: type[msgspec.Struct]) -> dict[str, tuple[str, type[msgspec.Struct] | None]]:
    """Wire name → the field's own name and the struct inside its type, if there is one."""
    return {wire_name(field.name): (field.name, _struct_in(field.type)) for field in msgspec.structs.fields(struct)}


def _value(struct: type[msgspec.Struct], value: Any) -> Any:
    if isinstance(value, list):
        return [_named(struct, item) if isinstance(item, dict) else item for item in value]
    return _named(struct, value) if isinstance(value, dict) else value


def _struct_in(kind: Any) -> type[msgspec.Struct] | None:
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return kind
    for part in typing.get_args(kind):
        found = _struct_in(part)
        if found is not None:
            return found
    return None
