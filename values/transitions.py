"""A document's states, and the named steps between them, as a table of pairs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from values.errors import InvalidTransition, Words


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """`states`: what each is called. `steps`: (from, to) → what the step is called; no other step is possible."""

    states: Mapping[str, Words]
    steps: Mapping[tuple[str, str], Words]

    def require(self, state: str, target: str, *, field: str | None = None) -> None:
        """Raises InvalidTransition, which tells the steps that are possible from `state`, unless `target` is one."""
        if (state, target) in self.steps:
            return
        action = next(words for (_, to), words in self.steps.items() if to == target)
        raise InvalidTransition(field=field, state=self.states[state], action=action, possible=self.possible(state))

    def possible(self, state: str) -> Words:
        """The steps from a state, as each language lists them."""
        found = [words for (origin, _), words in self.steps.items() if origin == state]
        if not found:
            return Words("无", "none")
        return Words("、".join(words.zh for words in found), ", ".join(words.en for words in found))
