"""Time passes: hours, weeks offline, the trial's end, a subscription; the jobs that were left get done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kernel.policy import Rung
from tests.simulation import settling
from tests.simulation.actions import action

if TYPE_CHECKING:
    from tests.simulation.run import Run


@action(2)
async def hours_pass(run: Run) -> None:
    run.clock.move(hours=run.chance.randint(1, 30))


@action(0.7, rare=True)
async def days_pass(run: Run) -> None:
    run.clock.move(days=run.chance.choice((3, 8, 16)))


@action(0.5, rare=True)
async def company_subscribes(run: Run) -> None:
    if await settling.rung(run) is not Rung.ACTIVE:
        await settling.subscribe(run)


@action(2, meanwhile=True)
async def jobs_run(run: Run) -> None:
    await settling.deliver_outbox(run)
