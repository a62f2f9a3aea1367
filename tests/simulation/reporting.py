"""What a person needs to look into a broken history."""

from __future__ import annotations

from tests.simulation.run import History

_TAIL = 25


def report(failed: History, short: History) -> str:
    """Seed, what was found, the end of the trace, and the shrunk trace."""
    seed, steps = failed.plan.seed, len(failed.plan.steps)
    lines = [
        f"seed {seed}: {failed.broken}",
        f"replay: python -m tests.simulation --seed {seed} --steps {steps} --trace",
        "",
        f"the last {_TAIL} lines:",
        *failed.trace[-_TAIL:],
    ]
    if len(short.plan.steps) < steps:
        lines += ["", f"shrunk to {len(short.plan.steps)} steps: {short.broken}", *short.trace]
    return "\n".join(lines)
