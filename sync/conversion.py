"""Between the present version of the sync schema and that of a device: pure walks over the steps of `versions.HISTORY`.

Up go commands, oldest step first; down go rows, inbox entries and the schema, newest step first.
"""

from __future__ import annotations

import hashlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from typing import Any

import msgspec
from msgspec import structs

from kernel.command import commands
from kernel.entity import described
from sync import versions
from sync.effects import entity_of
from sync.field_steps import FieldAdded
from sync.respelling import Unconvertible, Values
from sync.steps import About, Call, Change
from sync.versions import Step
from sync.wire import Schema
from values.errors import Words
from values.wire import wire_name

_PARTS = ("base", "mine", "theirs", "serverBase")


@dataclass(frozen=True, slots=True)
class Told:
    """How an older device is told the rows of a collection. `tag`: the same where the texts are the same."""

    name: str
    tag: str | None = None
    convert: Callable[[Values], Values] | None = None


@dataclass(frozen=True, slots=True)
class Placed:
    """A change at its place in the history, and what commands are about there, by the names that they have there."""

    to: int
    change: Change
    about: dict[str, About]

    def up(self, call: Call) -> Call:
        return self.change.up(call, self.about.get(call.command, About()))

    def down(self, call: Call) -> Call:
        return self.change.down(call, self.about.get(call.command, About()))


def newer(call: Call, version: int) -> Call:
    """The call as the present version says it. Raises Stuck, with as much of it as could be said."""
    if version < versions.oldest():
        raise Stuck(call, Unconvertible(None, _beyond(version)))
    for placed in _after(version):
        try:
            call = placed.up(call)
        except Unconvertible as wrong:
            raise Stuck(call, wrong) from None
    return call


class Stuck(Exception):
    """A call that has no present form. `reached`: how far it came."""

    def __init__(self, reached: Call, reason: Unconvertible) -> None:
        super().__init__(str(reason))
        self.reached, self.reason = reached, reason


def older(call: Call, version: int) -> Call:
    """What the inbox keeps, as an older device says it."""
    for placed in reversed(_after(version)):
        call = placed.down(call)
    return call


def older_command(name: str, version: int) -> str | None:
    """What an older device calls a present command; None: it has none."""
    found: str | None = name
    for placed in reversed(_after(version)):
        found = placed.change.former_command(found) if found is not None else None
    return found


def older_field(command: str, path: str, version: int) -> str:
    """What an older device calls a field or an argument of a present command; only the first name of a path differs."""
    head, dot, rest = path.partition(".")
    said = older(Call(command, {head: None}, {head: None}, {}), version)
    known = next((name for name in (*said.arguments, *said.base) if name != head), head)
    return f"{known}{dot}{rest}"


def newer_fields(command: str, fields: list[str], version: int) -> list[str]:
    """Fields as an older device names them, of a command that it calls so. Raises Stuck."""
    return list(newer(Call(command, {}, dict.fromkeys(fields), {}), version).base)


def told_as(collection: str, version: int, *, entries: bool = False) -> Told | None:
    """How a device of the version is told a present collection; None: it has none. `entries`: it is the inbox."""
    name: str | None = collection
    touching: list[tuple[int, int, Change]] = []
    after = list(enumerate(_after(version)))
    for place, placed in reversed(after):
        if name is None:
            return None
        if placed.change.touches(name):
            touching.append((placed.to, place, placed.change))
        name = placed.change.former(name)
    if name is None:
        return None
    if entries and after:
        return Told(name, f"{version}", lambda row: _older_entry(_down(row, touching), version))
    if not touching:
        return Told(name)
    # Counted from the present, so that what two older versions are told alike has one tag.
    tag = ",".join(f"{to}:{place - len(after)}" for to, place, _ in touching)
    return Told(name, tag, lambda row: _down(row, touching))


def older_schema(schema: Schema, version: int) -> Schema:
    """What a device of the version may be told of the present schema; the hash is of the result."""
    after = _after(version)
    for placed in reversed(after):
        schema = placed.change.schema(schema)
    return structs.replace(schema, hash=schema_hash(schema)) if after else schema


