"""The clock ended a trial; this writes it down, once, and tells each administrator."""

from __future__ import annotations

from billing.errors import TrialStillRuns
from billing.standing import lock_access
from kernel.command import Input, Result, command
from kernel.context import Context
from kernel.policy import Rung
from tenants.access import standing
from tenants.granting import active_administrators
from values.wire import to_wire


class EndTrial(Input, frozen=True, kw_only=True):
    """No choices: the clock decides."""


class TrialEnded(Result, frozen=True, kw_only=True):
    """`first`: this call wrote the fact; a repeated one changes nothing and tells nobody again."""

    first: bool


@command(zh="结束试用", en="End trial", permission=None, module=None, on_read_only=True, api=False)
async def end_trial(ctx: Context, _data: EndTrial) -> TrialEnded:
    """Records the trial's end. The company is read-only from the very instant already: every command asks the clock.

    Nobody is told when the company has subscribed meanwhile. Raises TrialStillRuns.
    """
    access = await lock_access(ctx)
    if ctx.now < access.trial_ends_at:
        raise TrialStillRuns(ends_at=to_wire(access.trial_ends_at))
    if access.trial_ended_at is not None:
        return TrialEnded(first=False)
    access.trial_ended_at = ctx.now
    rung, _ends_at = standing(access.trial_ends_at, access.subscribed_from, access.subscribed_until, ctx.now)
    if rung is Rung.READ_ONLY:
        for member_id in await active_administrators(ctx.session, ctx.tenant_id):  # one's dead mailbox is nobody else's
            ctx.enqueue(
                "billing.trial_ended",
                {"memberId": str(member_id), "trialEndedAt": to_wire(access.trial_ends_at)},
            )
    return TrialEnded(first=True)
