"""A new password: by the old one, or by a link or code that proves the address. And the proof of an address itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from tenants.delivery.messages import email_verification, password_reset
from tenants.errors import CodeRefused, LinkRefused, PasswordRefused, ResetByAdmin, SignInRefused
from tenants.identity.inputs import (
    ChangePassword,
    RequestPasswordReset,
    RequestSmsCode,
    ResetPassword,
    VerifyEmail,
)
from tenants.identity.parts import IdentityParts, Limit, contact_of, phone_of
from tenants.identity.password_history import refuse_reused, remember_replaced
from tenants.identity.people import (
    Person,
    belongings_of,
    find_person,
    identifiers_of,
    lock_user,
    person_of,
)
from tenants.identity.results import Authenticated, Done
from tenants.identity.second_factor import reprove_password
from tenants.identity.security_log import entry
from tenants.identity.sessions import revoke
from tenants.identity.sms_codes import check_sms_code, request_sms_code, spending
from tenants.identity.tenant_rules import require_good, standing_of, strictest
from tenants.identity.tokens import LinkPurpose, is_token, issue_link, link_refusal, token_hash
from tenants.identity.user_rows import inserting_verification
from tenants.platform_tables import LinkToken, Session, User, UserIdentifier
from values.errors import Busy, Required, Words
from values.ids import new_id

RESET_HOURS = 2
_VERIFICATION_HOURS = 72
_RESETS_PER_ADDRESS = Limit("reset:address", 30, 3600)
_RESETS_PER_IDENTIFIER = Limit("reset:identifier", 5, 3600)
_LINKS_PER_ADDRESS = Limit("link:address", 60, 900)
_VERIFICATIONS = Limit("verify:user", 5, 3600)
_NEW_PASSWORDS = Limit("new_password:user", 20, 3600)


async def change_password(
    parts: IdentityParts, who: Authenticated, data: ChangePassword, *, address: str | None
) -> Done:
    """Replaces the password, ends the person's other sessions, and lifts the restriction from this one.

    Raises SignInRefused (wrong current password), PasswordRefused, PasswordReused, Throttled, Busy.
    """
    who.require("change_password")
    proved = await reprove_password(parts, who, data.current_password)
    person = await person_of(parts, who.user_id)
    renewed = await _accepted(parts, person, data.new_password)
    now = parts.now()
    async with parts.engine.database.platform_session() as connection:
        user = await lock_user(connection, who.user_id)
        if user is None or user.password_hash != proved:
            raise SignInRefused(field="currentPassword")
        await _set_password(parts, connection, user, renewed)
        others = (Session.user_id == who.user_id) & (Session.id != who.session_id)
        ended = await revoke(connection, others, "password_changed", now)
        await connection.execute(update(Session).where(Session.id == who.session_id).values(restricted_to=None))
        await connection.execute(
            entry(
                now,
                "password_changed",
                user_id=who.user_id,
                tenant_id=who.tenant_id,
                member_id=who.member_id,
                address=address,
            )
        )
    await parts.tell_revoked(ended)
    return Done()


async def request_password_reset(parts: IdentityParts, data: RequestPasswordReset, *, address: str | None) -> Done:
    """A link to an e-mail address, a code to a phone; the same answer whether or not it is anybody's.

    Raises ResetByAdmin (an account that an admin made), IdentifierUnusable, Throttled, SignInUnavailable.
    """
    if "@" not in data.identifier and any(char.isalpha() or char == "/" for char in data.identifier):
        raise ResetByAdmin(field="identifier")
    kind, value = contact_of(data.identifier, "identifier")
    if kind == "phone":
        asked = RequestSmsCode(phone=value, purpose="reset_password", language=data.language)
        return await request_sms_code(parts, asked, address=address)
    await parts.count_address(_RESETS_PER_ADDRESS, address)
    await parts.count(_RESETS_PER_IDENTIFIER, value)
    person = await find_person(parts, kind, value)
    link = issue_link(LinkPurpose.PASSWORD_RESET, timedelta(hours=RESET_HOURS), parts.now())
    # A row for nobody costs what a row for somebody costs; it leads nowhere.
    subject = str(person.user_id) if person is not None else "-"
    async with parts.engine.database.platform_session() as connection:
        await connection.execute(
            insert(LinkToken).values(
                id=new_id(),
                purpose="reset_password",
                token_hash=link.token_hash,
                subject=subject,
                tenant_id=None,
                details={"email": value} if person is not None else {},
                attempts=0,
                created_at=parts.now(),
                expires_at=link.expires_at,
                used_at=None,
            )
        )
    if person is not None:
        address_of_page = parts.link("reset-password", link.token)
        parts.post.mail(value, password_reset(person.reads, link=address_of_page, hours=RESET_HOURS))
    return Done()


async def reset_password(parts: IdentityParts, data: ResetPassword, *, address: str | None) -> Done:
    """Sets the password of whoever holds the link or the phone, and ends all their sessions. A second factor stays.

    Raises LinkRefused, CodeRefused, PasswordRefused, PasswordReused, Throttled, Busy.
    """
    await parts.count_address(_LINKS_PER_ADDRESS, address)
    if data.token is not None:
        link = await _open_link(parts, data.token, LinkPurpose.PASSWORD_RESET, "reset_password")
        person = await _person_or_refuse(parts, link.subject)
        spend: Any = _using(LinkToken.id == link.id, parts)
        kind, value = "email", str(link.details["email"])
    else:
        if data.phone is None or data.code is None:
            raise Required(field="token", label=Words("链接或短信验证码", "link or SMS code"))
        kind, value = "phone", phone_of(data.phone, "phone")
        code_id = await check_sms_code(parts, "reset_password", value, data.code)
        found = await find_person(parts, kind, value)
        if found is None:
            raise CodeRefused(field="code")
        person, spend = found, spending(code_id, parts.now())
    renewed = await _accepted(parts, person, data.new_password)
    now = parts.now()
    async with parts.engine.database.platform_session() as connection:
        user = await lock_user(connection, person.user_id)
        if user is None or (await connection.execute(spend)).first() is None:
            raise LinkRefused(field="token") if data.token is not None else CodeRefused(field="code")
        if user.password_hash != person.password_hash:
            raise Busy  # changed meanwhile: the new one was not held against that
        await _set_password(parts, connection, user, renewed)
        await _mark_verified(connection, person.user_id, kind, value, now)
        ended = await revoke(connection, Session.user_id == person.user_id, "password_reset", now)
        line = entry(now, "password_reset", user_id=person.user_id, address=address, identifier=value)
        await connection.execute(line)
    await parts.tell_revoked(ended)
    return Done()


async def request_email_verification(parts: IdentityParts, who: Authenticated) -> Done:
    """Sends the verification link once more, if there is an address to verify. Raises Throttled."""
    who.require("request_email_verification")
    await parts.count(_VERIFICATIONS, str(who.user_id))
    person = await person_of(parts, who.user_id)
    for kind, value, verified_at in await identifiers_of(parts, who.user_id):
        if kind == "email" and verified_at is None:
            link = issue_link(LinkPurpose.EMAIL_VERIFICATION, timedelta(hours=_VERIFICATION_HOURS), parts.now())
            async with parts.engine.database.platform_session() as connection:
                await connection.execute(inserting_verification(link, who.user_id, value, parts.now()))
            page = parts.link("verify-email", link.token)
            parts.post.mail(value, email_verification(person.reads, link=page, hours=_VERIFICATION_HOURS))
    return Done()


async def verify_email(parts: IdentityParts, data: VerifyEmail, *, address: str | None) -> Done:
    """Marks the address as proved. Raises LinkRefused, also when the address is another user's by now; Throttled."""
    await parts.count_address(_LINKS_PER_ADDRESS, address)
    link = await _open_link(parts, data.token, LinkPurpose.EMAIL_VERIFICATION, "verify_email")
    user_id, email = UUID(link.subject), str(link.details["email"])
    owner = await find_person(parts, "email", email)
    if owner is None or owner.user_id != user_id:
        raise LinkRefused(field="token")
    now = parts.now()
    async with parts.engine.database.platform_session() as connection:
        if (await connection.execute(_using(LinkToken.id == link.id, parts))).first() is None:
            raise LinkRefused(field="token")
        await _mark_verified(connection, user_id, "email", email, now)
        await connection.execute(entry(now, "email_verified", user_id=user_id, address=address, identifier=email))
    return Done()


