"""A document of which only some lines clash: those are kept back for a person, the others take effect at once."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from msgspec import structs

from kernel.command import Command, Input
from sync.wire import Mutation
from values.clashing import Clash
from values.effects import Creates
from values.errors import Refusal
from values.wire import wire_name


@dataclass(frozen=True, slots=True)
class Aside:
    """The items that clash, by their place in the list argument as it was sent."""

    argument: str
    places: tuple[int, ...]
    refusal: Refusal
    differences: list[dict[str, Any]]
    facts: dict[str, dict[str, Any]]

    def left(self, data: Input) -> Input:
        """The input with the items that take effect."""
        items = getattr(data, self.argument)
        kept = [item for place, item in enumerate(items) if place not in self.places]
        return structs.replace(data, **{self.argument: kept})

    def kept_back(self, mutation: Mutation, row_id: UUID) -> Mutation:
        """The mutation with the items that clash, as a document of its own under a new id: the other's is taken."""
        name = wire_name(self.argument)
        items = mutation.arguments[name]
        arguments = {**mutation.arguments, "id": str(row_id), name: [items[place] for place in self.places]}
        return structs.replace(mutation, arguments=arguments)


def set_aside(command: Command | None, mutation: Mutation, refusal: Refusal) -> Aside | None:
    """What of the mutation is to be kept back for this refusal; None where it stands or falls as a whole."""
    effect = command.effect if command is not None else None
    if not isinstance(effect, Creates) or effect.splits is None:
        return None
    if not isinstance(refusal, Clash):
        return None
    name = wire_name(effect.splits)
    found = [re.fullmatch(rf"{name}\.(\d+)\.(.+)", difference["field"]) for difference in refusal.differences]
    places = tuple(sorted({int(at[1]) for at in found if at is not None}))
    if not all(found) or not places or len(places) >= len(mutation.arguments[name]):
        return None
    numbered = {place: number for number, place in enumerate(places)}

    def renamed(field: str) -> str:
        _, place, rest = field.split(".", 2)
        return f"{name}.{numbered[int(place)]}.{rest}"

    differences = [{**difference, "field": renamed(difference["field"])} for difference in refusal.differences]
    facts = {renamed(field): told for field, told in refusal.facts.items()}
    partly = refusal.of_parts(differences[0]["field"])
    return Aside(effect.splits, places, partly, differences, facts) if partly is not None else None
