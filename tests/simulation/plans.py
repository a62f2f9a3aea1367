"""A seed made into steps. Each step carries its own chance: one can be left out without changing what others draw."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from random import Random

from tests.simulation.actions import ACTIONS, load

STEPS = 40


@dataclass(frozen=True)
class Step:
    action: str
    seed: int


@dataclass(frozen=True)
class Plan:
    """`trouble`: how often a request meets a fate, 0 to 1. `loads`: from how many rows on first loads come as files."""

    seed: int
    steps: tuple[Step, ...]
    trouble: float
    loads: int | None

    def without(self, gone: set[int]) -> Plan:
        return replace(self, steps=tuple(step for i, step in enumerate(self.steps) if i not in gone))


def plan(seed: int, count: int = STEPS, *, favour: Collection[str] = ()) -> Plan:
    """The steps of a seed. Some kinds of action are left out of a run altogether (swarm testing): where everything
    happens at once, one thing hides another. `favour`: actions that this run is about, ten times as frequent."""
    load()
    chance = Random(f"plan {seed}")
    names = sorted(ACTIONS)
    weights = [ACTIONS[n].weight * (chance.choice((0.0, 1.0, 3.0)) if ACTIONS[n].rare else 1.0) for n in names]
    weights = [w if n not in favour else 10 * max(1.0, ACTIONS[n].weight) for n, w in zip(names, weights, strict=True)]
    drawn = chance.choices(names, weights, k=count)
    steps = tuple(Step(name, chance.getrandbits(48)) for name in drawn)
    return Plan(seed, steps, chance.choice((0.05, 0.15, 0.35)), chance.choice((None, None, 5, 15)))
