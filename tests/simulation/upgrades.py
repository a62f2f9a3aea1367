"""Schema upgrades: apps of several versions, and a server that goes on while they are away.

The histories' words are today's. A device of an older app speaks and stores its own, which are put into today's where
its file is read, without the engine's conversions: a key or a letter tells its version by itself.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from kernel.entity import facet_of, table
from modules.party.entities import Customer
from sync import versions
from sync.argument_steps import ArgumentChanged, ArgumentRenamed
from sync.field_steps import FieldAdded, FieldChanged, FieldRenamed
from sync.versions import Step

_CREATE, _EDIT = "party.create_customer", "party.edit_customer"
_COMES = "credit_grade"  # with the last step; no action knows of it
_STEPS = (
    Step(2, (FieldRenamed("customers", "area", "region"), ArgumentRenamed(_CREATE, "area", "region"))),
    Step(
        3,
        (
            FieldChanged("customers", "level", newer=str.lower, older=str.upper),
            ArgumentChanged(_CREATE, "level", newer=str.lower, older=str.upper),
        ),
    ),
    Step(4, (FieldAdded("customers", "creditGrade"),)),
)
OPENING, NEWEST = 3, 4
RESPELLED = ("region", "level")


@contextmanager
def versioned() -> Iterator[Upgrades]:
    """Inside, the server has come as far as version 3, and may go on."""
    upgrades = Upgrades()
    try:
        upgrades.go_on_to(OPENING)
        yield upgrades
    finally:
        upgrades.end()


class Upgrades:
    """How far the server's schema has come."""

    def __init__(self) -> None:
        self.version = 0
        self._patched: list[Any] = []

    def go_on_to(self, version: int) -> None:
        self.end()
        column = table(Customer).columns[_COMES]
        facet = replace(facet_of(column), wire=version == NEWEST)
        self._patched = [
            patch.object(versions, "HISTORY", _STEPS[: version - 1]),
            patch.dict(column.info, {"facet": facet}),
        ]
        for patched in self._patched:
            patched.start()
        self.version = version
        _forget_derived()

    def end(self) -> None:
        while self._patched:
            self._patched.pop().stop()
        _forget_derived()


def _forget_derived() -> None:
    """What a process keeps of the schema ends with it; the new one finds it anew."""
    for name, module in list(sys.modules.items()):
        if name.startswith(("sync.", "kernel.entity")):
            for found in list(vars(module).values()):
                if callable(forget := getattr(found, "cache_clear", None)):
                    forget()


def as_said_by(version: int, command: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Today's arguments in the words of an app."""
    if command == "tenants.resolve_inbox_entry" and isinstance(arguments.get("arguments"), dict):
        return {**arguments, "arguments": _older(version, arguments["arguments"])}
    return _older(version, arguments) if command in (_CREATE, _EDIT) else arguments


def as_said_today(command: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """An app's arguments in today's words."""
    if command == "tenants.resolve_inbox_entry" and isinstance(arguments.get("arguments"), dict):
        return {**arguments, "arguments": as_today(arguments["arguments"])}
    return as_today(arguments) if command in (_CREATE, _EDIT) else arguments


def as_today(values: dict[str, Any]) -> dict[str, Any]:
    """A customer, its arguments or its base in today's words."""
    found = dict(values)
    if "area" in found:
        older = found.pop("area")
        found.setdefault("region", older)  # an edit of the newer app stands over a row of the older one
    if isinstance(found.get("level"), str):
        found["level"] = found["level"].lower()
    return found


def row_as_today(collection: str, row: dict[str, Any]) -> dict[str, Any]:
    if collection == "customers":
        return as_today(row)
    if collection == "inbox":
        field = "region" if row.get("field") == "area" else row.get("field")
        return {**row, "field": field, "arguments": as_today(row["arguments"] or {})}
    return row


def strange_to(version: int, customer: dict[str, Any]) -> str | None:
    """A field of a stored customer that an app of the version does not read so."""
    level = customer.get("level")
    if ("area" if version >= 2 else "region") in customer:
        return "area" if version >= 2 else "region"
    if level is not None and level != (level.lower() if version >= 3 else level.upper()):
        return "level"
    return "creditGrade" if version < NEWEST and "creditGrade" in customer else None


def _older(version: int, values: dict[str, Any]) -> dict[str, Any]:
    found = dict(values)
    if version < 2 and "region" in found:
        found["area"] = found.pop("region")
    if version < 3 and isinstance(found.get("level"), str):
        found["level"] = found["level"].upper()
    return found
