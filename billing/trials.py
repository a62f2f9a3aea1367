"""Trials across companies: which are due, and moving an end in both places that know it."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update

from billing.commands.activate_subscription import ActivateSubscription, SubscriptionActivated
from billing.commands.end_trial import EndTrial, TrialEnded
from billing.commands.extend_trial import ExtendTrial
from kernel.command import command_named
from kernel.db import Database
from kernel.engine import Engine
from kernel.policy import Actor, Authority
from tenants.platform_tables import Tenant

LOOKING_BACK = timedelta(days=30)


async def due_trials(database: Database, now: datetime) -> list[UUID]:
    """Companies whose trial ended within the last 30 days by the directory; `end_trial` on each is harmless twice.

    The directory is only a list to look through: the company's own row decides.
    """
    ended = (
        select(Tenant.id)
        .where(Tenant.trial_ends_at <= now, Tenant.trial_ends_at > now - LOOKING_BACK)
        .order_by(Tenant.trial_ends_at, Tenant.id)
    )
    async with database.platform_session() as connection:
        return list((await connection.execute(ended)).scalars())


async def end_trial_of(engine: Engine, tenant_id: UUID) -> bool:
    """Records one company's end of trial; True the first time. Raises TrialStillRuns."""
    outcome = await engine.executor.run_internal(_operator(tenant_id), command_named("billing.end_trial"), EndTrial())
    ended: TrialEnded = outcome.value
    return ended.first


async def extend_trial_of(engine: Engine, tenant_id: UUID, until: datetime) -> None:
    """Moves one company's end of trial, then the directory's copy. Raises TrialEndInvalid, NotFound.

    Should the second step be lost, the job looks at the company too early and leaves it alone.
    """
    await engine.executor.run_internal(
        _operator(tenant_id), command_named("billing.extend_trial"), ExtendTrial(until=until)
    )
    async with engine.database.platform_session() as connection:
        await connection.execute(update(Tenant).where(Tenant.id == tenant_id).values(trial_ends_at=until))


async def activate_subscription_of(
    engine: Engine, tenant_id: UUID, modules: list[str], until: datetime | None
) -> SubscriptionActivated:
    """Activates a company's subscription, as an operator does it. Raises ModuleUnknown, SubscriptionEndInvalid."""
    outcome = await engine.executor.run_internal(
        _operator(tenant_id),
        command_named("billing.activate_subscription"),
        ActivateSubscription(modules=modules, until=until),
    )
    activated: SubscriptionActivated = outcome.value
    return activated


def _operator(tenant_id: UUID) -> Actor:
    return Actor(tenant_id, None, Authority(), on_behalf_of="operator")
