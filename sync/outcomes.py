"""What a mutation once came to, read again for a device that never heard the answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from msgspec import structs
from sqlalchemy import Select, select, text

from infra.questions import Question
from kernel.command import Command, Input, Result
from kernel.context import Context
from kernel.db import TenantSession
from kernel.executor import Outcome
from kernel.policy import Actor
from kernel.tables import CommandOutcome
from sync.errors import AwaitsOtherDevice
from sync.wire import AppliedTo, Mutation, MutationOutcome, WireRefusal
from tenants.device_entities import InboxEntry
from tenants.errors import Parked
from tenants.inbox_reach import unseen_among
from tenants.masking import without_masked, without_unseen
from tenants.mutation_input import row_id_of, storable
from tenants.parking import RESOLVE
from values.errors import KeyReused, ModuleNotBought, SubscriptionLapsed

_WAITING = frozenset({SubscriptionLapsed.code, ModuleNotBought.code})
_COMBINED = text(
    "SELECT 1 FROM app.audit_entry WHERE tenant_id = :tenant_id AND row_id = :row_id AND at = :at "
    "AND op = 'merge' "
    "AND jsonb_path_exists(after, '$.*.outcome ? (@ == \"combined\")')"
)
_COLLIDE = """
INSERT INTO app.command_outcome (tenant_id, client_id, key, request_hash, command, outcome, member_id, created_at)
SELECT tenant_id, client_id, key, request_hash, command, outcome, member_id, created_at FROM app.command_outcome
WHERE tenant_id = %s AND client_id = %s AND key = %s
"""
_PARKED = frozenset({Parked.code, AwaitsOtherDevice.code})
_TOLD = ("entity", "code", "message_zh", "message_en", "remedy_zh", "remedy_en")


def filed_key(mutation: Mutation) -> str:
    """Under which the filing of a mutation is stored, apart from its effect."""
    return f"filed:{mutation.uuid}"


def asking_filed(tenant_id: UUID, client_id: UUID, mutation: Mutation) -> Question[bool]:
    """Whether the mutation lies in the inbox already: another copy of the replica was quicker."""
    filed = "SELECT 1 FROM app.command_outcome WHERE tenant_id = %s AND client_id = %s AND key = %s"
    return Question(filed, [tenant_id, client_id, filed_key(mutation)], lambda rows: rows is not None)


def asking_applied(tenant_id: UUID, client_id: UUID, mutation: Mutation) -> Question[bool]:
    """Whether the mutation had its effect: another copy of the replica was quicker."""
    applied = "SELECT 1 FROM app.command_outcome WHERE tenant_id = %s AND client_id = %s AND key = %s"
    return Question(applied, [tenant_id, client_id, str(mutation.uuid)], lambda rows: rows is not None)


def unless_filed(tenant_id: UUID, client_id: UUID, mutation: Mutation) -> tuple[str, list[Any]]:
    """For the commit of an effect: collides with the mutation's filing, if a copy of the replica has filed it since the
    effect's opening. The command is tried again then, and finds it."""
    return _COLLIDE, [tenant_id, client_id, filed_key(mutation)]


class NoteSettled(Input, frozen=True, kw_only=True):
    """Why nothing was done and nothing is left to do: of a decision that somebody had made before, of a request."""

    code: str
    message_zh: str
    message_en: str
    remedy_zh: str
    remedy_en: str
    field: str | None


class SettledNoted(Result, frozen=True, kw_only=True):
    reason: dict[str, str | None]


async def _note_settled(_ctx: Context, data: NoteSettled) -> SettledNoted:
    return SettledNoted(reason=structs.asdict(data))


NOTE_SETTLED = Command(
    name="sync.note_settled",
    handler=_note_settled,
    input_type=NoteSettled,
    result_type=SettledNoted,
    permission=None,
    module=None,
    zh="记录无需再处理",
    en="Note that nothing is left to do",
    on_read_only=True,
    api=False,
)


