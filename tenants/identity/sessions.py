"""Sessions of a person: opened, listed, switched, ended by the owner or by an admin."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.entity import described
from kernel.policy import Actor
from tenants.entities import Member
from tenants.errors import SignInRefused
from tenants.granting import refuse_beyond
from tenants.identity.device_uses import refuse_revoked_uses
from tenants.identity.inputs import RevokeSession
from tenants.identity.parts import IdentityParts
from tenants.identity.people import Belonging, Person, belongings_of, lock_user, person_of
from tenants.identity.results import (
    RESTRICTED_TO_PASSWORD,
    Authenticated,
    Done,
    Revoked,
    SessionSummary,
    SignInResult,
    TenantSummary,
)
from tenants.identity.security_log import entry
from tenants.identity.tenant_rules import Standing, standing_of
from tenants.identity.tokens import SESSION, new_token
from tenants.platform_tables import Membership, Session, Tenant
from values.errors import NotFound, Required, Words
from values.ids import new_id

SESSION_LIFETIME = timedelta(days=30)
_LONGEST_DEVICE_NAME = 80
_FORCE_OUT = "tenants.member.sign_out"


def shortened(device_name: str | None) -> str:
    """A device's name as it is kept: on one line, cut where nobody reads on."""
    return " ".join((device_name or "").split())[:_LONGEST_DEVICE_NAME]


@dataclass(frozen=True, slots=True)
class Opening:
    """A session about to be written: the token for the person, the row for the table."""

    token: str
    row: dict[str, Any]


def opening(
    now: datetime,
    *,
    user_id: UUID,
    membership_id: UUID,
    device_name: str | None,
    address: str | None,
    restricted_to: str | None,
    expires_at: datetime | None = None,
    sign_in_id: UUID | None = None,
) -> Opening:
    """A fresh session. `expires_at`: at most 30 days on; a switch to another company does not prolong a sign-in.
    `sign_in_id`: the one that it continues, of a switch."""
    token, hashed = new_token(SESSION)
    name, session_id = shortened(device_name), new_id()
    return Opening(
        token,
        {
            "id": session_id,
            "token_hash": hashed,
            "user_id": user_id,
            "membership_id": membership_id,
            "sign_in_id": sign_in_id or session_id,
            "device_name": name or None,
            "address": address,
            "created_at": now,
            "last_seen_at": now,
            "expires_at": expires_at or now + SESSION_LIFETIME,
            "token_issued_at": now,
            "token_used_at": now,
            "revoked_at": None,
            "revoked_reason": None,
            "restricted_to": restricted_to,
        },
    )


async def open_session(
    parts: IdentityParts,
    person: Person,
    belonging: Belonging,
    standing: Standing,
    *,
    device_name: str | None,
    address: str | None,
    event: str,
    expires_at: datetime | None = None,
    spend: Any = None,
    sign_in_id: UUID | None = None,
) -> SignInResult:
    """Writes a session for a proven person. `spend` uses up the code that proved them, in the same transaction.

    Raises SignInRefused if the password was changed since it was checked; NotSignedIn if `sign_in_id`, which it
    continues, was used on a device that the company has revoked.
    """
    assert standing.member is not None
    now = parts.now()
    due = person.password_must_change or standing.rules.password_is_due(person.password_changed_at, now)
    opened = opening(
        now,
        user_id=person.user_id,
        membership_id=belonging.member_id,
        device_name=device_name,
        address=address,
        restricted_to=RESTRICTED_TO_PASSWORD if due else None,
        expires_at=expires_at,
        sign_in_id=sign_in_id,
    )
    async with parts.engine.database.platform_session() as connection:
        user = await lock_user(connection, person.user_id)
        if user is None or user.password_hash != person.password_hash:
            raise SignInRefused
        if spend is not None and (await connection.execute(spend)).first() is None:
            raise SignInRefused
        if sign_in_id is not None:
            await refuse_revoked_uses(parts.engine, connection, sign_in_id, belonging)
        await connection.execute(insert(Session).values(**opened.row))
        await connection.execute(
            entry(
                now,
                event,
                user_id=person.user_id,
                tenant_id=belonging.tenant_id,
                member_id=belonging.member_id,
                address=address,
                identifier=person.value or None,
                device_name=opened.row["device_name"],
            )
        )
    return SignInResult(
        token=opened.token,
        totp_required=False,
        must_change_password=due,
        tenant=summary(belonging, current=True),
        member=standing.member,
        expires_at=opened.row["expires_at"],
    )


def summary(belonging: Belonging, *, current: bool) -> TenantSummary:
    return TenantSummary(
        id=belonging.tenant_id,
        name=belonging.tenant_name,
        org_code=belonging.org_code,
        zone=belonging.zone,
        trial_ends_at=belonging.trial_ends_at,
        member_id=belonging.member_id,
        current=current,
        suspended=belonging.suspended_at is not None,
    )


async def my_tenants(parts: IdentityParts, who: Authenticated) -> list[TenantSummary]:
    """The person's companies, the one used last first."""
    who.require("my_tenants")
    found = await belongings_of(parts, who.user_id)
    return [summary(belonging, current=belonging.tenant_id == who.tenant_id) for belonging in found]


