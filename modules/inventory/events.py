"""What the inventory room does when something happens elsewhere."""

from __future__ import annotations

from kernel.context import Context
from modules.inventory.balances import settle_balances
from tenants.events import TrialDataGone


async def settle_after_clearing(ctx: Context, _happened: TrialDataGone) -> None:
    """Moves went in several transactions, and others may have come meanwhile: the sums are made anew."""
    await settle_balances(ctx)
