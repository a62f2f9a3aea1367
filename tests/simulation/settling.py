"""Everything comes to rest: no more trouble, everybody back, the company subscribed, all that waits delivered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billing.trials import activate_subscription_of
from kernel.db import TenantContext
from kernel.policy import Entitlements, Rung
from server.outbox import OutboxDelivery
from server.topics import handlers
from tenants.access import AccessReader
from tests.simulation.actions import rights, trade
from values.modules import MODULE_WORDS

if TYPE_CHECKING:
    from tests.simulation.run import Run

_TO_DECIDE = 20.0  # seconds; a person reads an entry first


async def settle(run: Run) -> None:
    run.tell("everything comes to rest")
    run.calm = True
    for device in run.devices:
        device.points.dies_in = None
    now = await entitlements(run)
    if now.rung is Rung.READ_ONLY or not now.modules >= MODULE_WORDS.keys():
        await subscribe(run)
    await rights.bring_everybody_back(run)
    await deliver_outbox(run)
    for device in run.devices:
        if not device.revoked:
            await device.syncs()
    for device in run.devices:  # nothing may stay parked because nobody looked
        while not device.revoked and device.known and await trade.mend(run, device, discard=run.chance.random() < 0.5):
            run.clock.move(seconds=_TO_DECIDE)
            await device.syncs()
    await deliver_outbox(run)
    for device in run.devices:
        if not device.revoked:
            await device.syncs()


async def rung(run: Run) -> Rung:
    return (await entitlements(run)).rung


async def entitlements(run: Run) -> Entitlements:
    engine = run.company.app.engine
    async with engine.database.tenant(TenantContext(run.company.tenant_id)) as session:
        return await AccessReader().read(session, run.clock.now())


async def subscribe(run: Run) -> None:
    await activate_subscription_of(run.company.app.engine, run.company.tenant_id, sorted(MODULE_WORDS), None)
    run.subscribed_at = run.subscribed_at or run.clock.now()
    run.tell("  the company subscribes")


async def deliver_outbox(run: Run) -> None:
    """The jobs that commits left: moves in batches, what waited for the subscription."""
    app = run.company.app
    delivery = OutboxDelivery(
        app.engine, handlers(app.engine, app.mail, app.settings.public_url, app.blobs), app.metrics
    )
    left = await delivery.deliver(run.company.tenant_id)
    if left:
        run.tell(f"  {left} jobs done")
