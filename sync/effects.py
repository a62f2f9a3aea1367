"""What a queued command does at once to the rows on a device: as declared, else as the first word of its name tells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from kernel.command import Command, commands
from kernel.entity import TenantRow, described, entity_named, facets
from sync.wire import AddsTo, ChildRows, CommandSchema, TakesFrom
from values.effects import ARCHIVE, CREATE, EDIT, NONE, RESTORE, Adds, Creates, Effect, Sets, Takes, taken_beside
from values.errors import Words
from values.merging import Merge
from values.wire import wire_name

_BY_VERB = {
    "create": CREATE,
    "add": CREATE,
    "attach": CREATE,
    "log": CREATE,
    "record": CREATE,
    "archive": ARCHIVE,
    "remove": ARCHIVE,
    "restore": RESTORE,
}
_EDITS = frozenset({"edit", "assign", "rename"})


def effect_of(found: Command) -> Effect:
    """The declared effect; without one, what the verb says. A command without a row of its own has none."""
    if found.effect is not None:
        return found.effect
    verb = found.function.split("_")[0]
    effect = _BY_VERB.get(verb, EDIT if found.merges or verb in _EDITS else NONE)
    return effect if effect is CREATE or "id" in found.input_type.__struct_fields__ else NONE


def entity_of(found: Command) -> type[TenantRow] | None:
    """The entity that a command changes: the one it merges into, or the one it answers with."""
    if found.merges is not None:
        return entity_named(found.merges)
    result = found.result_type
    if isinstance(result, type) and issubclass(result, TenantRow) and result.__entity__ is not None:
        return result
    return None


def command_schema(found: Command, names: Mapping[str, str]) -> CommandSchema:
    """The optimistic effect of a command; `names` maps entities to the collections that the member sees."""
    entity, effect = entity_of(found), effect_of(found)
    collection = names.get(described(entity).name) if entity is not None else None
    if collection is None:
        effect = NONE
    return CommandSchema(
        collection=collection,
        effect=effect.kind,
        fields=[wire_name(field.name) for field in msgspec.structs.fields(found.input_type)],
        merges=found.merges is not None,
        sets=_sets(effect),
        children=_children(effect, names) if isinstance(effect, Creates) else {},
        adds=_adds(effect, names) if isinstance(effect, Creates) else None,
        takes=_takes(found.name, names) if isinstance(effect, Sets) else None,
    )


def _sets(effect: Effect) -> dict[str, str]:
    if isinstance(effect, Sets):
        return {wire_name(effect.column): effect.to}
    return {wire_name(column): value for column, value in effect.starts.items()} if isinstance(effect, Creates) else {}


def _children(effect: Creates, names: Mapping[str, str]) -> dict[str, ChildRows]:
    return {
        wire_name(argument): ChildRows(collection=names[entity], parent=wire_name(column))
        for argument, (entity, column) in effect.children.items()
        if entity in names
    }


def _adds(effect: Creates, names: Mapping[str, str]) -> AddsTo | None:
    """Only where the device has the rows by which it can tell whether the number has it already."""
    found = effect.adds
    if found is None or found.entity not in names:
        return None
    if found.of is not None and effect.children[found.of][0] not in names:
        return None
    return AddsTo(
        collection=names[found.entity],
        match=[wire_name(column) for column in found.match],
        number=wire_name(found.number),
        plus=wire_name(found.plus),
        minus=wire_name(found.minus) if found.minus is not None else None,
        of=wire_name(found.of) if found.of is not None else None,
        sets={wire_name(column): wire_name(argument) for column, argument in found.sets.items()},
    )


def _takes(command: str, names: Mapping[str, str]) -> TakesFrom | None:
    """Only where the device has all the rows that it needs to tell what goes."""
    found = taken_beside(command)
    if found is None or not {found.entity, found.rows, *found.only.values()} <= names.keys():
        return None
    return TakesFrom(
        collection=names[found.entity],
        rows=names[found.rows],
        parent=wire_name(found.parent),
        match=[wire_name(column) for column in found.match],
        number=wire_name(found.number),
        minus=wire_name(found.minus),
        only={wire_name(column): names[entity] for column, entity in found.only.items()},
    )


def transition_of(found: Command) -> tuple[type[TenantRow], Sets] | None:
    """The entity and the move of a command that is a declared transition of one row."""
    entity, effect = entity_of(found), effect_of(found)
    return (entity, effect) if entity is not None and isinstance(effect, Sets) else None


def transitions_from(entity: type[TenantRow], column: str, state: Any) -> Iterator[Command]:
    """The commands that may move a row of the entity on from a state, in name order."""
    for found in commands():
        move = transition_of(found)
        if move is not None and move[0] is entity and move[1].column == column:
            after = move[1].after
            if not found.internal and (after is None or state in after) and state != move[1].to:
                yield found


def state_words(entity: type[TenantRow], column: str, state: Any) -> Words:
    """What people call a state: as its column's choices say."""
    choices = facets(entity)[column].choices
    return next((Words(c.zh, c.en.lower()) for c in choices if c.value == state), Words(str(state), str(state)))


