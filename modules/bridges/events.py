"""What the bridges do when something happens elsewhere."""

from __future__ import annotations

from kernel.context import Context
from modules.bridges.demo_clearing import remove_demo_rows
from tenants.events import TrialDataGone


async def clear_demo_with_trial(ctx: Context, _happened: TrialDataGone) -> None:
    """Whoever clears the trial's data means the demo data first of all."""
    await remove_demo_rows(ctx)
