"""A push is a train: what opens the next mutation travels behind the commit of the one before it.

PostgreSQL commits one mutation and begins the next in a single round trip, and meanwhile Python reads the one after
that. An answer is given only when its own commit is acknowledged; where that fails, or another turn is taken, what
was begun ahead is rolled back unread and the mutation is opened again by itself.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, cast
from uuid import UUID

from infra.questions import Question
from kernel.command import Command, Input
from kernel.context import Context
from kernel.db import Opening
from kernel.entity import TenantRow, entity_named
from kernel.executor import Executor, Invocation
from kernel.rows import Loaded
from sync.contact import Known
from sync.errors import EditClashed, ValueUnsendable
from sync.filing import Filing
from sync.limits import refuse_too_large
from sync.merge import refuse_misshapen
from sync.numbered import Filed, refuse_out_of_turn
from sync.offline import Offline, Sent
from sync.outcomes import asking_filed, unless_filed
from sync.queueable import queueable
from sync.rebasing import field_policies
from sync.splitting import Aside
from sync.wire import Mutation
from tenants.commands.file_inbox_entry import new_entry
from tenants.device_entities import InboxEntry
from tenants.erasable import Erasable
from tenants.erased_rows import asking_erased, named_ids, record_erased
from tenants.mutation_input import input_from_wire


@dataclass(frozen=True, slots=True)
class Ready:
    """A mutation as far as it needs no database. `entries`: what it files beside its effect."""

    command: Command
    data: Input
    queued: Offline
    call: Invocation
    entries: list[InboxEntry]


@dataclass(frozen=True, slots=True)
class Train:
    """The mutations of one push, by number: of two that bear the same one, the first."""

    known: Known
    filing: Filing
    executor: Executor
    mutations: Mapping[int, Mutation]
    _made: dict[int, tuple[Mutation, Ready | Exception]] = field(default_factory=dict)

    def ready(self, mutation: Mutation, aside: Aside | None = None) -> Ready:
        """The mutation to be run, without what is kept back (`aside`). Raises what it is refused for by itself: too
        large, malformed, no known command."""
        of, made = self._made.pop(mutation.n, (None, None))
        if aside is not None or of is not mutation or made is None:
            return self._make(mutation, aside)  # what was made ahead is another one's, who bears its number too
        if isinstance(made, Exception):
            raise made
        return made

    def _behind(self, n: int) -> Opening | None:
        """What may travel behind the commit of number `n`: the opening of the next, if that can be run."""
        self._make_ahead(n + 1)
        _, made = self._made.get(n + 1, (None, None))
        return made.call.begun if isinstance(made, Ready) else None

    def _make_ahead(self, n: int) -> None:
        mutation = self.mutations.get(n)
        if mutation is None or not mutation.arguments or n in self._made:
            return
        try:
            self._made[n] = mutation, self._make(mutation)
        except Exception as wrong:  # noqa: BLE001 — kept, and raised in its turn
            self._made[n] = mutation, wrong

    def _make(self, mutation: Mutation, aside: Aside | None = None) -> Ready:
        command, data = _read(mutation)
        numbered, entries = self.filing.numbered, list[InboxEntry]()
        queued = Offline(command, Sent(numbered.device_id, mutation.base, mutation.server_base))
        locks = ((entity_named(command.merges), data.id),) if command.merges is not None else ()  # type: ignore[attr-defined]  # every merging input names its row
        call = Invocation(
            key=str(mutation.uuid),
            client_id=numbered.client_id,
            offline=self.known.claim(mutation.n, self.filing.made_at(mutation)),
            opening=tuple(self._asked(mutation, {row_id for _, row_id in locks})),
            closing=(
                numbered.advance(mutation.n),
                unless_filed(numbered.actor.tenant_id, numbered.client_id, mutation),
            ),
            locks=locks,
            prepare=self._preparing(mutation, command, queued, aside, entries),
            noting=lambda ctx, outcome: queued.note(ctx, outcome.value),
            then=partial(self._behind, mutation.n),
        )
        begun = self.executor.opening(numbered.actor, call, partial(self._make_ahead, mutation.n + 1))
        return Ready(command, data, queued, replace(call, begun=begun), entries)

    def _asked(self, mutation: Mutation, locked: set[UUID]) -> list[Question[Any]]:
        """What the opening answers: the device's number, whether the mutation is filed, and whether a row that it names
        is erased, beside those that are locked."""
        numbered = self.filing.numbered
        filed = asking_filed(numbered.actor.tenant_id, numbered.client_id, mutation)
        asked: list[Question[Any]] = [numbered.locking(), filed]
        if others := named_ids(mutation.arguments) - locked:
            asked.append(asking_erased(numbered.actor.tenant_id, others))
        return asked

    def _preparing(
        self, mutation: Mutation, command: Command, queued: Offline, aside: Aside | None, entries: list[InboxEntry]
    ) -> Callable[[Context, Any], Awaitable[Any]]:
        """Inside the transaction: what the opening answered, the merge, and what is filed beside the effect, which goes
        into `entries` too."""

        async def prepare(ctx: Context, sent: Any) -> Any:
            entries.clear()
            refuse_out_of_turn(ctx.opened[0], mutation.n)
            if ctx.opened[1]:
                raise Filed
            erased = _erased(ctx.opened[2:])
            if erased is not None:
                raise record_erased(erased)
            self.filing.ahead.refuse_parked(command, mutation.arguments)
            prepared = await queued.prepare(ctx, sent)
            if differences := queued.found.merged.differences:
                kept = self.filing.entry(mutation, command, EditClashed(), differences, state="open")
                entries.append(await new_entry(ctx, kept))
            if aside is not None:
                entries.append(await new_entry(ctx, self.filing.entry_aside(mutation, command, aside, ctx.new_id())))
                prepared = aside.left(prepared)
            return prepared

        return prepare


def _read(mutation: Mutation) -> tuple[Command, Input]:
    """The command that it calls, with its input. Raises what it is refused for by itself."""
    refuse_too_large(mutation)
    command = queueable(mutation.command)
    if mutation.unsendable is not None:
        raise ValueUnsendable(field=mutation.unsendable)
    data = input_from_wire(command, mutation.arguments)
    if command.merges is not None:  # before it could wait for a subscription with it
        policies = field_policies(entity_named(command.merges))
        refuse_misshapen(policies, mutation.arguments, mutation.base, mutation.server_base)
    return command, data


def _erased(opened: Sequence[Any]) -> type[TenantRow] | None:
    """The kind of an erased row that a mutation names: what was asked about others, or the row that is locked."""
    for found in opened:
        if isinstance(found, type):
            return found
        row: Any = found.row if isinstance(found, Loaded) else None
        if isinstance(row, Erasable) and row.erased_at is not None:
            return cast("type[TenantRow]", type(row))
    return None
