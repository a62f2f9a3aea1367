"""Contacts from a file: many rows in one transaction, each row created, updated, left or refused."""

from __future__ import annotations

from kernel.command import Input, command
from kernel.context import Context
from modules.party.entities import Contact
from modules.party.import_contacts_plan import ContactsPlan
from modules.party.import_rows import Existing, ImportOutcome, PreparedRow
from modules.party.import_writing import write_batch


class ImportContacts(Input, frozen=True, kw_only=True):
    """At most 1,000 rows, each with the name or code of its customer. A row that is refused stops no other."""

    rows: list[PreparedRow]
    existing: Existing = "update"


@command(zh="导入联系人", en="Import contacts", permission="party.contact.import", module="crm", api=False)
async def import_contacts(ctx: Context, data: ImportContacts) -> ImportOutcome:
    """Applies a batch. The same rows a second time change nothing: they find the contacts that they made."""
    return await write_batch(ctx, Contact, ContactsPlan(ctx, data.existing, writing=True), data.rows)