@dataclass(frozen=True, slots=True)
class _Accepted:
    """The hash of a password that may be set, and how many earlier ones are kept beside it."""

    password_hash: str
    history: int


async def _accepted(parts: IdentityParts, person: Person, new_password: str) -> _Accepted:
    """A password that all the person's companies accept. Raises PasswordRefused, PasswordReused, Throttled, Busy."""
    known: list[str | None] = [person.name, *(value for _, value, _ in await identifiers_of(parts, person.user_id))]
    policies = []
    for belonging in await belongings_of(parts, person.user_id):
        known.append(belonging.tenant_name)
        policies.append((await standing_of(parts, belonging.tenant_id, belonging.member_id)).rules.policy)
    policy = strictest(policies)
    require_good(policy, new_password, _recognisable(known), "newPassword")
    # From here on every attempt costs as much as many sign-ins, and tells something about earlier passwords.
    await parts.count(_NEW_PASSWORDS, str(person.user_id))
    if person.password_hash is not None and (await parts.verify(person.password_hash, new_password)).ok:
        raise PasswordRefused(
            field="newPassword",
            zh="新密码不能与当前密码相同。",
            en="To change the password you must choose a different one.",
        )
    await refuse_reused(parts, person.user_id, new_password, policy.history)
    return _Accepted(await parts.hash(new_password), policy.history)


