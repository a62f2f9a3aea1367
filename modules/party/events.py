"""What happens in the party room that other rooms follow, in the same transaction."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from kernel.context import Event


@dataclass(frozen=True, slots=True)
class CustomerReassigned(Event):
    """A customer went to another owner; whatever is seen with the customer moves to `scope_path`."""

    customer_id: UUID
    scope_path: str
