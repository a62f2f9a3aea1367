"""Bugs in what the server makes of a device's queue."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from msgspec import structs
from sqlalchemy import update

from infra.questions import Question
from kernel.db import TenantContext
from kernel.executor import Invocation, OfflineClaim
from sync import ahead, effects, merge, numbered, offline, push, rebasing, skew, train, waiting
from sync.contact import NOTE_CONTACT, Known, NoteContact
from sync.filing import Filing
from sync.merge import Merged
from sync.numbered import Numbered
from sync.push import Pusher
from sync.train import Ready, Train
from sync.wire import AppliedTo, MutationOutcome
from tenants.commands import register_device
from tenants.device_entities import InboxEntry
from tests.simulation.actions import damage
from tests.simulation.mutants import Surgeon, mutant
from values.transitions import Lifecycle

_DAMAGE = ("server_dies_while_it_takes_a_queue",)


def _stays(self: Numbered, n: int) -> tuple[str, list[Any]]:
    """Writes nothing, in the place of the number that advances."""
    return "UPDATE app.device SET last_mutation = last_mutation WHERE tenant_id = %s AND id = %s", [
        self.actor.tenant_id,
        self.device_id,
    ]


def _take_any_turn(m: Surgeon) -> None:
    """Nobody looks whether a number is the next."""
    for part in (numbered, train):
        m.put(part, "refuse_out_of_turn", lambda _place, _n: None)


@mutant()
def number_does_not_advance(m: Surgeon) -> None:
    """The effect is there, the number stays."""
    m.put(Numbered, "advance", _stays)


@mutant(*_DAMAGE)
def number_advances_before_the_effect(m: Surgeon) -> None:
    """The number is committed first: what dies in between is never done."""

    def around(apply: Any) -> Any:
        async def applied(self: Pusher, mutation: Any, train: Train, aside: Any) -> Any:
            await self.numbered.skip(mutation.n)
            return await apply(self, mutation, train, aside)

        return applied

    _take_any_turn(m)
    m.wrap(Pusher, "_apply", around)


@mutant(*_DAMAGE)
def outcome_is_committed_apart(m: Surgeon) -> None:
    """The effect commits without its outcome, which follows in a transaction of its own."""

    def around(apply: Any) -> Any:
        async def applied(self: Pusher, mutation: Any, train: Train, aside: Any) -> Any:
            outcome = await apply(self, mutation, train, aside)
            own = self.numbered
            call = Invocation(key=str(mutation.uuid), client_id=own.client_id, closing=(own.advance(mutation.n),))
            await self.engine.executor.run_internal(self.actor, NOTE_CONTACT, NoteContact(id=own.device_id), call)
            return outcome

        return applied

    def made_ready(ready: Any) -> Any:
        return lambda self, mutation, aside=None: _called(ready(self, mutation, aside), key=None, closing=())

    m.wrap(Train, "ready", made_ready)
    m.wrap(Pusher, "_apply", around)


@mutant(*_DAMAGE)
def retry_executes_again(m: Surgeon) -> None:
    """A mutation that comes again is run again."""
    seen: set[UUID] = set()

    def around(take: Any) -> Any:
        async def taken(self: Pusher, mutation: Any, last: int, train: Train) -> Any:
            return await take(self, mutation, min(last, mutation.n - 1), train)

        return taken

    def made_ready(ready: Any) -> Any:
        def made(self: Train, mutation: Any, aside: Any = None) -> Ready:
            found = ready(self, mutation, aside)
            again = mutation.uuid in seen
            seen.add(mutation.uuid)
            return _called(found, key=None) if again else found

        return made

    m.wrap(Train, "ready", made_ready)
    _take_any_turn(m)
    m.wrap(Pusher, "_take", around)


def _called(ready: Ready, **how: Any) -> Ready:
    """A mutation's effect, called otherwise: what was opened ahead asked for the call as it was."""
    return replace(ready, call=replace(ready.call, begun=None, **how))


