"""What happens in the company as a whole that other rooms follow, in the same transaction."""

from __future__ import annotations

from dataclasses import dataclass

from kernel.context import Event


@dataclass(frozen=True, slots=True)
class TrialDataGone(Event):
    """The last business record of the trial was cleared; what the product itself had filled in goes too."""
