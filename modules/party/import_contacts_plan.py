"""Decides row by row what an import of contacts does: create, update, leave, refuse. Writes nothing.

A row names its customer by name or code. It is the contact of that customer whom the importer may see under the exact
name (width, case and blanks aside), told apart by mobile phone where there are several. A contact lies where its
customer lies and belongs to the customer's owner.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, select

from kernel.context import Context
from kernel.entity import facets
from kernel.query import visible
from modules.party.cleaning import label_of
from modules.party.entities import Contact, Customer
from modules.party.import_checks import (
    checked_custom,
    checked_values,
    chosen_match,
    fillable_custom,
    missing_custom,
    refuse,
    refuse_unseen,
    require_everywhere,
)
from modules.party.import_errors import ContactTwice, OwnerFollows, ReferenceUnknown
from modules.party.import_references import Customers, Owners, among
from modules.party.import_rows import Decision, Existing, PreparedRow, custom_after, differences, plain_name
from tenants.custom_field_entities import CustomField
from values.errors import Refusal, Required
from values.pinyin import sort_key

_Decision = Decision[Contact]
_Called = tuple[UUID, str]  # customer, plain name


class ContactsPlan:
    """Remembers what earlier rows of the file make, so that a rehearsal over many batches decides like the import."""

    def __init__(self, ctx: Context, existing: Existing, *, writing: bool) -> None:
        self._ctx, self._existing, self._writing = ctx, existing, writing
        self._above = Customers()
        self._customers: dict[UUID, Customer] = {}
        self._by_name: dict[_Called, dict[UUID, Contact]] = defaultdict(dict)
        self._claimed: set[UUID] = set()
        self._taken: set[_Called] = set()
        self.fields: list[CustomField] = []

    async def decide(self, rows: Sequence[PreparedRow]) -> list[_Decision]:
        """One decision per row, in the order given."""
        ctx = self._ctx
        self.fields = await fillable_custom(ctx, Contact)
        self._owners = await Owners.named(ctx.session, {row.owner for row in rows if row.owner}, writing=self._writing)
        await self._above.load(ctx.session, ctx.actor, {row.above for row in rows if row.above})
        await self._load_customers()
        await self._load_candidates(rows)
        decisions = [self._decide(row) for row in rows]
        await refuse_unseen(ctx, self.fields, decisions)
        return decisions

    async def _load_customers(self) -> None:
        """The customers named. Writing holds them in place: an assignment would leave new contacts behind."""
        missing = self._above.ids - self._customers.keys()
        if not missing:
            return
        statement = select(Customer).where(*visible(Customer, self._ctx.actor), among(Customer.id, missing))
        statement = statement.order_by(Customer.id)
        if self._writing:
            statement = statement.with_for_update(read=True).execution_options(populate_existing=True)
        for customer in await self._ctx.session.scalars(statement):
            self._customers[customer.id] = customer

    async def _load_candidates(self, rows: Sequence[PreparedRow]) -> None:
        """The contacts of these customers who are called like one of the rows."""
        keys = {sort_key(str(row.values["name"])) for row in rows if row.values.get("name")}
        if not keys or not self._customers:
            return
        wanted: list[ColumnElement[bool]] = [
            *visible(Contact, self._ctx.actor),
            among(Contact.name_key, keys),
            among(Contact.customer_id, self._customers),
        ]
        statement = select(Contact).where(*wanted).order_by(Contact.id)
        if self._writing:
            statement = statement.with_for_update().execution_options(populate_existing=True)
        for contact in await self._ctx.session.scalars(statement):
            self._by_name[contact.customer_id, plain_name(contact.name)][contact.id] = contact

    def _decide(self, row: PreparedRow) -> _Decision:
        values, wrong = checked_values(self._ctx, Contact, row, ("name",))
        custom, wrong_custom = checked_custom(self.fields, row)
        decision = _Decision(row, "create", self._ctx.new_id(), values=values, custom=custom)
        decision.refusals.extend([*wrong, *wrong_custom])
        try:
            self._settle(decision, self._customer_of(row))
        except Refusal as refusal:
            decision.refusals.append(refusal)
        if decision.existing is None:
            decision.refusals.extend(missing_custom(self.fields, decision))
        if decision.refusals or row.spoiled:
            return refuse(decision)
        if decision.existing is None:
            decision.values["name_key"] = sort_key(decision.values["name"])
        else:
            self._compare(decision, decision.existing)
        return decision

    def _customer_of(self, row: PreparedRow) -> Customer:
        """Raises Required, ReferenceUnknown, ReferenceAmbiguous."""
        if not row.above:
            raise Required(field="customerId", label=label_of(facets(Contact)["customer_id"]))
        customer = self._customers.get(self._above.find(row.above, "customerId")[0])
        if customer is None:  # archived or assigned away a moment ago
            raise ReferenceUnknown(field="customerId", name=row.above[:60])
        return customer

    def _settle(self, decision: _Decision, customer: Customer) -> None:
        """Finds the contact that the row is about and asks for the rights that writing it needs."""
        row, name = decision.prepared, decision.values.get("name")
        if name:
            decision.existing = self._match(decision, customer, name)
        if row.owner and self._existing == "update" and self._owners.find(row.owner).id != customer.owner_id:
            raise OwnerFollows(field="ownerId")
        if decision.existing is not None:
            self._claimed.add(decision.existing.id)
            decision.row_id = decision.existing.id
            return
        require_everywhere(self._ctx, customer.scope_path, "party.contact.import", "party.contact.create")
        decision.values |= {
            "customer_id": customer.id,
            "owner_id": customer.owner_id,
            "scope_path": customer.scope_path,
        }

    def _match(self, decision: _Decision, customer: Customer, name: str) -> Contact | None:
        """Raises MatchAmbiguous; ContactTwice for a customer whom the file names in two ways."""
        called = customer.id, plain_name(name)
        if called in self._taken and not decision.prepared.apart_by_phone:
            raise ContactTwice(field="name", name=name)
        self._taken.add(called)
        found = [contact for contact in self._by_name[called].values() if contact.id not in self._claimed]
        mobile = decision.values.get("mobile")
        return chosen_match(decision.prepared, name, found, [c for c in found if mobile and c.mobile == mobile])

    def _compare(self, decision: _Decision, contact: Contact) -> None:
        """Keeps of the decision what the policy would change."""
        if self._existing == "skip":
            decision.leave()
            return
        decision.values = differences(contact, decision.values, self._existing)
        decision.custom = custom_after(contact, decision.custom or {}, self._existing)
        if not decision.values and decision.custom is None:
            decision.action = "unchanged"
            return
        decision.action = "update"
        try:
            require_everywhere(self._ctx, contact.scope_path, "party.contact.import", "party.contact.edit")
        except Refusal as refusal:
            refuse(decision, refusal)
            return
        if "name" in decision.values:
            decision.values["name_key"] = sort_key(decision.values["name"])
