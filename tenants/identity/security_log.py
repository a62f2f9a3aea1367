"""The security log: who signed in, who was refused, what was reset. Kept at least 180 days."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Insert, and_, delete, func, insert, or_, select, tuple_

from kernel.engine import Engine
from kernel.policy import Actor
from tenants.identity.parts import IdentityParts, masked
from tenants.identity.results import SecurityEvent, SecurityEvents
from tenants.platform_tables import Membership, SecurityLog
from values.errors import InvalidInput, Words
from values.ids import new_id

KEPT_DAYS = 190  # the promise is 180 days at least
VIEW_PERMISSION = "tenants.audit.view"
_MOST = 200


def entry(
    now: datetime,
    event: str,
    *,
    user_id: UUID | None = None,
    tenant_id: UUID | None = None,
    member_id: UUID | None = None,
    address: str | None = None,
    identifier: str | None = None,
    **details: str | None,
) -> Insert:
    """The statement that writes one line, for the transaction of what it tells. `identifier` is masked here."""
    told: dict[str, Any] = {name: value for name, value in details.items() if value is not None}
    if identifier:
        told["identifier"] = masked(identifier)
    return insert(SecurityLog).values(
        id=new_id(),
        at=now,
        event=event,
        user_id=user_id,
        tenant_id=tenant_id,
        member_id=member_id,
        address=address,
        details=told,
    )


async def write_entry(parts: IdentityParts, event: str, **what: Any) -> None:
    """One line in a transaction of its own: for refusals, which roll everything else back."""
    async with parts.engine.database.platform_session() as connection:
        await connection.execute(entry(parts.now(), event, **what))


async def security_events(
    parts: IdentityParts, actor: Actor, first: int = 50, after: str | None = None
) -> SecurityEvents:
    """The company's own lines, newest first; and refused sign-ins of its members that never reached a company.

    What a member does in another company stays there. A line that was written before anybody knew the company (a
    refused sign-in) tells the member as well. Raises PermissionDenied, InvalidInput.
    """
    actor.authority.require(VIEW_PERMISSION)
    if not 1 <= first <= _MOST:
        raise InvalidInput(field="first", problem=f"1–{_MOST}")
    members = select(Membership.user_id).where(Membership.tenant_id == actor.tenant_id, Membership.ended_at.is_(None))
    mine = or_(
        SecurityLog.tenant_id == actor.tenant_id,
        and_(SecurityLog.tenant_id.is_(None), SecurityLog.event == "sign_in_refused", SecurityLog.user_id.in_(members)),
    )
    belongs = and_(Membership.user_id == SecurityLog.user_id, Membership.tenant_id == actor.tenant_id)
    wanted = (
        select(SecurityLog.__table__, func.coalesce(SecurityLog.member_id, Membership.id).label("whose"))
        .outerjoin(Membership, belongs)
        .where(mine)
        .order_by(SecurityLog.at.desc(), SecurityLog.id.desc())
        .limit(first + 1)
    )
    if after is not None:
        wanted = wanted.where(tuple_(SecurityLog.at, SecurityLog.id) < tuple_(*_position(after)))
    async with parts.engine.database.platform_session() as connection:
        rows = (await connection.execute(wanted)).all()
    shown = rows[:first]
    cursor = f"{shown[-1].at.isoformat()}|{shown[-1].id}" if shown else None
    return SecurityEvents(events=[_event(row) for row in shown], end_cursor=cursor, has_next_page=len(rows) > first)


async def purge_security_log(engine: Engine) -> int:
    """Forgets what is older than `KEPT_DAYS`; returns how many lines."""
    oldest = engine.clock.now() - timedelta(days=KEPT_DAYS)
    async with engine.database.platform_session() as connection:
        gone = await connection.execute(delete(SecurityLog).where(SecurityLog.at < oldest))
        return gone.rowcount


def _position(cursor: str) -> tuple[datetime, UUID]:
    instant, _, row_id = cursor.partition("|")
    try:
        at = datetime.fromisoformat(instant)
        if at.tzinfo is None:
            raise ValueError(instant)
        return at, UUID(row_id)
    except ValueError:
        raise InvalidInput(field="after", problem=Words("游标无效", "not a cursor of this list")) from None


def _event(row: Any) -> SecurityEvent:
    return SecurityEvent(
        id=row.id,
        at=row.at,
        event=row.event,
        member_id=row.whose,
        address=row.address,
        identifier=row.details.get("identifier"),
        device_name=row.details.get("device_name"),
        reason=row.details.get("reason"),
    )
