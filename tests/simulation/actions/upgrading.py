"""The server goes on to a newer schema, and apps follow when their people get round to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.simulation.actions import action
from tests.simulation.upgrades import NEWEST

if TYPE_CHECKING:
    from tests.simulation.run import Run


@action(0.5, rare=True, ready=lambda run: run.upgrades.version < NEWEST)
async def server_is_upgraded(run: Run) -> None:
    run.upgrades.go_on_to(NEWEST)
    run.restart()
    run.tell(f"  the server speaks version {NEWEST}")


@action(1)
async def app_is_updated(run: Run) -> None:
    """In the middle of whatever waits on the device."""
    device = run.some_device(lambda d: d.app < run.upgrades.version)
    if device is not None:
        device.shut()
        device.app = run.upgrades.version
        run.tell(f"  {device.name} has app {device.app}")
