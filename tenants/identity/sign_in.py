"""Signing in: one of several identifiers, a password or an SMS code, perhaps a second factor. Refused the same way and
after the same work whatever was wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, update

from tenants.delivery.messages import new_device_sign_in
from tenants.errors import CodeRefused, NoMembership, SecondFactorRequired, SignInRefused
from tenants.identity.identifiers import IdentifierInvalid, normalise_org_login
from tenants.identity.inputs import SignIn
from tenants.identity.parts import IdentityParts, Limit, contact_of
from tenants.identity.people import Belonging, Person, belongings_of, find_person
from tenants.identity.results import SignInResult
from tenants.identity.second_factor import prove_second_factor
from tenants.identity.security_log import write_entry
from tenants.identity.sessions import open_session, shortened
from tenants.identity.sms_codes import check_sms_code, spending
from tenants.identity.tenant_rules import Standing, standing_of
from tenants.platform_tables import Session, Tenant, User
from values.errors import Required, Words

PER_ACCOUNT = Limit("sign_in:account", 10, 900)
_PER_ADDRESS = Limit("sign_in:address", 100, 900)


@dataclass(frozen=True, slots=True)
class Proof:
    """`person` proved the first factor. `spend` uses up the SMS code, in the transaction that follows from it."""

    person: Person
    spend: Any = None


async def sign_in(parts: IdentityParts, data: SignIn, *, address: str | None) -> SignInResult:
    """A token for the company used last, or for `tenant_id`; without a token when the second factor is missing.

    Raises SignInRefused, SecondFactorRefused, NoMembership, Throttled, SignInUnavailable, Busy.
    """
    kind, value = _identifier(data)
    account = f"{kind}:{value}"
    await parts.count_address(_PER_ADDRESS, address)
    await parts.count(PER_ACCOUNT, account)
    proof = await prove(parts, kind, value, data.password, data.code, purpose="sign_in", address=address)
    person = proof.person
    try:
        await prove_further(parts, person, data.totp, data.recovery_code, address=address)
    except SecondFactorRequired:
        return _second_factor_missing()
    belonging, standing = await _where(parts, person, data)
    known = await _knows_device(parts, person.user_id, data.device_name)
    try:
        result = await open_session(
            parts,
            person,
            belonging,
            standing,
            device_name=data.device_name,
            address=address,
            event="signed_in",
            spend=proof.spend,
        )
    except SignInRefused:
        await _refused(parts, person, kind, value, address)
        raise
    await parts.forgive(PER_ACCOUNT, account)
    if not known:
        await _tell_new_device(parts, person, belonging, data.device_name, address)
    return result


async def prove(
    parts: IdentityParts,
    kind: str,
    value: str,
    password: str | None,
    code: str | None,
    *,
    purpose: str,
    address: str | None,
) -> Proof:
    """The person behind an identifier, by password or by the SMS code of `purpose`. Raises SignInRefused."""
    person = await find_person(parts, kind, value)
    if code is not None and kind == "phone":
        try:
            code_id = await check_sms_code(parts, purpose, value, code)
        except CodeRefused:
            code_id = None
        if person is not None and code_id is not None:
            return Proof(person, spending(code_id, parts.now()))
    else:
        verdict = await parts.verify(person.password_hash if person else None, password or "")
        if person is not None and verdict.ok:
            return Proof(await _rehashed(parts, person, password or "") if verdict.needs_rehash else person)
    await _refused(parts, person, kind, value, address)
    raise SignInRefused


async def prove_further(
    parts: IdentityParts, person: Person, totp: str | None, recovery_code: str | None, *, address: str | None
) -> None:
    """The second factor of a person who switched it on. Raises SecondFactorRequired, SecondFactorRefused."""
    if not person.has_second_factor:
        return
    if totp is None and recovery_code is None:
        raise SecondFactorRequired(field="totp")
    await prove_second_factor(parts, person.user_id, totp, recovery_code, address=address)


def _identifier(data: SignIn) -> tuple[str, str]:
    if data.password is None and data.code is None:
        raise Required(field="password", label=Words("密码或验证码", "password or code"))
    if data.org_code is not None or data.account is not None:
        try:
            login = normalise_org_login(data.org_code or "", data.account or "")
        except IdentifierInvalid:
            raise SignInRefused from None
        return "account", f"{login.org_code}/{login.account}"
    if data.identifier is None:
        raise Required(field="identifier", label=Words("手机号或邮箱", "phone or e-mail"))
    return contact_of(data.identifier, "identifier")


async def _where(parts: IdentityParts, person: Person, data: SignIn) -> tuple[Belonging, Standing]:
    """The company to sign in to. An account of a company's own leads to that company only."""
    org_code = person.value.partition("/")[0] if person.kind == "account" else None
    for belonging in await belongings_of(parts, person.user_id):
        if belonging.suspended_at is not None:
            continue
        if data.tenant_id is not None and belonging.tenant_id != data.tenant_id:
            continue
        if org_code is not None and belonging.org_code != org_code:
            continue
        standing = await standing_of(parts, belonging.tenant_id, belonging.member_id)
        if standing.member is not None:
            return belonging, standing
    raise NoMembership


async def _refused(parts: IdentityParts, person: Person | None, kind: str, value: str, address: str | None) -> None:
    """Logged for known and unknown alike: with one transaction more for some, the time would tell them apart."""
    org_code = value.partition("/")[0] if kind == "account" else ""
    async with parts.engine.database.platform_session() as connection:
        tenant_id = (await connection.execute(select(Tenant.id).where(Tenant.org_code == org_code))).scalar()
    await write_entry(
        parts,
        "sign_in_refused",
        user_id=person.user_id if person else None,
        tenant_id=tenant_id,
        address=address,
        identifier=value,
    )


async def _rehashed(parts: IdentityParts, person: Person, password: str) -> Person:
    """The hash was made with older parameters: renewed while the password is at hand."""
    renewed = await parts.hash(password)
    async with parts.engine.database.platform_session() as connection:
        await connection.execute(
            update(User)
            .where(User.id == person.user_id, User.password_hash == person.password_hash)
            .values(password_hash=renewed)
        )
    return await find_person(parts, person.kind, person.value) or person


async def _knows_device(parts: IdentityParts, user_id: UUID, device_name: str | None) -> bool:
    """Whether a mail about this device would be noise: a first sign-in ever, or a name seen before."""
    name = shortened(device_name)
    same = func.count().filter(Session.device_name == name)
    seen = select(func.count().label("sessions"), same.label("same")).where(Session.user_id == user_id)
    async with parts.engine.database.platform_session() as connection:
        row = (await connection.execute(seen)).one()
    return device_name is None or row.sessions == 0 or row.same > 0


async def _tell_new_device(
    parts: IdentityParts, person: Person, belonging: Belonging, device_name: str | None, address: str | None
) -> None:
    if person.kind != "email" or person.verified_at is None:
        return
    message = new_device_sign_in(
        person.reads,
        device=shortened(device_name) or "—",
        address=address or "—",
        at=parts.now().astimezone(ZoneInfo(belonging.zone)),
        link=f"{parts.public_url}/settings/sessions",
    )
    parts.post.mail(person.value, message)


def _second_factor_missing() -> SignInResult:
    return SignInResult(
        token=None, totp_required=True, must_change_password=False, tenant=None, member=None, expires_at=None
    )
