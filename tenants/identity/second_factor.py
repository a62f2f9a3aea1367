"""The second factor: enrol, confirm, switch off, and prove it at sign-in. A code works once, whoever is faster."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import or_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from tenants.errors import (
    EmailNotVerified,
    SecondFactorRefused,
    SignInRefused,
    TotpAlreadyOn,
    TotpNotStarted,
)
from tenants.identity.inputs import ConfirmTotp, DisableTotp, EnrollTotp
from tenants.identity.parts import IdentityParts, Limit
from tenants.identity.people import identifiers_of, lock_user, person_of
from tenants.identity.results import Authenticated, Done, RecoveryCodes, TotpEnrolment
from tenants.identity.security_log import entry, write_entry
from tenants.identity.totp import (
    match_code,
    match_recovery_code,
    new_recovery_codes,
    new_secret,
    provisioning_uri,
    recovery_code_hash,
)
from tenants.platform_tables import User

_PURPOSE = "totp_secret"
_ATTEMPTS = Limit("second_factor", 6, 300)
_REPROOFS = Limit("password_reproof", 10, 900)


async def prove_second_factor(
    parts: IdentityParts, user_id: UUID, totp: str | None, recovery_code: str | None, *, address: str | None
) -> None:
    """Uses up one code of a person whose second factor is on. Raises SecondFactorRefused, Throttled."""
    await parts.count(_ATTEMPTS, str(user_id))
    async with parts.engine.database.platform_session() as connection:
        user = await lock_user(connection, user_id)
        used = user is not None and await _use_code(parts, connection, user, totp, recovery_code)
        if used and recovery_code is not None and totp is None:
            await connection.execute(entry(parts.now(), "recovery_code_used", user_id=user_id, address=address))
    if not used:
        await write_entry(parts, "second_factor_refused", user_id=user_id, address=address)
        raise SecondFactorRefused(field="totp" if totp is not None else "recoveryCode")
    await parts.forgive(_ATTEMPTS, str(user_id))


async def enroll_totp(parts: IdentityParts, who: Authenticated, data: EnrollTotp) -> TotpEnrolment:
    """A new secret, not in force before it is confirmed.

    An address nobody has proved could be a stranger's: a second factor on it would lock its owner out for good.
    Raises EmailNotVerified, TotpAlreadyOn, SignInRefused.
    """
    who.require("enroll_totp")
    await reprove_password(parts, who, data.password)
    proved = [value for _, value, verified_at in await identifiers_of(parts, who.user_id) if verified_at is not None]
    if not proved:
        raise EmailNotVerified
    secret = new_secret()
    sealed = parts.engine.keys.encrypt(_PURPOSE, secret.encode(), who.user_id.bytes)
    async with parts.engine.database.platform_session() as connection:
        changed = await connection.execute(
            update(User)
            .where(User.id == who.user_id, User.totp_confirmed_at.is_(None))
            .values(totp_secret=sealed, totp_last_counter=None)
        )
    if changed.rowcount != 1:
        raise TotpAlreadyOn
    return TotpEnrolment(secret=secret, uri=provisioning_uri(secret, proved[0]))


async def confirm_totp(
    parts: IdentityParts, who: Authenticated, data: ConfirmTotp, *, address: str | None
) -> RecoveryCodes:
    """Puts the enrolled secret in force and returns the recovery codes, once.

    Raises TotpNotStarted, TotpAlreadyOn, SecondFactorRefused, Throttled.
    """
    who.require("confirm_totp")
    await parts.count(_ATTEMPTS, str(who.user_id))
    codes, now = new_recovery_codes(), parts.now()
    async with parts.engine.database.platform_session() as connection:
        user = await lock_user(connection, who.user_id)
        if user is None or user.totp_secret is None:
            raise TotpNotStarted
        if user.totp_confirmed_at is not None:
            raise TotpAlreadyOn
        counter = match_code(_secret(parts, user), data.code, user.totp_last_counter, now)
        if counter is None:
            raise SecondFactorRefused(field="code")
        await connection.execute(
            update(User)
            .where(User.id == who.user_id)
            .values(
                totp_confirmed_at=now,
                totp_last_counter=counter,
                recovery_codes=[recovery_code_hash(code).hex() for code in codes],
            )
        )
        await connection.execute(_logged(parts, "second_factor_enabled", who, address))
    await parts.forgive(_ATTEMPTS, str(who.user_id))
    return RecoveryCodes(codes=codes)


async def disable_totp(parts: IdentityParts, who: Authenticated, data: DisableTotp, *, address: str | None) -> Done:
    """Switches the second factor off, by one more code. Raises TotpNotStarted, SecondFactorRefused, SignInRefused."""
    who.require("disable_totp")
    await reprove_password(parts, who, data.password)
    await parts.count(_ATTEMPTS, str(who.user_id))
    async with parts.engine.database.platform_session() as connection:
        user = await lock_user(connection, who.user_id)
        if user is None or user.totp_confirmed_at is None:
            raise TotpNotStarted
        if not await _use_code(parts, connection, user, data.code, data.recovery_code):
            raise SecondFactorRefused(field="code" if data.code is not None else "recoveryCode")
        await connection.execute(
            update(User)
            .where(User.id == who.user_id)
            .values(totp_secret=None, totp_confirmed_at=None, totp_last_counter=None, recovery_codes=None)
        )
        await connection.execute(_logged(parts, "second_factor_disabled", who, address))
    return Done()


async def reprove_password(parts: IdentityParts, who: Authenticated, password: str | None) -> str | None:
    """The person types the password again before something that would lock them out or in. Returns its hash; None for
    somebody who signs in by SMS alone. Raises SignInRefused, Throttled."""
    person = await person_of(parts, who.user_id)
    if person.password_hash is None:
        return None
    await parts.count(_REPROOFS, str(who.user_id))
    if password is None or not (await parts.verify(person.password_hash, password)).ok:
        raise SignInRefused(field="password")
    await parts.forgive(_REPROOFS, str(who.user_id))
    return person.password_hash


async def _use_code(
    parts: IdentityParts, connection: AsyncConnection, user: Any, totp: str | None, recovery_code: str | None
) -> bool:
    if user.totp_confirmed_at is None or user.totp_secret is None:
        return False
    if totp is not None:
        counter = match_code(_secret(parts, user), totp, user.totp_last_counter, parts.now())
        if counter is None:
            return False
        # Compare-and-set beside the lock: a code stays single-use even where somebody forgets to lock.
        moved = await connection.execute(
            update(User)
            .where(User.id == user.id, or_(User.totp_last_counter.is_(None), User.totp_last_counter < counter))
            .values(totp_last_counter=counter)
        )
        return moved.rowcount == 1
    if recovery_code is None:
        return False
    kept = [bytes.fromhex(stored) for stored in user.recovery_codes or ()]
    matched = match_recovery_code(recovery_code, kept)
    if matched is None:
        return False
    left = [stored.hex() for stored in kept if stored != matched]
    await connection.execute(update(User).where(User.id == user.id).values(recovery_codes=left))
    return True


def _secret(parts: IdentityParts, user: Any) -> str:
    return parts.engine.keys.decrypt(_PURPOSE, user.totp_secret, user.id.bytes).decode()


def _logged(parts: IdentityParts, event: str, who: Authenticated, address: str | None) -> Any:
    return entry(
        parts.now(), event, user_id=who.user_id, tenant_id=who.tenant_id, member_id=who.member_id, address=address
    )
