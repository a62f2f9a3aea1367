"""What a queued transition or archive presupposes: looked at under the row's lock, before its handler."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import text

from kernel.command import Command, Input
from kernel.context import Context
from kernel.entity import Archivable, TenantRow, described, facets
from sync.effects import entity_of, state_words, transitions_from
from sync.errors import RowEditedMeanwhile, StateChangedMeanwhile, TransitionNotAllowed
from sync.merge import EQUAL, TAKEN, TRANSITION, Decision, difference
from tenants.audit_names import SOMEBODY, SYSTEM
from tenants.entities import Member
from values.effects import Sets
from values.errors import InvalidInput, Words
from values.wire import to_wire, wire_name

# The newest first, as they were committed: ids are made under the row's lock.
_ENTRIES = text(
    "SELECT at, device_id, member_id, before, after FROM app.audit_entry "
    "WHERE tenant_id = :tenant_id AND row_id = :row_id AND op IN ('insert', 'update') ORDER BY id DESC LIMIT :most"
)
_MOST = 1_000
SEEN = ("version", "updatedAt")  # of an archived row, in `base`
_CHOOSE = Words("请选择现在可执行的操作，再放弃此项。", "Choose one of the possible actions, then discard this entry.")
_GIVE_UP = Words(
    "您不能再对它执行任何操作，请放弃此项。", "There is nothing more that you can do with it: discard this entry."
)
_OF_THE_ARCHIVE = frozenset({"archived_at", "archived_by_id"})


async def check_transition(
    ctx: Context, command: Command, move: Sets, data: Input, base: Mapping[str, Any]
) -> tuple[TenantRow, Decision]:
    """The row and what was decided: `equal` when it is in the target state already, which then counts as done.

    Raises NotFound, PermissionDenied, TransitionNotAllowed, StateChangedMeanwhile.
    """
    entity = entity_of(command)
    if entity is None:
        raise LookupError(f"{command.name} moves no row")
    row = await ctx.lock(entity, data.id)  # type: ignore[attr-defined]  # a transition's input names its row
    state, name = getattr(row, move.column), wire_name(move.column)
    there = state == move.to
    if there and move.again:
        return row, Decision(name, TRANSITION, EQUAL, base.get(name, state), move.to, state)
    if move.after is not None and state not in move.after:
        allowed = _allowed(ctx, entity, move.column, state)
        raise TransitionNotAllowed(
            field=name,
            state=state_words(entity, move.column, state),
            action=Words(command.zh, command.en),
            allowed=allowed or Words("无", "nothing"),
            next=_CHOOSE if allowed else _GIVE_UP,
        )
    if state in move.seen_in and base.get(name, state) != state:
        raise StateChangedMeanwhile(
            field=name,
            state=state_words(entity, move.column, state),
            seen=state_words(entity, move.column, base[name]),
            action=Words(command.zh, command.en),
        )
    return row, Decision(name, TRANSITION, TAKEN, base.get(name, state), move.to, state)


def _allowed(ctx: Context, entity: type[TenantRow], column: str, state: Any) -> Words | None:
    """What the member may do with a row in this state; None: nothing."""
    held = [
        found
        for found in transitions_from(entity, column, state)
        if found.permission is None or ctx.actor.authority.holds(found.permission)
    ]
    if not held:
        return None
    return Words("、".join(found.zh for found in held), ", ".join(found.en for found in held))


async def check_archive(ctx: Context, command: Command, data: Input, base: Mapping[str, Any], device_id: UUID) -> None:
    """An archive must not silently win over an edit that its author has not seen.

    `base`: the row's `version` and `updatedAt` on the device; without them nothing is compared. Raises NotFound,
    PermissionDenied, InvalidInput, RowEditedMeanwhile.
    """
    entity, seen = entity_of(command), base.get("version")
    # Without a permission of its own the handler alone judges who may see the row: an attachment by the record that it
    # hangs on. Such rows are taken back by who sees them and edited by nobody else.
    if entity is None or not issubclass(entity, Archivable) or seen is None or command.permission is None:
        return
    if not isinstance(seen, int) or isinstance(seen, bool):
        raise InvalidInput(field="base.version", problem=Words("应为整数", "must be an integer"))
    row = await ctx.lock(entity, data.id)  # type: ignore[attr-defined]  # an archive's input names its row
    if row.archived_at is not None or row.version <= seen:
        return
    edits = [
        entry
        for entry in await _entries_since(ctx, row, seen, base.get("updatedAt"))
        if entry.device_id != device_id and _told(entity, entry.after)
    ]
    if edits:
        changed = [d for d in _changes(entity, edits) if not _masked(ctx, entity, d["field"])]
        raise RowEditedMeanwhile(field="id", who=await _who(ctx, edits[0].member_id)).between(changed)


async def _entries_since(ctx: Context, row: TenantRow, version: int, updated_at: Any) -> list[Any]:
    """The audit of the row since the device's version, newest first. A transaction writes one entry, and counts the
    version up at least once; where it did so more often, the entry of the instant that the device has seen ends it."""
    most = min(row.version - version, _MOST)
    found = await ctx.session.core(_ENTRIES, {"tenant_id": ctx.tenant_id, "row_id": row.id, "most": most})
    entries: list[Any] = []
    for entry in found:
        if to_wire(entry.at) == updated_at:
            break
        entries.append(entry)
    return entries


def _told(entity: type[TenantRow], values: dict[str, Any] | None) -> frozenset[str]:
    """The changed columns that members know: a row moved with its department was edited by nobody."""
    known = facets(entity)
    shown = frozenset(name for name in values or () if name in known and known[name].wire)
    return shown - _OF_THE_ARCHIVE


def _changes(entity: type[TenantRow], edits: list[Any]) -> Iterator[dict[str, Any]]:
    """`{field, base, mine, theirs}` of what others changed; mine is as the device had it."""
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for entry in reversed(edits):
        for name in sorted(_told(entity, entry.after)):
            was, became = (entry.before or {}).get(name), entry.after[name]
            if name == "custom":
                was, became = was or {}, became or {}
                for key in sorted({*was, *became}):
                    before.setdefault(f"custom.{key}", was.get(key))
                    after[f"custom.{key}"] = became.get(key)
            else:
                before.setdefault(wire_name(name), was)
                after[wire_name(name)] = became
    for name, value in after.items():
        if value != before[name]:
            yield difference(name, before[name], before[name], value)


def _masked(ctx: Context, entity: type[TenantRow], field: str) -> bool:
    column = next((name for name in facets(entity) if wire_name(name) == field.split(".")[0]), field)
    return ctx.actor.authority.masked(described(entity).name, column)


async def _who(ctx: Context, member_id: UUID | None) -> Words:
    """The member's name, where the reader may know it."""
    if member_id is None:
        return SYSTEM
    member = await ctx.get(Member, member_id)
    if member is None or not ctx.actor.authority.holds(described(Member).view_permission):
        return SOMEBODY
    return Words(member.name, member.name)
