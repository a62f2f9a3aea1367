"""How the fleet stands: each device's states, and how far behind it is. One definition, for lists and counts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, not_, or_, select

from kernel.tables import TenantClock
from tenants.device_entities import Device, InboxEntry

SILENT_AFTER = timedelta(days=7)
BEHIND_AFTER = timedelta(hours=1)  # a device that pulls when it is poked is minutes behind at most
QUEUE_STUCK_AFTER = timedelta(hours=24)
_UNRESOLVED = ("open", "waiting", "parked")


def states(tenant_id: UUID, now: datetime) -> dict[str, ColumnElement[bool]]:
    """State → its condition. A device that is in use may be in several, and is healthy in none; one that is out is in
    exactly one of wipe_pending, wiped and revoked."""
    in_use = _in_use()
    behind = and_(in_use, _is_behind(tenant_id, now))
    stuck = and_(in_use, or_(_has_unresolved(), Device.oldest_queued_at < now - QUEUE_STUCK_AFTER))
    silent = and_(in_use, Device.last_seen_at < now - SILENT_AFTER)
    unencrypted = and_(in_use, Device.encrypted.is_not(True))
    # Nulls in a negation would count as neither.
    troubled = func.coalesce(or_(behind, stuck, silent, unencrypted), False)
    return {
        "healthy": and_(in_use, not_(troubled)),
        "behind": behind,
        "stuck": stuck,
        "silent": silent,
        "unencrypted": unencrypted,
        "wipe_pending": and_(Device.wipe_requested_at.is_not(None), Device.wiped_at.is_(None)),
        "wiped": Device.wiped_at.is_not(None),
        "revoked": and_(Device.revoked_at.is_not(None), Device.wipe_requested_at.is_(None)),
    }


def facts(tenant_id: UUID, now: datetime) -> Select[Any]:
    """`id`, `lag` in commits of the company (null: never pulled, or out: it pulls no more), `stuck` operations, and one
    flag per state."""
    # GREATEST passes over nulls: without the CASE a device that never pulled would have no lag.
    follows = and_(Device.pulled_clock.is_not(None), _in_use())
    lag = case((follows, func.greatest(_clock(tenant_id) - Device.pulled_clock, 0)))
    flags = [func.coalesce(condition, False).label(name) for name, condition in states(tenant_id, now).items()]
    return select(
        Device.id,
        lag.label("lag"),
        Device.pulled_at,
        Device.oldest_queued_at,
        _stuck_operations().label("stuck_operations"),
        *flags,
    ).where(Device.tenant_id == tenant_id)


def counts(tenant_id: UUID, now: datetime) -> Select[Any]:
    """`total` and one count per state, over the devices that the caller adds conditions for."""
    counted = [func.count().filter(condition).label(name) for name, condition in states(tenant_id, now).items()]
    every: list[Any] = [func.count().label("total"), *counted]
    return select(*every).select_from(Device).where(Device.tenant_id == tenant_id)


def _in_use() -> ColumnElement[bool]:
    return and_(Device.revoked_at.is_(None), Device.wipe_requested_at.is_(None))


def _is_behind(tenant_id: UUID, now: datetime) -> ColumnElement[bool]:
    never = and_(Device.pulled_clock.is_(None), Device.created_at < now - BEHIND_AFTER)
    return or_(never, and_(Device.pulled_clock < _clock(tenant_id), Device.pulled_at < now - BEHIND_AFTER))


def _clock(tenant_id: UUID) -> Any:
    return select(TenantClock.value).where(TenantClock.tenant_id == tenant_id).scalar_subquery()


def _of_device() -> list[ColumnElement[bool]]:
    return [
        InboxEntry.tenant_id == Device.tenant_id,
        InboxEntry.device_id == Device.id,
        InboxEntry.state.in_(_UNRESOLVED),
    ]


def _has_unresolved() -> ColumnElement[bool]:
    return exists(select(InboxEntry.id).where(*_of_device()).correlate(Device))


def _stuck_operations() -> Any:
    return select(func.count()).select_from(InboxEntry).where(*_of_device()).correlate(Device).scalar_subquery()
