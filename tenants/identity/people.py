"""Finding people on the platform: by identifier, by id, with their memberships. Only the platform's tables."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from tenants.delivery.mail import Language
from tenants.identity.parts import IdentityParts
from tenants.platform_tables import Membership, Session, Tenant, User, UserIdentifier


@dataclass(frozen=True, slots=True)
class Person:
    """A user with the identifier that found them, as read before any proof."""

    user_id: UUID
    name: str
    language: str
    password_hash: str | None
    password_changed_at: datetime | None
    password_must_change: bool
    totp_secret: str | None
    totp_confirmed_at: datetime | None
    totp_last_counter: int | None
    recovery_codes: tuple[str, ...]
    kind: str
    value: str
    verified_at: datetime | None

    @property
    def reads(self) -> Language:
        """The language of messages to this person."""
        return "en" if self.language.startswith("en") else "zh-CN"

    @property
    def has_second_factor(self) -> bool:
        return self.totp_confirmed_at is not None


@dataclass(frozen=True, slots=True)
class Belonging:
    """A live membership with its company."""

    member_id: UUID
    tenant_id: UUID
    tenant_name: str
    org_code: str
    zone: str
    trial_ends_at: datetime
    suspended_at: datetime | None


def _people(condition: ColumnElement[bool]) -> Select[Any]:
    columns: tuple[Any, ...] = (
        User.id.label("user_id"),
        User.name,
        User.language,
        User.password_hash,
        User.password_changed_at,
        User.password_must_change,
        User.totp_secret,
        User.totp_confirmed_at,
        User.totp_last_counter,
        User.recovery_codes,
        UserIdentifier.kind,
        UserIdentifier.value,
        UserIdentifier.verified_at,
    )
    joined = select(*columns).join(UserIdentifier, UserIdentifier.user_id == User.id)
    return joined.where(User.erased_at.is_(None), condition)


def _person(row: Row[Any] | None) -> Person | None:
    if row is None:
        return None
    found = dict(row._mapping)
    return Person(**{**found, "recovery_codes": tuple(found["recovery_codes"] or ())})


async def find_person(parts: IdentityParts, kind: str, value: str) -> Person | None:
    """Whom an identifier belongs to."""
    async with parts.engine.database.platform_session() as connection:
        wanted = _people((UserIdentifier.kind == kind) & (UserIdentifier.value == value))
        return _person((await connection.execute(wanted)).one_or_none())


async def person_of(parts: IdentityParts, user_id: UUID) -> Person:
    """A user by id, with the best identifier: verified before unverified, oldest first. Raises LookupError."""
    async with parts.engine.database.platform_session() as connection:
        wanted = _people(User.id == user_id).order_by(
            UserIdentifier.verified_at.asc().nulls_last(), UserIdentifier.created_at
        )
        found = _person((await connection.execute(wanted.limit(1))).one_or_none())
    if found is None:
        raise LookupError(user_id)
    return found


async def identifiers_of(parts: IdentityParts, user_id: UUID) -> list[tuple[str, str, datetime | None]]:
    """(kind, value, verified_at) of all that a user signs in with."""
    wanted = select(UserIdentifier.kind, UserIdentifier.value, UserIdentifier.verified_at).where(
        UserIdentifier.user_id == user_id
    )
    async with parts.engine.database.platform_session() as connection:
        return [(row.kind, row.value, row.verified_at) for row in await connection.execute(wanted)]


async def belongings_of(parts: IdentityParts, user_id: UUID) -> list[Belonging]:
    """A user's live memberships, the one used last first. Suspended companies are included."""
    last_used = (
        select(func.max(Session.created_at))
        .where(Session.membership_id == Membership.id)
        .correlate(Membership)
        .scalar_subquery()
    )
    wanted = (
        select(
            Membership.id.label("member_id"),
            Tenant.id.label("tenant_id"),
            Tenant.name.label("tenant_name"),
            Tenant.org_code,
            Tenant.zone,
            Tenant.trial_ends_at,
            Tenant.suspended_at,
        )
        .join(Tenant, Tenant.id == Membership.tenant_id)
        .where(Membership.user_id == user_id, Membership.ended_at.is_(None))
        .order_by(last_used.desc().nulls_last(), Membership.created_at.desc())
    )
    async with parts.engine.database.platform_session() as connection:
        return [Belonging(**row._mapping) for row in await connection.execute(wanted)]


async def lock_user(connection: AsyncConnection, user_id: UUID) -> Any:
    """The user's row, locked to the end of the transaction: proofs and changes of one person take turns."""
    return (await connection.execute(locking_user(user_id))).one_or_none()


def locking_user(user_id: UUID) -> Select[Any]:
    """The statement that locks a user's row."""
    columns: tuple[Any, ...] = tuple(User.__table__.columns)
    return select(*columns).where(User.id == user_id, User.erased_at.is_(None)).with_for_update()
