"""The company's right to write: what was made after the device knew of its end waits, no longer than it must."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.simulation.oracles import oracle

if TYPE_CHECKING:
    from tests.simulation.device import Device
    from tests.simulation.run import Run


@oracle("outcomes")
def late_edits_wait(run: Run, device: Device, outcomes: list[dict[str, Any]]) -> None:
    if not run.over() or device.split or run.restores:
        return  # a restored server has forgotten when it was in contact, and takes the device's clock for it
    for outcome in outcomes:
        sent = device.entries.get(outcome["uuid"])
        if sent is not None and sent.late and outcome["status"] in ("applied", "merged"):
            run.fail("trial", f"{device.name}'s mutation {sent.n} was made after the end and is {outcome['status']}")


@oracle("end")
async def nothing_waits_for_a_subscription_that_is_there(run: Run) -> None:
    waiting = await run.ground.fetch(
        "SELECT command, arguments FROM app.inbox_entry WHERE tenant_id = %s AND state = 'waiting'",
        run.company.tenant_id,
    )
    if waiting:
        run.fail("trial", f"the company has subscribed, but {waiting[0]['command']} waits: {waiting[0]['arguments']}")
