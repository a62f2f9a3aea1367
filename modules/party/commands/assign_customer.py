"""A customer goes to another salesperson, and everything that is seen with it."""

from __future__ import annotations

from uuid import UUID

from kernel.command import BulkResult, Input, command
from kernel.context import Context
from modules.party.bulk import bulk_ids
from modules.party.entities import Contact, Customer
from modules.party.events import CustomerReassigned
from modules.party.rows import chosen_owner
from tenants.entities import Member


class AssignCustomer(Input, frozen=True, kw_only=True):
    id: UUID
    owner_id: UUID
    version: int | None = None


class AssignCustomers(Input, frozen=True, kw_only=True):
    """At most 1,000 at a time."""

    ids: list[UUID]
    owner_id: UUID


@command(zh="移交客户", en="Assign customer", permission="party.customer.assign", module="crm")
async def assign_customer(ctx: Context, data: AssignCustomer) -> Customer:
    """Gives a customer to another member: contacts and activities move with it into the new owner's data scope.

    Devices that may no longer see these rows drop them at their next pull. Raises OwnerDeactivated.
    """
    owner = await chosen_owner(ctx, data.owner_id)
    return await _assign(ctx, data.id, owner, data.version)


@command(zh="批量移交客户", en="Assign customers", permission="party.customer.assign", module="crm")
async def assign_customers(ctx: Context, data: AssignCustomers) -> BulkResult:
    """Assigns each customer for itself; a refused one stops no other."""
    ids = bulk_ids(data.ids)
    owner = await chosen_owner(ctx, data.owner_id)
    return await ctx.each(ids, lambda row_id: _assign(ctx, row_id, owner, None))


async def _assign(ctx: Context, customer_id: UUID, owner: Member, version: int | None) -> Customer:
    customer = await ctx.lock(Customer, customer_id, version=version)
    customer.owner_id, customer.scope_path = owner.id, owner.path
    await ctx.flush()
    await ctx.update_where(
        Contact, Contact.customer_id == customer.id, {"owner_id": owner.id, "scope_path": owner.path}
    )
    await ctx.emit(CustomerReassigned(customer.id, owner.path))
    return customer
