"""Customers go to the recycle bin and come back."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from kernel.command import BulkResult, Input, command
from kernel.context import Context
from modules.party.bulk import bulk_ids
from modules.party.entities import Contact, Customer
from modules.party.rows import refuse_unrestorable


class ArchiveCustomer(Input, frozen=True, kw_only=True):
    id: UUID
    version: int | None = None


class ArchiveCustomers(Input, frozen=True, kw_only=True):
    """At most 1,000 at a time."""

    ids: list[UUID]


class RestoreCustomer(Input, frozen=True, kw_only=True):
    id: UUID
    version: int | None = None


class RestoreCustomers(Input, frozen=True, kw_only=True):
    """At most 1,000 at a time."""

    ids: list[UUID]


@command(zh="归档客户", en="Archive customer", permission="party.customer.archive", module="crm", offline=True)
async def archive_customer(ctx: Context, data: ArchiveCustomer) -> Customer:
    """Moves a customer and its contacts to the recycle bin for 30 days. Doing it twice changes nothing."""
    return await _archive(ctx, data.id, data.version)


@command(zh="批量归档客户", en="Archive customers", permission="party.customer.archive", module="crm")
async def archive_customers(ctx: Context, data: ArchiveCustomers) -> BulkResult:
    """Archives each customer for itself; a refused one stops no other."""
    return await ctx.each(bulk_ids(data.ids), lambda row_id: _archive(ctx, row_id, None))


@command(zh="恢复客户", en="Restore customer", permission="party.customer.restore", module="crm", offline=True)
async def restore_customer(ctx: Context, data: RestoreCustomer) -> Customer:
    """Takes a customer out of the recycle bin, with the contacts that went there with it.

    Raises RecordErased, and RecycleBinExpired after 30 days.
    """
    return await _restore(ctx, data.id, data.version)


@command(zh="批量恢复客户", en="Restore customers", permission="party.customer.restore", module="crm")
async def restore_customers(ctx: Context, data: RestoreCustomers) -> BulkResult:
    """Restores each customer for itself; a refused one stops no other."""
    return await ctx.each(bulk_ids(data.ids), lambda row_id: _restore(ctx, row_id, None))


async def _archive(ctx: Context, customer_id: UUID, version: int | None) -> Customer:
    customer = await ctx.lock(Customer, customer_id, version=version)
    if customer.archived_at is None:
        customer.archived_at, customer.archived_by_id = ctx.now, ctx.actor.member_id
        await _mark_contacts(ctx, customer.id, None, ctx.now)
    return customer


async def _restore(ctx: Context, customer_id: UUID, version: int | None) -> Customer:
    customer = await ctx.lock(Customer, customer_id, version=version)
    refuse_unrestorable(ctx, customer)
    if customer.archived_at is not None:
        # The same instant marks the contacts that were archived by this customer's archiving, and no others.
        await _mark_contacts(ctx, customer.id, customer.archived_at, None)
        customer.archived_at = customer.archived_by_id = None
    return customer


async def _mark_contacts(ctx: Context, customer_id: UUID, before: datetime | None, after: datetime | None) -> None:
    same = Contact.archived_at.is_(None) if before is None else Contact.archived_at == before
    await ctx.update_where(
        Contact,
        (Contact.customer_id == customer_id) & same & Contact.erased_at.is_(None),
        {"archived_at": after, "archived_by_id": ctx.actor.member_id if after else None},
    )
