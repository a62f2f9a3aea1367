"""How a closed list of values is told: each by its label, with the code that the wire takes behind it."""

from __future__ import annotations

from collections.abc import Iterable

from kernel.entity import Choice, TenantRow, described
from values.errors import Words


def offered(choices: Iterable[Choice]) -> Words:
    """`上门拜访（visit）、电话（phone）` and `Visit (visit), Phone (phone)`."""
    found = list(choices)
    return Words(
        "、".join(f"{choice.zh}（{choice.value}）" for choice in found),
        ", ".join(f"{choice.en} ({choice.value})" for choice in found),
    )


def only(label: Words, choices: Iterable[Choice]) -> Words:
    """The problem of an InvalidInput whose value is none of `choices`: a phrase without a full stop."""
    told = offered(choices)
    return Words(f"“{label.zh}”的可选值为 {told.zh}", f"{label.en} takes one of: {told.en}")


def entity_choices(found: Iterable[type[TenantRow]]) -> tuple[Choice, ...]:
    """Entities by their names (`party.Customer`)."""
    return tuple(Choice(about.name, about.zh, about.en) for about in map(described, found))
