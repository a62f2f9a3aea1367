"""A failing plan made short: steps are left out while the same oracle still finds fault (delta debugging)."""

from __future__ import annotations

import time

from tests.simulation.ground import Ground
from tests.simulation.plans import Plan
from tests.simulation.run import History, play


async def shrink(ground: Ground, failed: History, *, seconds: float) -> History:
    """The shortest history found within the time that breaks as `failed` did."""
    best, until = failed, time.monotonic() + seconds
    size = max(1, len(best.plan.steps) // 2)
    while size >= 1 and time.monotonic() < until:
        start, shorter = 0, False
        while start < len(best.plan.steps) and time.monotonic() < until:
            tried = await play(ground, _without(best.plan, start, size))
            if _same(tried, failed):
                best, shorter = tried, True
            else:
                start += size
        size = size // 2 if not shorter or size > len(best.plan.steps) else size
    return best


def _without(plan: Plan, start: int, size: int) -> Plan:
    return plan.without(set(range(start, start + size)))


def _same(tried: History, failed: History) -> bool:
    if tried.broken is None or failed.broken is None:
        return False
    return tried.broken.oracle == failed.broken.oracle
