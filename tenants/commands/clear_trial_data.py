"""The end of trying out: the demo data goes and what was entered for practice; the company's customers stay."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from kernel.command import Input, Result, command
from kernel.context import Context
from kernel.policy import Rung
from kernel.tables import Outbox
from tenants.entities import Organisation
from tenants.errors import NotConfirmed, OnlyDuringTrial
from tenants.events import TrialDataGone
from tenants.granting import require_administrator
from tenants.trial_data import ROOM_FOR_OTHERS, TOPIC, ClearTrialRows, clear_batch
from values.errors import NotFound, Words
from values.wire import to_wire


class ClearTrialData(Input, frozen=True, kw_only=True):
    """`company_name` confirms: the head office's name, exactly."""

    company_name: str


class TrialDataCleared(Result, frozen=True, kw_only=True):
    """`removed`: business records that went at once; without `done` the rest follows within moments, then the demo."""

    removed: int
    done: bool


@command(
    zh="清除试用数据：示例数据，以及试用期间录入的跟进等业务记录（自己的客户、联系人等基础资料保留）",
    en="Clear the trial's data: the demo, and all business records entered so far; own customers and contacts stay",
    permission="tenants.setting.manage",
    module=None,
)
async def clear_trial_data(ctx: Context, data: ClearTrialData) -> TrialDataCleared:
    """Deletes the demo data and all business transactions made so far, for good; own master data stays.

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
    if done and removed <= ROOM_FOR_OTHERS:
        await ctx.emit(TrialDataGone())
    elif done:
        done = False  # a fresh transaction for what other rooms clear
    if hand_over and not done:
        ctx.enqueue(TOPIC, {"madeBefore": to_wire(made_before)})
    return TrialDataCleared(removed=removed, done=done)