async def stored_outcome(
    session: TenantSession, client_id: UUID, mutation: Mutation, actor: Actor
) -> MutationOutcome | None:
    """The outcome under the mutation's uuid, applied or filed; None if it was never taken: another one had its number.

    `client_id`: the device, or the one from which its replica was copied. Outcomes are kept for as long as a device may
    ask again (PROTOCOL.md, "Retention").
    """
    rows = await session.scalars(_outcomes_of(session.tenant_id, client_id, mutation))
    entries: Sequence[InboxEntry] = await session.scalars(_entries_of(session.tenant_id, actor, mutation))
    applied = next((row for row in rows if row.key == str(mutation.uuid)), None)
    reused = next((entry for entry in entries if entry.code == KeyReused.code), None) if applied is not None else None
    entry = next((entry for entry in entries if entry is not reused), None)
    if reused is not None and _is_about(reused, mutation):
        applied, entry = None, reused
    if applied is not None:
        merged = entry is not None or await _combined(session, applied)
        return _outcome_of_effect(mutation, applied, entry, merged=merged)
    decided = next((row for row in rows if row.command == NOTE_SETTLED.name), None)
    if decided is not None:
        return _outcome_of_settled(mutation, decided.outcome["result"], actor)
    if not rows or entry is None:
        return None
    own = (await unseen_among(session, actor, [entry]))[entry.id]
    return _outcome_of_entry(mutation, entry, actor, own=own)


def _outcomes_of(tenant_id: UUID, client_id: UUID, mutation: Mutation) -> Select[CommandOutcome]:
    """What is stored of its effect and of its filing."""
    return select(CommandOutcome).where(
        CommandOutcome.tenant_id == tenant_id,
        CommandOutcome.client_id == client_id,
        CommandOutcome.key.in_([str(mutation.uuid), filed_key(mutation)]),
    )


def _entries_of(tenant_id: UUID, actor: Actor, mutation: Mutation) -> Select[InboxEntry]:
    """What lies in the inbox of it: of an effect, one about what clashed and one about another content under its
    uuid."""
    return (
        select(InboxEntry)
        .where(
            InboxEntry.tenant_id == tenant_id,
            InboxEntry.owner_id == actor.member_id,
            InboxEntry.mutation_id == mutation.uuid,
        )
        .order_by(InboxEntry.id)
        .limit(2)
    )


def _is_about(entry: InboxEntry, mutation: Mutation) -> bool:
    """Whether this is what was filed because something else had been done under its uuid."""
    return (entry.command, entry.arguments) == (storable(mutation.command), storable(mutation.arguments))


async def _combined(session: TenantSession, applied: CommandOutcome) -> bool:
    """Whether the mutation took in others' changes: the audit of the row tells, in the same transaction's instant."""
    row_id = Outcome.from_stored(applied.outcome).row_id
    about = {"tenant_id": session.tenant_id, "row_id": row_id, "at": applied.created_at}
    return row_id is not None and (await session.core(_COMBINED, about)).first() is not None


def _outcome_of_effect(
    mutation: Mutation, applied: CommandOutcome, entry: InboxEntry | None, *, merged: bool
) -> MutationOutcome:
    outcome = Outcome.from_stored(applied.outcome)
    return MutationOutcome(
        n=mutation.n,
        uuid=mutation.uuid,
        status="merged" if merged else "applied",
        result=AppliedTo(entity=outcome.entity, id=outcome.row_id, version=outcome.version),
        inbox_id=entry.id if entry is not None else None,
    )


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
        waits_for=[UUID(found) for found in entry.waits_for],
        error=WireRefusal(
            code=entry.code,
            message=told[f"message_{language}"],
            field=entry.field,
            remedy=told[f"remedy_{language}"],
        ),
    )


def _outcome_of_settled(mutation: Mutation, stored: Any, actor: Actor) -> MutationOutcome:
    reason, language = stored["reason"], "en" if actor.language.startswith("en") else "zh"
    return MutationOutcome(
        n=mutation.n,
        uuid=mutation.uuid,
        status="settled",
        inbox_id=row_id_of(mutation.arguments.get("id")) if mutation.command == RESOLVE else None,
        error=WireRefusal(
            code=reason["code"],
            message=reason[f"message_{language}"],
            field=reason["field"],
            remedy=reason[f"remedy_{language}"],
        ),
    )


def _status(entry: InboxEntry) -> str:
    if entry.state == "applied":
        return "applied"
    if entry.code in _PARKED:
        return "parked"
    return "waiting" if entry.code in _WAITING else "inbox"
