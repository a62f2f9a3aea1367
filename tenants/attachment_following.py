"""Attachments follow their record: into another scope, and out of existence. Whatever command moves or deletes the
record, now or in a module yet to come, does so without knowing of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import and_, select

from kernel.context import Committing, Context
from kernel.entity import TenantRow, described
from kernel.tracking import Change
from tenants.attachment_entities import Attachment
from tenants.attachment_reach import attachable

TOPIC = "tenants.files_unreferenced"
_AT_ONCE = 1_000


async def follow_records(ctx: Context, _committing: Committing) -> None:
    """The last thing before a commit: what the command did to records happens to their files' rows."""
    hosts = [change for change in ctx.changes if _is_host(change)]
    for path, changes in _moved(hosts).items():
        for name, ids in _by_entity(changes).items():
            for part in _parts(ids):
                hanging = and_(Attachment.entity == name, Attachment.row_id.in_(part))
                await ctx.update_where(Attachment, hanging, {"scope_path": path})
    for name, ids in _by_entity(change for change in hosts if change.op == "delete").items():
        await _delete(ctx, name, ids)
    _announce(ctx)


async def erase_attachments(ctx: Context, entity: type[TenantRow], row_ids: Sequence[UUID]) -> list[UUID]:
    """Deletes the files of erased persons' records for good: a photo or a contract is the person. The rows' ids."""
    if described(entity).name not in attachable():
        return []
    return await _delete(ctx, described(entity).name, row_ids)


async def _delete(ctx: Context, name: str, row_ids: Sequence[UUID]) -> list[UUID]:
    gone: list[UUID] = []
    for part in _parts(row_ids):
        hanging = (
            select(Attachment)
            .where(Attachment.tenant_id == ctx.tenant_id, Attachment.entity == name, Attachment.row_id.in_(part))
            .order_by(Attachment.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        for attachment in await ctx.session.scalars(hanging):
            await ctx.delete(attachment)
            gone.append(attachment.id)
    await ctx.flush()
    return gone


def _announce(ctx: Context) -> None:
    """Has a job delete the bytes of deleted rows, once this is committed and unless another row has the same."""
    gone = [c for c in ctx.changes if c.entity is Attachment and c.op == "delete"]
    if gone and not any(message.topic == TOPIC for message in ctx.messages):
        contents = sorted({str(change.before["sha256"]) for change in gone})
        ctx.enqueue(TOPIC, {"contents": contents, "attachmentIds": [str(change.row_id) for change in gone]})


def _is_host(change: Change) -> bool:
    return change.entity.__entity__ is not None and described(change.entity).name in attachable()


def _moved(hosts: Iterable[Change]) -> dict[str, list[Change]]:
    found: dict[str, list[Change]] = defaultdict(list)
    for change in hosts:
        if change.op == "update" and change.scope_after is not None and change.scope_before != change.scope_after:
            found[change.scope_after].append(change)
    return found


def _by_entity(changes: Iterable[Change]) -> dict[str, list[UUID]]:
    found: dict[str, list[UUID]] = defaultdict(list)
    for change in changes:
        found[described(change.entity).name].append(change.row_id)
    return found


def _parts(ids: Sequence[UUID]) -> Iterable[Sequence[UUID]]:
    return (ids[start : start + _AT_ONCE] for start in range(0, len(ids), _AT_ONCE))
