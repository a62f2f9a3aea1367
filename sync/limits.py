"""What one mutation may weigh. Below the body's limit, so that a single edit can burden neither inbox nor merge.

A mutation beyond it goes to the inbox as every refused one does, so it stops nothing; of its content only what says
which row it is about is kept there. The figures are part of PROTOCOL.md, section 4.5; `client/values.py` has them too.
"""

from __future__ import annotations

import json
from typing import Any

import msgspec
from msgspec import structs

from sync.errors import MutationTooLarge
from sync.wire import Mutation
from tenants.mutation_input import row_id_of
from values.errors import Words

MAX_PART_BYTES = 512 * 1024  # of `arguments`, of `base` and of `serverBase`, as JSON
MAX_ITEMS = 1_000  # of a list
MAX_KEYS = 500  # of an object
MAX_DEPTH = 64  # objects and lists inside one another
_SHOWN = 200  # characters of a path


def refuse_too_large(mutation: Mutation) -> None:
    """Raises MutationTooLarge, naming the first place that is."""
    _refuse_part(mutation.arguments, "")
    _refuse_part(mutation.base, "base")
    _refuse_part(mutation.server_base, "serverBase")


def without_content(mutation: Mutation) -> Mutation:
    """The mutation with nothing but the id of its row, if it names one."""
    row_id = mutation.arguments.get("id")
    kept = {"id": row_id} if row_id_of(row_id) is not None else {}
    return structs.replace(mutation, arguments=kept, base={}, server_base={})


def _refuse_part(part: dict[str, Any], name: str) -> None:
    """The walk keeps its own stack: what it looks for would break a recursion."""
    waiting: list[tuple[str, Any, int]] = [(name, part, 0)]
    while waiting:
        path, value, depth = waiting.pop()
        if isinstance(value, dict | list):
            if depth > MAX_DEPTH:
                raise _too_large(path, Words(f"嵌套超过 {MAX_DEPTH} 层", f"nested more than {MAX_DEPTH} deep"))
            _refuse_wide(path, value)
            above = f"{path}." if path else ""
            below = value.items() if isinstance(value, dict) else enumerate(value)
            waiting += [(f"{above}{key}"[:_SHOWN], item, depth + 1) for key, item in below]
    if _bytes_of(part) > MAX_PART_BYTES:
        raise _too_large(name, Words(f"超过 {MAX_PART_BYTES} 字节", f"more than {MAX_PART_BYTES} bytes"))


def _refuse_wide(path: str, value: dict[str, Any] | list[Any]) -> None:
    if isinstance(value, list) and len(value) > MAX_ITEMS:
        raise _too_large(path, Words(f"列表超过 {MAX_ITEMS} 项", f"a list of more than {MAX_ITEMS}"))
    if isinstance(value, dict) and len(value) > MAX_KEYS:
        raise _too_large(path, Words(f"字段超过 {MAX_KEYS} 个", f"more than {MAX_KEYS} fields"))


def _too_large(path: str, problem: Words) -> MutationTooLarge:
    return MutationTooLarge(field=path or "arguments", problem=problem)


def _bytes_of(part: dict[str, Any]) -> int:
    try:
        return len(msgspec.json.encode(part))
    except UnicodeEncodeError:  # half a surrogate, which the inbox replaces
        return len(json.dumps(part, ensure_ascii=False).encode("utf-8", "replace"))
