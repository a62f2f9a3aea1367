"""A person decides about an inbox entry: take mine, take theirs, or discard. The entry itself stays, for the audit."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

import msgspec

from kernel.command import Command, Input, command, command_named
from kernel.context import Context
from tenants.device_entities import InboxEntry
from tenants.errors import NotResubmittable
from tenants.kept_commands import run_kept
from tenants.numbering_leases import numbers_of
from values.errors import InvalidTransition, Words

EDIT_CLASHED = "EDIT_CLASHED"  # only the clashing fields were kept; the rest of the edit applied
# Filed for the record, with nothing to run, or not all of it.
NEVER_RUNS = frozenset({"COMMAND_UNKNOWN", "COMMAND_ONLINE_ONLY", "MUTATION_TOO_LARGE"})
_SHOWN_LENGTH = 80

# (state, action) → state. What is not listed is refused.
TRANSITIONS = {
    ("open", "mine"): "taken",
    ("open", "theirs"): "discarded",
    ("open", "discard"): "discarded",
    ("waiting", "discard"): "discarded",
}

_STATES = {
    "open": Words("待处理", "open"),
    "waiting": Words("等待订阅", "waiting for the subscription"),
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

    `arguments` replaces what was sent (edit and resubmit).
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
    """Raises NotFound, InvalidTransition, and with `mine` NotResubmittable and whatever the kept command raises."""
    entry = await ctx.lock(InboxEntry, data.id)
    state = TRANSITIONS.get((entry.state, data.action))
    if state is None:
        possible = _possible(entry.state)
        raise InvalidTransition(
            field="action", state=_STATES[entry.state], action=_ACTIONS[data.action], possible=possible
        )
    if data.action == "mine":
        kept = _resubmittable(entry)
        with numbers_of(entry.owner_id):
            await run_kept(ctx, kept, _arguments(entry, kept, data))
    entry.state = state
    entry.resolved_at, entry.resolved_by_id = ctx.now, ctx.actor.member_id
    return entry


def _possible(state: str) -> Words:
    found = [words for action, words in _ACTIONS.items() if (state, action) in TRANSITIONS]
    if not found:
        return Words("无", "none")
    return Words("、".join(words.zh for words in found), ", ".join(words.en for words in found))


def _resubmittable(entry: InboxEntry) -> Command:
    """The kept command, if a device may queue it. The name in an entry is what a device sent: it proves nothing.

    Raises NotResubmittable for what is unknown, online only or internal, and for what was filed as such.
    """
    try:
        kept = command_named(entry.command)
    except LookupError:
        kept = None
    if kept is None or kept.internal or not kept.offline or entry.code in NEVER_RUNS:
        raise NotResubmittable(field="id", command=entry.command[:_SHOWN_LENGTH])
    return kept


def _arguments(entry: InboxEntry, kept: Command, data: ResolveInboxEntry) -> dict[str, Any]:
    if isinstance(data.arguments, dict):
        return data.arguments
    wanted = set(data.fields) if isinstance(data.fields, list) else None
    if entry.code != EDIT_CLASHED or kept.merges is None:
        return entry.arguments
    chosen: dict[str, Any] = {"id": entry.arguments["id"]}
    for difference in entry.differences:
        name = str(difference["field"])
        if wanted is not None and name not in wanted:
            continue
        head, _, key = name.partition(".")
        if key:
            chosen.setdefault(head, {})[key] = difference["mine"]
        else:
            chosen[head] = difference["mine"]
    return chosen
