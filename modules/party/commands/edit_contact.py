"""A contact's details change."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from msgspec import UNSET, UnsetType

from kernel.command import Input, command
from kernel.context import Context
from modules.party.cleaning import cleaned_values, given_values
from modules.party.entities import Contact
from modules.party.rows import refuse_archived, set_changed
from tenants.custom_fields import apply_custom


class EditContact(Input, frozen=True, kw_only=True):
    """Only what is given changes; null clears. In `custom` only the given keys change."""

    id: UUID
    version: int | None = None
    name: str | UnsetType = UNSET
    title: str | UnsetType | None = UNSET
    influence: str | UnsetType | None = UNSET
    mobile: str | UnsetType | None = UNSET
    email: str | UnsetType | None = UNSET
    wechat: str | UnsetType | None = UNSET
    birthday: date | UnsetType | None = UNSET
    preference: str | UnsetType | None = UNSET
    notes: str | UnsetType | None = UNSET
    custom: dict[str, Any] | UnsetType = UNSET


@command(
    zh="修改联系人",
    en="Edit contact",
    permission="party.contact.edit",
    module="crm",
    offline=True,
    merges="party.Contact",
)
async def edit_contact(ctx: Context, data: EditContact) -> Contact:
    """Changes the given fields. Raises VersionConflict, RecordArchived."""
    contact = await ctx.lock(Contact, data.id, version=data.version)
    refuse_archived(contact)
    values = cleaned_values(ctx, Contact, given_values(data, Contact), current=contact)
    set_changed(contact, values)
    if data.custom is not UNSET:
        await apply_custom(ctx, contact, data.custom)
    return contact
