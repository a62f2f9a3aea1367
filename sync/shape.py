"""The present sync schema as a file: names, fields, types, commands, arguments. Its diff is the review of a change.

`yunfan schema` writes it; `tests/contracts/test_schema_versions.py` keeps it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
from msgspec import inspect
from sqlalchemy import ARRAY, BigInteger, Boolean, Column, Date, DateTime, Integer, Numeric, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from kernel.command import Command, commands
from sync import versions
from sync.collections import all_collections
from values.wire import wire_name

FILE = Path(__file__).parent / "vectors" / "schema.json"
WHAT_TO_DO = (
    "The sync schema changed: devices built for the former one must go on. While that version is not released, run "
    "`yunfan schema`. Once it is: append a Step to HISTORY in sync/versions.py, raise SCHEMA_VERSION in "
    "sync/client/about.py, run `yunfan schema`; or, if no device has to know, say why in NOTED."
)
_KINDS = (
    (DateTime, "instant"),
    (Date, "date"),
    (Uuid, "id"),
    (Boolean, "boolean"),
    (BigInteger, "integer"),
    (Integer, "integer"),
    (Numeric, "decimal"),
    (JSONB, "json"),
    (Text, "text"),
)


def shape() -> dict[str, Any]:
    """By collection the fields with their types, by queueable command the arguments. Call it with all rooms loaded."""
    return {
        "collections": {
            name: {wire_name(column.name): kind_of(column) for column in found.columns}
            for name, found in all_collections().items()
        },
        "commands": {
            found.name: _arguments(found) for found in sorted(commands(), key=lambda c: c.name) if found.offline
        },
    }


def shape_hash(found: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(found, sort_keys=True).encode()).hexdigest()[:16]


def written() -> str:
    """The file as it should be. What released versions looked like is carried over and never written anew."""
    now = shape()
    released = json.loads(FILE.read_text(encoding="utf-8"))["released"] if FILE.exists() else {}
    if versions.current() <= versions.RELEASED:
        released.setdefault(str(versions.current()), shape_hash(now))
    told = {"version": versions.current(), "released": released, **now}
    return json.dumps(told, ensure_ascii=False, indent=1) + "\n"


def unexplained(
    kept: Mapping[str, Any], now: Mapping[str, Any], version: int, noted: Mapping[str, str]
) -> Iterator[str]:
    """What stands between the file `kept` and the present shape."""
    told = {name: kept[name] for name in ("collections", "commands")}
    if told != now or kept["version"] != version:
        yield WHAT_TO_DO
    frozen = kept["released"].get(str(version))
    if frozen not in (None, shape_hash(now)) and shape_hash(now) not in noted:
        yield f"Version {version} is released and may not change. {WHAT_TO_DO}"


def kind_of(column: Column[Any]) -> str:
    """A column's kind on the wire: `id`, `text`, `integer`, `decimal`, `boolean`, `date`, `instant`, `list`, `json`."""
    if isinstance(column.type, ARRAY):
        return "list"
    return next((name for kind, name in _KINDS if isinstance(column.type, kind)), str(column.type))


def _arguments(found: Command) -> dict[str, str]:
    return {
        wire_name(field.name): ("" if field.required else "?") + spelled(inspect.type_info(field.type))
        for field in msgspec.structs.fields(found.input_type)
    }


def spelled(kind: inspect.Type) -> str:
    """An argument's type in one line: `str|unset`, `[{productId:uuid,quantity:str}]`."""
    if isinstance(kind, inspect.UnionType):
        return "|".join(sorted(spelled(part) for part in kind.types))
    if isinstance(kind, inspect.LiteralType):
        return "|".join(sorted(map(repr, kind.values)))
    if isinstance(kind, inspect.ListType | inspect.VarTupleType):
        return f"[{spelled(kind.item_type)}]"
    if isinstance(kind, inspect.StructType):
        items = (f"{wire_name(f.name)}{'' if f.required else '?'}:{spelled(f.type)}" for f in kind.fields)
        return "{" + ",".join(items) + "}"
    return type(kind).__name__.removesuffix("Type").lower()
