"""Text that PostgreSQL cannot store: NUL and lone surrogates."""

from __future__ import annotations

import re
from typing import Any

from values.wire import wire_name

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def unreadable_in(value: Any, path: str = "") -> str | None:
    """The wire path of the first text with a NUL or a lone surrogate; None when all can be stored."""
    if isinstance(value, str):
        return path if _UNSTORABLE.search(value) else None
    if isinstance(value, dict):
        parts = [(f"{path}.{wire_name(str(key))}".lstrip("."), item) for key, item in value.items()]
        keys = next((path or "input" for key in value if unreadable_in(str(key), "key")), None)
        return keys or next((found for name, item in parts if (found := unreadable_in(item, name))), None)
    if isinstance(value, list):
        return next((found for item in value if (found := unreadable_in(item, path))), None)
    return None
