"""Merge of one offline edit, field by field, by the policy that the entity declares. Pure: wire values only.

`vectors/merge.json` holds cases that every implementation must pass.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from typing import Any

from sync.counter_merge import counted, number_of
from sync.errors import BaseMissing, StateByEdit
from sync.text_merge import merge_text
from values.errors import InvalidInput, Words
from values.merging import Merge

THREE_WAY, ADD_REMOVE, PER_KEY = Merge.THREE_WAY.value, Merge.ADD_REMOVE.value, "per_key"
COUNTER, TEXT, TRANSITION = Merge.COUNTER.value, Merge.TEXT.value, Merge.TRANSITION.value
APPEND_ONLY, SERVER = Merge.APPEND_ONLY.value, Merge.SERVER.value
# What became of a field. `taken`: nobody else had touched it.
TAKEN, OWN, COMBINED, EQUAL, CLASH = "taken", "own", "combined", "equal", "clash"
_SET_ITEMS = 1_000


@dataclass(frozen=True, slots=True)
class Decision:
    """What the merge decided about one field (`custom.key` for a key), and between which values."""

    field: str
    policy: str
    outcome: str
    base: Any
    mine: Any
    theirs: Any


@dataclass(slots=True)
class Merged:
    """`apply`: what goes to the command. `differences`: `{field, base, mine, theirs}` that a person must look at.

    `dropped`: fields whose value the server has already. `decisions`: one for every field that was sent and has a
    policy.
    """

    apply: dict[str, Any] = field(default_factory=dict)
    differences: list[dict[str, Any]] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)

    @property
    def combined(self) -> bool:
        """Whether a field took in both sides' changes."""
        return any(decision.outcome == COMBINED for decision in self.decisions)

    def settle(self, decided: Decision, result: Any = None) -> None:
        """Notes a decision and what follows from it; `result` is what goes to the command."""
        self.decisions.append(decided)
        if decided.outcome == CLASH:
            self.differences.append(difference(decided.field, decided.base, decided.mine, decided.theirs))
        elif decided.outcome == EQUAL:
            self.dropped.append(decided.field)
        else:
            self.apply[decided.field] = result