@mutant("device_is_cloned", "create_customer", "edit_customer", "sync")
def number_alone_tells_mutations_apart(m: Surgeon) -> None:
    """A used number is answered as applied, whichever mutation carries it."""

    def around(stored: Any) -> Any:
        async def found(session: Any, device_id: Any, mutation: Any, actor: Any) -> Any:
            return await stored(session, device_id, mutation, actor) or MutationOutcome(
                n=mutation.n, uuid=mutation.uuid, status="applied", result=AppliedTo(entity=None, id=None, version=None)
            )

        return found

    m.wrap(numbered, "stored_outcome", around)


@mutant("poison")
def refused_mutations_are_dropped(m: Surgeon) -> None:
    """What is refused is answered, and kept nowhere."""

    async def dropped(self: Filing, mutation: Any, refusal: Any) -> Any:
        await self.numbered.skip(mutation.n)
        return MutationOutcome(n=mutation.n, uuid=mutation.uuid, status="inbox")

    m.put(Filing, "file", dropped)


@mutant("poison")
def inbox_forgets_what_was_sent(m: Surgeon) -> None:
    """The entry says why, not what."""
    m.wrap(Filing, "entry", lambda entry: lambda *a, **k: structs.replace(entry(*a, **k), arguments={}))


@mutant("poison")
def poison_stops_the_queue(m: Surgeon) -> None:
    """A refusal that no retry can mend stops what waits behind it."""
    m.put(push, "_stops_the_queue", lambda _refusal: True)


@mutant("poison")
def sentences_are_told_without_a_number(m: Surgeon) -> None:
    """A refused mutation is filed without taking its number: the next one leaves a gap, or it is filed again."""

    def around(in_turn: Any) -> Any:
        def turned(self: Numbered, n: int, key: str | None = None, **how: Any) -> Any:
            call = in_turn(self, n, key, **how)
            return replace(call, closing=()) if key is not None else call

        return turned

    m.wrap(Numbered, "in_turn", around)


@mutant("edit_customer", "edit_customer_online")
def last_writer_wins(m: Surgeon) -> None:
    """Mine overwrites what others wrote meanwhile."""

    def mine(policies: Any, base: Any, mine: Any, theirs: Any, **_rest: Any) -> Merged:
        return Merged(apply=dict(mine))

    m.put(rebasing, "merge_fields", mine)


@mutant("edit_customer", "edit_customer_online")
def clashes_are_swallowed(m: Surgeon) -> None:
    """What clashed is left out, and nobody is told."""
    m.wrap(rebasing, "merge_fields", lambda f: lambda *a, **k: replace(f(*a, **k), differences=[]))


@mutant("edit_tags", "edit_tags_online")
def sets_are_replaced(m: Surgeon) -> None:
    """My tags take the place of theirs."""
    m.item(merge._BY_POLICY, merge.ADD_REMOVE, lambda _name, value, _sides: (merge.TAKEN, list(value or ())))


@mutant("pack_line", "sync", "create_order")
def counters_are_taken_as_values(m: Surgeon) -> None:
    """What I packed takes the place of what others packed meanwhile."""
    m.item(merge._BY_POLICY, merge.COUNTER, lambda _name, value, _sides: (merge.TAKEN, value))


@mutant("edit_customer", "edit_customer_online")
def texts_are_taken_as_values(m: Surgeon) -> None:
    """My long text takes the place of theirs."""
    m.item(merge._BY_POLICY, merge.TEXT, lambda _name, value, _sides: (merge.TAKEN, value))


@mutant("step_of_order", "step_of_order_online", "create_order")
def transitions_presuppose_nothing(m: Surgeon) -> None:
    """A step is done from whatever state the row is in."""

    async def unchecked(ctx: Any, command: Any, move: Any, data: Any, base: Any) -> Any:
        row = await ctx.lock(effects.entity_of(command), data.id)
        state = getattr(row, move.column)
        return row, merge.Decision(move.column, merge.TRANSITION, merge.TAKEN, state, move.to, state)

    m.put(offline, "check_transition", unchecked)
    m.put(Lifecycle, "require", lambda *_asked, **_how: None)