async def switch_tenant(
    parts: IdentityParts, who: Authenticated, tenant_id: UUID, *, address: str | None
) -> SignInResult:
    """A token for another of the person's companies; the present one stays good.

    Raises NotFound; NotSignedIn where that company revoked a device on which this sign-in was used.
    """
    who.require("switch_tenant")
    person = await person_of(parts, who.user_id)
    for belonging in await belongings_of(parts, who.user_id):
        if belonging.tenant_id == tenant_id and belonging.suspended_at is None:
            standing = await standing_of(parts, tenant_id, belonging.member_id)
            if standing.member is not None:
                device, sign_in_id = await _line_of(parts, who.session_id)
                return await open_session(
                    parts,
                    person,
                    belonging,
                    standing,
                    device_name=device,
                    address=address,
                    event="tenant_switched",
                    expires_at=who.session_expires_at,
                    sign_in_id=sign_in_id,
                )
    raise NotFound(field="tenantId", entity=Words("公司", "company"))


async def _line_of(parts: IdentityParts, session_id: UUID) -> tuple[str | None, UUID]:
    """The device's name as the session has it, and the sign-in that it comes from."""
    wanted = select(Session.device_name, Session.sign_in_id).where(Session.id == session_id)
    async with parts.engine.database.platform_session() as connection:
        row = (await connection.execute(wanted)).one()
        return row.device_name, row.sign_in_id


async def own_sessions(parts: IdentityParts, who: Authenticated) -> list[SessionSummary]:
    """The person's live sessions in all their companies, the one used last first."""
    who.require("sessions")
    now = parts.now()
    wanted = (
        select(Session, Membership.tenant_id, Tenant.name.label("tenant_name"))
        .join(Membership, Membership.id == Session.membership_id)
        .join(Tenant, Tenant.id == Membership.tenant_id)
        .where(Session.user_id == who.user_id, Session.revoked_at.is_(None), Session.expires_at > now)
        .order_by(Session.last_seen_at.desc(), Session.id.desc())
    )
    async with parts.engine.database.platform_session() as connection:
        rows = (await connection.execute(wanted)).all()
    idle = {seat: await _idle_after(parts, *seat) for seat in {(row.tenant_id, row.membership_id) for row in rows}}
    return [
        SessionSummary(
            id=row.id,
            tenant_id=row.tenant_id,
            tenant_name=row.tenant_name,
            device_name=row.device_name,
            address=row.address,
            created_at=row.created_at,
            last_seen_at=row.last_seen_at,
            expires_at=row.expires_at,
            current=row.id == who.session_id,
        )
        for row in rows
        if now - row.last_seen_at < idle[row.tenant_id, row.membership_id]
    ]


async def _idle_after(parts: IdentityParts, tenant_id: UUID, member_id: UUID) -> timedelta:
    return timedelta(seconds=(await standing_of(parts, tenant_id, member_id)).rules.idle_seconds)


async def revoke(connection: AsyncConnection, condition: ColumnElement[bool], reason: str, now: datetime) -> list[Any]:
    """Ends the sessions that meet the condition; returns the ids of those that were alive."""
    ended = update(Session).where(condition, Session.revoked_at.is_(None)).returning(Session.id)
    return list((await connection.execute(ended.values(revoked_at=now, revoked_reason=reason))).scalars())


async def sign_out(parts: IdentityParts, who: Authenticated, *, address: str | None) -> Done:
    """Ends the session at hand."""
    async with parts.engine.database.platform_session() as connection:
        ended = await revoke(connection, Session.id == who.session_id, "signed_out", parts.now())
        await connection.execute(_logged(parts, "signed_out", who, address))
    await parts.tell_revoked(ended)
    return Done()


async def revoke_session(
    parts: IdentityParts, who: Authenticated, data: RevokeSession, *, address: str | None
) -> Revoked:
    """Ends one of the person's own sessions, or all but the one at hand. Raises NotFound."""
    who.require("revoke_session")
    if data.id is None and not data.all_others:
        raise Required(field="id", label=Words("会话", "session"))
    own = Session.user_id == who.user_id
    wanted = own & (Session.id != who.session_id) if data.all_others else own & (Session.id == data.id)
    async with parts.engine.database.platform_session() as connection:
        ended = await revoke(connection, wanted, "revoked_by_owner", parts.now())
        if not ended and not data.all_others:
            raise NotFound(field="id", entity=Words("登录会话", "session"))
        await connection.execute(_logged(parts, "sessions_revoked", who, address))
    await parts.tell_revoked(ended)
    return Revoked(count=len(ended))


async def force_sign_out(parts: IdentityParts, actor: Actor, member_id: UUID, *, address: str | None = None) -> Revoked:
    """An admin ends all sessions of a member in this company; those in the person's other companies stay.

    Within the admin's reach, and an administrator's by an administrator only. Raises PermissionDenied, NotFound.
    """
    actor.authority.require(_FORCE_OUT)
    async with parts.engine.reading(actor) as session:
        wanted = select(Member.path).where(Member.tenant_id == actor.tenant_id, Member.id == member_id)
        path = await session.scalar(wanted)
        if path is None:
            about = described(Member)
            raise NotFound(field="memberId", entity=Words(about.zh, about.en.lower()))
        await refuse_beyond(session, actor, member_id, path, _FORCE_OUT)
    async with parts.engine.database.platform_session() as connection:
        here = select(Membership.id).where(Membership.id == member_id, Membership.tenant_id == actor.tenant_id)
        ended = await revoke(connection, Session.membership_id.in_(here), "forced_out", parts.now())
        line = entry(
            parts.now(),
            "forced_out",
            tenant_id=actor.tenant_id,
            member_id=member_id,
            address=address,
            by_member_id=str(actor.member_id) if actor.member_id else None,
        )
        await connection.execute(line)
    await parts.tell_revoked(ended)
    return Revoked(count=len(ended))


def _logged(parts: IdentityParts, event: str, who: Authenticated, address: str | None) -> Any:
    return entry(
        parts.now(), event, user_id=who.user_id, tenant_id=who.tenant_id, member_id=who.member_id, address=address
    )
