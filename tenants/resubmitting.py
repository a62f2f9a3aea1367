"""What of an inbox entry is run again when a person decides for it, and what an entry may never turn into."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kernel.command import Command, command_named
from tenants.device_entities import InboxEntry
from tenants.errors import NothingToResubmit, NotResubmittable
from tenants.mutation_input import row_id_of
from tenants.parking import makes_a_row, what_of
from values.effects import Creates, Sets
from values.errors import InvalidInput, Words
from values.wire import wire_name

EDIT_CLASHED = "EDIT_CLASHED"  # only the clashing fields were kept; the rest of the edit applied
# Filed for the record, with nothing to run, or not all of it.
NEVER_RUNS = frozenset(
    {
        "COMMAND_UNKNOWN",
        "COMMAND_ONLINE_ONLY",
        "COMMAND_RETIRED",
        "MUTATION_TOO_LARGE",
        "EDITS_GONE",
        "RECORD_ERASED",
    }
)
MADE_BY_OLDER_APP = "MADE_BY_OLDER_APP"  # what was kept has another meaning today: it runs only as entered anew
# The arguments that say what a command is about, where that is no `id`.
NAMED_BY: dict[str, tuple[str, ...]] = {"tenants.void_number": ("series", "number")}
_SHOWN_LENGTH = 80


def resubmittable(entry: InboxEntry, *, anew: bool) -> Command:
    """The kept command, if a device may queue it. The name in an entry is what a device sent: it proves nothing.
    `anew`: the person has filled it in again.

    Raises NotResubmittable for what is unknown, online only or internal, for what was filed as such, for what names a
    person who was erased, and for what an older app has sent if it is not entered anew.
    """
    try:
        kept = command_named(entry.command)
    except LookupError:
        kept = None
    outdated = entry.code == MADE_BY_OLDER_APP and not anew
    if kept is None or kept.internal or not kept.offline or entry.code in NEVER_RUNS or outdated:
        raise NotResubmittable(field="id", command=what_of(entry.command, {}))
    return kept


def resubmitted(
    entry: InboxEntry, kept: Command, given: dict[str, Any] | None, wanted: list[str] | None
) -> dict[str, Any]:
    """What to run. `given`: what the person filled in instead; `wanted`: the fields to take of what was kept.

    Raises NothingToResubmit where that is nothing, InvalidInput.
    """
    if given is not None:
        return _about_the_same(entry, kept, given)
    if wanted is not None and not wanted:
        raise NothingToResubmit(field="fields")
    if kept.merges is None or (wanted is None and entry.code != EDIT_CLASHED):
        return entry.arguments
    mine = {str(difference["field"]): difference["mine"] for difference in entry.differences}
    unknown = sorted(set(wanted or ()) - mine.keys())
    if unknown:
        named = unknown[0][:_SHOWN_LENGTH]
        raise InvalidInput(field="fields", problem=Words(f"此项没有字段“{named}”", f"the entry has no field {named}"))
    chosen: dict[str, Any] = {"id": entry.arguments["id"]}
    for name, value in mine.items():
        if wanted is not None and name not in wanted:
            continue
        head, _, key = name.partition(".")
        if key:
            chosen.setdefault(head, {})[key] = value
        else:
            chosen[head] = value
    return chosen


def decided(entry: InboxEntry, kept: Command, given: dict[str, Any] | None, wanted: list[str] | None) -> dict[str, Any]:
    """`resubmitted`, as a person wants it who has decided in sight of the entry. What a creation met is known now, and
    no reason any more; of a transition they have seen what the entry shows, and nothing that came later.

    Raises NothingToResubmit, InvalidInput.
    """
    arguments, effect = resubmitted(entry, kept, given, wanted), kept.effect
    if isinstance(effect, Creates):
        return {**{wire_name(name): value for name, value in effect.insisting.items()}, **arguments}
    seen = arguments.get(wire_name(effect.seen)) if isinstance(effect, Sets) and effect.seen and given is None else None
    if not isinstance(effect, Sets) or not isinstance(seen, dict):
        return arguments
    shown = {str(found["field"]): found.get("theirs") for found in entry.differences}
    # Of parts the entry shows what changed, each by itself; they stand in what the row holds as a whole.
    told = {name: shown.get(name, value) for name, value in seen.items() if not isinstance(value, list)}
    return {**arguments, wire_name(str(effect.seen)): told}


def named_by(kept: Command) -> tuple[str, ...]:
    """The arguments (wire names) that say which row, or which number, a command is about; none of one that is about
    nothing before it ran."""
    return NAMED_BY.get(kept.name, ("id",) if "id" in kept.input_type.__struct_fields__ else ())


def _about_the_same(entry: InboxEntry, kept: Command, given: dict[str, Any]) -> dict[str, Any]:
    """The arguments, under the names that the entry has: whoever reads it must find what was done there, and others may
    name a new row by its id already. Raises InvalidInput, NothingToResubmit."""
    names = named_by(kept)
    if kept.merges is not None and given.keys() <= {*names, "version"}:
        raise NothingToResubmit(field="arguments")
    fixed: dict[str, Any] = {}
    for name in names:
        first = entry.arguments.get(name)
        if first is None and makes_a_row(kept):
            continue  # nobody has named the row yet
        if given.get(name) is not None and not _alike(given[name], first):
            raise InvalidInput(field=f"arguments.{name}", problem=_another(kept))
        if name in entry.arguments:
            fixed[name] = first
    return {**given, **fixed}


def _alike(one: Any, other: Any) -> bool:
    return bool(one == other or (row_id_of(one) is not None and row_id_of(one) == row_id_of(other)))


def _another(kept: Command) -> Words:
    if makes_a_row(kept):
        return Words("新建记录的编号不能更改", "the id of the new record must stay as it is")
    return Words("这一项针对的对象不能更换", "this entry must stay about what it was filed about")


def kept_paths(entry: InboxEntry) -> frozenset[str]:
    """The fields (`custom.key` for a key) of which the entry tells what was seen before the edit."""
    found: set[str] = set()
    for difference in entry.differences:
        name, mine = str(difference["field"]), difference.get("mine")
        found.add(name)
        if name == "custom" and isinstance(mine, Mapping):
            found |= {f"custom.{key}" for key in mine}
    return frozenset(found)
