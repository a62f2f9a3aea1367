"""Forgetting the people of the party room: what both erasing commands do."""

from __future__ import annotations

from sqlalchemy import select

from kernel.context import Context
from modules.party.entities import Contact, Customer
from modules.party.events import PersonErased
from tenants.erasure import erase_row


async def erase_customer_row(ctx: Context, customer: Customer) -> None:
    """Erases a locked customer and its contacts, those in the recycle bin too."""
    traces = await erase_row(ctx, customer)
    _withdraw(ctx, customer)
    contacts = select(Contact).where(Contact.tenant_id == ctx.tenant_id, Contact.customer_id == customer.id)
    for contact in await ctx.session.scalars(contacts.order_by(Contact.id).with_for_update()):
        traces |= await erase_row(ctx, contact)
        _withdraw(ctx, contact)
    await ctx.emit(PersonErased(customer.id, None, traces))


async def erase_contact_row(ctx: Context, contact: Contact) -> None:
    """Erases a locked contact."""
    traces = await erase_row(ctx, contact)
    _withdraw(ctx, contact)
    await ctx.emit(PersonErased(contact.customer_id, contact.id, traces))


def _withdraw(ctx: Context, row: Customer | Contact) -> None:
    """Out of every list, for good."""
    row.erased_at = row.erased_at or ctx.now
    if row.archived_at is None:
        row.archived_at, row.archived_by_id = ctx.now, ctx.actor.member_id
