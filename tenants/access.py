"""Where the company stands and which modules it may use: read at every command, written by billing."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import or_, select

from kernel.db import TenantSession
from kernel.policy import Entitlements, Rung
from kernel.tables import ServiceState
from tenants.entities import ModuleEntitlement, TenantAccess
from values.modules import MODULE_WORDS

MODULES = tuple(MODULE_WORDS)
ENTITLEMENTS = "tenants.ModuleEntitlement"
"""Poked by this name: what the company may use has changed, or may have."""


class AccessReader:
    """The kernel's EntitlementReader over `tenant_access` and `module_entitlement`."""

    async def read(self, session: TenantSession, now: datetime) -> Entitlements:
        """One statement: the rung by the clock, the modules in force, the operator's switch."""
        rows = (
            await session.core(
                select(
                    TenantAccess.trial_ends_at,
                    TenantAccess.subscribed_from,
                    TenantAccess.subscribed_until,
                    ServiceState.read_only_since,
                    ServiceState.reason_zh,
                    ServiceState.reason_en,
                    ModuleEntitlement.module,
                )
                .select_from(TenantAccess)
                .join(ServiceState, ServiceState.id == 1)
                .outerjoin(
                    ModuleEntitlement,
                    (ModuleEntitlement.tenant_id == TenantAccess.tenant_id)
                    & (ModuleEntitlement.starts_at <= now)
                    & or_(ModuleEntitlement.ends_at.is_(None), ModuleEntitlement.ends_at > now),
                )
                .where(TenantAccess.tenant_id == session.tenant_id)
            )
        ).all()
        if not rows:
            return Entitlements(Rung.READ_ONLY, frozenset(), None)
        first = rows[0]
        maintenance = (first.reason_zh or "", first.reason_en or "") if first.read_only_since else None
        rung, ends_at = standing(first.trial_ends_at, first.subscribed_from, first.subscribed_until, now)
        return Entitlements(rung, frozenset(row.module for row in rows if row.module), ends_at, maintenance)


def standing(
    trial_ends_at: datetime, subscribed_from: datetime | None, subscribed_until: datetime | None, now: datetime
) -> tuple[Rung, datetime]:
    """The rung by the clock alone, and when it ends or ended."""
    if subscribed_from is not None and subscribed_from <= now:
        if subscribed_until is None:
            return Rung.ACTIVE, datetime.max.replace(tzinfo=now.tzinfo)
        if now < subscribed_until:
            return Rung.ACTIVE, subscribed_until
    if now < trial_ends_at:
        return Rung.TRIAL, trial_ends_at
    return Rung.READ_ONLY, max(trial_ends_at, subscribed_until or trial_ends_at)
