"""How the values of an object are named and spelled in another version: pure, the order of its fields stays."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from values.errors import Words

if TYPE_CHECKING:
    from sync.steps import CommandRetired

Values = dict[str, Any]
Pure = Callable[[Any], Any]
# What a pure function raises for a value that has no other spelling.
FAULTS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


class Unconvertible(Exception):
    """An older device's command has no present form. `retired`: its command is gone, and what to do."""

    def __init__(self, field: str | None, why: Words, *, retired: CommandRetired | None = None) -> None:
        super().__init__(why.en)
        self.field, self.why, self.retired = field, why, retired


def renamed(values: Mapping[str, Any], old: str, new: str) -> dict[str, Any]:
    """In its place, so that a row's text keeps its order."""
    if old not in values or new in values:
        return dict(values)
    return {new if name == old else name: value for name, value in values.items()}


def without(values: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key != name}


def spelled(values: Values, name: str, newer: Pure) -> Values:
    """Raises Unconvertible."""
    if values.get(name) is None:
        return values
    try:
        return {**values, name: newer(values[name])}
    except FAULTS:
        raise Unconvertible(name, no_spelling(name)) from None


def or_null(work: Pure, value: Any) -> Any:
    """One row without an older spelling must not keep the others from a device."""
    try:
        return work(value)
    except FAULTS:
        return None


def no_spelling(name: str) -> Words:
    return Words(f"“{name}”的值没有新的写法", f"the value of {name} has no spelling in the new version")
