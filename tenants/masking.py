"""What a mask hides where values of one entity are repeated in another: an inbox entry holds a row's.

One function for every door (sync, GraphQL, audit): a new door that shows inbox entries calls it too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kernel.entity import described
from kernel.policy import Authority
from tenants.device_entities import InboxEntry
from values.wire import wire_name


def repeats_values(entity_name: str) -> bool:
    """Whether rows of this entity repeat values of others."""
    return entity_name == described(InboxEntry).name


def without_masked(entry: Mapping[str, Any], authority: Authority) -> dict[str, Any]:
    """An inbox entry's values without what the member's masks hide in the entity that it is about.

    Takes a whole entry or a part of one (the changed columns of an audit entry). Where it does not say which entity it
    is about, the masks of all entities hold.
    """
    values = dict(entry)
    hidden = _hidden(authority, values.get("entity"))
    if not hidden:
        return values
    if isinstance(values.get("arguments"), dict):
        values["arguments"] = _cut(values["arguments"], hidden)
    if isinstance(values.get("differences"), list):
        values["differences"] = [
            _cut(found, hidden) for found in values["differences"] if _field_of(found) not in hidden
        ]
    return values


def _hidden(authority: Authority, entity: Any) -> frozenset[str]:
    """The hidden fields in both spellings: a refused edit is kept as the device wrote it."""
    masks = [mask.rsplit(".", 1) for mask in authority.masks]
    columns = {column for owner, column in masks if owner == entity or not entity}
    return frozenset(columns | {wire_name(column) for column in columns})


def _field_of(difference: Any) -> str:
    return str(difference.get("field", "")).split(".")[0] if isinstance(difference, dict) else ""


def _cut(value: Any, hidden: frozenset[str]) -> Any:
    """JSON without the hidden keys, however deep."""
    if isinstance(value, dict):
        kept = {key: item for key, item in value.items() if str(key).split(".")[0] not in hidden}
        return {key: _cut(item, hidden) for key, item in kept.items()}
    return [_cut(item, hidden) for item in value] if isinstance(value, list) else value
