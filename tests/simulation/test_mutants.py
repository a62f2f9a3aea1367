"""Of the bugs put into the engine on purpose, at least 95 of 100 are caught; those that are not are named."""

from __future__ import annotations

import os

import pytest

from tests.simulation import mutants
from tests.simulation.ground import Ground

SEEDS, STEPS = 12, 45
_SHARE = 0.95


def test_there_are_enough_of_them() -> None:
    mutants.load()
    assert len(mutants.MUTANTS) >= 30
    assert all(found.told for found in mutants.MUTANTS.values())


@pytest.mark.soak
async def test_mutants_are_caught(ground: Ground) -> None:
    """`YUNFAN_SIMULATION_MUTANT=name` hunts only that one."""
    mutants.load()
    only = os.environ.get("YUNFAN_SIMULATION_MUTANT")
    prey = [found for name, found in mutants.MUTANTS.items() if only in (None, name)]
    hunts = [await mutants.hunt(ground, found, seeds=SEEDS, steps=STEPS) for found in prey]
    for hunt in hunts:
        told = f"seed {hunt.seeds}: {hunt.caught[:110]}" if hunt.caught else f"LIVES after {hunt.seeds} seeds"
        print(f"{hunt.mutant.name:50} {told}")
    alive = [f"{hunt.mutant.name}: {hunt.mutant.told}" for hunt in hunts if hunt.caught is None]
    assert len(alive) <= (1 - _SHARE) * len(hunts), alive
