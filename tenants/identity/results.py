"""What the identity service answers. Doors map these fields one to one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from kernel.command import Result
from kernel.policy import Actor
from tenants.errors import PasswordChangeRequired

RESTRICTED_TO_PASSWORD = "change_password"  # noqa: S105 - a state, not a password
OPEN_WHILE_RESTRICTED = frozenset({"me", "change_password", "sign_out"})


@dataclass(frozen=True, slots=True)
class Authenticated:
    """A token that is good now. `restricted_to`: 'change_password' until an initial or aged password is replaced;
    then `actor` holds no permission at all, and a door asks `require` before anything else."""

    actor: Actor
    session_id: UUID
    user_id: UUID
    member_id: UUID
    member_name: str
    tenant_id: UUID
    tenant_name: str
    zone: str
    restricted_to: str | None
    session_expires_at: datetime

    def require(self, operation: str) -> None:
        """Lets only `me`, `change_password`, `sign_out` pass while restricted. Raises PasswordChangeRequired."""
        if self.restricted_to is not None and operation not in OPEN_WHILE_RESTRICTED:
            raise PasswordChangeRequired


class TenantSummary(Result, frozen=True, kw_only=True):
    """A company as its people see it from outside. `current`: the token at hand is bound to it."""

    id: UUID
    name: str
    org_code: str
    zone: str
    trial_ends_at: datetime
    member_id: UUID
    current: bool
    suspended: bool


class CompanyModule(Result, frozen=True, kw_only=True):
    """A module that the company has; `name` as the reader says it. `trial`: not bought, free until the trial ends."""

    code: str
    name: str
    trial: bool


class CompanyRequest(Result, frozen=True, kw_only=True):
    """A module that the company has asked for and not bought since."""

    code: str
    requested_at: datetime


class CompanyAccess(Result, frozen=True, kw_only=True):
    """What the company may use now. `state`: trial | active | read_only, `since` then; `endsAt` is null for a
    subscription without end and for read_only. `modules`: in force; without `writable` they can be read and exported,
    and `reason` and `remedy` say why nothing can be changed and what to do. `base_currency`, `zone`: of the books that
    new documents stand in and by which days are told apart, the first legal entity's."""

    state: str
    since: datetime
    ends_at: datetime | None
    trial_ends_at: datetime
    writable: bool
    modules: list[CompanyModule]
    requests: list[CompanyRequest]
    reason: str | None
    remedy: str | None
    base_currency: str
    zone: str


class MemberSummary(Result, frozen=True, kw_only=True):
    """A member as just made or signed in."""

    id: UUID
    name: str
    account: str | None
    phone: str | None
    email: str | None
    language: str


class SignUpResult(Result, frozen=True, kw_only=True):
    """`token` is shown once. `must_verify_email`: a verification link is on its way; everything works meanwhile."""

    token: str
    tenant: TenantSummary
    member: MemberSummary
    trial_ends_at: datetime
    must_verify_email: bool


class SignInResult(Result, frozen=True, kw_only=True):
    """Without `token` when the second factor is still missing: ask again with `totp` or `recovery_code`."""

    token: str | None
    totp_required: bool
    must_change_password: bool
    tenant: TenantSummary | None
    member: MemberSummary | None
    expires_at: datetime | None


class SessionSummary(Result, frozen=True, kw_only=True):
    """One of a person's own live sessions."""

    id: UUID
    tenant_id: UUID
    tenant_name: str
    device_name: str | None
    address: str | None
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    current: bool


class Me(Result, frozen=True, kw_only=True):
    """Who the token belongs to."""

    user_id: UUID
    member: MemberSummary
    tenant: TenantSummary
    permissions: list[str]
    email_verified: bool
    totp_enabled: bool
    recovery_codes_left: int
    must_change_password: bool


class Done(Result, frozen=True, kw_only=True):
    """The answer of what has nothing to tell, the same whether or not somebody was found."""

    done: bool = True


class Revoked(Result, frozen=True, kw_only=True):
    """How many sessions ended."""

    count: int


class Invited(Result, frozen=True, kw_only=True):
    """An invitation under way; `sent_to` is masked. `link`: only where no gateway takes messages to people, for the
    inviter to hand over, in this answer alone."""

    id: UUID
    sent_to: str
    expires_at: datetime
    link: str | None


class OpenInvitation(Result, frozen=True, kw_only=True):
    """An invitation that nobody has accepted yet; past `expires_at` its link lets nobody in. `sent_to` is masked."""

    id: UUID
    name: str
    sent_to: str
    role_ids: list[UUID]
    scope: str
    organisation_id: UUID | None
    department_id: UUID | None
    inviter_id: UUID | None
    sent_at: datetime
    expires_at: datetime


class InvitationPreview(Result, frozen=True, kw_only=True):
    """What the person behind an invitation link sees before accepting. `has_user`: sign in instead of choosing a
    password; told only to the holder of the link, who has proved the address."""

    tenant_name: str
    inviter: str
    name: str
    sent_to: str
    has_user: bool
    expires_at: datetime


class MemberCreated(Result, frozen=True, kw_only=True):
    """A member with an account of the company's own: signs in with `org_code` + `member.account`."""

    member: MemberSummary
    org_code: str


class TotpEnrolment(Result, frozen=True, kw_only=True):
    """`uri` is the otpauth:// address for the QR code; both hold the secret and are shown once."""

    secret: str
    uri: str


class RecoveryCodes(Result, frozen=True, kw_only=True):
    """Ten single-use codes, shown once."""

    codes: list[str]


class SecurityEvent(Result, frozen=True, kw_only=True):
    """One line of the security log. `identifier` is masked."""

    id: UUID
    at: datetime
    event: str
    member_id: UUID | None
    address: str | None
    identifier: str | None
    device_name: str | None
    reason: str | None


class SecurityEvents(Result, frozen=True, kw_only=True):
    """A page, newest first. `end_cursor`: give it as `after` for the next."""

    events: list[SecurityEvent]
    end_cursor: str | None
    has_next_page: bool
