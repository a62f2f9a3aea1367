"""An operator gives a company more time to try."""

from __future__ import annotations

from datetime import datetime

from billing.errors import TrialEndInvalid
from billing.standing import lock_access
from kernel.command import Input, Result, command
from kernel.context import Context
from values.wire import to_wire


class ExtendTrial(Input, frozen=True, kw_only=True):
    """`until`: the new end, with its offset."""

    until: datetime


class TrialExtended(Result, frozen=True, kw_only=True):
    trial_ends_at: datetime


@command(zh="延长试用", en="Extend trial", permission=None, module=None, on_read_only=True, api=False)
async def extend_trial(ctx: Context, data: ExtendTrial) -> TrialExtended:
    """Moves the trial's end later; a trial that was over runs again. Raises TrialEndInvalid."""
    access = await lock_access(ctx)
    latest = max(ctx.now, access.trial_ends_at)
    if data.until.tzinfo is None or data.until <= latest:
        raise TrialEndInvalid(field="until", ends_at=to_wire(latest))
    access.trial_ends_at, access.trial_ended_at = data.until, None
    ctx.enqueue("billing.trial_extended", {"trialEndsAt": to_wire(data.until)})
    return TrialExtended(trial_ends_at=data.until)
