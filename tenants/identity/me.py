"""Who am I: the person behind a token, in the company that it is bound to."""

from __future__ import annotations

from tenants.identity.parts import IdentityParts
from tenants.identity.people import belongings_of, identifiers_of, person_of
from tenants.identity.results import Authenticated, Me
from tenants.identity.sessions import summary
from tenants.identity.tenant_rules import standing_of
from values.errors import NotSignedIn


async def me(parts: IdentityParts, who: Authenticated) -> Me:
    """Works in a restricted session too; then without permissions. Raises NotSignedIn if the member left meanwhile."""
    person = await person_of(parts, who.user_id)
    standing = await standing_of(parts, who.tenant_id, who.member_id)
    here = [belonging for belonging in await belongings_of(parts, who.user_id) if belonging.member_id == who.member_id]
    if standing.member is None or not here:
        raise NotSignedIn
    identifiers = await identifiers_of(parts, who.user_id)
    return Me(
        user_id=who.user_id,
        member=standing.member,
        tenant=summary(here[0], current=True),
        permissions=sorted(name for name in who.actor.authority.grants if who.actor.authority.holds(name)),
        email_verified=any(kind == "email" and verified_at is not None for kind, _, verified_at in identifiers),
        totp_enabled=person.has_second_factor,
        recovery_codes_left=len(person.recovery_codes),
        must_change_password=who.restricted_to is not None,
    )
