"""Where the company stands and which modules it may use: read at every command, written by billing."""

from __future__ import annotations

from datetime import datetime
from typing import cast
from uuid import UUID

import msgspec
from sqlalchemy import Select, select
from sqlalchemy.orm import aliased

from infra.questions import Question, rows_as
from kernel.db import TenantSession
from kernel.policy import Entitlements, Rung
from tenants.entities import ModuleEntitlement
from values.modules import MODULE_WORDS

MODULES = tuple(MODULE_WORDS)
ENTITLEMENTS = "tenants.ModuleEntitlement"
"""Poked by this name: what the company may use has changed, or may have."""
_ACCESS = """
SELECT a.trial_ends_at, a.subscribed_from, a.subscribed_until, s.read_only_since, s.reason_zh, s.reason_en,
    ARRAY(SELECT e.module FROM app.module_entitlement AS e
          WHERE e.tenant_id = a.tenant_id AND e.starts_at <= %s AND (e.ends_at IS NULL OR e.ends_at > %s)) AS modules
FROM app.tenant_access AS a JOIN app.service_state AS s ON s.id = 1
WHERE a.tenant_id = %s
"""


def open_requests(tenant_id: UUID) -> Select[str, datetime]:
    """(module, starts_at) of what a company has asked for and not bought since."""
    bought = aliased(ModuleEntitlement)
    since = (
        select(bought.id)
        .where(
            bought.tenant_id == ModuleEntitlement.tenant_id,
            bought.module == ModuleEntitlement.module,
            bought.source == "subscription",
            bought.starts_at >= ModuleEntitlement.starts_at,
        )
        .exists()
    )
    return (
        select(ModuleEntitlement.module, ModuleEntitlement.starts_at)
        .where(ModuleEntitlement.tenant_id == tenant_id, ModuleEntitlement.source == "request", ~since)
        .order_by(ModuleEntitlement.starts_at, ModuleEntitlement.id)
    )


class _Access(msgspec.Struct):
    trial_ends_at: datetime
    subscribed_from: datetime | None
    subscribed_until: datetime | None
    read_only_since: datetime | None
    reason_zh: str | None
    reason_en: str | None
    modules: list[str]


class AccessReader:
    """The kernel's EntitlementReader over `tenant_access` and `module_entitlement`."""

    def asking(self, tenant_id: UUID, now: datetime) -> Question[Entitlements]:
        """One statement: the rung by the clock, the modules in force, the operator's switch."""

        def answer(rows: str | None) -> Entitlements:
            found = next(iter(rows_as(_Access, rows)), None)
            if found is None:
                return Entitlements(Rung.READ_ONLY, frozenset(), None)
            maintenance = (found.reason_zh or "", found.reason_en or "") if found.read_only_since else None
            rung, ends_at = standing(found.trial_ends_at, found.subscribed_from, found.subscribed_until, now)
            return Entitlements(rung, frozenset(found.modules), ends_at, maintenance)

        return Question(_ACCESS, [now, now, tenant_id], answer)

    async def read(self, session: TenantSession, now: datetime) -> Entitlements:
        """The same by itself."""
        (found,) = await session.ask(self.asking(session.tenant_id, now))
        return cast("Entitlements", found)


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
