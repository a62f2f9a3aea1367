"""What a company may use now, as each of its members is told: trial or subscription, modules, why it is read-only."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select

from kernel.db import TenantContext, TenantSession
from kernel.engine import Engine
from kernel.policy import Entitlements, Rung
from tenants.access import MODULES, AccessReader, open_requests, standing
from tenants.entities import LegalEntity, ModuleEntitlement, TenantAccess
from tenants.identity.results import CompanyAccess, CompanyModule, CompanyRequest
from values.errors import ReadOnlyMaintenance, Refusal, SubscriptionLapsed, Words
from values.modules import module_words


async def company_access(engine: Engine, tenant_id: UUID, member_id: UUID, language: str) -> CompanyAccess:
    """For a member of the company: the caller has made sure of that."""
    async with engine.database.tenant(TenantContext(tenant_id, member_id)) as session:
        return await _read(session, engine.clock.now(), language)


async def _read(session: TenantSession, now: datetime, language: str) -> CompanyAccess:
    row = (
        await session.core(
            select(
                TenantAccess.trial_started_at,
                TenantAccess.trial_ends_at,
                TenantAccess.subscribed_from,
                TenantAccess.subscribed_until,
            ).where(TenantAccess.tenant_id == session.tenant_id)
        )
    ).one()
    rung, limit = standing(row.trial_ends_at, row.subscribed_from, row.subscribed_until, now)
    began = {Rung.TRIAL: row.trial_started_at, Rung.ACTIVE: row.subscribed_from, Rung.READ_ONLY: limit}
    ends = {Rung.TRIAL: limit, Rung.ACTIVE: row.subscribed_until, Rung.READ_ONLY: None}
    held = await AccessReader().read(session, now)
    bought = await _bought(session, now)
    why = _why_read_only(held, limit)
    asked = await session.core(open_requests(session.tenant_id))
    books = (
        await session.core(
            select(LegalEntity.currency, LegalEntity.zone)
            .where(LegalEntity.tenant_id == session.tenant_id)
            .order_by(LegalEntity.id)
            .limit(1)
        )
    ).one()
    return CompanyAccess(
        state=rung.value,
        since=began[rung],
        ends_at=ends[rung],
        trial_ends_at=row.trial_ends_at,
        writable=why is None,
        modules=[
            CompanyModule(code=code, name=module_words(code).in_language(language), trial=code not in bought)
            for code in MODULES
            if code in held.modules
        ],
        requests=[CompanyRequest(code=row.module, requested_at=row.starts_at) for row in asked],
        reason=why.sentence(language) if why else None,
        remedy=why.remedy(language) if why else None,
        base_currency=books.currency,
        zone=books.zone,
    )


async def _bought(session: TenantSession, now: datetime) -> frozenset[str]:
    """Whoever subscribes before the trial ends keeps the other modules until then: these are not among what it has."""
    paid = select(ModuleEntitlement.module).where(
        ModuleEntitlement.tenant_id == session.tenant_id,
        ModuleEntitlement.source == "subscription",
        ModuleEntitlement.starts_at <= now,
        or_(ModuleEntitlement.ends_at.is_(None), ModuleEntitlement.ends_at > now),
    )
    return frozenset((await session.core(paid)).scalars())


def _why_read_only(held: Entitlements, ended_at: datetime) -> Refusal | None:
    """The refusal that a change would meet, in the executor's order: maintenance first."""
    if held.maintenance is not None:
        return ReadOnlyMaintenance(reason=Words(*held.maintenance))
    return SubscriptionLapsed(ended_at=ended_at.date()) if held.rung is Rung.READ_ONLY else None