def _recognisable(words: Sequence[str | None]) -> list[str | None]:
    """An account stands as `org_code/account`: the password must not hold either."""
    return [part for word in words if word for part in word.split("/")]


async def _set_password(parts: IdentityParts, connection: AsyncConnection, user: Any, renewed: _Accepted) -> None:
    """Replaces the password of the locked `user`; reset links that wait for them are worth nothing from now on."""
    now = parts.now()
    await remember_replaced(connection, user.id, user.password_hash, renewed.history, now)
    await connection.execute(
        update(User)
        .where(User.id == user.id)
        .values(password_hash=renewed.password_hash, password_changed_at=now, password_must_change=False)
    )
    waiting = (LinkToken.purpose == "reset_password") & (LinkToken.subject == str(user.id))
    await connection.execute(_using(waiting, parts))


async def _mark_verified(connection: AsyncConnection, user_id: UUID, kind: str, value: str, now: Any) -> None:
    await connection.execute(
        update(UserIdentifier)
        .where(
            UserIdentifier.user_id == user_id,
            UserIdentifier.kind == kind,
            UserIdentifier.value == value,
            UserIdentifier.verified_at.is_(None),
        )
        .values(verified_at=now)
    )


async def _open_link(parts: IdentityParts, token: str, prefix: LinkPurpose, purpose: str) -> Any:
    if not is_token(token, prefix.value):
        raise LinkRefused(field="token")
    wanted = select(LinkToken).where(LinkToken.token_hash == token_hash(token), LinkToken.purpose == purpose)
    async with parts.engine.database.platform_session() as connection:
        link: Any = (await connection.execute(wanted)).one_or_none()
    if link is None or link_refusal(expires_at=link.expires_at, used_at=link.used_at, now=parts.now()) is not None:
        raise LinkRefused(field="token")
    return link


async def _person_or_refuse(parts: IdentityParts, subject: str) -> Person:
    try:
        return await person_of(parts, UUID(subject))
    except (LookupError, ValueError):
        raise LinkRefused(field="token") from None


def _using(condition: ColumnElement[bool], parts: IdentityParts) -> Any:
    """The statement that uses links up; no row back means somebody else did."""
    unused = update(LinkToken).where(condition, LinkToken.used_at.is_(None)).returning(LinkToken.id)
    return unused.values(used_at=parts.now())
