"""An admin gives a company account a new initial password: its owner has no address to send a link to."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import func, select, update

from kernel.policy import Authority, reaches
from tenants.authority import RoleAuthorizer
from tenants.default_roles import DEFAULT_ROLES
from tenants.entities import Member
from tenants.errors import MemberHoldsMore, NotACompanyAccount
from tenants.granting import MANAGE_MEMBERS, administers_rights, refuse_beyond
from tenants.identity.inputs import ResetMemberPassword
from tenants.identity.parts import IdentityParts
from tenants.identity.password_history import remember_replaced
from tenants.identity.people import lock_user
from tenants.identity.results import Authenticated, Done
from tenants.identity.security_log import entry
from tenants.identity.sessions import revoke
from tenants.identity.tenant_rules import require_good, standing_of
from tenants.platform_tables import Membership, Session, User, UserIdentifier
from values.errors import NotFound, Words

# What everybody may about the company itself: a role built in for those who have nothing else to rule.
_USUAL = frozenset(next(role.platform for role in DEFAULT_ROLES if role.key == "salesperson"))


async def reset_member_password(
    parts: IdentityParts, who: Authenticated, data: ResetMemberPassword, *, address: str | None
) -> Done:
    """Replaces password and second factor of an account that is this company's alone; all its sessions end.

    Never of a person with an address or a second company: that would hand their other companies to this admin.
    Nor of a member out of the caller's reach, nor of an administrator by anybody else, nor of somebody whose rights go
    further than where the caller manages: who sets a password can sign in with it.

    Raises PermissionDenied, MemberHoldsMore, NotFound, NotACompanyAccount, PasswordRefused.
    """
    who.require("reset_member_password")
    who.actor.authority.require(MANAGE_MEMBERS)
    user_id, account, name = await _user_of(parts, who, data.member_id)
    rules = (await standing_of(parts, who.tenant_id, who.member_id)).rules
    require_good(rules.policy, data.initial_password, (account, name, who.tenant_name), "initialPassword")
    renewed = await parts.hash(data.initial_password)
    now = parts.now()
    async with parts.engine.database.platform_session() as connection:
        user = await lock_user(connection, user_id)
        kinds = select(UserIdentifier.kind).where(UserIdentifier.user_id == user_id)
        companies = select(func.count()).where(Membership.user_id == user_id, Membership.ended_at.is_(None))
        own = set((await connection.execute(kinds)).scalars()) == {"account"}
        if user is None or not own or (await connection.execute(companies)).scalar_one() != 1:
            raise NotACompanyAccount(field="memberId")
        await remember_replaced(connection, user_id, user.password_hash, rules.policy.history, now)
        await connection.execute(
            update(User)
            .where(User.id == user_id)
            .values(
                password_hash=renewed,
                password_changed_at=now,
                password_must_change=True,
                totp_secret=None,
                totp_confirmed_at=None,
                totp_last_counter=None,
                recovery_codes=None,
            )
        )
        ended = await revoke(connection, Session.user_id == user_id, "password_reset", now)
        await connection.execute(
            entry(
                now,
                "password_reset_by_admin",
                user_id=user_id,
                tenant_id=who.tenant_id,
                member_id=data.member_id,
                address=address,
                by_member_id=str(who.member_id),
            )
        )
    await parts.tell_revoked(ended)
    return Done()


async def _user_of(parts: IdentityParts, who: Authenticated, member_id: UUID) -> tuple[UUID, str, str]:
    """User, account and name of a member with an account.

    Raises NotFound, PermissionDenied, MemberHoldsMore, NotACompanyAccount.
    """
    wanted = select(Member.user_id, Member.account, Member.name, Member.path)
    async with parts.engine.reading(who.actor) as session:
        found = await session.execute(wanted.where(Member.tenant_id == who.tenant_id, Member.id == member_id))
        row = found.one_or_none()
        if row is None:
            raise NotFound(field="memberId", entity=Words("成员", "member"))
        await refuse_beyond(session, who.actor, member_id, row.path, MANAGE_MEMBERS)
        _, held = await RoleAuthorizer().member(session, member_id)
        if not administers_rights(who.actor.authority) and _exceeds(held, who.actor.authority):
            raise MemberHoldsMore(field="memberId")
    if row.account is None:
        raise NotACompanyAccount(field="memberId")
    return row.user_id, row.account, row.name


def _exceeds(theirs: Authority, mine: Authority) -> bool:
    """Whether their rights go beyond where I manage members, or let them rule over the company where I may not."""
    managed = mine.prefixes(MANAGE_MEMBERS)
    beyond = any(not reaches(managed, prefix) for prefixes in theirs.grants.values() for prefix in prefixes)
    ruling = [held for held in theirs.grants if held.startswith("tenants.") and held not in _USUAL]
    return beyond or not all(mine.holds(permission) for permission in ruling)
