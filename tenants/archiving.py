"""Taking what a company defined (tags, fields) out of use and back, once each."""

from __future__ import annotations

from kernel.context import Context
from tenants.custom_field_entities import CustomField
from tenants.entities import Tag
from tenants.errors import AlreadyArchived, NotArchived


def archive(ctx: Context, row: Tag | CustomField) -> None:
    """Raises AlreadyArchived."""
    if row.archived_at is not None:
        raise AlreadyArchived
    row.archived_at, row.archived_by_id = ctx.now, ctx.actor.member_id


def restore(row: Tag | CustomField) -> None:
    """Raises NotArchived."""
    if row.archived_at is None:
        raise NotArchived
    row.archived_at = row.archived_by_id = None
