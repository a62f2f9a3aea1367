"""Whose token this is. Every request asks the database and nothing is cached, so a revoked session is dead at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, and_, bindparam, select, update

from infra.questions import Selection, Written
from kernel.policy import Actor, Authority
from tenants.identity.parts import IdentityParts
from tenants.identity.results import Authenticated
from tenants.identity.tenant_rules import standing_of
from tenants.identity.tokens import SESSION, is_token, token_hash
from tenants.platform_tables import Membership, Session, SpentToken, Tenant, User
from values.errors import NotSignedIn

_SEEN_EVERY = timedelta(minutes=1)
SPENT_GRACE = timedelta(seconds=60)  # how long a token is good beside the one that replaced it


async def authenticate(
    parts: IdentityParts,
    token: str,
    *,
    address: str | None = None,
    request_id: str | None = None,
    counts_as_use: bool = True,
) -> Authenticated:
    """Whose token this is, now. Raises NotSignedIn for every reason alike."""
    if not is_token(token, SESSION):
        raise NotSignedIn
    row = await _live_session(parts, _by_token(), token=token_hash(token))
    if row is not None and row.token_used_at is None:
        await _note_first_use(parts, row)
    row = row or await _live_session(parts, _just_replaced(), token=token_hash(token), since=parts.now() - SPENT_GRACE)
    return await _authenticated(parts, row, address, request_id, counts_as_use=counts_as_use)


async def authenticate_session(parts: IdentityParts, session_id: UUID, *, address: str | None = None) -> Authenticated:
    """As `authenticate`, for a session whose token was looked at before. Raises NotSignedIn."""
    row = await _live_session(parts, _by_id(), session_id=session_id)
    return await _authenticated(parts, row, address, None, counts_as_use=True)


async def _authenticated(
    parts: IdentityParts, row: _Live | None, address: str | None, request_id: str | None, *, counts_as_use: bool
) -> Authenticated:
    if row is None:
        raise NotSignedIn
    # The company's rules come with the member's rights, so a changed idle time holds from the next request on.
    standing = await standing_of(parts, row.tenant_id, row.membership_id)
    if standing.member is None or await _is_idle(parts, row, standing.rules.idle_seconds):
        raise NotSignedIn
    if counts_as_use:
        await _note_use(parts, row, address)
    member = standing.member
    # Every line that this request logs from here on says whose it is.
    structlog.contextvars.bind_contextvars(tenant=str(row.tenant_id), member=str(member.id))
    actor = Actor(
        tenant_id=row.tenant_id,
        member_id=member.id,
        # While restricted no door can do anything by mistake: there is nothing that the actor holds.
        authority=Authority() if row.restricted_to is not None else standing.authority,
        user_id=row.user_id,
        session_id=row.id,
        language=member.language,
        request_id=request_id,
        home_path=standing.unit_path,
    )
    return Authenticated(
        actor=actor,
        session_id=row.id,
        user_id=row.user_id,
        member_id=member.id,
        member_name=member.name,
        tenant_id=row.tenant_id,
        tenant_name=row.tenant_name,
        zone=row.zone,
        restricted_to=row.restricted_to,
        session_expires_at=row.expires_at,
    )


class _Live(NamedTuple):
    """A session as it stands in its company."""

    id: UUID
    user_id: UUID
    membership_id: UUID
    last_seen_at: datetime
    expires_at: datetime
    restricted_to: str | None
    token_used_at: datetime | None
    tenant_id: UUID
    tenant_name: str
    zone: str


# Made once each: a statement takes longer to put together than to run, and every request runs one.
@cache
def _by_token() -> Written:
    return _in_force_where(Session.token_hash == bindparam("token"))


@cache
def _by_id() -> Written:
    return _in_force_where(Session.id == bindparam("session_id"))


@cache
def _just_replaced() -> Written:
    """The session whose present token replaced this one a moment ago: requests under way must not fail."""
    spent = select(SpentToken.session_id).where(
        SpentToken.token_hash == bindparam("token"),
        SpentToken.successor_hash == Session.token_hash,
        SpentToken.rotated_at >= bindparam("since"),
    )
    return _in_force_where(Session.id.in_(spent))


def _in_force_where(condition: ColumnElement[bool]) -> Written:
    """Session, membership, company and user in one statement; no row unless all of them are in force."""
    return Written.of(
        select(
            Session.id,
            Session.user_id,
            Session.membership_id,
            Session.last_seen_at,
            Session.expires_at,
            Session.restricted_to,
            Session.token_used_at,
            Membership.tenant_id,
            Tenant.name.label("tenant_name"),
            Tenant.zone,
        )
        .join(Membership, Membership.id == Session.membership_id)
        .join(Tenant, Tenant.id == Membership.tenant_id)
        .join(User, User.id == Session.user_id)
        .where(condition, *_standing())
    )


async def _live_session(parts: IdentityParts, wanted: Written, **given: Any) -> _Live | None:
    asked = Selection(wanted.statement, wanted.given({**given, "now": parts.now()}), _live)
    return await parts.engine.database.platform_asked(asked)


def _live(rows: list[Any]) -> _Live | None:
    return _Live(*rows[0]) if rows else None


async def in_force(parts: IdentityParts, session_ids: Sequence[UUID]) -> frozenset[UUID]:
    """Which of these sessions still stand, by one statement: nobody ended them, nor what they rest on.

    What only time ends by the company's own rules (idleness) is not looked at here.
    """
    if not session_ids:
        return frozenset()
    wanted = (
        select(Session.id)
        .join(Membership, Membership.id == Session.membership_id)
        .join(Tenant, Tenant.id == Membership.tenant_id)
        .join(User, User.id == Session.user_id)
        .where(Session.id.in_(session_ids), *_standing())
    )
    async with parts.engine.database.platform_session() as connection:
        return frozenset((await connection.execute(wanted, {"now": parts.now()})).scalars())


def _standing() -> tuple[ColumnElement[bool], ...]:
    """Of a session joined with its membership, company and user: all of them are in force at the instant `now`."""
    return (
        Session.revoked_at.is_(None),
        Session.expires_at > bindparam("now"),
        Membership.user_id == Session.user_id,
        Membership.ended_at.is_(None),
        Tenant.suspended_at.is_(None),
        User.erased_at.is_(None),
    )


async def _is_idle(parts: IdentityParts, row: _Live, idle_seconds: int) -> bool:
    """Whether the session was not used within the company's idle time of today.

    Found idle it ends for good: a longer idle time later wakes no token that was refused.
    """
    now = parts.now()
    if now - row.last_seen_at < timedelta(seconds=idle_seconds):
        return False
    idle = update(Session).where(_unchanged(row), Session.revoked_at.is_(None))
    async with parts.engine.database.platform_session() as connection:
        await connection.execute(idle.values(revoked_at=now, revoked_reason="idle"))
    return True


async def _note_first_use(parts: IdentityParts, row: _Live) -> None:
    """Whoever has the new token got the answer: from now on the one before it is out after its minute."""
    used = update(Session).where(Session.id == row.id, Session.token_used_at.is_(None))
    async with parts.engine.database.platform_session() as connection:
        await connection.execute(used.values(token_used_at=parts.now()))


async def _note_use(parts: IdentityParts, row: _Live, address: str | None) -> None:
    """Writes the last use, once a minute at most."""
    now = parts.now()
    if now - row.last_seen_at < _SEEN_EVERY:
        return
    seen = update(Session).where(_unchanged(row))
    async with parts.engine.database.platform_session() as connection:
        await connection.execute(seen.values(last_seen_at=now, address=address or Session.address))


def _unchanged(row: _Live) -> ColumnElement[bool]:
    """Nobody noted a use meanwhile."""
    return and_(Session.id == row.id, Session.last_seen_at == row.last_seen_at)
