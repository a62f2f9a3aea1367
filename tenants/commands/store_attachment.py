"""What the file doors and the clock do with attachments: the file has come; what was removed goes for good."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from kernel.command import Input, Result, command
from kernel.context import Context
from tenants.attachment_entities import Attachment
from tenants.commands.attach_file import RESTORABLE_DAYS
from values.errors import NotFound, Words

BATCH_ROWS = 200


class StoreAttachment(Input, frozen=True, kw_only=True):
    """`sha256` and `size_bytes`: of what lies in the blob store."""

    id: UUID
    sha256: str
    size_bytes: int
    stripped: bool = False


class PurgeAttachments(Input, frozen=True, kw_only=True):
    """No choices: the retention is the same for everybody."""


class AttachmentsPurged(Result, frozen=True, kw_only=True):
    attachments: int


@command(zh="存储附件", en="Store an attachment", permission=None, module=None, on_read_only=True, api=False)
async def store_attachment(ctx: Context, data: StoreAttachment) -> Attachment:
    """The file of a row is there, whole. A lapsed subscription does not stop it: the row was made before.

    The door has checked who asks, and holds the bytes (`lock_contents`). Doing it twice changes nothing.
    """
    attachment = await ctx.session.scalar(
        select(Attachment)
        .where(Attachment.tenant_id == ctx.tenant_id, Attachment.id == data.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if attachment is None:
        raise NotFound(field="id", entity=Words("附件", "attachment"))
    found: Attachment = attachment
    if found.stored_at is None:
        found.state, found.stored_at = "stored", ctx.now
        found.sha256, found.size_bytes = data.sha256, data.size_bytes
        found.stripped_at = ctx.now if data.stripped else None
    return found


@command(
    zh="清理已移除的附件", en="Purge removed attachments", permission=None, module=None, on_read_only=True, api=False
)
async def purge_attachments(ctx: Context, _data: PurgeAttachments) -> AttachmentsPurged:
    """Deletes at most 200 attachments that were removed more than 30 days ago; a message has their files deleted."""
    over = (
        select(Attachment)
        .where(
            Attachment.tenant_id == ctx.tenant_id,
            Attachment.archived_at < ctx.now - timedelta(days=RESTORABLE_DAYS),
        )
        .order_by(Attachment.id)
        .limit(BATCH_ROWS)
        .with_for_update()
    )
    rows = await ctx.session.scalars(over)
    for row in rows:
        await ctx.delete(row)
    return AttachmentsPurged(attachments=len(rows))