@dataclass(frozen=True, slots=True)
class _Sides:
    """What a merge has before it, by field. `under`: the server's value beside `base`."""

    base: Mapping[str, Any]
    theirs: Mapping[str, Any]
    own: AbstractSet[str]
    under: Mapping[str, Any]

    def before(self, name: str) -> Any:
        if name not in self.base:
            raise BaseMissing(field=name, label=name)
        return self.base[name]

    def untouched(self, name: str) -> bool:
        before = self.before(name)
        return self.theirs.get(name) in (before, self.under.get(name, before))


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
    a value as in either is untouched. What is not in it is as in `base`; sets and counters go by `base` alone.
    Raises BaseMissing, StateByEdit, InvalidInput (`refuse_misshapen`).
    """
    refuse_misshapen(policies, mine, base, server_base or {})
    merged, sides = Merged(), _Sides(base, theirs, own, server_base or {})
    for name, value in mine.items():
        policy = policies.get(name)
        if policy is None:
            merged.apply[name] = value  # no column: an instruction to the command
        elif policy == PER_KEY:
            _merge_keys(merged, name, value, sides)
        elif policy == TRANSITION:
            raise StateByEdit(field=name)
        else:
            outcome, result = _BY_POLICY.get(policy, _value)(name, value, sides)
            merged.settle(Decision(name, policy, outcome, base.get(name), value, theirs.get(name)), result)
    for pair in pairs:
        _hold_together(merged, pair)
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
            if policy == TEXT and not isinstance(found, str):
                raise InvalidInput(field=place, problem=Words("应为文本", "must be text"))
            if policy == COUNTER:
                number_of(place, found)


def _value(name: str, value: Any, sides: _Sides) -> tuple[str, Any]:
    current = sides.theirs.get(name)
    if current == value:
        return EQUAL, None
    if name in sides.own:
        return OWN, value
    if sides.untouched(name):
        return TAKEN, value
    unchanged = value == sides.before(name) and name not in sides.under
    return (EQUAL if unchanged else CLASH), None


def _once(name: str, value: Any, sides: _Sides) -> tuple[str, Any]:
    """Written once: whoever came first."""
    current = sides.theirs.get(name)
    if current == value:
        return EQUAL, None
    return (TAKEN, value) if current is None else (CLASH, None)


def _servers(name: str, value: Any, sides: _Sides) -> tuple[str, Any]:
    return (EQUAL if sides.theirs.get(name) == value else CLASH), None


def _count(name: str, value: Any, sides: _Sides) -> tuple[str, Any]:
    before, current = sides.before(name), sides.theirs.get(name)
    if value is None:
        raise InvalidInput(field=name, problem=Words("应为数值", "must be a number"))
    result = counted(name, before, value, current)
    if number_of(name, value) == number_of(name, before):
        return EQUAL, None
    alike = (before is None) == (current is None) and number_of(name, before) == number_of(name, current)
    return (TAKEN, value) if alike else (COMBINED, result)


def _text(name: str, value: Any, sides: _Sides) -> tuple[str, Any]:
    """Not by whose write was last: this device's own may have been merged with others' lines."""
    current = sides.theirs.get(name)
    if current == value:
        return EQUAL, None
    if sides.untouched(name):
        return TAKEN, value
    if not isinstance(value, str | None):
        raise InvalidInput(field=name, problem=Words("应为文本", "must be text"))
    result = merge_text(sides.before(name) or "", value or "", current or "")
    if result is None:
        return CLASH, None
    return (EQUAL, None) if result == (current or "") else (COMBINED, result or None)


def _set(name: str, value: Any, sides: _Sides) -> tuple[str, Any]:
    """My additions and removals since `base`, applied to their set in their order."""
    before, after, current = list(sides.before(name) or ()), list(value or ()), list(sides.theirs.get(name) or ())
    _refuse_unfit(name, [*before, *after])
    kept, had = set(after), set(before)
    present = set(current)
    removed = had - kept
    added = [item for item in dict.fromkeys(after) if item not in had and item not in present]
    result = [*(item for item in current if item not in removed), *added]
    if result == current:
        return EQUAL, None
    return (TAKEN if Counter(before) == Counter(current) else COMBINED), result


_BY_POLICY = {ADD_REMOVE: _set, COUNTER: _count, TEXT: _text, APPEND_ONLY: _once, SERVER: _servers}


def _refuse_unfit(name: str, items: list[Any]) -> None:
    """A set holds plain values, and not more than a person could have meant."""
    if len(items) > 2 * _SET_ITEMS or not all(isinstance(item, str | int) for item in items):
        raise InvalidInput(
            field=name, problem=Words(f"最多 {_SET_ITEMS} 个简单值", f"at most {_SET_ITEMS} plain values")
        )


def _merge_keys(merged: Merged, name: str, value: Any, sides: _Sides) -> None:
    """A patch of keys: each key merges three ways by itself; a key left out is null."""
    before, current = sides.before(name) or {}, sides.theirs.get(name) or {}
    beneath = sides.under.get(name) or {}
    patch: dict[str, Any] = {}
    for key, mine in (value or {}).items():
        path = f"{name}.{key}"
        lower = {path: beneath[key]} if key in beneath else {}
        keyed = _Sides({path: before.get(key)}, {path: current.get(key)}, sides.own, lower)
        outcome, result = _value(path, mine, keyed)
        decided = Decision(path, PER_KEY, outcome, before.get(key), mine, current.get(key))
        if outcome in (CLASH, EQUAL):
            merged.settle(decided)
        else:
            merged.decisions.append(decided)
            patch[key] = result
    if patch:
        merged.apply[name] = patch


def _hold_together(merged: Merged, pair: tuple[str, str]) -> None:
    clashed = {d["field"] for d in merged.differences} & set(pair)
    for at, decided in enumerate(merged.decisions):
        name = decided.field
        if clashed and name in pair and name not in clashed and name in merged.apply:
            del merged.apply[name]
            merged.decisions[at] = replace(decided, outcome=CLASH)
            merged.differences.append(difference(name, decided.base, decided.mine, decided.theirs))


def difference(name: str, base: Any, mine: Any, theirs: Any) -> dict[str, Any]:
    return {"field": name, "base": base, "mine": mine, "theirs": theirs}
