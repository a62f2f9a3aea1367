"""What doors ask the identity service for. Field names on the wire are these, camelCased."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from kernel.command import Input

SmsPurpose = Literal["enter", "sign_up", "sign_in", "accept_invitation", "reset_password"]
Language = Literal["zh-CN", "en"]
USUAL_LANGUAGE: Language = "zh-CN"


class SignUp(Input, frozen=True, kw_only=True):
    """Exactly one of `email` (with `password`) and `phone` (with `code`; a password may be set too).

    `totp` / `recovery_code`: for a person who already has a second factor and founds another company. `language`: of
    the member and of what the company starts with; without it the caller's (`Accept-Language`), else Chinese.
    """

    company_name: str
    email: str | None = None
    phone: str | None = None
    password: str | None = None
    code: str | None = None
    totp: str | None = None
    recovery_code: str | None = None
    admin_name: str | None = None
    language: Language | None = None
    zone: str = "Asia/Shanghai"
    currency: str = "CNY"
    demo_data: bool = False
    device_name: str | None = None


class RequestSmsCode(Input, frozen=True, kw_only=True):
    """`purpose` "enter", the default, is good for `signUp` and for `signIn`, and sent to numbers that nobody has yet.

    The others are good for one thing: sign_up, sign_in, accept_invitation, reset_password. The answer is always the
    same; for sign_in and reset_password nothing is sent to a number that belongs to nobody.
    """

    phone: str
    purpose: SmsPurpose = "enter"
    language: Language | None = None


class SignIn(Input, frozen=True, kw_only=True):
    """One of `identifier` (phone or e-mail), or `org_code` + `account`; and `password`, or for a phone `code`.

    `tenant_id`: which company, when the person belongs to several; otherwise the one used last.
    """

    identifier: str | None = None
    org_code: str | None = None
    account: str | None = None
    password: str | None = None
    code: str | None = None
    totp: str | None = None
    recovery_code: str | None = None
    device_name: str | None = None
    tenant_id: UUID | None = None


class InviteMember(Input, frozen=True, kw_only=True):
    """Exactly one of `email` and `phone`. Each role in `role_ids` is given with `scope`: own, department, subtree, all.

    Without `organisation_id` the head office; `department_id` must lie in the organisation.
    """

    name: str
    role_ids: list[UUID]
    email: str | None = None
    phone: str | None = None
    scope: str = "own"
    organisation_id: UUID | None = None
    department_id: UUID | None = None
    language: Language = "zh-CN"


class ResendInvitation(Input, frozen=True, kw_only=True):
    """An invitation that nobody has accepted, also an expired one."""

    id: UUID


class WithdrawInvitation(Input, frozen=True, kw_only=True):
    id: UUID


class AcceptInvitation(Input, frozen=True, kw_only=True):
    """A new person chooses `password` (by phone optional) and may correct `name`; a person who already has a user
    proves it with `password` or, for a phone, an SMS `code` (+ `totp`), or by calling signed in."""

    token: str
    name: str | None = None
    password: str | None = None
    code: str | None = None
    totp: str | None = None
    recovery_code: str | None = None
    device_name: str | None = None


class CreateMember(Input, frozen=True, kw_only=True):
    """A person without phone or e-mail of their own: signs in by 组织号 + `account`; must change `initial_password`."""

    account: str
    name: str
    initial_password: str
    role_ids: list[UUID]
    scope: str = "own"
    organisation_id: UUID | None = None
    department_id: UUID | None = None
    language: Language = "zh-CN"


class ChangePassword(Input, frozen=True, kw_only=True):
    """`current_password` is needed unless the person has none yet. All their other sessions end."""

    new_password: str
    current_password: str | None = None


class RequestPasswordReset(Input, frozen=True, kw_only=True):
    """`identifier`: e-mail (gets a link) or phone (gets an SMS code of purpose reset_password)."""

    identifier: str
    language: Language | None = None


class ResetPassword(Input, frozen=True, kw_only=True):
    """By `token` of the mailed link, or by `phone` + `code`. Ends all the person's sessions."""

    new_password: str
    token: str | None = None
    phone: str | None = None
    code: str | None = None


class VerifyEmail(Input, frozen=True, kw_only=True):
    token: str


class RevokeSession(Input, frozen=True, kw_only=True):
    """One session by `id`, or all others."""

    id: UUID | None = None
    all_others: bool = False


class EnrollTotp(Input, frozen=True, kw_only=True):
    """`password` proves that the person, not a borrowed screen, asks; needed when they have one."""

    password: str | None = None


class ConfirmTotp(Input, frozen=True, kw_only=True):
    code: str


class DisableTotp(Input, frozen=True, kw_only=True):
    """One of `code` and `recovery_code`, and the password when there is one."""

    password: str | None = None
    code: str | None = None
    recovery_code: str | None = None


class ResetMemberPassword(Input, frozen=True, kw_only=True):
    """For an account with 组织号; `initial_password` lasts for one sign-in."""

    member_id: UUID
    initial_password: str
