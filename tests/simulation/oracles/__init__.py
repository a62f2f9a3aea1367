"""What must hold, one file a kind. An oracle is a function entered under the moment at which it looks:

`answer` each answer of the server, `outcomes` what a push was told, `file` a device's file after whatever it did,
`pull` a pull that completed (`fresh`: nothing was committed since its last page was asked for), `step` the device's
view afterwards, `end` everything at rest.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.simulation.device import Device
    from tests.simulation.network import Answer
    from tests.simulation.run import Run

_KINDS = ("rows", "staging", "pairs", "monotonic", "foreign", "queue", "overlay", "outcomes", "merges", "trial", "sums")
ORACLES: dict[str, list[Callable[..., Any]]] = {
    "answer": [],
    "outcomes": [],
    "file": [],
    "pull": [],
    "step": [],
    "end": [],
}


def oracle(moment: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Enters a function; its arguments are those of the function below for that moment."""

    def entered(check: Callable[..., Any]) -> Callable[..., Any]:
        ORACLES[moment].append(check)
        return check

    return entered


def on_answer(run: Run, device: Device, answer: Answer) -> None:
    for check in ORACLES["answer"]:
        check(run, device, answer)


def on_outcomes(run: Run, device: Device, outcomes: list[dict[str, Any]]) -> None:
    for check in ORACLES["outcomes"]:
        check(run, device, outcomes)


def on_file(run: Run, device: Device, before: dict[str, Any], *, may_have_changed: bool, pushed: bool) -> None:
    for check in ORACLES["file"]:
        check(run, device, before, may_have_changed, pushed)


async def on_pull(run: Run, device: Device, *, fresh: bool) -> None:
    for check in ORACLES["pull"]:
        await check(run, device, fresh)


def on_step(run: Run, device: Device) -> None:
    for check in ORACLES["step"]:
        check(run, device)


async def at_end(run: Run) -> None:
    for check in ORACLES["end"]:
        await check(run)


def load() -> None:
    for kind in _KINDS:
        import_module(f"{__name__}.{kind}")
