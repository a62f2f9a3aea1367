"""Values as the wire has them, and what the wire cannot carry: found before it is stored, and made text if it was."""

from __future__ import annotations

import json
import math
import os
import re
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

_making, _last = threading.Lock(), [0]
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_LARGEST = 2**63 - 1
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


def plain(value: Any) -> Any:
    """Arguments as JSON has them: ids, dates and instants as text."""
    if isinstance(value, datetime):
        return instant(value)
    return json.loads(json.dumps(value, default=str))


def unsendable(values: dict[str, Any]) -> tuple[str, str] | None:
    """The path of the first value that no push could carry, and why; None when all can go."""
    fault = next(_faults(values, "", 0), None)
    if fault is None and len(json.dumps(values, ensure_ascii=False).encode()) > MAX_PART_BYTES:
        return "arguments", f"more than {MAX_PART_BYTES} bytes"
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


def _faults(value: Any, path: str, depth: int) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict | list) and (problem := _too_large(value, depth)):
        yield path or "arguments", problem
    elif isinstance(value, str):
        if _UNSTORABLE.search(value):
            yield path, "text with NUL or half a character (a lone surrogate)"
    elif isinstance(value, float):
        if not math.isfinite(value):
            yield path, f"{value} is no number that JSON has"
    elif isinstance(value, int):
        if abs(value) > _LARGEST:
            yield path, "an integer beyond 64 bits"
    elif isinstance(value, dict):
        for key, item in value.items():
            below = f"{path}.{key}" if path else str(key)
            yield from _faults(key, below, depth)
            yield from _faults(item, below, depth + 1)
    elif isinstance(value, list):
        for position, item in enumerate(value):
            yield from _faults(item, f"{path}.{position}", depth + 1)


def _too_large(value: dict[str, Any] | list[Any], depth: int) -> str | None:
    if depth > MAX_DEPTH:
        return f"nested more than {MAX_DEPTH} deep"
    if isinstance(value, dict):
        return f"more than {MAX_KEYS} fields" if len(value) > MAX_KEYS else None
    return f"a list of more than {MAX_ITEMS}" if len(value) > MAX_ITEMS else None
