"""A queued command inside its transaction: what it presupposes, how it merges, and what is written down of that.

The same for a push and for what waited for a subscription.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from kernel.command import Command, Input
from kernel.context import Context
from kernel.entity import TenantRow, described
from sync.effects import effect_of, transition_of
from sync.merge import CLASH, EQUAL, Decision, Merged
from sync.preconditions import check_archive, check_transition
from sync.rebasing import rebase_edit
from values.effects import ARCHIVE
from values.wire import python_name, to_wire

MERGE_NOTE = "merge"  # the audit's op


@dataclass(frozen=True, slots=True)
class Sent:
    """What a device sent along with a command: see PROTOCOL.md, section 4.3."""

    device_id: UUID
    base: Mapping[str, Any]
    server_base: Mapping[str, Any]


@dataclass(slots=True)
class Found:
    """What the preparation of one attempt found. `there`: the row, where nothing is left to do for the command."""

    merged: Merged = field(default_factory=Merged)
    there: TenantRow | None = None

    @property
    def combined(self) -> bool:
        return bool(self.merged.differences) or self.merged.combined


class Offline:
    """One queued command on its way through the executor, which may attempt it more than once."""

    def __init__(self, command: Command, sent: Sent) -> None:
        self._command, self._sent = command, sent
        self.found = Found()

    @property
    def command(self) -> Command:
        """To be run: without a second effect where the row is already what the command would make of it."""
        declared = self._command

        async def handler(ctx: Context, data: Any) -> Any:
            return self.found.there if self.found.there is not None else await declared.handler(ctx, data)

        return replace(declared, handler=handler) if transition_of(declared) is not None else declared

    async def prepare(self, ctx: Context, data: Input) -> Input:
        """The input as it is to run now. Raises what `rebase_edit`, `check_transition` and `check_archive` do."""
        self.found = Found()
        command, sent = self._command, self._sent
        if command.merges is not None:
            data, self.found.merged = await rebase_edit(ctx, command, data, sent.base, sent.device_id, sent.server_base)
        elif (move := transition_of(command)) is not None:
            row, decided = await check_transition(ctx, command, move[1], data, sent.base)
            self.found.merged.decisions.append(decided)
            self.found.there = row if decided.outcome == EQUAL else None
        elif effect_of(command) == ARCHIVE:
            await check_archive(ctx, command, data, sent.base, sent.device_id)
        return data

    def note(self, ctx: Context, row: Any) -> None:
        """Writes what was decided into the audit of the row, if there was anything to decide: the server's value was
        not the one that the member had seen. `row`: as the handler left it."""
        decisions = self.found.merged.decisions
        if isinstance(row, TenantRow) and any(d.outcome == CLASH or d.theirs != d.base for d in decisions):
            ctx.note(described(type(row)).name, MERGE_NOTE, merge_facts(decisions, row), row)


def merge_facts(decisions: list[Decision], row: TenantRow) -> dict[str, Any]:
    """By column, so that masks and erasure reach it: `{policy, outcome, base, mine, theirs, result}`; of custom fields
    by column and key. `result` is what the row holds now."""
    facts: dict[str, Any] = {}
    for decided in decisions:
        name, _, key = decided.field.partition(".")
        column = python_name(name)
        result = to_wire(getattr(row, column))
        told = {
            "policy": decided.policy,
            "outcome": decided.outcome,
            "base": decided.base,
            "mine": decided.mine,
            "theirs": decided.theirs,
            "result": (result or {}).get(key) if key else result,
        }
        if key:
            facts.setdefault(column, {})[key] = told
        else:
            facts[column] = told
    return facts
