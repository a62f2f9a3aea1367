"""What a mask, or a row out of sight, hides where values of one entity are repeated in another: in an inbox entry.

The same functions for every door (sync, GraphQL, audit, export): a new door that shows inbox entries calls them too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from kernel.entity import described
from kernel.policy import Authority
from tenants.device_entities import InboxEntry
from tenants.erased_rows import only_ids
from tenants.errors import CreationDiscarded, Parked
from tenants.parking import TITLES, what_of
from values.errors import Refusal, all_refusals
from values.wire import wire_name

_REASON = ("message_zh", "message_en", "remedy_zh", "remedy_en")
_CUT = "…"
_CUT_WHOLE = {"zh": "原因中有您无权查看的内容。", "en": "The reason quotes what you may not see."}
_PLACE = re.compile(r"\{(\w+)\}")
# These quote nothing but what the author of the entry typed into another one.
_QUOTING_THEMSELVES = frozenset({Parked.code, CreationDiscarded.code})
# Details of a refusal that name things and never quote what stands in a row.
# `problems` and `count`: of FieldsWrong, which is made of sentences that name fields and their limits alone.
_NAMING = frozenset({"entity", "label", "permission", "module", "command", "version", "ended_at", "problems", "count"})


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
    if isinstance(values.get("arguments"), dict):
        values["arguments"] = _cut(values["arguments"], hidden, _hidden(authority, None))
    if isinstance(values.get("differences"), list):
        anywhere = _hidden(authority, None)
        kept = [found for found in values["differences"] if not _hides(found, hidden, anywhere)]
        values["differences"] = [_cut(found, hidden, hidden) for found in kept]
    if not hidden and values == entry:
        return values
    for spelled in ("field_facts", "fieldFacts"):
        if isinstance(values.get(spelled), dict):
            values[spelled] = _cut(values[spelled], hidden, hidden)
    # It names the row, or one that the row belongs to, by one of these and by nothing else.
    if any(mask.rsplit(".", 1)[-1] in TITLES for mask in authority.masks):
        values.update(_what_without_values(values))
    values.update(_reason_without_values(values))
    return values


def without_unseen(entry: Mapping[str, Any], *, own: bool) -> dict[str, Any]:
    """An inbox entry's values, or a part of them, for a reader who may not view the row that it is about.

    `own`: the reader made the edit, and goes on seeing what they typed, though not what stood or stands in the row.
    """
    values = dict(entry)
    if isinstance(values.get("arguments"), dict) and not own:
        values["arguments"] = only_ids(values["arguments"])
    if isinstance(values.get("differences"), list):
        typed = [found for found in values["differences"] if own and isinstance(found, dict)]
        values["differences"] = [{k: v for k, v in found.items() if k in ("field", "mine")} for found in typed]
    for spelled in ("field_facts", "fieldFacts"):
        if isinstance(values.get(spelled), dict):
            labels = {
                name: {k: v for k, v in told.items() if k in ("zh", "en")} for name, told in values[spelled].items()
            }
            values[spelled] = labels if own else {}
    if not own:
        values.update(_what_without_values(values))
    if not (own and values.get("code") in _QUOTING_THEMSELVES):
        values.update(_reason_without_values(values))
    return values


def _what_without_values(entry: Mapping[str, Any]) -> dict[str, Any]:
    """The command in words without the name that the edit gave; where the command is not told, nothing."""
    bare = what_of(str(entry.get("command") or ""), {})
    told = {"what_zh": bare.zh, "what_en": bare.en}
    return {spelled: text for name, text in told.items() for spelled in (name, wire_name(name)) if spelled in entry}


def _reason_without_values(entry: Mapping[str, Any]) -> dict[str, Any]:
    """The entry's sentences without the values that they quote. Which field a value is of, a sentence does not tell:
    what is kept is what only names things; otherwise the sentence stands as its code has it, with its places empty."""
    code = str(entry.get("code") or "")
    refusal = next((found for found in all_refusals() if found.code == code), None)
    kept: dict[str, Any] = {}
    for name in _REASON:
        for spelled in (name, wire_name(name)):
            if isinstance(entry.get(spelled), str):
                kept[spelled] = _sentence(refusal, name, entry[spelled])
    return kept


def _sentence(refusal: type[Refusal] | None, name: str, told: str) -> str:
    kind, _, language = name.partition("_")
    if refusal is None:
        return _CUT_WHOLE[language]
    template: str = getattr(refusal, language if kind == "message" else name)
    literal = _PLACE.split(template)[::2]
    if set(_PLACE.findall(template)) <= _NAMING and re.fullmatch(".*?".join(map(re.escape, literal)), told, re.DOTALL):
        return told
    return _PLACE.sub(_CUT, template)


def _hidden(authority: Authority, entity: Any) -> frozenset[str]:
    """The hidden fields in both spellings: a refused edit is kept as the device wrote it."""
    masks = [mask.rsplit(".", 1) for mask in authority.masks]
    columns = {column for owner, column in masks if owner == entity or not entity}
    return frozenset(columns | {wire_name(column) for column in columns})


def _hides(difference: Any, hidden: frozenset[str], in_lists: frozenset[str]) -> bool:
    """`lines.0.counted` is a field of an item, as in `_cut`."""
    head, *rest = str(difference.get("field", "")).split(".") if isinstance(difference, dict) else [""]
    return head in hidden or (len(rest) > 1 and rest[0].isdigit() and rest[-1] in in_lists)


def _cut(value: Any, hidden: frozenset[str], in_lists: frozenset[str]) -> Any:
    """JSON without the hidden keys, however deep. Items of a list are rows of their own, an order's lines for example:
    from them goes what is hidden in any entity, `in_lists`."""
    if isinstance(value, dict):
        kept = {key: item for key, item in value.items() if str(key).split(".")[0] not in hidden}
        return {key: _cut(item, hidden, in_lists) for key, item in kept.items()}
    return [_cut(item, in_lists, in_lists) for item in value] if isinstance(value, list) else value
