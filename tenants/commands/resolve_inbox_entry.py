"""A person decides about an inbox entry: take mine, take theirs, or discard. The entry itself stays, for the audit.

What was parked behind the entry follows: it is run by a job when the row is there, and turns to a person when the
creation was discarded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import select

from kernel.command import Command, Input, command
from kernel.context import Context
from tenants.authority import RoleAuthorizer
from tenants.commands.file_inbox_entry import reason_of, turn
from tenants.device_entities import InboxEntry
from tenants.entities import LegalEntity, Member
from tenants.erased_rows import named_ids
from tenants.errors import AlreadyDecided
from tenants.filed_meanwhile import without_overtaken
from tenants.kept_commands import acting_as, run_kept
from tenants.mutation_input import storable
from tenants.numbering_forsaken import number_kept
from tenants.numbering_leases import numbers_of
from tenants.parking import (
    as_unresolved,
    blockers,
    discarded,
    makes_a_row,
    parked_behind,
    unresolved_of,
)
from tenants.resubmitting import decided, resubmittable
from values.errors import InvalidTransition, Words

RELEASE = "tenants.inbox_settled"  # the outbox topic: run what was parked behind an entry

# (state, action) → state. What is not listed is refused.
TRANSITIONS = {
    ("open", "mine"): "taken",
    ("open", "theirs"): "discarded",
    ("open", "discard"): "discarded",
    ("waiting", "discard"): "discarded",
    ("parked", "mine"): "taken",
    ("parked", "discard"): "discarded",
}

STATES = {
    "open": Words("待处理", "open"),
    "waiting": Words("等待订阅", "waiting for the subscription"),
    "parked": Words("等待前一项", "waiting for another entry"),
    "applied": Words("已生效", "applied"),
    "discarded": Words("已放弃", "discarded"),
    "taken": Words("已采用", "taken over"),
}
_ACTIONS = {
    "mine": Words("采用我的修改", "take over your own edit"),
    "theirs": Words("采用对方的修改", "keep the other edit"),
    "discard": Words("放弃", "discard it"),
}


class ResolveInboxEntry(Input, frozen=True, kw_only=True):
    """`mine` runs what is kept again, over the present values; `fields` limits it to some of the differences.

    `arguments` replaces what was sent (edit and resubmit), about the same row.
    """

    id: UUID
    action: Literal["mine", "theirs", "discard"]
    fields: list[str] | msgspec.UnsetType | None = msgspec.UNSET
    arguments: dict[str, Any] | msgspec.UnsetType | None = msgspec.UNSET


@command(
    zh="处理待处理项",
    en="Resolve an inbox entry",
    permission="tenants.inbox.resolve",
    module=None,
    offline=True,
)
async def resolve_inbox_entry(ctx: Context, data: ResolveInboxEntry) -> InboxEntry:
    """What `mine` runs and which names a row that is not there yet, is parked instead of refused.

    A leased number that the entry's document was to have, and that it does not get now, is voided.
    Raises NotFound, AlreadyDecided, InvalidTransition, and with `mine` NotResubmittable, NothingToResubmit,
    ChangedSinceFiled and whatever the kept command raises.
    """
    entry = await ctx.lock(InboxEntry, data.id)
    state = TRANSITIONS.get((entry.state, data.action))
    if state is None:
        raise await _refused(ctx, entry, data.action)
    number = await number_kept(ctx, entry.owner_id, entry.command, entry.arguments)
    if data.action == "mine":
        given = data.arguments if isinstance(data.arguments, dict) else None
        kept = resubmittable(entry, anew=given is not None)
        wanted = data.fields if isinstance(data.fields, list) else None
        arguments = decided(entry, kept, given, wanted)
        waits = blockers(kept, arguments, await unresolved_of(ctx.session, entry.owner_id, before=entry))
        if waits:
            if number is not None and arguments.get("number") != entry.arguments.get("number"):
                await number.void_if_outstanding(ctx)
            entry.arguments = storable(arguments)
            turn(entry, "parked", [str(found.id) for found in waits], reason_of(parked_behind(waits)))
            return entry
        with numbers_of(entry.owner_id):
            await _run(ctx, entry, kept, arguments)
    else:
        await _open_dependants(ctx, entry)
    if number is not None:
        await number.void_if_outstanding(ctx)
    entry.state, entry.waits_for = state, []
    entry.resolved_at, entry.resolved_by_id = ctx.now, ctx.actor.member_id
    if await _parked(ctx, entry):
        ctx.enqueue(RELEASE, {"ownerId": str(entry.owner_id)})
    return entry


def _possible(state: str) -> Words:
    found = [words for action, words in _ACTIONS.items() if (state, action) in TRANSITIONS]
    if not found:
        return Words("无", "none")
    return Words("、".join(words.zh for words in found), ", ".join(words.en for words in found))


async def _refused(ctx: Context, entry: InboxEntry, action: str) -> AlreadyDecided | InvalidTransition:
    if entry.resolved_at is None or entry.resolved_by_id is None:
        return InvalidTransition(
            field="action", state=STATES[entry.state], action=_ACTIONS[action], possible=_possible(entry.state)
        )
    member = await ctx.get(Member, entry.resolved_by_id)
    by = Words(member.name, member.name) if member is not None else Words("其他成员", "Another member")
    if entry.resolved_by_id == ctx.actor.member_id:
        by = Words("您", "You")
    zone = await ctx.session.scalar(select(LegalEntity.zone).order_by(LegalEntity.id).limit(1))
    at = entry.resolved_at.astimezone(ZoneInfo(zone or "UTC")).strftime("%Y-%m-%d %H:%M")
    return AlreadyDecided(field="action", by=by, at=at, state=STATES[entry.state])


async def _parked(ctx: Context, entry: InboxEntry) -> Sequence[InboxEntry]:
    """What is parked behind the entry, locked in id order."""
    found: Sequence[InboxEntry] = await ctx.session.scalars(
        select(InboxEntry)
        .where(
            InboxEntry.tenant_id == ctx.tenant_id,
            InboxEntry.owner_id == entry.owner_id,
            InboxEntry.state == "parked",
            InboxEntry.waits_for.contains([str(entry.id)]),
        )
        .order_by(InboxEntry.id)
        .with_for_update()
    )
    return found


async def _open_dependants(ctx: Context, entry: InboxEntry) -> None:
    """A discarded creation: what needs its row turns to a person. What only kept its place there runs by the job."""
    gone = as_unresolved(entry)
    for dependant in await _parked(ctx, entry):
        if gone.makes & named_ids(dependant.arguments):
            turn(dependant, "open", [], reason_of(discarded(gone)))
    await ctx.flush()


async def _run(ctx: Context, entry: InboxEntry, kept: Command, arguments: dict[str, Any]) -> None:
    """Runs another command's handler in this transaction, under that command's own rights.

    A new row belongs to whoever made it on their device, also when a colleague submits it for them: the right to create
    is the colleague's, who must reach where the row lies.
    """
    decider = ctx.actor
    if makes_a_row(kept) and kept.permission is not None and entry.owner_id not in (None, ctx.actor.member_id):
        home, _ = await RoleAuthorizer().member(ctx.session, entry.owner_id)
        if home is not None:
            ctx.actor = replace(ctx.actor, member_id=entry.owner_id, home_path=home.unit_path)
    try:
        with acting_as(ctx, kept):
            arguments = await without_overtaken(ctx, entry, kept, arguments)
        await run_kept(ctx, kept, arguments)
    finally:
        ctx.actor = decider
