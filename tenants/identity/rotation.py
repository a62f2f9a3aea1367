"""Rotating tokens of devices: each is replaced by the next, and one that comes back after that gives a copy away.

A lost answer must cost nothing: asking again with the replaced token brings the same new one, for a minute, and later
too as long as nobody has used the new one. Once it was used, the old one is good for that minute only; whoever brings
it to a device's door later has a copy of the session, and nobody can tell which of the two is the owner: the session
ends, for both.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.engine import Engine
from kernel.policy import Actor
from tenants.identity.authentication import SPENT_GRACE, authenticate_session
from tenants.identity.parts import IdentityParts, Limit
from tenants.identity.security_log import entry
from tenants.identity.sessions import SESSION_LIFETIME, revoke
from tenants.identity.tokens import SESSION, is_token, successors, token_hash
from tenants.platform_tables import DeviceUse, Membership, Session, SpentToken
from values.errors import NotSignedIn

_ROTATIONS = Limit("token_rotation", 60, 3_600)  # of one session: a client that loops must not fill the table


@dataclass(frozen=True, slots=True)
class RotatedToken:
    """`token` goes to the device and nowhere else."""

    token: str = field(repr=False)
    issued_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class EndedSession:
    """Whose a token was that signs in no more."""

    session_id: UUID
    tenant_id: UUID
    member_id: UUID
    device_ids: frozenset[UUID]  # that it was used on


Check = Callable[[Actor], Awaitable[None]]


async def rotate(parts: IdentityParts, token: str, check: Check, *, address: str | None = None) -> RotatedToken:
    """The next token. `check`: whether this device may have it, asked before anything changes.

    Raises NotSignedIn, Throttled and what `check` raises.
    """
    if not is_token(token, SESSION):
        raise NotSignedIn
    async with parts.engine.database.platform_session() as connection:
        found = await _session_of(connection, token)
    if found is None:
        raise NotSignedIn
    who = await authenticate_session(parts, found.session_id, address=address)
    who.require("sync")
    await check(who.actor)
    if found.successor_hash is None:
        await parts.count(_ROTATIONS, str(found.session_id))
    rotated = await _rotated(parts, token, found.session_id)
    if rotated is None:
        raise NotSignedIn
    return rotated


async def turned_away(parts: IdentityParts, token: str, *, address: str | None = None) -> EndedSession | None:
    """For a device's door that has just refused a token: ends the session if the token was replaced long ago.

    Returns whose session it was, alive or not; None for what never was a token of ours.
    """
    if not is_token(token, SESSION):
        return None
    now = parts.now()
    ended: list[Any] = []
    async with parts.engine.database.platform_session() as connection:
        found = await _session_of(connection, token)
        if found is None:
            return None
        if _is_replay(found, now):
            ended = await revoke(connection, Session.id == found.session_id, "token_replayed", now)
            if ended:
                told = {"user_id": found.user_id, "tenant_id": found.tenant_id, "member_id": found.membership_id}
                line = entry(now, "token_replayed", **told, address=address, device_name=found.device_name)
                await connection.execute(line)
        uses = select(DeviceUse.device_id).where(DeviceUse.sign_in_id == found.sign_in_id)
        device_ids = frozenset((await connection.execute(uses)).scalars())
    await parts.tell_revoked(ended)
    return EndedSession(found.session_id, found.tenant_id, found.membership_id, device_ids)


async def purge_spent_tokens(engine: Engine) -> int:
    """Forgets replaced tokens of sessions that are over by now; returns how many."""
    oldest = engine.clock.now() - SESSION_LIFETIME - timedelta(days=1)
    async with engine.database.platform_session() as connection:
        gone = await connection.execute(delete(SpentToken).where(SpentToken.rotated_at < oldest))
        return gone.rowcount


async def _rotated(parts: IdentityParts, token: str, session_id: UUID) -> RotatedToken | None:
    """Locks the session, so that of many at once one rotates and all are given the same token."""
    now, hashed = parts.now(), token_hash(token)
    async with parts.engine.database.platform_session() as connection:
        locked = select(Session).where(Session.id == session_id, Session.revoked_at.is_(None)).with_for_update()
        session = (await connection.execute(locked)).one_or_none()
        if session is None:
            return None
        candidates = successors(parts.engine.keys, token)
        if session.token_hash != hashed:
            return await _given_before(connection, session, hashed, candidates, now)
        spent = {"token_hash": hashed, "session_id": session_id, "successor_hash": token_hash(candidates[0])}
        await connection.execute(insert(SpentToken).values(**spent, rotated_at=now))
        fresh = {"token_hash": spent["successor_hash"], "token_issued_at": now, "token_used_at": None}
        await connection.execute(update(Session).where(Session.id == session_id).values(**fresh))
    return RotatedToken(candidates[0], now, session.expires_at)


async def _given_before(
    connection: AsyncConnection, session: Any, hashed: bytes, candidates: tuple[str, ...], now: datetime
) -> RotatedToken | None:
    """The token that replaced this one, if it is the present one and this one may still ask for it."""
    rotated_at = await connection.scalar(
        select(SpentToken.rotated_at).where(
            SpentToken.token_hash == hashed, SpentToken.successor_hash == session.token_hash
        )
    )
    if rotated_at is None or (session.token_used_at is not None and now - rotated_at > SPENT_GRACE):
        return None
    same = next((candidate for candidate in candidates if token_hash(candidate) == session.token_hash), None)
    return RotatedToken(same, rotated_at, session.expires_at) if same is not None else None


async def _session_of(connection: AsyncConnection, token: str) -> Any:
    """The session of a token, present or replaced, with whose it is."""
    hashed = token_hash(token)
    wanted = (
        select(
            Session.id.label("session_id"),
            Session.user_id,
            Session.membership_id,
            Session.sign_in_id,
            Session.device_name,
            Session.token_hash,
            Session.token_used_at,
            Membership.tenant_id,
            SpentToken.successor_hash,
            SpentToken.rotated_at,
        )
        .join(Membership, Membership.id == Session.membership_id)
        .outerjoin(SpentToken, (SpentToken.session_id == Session.id) & (SpentToken.token_hash == hashed))
    )
    by_spent = select(SpentToken.session_id).where(SpentToken.token_hash == hashed)
    present = (await connection.execute(wanted.where(Session.token_hash == hashed))).one_or_none()
    return present or (await connection.execute(wanted.where(Session.id.in_(by_spent)))).one_or_none()


def _is_replay(found: Any, now: datetime) -> bool:
    if found.successor_hash is None:
        return False  # the present token: the session ended for another reason
    unheard = found.successor_hash == found.token_hash and found.token_used_at is None
    return not unheard and now - found.rotated_at > SPENT_GRACE
