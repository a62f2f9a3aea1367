"""Decides row by row what an import of customers does: create, update, leave, refuse. Writes nothing.

A row is the customer that has its code; without such a code, the one that the importer may see under the exact name
(width, case and blanks aside), told apart by phone where there are several.
A customer with another code is another one.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from kernel.context import Context
from kernel.policy import reaches
from modules.party.entities import Customer
from modules.party.errors import CustomerParentCycle
from modules.party.import_candidates import Candidates
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
from modules.party.import_errors import CodeErased, CodeTaken, InRecycleBin, OwnerStays
from modules.party.import_references import Customers, Owners, Tags
from modules.party.import_rows import Decision, Existing, PreparedRow, custom_after, differences
from tenants.custom_field_entities import CustomField
from tenants.entities import Member
from values.errors import Refusal
from values.pinyin import sort_key

_MAX_LEVELS = 20
_Decision = Decision[Customer]


class CustomersPlan:
    """Remembers what earlier rows of the file make, so that a rehearsal over many batches decides like the import."""

    def __init__(self, ctx: Context, existing: Existing, *, writing: bool) -> None:
        self._ctx, self._existing, self._writing = ctx, existing, writing
        self._candidates = Candidates(ctx, Customer, self._sees, writing=writing)
        self._claimed: set[UUID] = set()
        self._parents: dict[UUID, UUID | None] = {}
        self._above = Customers()
        self.fields: list[CustomField] = []

    async def decide(self, rows: Sequence[PreparedRow]) -> list[_Decision]:
        """One decision per row, in the order given."""
        ctx = self._ctx
        self.fields = await fillable_custom(ctx, Customer)
        self._owners = await Owners.named(ctx.session, {row.owner for row in rows if row.owner}, writing=self._writing)
        self._tags = await Tags.known(ctx.session, list(rows))
        await self._candidates.load(rows)
        await self._above.load(ctx.session, ctx.actor, {row.above for row in rows if row.above})
        self._home = await self._home_path()
        decisions = [self._decide(row) for row in rows]
        await refuse_unseen(ctx, self.fields, decisions)
        for decision in decisions:
            await self._refuse_loop(decision)
        return decisions

    def _sees(self, customer: Customer) -> bool:
        return reaches(self._ctx.actor.authority.prefixes("party.customer.view"), customer.scope_path)

    async def _home_path(self) -> str:
        """Where the importer's own rows lie. Writing holds the member in place; a rehearsal may lock nothing."""
        ctx = self._ctx
        if self._writing:
            return await ctx.scope_path(ctx.actor.member_id)
        own = select(Member.path).where(Member.tenant_id == ctx.tenant_id, Member.id == ctx.actor.member_id)
        return str(await ctx.session.scalar(own) or f"{ctx.actor.home_path}~/")

    def _decide(self, row: PreparedRow) -> _Decision:
        values, wrong = checked_values(self._ctx, Customer, row, ("name",))
        custom, wrong_custom = checked_custom(self.fields, row)
        decision = _Decision(row, "create", self._ctx.new_id(), values=values, custom=custom)
        decision.refusals.extend([*wrong, *wrong_custom])
        for settle in (self._settle_tags, self._settle_parent, self._settle_match):
            try:
                settle(decision)
            except Refusal as refusal:
                decision.refusals.append(refusal)
        if decision.existing is None:
            decision.refusals.extend(missing_custom(self.fields, decision))
        if decision.refusals or row.spoiled:
            return refuse(decision)
        if decision.existing is None:
            self._remember(decision)
        else:
            self._compare(decision, decision.existing)
        return decision

    def _settle_tags(self, decision: _Decision) -> None:
        if decision.prepared.tags:
            decision.tag_ids = self._tags.find(decision.prepared.tags)

    def _settle_parent(self, decision: _Decision) -> None:
        if decision.prepared.above:
            decision.values["parent_id"] = self._above.find(decision.prepared.above, "parentId")[0]

    def _settle_match(self, decision: _Decision) -> None:
        """Finds the customer that the row is about and asks for the rights that writing it needs."""
        decision.existing = self._match(decision)
        if decision.existing is not None:
            self._claimed.add(decision.existing.id)
            decision.row_id = decision.existing.id
            self._refuse_other_owner(decision, decision.existing)
            return
        owner = self._owners.find(decision.prepared.owner) if decision.prepared.owner else None
        path, owner_id = (owner.path, owner.id) if owner else (self._home, self._ctx.actor.member_id)
        needed = ["party.customer.import", "party.customer.create"]
        if owner_id != self._ctx.actor.member_id:
            needed.append("party.customer.assign")
        require_everywhere(self._ctx, path, *needed)
        decision.values |= {"owner_id": owner_id, "scope_path": path}

    def _match(self, decision: _Decision) -> Customer | None:
        code, name, phone = (decision.values.get(column) for column in ("code", "name", "phone"))
        coded = self._candidates.coded(code)
        if coded is not None:
            if not self._sees(coded):
                raise CodeTaken(field="code", code=code)
            if coded.erased_at is not None:
                raise CodeErased(field="code", code=code)
            if coded.archived_at is not None:
                raise InRecycleBin(field="code", code=code)
            return coded
        found = [
            customer
            for customer in self._candidates.named(name)
            if customer.id not in self._claimed and not (code and customer.code)
        ]
        same_phone = [customer for customer in found if phone and customer.phone == phone]
        return chosen_match(decision.prepared, name, found, same_phone)

    def _refuse_other_owner(self, decision: _Decision, customer: Customer) -> None:
        text = decision.prepared.owner
        if text and self._existing == "update" and self._owners.find(text).id != customer.owner_id:
            raise OwnerStays(field="ownerId")

    def _compare(self, decision: _Decision, customer: Customer) -> None:
        """Keeps of the decision what the policy would change; tags are only ever added."""
        if self._existing == "skip":
            decision.leave()
            return
        decision.values = differences(customer, decision.values, self._existing)
        if "credit_limit_minor" not in decision.values and self._existing == "fill":
            decision.values.pop("credit_currency", None)  # it belongs to the limit that stays
        decision.custom = custom_after(customer, decision.custom or {}, self._existing)
        added = [tag_id for tag_id in decision.tag_ids or [] if tag_id not in customer.tag_ids]
        decision.tag_ids = [*customer.tag_ids, *added] if added else None
        if not decision.values and decision.custom is None and decision.tag_ids is None:
            decision.action = "unchanged"
            return
        decision.action = "update"
        try:
            require_everywhere(self._ctx, customer.scope_path, "party.customer.import", "party.customer.edit")
        except Refusal as refusal:
            refuse(decision, refusal)
            return
        if "name" in decision.values:
            decision.values["name_key"] = sort_key(decision.values["name"])
        if "parent_id" in decision.values:
            self._parents[customer.id] = decision.values["parent_id"]

    def _remember(self, decision: _Decision) -> None:
        """Later rows may refer to what this one makes, and must not make it again."""
        values = decision.values
        values["name_key"] = sort_key(values["name"])
        self._parents[decision.row_id] = values.get("parent_id")
        if self._sees_path(values["scope_path"]):
            self._above.add(decision.row_id, values.get("code"), values["name"], values["scope_path"])

    def _sees_path(self, path: str) -> bool:
        return reaches(self._ctx.actor.authority.prefixes("party.customer.view"), path)

    async def _refuse_loop(self, decision: _Decision) -> None:
        """The chain above an existing customer's new parent must not lead back to it."""
        if decision.action != "update" or decision.values.get("parent_id") is None:
            return
        above: UUID | None = decision.values["parent_id"]
        for _ in range(_MAX_LEVELS):
            if above == decision.row_id:
                refuse(decision, CustomerParentCycle(field="parentId"))
                self._parents.pop(decision.row_id, None)
                return
            if above is None:
                return
            above = self._parents[above] if above in self._parents else await self._parent_of(above)
        refuse(decision, CustomerParentCycle(field="parentId"))

    async def _parent_of(self, row_id: UUID) -> UUID | None:
        statement = select(Customer.parent_id).where(Customer.tenant_id == self._ctx.tenant_id, Customer.id == row_id)
        found: UUID | None = await self._ctx.session.scalar(statement.with_for_update() if self._writing else statement)
        return found
