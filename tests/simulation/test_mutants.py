"""Of the bugs put into the engine on purpose, at least 95 of 100 are caught; those that are not are named."""

from __future__ import annotations

import os
from contextlib import ExitStack

import pytest

from kernel import edge
from sync.numbered import Numbered
from tests.simulation import mutants
from tests.simulation.ground import Ground

SEEDS, STEPS = 24, 45
_SHARE = 0.95

mutants.load()
NAMES = tuple(mutants.MUTANTS)


def test_there_are_enough_of_them() -> None:
    assert len(mutants.MUTANTS) >= 40
    assert all(found.told for found in mutants.MUTANTS.values())


@pytest.mark.parametrize("name", NAMES)
def test_each_fits_the_engine(name: str) -> None:
    """What a mutant takes the place of is there, and is called as the mutant can be."""
    with mutants.MUTANTS[name].alive():
        pass


def test_a_mutant_that_does_not_fit_is_refused() -> None:
    with ExitStack() as stack:
        surgeon = mutants.Surgeon(stack)
        with pytest.raises(AttributeError):
            surgeon.put(Numbered, "_skip", lambda *_asked: None)
        with pytest.raises(TypeError, match=r"Numbered\.skip"):
            surgeon.put(Numbered, "skip", lambda _self: None)
        with pytest.raises(LookupError, match="_STAMP"):
            surgeon.reword(edge, "_STAMP", "SET value = value + 2", "SET value = value")


@pytest.mark.soak
async def test_mutants_are_caught(ground: Ground) -> None:
    """`YUNFAN_SIMULATION_MUTANT=name` hunts only that one."""
    only = os.environ.get("YUNFAN_SIMULATION_MUTANT")
    prey = [found for name, found in mutants.MUTANTS.items() if only in (None, name)]
    hunts = [await mutants.hunt(ground, found, seeds=SEEDS, steps=STEPS) for found in prey]
    for hunt in hunts:
        told = f"seed {hunt.seeds}: {hunt.caught[:110]}" if hunt.caught else f"LIVES after {hunt.seeds} seeds"
        print(f"{hunt.mutant.name:50} {told}")
    alive = [f"{hunt.mutant.name}: {hunt.mutant.told}" for hunt in hunts if hunt.caught is None]
    assert len(alive) <= (1 - _SHARE) * len(hunts), alive
