"""What was said with a customer is written down, once."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from msgspec import field

from kernel.command import Input, command
from kernel.context import Context
from kernel.entity import facets
from modules.crm.entities import Activity
from modules.crm.errors import ContactElsewhere, HappensLater, PlaceInvalid
from modules.party.cleaning import cleaned_values, given_values, label_of
from modules.party.commands.create_customer import base_currency
from modules.party.entities import Contact, Customer
from modules.party.errors import CurrencyWithoutAmount
from modules.party.rows import lock_named, new_row_id, refuse_archived, refuse_erased
from tenants.custom_fields import apply_custom
from values.money import plain

_DEGREES = {"latitude": 90, "longitude": 180}
_DIGITS = Decimal("0.000001")
_LARGEST_RADIUS = 100_000
_CLOCKS_APART = timedelta(days=1)  # a device's clock may be wrong, and its zone


class LogActivity(Input, frozen=True, kw_only=True):
    """`id` may be made by the caller, a device for example. `happened_at` defaults to now. `latitude`, `longitude`: in
    degrees, kept to six digits, which is a tenth of a metre."""

    customer_id: UUID
    channel: str
    topic: str
    id: UUID | None = None
    contact_id: UUID | None = None
    content: str | None = None
    objection: str | None = None
    budget_minor: int | None = None
    budget_currency: str | None = None
    next_step: str | None = None
    next_step_at: datetime | None = None
    happened_at: datetime | None = None
    latitude: Decimal | None = None
    longitude: Decimal | None = None
    accuracy_metres: int | None = None
    custom: dict[str, Any] = field(default_factory=dict)


@command(zh="写跟进记录", en="Log activity", permission="crm.activity.log", module="crm", offline=True)
async def log_activity(ctx: Context, data: LogActivity) -> Activity:
    """Adds a follow-up. It lies where its customer lies, so whoever sees the customer sees it; the actor owns it.

    Raises ContactElsewhere, HappensLater (more than a day ahead), PlaceInvalid, RecordArchived, RecordErased.
    """
    given = given_values(data, Activity)
    given["happened_at"] = data.happened_at or ctx.now
    values = cleaned_values(ctx, Activity, given, day=given["happened_at"].date())
    if values["happened_at"] > ctx.now + _CLOCKS_APART:
        raise HappensLater(field="happenedAt")
    await _settle_budget(ctx, values)
    _settle_place(values)
    activity_id = await new_row_id(ctx, Activity, data.id)
    customer = await lock_named(ctx, Customer, data.customer_id, "customerId", permission="crm.activity.log")
    refuse_archived(customer, "customerId")
    if data.contact_id is not None:
        contact = await ctx.visible(Contact, data.contact_id, field="contactId")
        refuse_erased(contact, "contactId")
        if contact.customer_id != customer.id:
            raise ContactElsewhere(field="contactId")
    activity = ctx.add(
        Activity(id=activity_id, owner_id=ctx.actor.member_id, scope_path=customer.scope_path, custom={}, **values)
    )
    await apply_custom(ctx, activity, data.custom)
    return activity


async def _settle_budget(ctx: Context, values: dict[str, Any]) -> None:
    """A budget stands with its currency: the given one, or the company's base currency."""
    if values["budget_minor"] is None:
        if values["budget_currency"] is not None:
            raise CurrencyWithoutAmount(field="budgetCurrency", label=label_of(facets(Activity)["budget_currency"]))
    elif values["budget_currency"] is None:
        values["budget_currency"] = await base_currency(ctx)


def _settle_place(values: dict[str, Any]) -> None:
    """Both degrees or none, each on the globe and in one spelling; a radius only around them."""
    for column, most in _DEGREES.items():
        degrees = values[column]
        if degrees is not None:
            if not degrees.is_finite() or not -most <= degrees <= most:
                raise PlaceInvalid(field=column)
            values[column] = plain(degrees.quantize(_DIGITS)) + 0
    missing = next((column for column in _DEGREES if values[column] is None), None)
    radius = values["accuracy_metres"]
    if missing is not None and any(values[column] is not None for column in _DEGREES):
        raise PlaceInvalid(field=missing)
    if radius is not None and (missing is not None or not 0 <= radius <= _LARGEST_RADIUS):
        raise PlaceInvalid(field="accuracyMetres")
