"""What happens in the party room that other rooms follow, in the same transaction."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from kernel.context import Event


@dataclass(frozen=True, slots=True)
class CustomerReassigned(Event):
    """A customer went to another owner; whatever is seen with the customer moves to `scope_path`."""

    customer_id: UUID
    scope_path: str


@dataclass(frozen=True, slots=True)
class PersonErased(Event):
    """A contact was erased, or with `contact_id` None a customer with all contacts. `traces` are the former names,
    phones and notes, by which the person could be found again in what others wrote about the customer."""

    customer_id: UUID
    contact_id: UUID | None
    traces: frozenset[str] = field(repr=False)
