"""What a command refuses because somebody else was quicker: with both sides, for whoever has to decide."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Self

from values.errors import Refusal


class Clash:
    """Beside Refusal: one that knows what met what.

    `differences`: `{field, base, mine, theirs}` in wire form, as an inbox entry shows them. `facts`: by field
    `{zh, en, changedAt?, changedById?}`: what it is called, and whose value stands in `theirs`; of fields of the
    entry's own row the inbox knows it by itself. `partly`: the refusal, with the same details, of the parts that clash
    where the others take effect; None: all or nothing.
    """

    partly: type[Refusal] | None = None

    def __init__(self, **details: Any) -> None:
        super().__init__(**details)
        self._given = details
        self.differences: list[dict[str, Any]] = []
        self.facts: dict[str, dict[str, Any]] = {}

    def of_parts(self, field: str) -> Refusal | None:
        """The same for the parts that clash, the first of them named by `field`."""
        return self.partly(**{**self._given, "field": field}) if self.partly is not None else None

    def between(self, differences: Iterable[dict[str, Any]], facts: Mapping[str, dict[str, Any]] | None = None) -> Self:
        self.differences, self.facts = list(differences), dict(facts or {})
        return self
