"""Three-way merge of one offline edit, field by field, by the policy that the entity declares. Pure: wire values only.

`vectors/merge.json` holds cases that every implementation must pass.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any

from sync.errors import BaseMissing
from values.errors import InvalidInput, Words

THREE_WAY, ADD_REMOVE, PER_KEY = "three_way", "add_remove", "per_key"
_SET_ITEMS = 1_000


@dataclass(slots=True)
class Merged:
    """`apply`: what goes to the command. `differences`: `{field, base, mine, theirs}` that a person must look at.

    `dropped`: fields whose value the server has already.
    """

    apply: dict[str, Any] = field(default_factory=dict)
    differences: list[dict[str, Any]] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    combined: bool = False  # a set took in both sides' changes


def merge_fields(
    policies: Mapping[str, str],
    base: Mapping[str, Any],
    mine: Mapping[str, Any],
    theirs: Mapping[str, Any],
    *,
    own: AbstractSet[str] = frozenset(),
    pairs: Sequence[tuple[str, str]] = (),
    server_base: Mapping[str, Any] | None = None,
) -> Merged:
    """Merges the fields of `mine` into `theirs`.

    `own`: fields (`custom.key` for a key) that this very device wrote last on the server: nobody came between, whatever
    the server made of the value. `pairs`: fields that stand or fall together, such as amount and currency.
    `server_base`: the server's value beside the one in `base`, where the member saw a queued edit of their own over it:
    a value as in either is untouched. What is not in it is as in `base`; sets go by `base` alone.
    Raises BaseMissing, InvalidInput (`refuse_misshapen`).
    """
    refuse_misshapen(policies, mine, base, server_base or {})
    merged, under = Merged(), server_base or {}
    for name, value in mine.items():
        policy = policies.get(name)
        if policy == ADD_REMOVE:
            _merge_set(merged, name, base, value, theirs)
        elif policy == PER_KEY:
            _merge_keys(merged, name, base, value, theirs, own, under)
        elif policy is None:
            merged.apply[name] = value  # no column: an instruction to the command
        else:
            _merge_value(merged, name, base, value, theirs, own, under)
    for pair in pairs:
        _hold_together(merged, pair, base, mine, theirs)
    return merged


def refuse_misshapen(
    policies: Mapping[str, str], mine: Iterable[str], base: Mapping[str, Any], server_base: Mapping[str, Any]
) -> None:
    """Raises InvalidInput where a value before the edit cannot be one of its field: a device's word, like the edit."""
    for name in mine:
        for side, values in (("base", base), ("serverBase", server_base)):
            found, policy, place = values.get(name), policies.get(name), f"{side}.{name}"
            if found is None:
                continue
            if policy == PER_KEY and not isinstance(found, dict):
                raise InvalidInput(field=place, problem=Words("应为键值对象", "must be an object"))
            if policy == ADD_REMOVE and not isinstance(found, list):
                raise InvalidInput(field=place, problem=Words("应为列表", "must be a list"))
            if policy == ADD_REMOVE:
                _refuse_unfit(place, found)


def _merge_value(
    merged: Merged,
    name: str,
    base: Mapping[str, Any],
    value: Any,
    theirs: Mapping[str, Any],
    own: AbstractSet[str],
    under: Mapping[str, Any],
) -> None:
    current = theirs.get(name)
    if current == value:
        merged.dropped.append(name)
    elif name in own:
        merged.apply[name] = value
    elif name not in base:
        raise BaseMissing(field=name, name=name)
    elif current in (base[name], under.get(name, base[name])):
        merged.apply[name] = value
    else:
        merged.differences.append(difference(name, base[name], value, current))


def _merge_set(merged: Merged, name: str, base: Mapping[str, Any], value: Any, theirs: Mapping[str, Any]) -> None:
    """My additions and removals since `base`, applied to their set in their order."""
    if name not in base:
        raise BaseMissing(field=name, name=name)
    before, after, current = list(base[name] or ()), list(value or ()), list(theirs.get(name) or ())
    _refuse_unfit(name, [*before, *after])
    kept, had = set(after), set(before)
    present = set(current)
    removed = had - kept
    added = [item for item in dict.fromkeys(after) if item not in had and item not in present]
    result = [*(item for item in current if item not in removed), *added]
    if result == current:
        merged.dropped.append(name)
        return
    merged.apply[name] = result
    merged.combined |= Counter(before) != Counter(current)


def _refuse_unfit(name: str, items: list[Any]) -> None:
    """A set holds plain values, and not more than a person could have meant."""
    if len(items) > 2 * _SET_ITEMS or not all(isinstance(item, str | int) for item in items):
        raise InvalidInput(
            field=name, problem=Words(f"最多 {_SET_ITEMS} 个简单值", f"at most {_SET_ITEMS} plain values")
        )


def _merge_keys(
    merged: Merged,
    name: str,
    base: Mapping[str, Any],
    value: Any,
    theirs: Mapping[str, Any],
    own: AbstractSet[str],
    under: Mapping[str, Any],
) -> None:
    """A patch of keys: each key merges three ways by itself; a key left out is null."""
    if name not in base:
        raise BaseMissing(field=name, name=name)
    before, current, beneath = base[name] or {}, theirs.get(name) or {}, under.get(name) or {}
    kept = Merged()
    for key, mine in (value or {}).items():
        path = f"{name}.{key}"
        lower = {path: beneath[key]} if key in beneath else {}
        _merge_value(kept, path, {path: before.get(key)}, mine, {path: current.get(key)}, own, lower)
    patch = {path.split(".", 1)[1]: mine for path, mine in kept.apply.items()}
    if patch:
        merged.apply[name] = patch
    merged.differences.extend(kept.differences)
    merged.dropped.extend(kept.dropped)


def _hold_together(
    merged: Merged, pair: tuple[str, str], base: Mapping[str, Any], mine: Mapping[str, Any], theirs: Mapping[str, Any]
) -> None:
    clashed = {d["field"] for d in merged.differences} & set(pair)
    for name in pair:
        if clashed and name not in clashed and name in merged.apply:
            del merged.apply[name]
            merged.differences.append(difference(name, base.get(name), mine[name], theirs.get(name)))


def difference(name: str, base: Any, mine: Any, theirs: Any) -> dict[str, Any]:
    return {"field": name, "base": base, "mine": mine, "theirs": theirs}
