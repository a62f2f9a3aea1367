"""Many histories, each of one seed, and every oracle finds them whole.

python -m tests.simulation --seed 17 --trace        plays one again
YUNFAN_SIMULATION_SEEDS=1000 make soak              this many, each longer
YUNFAN_SIMULATION_HOURS=8 make soak                 as many as fit
"""

from __future__ import annotations

import os
import time
from itertools import count, takewhile

import pytest

from tests.simulation.ground import Ground
from tests.simulation.plans import plan
from tests.simulation.reporting import report
from tests.simulation.run import History, play
from tests.simulation.shrinking import shrink

SEEDS, STEPS = 54, 32
SOAK_STEPS = 150
_SHRINK_SECONDS = 60.0


@pytest.mark.parametrize("seed", range(SEEDS))
async def test_a_seeded_history_is_whole(ground: Ground, seed: int) -> None:
    await _whole(ground, seed, STEPS)


async def test_one_seed_is_one_history(ground: Ground) -> None:
    first, again = await play(ground, plan(7, STEPS)), await play(ground, plan(7, STEPS))
    assert first.trace == again.trace
    assert first.trace != (await play(ground, plan(8, STEPS))).trace


async def test_the_histories_are_not_idle(ground: Ground) -> None:
    """What a run does, it does: devices sync, things are queued, requests meet their fates."""
    breaks = ("app_dies_while_it_loads", "network_breaks_down", "others_work_while_it_loads", "sync")
    favoured = (*breaks, "socket_opens", "page_comes", "edit_customer_online")
    told = "\n".join(
        [line for seed in (1, 2, 3) for line in (await play(ground, plan(seed, 40, favour=favoured))).trace]
    )
    for sign in ('"applied"', "answer lost", "KILLED", "meanwhile", "on the air: a page", "live: true"):
        assert sign in told, sign


@pytest.mark.soak
async def test_histories_are_whole_for_long(ground: Ground) -> None:
    hours = float(os.environ.get("YUNFAN_SIMULATION_HOURS", "0"))
    seeds = int(os.environ.get("YUNFAN_SIMULATION_SEEDS", "300"))
    until = time.monotonic() + hours * 3600
    for seed in takewhile(lambda n: time.monotonic() < until if hours else n < SEEDS + seeds, count(SEEDS)):
        await _whole(ground, seed, SOAK_STEPS)


async def _whole(ground: Ground, seed: int, steps: int) -> None:
    history: History = await play(ground, plan(seed, steps))
    if history.broken is not None:
        pytest.fail(report(history, await shrink(ground, history, seconds=_SHRINK_SECONDS)), pytrace=False)
