"""What could not be applied from a device is filed, never dropped: with reason, remedy and base/mine/theirs."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import structs
from sqlalchemy import select

from kernel.command import Input, command
from kernel.context import Context
from tenants.device_entities import InboxEntry
from tenants.erased_rows import erased_among, named_ids, only_ids, record_erased
from values.errors import Refusal


class FileInboxEntry(Input, frozen=True, kw_only=True):
    """`state` is `open` or `waiting`; `differences` are `{field, base, mine, theirs}` in wire form."""

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


class ReopenInboxEntry(Input, frozen=True, kw_only=True):
    """A waiting entry that was refused after all, with the new reason and, where they are others now, differences."""

    id: UUID
    code: str
    message_zh: str
    message_en: str
    remedy_zh: str
    remedy_en: str
    field: str | None
    differences: list[dict[str, Any]] | None = None


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
        data = structs.replace(data, state="open", arguments=only_ids(data.arguments), differences=[], **told)
    return ctx.add(
        InboxEntry(
            id=ctx.new_id(),
            owner_id=ctx.actor.member_id,
            scope_path=await ctx.scope_path(ctx.actor.member_id),
            device_id=data.device_id,
            mutation_id=data.mutation_id,
            command=data.command,
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
            made_at=data.made_at,
            resolved_at=None,
            resolved_by_id=None,
        )
    )


@command(zh="存入待处理", en="File in the inbox", permission=None, module=None, on_read_only=True, api=False)
async def file_inbox_entry(ctx: Context, data: FileInboxEntry) -> InboxEntry:
    """Keeps a refused or late edit."""
    return await new_entry(ctx, data)


@command(
    zh="待处理项转为需处理", en="Reopen an inbox entry", permission=None, module=None, on_read_only=True, api=False
)
async def reopen_inbox_entry(ctx: Context, data: ReopenInboxEntry) -> InboxEntry | None:
    """A waiting entry turns open: it needs a person now. Without effect on one that no longer waits."""
    entry: InboxEntry | None = await ctx.session.scalar(
        select(InboxEntry)
        .where(InboxEntry.tenant_id == ctx.tenant_id, InboxEntry.id == data.id, InboxEntry.state == "waiting")
        .with_for_update()
    )
    if entry is not None:
        entry.state = "open"
        entry.code, entry.field = data.code, data.field
        entry.message_zh, entry.message_en = data.message_zh, data.message_en
        entry.remedy_zh, entry.remedy_en = data.remedy_zh, data.remedy_en
        entry.differences = entry.differences if data.differences is None else data.differences
    return entry