def wrong_declarations(found: Command) -> Iterator[str]:
    """What is wrong with a command's declared effect: for the test that runs over all commands."""
    entity, effect = entity_of(found), found.effect
    inputs = {field.name: field for field in msgspec.structs.fields(found.input_type)}
    if isinstance(effect, Sets):
        facet = facets(entity).get(effect.column) if entity is not None else None
        if facet is None or facet.merge is not Merge.TRANSITION or "id" not in inputs:
            yield f"{found.name}: {effect.column} is no state of a row that its input names by id"
        elif unknown := {effect.to, *(effect.after or ()), *effect.seen_in} - {
            choice.value for choice in facet.choices
        }:
            yield f"{found.name}: {effect.column} has no state {', '.join(sorted(unknown))}"
        if effect.seen is not None and effect.seen not in inputs:
            yield f"{found.name}: has no argument {effect.seen}"
    if (takes := taken_beside(found.name)) is not None:
        yield from _wrong_takes(found, takes)
    if isinstance(effect, Creates):
        for column, value in effect.starts.items():
            choices = facets(entity)[column].choices if entity is not None and column in facets(entity) else ()
            if value not in {choice.value for choice in choices}:
                yield f"{found.name}: {column} has no state {value}"
        if effect.adds is not None:
            yield from _wrong_adds(found, effect.adds, effect.children)
        if effect.splits is not None and not _item_fields(inputs[effect.splits].type):
            yield f"{found.name}: {effect.splits} is no list of parts"
        if unknown := effect.insisting.keys() - inputs.keys():
            yield f"{found.name}: has no argument {', '.join(sorted(unknown))}"
        for argument, (child, column) in effect.children.items():
            items = _item_fields(inputs[argument].type) if argument in inputs else frozenset()
            if "id" not in items:
                yield f"{found.name}: {argument} is no list of rows with ids"
            if column not in facets(entity_named(child)):
                yield f"{found.name}: {child} has no {column}"


def _wrong_adds(found: Command, adds: Adds, children: Mapping[str, tuple[str, str]]) -> Iterator[str]:
    inputs = {field.name: field for field in msgspec.structs.fields(found.input_type)}
    items = _item_fields(inputs[adds.of].type) if adds.of in inputs else frozenset()
    columns, named = {adds.number, *adds.match, *adds.sets}, {adds.plus, adds.minus or adds.plus, *adds.sets.values()}
    if adds.of is not None and adds.of not in children:
        yield f"{found.name}: {adds.of} makes no rows"
    if unknown := columns - facets(entity_named(adds.entity)).keys():
        yield f"{found.name}: {adds.entity} has no {', '.join(sorted(unknown))}"
    if unknown := {*named, *adds.match} - items - inputs.keys():
        yield f"{found.name}: has no argument {', '.join(sorted(unknown))}"


def _wrong_takes(found: Command, takes: Takes) -> Iterator[str]:
    rows, inputs = facets(entity_named(takes.rows)).keys(), found.input_type.__struct_fields__
    if not isinstance(found.effect, Sets):
        yield f"{found.name}: takes, and is no transition"
    if unknown := {takes.number, *takes.match} - facets(entity_named(takes.entity)).keys():
        yield f"{found.name}: {takes.entity} has no {', '.join(sorted(unknown))}"
    if unknown := {takes.parent, takes.minus, *takes.match} - rows - set(inputs):
        yield f"{found.name}: neither {takes.rows} nor the command has {', '.join(sorted(unknown))}"
    if unknown := takes.only.keys() - set(inputs):
        yield f"{found.name}: has no argument {', '.join(sorted(unknown))}"


def _item_fields(kind: Any) -> frozenset[str]:
    """The fields of the structs that an annotation is a list of."""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return frozenset(field.name for field in msgspec.structs.fields(kind))
    parts = getattr(kind, "__args__", ())
    return frozenset().union(*(_item_fields(part) for part in parts))
