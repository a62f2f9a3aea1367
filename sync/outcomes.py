"""What a mutation once came to, read again for a device that never heard the answer."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from kernel.db import TenantSession
from kernel.executor import Outcome
from kernel.policy import Actor
from kernel.tables import CommandOutcome
from sync.wire import AppliedTo, Mutation, MutationOutcome, WireRefusal
from tenants.device_entities import InboxEntry
from tenants.inbox_reach import unseen_among
from tenants.errors import Parked
from tenants.masking import without_masked, without_unseen
from values.errors import ModuleNotBought, SubscriptionLapsed

_WAITING = frozenset({SubscriptionLapsed.code, ModuleNotBought.code})
_TOLD = ("entity", "code", "message_zh", "message_en", "remedy_zh", "remedy_en")


async def stored_outcome(
    session: TenantSession, device_id: UUID, mutation: Mutation, actor: Actor
) -> MutationOutcome | None:
    """The outcome under the mutation's uuid (applied) or its number (filed); None if another mutation had the number.

    Outcomes are kept for as long as a device may ask again (PROTOCOL.md, "Retention").
    """
    rows = await session.scalars(
        select(CommandOutcome).where(
            CommandOutcome.tenant_id == session.tenant_id,
            CommandOutcome.client_id == device_id,
            CommandOutcome.key.in_([str(mutation.uuid), f"n:{mutation.n}"]),
        )
    )
    entry: InboxEntry | None = await session.scalar(
        select(InboxEntry)
        .where(
            InboxEntry.tenant_id == session.tenant_id,
            InboxEntry.device_id == device_id,
            InboxEntry.mutation_id == mutation.uuid,
        )
        .order_by(InboxEntry.id)
        .limit(1)
    )
    applied = next((row for row in rows if row.key == str(mutation.uuid)), None)
    if applied is not None:
        outcome = Outcome.from_stored(applied.outcome)
        return MutationOutcome(
            n=mutation.n,
            uuid=mutation.uuid,
            status="merged" if entry is not None else "applied",
            result=AppliedTo(entity=outcome.entity, id=outcome.row_id, version=outcome.version),
            inbox_id=entry.id if entry is not None else None,
        )
    if not rows or entry is None:
        return None
    own = (await unseen_among(session, actor, [entry]))[entry.id]
    return _outcome_of_entry(mutation, entry, actor, own=own)


def _outcome_of_entry(mutation: Mutation, entry: InboxEntry, actor: Actor, *, own: bool | None) -> MutationOutcome:
    """`waiting` for what applies by itself once the company has bought it, `inbox` for what needs a person.

    The reason is the entry's, in the actor's language and without what the actor's masks hide, or what stands in a row
    that they may not view (`own` is not None then).
    """
    kept = {name: getattr(entry, name) for name in _TOLD}
    told = without_masked(kept if own is None else without_unseen(kept, own=own), actor.authority)
    language = "en" if actor.language.startswith("en") else "zh"
    return MutationOutcome(
        n=mutation.n,
        uuid=mutation.uuid,
        status=_status(entry),
        inbox_id=entry.id,
        error=WireRefusal(
            code=entry.code,
            message=told[f"message_{language}"],
            field=entry.field,
            remedy=told[f"remedy_{language}"],
        ),
    )


def _status(entry: InboxEntry) -> str:
    if entry.state == "applied":
        return "applied"
    if entry.code == Parked.code:
        return "parked"
    return "waiting" if entry.code in _WAITING else "inbox"
