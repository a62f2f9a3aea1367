"""The platform's own tables: people and how they sign in, sessions, the directory of tenants.

Schema `platform`, its own role and pool, no grants to the app role, no foreign keys across. A tenant holds `member`
copies; the platform never reads a tenant's tables.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from kernel.entity import NAMING


class PlatformBase(DeclarativeBase):
    metadata = MetaData(schema="platform", naming_convention=NAMING)
    type_annotation_map = {  # noqa: RUF012 — SQLAlchemy's own declaration
        datetime: DateTime(timezone=True),
        UUID: Uuid(),
        str: Text(collation="C"),
        int: BigInteger(),
        bytes: LargeBinary(),
    }


class User(PlatformBase):
    """用户: a person, global. Belongs to tenants through memberships."""

    __tablename__ = "user"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    language: Mapped[str]
    password_hash: Mapped[str | None]
    password_changed_at: Mapped[datetime | None]
    password_must_change: Mapped[bool] = mapped_column(default=False)
    totp_secret: Mapped[str | None]  # encrypted with the key ring
    totp_confirmed_at: Mapped[datetime | None]
    totp_last_counter: Mapped[int | None]
    recovery_codes: Mapped[list[str] | None] = mapped_column(JSONB())  # hashes
    created_at: Mapped[datetime]
    erased_at: Mapped[datetime | None]


class EarlierPassword(PlatformBase):
    """A password that was replaced, as argon2id hash: as many a person as the strictest of their companies asks for."""

    __tablename__ = "earlier_password"
    __table_args__ = (Index("earlier_password_user_idx", "user_id", "replaced_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("platform.user.id"))
    password_hash: Mapped[str]
    replaced_at: Mapped[datetime]


class UserIdentifier(PlatformBase):
    """How a person is found at sign-in: phone (E.164), e-mail (normalised), or `org_code/account`."""

    __tablename__ = "user_identifier"
    __table_args__ = (
        UniqueConstraint("kind", "value"),
        Index("user_identifier_user_idx", "user_id"),
        CheckConstraint("kind IN ('phone', 'email', 'account')", name="kind"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("platform.user.id"))
    kind: Mapped[str]
    value: Mapped[str]
    verified_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class Tenant(PlatformBase):
    """租户: the directory entry of a company. Names may repeat; the organisation code (组织号) may not."""

    __tablename__ = "tenant"
    __table_args__ = (UniqueConstraint("org_code"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    org_code: Mapped[str]
    zone: Mapped[str]
    placement: Mapped[str]  # which database; "main" until a second one exists
    created_at: Mapped[datetime]
    suspended_at: Mapped[datetime | None]
    trial_ends_at: Mapped[datetime]


class Membership(PlatformBase):
    """成员关系: ties a user to a tenant. Its id is the member's id inside the tenant."""

    __tablename__ = "membership"
    __table_args__ = (
        UniqueConstraint("user_id", "tenant_id"),
        Index("membership_tenant_idx", "tenant_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("platform.user.id"))
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("platform.tenant.id"))
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Session(PlatformBase):
    """A sign-in. The token is opaque; only its hash is stored. Bound to one membership.

    `sign_in_id`: the sign-in that it comes from, itself or, after switches between companies, the first of the line:
    all of a line are in the same hands. `token_used_at`: when the present token was first used; null after a rotation
    whose answer may have been lost.
    """

    __tablename__ = "session"
    __table_args__ = (
        UniqueConstraint("token_hash"),
        Index("session_user_idx", "user_id"),
        Index("session_membership_idx", "membership_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    token_hash: Mapped[bytes]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("platform.user.id"))
    membership_id: Mapped[UUID | None] = mapped_column(ForeignKey("platform.membership.id"))
    sign_in_id: Mapped[UUID]
    device_name: Mapped[str | None]
    address: Mapped[str | None]
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    token_issued_at: Mapped[datetime]
    token_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    revoked_reason: Mapped[str | None]
    restricted_to: Mapped[str | None]  # 'change_password': nothing else works until that is done


class DeviceUse(PlatformBase):
    """A device of some company that a sign-in was used on: no matter in which order, or how many. Ends with it."""

    __tablename__ = "device_use"
    __table_args__ = (Index("device_use_device_idx", "device_id"),)

    sign_in_id: Mapped[UUID] = mapped_column(primary_key=True)
    device_id: Mapped[UUID] = mapped_column(primary_key=True)
    noted_at: Mapped[datetime]


class SpentToken(PlatformBase):
    """A token that a rotation replaced: good for a minute more; whoever brings it later has a copy of the session."""

    __tablename__ = "spent_token"
    __table_args__ = (Index("spent_token_session_idx", "session_id"),)

    token_hash: Mapped[bytes] = mapped_column(primary_key=True)
    session_id: Mapped[UUID] = mapped_column(ForeignKey("platform.session.id"))
    successor_hash: Mapped[bytes]
    rotated_at: Mapped[datetime]


class LinkToken(PlatformBase):
    """A single-use expiring link or code: invitation, e-mail verification, password reset, SMS code."""

    __tablename__ = "link_token"
    __table_args__ = (
        UniqueConstraint("token_hash"),
        Index("link_token_subject_idx", "purpose", "subject"),
        Index(
            "link_token_invitation_idx",
            "tenant_id",
            "expires_at",
            postgresql_where="purpose = 'invitation' AND used_at IS NULL",
        ),
        CheckConstraint("purpose IN ('invitation', 'verify_email', 'reset_password', 'sms_code')", name="purpose"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    purpose: Mapped[str]
    token_hash: Mapped[bytes]
    subject: Mapped[str]  # phone, e-mail or user id
    tenant_id: Mapped[UUID | None]
    details: Mapped[dict[str, Any]] = mapped_column(JSONB())
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class SecurityLog(PlatformBase):
    """Sign-ins, refusals, resets, forced sign-outs. Kept at least 180 days."""

    __tablename__ = "security_log"
    __table_args__ = (
        Index("security_log_tenant_idx", "tenant_id", "at"),
        Index("security_log_user_idx", "user_id", "at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    event: Mapped[str]
    user_id: Mapped[UUID | None]
    tenant_id: Mapped[UUID | None]
    member_id: Mapped[UUID | None]
    address: Mapped[str | None]
    details: Mapped[dict[str, Any]] = mapped_column(JSONB())
