"""Bringing people in: invitations by mail or text message, and accounts that an admin makes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select

from kernel.command import command_named
from kernel.context import Context
from kernel.executor import Invocation
from kernel.policy import Actor, Authority
from tenants.commands.accept_invitation import JoinCompany
from tenants.commands.create_member import WriteMember
from tenants.commands.invite_member import InvitationWritten, WriteInvitation
from tenants.delivery.messages import invitation
from tenants.delivery.sign_up_messages import invitation_sms
from tenants.entities import Member
from tenants.errors import AlreadyMember, CodeRefused, IdentifierUnusable, LinkRefused
from tenants.identity.identifiers import IdentifierInvalid, normalise_org_login
from tenants.identity.inputs import AcceptInvitation, CreateMember, InviteMember
from tenants.identity.parts import IdentityParts, Limit, email_of, masked, phone_of
from tenants.identity.people import Belonging, Person, find_person, person_of
from tenants.identity.results import (
    RESTRICTED_TO_PASSWORD,
    Authenticated,
    InvitationPreview,
    Invited,
    MemberCreated,
    SignInResult,
)
from tenants.identity.security_log import entry
from tenants.identity.sessions import Opening, opening, summary
from tenants.identity.sign_in import PER_ACCOUNT, prove, prove_further
from tenants.identity.tenant_rules import TenantRules, member_summary, require_good, rules_of, standing_of
from tenants.identity.tokens import LinkPurpose, is_token, issue_link, link_refusal, token_hash
from tenants.identity.user_rows import IdentifierJustTaken, name_of, on_platform
from tenants.platform_tables import LinkToken, Membership, Session, Tenant
from values.errors import LANGUAGES, Busy, InvalidInput, Required, Words
from values.ids import new_id

INVITATION_HOURS = 72
_PER_TENANT = Limit("invite:tenant", 200, 86_400)
_PER_RECIPIENT = Limit("invite:to", 5, 86_400)
_PER_ADDRESS = Limit("invitation:address", 60, 900)


@dataclass(frozen=True, slots=True)
class _Open:
    """An invitation that can still be accepted."""

    link_hash: bytes
    tenant_id: UUID
    tenant: Any
    details: dict[str, Any]
    expires_at: Any


async def invite_member(parts: IdentityParts, who: Authenticated, data: InviteMember) -> Invited:
    """Sends a single-use link that is good for 72 hours.

    Having the link proves that an address is one's own: users are global, and whoever accepts becomes the user of that
    address. So the inviter never sees it where mail or text messages reach people. On a machine without such a gateway
    nobody would get it, and nothing is proven there anyway: then this one answer carries it. Only its hash is kept.

    Raises PermissionDenied, Required, IdentifierUnusable, NotFound, GrantExceeded, AlreadyMember, Throttled.
    """
    who.require("invite_member")
    who.actor.authority.require("tenants.member.invite")
    if (data.email is None) == (data.phone is None):
        raise Required(field="email", label=Words("邮箱或手机号", "e-mail or phone"))
    kind = "email" if data.email is not None else "phone"
    value = email_of(data.email, "email") if data.email is not None else phone_of(data.phone or "", "phone")
    _require_language(data.language)
    await parts.count(_PER_TENANT, str(who.tenant_id))
    await parts.count(_PER_RECIPIENT, f"{who.tenant_id}:{value}")
    link = issue_link(LinkPurpose.INVITATION, timedelta(hours=INVITATION_HOURS), parts.now())
    written = WriteInvitation(
        invitation_id=new_id(),
        kind=kind,
        value=value,
        name=name_of(data.name, "name", Words("姓名", "name")),
        role_ids=data.role_ids,
        scope=data.scope,
        organisation_id=data.organisation_id,
        department_id=data.department_id,
        language=data.language,
        link_hash=link.token_hash,
        expires_at=link.expires_at,
    )
    outcome = await parts.engine.executor.run_internal(who.actor, command_named("tenants.invite_member"), written)
    told: InvitationWritten = outcome.value
    address = parts.link("accept-invitation", link.token)
    if kind == "email":
        letter = invitation(
            data.language, tenant_name=told.tenant_name, inviter=told.inviter, link=address, hours=INVITATION_HOURS
        )
        parts.post.mail(value, letter)
    else:
        line = invitation_sms(data.language, tenant_name=told.tenant_name, link=address, hours=INVITATION_HOURS)
        parts.post.sms(value, line)
    handed = None if parts.post.reaches(kind) else address
    return Invited(id=written.invitation_id, sent_to=masked(value), expires_at=link.expires_at, link=handed)


async def create_member(parts: IdentityParts, who: Authenticated, data: CreateMember) -> MemberCreated:
    """An account that signs in by 组织号; its initial password lasts for one sign-in.

    Raises PermissionDenied, Required, IdentifierUnusable, PasswordRefused, NotFound, GrantExceeded, AlreadyTaken.
    """
    who.require("create_member")
    who.actor.authority.require("tenants.member.invite")
    _require_language(data.language)
    async with parts.engine.database.platform_session() as connection:
        org_code = (await connection.execute(select(Tenant.org_code).where(Tenant.id == who.tenant_id))).scalar_one()
    try:
        login = normalise_org_login(org_code, data.account)
    except IdentifierInvalid as wrong:
        raise IdentifierUnusable(field="account", zh=wrong.zh, en=wrong.en) from None
    name = name_of(data.name, "name", Words("姓名", "name"))
    rules = (await standing_of(parts, who.tenant_id, who.member_id)).rules
    require_good(rules.policy, data.initial_password, (login.account, name, who.tenant_name), "initialPassword")
    written = WriteMember(
        member_id=new_id(),
        user_id=new_id(),
        account=login.account,
        name=name,
        password_hash=await parts.hash(data.initial_password),
        role_ids=data.role_ids,
        scope=data.scope,
        organisation_id=data.organisation_id,
        department_id=data.department_id,
        language=data.language,
    )
    outcome = await parts.engine.executor.run_internal(who.actor, command_named("tenants.create_member"), written)
    return MemberCreated(member=member_summary(outcome.value), org_code=org_code)


async def preview_invitation(parts: IdentityParts, token: str, *, address: str | None) -> InvitationPreview:
    """What stands behind a link. Raises LinkRefused, Throttled."""
    await parts.count_address(_PER_ADDRESS, address)
    found = await _open_invitation(parts, token)
    person = await find_person(parts, found.details["kind"], found.details["value"])
    inviter = await standing_of(parts, found.tenant_id, UUID(found.details["inviter_id"]))
    if inviter.member is None:
        raise LinkRefused(field="token")
    return InvitationPreview(
        tenant_name=found.tenant.name,
        inviter=inviter.member.name,
        name=found.details["name"],
        sent_to=masked(found.details["value"]),
        has_user=person is not None,
        expires_at=found.expires_at,
    )


async def accept_invitation(
    parts: IdentityParts, data: AcceptInvitation, *, address: str | None, who: Authenticated | None = None
) -> SignInResult:
    """Joins and signs in. `who`: the caller is signed in already and joins with that user.

    Raises LinkRefused, CodeRefused, PasswordRefused, SignInRefused, SecondFactorRequired, SecondFactorRefused,
    AlreadyMember, Throttled.
    """
    if who is not None:
        who.require("accept_invitation")
    await parts.count_address(_PER_ADDRESS, address)
    for _ in range(3):
        found = await _open_invitation(parts, data.token)
        person = await _joining_person(parts, data, found, who, address)
        join, belonging = await _join_of(parts, data, found, person)
        try:
            return await _join(parts, data, join, belonging, person, address)
        except IdentifierJustTaken:
            continue
    raise Busy


async def _open_invitation(parts: IdentityParts, token: str) -> _Open:
    if not is_token(token, LinkPurpose.INVITATION.value):
        raise LinkRefused(field="token")
    hashed = token_hash(token)
    wanted = (
        select(LinkToken, Tenant.name, Tenant.org_code, Tenant.zone, Tenant.trial_ends_at)
        .join(Tenant, Tenant.id == LinkToken.tenant_id)
        .where(LinkToken.token_hash == hashed, LinkToken.purpose == "invitation", Tenant.suspended_at.is_(None))
    )
    async with parts.engine.database.platform_session() as connection:
        row: Any = (await connection.execute(wanted)).one_or_none()
    if row is None or link_refusal(expires_at=row.expires_at, used_at=row.used_at, now=parts.now()) is not None:
        raise LinkRefused(field="token")
    return _Open(hashed, row.tenant_id, row, row.details, row.expires_at)


async def _joining_person(
    parts: IdentityParts, data: AcceptInvitation, found: _Open, who: Authenticated | None, address: str | None
) -> Person | None:
    """Who joins: the one signed in, the proven owner of the invited address, or None for somebody new."""
    if who is not None:
        return await person_of(parts, who.user_id)
    kind, value = found.details["kind"], found.details["value"]
    if await find_person(parts, kind, value) is None:
        return None
    if data.password is None and data.code is None:
        raise Required(field="password", label=Words("密码或验证码", "password or code"))
    # The same count as at sign-in: a link must not be a second door to guess a password at.
    await parts.count(PER_ACCOUNT, f"{kind}:{value}")
    proof = await prove(parts, kind, value, data.password, data.code, purpose="accept_invitation", address=address)
    await prove_further(parts, proof.person, data.totp, data.recovery_code, address=address)
    if proof.spend is not None:
        async with parts.engine.database.platform_session() as connection:
            if (await connection.execute(proof.spend)).first() is None:
                raise CodeRefused(field="code")
    return proof.person


async def _join_of(
    parts: IdentityParts, data: AcceptInvitation, found: _Open, person: Person | None
) -> tuple[JoinCompany, Belonging]:
    name = name_of(data.name, "name", Words("姓名", "name")) if data.name else found.details["name"]
    member_id, password_hash = new_id(), None
    if person is not None:
        password_hash = person.password_hash
        member_id = await _former_membership(parts, person.user_id, found.tenant_id) or member_id
    else:
        password_hash = await _first_password(parts, data, found, name)
    join = JoinCompany(
        link_hash=found.link_hash,
        user_id=person.user_id if person is not None else new_id(),
        member_id=member_id,
        new_user=person is None,
        password_hash=password_hash,
        name=name,
        language=found.details["language"],
    )
    company = found.tenant
    belonging = Belonging(
        member_id, found.tenant_id, company.name, company.org_code, company.zone, company.trial_ends_at, None
    )
    return join, belonging


async def _first_password(parts: IdentityParts, data: AcceptInvitation, found: _Open, name: str) -> str | None:
    """A new person by e-mail needs a password; by phone an SMS code will do from now on."""
    if data.password is None:
        if found.details["kind"] == "phone":
            return None
        raise Required(field="password", label=Words("密码", "password"))
    inviter = UUID(found.details["inviter_id"])
    rules = (await standing_of(parts, found.tenant_id, inviter)).rules
    require_good(rules.policy, data.password, (found.details["value"], name, found.tenant.name), "password")
    return await parts.hash(data.password)


async def _former_membership(parts: IdentityParts, user_id: UUID, tenant_id: UUID) -> UUID | None:
    wanted = select(Membership.id, Membership.ended_at).where(
        Membership.user_id == user_id, Membership.tenant_id == tenant_id
    )
    async with parts.engine.database.platform_session() as connection:
        row = (await connection.execute(wanted)).one_or_none()
    if row is not None and row.ended_at is None:
        raise AlreadyMember
    return row.id if row is not None else None


async def _join(
    parts: IdentityParts,
    data: AcceptInvitation,
    join: JoinCompany,
    belonging: Belonging,
    person: Person | None,
    address: str | None,
) -> SignInResult:
    opened: list[Opening] = []

    async def write_session(ctx: Context, _outcome: Any) -> None:
        rules = await rules_of(ctx.session)
        session = _opening(parts, join, person, rules, data.device_name, address)
        await on_platform(ctx, insert(Session).values(**session.row))
        line = entry(
            ctx.now,
            "joined",
            user_id=join.user_id,
            tenant_id=belonging.tenant_id,
            member_id=join.member_id,
            address=address,
            device_name=session.row["device_name"],
        )
        await on_platform(ctx, line)
        opened.append(session)

    actor = Actor(belonging.tenant_id, join.member_id, Authority(), user_id=join.user_id, language=join.language)
    outcome = await parts.engine.executor.run_internal(
        actor, command_named("tenants.accept_invitation"), join, Invocation(finish=write_session)
    )
    member: Member = outcome.value
    session = opened[-1]
    return SignInResult(
        token=session.token,
        totp_required=False,
        must_change_password=session.row["restricted_to"] is not None,
        tenant=summary(belonging, current=True),
        member=member_summary(member),
        expires_at=session.row["expires_at"],
    )


def _opening(
    parts: IdentityParts,
    join: JoinCompany,
    person: Person | None,
    rules: TenantRules,
    device_name: str | None,
    address: str | None,
) -> Opening:
    now = parts.now()
    due = person is not None and (person.password_must_change or rules.password_is_due(person.password_changed_at, now))
    return opening(
        now,
        user_id=join.user_id,
        membership_id=join.member_id,
        device_name=device_name,
        address=address,
        restricted_to=RESTRICTED_TO_PASSWORD if due else None,
    )


def _require_language(language: str) -> None:
    if language not in LANGUAGES:
        raise InvalidInput(field="language", problem=", ".join(LANGUAGES))
