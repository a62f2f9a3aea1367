"""The end of trying out: what was entered for practice goes, the customers stay."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from kernel.command import Input, Result, command
from kernel.context import Context
from kernel.policy import Rung
from kernel.tables import Outbox
from tenants.entities import Organisation
from tenants.errors import NotConfirmed, OnlyDuringTrial
from tenants.granting import require_administrator
from tenants.trial_data import TOPIC, ClearTrialRows, clear_batch
from values.errors import NotFound, Words
from values.wire import to_wire


class ClearTrialData(Input, frozen=True, kw_only=True):
    """`company_name` confirms: the head office's name, exactly."""

    company_name: str


class TrialDataCleared(Result, frozen=True, kw_only=True):
    """`removed`: rows that went at once; without `done` the rest follows within moments."""

    removed: int
    done: bool


@command(zh="清除试用数据", en="Clear trial data", permission="tenants.setting.manage", module=None)
async def clear_trial_data(ctx: Context, data: ClearTrialData) -> TrialDataCleared:
    """Deletes the business transactions made so far, for good; master data stays.

    Raises PermissionDenied, OnlyDuringTrial, NotConfirmed.
    """
    require_administrator(ctx)
    if ctx.entitlements.rung is not Rung.TRIAL:
        raise OnlyDuringTrial
    roots = select(Organisation.name).where(Organisation.tenant_id == ctx.tenant_id, Organisation.parent_id.is_(None))
    if data.company_name.strip() not in await ctx.session.scalars(roots):
        raise NotConfirmed(field="companyName")
    return await _clear(ctx, ctx.now, hand_over=True)


@command(zh="清除试用记录", en="Clear trial rows", permission=None, module=None, on_read_only=True, api=False)
async def clear_trial_rows(ctx: Context, data: ClearTrialRows) -> TrialDataCleared:
    """The next 1,000 rows of a clearing that an admin began. Run by the outbox's job, never by a member.

    Raises NotFound for a clearing that no message tells of.
    """
    told = select(Outbox.payload).where(Outbox.tenant_id == ctx.tenant_id, Outbox.topic == TOPIC)
    begun = [payload.get("madeBefore") for payload in await ctx.session.scalars(told)]
    if to_wire(data.made_before) not in begun:
        raise NotFound(entity=Words("清除任务", "clearing"))
    return await _clear(ctx, data.made_before, hand_over=data.hand_over)


async def _clear(ctx: Context, made_before: datetime, *, hand_over: bool) -> TrialDataCleared:
    removed, done = await clear_batch(ctx, made_before)
    if hand_over and not done:
        ctx.enqueue(TOPIC, {"madeBefore": to_wire(made_before)})
    return TrialDataCleared(removed=removed, done=done)
