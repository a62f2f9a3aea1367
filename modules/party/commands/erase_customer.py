"""A customer asks to be forgotten (个人信息保护法 §47)."""

from __future__ import annotations

from uuid import UUID

from kernel.command import Input, command
from kernel.context import Context
from modules.party.entities import Customer
from modules.party.erasing import erase_customer_row


class EraseCustomer(Input, frozen=True, kw_only=True):
    id: UUID
    version: int | None = None


@command(zh="擦除客户资料", en="Erase a customer", permission="party.customer.erase", module=None, on_read_only=True)
async def erase_customer(ctx: Context, data: EraseCustomer) -> Customer:
    """Blanks who the customer and all of its contacts were, also in the audit, the inbox and follow-ups.

    A nameless row stays, so that documents keep their customer, but in no list and no recycle bin. It cannot be undone.
    A duty towards the person, so a lapsed subscription does not stop it.
    """
    customer = await ctx.lock(Customer, data.id, version=data.version)
    await erase_customer_row(ctx, customer)
    return customer
