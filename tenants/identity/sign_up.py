"""Signing up: company, admin, trial and session in one transaction.

A taken e-mail address needs its owner's password: another one is refused, and the owner gets a mail (one an hour). That
tells that the address is in use, and so does every other way of refusing a company whose owner could never sign in by
the address they gave; guesses are counted with those at sign-in. A phone needs a code, which proves it.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NoReturn
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import insert, select
from sqlalchemy.dialects.postgresql import insert as upsert

from kernel.command import command_named
from kernel.context import Context
from kernel.executor import Invocation
from kernel.policy import Actor, Authority
from tenants.commands.found_company import FoundCompany
from tenants.delivery.messages import email_verification
from tenants.delivery.sign_up_messages import address_already_used
from tenants.entities import TenantAccess
from tenants.errors import CodeRefused, SignInRefused, SignUpRefused
from tenants.identity.inputs import USUAL_LANGUAGE, Language, SignUp
from tenants.identity.parts import IdentityParts, Limit, email_of, phone_of
from tenants.identity.passwords import PasswordPolicy
from tenants.identity.people import Belonging, Person, find_person, locking_user
from tenants.identity.results import RESTRICTED_TO_PASSWORD, SignUpResult
from tenants.identity.security_log import entry, write_entry
from tenants.identity.sessions import Opening, opening, summary
from tenants.identity.sign_in import PER_ACCOUNT, prove_further
from tenants.identity.sms_codes import check_sms_code, spending
from tenants.identity.tenant_rules import member_summary, require_good
from tenants.identity.tokens import IssuedLink, LinkPurpose, issue_link
from tenants.identity.user_rows import (
    IdentifierJustTaken,
    claim_identifier,
    inserting_user,
    inserting_verification,
    name_of,
    on_platform,
)
from tenants.platform_tables import Membership, Session, Tenant
from values.errors import LANGUAGES, AmountInvalid, Busy, InvalidInput, Required, Throttled, Words
from values.ids import new_id
from values.money import CURRENCIES

DEMO_DATA_TOPIC = "tenants.demo_data_requested"
VERIFICATION_HOURS = 72
_PER_ADDRESS = Limit("sign_up:address", 20, 3600)
_PER_IDENTIFIER = Limit("sign_up:identifier", 10, 3600)
_PER_OWNER_MAIL = Limit("sign_up:owner_mail", 1, 3600)


@dataclass(frozen=True, slots=True)
class _Founder:
    """Who founds: a person who proved themselves, or a new user."""

    user_id: UUID
    known: Person | None
    password_hash: str | None
    code_id: UUID | None


@dataclass(frozen=True, slots=True)
class _Wish:
    company_name: str
    admin_name: str
    kind: str
    value: str
    language: Language


async def sign_up(parts: IdentityParts, data: SignUp, *, address: str | None, request_id: str | None) -> SignUpResult:
    """Raises Required, InvalidInput, IdentifierUnusable, PasswordRefused, CodeRefused, SecondFactorRequired,
    SecondFactorRefused, SignUpRefused, Throttled, SignInUnavailable, Busy."""
    wish = _checked(data)
    await parts.count_address(_PER_ADDRESS, address)
    account = f"{wish.kind}:{wish.value}"
    await parts.count(_PER_IDENTIFIER, account)
    await parts.count(PER_ACCOUNT, account)
    for _ in range(3):
        founder = await _founder(parts, data, wish, address)
        if founder.known is not None:
            await prove_further(parts, founder.known, data.totp, data.recovery_code, address=address)
        try:
            result = await _found(parts, data, wish, founder, address, request_id)
        except IdentifierJustTaken:
            continue
        await parts.forgive(PER_ACCOUNT, account)
        return result
    raise Busy


def _checked(data: SignUp) -> _Wish:
    company = name_of(data.company_name, "companyName", Words("公司名称", "company name"))
    if (data.email is None) == (data.phone is None):
        raise Required(field="email", label=Words("邮箱或手机号", "e-mail or phone"))
    language = data.language or USUAL_LANGUAGE
    if language not in LANGUAGES:
        raise InvalidInput(field="language", problem=", ".join(LANGUAGES))
    try:
        ZoneInfo(data.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidInput(field="zone", problem=Words("未知时区", "unknown time zone")) from None
    if data.currency not in CURRENCIES:
        raise AmountInvalid(field="currency", value=data.currency[:60])
    usual = "Admin" if language == "en" else "管理员"
    admin = name_of(data.admin_name, "adminName", Words("姓名", "name")) if data.admin_name else usual
    if data.email is not None:
        if not data.password:
            raise Required(field="password", label=Words("密码", "password"))
        return _Wish(company, admin, "email", email_of(data.email, "email"), language)
    if not data.code:
        raise Required(field="code", label=Words("短信验证码", "SMS code"))
    return _Wish(company, admin, "phone", phone_of(data.phone or "", "phone"), language)


async def _founder(parts: IdentityParts, data: SignUp, wish: _Wish, address: str | None) -> _Founder:
    """Proof first, policy second: somebody with an old, short password may found another company with it."""
    found = await find_person(parts, wish.kind, wish.value)
    code_id = None
    if wish.kind == "phone":
        code_id = await check_sms_code(parts, "sign_up", wish.value, data.code or "")
        if found is not None:
            return _Founder(found.user_id, found, found.password_hash, code_id)
    elif found is not None:
        if not (await parts.verify(found.password_hash, data.password or "")).ok:
            await _refuse_taken(parts, found, wish, address)
        return _Founder(found.user_id, found, found.password_hash, None)
    if data.password is None:
        return _Founder(new_id(), None, None, code_id)
    require_good(PasswordPolicy(), data.password, (wish.value, wish.company_name, data.admin_name), "password")
    return _Founder(new_id(), None, await parts.hash(data.password), code_id)


async def _refuse_taken(parts: IdentityParts, owner: Person, wish: _Wish, address: str | None) -> NoReturn:
    """Raises SignUpRefused, and tells the owner by mail, at most once an hour."""
    await write_entry(parts, "sign_in_refused", user_id=owner.user_id, address=address, identifier=wish.value)
    try:
        await parts.count(_PER_OWNER_MAIL, wish.value)
    except Throttled:
        raise SignUpRefused(field="email") from None
    link = f"{parts.public_url}/forgot-password"
    parts.post.mail(wish.value, address_already_used(owner.reads, link=link))
    raise SignUpRefused(field="email")


async def _found(
    parts: IdentityParts, data: SignUp, wish: _Wish, founder: _Founder, address: str | None, request_id: str | None
) -> SignUpResult:
    now, tenant_id, member_id = parts.now(), new_id(), new_id()
    restricted = founder.known is not None and founder.known.password_must_change
    opened = opening(
        now,
        user_id=founder.user_id,
        membership_id=member_id,
        device_name=data.device_name,
        address=address,
        restricted_to=RESTRICTED_TO_PASSWORD if restricted else None,
    )
    unproved = wish.kind == "email" and (founder.known is None or founder.known.verified_at is None)
    link = issue_link(LinkPurpose.EMAIL_VERIFICATION, timedelta(hours=VERIFICATION_HOURS), now) if unproved else None
    written: list[Belonging] = []

    async def write_platform(ctx: Context, _outcome: Any) -> None:
        await _write_user(ctx, wish, founder)
        company = await _write_tenant(ctx, data, wish, founder, tenant_id, member_id)
        await _write_session(ctx, wish, founder, company, opened, link, address)
        written.append(company)
        if data.demo_data:
            ctx.enqueue(DEMO_DATA_TOPIC, {"memberId": str(member_id), "language": wish.language})

    outcome = await parts.engine.executor.run_internal(
        Actor(
            tenant_id, member_id, Authority(), user_id=founder.user_id, language=wish.language, request_id=request_id
        ),
        command_named("tenants.found_company"),
        _founding(data, wish, founder, member_id),
        Invocation(finish=write_platform),
    )
    company = written[-1]
    if link is not None:
        _write_mail(parts, wish, link)
    return SignUpResult(
        token=opened.token,
        tenant=summary(company, current=True),
        member=member_summary(outcome.value),
        trial_ends_at=company.trial_ends_at,
        must_verify_email=link is not None,
    )


def _founding(data: SignUp, wish: _Wish, founder: _Founder, member_id: UUID) -> FoundCompany:
    name = founder.known.name if founder.known is not None and not data.admin_name else wish.admin_name
    return FoundCompany(
        company_name=wish.company_name,
        member_id=member_id,
        user_id=founder.user_id,
        admin_name=name,
        language=wish.language,
        zone=data.zone,
        currency=data.currency,
        phone=wish.value if wish.kind == "phone" else None,
        email=wish.value if wish.kind == "email" else None,
    )


async def _write_user(ctx: Context, wish: _Wish, founder: _Founder) -> None:
    known = founder.known is not None
    # The user before the code, as a sign-in locks them: the other way round the two would wait for each other.
    user = (await on_platform(ctx, locking_user(founder.user_id))).one_or_none() if known else None
    if founder.code_id is not None and (await on_platform(ctx, spending(founder.code_id, ctx.now))).first() is None:
        raise CodeRefused(field="code")
    if known:
        if user is None or user.password_hash != founder.password_hash:
            raise SignInRefused
        return
    await on_platform(
        ctx, inserting_user(founder.user_id, wish.admin_name, wish.language, founder.password_hash, ctx.now)
    )
    verified_at = ctx.now if wish.kind == "phone" else None
    await claim_identifier(ctx, founder.user_id, wish.kind, wish.value, verified_at)


async def _write_tenant(
    ctx: Context, data: SignUp, wish: _Wish, founder: _Founder, tenant_id: UUID, member_id: UUID
) -> Belonging:
    access = select(TenantAccess.trial_ends_at).where(TenantAccess.tenant_id == tenant_id)
    trial_ends_at: datetime = await ctx.session.scalar(access)
    org_code = await _write_directory(
        ctx,
        id=tenant_id,
        name=wish.company_name,
        zone=data.zone,
        placement="main",
        created_at=ctx.now,
        suspended_at=None,
        trial_ends_at=trial_ends_at,
    )
    await on_platform(
        ctx,
        insert(Membership).values(
            id=member_id, user_id=founder.user_id, tenant_id=tenant_id, created_at=ctx.now, ended_at=None
        ),
    )
    return Belonging(member_id, tenant_id, wish.company_name, org_code, data.zone, trial_ends_at, None)


async def _write_directory(ctx: Context, **row: Any) -> str:
    """The company's entry under a 组织号 of eight digits: easy to read out and to type on a phone."""
    for _ in range(10):
        org_code = f"{secrets.choice('23456789')}{secrets.randbelow(10_000_000):07d}"
        entered = upsert(Tenant).values(**row, org_code=org_code).on_conflict_do_nothing(index_elements=["org_code"])
        if (await on_platform(ctx, entered.returning(Tenant.id))).first() is not None:
            return org_code
    raise Busy


async def _write_session(
    ctx: Context,
    wish: _Wish,
    founder: _Founder,
    company: Belonging,
    opened: Opening,
    link: IssuedLink | None,
    address: str | None,
) -> None:
    await on_platform(ctx, insert(Session).values(**opened.row))
    await on_platform(
        ctx,
        entry(
            ctx.now,
            "signed_up",
            user_id=founder.user_id,
            tenant_id=company.tenant_id,
            member_id=company.member_id,
            address=address,
            identifier=wish.value,
            device_name=opened.row["device_name"],
        ),
    )
    if link is not None:
        await on_platform(ctx, inserting_verification(link, founder.user_id, wish.value, ctx.now))


def _write_mail(parts: IdentityParts, wish: _Wish, link: IssuedLink) -> None:
    address = parts.link("verify-email", link.token)
    parts.post.mail(wish.value, email_verification(wish.language, link=address, hours=VERIFICATION_HOURS))
