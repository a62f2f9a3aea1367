"""Contacts go to the recycle bin and come back."""

from __future__ import annotations

from uuid import UUID

from kernel.command import BulkResult, Input, command
from kernel.context import Context
from modules.party.bulk import bulk_ids
from modules.party.entities import Contact, Customer
from modules.party.rows import refuse_archived, refuse_unrestorable


class ArchiveContact(Input, frozen=True, kw_only=True):
    id: UUID
    version: int | None = None


class ArchiveContacts(Input, frozen=True, kw_only=True):
    """At most 1,000 at a time."""

    ids: list[UUID]


class RestoreContact(Input, frozen=True, kw_only=True):
    id: UUID
    version: int | None = None


@command(zh="归档联系人", en="Archive contact", permission="party.contact.archive", module="crm", offline=True)
async def archive_contact(ctx: Context, data: ArchiveContact) -> Contact:
    """Moves a contact to the recycle bin for 30 days. Doing it twice changes nothing."""
    return await _archive(ctx, data.id, data.version)


@command(zh="批量归档联系人", en="Archive contacts", permission="party.contact.archive", module="crm")
async def archive_contacts(ctx: Context, data: ArchiveContacts) -> BulkResult:
    """Archives each contact for itself; a refused one stops no other."""
    return await ctx.each(bulk_ids(data.ids), lambda row_id: _archive(ctx, row_id, None))


@command(zh="恢复联系人", en="Restore contact", permission="party.contact.restore", module="crm", offline=True)
async def restore_contact(ctx: Context, data: RestoreContact) -> Contact:
    """Takes a contact out of the recycle bin.

    Raises RecordErased, RecycleBinExpired after 30 days, and RecordArchived while its customer is there.
    """
    contact = await ctx.lock(Contact, data.id, version=data.version)
    refuse_unrestorable(ctx, contact)
    customer = await ctx.get(Customer, contact.customer_id)
    if customer is not None:
        refuse_archived(customer, "id")
    contact.archived_at = contact.archived_by_id = None
    return contact


async def _archive(ctx: Context, contact_id: UUID, version: int | None) -> Contact:
    contact = await ctx.lock(Contact, contact_id, version=version)
    if contact.archived_at is None:
        contact.archived_at, contact.archived_by_id = ctx.now, ctx.actor.member_id
    return contact
