"""A customer's details change."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from msgspec import UNSET, UnsetType
from sqlalchemy import select

from kernel.command import Input, command
from kernel.context import Context
from modules.party.cleaning import cleaned_values, given_values
from modules.party.commands.create_customer import refuse_taken_code, settle_currency
from modules.party.entities import Customer
from modules.party.errors import CustomerParentCycle, CustomerTreeTooDeep
from modules.party.rows import flush_with_code, refuse_archived, set_changed
from tenants.custom_fields import apply_custom
from tenants.tags import apply_tags

MAX_LEVELS = 20


class EditCustomer(Input, frozen=True, kw_only=True):
    """Only what is given changes; null clears. `tag_ids` is the whole set; in `custom` only the given keys change."""

    id: UUID
    version: int | None = None
    name: str | UnsetType = UNSET
    code: str | UnsetType | None = UNSET
    parent_id: UUID | UnsetType | None = UNSET
    level: str | UnsetType | None = UNSET
    source: str | UnsetType | None = UNSET
    industry: str | UnsetType | None = UNSET
    region: str | UnsetType | None = UNSET
    address: str | UnsetType | None = UNSET
    phone: str | UnsetType | None = UNSET
    email: str | UnsetType | None = UNSET
    website: str | UnsetType | None = UNSET
    credit_grade: str | UnsetType | None = UNSET
    credit_limit_minor: int | UnsetType | None = UNSET
    credit_currency: str | UnsetType | None = UNSET
    notes: str | UnsetType | None = UNSET
    tag_ids: list[UUID] | UnsetType = UNSET
    custom: dict[str, Any] | UnsetType = UNSET


@command(
    zh="修改客户",
    en="Edit customer",
    permission="party.customer.edit",
    module="crm",
    offline=True,
    merges="party.Customer",
)
async def edit_customer(ctx: Context, data: EditCustomer) -> Customer:
    """Changes the given fields. Raises VersionConflict, RecordArchived, CustomerParentCycle, AlreadyTaken."""
    customer = await ctx.lock(Customer, data.id, version=data.version)
    refuse_archived(customer)
    values = cleaned_values(ctx, Customer, given_values(data, Customer), current=customer)
    recoded = values.get("code", customer.code) != customer.code
    if recoded:
        await refuse_taken_code(ctx, customer.id, values["code"])
    if values.get("parent_id") not in (None, customer.parent_id):
        await _refuse_cycle(ctx, customer, values["parent_id"])
    if "credit_limit_minor" in values or "credit_currency" in values:
        await settle_currency(ctx, values, customer)
    set_changed(customer, values)
    if data.tag_ids is not UNSET:
        await apply_tags(ctx, customer, data.tag_ids)
    if data.custom is not UNSET:
        await apply_custom(ctx, customer, data.custom)
    if recoded:
        await flush_with_code(ctx, customer.code)
    return customer


async def _refuse_cycle(ctx: Context, customer: Customer, parent_id: UUID) -> None:
    """The chain above the new parent must not lead back to the customer.

    Every link of the chain is locked as it is read: two edits that would close a ring together lock each other's
    rows, one of them waits or is retried, and then sees the other's link.
    """
    parent = await ctx.visible(Customer, parent_id, field="parentId")
    refuse_archived(parent, "parentId")
    above: UUID | None = parent_id
    for _ in range(MAX_LEVELS):
        if above is None:
            return
        if above == customer.id:
            raise CustomerParentCycle(field="parentId")
        above = await ctx.session.scalar(
            select(Customer.parent_id)
            .where(Customer.tenant_id == ctx.tenant_id, Customer.id == above)
            .with_for_update()
        )
    raise CustomerTreeTooDeep(field="parentId", levels=MAX_LEVELS)
