"""What people call a field that a refusal is about, where the refusal came from a place that knows wire names alone."""

from __future__ import annotations

from kernel.command import Command
from kernel.entity import TenantRow, entity_named, facets
from sync.effects import entity_of
from sync.errors import BaseMissing
from tenants.parking import RESOLVE
from values.effects import Creates
from values.errors import InvalidInput, Refusal, TextUnreadable, Words
from values.malformed import Malformed
from values.wire import python_name

_ENTERED = Words("填写的内容", "what was entered")


def with_label(command: Command | None, refusal: Refusal) -> Refusal:
    """The same refusal, its sentence with the labels of the fields, as far as they have any."""
    if isinstance(refusal, BaseMissing | TextUnreadable):
        return type(refusal)(field=refusal.field, label=_label(command, refusal.field or "") or _ENTERED)
    problem = refusal.worded("problem")
    # A decision about an entry may carry another command's arguments: those are no fields of the entry.
    if isinstance(refusal, InvalidInput) and isinstance(problem, Malformed) and command and command.name != RESOLVE:
        return InvalidInput(field=refusal.field, problem=problem.called(lambda path: _quoted(command, path)))
    return refusal


def _quoted(command: Command, path: str) -> Words | None:
    """As it stands in a phrase; of an item's field with the item's place."""
    head, *rest = path.split(".")
    inside = command.effect.children.get(python_name(head)) if isinstance(command.effect, Creates) else None
    if inside is not None and len(rest) == 2 and rest[0].isdigit():
        found, place = _label_in(entity_named(inside[0]), rest[1]), int(rest[0]) + 1
        return Words(f"第 {place} 行的“{found.zh}”", f"{found.en} in line {place}") if found is not None else None
    found = _label(command, path)
    return Words(f"“{found.zh}”", found.en) if found is not None else None


def _label(command: Command | None, path: str) -> Words | None:
    entity = entity_of(command) if command is not None else None
    return _label_in(entity, path.split(".")[0]) if entity is not None else None


def _label_in(entity: type[TenantRow], name: str) -> Words | None:
    facet = facets(entity).get(python_name(name))
    return Words(facet.zh, facet.en) if facet is not None else None
