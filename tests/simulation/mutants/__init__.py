"""The test of the tests: bugs put into the engine on purpose, each of which the simulation must catch.

A mutant replaces named functions or SQL while a history is played. One file a part of the engine; those of the pull
side hold on to behaviour at the module's functions, since the pull changes most.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib import import_module
from inspect import isfunction, signature
from typing import Any
from unittest.mock import patch

from tests.simulation.ground import Ground
from tests.simulation.plans import plan
from tests.simulation.run import play

_PARTS = ("tracking", "pushing", "client", "pulling", "rooms")


class Surgeon:
    """Puts something in the place of something, until the history is over.

    Raises AttributeError, KeyError, TypeError or LookupError where the product has changed and the bug does not fit it
    any more: a mutant that crashes the engine, or does nothing to it, tells nothing about the oracles.
    """

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack

    def put(self, owner: Any, name: str, new: Any) -> None:
        _refuse_unfit(f"{getattr(owner, '__name__', owner)}.{name}", getattr(owner, name), new)
        self._stack.enter_context(patch.object(owner, name, new))

    def item(self, found: dict[Any, Any], key: Any, new: Any) -> None:
        """The same in a table."""
        _refuse_unfit(f"[{key!r}]", found[key], new)
        self._stack.enter_context(patch.dict(found, {key: new}))

    def wrap(self, owner: Any, name: str, around: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
        """`around` gets the original and gives what takes its place."""
        self.put(owner, name, around(getattr(owner, name)))

    def reword(self, owner: Any, name: str, old: str, new: str) -> None:
        """Other words in a text, at the first place."""
        text = getattr(owner, name)
        if old not in text:
            raise LookupError(f"{name} does not say {old!r} any more")
        self.put(owner, name, text.replace(old, new, 1))


def _refuse_unfit(name: str, old: Any, new: Any) -> None:
    """Raises TypeError where what takes a function's place cannot be called as that is."""
    if not isfunction(old):
        return
    asked = signature(old).parameters.values()
    by_place = [found for found in asked if found.kind in (found.POSITIONAL_ONLY, found.POSITIONAL_OR_KEYWORD)]
    by_name = {found.name: found for found in asked if found.kind is found.KEYWORD_ONLY}
    try:
        signature(new).bind(*by_place, **by_name)
    except TypeError as wrong:
        raise TypeError(f"{name}: {wrong}") from None


@dataclass(frozen=True)
class Mutant:
    """`told`: what is wrong with this engine. `likely`: kinds of action that bring it to light more often."""

    name: str
    told: str
    operate: Callable[[Surgeon], None]
    likely: tuple[str, ...]

    @contextmanager
    def alive(self) -> Iterator[None]:
        with ExitStack() as stack:
            self.operate(Surgeon(stack))
            yield


MUTANTS: dict[str, Mutant] = {}


def mutant(*likely: str) -> Callable[[Callable[[Surgeon], None]], Callable[[Surgeon], None]]:
    """Enters a function as a mutant; its docstring tells what is wrong."""

    def entered(operate: Callable[[Surgeon], None]) -> Callable[[Surgeon], None]:
        name = operate.__name__
        MUTANTS[name] = Mutant(name, operate.__doc__ or "", operate, likely)
        return operate

    return entered


def load() -> None:
    for part in _PARTS:
        import_module(f"{__name__}.{part}")


@dataclass(frozen=True)
class Hunt:
    """How a mutant fared. `caught`: what the oracle said; None when it lived through all seeds."""

    mutant: Mutant
    seeds: int
    caught: str | None


async def hunt(ground: Ground, prey: Mutant, *, seeds: int, steps: int, first: int = 0) -> Hunt:
    """Plays seeds on the mutated engine until an oracle finds fault."""
    for tried, seed in enumerate(range(first, first + seeds), 1):
        with prey.alive():
            history = await play(ground, plan(seed, steps, favour=prey.likely))
        if history.broken is not None:
            return Hunt(prey, tried, str(history.broken))
    return Hunt(prey, seeds, None)
