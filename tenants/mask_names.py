"""How the fields that a role hides are called: stored as `party.Customer.credit_limit_minor`, written camelCase on
every wire."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kernel.entity import described, entities, entity_named, facets
from tenants.entities import Role
from values.errors import Words
from values.wire import wire_name


@dataclass(frozen=True, slots=True)
class MaskableField:
    """A field that a role may hide. `code`: as a role's `masks` take it, `party.Customer.creditLimitMinor`."""

    code: str
    entity: str
    field: str
    label: Words
    entity_label: Words


def maskable_fields() -> list[MaskableField]:
    """Every field that a role may hide, by entity, in table order."""
    return [
        MaskableField(
            code=f"{about.name}.{wire_name(column)}",
            entity=about.name,
            field=wire_name(column),
            label=Words(facet.zh, facet.en),
            entity_label=Words(about.zh, about.en),
        )
        for entity in entities()
        for about in (described(entity),)
        for column, facet in facets(entity).items()
        if facet.maskable
    ]


def stored_mask(given: str) -> str | None:
    """The stored form of a mask in either spelling; None when there is no such field or none may hide it."""
    owner, _, field = given.rpartition(".")
    try:
        found = facets(entity_named(owner))
    except LookupError:
        return None
    for column, facet in found.items():
        if facet.maskable and field in (column, wire_name(column)):
            return f"{owner}.{column}"
    return None


def wire_mask(stored: str) -> str:
    """`party.Customer.credit_limit_minor` → `party.Customer.creditLimitMinor`."""
    owner, dot, column = stored.rpartition(".")
    return f"{owner}{dot}{wire_name(column)}"


def with_wire_masks(entity: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """A row's values, or the changed ones of it, for a wire: a role's masks camelCase, everything else as it is."""
    found = dict(values)
    if entity == described(Role).name and isinstance(found.get("masks"), list):
        found["masks"] = [wire_mask(str(name)) for name in found["masks"]]
    return found