def schema_hash(schema: Schema) -> str:
    shape = msgspec.to_builtins([schema.collections, schema.commands])
    return hashlib.sha256(msgspec.json.encode(shape, order="sorted")).hexdigest()[:16]


def forget() -> None:
    """What was derived from the history and the commands is derived anew."""
    _placed.cache_clear()


def wrong_steps(history: tuple[Step, ...]) -> Iterator[str]:
    """What is wrong with a history: for the test that guards it."""
    for before, after in pairwise(history):
        if after.to != before.to + 1:
            yield f"step {after.to} follows step {before.to}"
    for step in history:
        if not step.changes:
            yield f"step {step.to} changes nothing"
        for change in step.changes:
            names = {getattr(change, name, None) for name in ("old", "new", "name")}
            if names & {"id", "version", "custom"}:
                yield f"step {step.to}: id, version and custom stay as they are"


def unrewritten_steps(history: tuple[Step, ...]) -> Iterator[str]:
    """Steps after which the inbox would keep what nobody says any more: for the test that guards the history."""
    for step in history:
        says = [change for change in step.changes if not isinstance(change, FieldAdded)]  # nothing kept names it yet
        anew = [type(change).__name__ for change in says if type(change).up is not Change.up]
        if anew and not _is_job(step.rewritten_by):
            yield (
                f"step {step.to} says commands anew ({', '.join(anew)}): name in `rewritten_by` the job that rewrites "
                "unresolved inbox entries"
            )


def _is_job(name: str | None) -> bool:
    try:
        return name is not None and inspect.iscoroutinefunction(pkgutil.resolve_name(name))
    except (ImportError, AttributeError, ValueError):
        return False


def _after(version: int) -> list[Placed]:
    return [placed for placed in _placed(versions.HISTORY) if placed.to > version]


@lru_cache(maxsize=8)
def _placed(history: tuple[Step, ...]) -> list[Placed]:
    """From the present backwards: a rename changes what everything before it has to be called."""
    about = {found.name: _about(found) for found in commands() if found.offline}
    found: list[Placed] = []
    for step in reversed(history):
        for change in reversed(step.changes):
            found.append(Placed(step.to, change, about))
            about = {
                name: replace(spoken, collection=change.former(spoken.collection) if spoken.collection else None)
                for command, spoken in about.items()
                if (name := change.former_command(command)) is not None
            }
    return found[::-1]


def _about(found: Any) -> About:
    entity = entity_of(found)
    collection = described(entity).collection if entity is not None else None
    return About(wire_name(collection) if collection is not None else None, found.merges is not None)


def _down(row: Values, touching: list[tuple[int, int, Change]]) -> Values:
    for _, _, change in touching:
        row = change.row(row)
    return row


def _older_entry(row: Values, version: int) -> Values:
    """An inbox entry whose command, arguments and differences read as the older device says them."""
    command, arguments = row["command"], row["arguments"]
    said = older(Call(command, arguments if isinstance(arguments, dict) else {}, {}, {}), version)
    facts = row.get("fieldFacts") or {}
    field = row.get("field")
    return {
        **row,
        "command": said.command,
        "arguments": said.arguments if isinstance(arguments, dict) else arguments,
        "differences": [d for found in row.get("differences") or () if (d := _older_part(command, found, version))],
        "fieldFacts": {older_field(command, name, version): fact for name, fact in facts.items()},
        "field": older_field(command, field, version) if field else field,
    }


def _older_part(command: str, difference: Values, version: int) -> Values | None:
    """`{field, base, mine, theirs}`; None for a field that the older version has not."""
    name, told = str(difference["field"]), dict(difference)
    if name.startswith("custom."):
        return told
    for part in _PARTS:
        if part not in difference:
            continue
        said = older(Call(command, {}, {name: difference[part]}, {}), version).base
        if not said:
            return None
        told["field"], told[part] = next(iter(said.items()))
    return told


def _beyond(version: int) -> Words:
    return Words(f"版本 {version} 太旧", f"version {version} is too old")
