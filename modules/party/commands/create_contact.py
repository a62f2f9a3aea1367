"""A new person at a customer."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from msgspec import field

from kernel.command import Input, command
from kernel.context import Context
from modules.party.cleaning import cleaned_values, given_values
from modules.party.entities import Contact, Customer
from modules.party.rows import lock_named, new_row_id, refuse_archived
from tenants.custom_fields import apply_custom
from values.pinyin import sort_key


class CreateContact(Input, frozen=True, kw_only=True):
    """`id` may be made by the caller, a device for example."""

    customer_id: UUID
    name: str
    id: UUID | None = None
    title: str | None = None
    influence: str | None = None
    mobile: str | None = None
    email: str | None = None
    wechat: str | None = None
    birthday: date | None = None
    preference: str | None = None
    notes: str | None = None
    custom: dict[str, Any] = field(default_factory=dict)


@command(zh="新建联系人", en="Create contact", permission="party.contact.create", module="crm", offline=True)
async def create_contact(ctx: Context, data: CreateContact) -> Contact:
    """Adds a contact; it lies where its customer lies and belongs to the customer's owner.

    The customer is locked: an assignment at the same moment would leave the new contact behind in the old scope.
    """
    values = cleaned_values(ctx, Contact, given_values(data, Contact))
    contact_id = await new_row_id(ctx, Contact, data.id)
    customer = await lock_named(ctx, Customer, data.customer_id, "customerId", permission="party.contact.create")
    refuse_archived(customer, "customerId")
    contact = ctx.add(
        Contact(
            id=contact_id,
            customer_id=customer.id,
            name_key=sort_key(values["name"]),
            owner_id=customer.owner_id,
            scope_path=customer.scope_path,
            archived_at=None,
            archived_by_id=None,
            custom={},
            **values,
        )
    )
    await apply_custom(ctx, contact, data.custom)
    return contact
