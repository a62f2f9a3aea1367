"""Which devices a sign-in was used on. When one of them is revoked, the sign-in ends with it, whatever came between.

A revocation looks for these uses under the member's lock, and so are they noted: either it finds the use, or whoever
noted it finds the device revoked when they look at it next.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Executable, delete, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.db import TenantContext
from kernel.engine import Engine
from kernel.policy import Actor
from tenants.device_entities import Device
from tenants.identity.people import Belonging
from tenants.platform_tables import DeviceUse, Session
from values.errors import NotSignedIn

_KEPT = timedelta(days=31)  # no sign-in lives longer than 30 days, whatever companies it goes through


def member_lock(member_id: UUID, *, shared: bool) -> Executable:
    """Until the transaction ends. Shared by those who note uses, alone for whoever ends what was used."""
    take = func.pg_advisory_xact_lock_shared if shared else func.pg_advisory_xact_lock
    return select(take(func.hashtextextended(f"device uses of {member_id}", 0)))


async def note_device_use(engine: Engine, actor: Actor, device_id: UUID) -> None:
    """Notes that the actor's sign-in is used on a device. Look at the device afterwards: it may be revoked by now."""
    async with engine.database.platform_session() as connection:
        assert actor.member_id is not None
        await connection.execute(member_lock(actor.member_id, shared=True))
        now = engine.clock.now()
        used = select(Session.sign_in_id, literal(device_id), literal(now))
        own = used.where(Session.id == actor.session_id, Session.membership_id == actor.member_id)
        noted = insert(DeviceUse).from_select(["sign_in_id", "device_id", "noted_at"], own)
        await connection.execute(noted.on_conflict_do_nothing())


async def end_late_use(engine: Engine, actor: Actor, device_id: UUID) -> None:
    """Ends a sign-in that came to a device while that was being revoked, in the actor's company. A device that is to be
    wiped after a last push is not revoked yet."""
    revoked = select(Device.id).where(
        Device.tenant_id == actor.tenant_id, Device.id == device_id, Device.revoked_at.is_not(None)
    )
    async with engine.database.tenant(TenantContext(actor.tenant_id).wide()) as session:
        if await session.scalar(revoked) is None:
            return
    line = select(Session.sign_in_id).where(Session.id == actor.session_id).scalar_subquery()
    late = (Session.sign_in_id == line) & (Session.membership_id == actor.member_id) & Session.revoked_at.is_(None)
    async with engine.database.platform_session() as connection:
        ended = update(Session).where(late)
        await connection.execute(ended.values(revoked_at=engine.clock.now(), revoked_reason="device_revoked"))


def used_on(device_id: UUID) -> ColumnElement[bool]:
    """Of a session: its sign-in was used on the device."""
    return Session.sign_in_id.in_(select(DeviceUse.sign_in_id).where(DeviceUse.device_id == device_id))


async def refuse_revoked_uses(
    engine: Engine, connection: AsyncConnection, sign_in_id: UUID, belonging: Belonging
) -> None:
    """Before a sign-in goes on in another company: not from a device that this one revoked. Raises NotSignedIn."""
    await connection.execute(member_lock(belonging.member_id, shared=True))
    uses = select(DeviceUse.device_id).where(DeviceUse.sign_in_id == sign_in_id)
    device_ids = list((await connection.execute(uses)).scalars())
    if not device_ids:
        return
    revoked = select(Device.id).where(
        Device.tenant_id == belonging.tenant_id, Device.id.in_(device_ids), Device.revoked_at.is_not(None)
    )
    async with engine.database.tenant(TenantContext(belonging.tenant_id).wide()) as session:
        if await session.scalar(revoked.limit(1)) is not None:
            raise NotSignedIn


async def purge_device_uses(engine: Engine) -> int:
    """Forgets the uses of sign-ins that are over by now; returns how many."""
    async with engine.database.platform_session() as connection:
        gone = await connection.execute(delete(DeviceUse).where(DeviceUse.noted_at < engine.clock.now() - _KEPT))
        return gone.rowcount
