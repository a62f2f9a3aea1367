"""What people call a field that a refusal is about, where the refusal came from a place that knows wire names alone."""

from __future__ import annotations

from kernel.command import Command
from kernel.entity import facets
from sync.effects import entity_of
from sync.errors import BaseMissing
from values.errors import Refusal, TextUnreadable, Words
from values.wire import python_name

_ENTERED = Words("填写的内容", "what was entered")


def with_label(command: Command | None, refusal: Refusal) -> Refusal:
    """The same refusal, its sentence with the field's label."""
    if isinstance(refusal, BaseMissing | TextUnreadable):
        return type(refusal)(field=refusal.field, label=_label(command, refusal.field or ""))
    return refusal


def _label(command: Command | None, path: str) -> Words:
    entity, column = entity_of(command) if command is not None else None, python_name(path.split(".")[0])
    facet = facets(entity).get(column) if entity is not None else None
    return Words(facet.zh, facet.en) if facet is not None else _ENTERED
