"""`python -m tests.simulation --seed 17 [--steps 60] [--count 1] [--trace] [--twice] [--shrink SECONDS]`"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time

from tests.simulation.opening import opened_ground
from tests.simulation.plans import STEPS, plan
from tests.simulation.reporting import report
from tests.simulation.run import play
from tests.simulation.shrinking import shrink


async def _main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--count", type=int, default=1, help="this many seeds from there on")
    parser.add_argument("--trace", action="store_true", help="print every line")
    parser.add_argument("--twice", action="store_true", help="play twice and compare the histories")
    parser.add_argument("--shrink", type=float, default=60.0, metavar="SECONDS")
    given = parser.parse_args()
    broken = 0
    async with opened_ground() as ground:
        for seed in range(given.seed, given.seed + given.count):
            started, worked = time.perf_counter(), time.process_time()
            history = await play(ground, plan(seed, given.steps))
            took, busy = time.perf_counter() - started, time.process_time() - worked
            if given.trace:
                print("\n".join(history.trace))
            if given.twice and (await play(ground, history.plan)).trace != history.trace:
                print(f"seed {seed}: two plays differ")
                broken += 1
            if history.broken is None:
                print(f"seed {seed}: whole, {len(history.trace)} lines, {took:.1f} s ({busy:.1f} s of this process)")
                continue
            broken += 1
            short = await shrink(ground, history, seconds=given.shrink) if given.shrink else history
            print(report(history, short))
    return 1 if broken else 0


sys.exit(asyncio.run(_main()))
