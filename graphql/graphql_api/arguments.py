"""What a client may send as values, whichever field takes them: so many, so deep, and text that can be stored."""

from __future__ import annotations

import re
from typing import Any

from graphql import DocumentNode, StringValueNode, Visitor, visit

from graphql_api.errors import QueryTooLarge
from values.errors import TextUnreadable, Words

MAX_ITEMS = 50_000
MAX_NESTING = 20
_ENTERED = Words("填写的内容", "what was entered")  # no label is known here; `field` has the place
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def readable(text: str) -> bool:
    """Whether PostgreSQL can hold it: no NUL, no half of a surrogate pair."""
    return "\x00" not in text if text.isascii() else _UNSTORABLE.search(text) is None


def check_variables(variables: dict[str, Any]) -> None:
    """Variables are no document, so no other limit counts them. Raises QueryTooLarge, TextUnreadable."""
    level: list[Any] = [variables]
    items = 0
    for _ in range(MAX_NESTING):
        found: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                found.extend(value.values())
                if not all(map(readable, value)):
                    _refuse_text(variables)
            elif isinstance(value, list):
                found.extend(value)
            elif isinstance(value, str) and not readable(value):
                _refuse_text(variables)
        items += len(found)
        if items > MAX_ITEMS:
            raise QueryTooLarge(field="variables", measure="variable items", found=f">{MAX_ITEMS}", limit=MAX_ITEMS)
        if not found:
            return
        level = found
    raise QueryTooLarge(field="variables", measure="nesting", found=f">{MAX_NESTING}", limit=MAX_NESTING)


def check_literals(document: DocumentNode) -> None:
    """Text that is written into the document itself. Raises TextUnreadable."""
    visit(document, _Literals())


class _Literals(Visitor):
    def enter_string_value(self, node: StringValueNode, _key: Any, parent: Any, _path: Any, ancestors: Any) -> None:
        if not readable(node.value):
            named = [found.name.value for found in (*ancestors, parent) if getattr(found, "kind", "") in _NAMED]
            path = ".".join(named) or "query"
            raise TextUnreadable(field=path, label=_ENTERED)


_NAMED = ("argument", "object_field")


def _refuse_text(variables: dict[str, Any]) -> None:
    for name, value in variables.items():
        place = _unreadable(value, "")
        if place is not None:
            # The variable's name is the client's own; inside it the path is the input's.
            path = place or name
            raise TextUnreadable(field=path, label=_ENTERED)
    raise TextUnreadable(field="variables", label=_ENTERED)


def _unreadable(value: Any, path: str, depth: int = 0) -> str | None:
    """The path of the first text that cannot be stored; '' is the value itself, None: all can."""
    if depth > MAX_NESTING:
        return None
    if isinstance(value, str):
        return None if readable(value) else path
    if isinstance(value, list):
        parts = [(path, item) for item in value]
    elif isinstance(value, dict):
        if not all(map(readable, value)):
            return path
        parts = [(f"{path}.{key}" if path else key, item) for key, item in value.items()]
    else:
        return None
    return next((found for place, item in parts if (found := _unreadable(item, place, depth + 1)) is not None), None)
