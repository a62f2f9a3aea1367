"""What a merge decided by itself about an edit made offline is taken back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from msgspec import UNSET, UnsetType
from sqlalchemy import select

from kernel.command import Command, Input, Result, command, command_named
from kernel.context import Context
from kernel.entity import TenantRow, described, entity_named, facets
from kernel.tables import AuditEntry
from tenants.commands.resolve_inbox_entry import STATES
from tenants.device_entities import InboxEntry
from tenants.errors import ChangedSinceMerge, DecidedSinceMerge, MergeNotUndoable
from tenants.kept_commands import acting_as, run_kept
from tenants.resubmitting import EDIT_CLASHED
from values.errors import FieldMasked, InvalidInput, NotFound, Words
from values.wire import to_wire, wire_name

MERGE, UNDONE = "merge", "undo_merge"  # ops of the audit
_CLASH, _EQUAL = "clash", "equal"


class UndoMerge(Input, frozen=True, kw_only=True):
    """`audit_id`: an audit entry whose op is `merge`. `fields`: only these (`custom.key` for a custom field).

    `force`: also what has changed since, and what a person has decided about it.
    """

    audit_id: UUID
    fields: list[str] | UnsetType | None = UNSET
    force: bool = False


class MergeUndone(Result, frozen=True, kw_only=True):
    """The row, and the fields that were set back."""

    entity: str
    row_id: UUID
    fields: list[str]


@dataclass(frozen=True, slots=True)
class _Told:
    """One field of the audit entry."""

    column: str
    key: str | None  # of a custom field
    values: dict[str, Any]  # {policy, outcome, base, mine, theirs, result}

    @property
    def path(self) -> str:
        return wire_name(self.column) + (f".{self.key}" if self.key is not None else "")

    @property
    def restored(self) -> Any:
        """What stood there before the edit was merged; of an edit that was kept out, what it said."""
        return self.values["mine" if self.values["outcome"] == _CLASH else "theirs"]

    def held_by(self, row: TenantRow) -> Any:
        held = to_wire(getattr(row, self.column))
        return held if self.key is None else (held or {}).get(self.key)


@command(zh="撤销合并", en="Undo a merge", permission=None, module=None)
async def undo_merge(ctx: Context, data: UndoMerge) -> MergeUndone:
    """Sets fields back to what they were before an offline edit was merged into them; where the merge kept the edit
    out, sets what it said. Runs the ordinary edit command, under its permission and rules.

    Raises NotFound, PermissionDenied, FieldMasked, MergeNotUndoable, ChangedSinceMerge, DecidedSinceMerge, and what
    that command raises.
    """
    entry = await ctx.session.scalar(
        select(AuditEntry).where(
            AuditEntry.tenant_id == ctx.tenant_id, AuditEntry.id == data.audit_id, AuditEntry.op == MERGE
        )
    )
    if entry is None:
        raise NotFound(field="auditId", entity=Words("合并记录", "merge"))
    edit = _edit_command(entry)
    entity = entity_named(entry.entity)
    filed = await _filed(ctx, entry)
    with acting_as(ctx, edit):
        row = await ctx.lock(entity, entry.row_id)
    chosen = _chosen(entry, data)
    for told in chosen:
        _refuse_hidden_or_changed(ctx, row, told, force=data.force)
        if not data.force:
            _refuse_decided(filed, row, told)
    facts = [(told, told.held_by(row)) for told in chosen]
    await run_kept(ctx, edit, _arguments(entry.row_id, chosen))
    ctx.note(entry.entity, UNDONE, _noted(entry.id, facts), row)
    _close_inbox_entries(ctx, filed, chosen)
    return MergeUndone(entity=entry.entity, row_id=entry.row_id, fields=[told.path for told in chosen])


def _edit_command(entry: AuditEntry) -> Command:
    """The command that the device's edit was. Raises MergeNotUndoable for one that is no edit: a state goes back by
    its own commands."""
    try:
        edit = command_named(entry.command)
    except LookupError:
        raise MergeNotUndoable(field="auditId") from None
    if edit.merges != entry.entity:
        raise MergeNotUndoable(field="auditId")
    return edit


def _chosen(entry: AuditEntry, data: UndoMerge) -> list[_Told]:
    """The fields to set back. Raises InvalidInput for one that the entry does not tell, MergeNotUndoable for none."""
    told = {found.path: found for found in _told(entry)}
    wanted = data.fields if isinstance(data.fields, list) else list(told)
    for path in wanted:
        if path not in told:
            raise InvalidInput(field="fields", problem=Words("不在该合并记录中", "not in this merge"))
    chosen = [told[path] for path in dict.fromkeys(wanted) if told[path].values["outcome"] != _EQUAL]
    if not chosen:
        raise MergeNotUndoable(field="auditId")
    return chosen


def _told(entry: AuditEntry) -> Iterator[_Told]:
    """What an erasure has blanked is no object any more, and is left out."""
    for column, values in (entry.after or {}).items():
        if isinstance(values, dict) and "outcome" in values and "policy" in values:
            yield _Told(column, None, values)
        elif isinstance(values, dict):
            yield from (_Told(column, key, found) for key, found in values.items() if isinstance(found, dict))


def _refuse_hidden_or_changed(ctx: Context, row: TenantRow, told: _Told, *, force: bool) -> None:
    facet = facets(type(row))[told.column]
    label = Words(facet.zh, facet.en)
    if ctx.actor.authority.masked(described(type(row)).name, told.column):
        raise FieldMasked(field=told.path, label=label)
    if not force and told.held_by(row) != told.values["result"]:
        raise ChangedSinceMerge(field=told.path, label=label)


def _arguments(row_id: UUID, chosen: list[_Told]) -> dict[str, Any]:
    arguments: dict[str, Any] = {"id": str(row_id)}
    for told in chosen:
        if told.key is None:
            arguments[told.path] = told.restored
        else:
            arguments.setdefault(wire_name(told.column), {})[told.key] = told.restored
    return arguments


def _noted(audit_id: UUID, facts: list[tuple[_Told, Any]]) -> dict[str, Any]:
    """By column, as the merge itself is told: masks and erasure go by columns."""
    noted: dict[str, Any] = {}
    for told, held in facts:
        said = {"auditId": str(audit_id), "before": held, "after": told.restored}
        if told.key is None:
            noted[told.column] = said
        else:
            noted.setdefault(told.column, {})[told.key] = said
    return noted


async def _filed(ctx: Context, entry: AuditEntry) -> Sequence[InboxEntry]:
    """What the same merge left to a person. Locked before the row, as a decision does it."""
    found: Sequence[InboxEntry] = await ctx.session.scalars(
        select(InboxEntry)
        .where(
            InboxEntry.tenant_id == ctx.tenant_id,
            InboxEntry.device_id == entry.device_id,
            InboxEntry.row_id == entry.row_id,
            InboxEntry.code == EDIT_CLASHED,
            InboxEntry.created_at == entry.at,
        )
        .order_by(InboxEntry.id)
        .with_for_update()
    )
    return found


def _refuse_decided(filed: Sequence[InboxEntry], row: TenantRow, told: _Told) -> None:
    """Raises DecidedSinceMerge for a field that was kept out, and about which somebody has decided."""
    for kept in filed:
        asked = {str(found["field"]) for found in kept.differences}
        if told.values["outcome"] == _CLASH and told.path in asked and kept.resolved_at is not None:
            facet = facets(type(row))[told.column]
            raise DecidedSinceMerge(field=told.path, label=Words(facet.zh, facet.en), state=STATES[kept.state])


def _close_inbox_entries(ctx: Context, filed: Sequence[InboxEntry], chosen: list[_Told]) -> None:
    """The clash that the same merge filed is decided, once all that it asks about is taken over."""
    taken = {told.path for told in chosen if told.values["outcome"] == _CLASH}
    for kept in filed:
        if taken and kept.state == "open" and {str(found["field"]) for found in kept.differences} <= taken:
            kept.state, kept.resolved_at, kept.resolved_by_id = "taken", ctx.now, ctx.actor.member_id
