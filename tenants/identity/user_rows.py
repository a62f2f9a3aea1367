"""Rows of people on the platform's tables, written inside a command's transaction (provision pool)."""

from __future__ import annotations

import unicodedata
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Executable, Insert, TextClause, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from kernel.context import Context
from tenants.identity.security_log import entry
from tenants.identity.tokens import IssuedLink
from tenants.platform_tables import LinkToken, Membership, Session, User, UserIdentifier
from values.errors import InvalidInput, Required, Words
from values.ids import new_id

_LONGEST_NAME = 100


class IdentifierJustTaken(Exception):
    """Somebody else signed up with this identifier while we did."""


async def on_platform(ctx: Context, statement: Executable) -> Any:
    """A typed statement on the platform's tables, through the context's own check of the pool."""
    # The signature names text; any statement runs.
    return await ctx.platform(cast("TextClause", statement))


def name_of(text: str, field: str, label: Words) -> str:
    """A name on one line. Raises Required, InvalidInput."""
    name = " ".join(unicodedata.normalize("NFC", text).split())
    if not name:
        raise Required(field=field, label=label)
    if len(name) > _LONGEST_NAME or any(unicodedata.category(char)[0] == "C" for char in name):
        raise InvalidInput(field=field, problem=f"1–{_LONGEST_NAME}")
    return name


def inserting_user(user_id: UUID, name: str, language: str, password_hash: str | None, now: datetime) -> Any:
    """The statement that makes a user. Without a password the person signs in by SMS."""
    return insert(User).values(
        id=user_id,
        name=name,
        language=language,
        password_hash=password_hash,
        password_changed_at=now if password_hash else None,
        password_must_change=False,
        totp_secret=None,
        totp_confirmed_at=None,
        totp_last_counter=None,
        recovery_codes=None,
        created_at=now,
        erased_at=None,
    )


async def end_membership(ctx: Context, member_id: UUID, event: str) -> None:
    """The person belongs to the company no more: not listed among theirs, no session left. `event` goes to the log."""
    here = (Membership.id == member_id) & (Membership.tenant_id == ctx.tenant_id)
    await on_platform(ctx, update(Membership).where(here, Membership.ended_at.is_(None)).values(ended_at=ctx.now))
    live = Session.membership_id.in_(select(Membership.id).where(here)) & Session.revoked_at.is_(None)
    await on_platform(ctx, update(Session).where(live).values(revoked_at=ctx.now, revoked_reason=event))
    await on_platform(ctx, _about_member(ctx, member_id, event))


async def resume_membership(ctx: Context, member_id: UUID, event: str) -> None:
    """The person belongs to the company again. Sessions that were ended stay ended."""
    here = (Membership.id == member_id) & (Membership.tenant_id == ctx.tenant_id)
    await on_platform(ctx, update(Membership).where(here).values(ended_at=None))
    await on_platform(ctx, _about_member(ctx, member_id, event))


def _about_member(ctx: Context, member_id: UUID, event: str) -> Insert:
    by = str(ctx.actor.member_id) if ctx.actor.member_id else None
    return entry(ctx.now, event, tenant_id=ctx.tenant_id, member_id=member_id, by_member_id=by)


async def claim_identifier(ctx: Context, user_id: UUID, kind: str, value: str, verified_at: datetime | None) -> None:
    """Ties an identifier to a user; waits for a rival's commit. Raises IdentifierJustTaken."""
    claim = upsert(UserIdentifier).values(
        id=new_id(), user_id=user_id, kind=kind, value=value, verified_at=verified_at, created_at=ctx.now
    )
    claimed = await on_platform(ctx, claim.on_conflict_do_nothing().returning(UserIdentifier.id))
    if claimed.first() is None:
        raise IdentifierJustTaken


def inserting_verification(link: IssuedLink, user_id: UUID, email: str, now: datetime) -> Any:
    """The row behind a verification link: who claims which address."""
    return insert(LinkToken).values(
        id=new_id(),
        purpose="verify_email",
        token_hash=link.token_hash,
        subject=str(user_id),
        tenant_id=None,
        details={"email": email},
        attempts=0,
        created_at=now,
        expires_at=link.expires_at,
        used_at=None,
    )
