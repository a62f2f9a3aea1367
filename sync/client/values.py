"""Values as the wire has them, and what the wire cannot carry: found before it is stored, and made text if it was."""

from __future__ import annotations

import json
import math
import os
import re
import threading
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

from sync.client.errors import ArgumentRefused

_making, _last = threading.Lock(), [0]
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_LARGEST = 2**63 - 1
_MOST_DIGITS = 100  # beyond it 1E+999999 stays short; the server refuses it
# PROTOCOL.md, section 4.5: what one mutation may weigh.
MAX_PART_BYTES = 512 * 1024
MAX_ITEMS = 1_000
MAX_KEYS = 500
MAX_DEPTH = 64


def uuid7() -> UUID:
    """RFC 9562 §5.7: 48 bits of Unix milliseconds, version, 74 random bits. Ids sort by creation."""
    bits = int.from_bytes(os.urandom(10), "big")
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds & (1 << 48) - 1) << 80 | 0x7 << 76 | (bits >> 62 & 0xFFF) << 64 | 0b10 << 62
    made = UUID(int=value | bits & (1 << 62) - 1)
    with _making:
        if made.int >> 80 <= _last[0] >> 80:  # within one millisecond too (§6.2): the next of the last one's
            made = UUID(int=_last[0] + 1 + (bits & 0xFFFF))
        _last[0] = made.int
    return made


def instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def plain(value: Any, path: str = "value", depth: int = 0) -> Any:
    """Arguments as JSON has them: ids, dates, instants and decimals as text, an enum's member as its value.

    Raises ArgumentRefused for what has no form on the wire. `path`: where it stands, for the refusal.
    """
    if isinstance(value, Enum):
        return plain(value.value, path, depth)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, date | UUID):
        return str(value)
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise ArgumentRefused(path, "NUMBER_UNSENDABLE", value=value)
        return format(value, "f") if abs(value.adjusted()) <= _MOST_DIGITS else str(value)
    if not isinstance(value, dict | list | tuple):
        raise ArgumentRefused(path, "TYPE_UNSENDABLE", type=type(value).__name__)
    if depth > MAX_DEPTH:
        raise ArgumentRefused(path, "NESTED_TOO_DEEP", most=MAX_DEPTH)
    if isinstance(value, dict):
        return {_key(key, path): plain(item, f"{path}.{key}", depth + 1) for key, item in value.items()}
    return [plain(item, f"{path}.{position}", depth + 1) for position, item in enumerate(value)]


def _key(key: Any, path: str) -> str:
    """Others would meet under one text: 1 and "1"."""
    if not isinstance(key, str):
        raise ArgumentRefused(path, "KEY_UNSENDABLE", type=type(key).__name__)
    return str(key)


def unsendable(values: dict[str, Any]) -> ArgumentRefused | None:
    """Why no push could carry this, with the path of the first value; None when all can go."""
    fault = next(_faults(values, "", 0), None)
    if fault is None and len(json.dumps(values, ensure_ascii=False).encode()) > MAX_PART_BYTES:
        return ArgumentRefused("arguments", "ARGUMENTS_TOO_LARGE", most=MAX_PART_BYTES)
    return fault


def sendable(value: Any, depth: int = 0) -> Any:
    """The same with what cannot be sent as text that a person still recognises: NaN becomes `"nan"`."""
    if depth > MAX_DEPTH and isinstance(value, dict | list):
        return _UNSTORABLE.sub("\ufffd", json.dumps(value))
    if isinstance(value, str):
        return _UNSTORABLE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {sendable(key): sendable(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [sendable(item, depth + 1) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return hex(value) if isinstance(value, int) and abs(value) > _LARGEST else value


def _faults(value: Any, path: str, depth: int) -> Iterator[ArgumentRefused]:
    if isinstance(value, dict | list) and (refused := _too_large(value, path or "arguments", depth)):
        yield refused
    elif isinstance(value, str):
        if _UNSTORABLE.search(value):
            yield ArgumentRefused(path, "TEXT_UNSENDABLE")
    elif isinstance(value, float):
        if not math.isfinite(value):
            yield ArgumentRefused(path, "NUMBER_UNSENDABLE", value=value)
    elif isinstance(value, int):
        if abs(value) > _LARGEST:
            yield ArgumentRefused(path, "INTEGER_TOO_LARGE")
    elif isinstance(value, dict):
        for key, item in value.items():
            below = f"{path}.{key}" if path else str(key)
            yield from _faults(key, below, depth)
            yield from _faults(item, below, depth + 1)
    elif isinstance(value, list):
        for position, item in enumerate(value):
            yield from _faults(item, f"{path}.{position}", depth + 1)


def _too_large(value: dict[str, Any] | list[Any], path: str, depth: int) -> ArgumentRefused | None:
    if depth > MAX_DEPTH:
        return ArgumentRefused(path, "NESTED_TOO_DEEP", most=MAX_DEPTH)
    if isinstance(value, dict):
        return ArgumentRefused(path, "TOO_MANY_FIELDS", most=MAX_KEYS) if len(value) > MAX_KEYS else None
    return ArgumentRefused(path, "LIST_TOO_LONG", most=MAX_ITEMS) if len(value) > MAX_ITEMS else None
