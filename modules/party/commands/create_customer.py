"""A new customer, from a screen, a device, an import."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from msgspec import field
from sqlalchemy import select

from kernel.command import Input, command
from kernel.context import Context
from kernel.entity import facets
from modules.party.cleaning import cleaned_values, given_values, label_of
from modules.party.entities import Customer
from modules.party.errors import CurrencyWithoutAmount
from modules.party.rows import chosen_owner, flush_with_code, new_row_id, refuse_archived, require_reach
from tenants.custom_fields import apply_custom
from tenants.entities import LegalEntity
from tenants.tags import apply_tags
from values.errors import AlreadyTaken
from values.pinyin import sort_key


class CreateCustomer(Input, frozen=True, kw_only=True):
    """`id` may be made by the caller, a device for example. `owner_id` for a colleague needs party.customer.assign."""

    name: str
    id: UUID | None = None
    code: str | None = None
    parent_id: UUID | None = None
    level: str | None = None
    source: str | None = None
    industry: str | None = None
    region: str | None = None
    address: str | None = None
    phone: str | None = None
    email: str | None = None
    website: str | None = None
    credit_grade: str | None = None
    credit_limit_minor: int | None = None
    credit_currency: str | None = None
    notes: str | None = None
    tag_ids: list[UUID] = field(default_factory=list)
    custom: dict[str, Any] = field(default_factory=dict)
    owner_id: UUID | None = None


@command(zh="新建客户", en="Create customer", permission="party.customer.create", module="crm", offline=True)
async def create_customer(ctx: Context, data: CreateCustomer) -> Customer:
    """Adds a customer in its owner's data scope. Raises AlreadyTaken for a code or id that the company has."""
    values = cleaned_values(ctx, Customer, given_values(data, Customer))
    customer_id = await new_row_id(ctx, Customer, data.id)
    await refuse_taken_code(ctx, customer_id, values["code"])
    if data.parent_id is not None:
        refuse_archived(await ctx.visible(Customer, data.parent_id, field="parentId"), "parentId")
    owner_id, scope_path = await _owner(ctx, data.owner_id)
    await settle_currency(ctx, values)
    customer = ctx.add(
        Customer(
            id=customer_id,
            name_key=sort_key(values["name"]),
            owner_id=owner_id,
            scope_path=scope_path,
            archived_at=None,
            archived_by_id=None,
            tag_ids=[],
            custom={},
            **values,
        )
    )
    await apply_tags(ctx, customer, data.tag_ids)
    await apply_custom(ctx, customer, data.custom)
    await flush_with_code(ctx, customer.code)
    return customer


async def _owner(ctx: Context, owner_id: UUID | None) -> tuple[UUID | None, str]:
    """Whose the row becomes and where it lies; the creator must hold the right to create there."""
    if owner_id is None or owner_id == ctx.actor.member_id:
        owner_id, named = ctx.actor.member_id, None
        path = await ctx.scope_path(owner_id)
    else:
        named = "ownerId"
        path = (await chosen_owner(ctx, owner_id)).path
    require_reach(ctx, "party.customer.create", path, field=named)
    return owner_id, path


async def refuse_taken_code(ctx: Context, customer_id: UUID, code: str | None) -> None:
    """A code stands for one customer of the company, the recycle bin included. Raises AlreadyTaken."""
    if code is None:
        return
    taken = await ctx.session.scalar(
        select(Customer.id).where(
            Customer.tenant_id == ctx.tenant_id, Customer.code == code, Customer.id != customer_id
        )
    )
    if taken is not None:
        raise AlreadyTaken(field="code", value=code)


async def settle_currency(ctx: Context, values: dict[str, Any], current: Customer | None = None) -> None:
    """A credit limit stands with its currency: the given one, the present one, or the company's base currency."""
    limit = values.get("credit_limit_minor", current.credit_limit_minor if current else None)
    currency = values.get("credit_currency", current.credit_currency if current else None)
    if limit is None:
        if values.get("credit_currency") is not None:
            raise CurrencyWithoutAmount(field="creditCurrency", label=label_of(facets(Customer)["credit_currency"]))
        currency = None
    elif currency is None:
        currency = await base_currency(ctx)
    values["credit_currency"] = currency


async def base_currency(ctx: Context) -> str:
    """The currency of the company's first legal entity."""
    first = select(LegalEntity.currency).where(LegalEntity.tenant_id == ctx.tenant_id).order_by(LegalEntity.id).limit(1)
    return str(await ctx.session.scalar(first))
