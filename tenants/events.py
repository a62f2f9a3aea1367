"""What happens in the company as a whole that other rooms follow, in the same transaction."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from kernel.context import Event


@dataclass(frozen=True, slots=True)
class TrialDataGone(Event):
    """The last business record of the trial was cleared; what the product itself had filled in goes too."""


@dataclass(frozen=True, slots=True)
class DeviceClosed(Event):
    """A device is shut out for good, revoked or wiped: what it holds for itself, such as numbers, ends with it."""

    device_id: UUID
    member_id: UUID
    wiped: bool = False


@dataclass(frozen=True, slots=True)
class MemberErased(Event):
    """A member who left was erased: what tells where they were goes too, whatever else their work says stays."""

    member_id: UUID
