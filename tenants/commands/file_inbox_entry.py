"""What could not be applied from a device is filed, never dropped: with reason, remedy and base/mine/theirs."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import structs
from sqlalchemy import select

from kernel.command import Input, command
from kernel.context import Context
from tenants.device_entities import Device, InboxEntry
from tenants.erased_rows import erased_among, named_ids, only_ids, record_erased
from tenants.inbox_facts import field_facts
from tenants.parking import what_of
from values.errors import Refusal

_REASON = ("code", "message_zh", "message_en", "remedy_zh", "remedy_en", "field")


class FileInboxEntry(Input, frozen=True, kw_only=True):
    """`state` is `open`, `waiting` or `parked`; `differences` are `{field, base, mine, theirs}` in wire form.

    `waits_for`: the entries behind which a parked one waits. `facts`: of fields that are no column of the row.
    """

    mutation_id: UUID
    device_id: UUID
    command: str
    entity: str | None
    row_id: UUID | None
    state: str
    code: str
    message_zh: str
    message_en: str
    remedy_zh: str
    remedy_en: str
    field: str | None
    arguments: dict[str, Any]
    differences: list[dict[str, Any]]
    made_at: datetime
    waits_for: list[str] = msgspec.field(default_factory=list)
    facts: dict[str, dict[str, Any]] = msgspec.field(default_factory=dict)


class TurnInboxEntry(Input, frozen=True, kw_only=True):
    """An entry that ran by itself and did not come through: `open` for a person now, or `parked` or `waiting` again."""

    id: UUID
    state: str
    code: str
    message_zh: str
    message_en: str
    remedy_zh: str
    remedy_en: str
    field: str | None
    waits_for: list[str] = msgspec.field(default_factory=list)
    differences: list[dict[str, Any]] | None = None
    facts: dict[str, dict[str, Any]] = msgspec.field(default_factory=dict)


def reason_of(refusal: Refusal) -> dict[str, Any]:
    """A refusal as the columns of an inbox entry, in both languages."""
    return {
        "code": refusal.code,
        "message_zh": refusal.sentence("zh-CN"),
        "message_en": refusal.sentence("en"),
        "remedy_zh": refusal.remedy("zh-CN"),
        "remedy_en": refusal.remedy("en"),
        "field": refusal.field,
    }


async def new_entry(ctx: Context, data: FileInboxEntry) -> InboxEntry:
    """Adds the entry, owned by the member whose edit it is; it lies where the member sits, so managers see it.

    Of an edit about somebody who was erased meanwhile it keeps that there was one, and not what it said.
    """
    erased = await erased_among(ctx, named_ids([data.arguments, str(data.row_id)]), lock=True)
    if erased is not None:
        told = reason_of(record_erased(erased[0]))
        kept = only_ids(data.arguments)
        data = structs.replace(data, state="open", arguments=kept, differences=[], facts={}, **told)
    what, device = what_of(data.command, data.arguments), await ctx.get(Device, data.device_id)
    return ctx.add(
        InboxEntry(
            id=ctx.new_id(),
            owner_id=ctx.actor.member_id,
            scope_path=await ctx.scope_path(ctx.actor.member_id),
            device_id=data.device_id,
            mutation_id=data.mutation_id,
            device_name=device.name if device is not None else None,
            command=data.command,
            what_zh=what.zh,
            what_en=what.en,
            entity=data.entity,
            row_id=data.row_id,
            state=data.state,
            code=data.code,
            message_zh=data.message_zh,
            message_en=data.message_en,
            remedy_zh=data.remedy_zh,
            remedy_en=data.remedy_en,
            field=data.field,
            arguments=data.arguments,
            differences=data.differences,
            field_facts=await field_facts(ctx, data.entity, data.row_id, data.differences) | data.facts,
            waits_for=data.waits_for,
            made_at=data.made_at,
            resolved_at=None,
            resolved_by_id=None,
        )
    )


@command(zh="存入待处理", en="File in the inbox", permission=None, module=None, on_read_only=True, api=False)
async def file_inbox_entry(ctx: Context, data: FileInboxEntry) -> InboxEntry:
    """Keeps a refused or late edit."""
    return await new_entry(ctx, data)


@command(zh="待处理项转换状态", en="Turn an inbox entry", permission=None, module=None, on_read_only=True, api=False)
async def turn_inbox_entry(ctx: Context, data: TurnInboxEntry) -> InboxEntry | None:
    """The entry stands as `data` says from now on. Without effect on one that a person has settled meanwhile."""
    entry: InboxEntry | None = await ctx.session.scalar(
        select(InboxEntry)
        .where(
            InboxEntry.tenant_id == ctx.tenant_id,
            InboxEntry.id == data.id,
            InboxEntry.state.in_(("waiting", "parked")),
        )
        .with_for_update()
    )
    if entry is not None:
        turn(entry, data.state, data.waits_for, {name: getattr(data, name) for name in _REASON})
        if data.differences is not None:
            entry.differences, entry.field_facts = data.differences, entry.field_facts | data.facts
    return entry


def turn(entry: InboxEntry, state: str, waits_for: list[str], reason: dict[str, Any]) -> None:
    """Writes a state and a reason (`reason_of`) into an entry that the caller has locked."""
    entry.state, entry.waits_for = state, waits_for
    for name in _REASON:
        setattr(entry, name, reason[name])
