"""The identity service: the one door to people and how they sign in. Every method is a thin call; the rules stand in
the modules beside."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from redis.asyncio import Redis

from kernel.engine import Engine
from kernel.policy import Actor
from tenants.delivery.mail import MailSender
from tenants.delivery.sms import SmsSender
from tenants.identity import (
    authentication,
    inputs,
    invitations,
    me,
    member_password,
    open_invitations,
    password_change,
    results,
    rotation,
    second_factor,
    security_log,
    sessions,
    sign_in,
    sign_up,
    sms_codes,
)
from tenants.identity.parts import REVOKED_CHANNEL, IdentityParts
from tenants.identity.passwords import PasswordWorkers
from tenants.identity.postman import Postman
from tenants.identity.results import Authenticated
from tenants.identity.throttle import Throttle


class IdentityService:
    """One per process. `address` is the caller's network address as the door knows it (behind trusted proxies only).

    Methods with `who` need a token: `who = await authenticate(token, …)` first.
    """

    def __init__(
        self,
        engine: Engine,
        redis: Redis,
        mail: MailSender,
        sms: SmsSender,
        *,
        public_url: str,
        passwords: PasswordWorkers,
    ) -> None:
        self._parts = IdentityParts(engine, redis, Postman(mail, sms), Throttle(redis), passwords, public_url)

    async def close(self) -> None:
        """Delivers what is under way. The redis client and the password workers are the caller's to close."""
        await self._parts.post.settle()

    # Without a token

    async def sign_up(
        self, data: inputs.SignUp, *, address: str | None = None, request_id: str | None = None
    ) -> results.SignUpResult:
        return await sign_up.sign_up(self._parts, data, address=address, request_id=request_id)

    async def request_sms_code(self, data: inputs.RequestSmsCode, *, address: str | None = None) -> results.Done:
        return await sms_codes.request_sms_code(self._parts, data, address=address)

    async def sign_in(self, data: inputs.SignIn, *, address: str | None = None) -> results.SignInResult:
        return await sign_in.sign_in(self._parts, data, address=address)

    async def authenticate(
        self, token: str, *, address: str | None = None, request_id: str | None = None
    ) -> Authenticated:
        """Whose token this is, now. Raises NotSignedIn."""
        return await authentication.authenticate(self._parts, token, address=address, request_id=request_id)

    async def sessions_in_force(self, session_ids: Sequence[UUID]) -> frozenset[UUID]:
        """Which of these sessions nobody has ended."""
        return await authentication.in_force(self._parts, session_ids)

    async def watch(self, token: str, *, address: str | None = None, request_id: str | None = None) -> Authenticated:
        """As `authenticate`, for whoever only keeps a connection open: it does not count as a use of the session."""
        return await authentication.authenticate(
            self._parts, token, address=address, request_id=request_id, counts_as_use=False
        )

    async def rotate(self, token: str, check: rotation.Check, *, address: str | None = None) -> rotation.RotatedToken:
        """A device's next token; the same again for whoever lost the answer."""
        return await rotation.rotate(self._parts, token, check, address=address)

    async def turned_away(self, token: str, *, address: str | None = None) -> rotation.EndedSession | None:
        """What a device's door asks about a token that it has just refused."""
        return await rotation.turned_away(self._parts, token, address=address)

    async def preview_invitation(self, token: str, *, address: str | None = None) -> results.InvitationPreview:
        return await invitations.preview_invitation(self._parts, token, address=address)

    async def accept_invitation(
        self, data: inputs.AcceptInvitation, *, address: str | None = None, who: Authenticated | None = None
    ) -> results.SignInResult:
        """`who`: the caller is signed in and joins with that user."""
        return await invitations.accept_invitation(self._parts, data, address=address, who=who)

    async def request_password_reset(
        self, data: inputs.RequestPasswordReset, *, address: str | None = None
    ) -> results.Done:
        return await password_change.request_password_reset(self._parts, data, address=address)

    async def reset_password(self, data: inputs.ResetPassword, *, address: str | None = None) -> results.Done:
        return await password_change.reset_password(self._parts, data, address=address)

    async def verify_email(self, data: inputs.VerifyEmail, *, address: str | None = None) -> results.Done:
        return await password_change.verify_email(self._parts, data, address=address)

    # One's own affairs

    async def me(self, who: Authenticated) -> results.Me:
        return await me.me(self._parts, who)

    async def my_tenants(self, who: Authenticated) -> list[results.TenantSummary]:
        return await sessions.my_tenants(self._parts, who)

    async def switch_tenant(
        self, who: Authenticated, tenant_id: UUID, *, address: str | None = None
    ) -> results.SignInResult:
        """A token for another company; the present one stays good."""
        return await sessions.switch_tenant(self._parts, who, tenant_id, address=address)

    async def sessions(self, who: Authenticated) -> list[results.SessionSummary]:
        return await sessions.own_sessions(self._parts, who)

    async def revoke_session(
        self, who: Authenticated, data: inputs.RevokeSession, *, address: str | None = None
    ) -> results.Revoked:
        return await sessions.revoke_session(self._parts, who, data, address=address)

    async def sign_out(self, who: Authenticated, *, address: str | None = None) -> results.Done:
        return await sessions.sign_out(self._parts, who, address=address)

    async def change_password(
        self, who: Authenticated, data: inputs.ChangePassword, *, address: str | None = None
    ) -> results.Done:
        return await password_change.change_password(self._parts, who, data, address=address)

    async def request_email_verification(self, who: Authenticated) -> results.Done:
        return await password_change.request_email_verification(self._parts, who)

    async def enroll_totp(self, who: Authenticated, data: inputs.EnrollTotp) -> results.TotpEnrolment:
        return await second_factor.enroll_totp(self._parts, who, data)

    async def confirm_totp(
        self, who: Authenticated, data: inputs.ConfirmTotp, *, address: str | None = None
    ) -> results.RecoveryCodes:
        return await second_factor.confirm_totp(self._parts, who, data, address=address)

    async def disable_totp(
        self, who: Authenticated, data: inputs.DisableTotp, *, address: str | None = None
    ) -> results.Done:
        return await second_factor.disable_totp(self._parts, who, data, address=address)

    # Bringing people in, and out

    async def invite_member(self, who: Authenticated, data: inputs.InviteMember) -> results.Invited:
        return await invitations.invite_member(self._parts, who, data)

    async def open_invitations(self, who: Authenticated) -> list[results.OpenInvitation]:
        return await open_invitations.open_invitations(self._parts, who)

    async def resend_invitation(self, who: Authenticated, data: inputs.ResendInvitation) -> results.Invited:
        return await open_invitations.resend_invitation(self._parts, who, data)

    async def withdraw_invitation(self, who: Authenticated, data: inputs.WithdrawInvitation) -> results.Done:
        return await open_invitations.withdraw_invitation(self._parts, who, data)

    async def create_member(self, who: Authenticated, data: inputs.CreateMember) -> results.MemberCreated:
        return await invitations.create_member(self._parts, who, data)

    async def reset_member_password(
        self, who: Authenticated, data: inputs.ResetMemberPassword, *, address: str | None = None
    ) -> results.Done:
        return await member_password.reset_member_password(self._parts, who, data, address=address)

    async def force_sign_out(self, actor: Actor, member_id: UUID, *, address: str | None = None) -> results.Revoked:
        return await sessions.force_sign_out(self._parts, actor, member_id, address=address)

    # The security log

    async def security_events(self, actor: Actor, first: int = 50, after: str | None = None) -> results.SecurityEvents:
        return await security_log.security_events(self._parts, actor, first, after)


__all__ = ["REVOKED_CHANNEL", "IdentityService"]
