"""Time passes: hours, weeks offline, the trial's end, a subscription; the jobs that were left get done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billing.trials import activate_subscription_of
from kernel.policy import Rung
from sync.compaction import compact
from sync.waiting import release_parked
from tests.simulation import settling
from tests.simulation.actions import action

if TYPE_CHECKING:
    from tests.simulation.run import Run

_KEPT = (["crm", "inventory"], ["crm", "sales"], ["inventory", "sales"], ["inventory"], ["finance"])


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


@action(0.6, rare=True)
async def modules_change(run: Run) -> None:
    """The company drops modules or buys them again. What was made of a module that is away waits."""
    if await settling.rung(run) is not Rung.ACTIVE:
        return
    if run.chance.random() < 0.4:
        await settling.subscribe(run)
        return
    modules = run.chance.choice(_KEPT)
    await activate_subscription_of(run.company.app.engine, run.company.tenant_id, modules, None)
    run.kept_no_stock |= "inventory" not in modules
    run.tell(f"  the company keeps {modules} of its modules")


@action(0.4, rare=True)
async def months_pass(run: Run) -> None:
    """Longer than tombstones are kept: who was away loads afresh."""
    if await settling.rung(run) is not Rung.ACTIVE:
        await settling.subscribe(run)
    engine, tenant = run.company.app.engine, run.company.tenant_id
    for days in (0, 60, 60):
        run.clock.move(days=days)
        run.tell(f"  {await compact(engine, tenant)} marks of deleted rows and of moves end")


@action(0.7, rare=True)
async def nightly_jobs(run: Run) -> None:
    engine, tenant = run.company.app.engine, run.company.tenant_id
    await release_parked(engine, tenant, None)
    await compact(engine, tenant)


@action(2, meanwhile=True)
async def jobs_run(run: Run) -> None:
    await settling.deliver_outbox(run)
