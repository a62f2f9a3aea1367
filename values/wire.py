"""One spelling on every wire: camelCase names and JSON-safe values."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any
from uuid import UUID

_SAFE_INTEGER = 2**53 - 1  # JavaScript's


@lru_cache(maxsize=4096)
def wire_name(name: str) -> str:
    """`amount_minor` → `amountMinor`. The only place that turns a Python name into a wire name."""
    head, *rest = name.split("_")
    return head + "".join(part[:1].upper() + part[1:] for part in rest)


@lru_cache(maxsize=4096)
def python_name(name: str) -> str:
    """The inverse: `amountMinor` → `amount_minor`."""
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name)


def to_wire(value: Any) -> Any:
    """A column value as JSON: instants in UTC with Z, ids and decimals as strings, unsafe integers as strings."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, int):
        return value if abs(value) <= _SAFE_INTEGER else str(value)
    if isinstance(value, dict):
        return {key: to_wire(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        items = sorted(value) if isinstance(value, set | frozenset) else value
        return [to_wire(item) for item in items]
    if isinstance(value, float):
        return value
    raise TypeError(f"{type(value).__name__} has no wire form")
