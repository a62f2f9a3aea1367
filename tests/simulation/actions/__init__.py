"""What may happen, one file a kind. An action says when it can happen, how often it does, and what it does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.simulation.run import Run

Effect = Callable[["Run"], Awaitable[object]]
Ready = Callable[["Run"], bool]


@dataclass(frozen=True)
class Action:
    """`meanwhile`: it may happen while somebody's request is on its way. `rare`: some runs do without it."""

    name: str
    weight: float
    effect: Effect
    ready: Ready
    meanwhile: bool
    rare: bool


ACTIONS: dict[str, Action] = {}
_KINDS = ("syncing", "live", "offline", "trade", "online", "rights", "calendar", "upgrading", "damage", "attacks")


def action(
    weight: float, *, ready: Ready = lambda _run: True, meanwhile: bool = False, rare: bool = False
) -> Callable[[Effect], Effect]:
    """Enters a function as an action under its own name."""

    def entered(effect: Effect) -> Effect:
        name = effect.__name__
        ACTIONS[name] = Action(name, weight, effect, ready, meanwhile, rare)
        return effect

    return entered


def load() -> None:
    for kind in _KINDS:
        import_module(f"{__name__}.{kind}")