@mutant("device_is_cloned", "create_customer", "edit_customer", "sync")
def copies_share_no_outcomes(m: Surgeon) -> None:
    """What a copy sends is new to the server, though another copy has sent it."""

    async def none(*_asked: Any) -> None:
        return None

    m.put(register_device, "_origin", none)


@mutant("device_is_cloned", "poison", "refused_customer", "sync")
def what_a_copy_filed_is_run_all_the_same(m: Surgeon) -> None:
    """Only effects are told by their uuid, what went to the inbox is not."""
    m.put(train, "asking_filed", lambda *_asked: Question("SELECT 1 WHERE false", [], lambda _rows: False))
    m.put(train, "unless_filed", lambda *_asked: ("SELECT 1", []))


@mutant("server_is_backed_up", "server_is_restored", "pull", "sync", "edit_customer", "write_both_of_a_pair")
def a_restore_keeps_its_epoch(m: Surgeon) -> None:
    """The server goes on after a restore as if nothing had happened."""

    async def nothing(*_asked: Any) -> None:
        return None

    m.put(damage, "begin_epoch", nothing)


@mutant("refused_customer", "mend_creation", "jobs_run")
def parked_edits_run_again(m: Surgeon) -> None:
    """What ran out of the inbox stays parked there."""

    def around(apply: Any) -> Any:
        async def applied(engine: Any, actor: Any, entry: Any) -> None:
            await apply(engine, actor, entry)
            async with engine.database.tenant(TenantContext(entry.tenant_id).wide()) as session:
                stays = update(InboxEntry).where(InboxEntry.tenant_id == entry.tenant_id, InboxEntry.id == entry.id)
                await session.core(stays.values(state="parked"))
                await session.commit()

        return applied

    m.wrap(waiting, "_apply", around)


@mutant("refused_customer", "sync")
def nothing_is_parked(m: Surgeon) -> None:
    """Edits about a row whose creation was refused are refused one by one."""
    m.put(ahead, "blockers", lambda *_asked: [])


@mutant("refused_customer", "mend_creation", "jobs_run")
def a_mended_creation_releases_nothing(m: Surgeon) -> None:
    """What is parked stays so, whatever becomes of what it waits for."""

    async def nothing(*_asked: Any) -> Any:
        return waiting.Settled()

    m.put(waiting, "_run", nothing)


@mutant("edit_customer", "edit_customer_online")
def merge_takes_theirs_always(m: Surgeon) -> None:
    """An edit of a row that others touched meanwhile is answered as applied and dropped."""

    def theirs(policies: Any, base: Any, mine: Any, theirs: Any, **_rest: Any) -> Merged:
        same = all(theirs.get(name) == base.get(name) for name in base)
        return Merged(apply=dict(mine)) if same else Merged(dropped=list(mine))

    m.put(rebasing, "merge_fields", theirs)


@mutant("days_pass", "create_customer", "sync", "pull")
def every_claim_is_believed(m: Surgeon) -> None:
    """What was made after the trial counts as made before it."""

    def believed(self: Known, n: int, made_at: Any) -> OfflineClaim:
        end = self.ended_at or made_at
        return OfflineClaim(min(end, made_at), min(end, made_at))

    m.put(Known, "claim", believed)


@mutant("days_pass", "create_customer", "sync", "company_subscribes", "jobs_run")
def waiting_edits_wait_for_ever(m: Surgeon) -> None:
    """Nothing is applied when the company subscribes."""

    async def nothing(*_given: Any) -> Any:
        return None

    m.put(waiting, "_apply", nothing)


@mutant("poison")
def waiting_and_refused_are_confused(m: Surgeon) -> None:
    """Whatever is refused waits for a subscription."""
    m.wrap(Filing, "entry", lambda entry: lambda *a, **k: entry(*a, **{**k, "state": "waiting"}))


@mutant("edit_customer", "create_customer")
def old_edits_are_taken_as_they_are_said(m: Surgeon) -> None:
    """What an older app sends is not put into today's words."""
    m.put(skew, "newer", lambda call, *_version: call)
