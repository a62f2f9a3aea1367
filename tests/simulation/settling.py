"""Everything comes to rest: no more trouble, everybody back, the company subscribed, all that waits delivered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billing.trials import activate_subscription_of
from kernel.db import TenantContext
from kernel.policy import Rung
from server.outbox import OutboxDelivery
from server.topics import handlers
from tenants.access import AccessReader
from tests.simulation.actions import rights

if TYPE_CHECKING:
    from tests.simulation.device import Device
    from tests.simulation.run import Run


async def settle(run: Run) -> None:
    run.tell("everything comes to rest")
    run.calm = True
    for device in run.devices:
        device.points.dies_in = None
    await rights.bring_everybody_back(run)
    if await rung(run) is Rung.READ_ONLY:
        await subscribe(run)
    await deliver_outbox(run)
    for device in run.devices:
        if device.revoked or device.forked:
            continue
        if run.restores:
            await _nudge(run, device)
        await device.syncs()
        if not device.known or device.pending():  # known anew to a restored server, or made known just now
            await device.syncs()
    await deliver_outbox(run)


async def rung(run: Run) -> Rung:
    engine = run.company.app.engine
    async with engine.database.tenant(TenantContext(run.company.tenant_id)) as session:
        return (await AccessReader().read(session, run.clock.now())).rung


async def subscribe(run: Run) -> None:
    await activate_subscription_of(run.company.app.engine, run.company.tenant_id, ["crm"], None)
    run.subscribed_at = run.clock.now()
    run.tell("  the company subscribes")


async def deliver_outbox(run: Run) -> None:
    """The jobs that commits left: moves in batches, what waited for the subscription."""
    app = run.company.app
    delivery = OutboxDelivery(app.engine, handlers(app.engine, app.mail, app.settings.public_url), app.metrics)
    left = await delivery.deliver(run.company.tenant_id)
    if left:
        run.tell(f"  {left} jobs done")


async def _nudge(run: Run, device: Device) -> None:
    """The client offers answered mutations again when the server asks for their numbers, and that is when it pushes."""
    await device.mutates("tenants.resolve_inbox_entry", id=str(run.ids.version4()), action="discard")
