"""`yunfan explain party.Customer`: what derives from one entity. Each room tells its part; the process wires them."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol, get_args

from kernel.command import Command, commands
from kernel.entity import TenantRow, described
from values.errors import Words


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that derives. `key` is for programs and stays. `value`: a text, `Words`, a number, a yes or no; a list
    of such; or a list of rows, which are dicts of such with the same keys, the first of which names the row."""

    key: str
    label: Words
    value: Any


class Explainer(Protocol):
    """What one room derives from an entity. It answers for every entity, be it that nothing derives."""

    @property
    def room(self) -> str: ...

    def facts(self, entity: type[TenantRow]) -> Iterator[Fact]: ...


def commands_on(entity: type[TenantRow]) -> list[Command]:
    """The commands that change its rows: they answer with one, or merge into it. One that answers with no row counts
    with the others of its file and, when none of them answers with a row, by the permission that it is named after."""
    about, noun = described(entity), described(entity).permission.rsplit(".", 1)[1]
    answers: dict[str, set[Any]] = {}
    for found in commands():
        answers.setdefault(found.handler.__module__, set()).update(_rows_of(found))

    def counts(found: Command) -> bool:
        near = _rows_of(found) or answers[found.handler.__module__]
        by_name = not near and found.permission in about.permissions and noun in found.function
        return entity in near or found.merges == about.name or by_name

    return [found for found in commands() if counts(found)]


def _rows_of(command: Command) -> set[type[TenantRow]]:
    kinds = (command.result_type, *get_args(command.result_type))
    return {kind for kind in kinds if isinstance(kind, type) and issubclass(kind, TenantRow)}


def source_of(defined: Any) -> str:
    """Where a class or a function stands: `modules/party/entities.py:58`."""
    return f"{defined.__module__.replace('.', '/')}.py:{inspect.getsourcelines(defined)[1]}"
