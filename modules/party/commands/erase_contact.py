"""A contact asks to be forgotten (个人信息保护法 §47)."""

from __future__ import annotations

from uuid import UUID

from kernel.command import Input, command
from kernel.context import Context
from modules.party.entities import Contact
from modules.party.erasing import erase_contact_row


class EraseContact(Input, frozen=True, kw_only=True):
    id: UUID
    version: int | None = None


@command(zh="擦除联系人资料", en="Erase a contact", permission="party.contact.erase", module=None, on_read_only=True)
async def erase_contact(ctx: Context, data: EraseContact) -> Contact:
    """Blanks who the contact was, also in the audit, the inbox and follow-ups; a nameless row stays.

    It cannot be undone. A duty towards the person, so a lapsed subscription does not stop it.
    """
    contact = await ctx.lock(Contact, data.id, version=data.version)
    await erase_contact_row(ctx, contact)
    return contact
