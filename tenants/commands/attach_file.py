"""Files are attached to records, removed, and brought back. The bytes come apart from the row, later."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select

from kernel.command import Input, command
from kernel.context import Context
from kernel.entity import Archivable, ScopedRow, TenantRow, described
from tenants.attachment_blobs import lock_contents
from tenants.attachment_entities import Attachment
from tenants.attachment_errors import (
    AttachmentPurged,
    ContentHashInvalid,
    FileQuotaExceeded,
    FileTooLarge,
    FileTypeRefused,
    NotAttachable,
    RecordInRecycleBin,
    StripUnsupported,
)
from tenants.attachment_reach import attachable, attaches, attaching_permission, module_of, sees
from tenants.attachment_rules import MEDIA_TYPES, STRIPPABLE, AttachmentLimits, cleaned_name
from tenants.erasable import Erasable
from tenants.erased_rows import record_erased
from values.errors import (
    AlreadyTaken,
    InvalidInput,
    ModuleNotBought,
    NotFound,
    PermissionDenied,
    VersionConflict,
    Words,
)
from values.ids import caller_made
from values.modules import module_words

RESTORABLE_DAYS = 30
_MEBIBYTE = 1024 * 1024
_SHA256 = re.compile(r"[0-9a-f]{64}")


class AttachFile(Input, frozen=True, kw_only=True):
    """`id` may be made by the caller, a device for example. `size_bytes` and `sha256` (hexadecimal) bind the upload.

    `strip_metadata`: where and with what a photo was taken is removed before it is kept.
    """

    entity: str
    row_id: UUID
    file_name: str
    media_type: str
    size_bytes: int
    sha256: str
    id: UUID | None = None
    strip_metadata: bool = False


class AttachmentById(Input, frozen=True, kw_only=True):
    id: UUID
    version: int | None = None


@command(zh="添加附件", en="Attach a file", permission=None, module=None, offline=True)
async def attach_file(ctx: Context, data: AttachFile) -> Attachment:
    """Makes the row of a file that hangs on a record; then the file is sent to `/sync/v1/files/{id}`.

    Whoever may change the record may attach to it. Raises NotAttachable, NotFound, PermissionDenied, ModuleNotBought,
    RecordErased, RecordInRecycleBin, FileNameInvalid, FileTypeRefused, FileTooLarge, FileQuotaExceeded,
    ContentHashInvalid, StripUnsupported.
    """
    host_type, permission = _host(data.entity)
    _refuse_file(ctx, data)
    name = cleaned_name(data.file_name, data.media_type)
    if data.id is not None and await ctx.get(Attachment, caller_made(data.id, "id")) is not None:
        raise AlreadyTaken(field="id", value=data.id)
    host = await _locked(ctx, host_type, data.row_id, permission)
    await _refuse_beyond_quota(ctx, data.size_bytes)
    return ctx.add(
        Attachment(
            id=data.id or ctx.new_id(),
            entity=data.entity,
            row_id=host.id,
            file_name=name,
            media_type=data.media_type,
            size_bytes=data.size_bytes,
            sha256=data.sha256,
            state="waiting",
            stored_at=None,
            strip_asked_at=ctx.now if data.strip_metadata else None,
            stripped_at=None,
            owner_id=ctx.actor.member_id,
            scope_path=host.scope_path if isinstance(host, ScopedRow) else "",
            archived_at=None,
            archived_by_id=None,
        )
    )


@command(zh="移除附件", en="Remove an attachment", permission=None, module=None, offline=True)
async def remove_attachment(ctx: Context, data: AttachmentById) -> Attachment:
    """Moves an attachment to the recycle bin for 30 days; then its file goes for good. Twice changes nothing."""
    attachment = await _own(ctx, data)
    if attachment.archived_at is None:
        attachment.archived_at, attachment.archived_by_id = ctx.now, ctx.actor.member_id
    return attachment


@command(zh="恢复附件", en="Restore an attachment", permission=None, module=None, offline=True)
async def restore_attachment(ctx: Context, data: AttachmentById) -> Attachment:
    """Takes an attachment out of the recycle bin. Raises AttachmentPurged after 30 days."""
    attachment = await _own(ctx, data)
    if attachment.archived_at is not None:
        if ctx.now - attachment.archived_at > timedelta(days=RESTORABLE_DAYS):
            raise AttachmentPurged(field="id", days=RESTORABLE_DAYS)
        attachment.archived_at = attachment.archived_by_id = None
    return attachment


def _host(name: str) -> tuple[type[TenantRow], str]:
    host = attachable().get(name)
    permission = attaching_permission(host) if host is not None else None
    if host is None or permission is None:
        raise NotAttachable(field="entity")
    return host, permission


async def _locked(ctx: Context, host_type: type[TenantRow], row_id: UUID, permission: str) -> TenantRow:
    """The record, locked: an assignment at the same moment would leave the new attachment behind in the old scope."""
    module = module_of(host_type)
    if module is not None and module not in ctx.entitlements.modules:
        raise ModuleNotBought(module=module_words(module))
    try:
        host = await ctx.lock(host_type, row_id, permission=permission)
    except NotFound as unknown:
        unknown.field = "rowId"
        raise
    ctx.actor.authority.require(permission)
    if isinstance(host, Erasable) and host.erased_at is not None:
        raise record_erased(host_type)
    if isinstance(host, Archivable) and host.archived_at is not None:
        about = described(host_type)
        raise RecordInRecycleBin(field="rowId", entity=Words(about.zh, about.en.lower()))
    return host


def _refuse_file(ctx: Context, data: AttachFile) -> None:
    limit = ctx.port(AttachmentLimits).file_bytes
    if data.media_type not in MEDIA_TYPES:
        raise FileTypeRefused(field="mediaType", name=data.media_type[:100])
    if data.size_bytes < 1:
        raise InvalidInput(field="sizeBytes", problem=Words("不能是空文件", "an empty file"))
    if data.size_bytes > limit:
        raise FileTooLarge(field="sizeBytes", limit=limit // _MEBIBYTE)
    if _SHA256.fullmatch(data.sha256) is None:
        raise ContentHashInvalid(field="sha256")
    if data.strip_metadata and data.media_type not in STRIPPABLE:
        raise StripUnsupported(field="stripMetadata")


async def _refuse_beyond_quota(ctx: Context, size_bytes: int) -> None:
    """Under the company's lock: two at once must not both take the last room."""
    limit = ctx.port(AttachmentLimits).tenant_bytes
    await lock_contents(ctx.session, deleting=True)
    used = select(func.coalesce(func.sum(Attachment.size_bytes), 0)).where(Attachment.tenant_id == ctx.tenant_id)
    if int(await ctx.session.scalar(used)) + size_bytes > limit:
        raise FileQuotaExceeded(field="sizeBytes", limit=limit // _MEBIBYTE)


async def _own(ctx: Context, data: AttachmentById) -> Attachment:
    """An attachment of a record that the actor may change, locked. Raises NotFound for unknown and invisible alike,
    PermissionDenied, VersionConflict."""
    statement = select(Attachment).where(Attachment.tenant_id == ctx.tenant_id, Attachment.id == data.id)
    found = await ctx.session.scalar(statement.with_for_update().execution_options(populate_existing=True))
    if found is None or not sees(ctx.actor, found):
        raise NotFound(field="id", entity=Words("附件", "attachment"))
    attachment: Attachment = found
    if data.version is not None and data.version != attachment.version:
        raise VersionConflict(field="version", version=attachment.version)
    if not attaches(ctx.actor, attachment):
        raise PermissionDenied(permission=str(attaching_permission(attachable()[attachment.entity])))
    return attachment


__all__ = ["AttachFile", "AttachmentById", "attach_file", "remove_attachment", "restore_attachment"]
