"""Forgetting a person on the platform, when a company erases its member: inside that command's transaction.

Whoever belongs to no other company keeps nothing by which they could be found or could sign in. Whoever does keeps
what those companies sign them in with; only the tie to this company ends. The security log stays for as long as the
law asks (`security_log.KEPT_DAYS`): it has identifiers only masked.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, insert, or_, select, update

from kernel.context import Context
from tenants.identity.password_history import forgetting_earlier
from tenants.identity.people import locking_user
from tenants.identity.security_log import entry
from tenants.identity.user_rows import on_platform
from tenants.platform_tables import LinkToken, Membership, Session, Tenant, User, UserIdentifier
from values.ids import new_id

_GONE = "erased"


async def forget_person(ctx: Context, member_id: UUID, name: str) -> UUID | None:
    """Erases the user behind a member; `name` takes the place of theirs. Only in commands of the provision pool.

    Returns the id of the user that the member has now: another, nameless one where the person belongs to other
    companies, so that nothing leads from here to there. None if the platform knows no such membership.
    """
    held = select(Membership.user_id).where(Membership.id == member_id, Membership.tenant_id == ctx.tenant_id)
    user_id: UUID | None = (await on_platform(ctx, held)).scalar_one_or_none()
    # Whoever joins another company at this moment waits for the lock, and then finds no such user.
    user = (await on_platform(ctx, locking_user(user_id))).one_or_none() if user_id is not None else None
    if user_id is None or user is None:
        return user_id
    identifiers = list(
        await on_platform(
            ctx,
            select(UserIdentifier.id, UserIdentifier.kind, UserIdentifier.value).where(
                UserIdentifier.user_id == user_id
            ),
        )
    )
    elsewhere = select(Membership.id).where(Membership.user_id == user_id, Membership.id != member_id).limit(1)
    stays = (await on_platform(ctx, elsewhere)).first() is not None
    await _blank_links(ctx, user_id, [found.value for found in identifiers], everywhere=not stays)
    await _blank_sessions(ctx, Session.membership_id == member_id if stays else Session.user_id == user_id)
    by = str(ctx.actor.member_id) if ctx.actor.member_id else None
    await on_platform(ctx, entry(ctx.now, _GONE, tenant_id=ctx.tenant_id, member_id=member_id, by_member_id=by))
    if stays:
        await _drop_account(ctx, identifiers)
        return await _untie(ctx, member_id, name, user.language)
    await _blank_identifiers(ctx, [found.id for found in identifiers])
    await on_platform(ctx, forgetting_earlier(user_id))
    await on_platform(ctx, update(User).where(User.id == user_id).values(**_nobody(name), erased_at=ctx.now))
    return user_id


def _nobody(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "password_hash": None,
        "password_changed_at": None,
        "password_must_change": False,
        "totp_secret": None,
        "totp_confirmed_at": None,
        "totp_last_counter": None,
        "recovery_codes": None,
    }


async def _untie(ctx: Context, member_id: UUID, name: str, language: str) -> UUID:
    """The membership goes to a user who is nobody."""
    nobody = new_id()
    made = insert(User).values(id=nobody, language=language, created_at=ctx.now, erased_at=ctx.now, **_nobody(name))
    await on_platform(ctx, made)
    await on_platform(ctx, update(Membership).where(Membership.id == member_id).values(user_id=nobody))
    await on_platform(ctx, update(Session).where(Session.membership_id == member_id).values(user_id=nobody))
    return nobody


async def _drop_account(ctx: Context, identifiers: list[Any]) -> None:
    """The account name at this company goes, unless the person has no other way to sign in to the others."""
    code = (await on_platform(ctx, select(Tenant.org_code).where(Tenant.id == ctx.tenant_id))).scalar_one()
    here = [found.id for found in identifiers if found.kind == "account" and found.value.startswith(f"{code}/")]
    if len(here) < len(identifiers):
        await _blank_identifiers(ctx, here)


async def _blank_identifiers(ctx: Context, ids: list[UUID]) -> None:
    """Not deleted, but free: whoever has the phone or the address next may sign up with it."""
    for row_id in ids:
        blank = update(UserIdentifier).where(UserIdentifier.id == row_id)
        await on_platform(ctx, blank.values(value=f"{_GONE}:{row_id}", verified_at=None))


async def _blank_sessions(ctx: Context, which: ColumnElement[bool]) -> None:
    await on_platform(ctx, update(Session).where(which).values(device_name=None, address=None))
    live = update(Session).where(which, Session.revoked_at.is_(None))
    await on_platform(ctx, live.values(revoked_at=ctx.now, revoked_reason=_GONE))


async def _blank_links(ctx: Context, user_id: UUID, values: list[str], *, everywhere: bool) -> None:
    """Links and codes that tell an address or a phone. Another company's invitation of the same address is its own."""
    named = or_(*(LinkToken.subject.endswith(f":{value}", autoescape=True) for value in values), _never())
    mine = and_(LinkToken.purpose == "invitation", LinkToken.tenant_id == ctx.tenant_id, named)
    if everywhere:
        theirs = and_(LinkToken.purpose != "invitation", or_(named, LinkToken.subject == str(user_id)))
        mine = or_(mine, theirs)
    blank = update(LinkToken).where(mine)
    await on_platform(ctx, blank.where(LinkToken.used_at.is_(None)).values(used_at=ctx.now))
    await on_platform(ctx, blank.values(subject=_GONE, details={}))


def _never() -> ColumnElement[bool]:
    """So that the list of alternatives is never empty."""
    return LinkToken.id.is_(None)
