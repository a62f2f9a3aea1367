"""Bugs in what the server makes of a device's queue."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from msgspec import structs

from kernel.executor import OfflineClaim
from sync import push, rebasing, waiting
from sync.contact import Known
from sync.merge import Merged
from sync.push import Pusher
from sync.wire import AppliedTo, MutationOutcome
from tests.simulation.mutants import Surgeon, mutant

_DAMAGE = ("server_dies_while_it_takes_a_queue",)


@mutant()
def number_does_not_advance(m: Surgeon) -> None:
    """The effect is there, the number stays."""

    async def stays(self: Pusher, ctx: Any, n: int) -> None:
        return None

    m.put(Pusher, "_advance", stays)


@mutant(*_DAMAGE)
def number_advances_before_the_effect(m: Surgeon) -> None:
    """The number is committed first: what dies in between is never done."""

    async def unchecked(self: Pusher, ctx: Any, n: int) -> None:
        return None

    def around(apply: Any) -> Any:
        async def applied(self: Pusher, mutation: Any) -> Any:
            await self._skip(mutation.n)
            return await apply(self, mutation)

        return applied

    m.put(Pusher, "_lock", unchecked)
    m.wrap(Pusher, "_apply", around)


@mutant(*_DAMAGE)
def outcome_is_committed_apart(m: Surgeon) -> None:
    """The effect commits without its outcome, which follows in a transaction of its own."""

    async def later(self: Pusher, ctx: Any, n: int) -> None:
        if ctx.command.name in ("sync.note_contact", "tenants.file_inbox_entry"):
            await _ADVANCE(self, ctx, n)

    def around(apply: Any) -> Any:
        async def applied(self: Pusher, mutation: Any) -> Any:
            outcome = await apply(self, mutation)

            async def finish(ctx: Any, _outcome: Any) -> None:
                await _ADVANCE(self, ctx, mutation.n)

            call = _INVOCATION(key=str(mutation.uuid), client_id=self.device_id, finish=finish)
            note = push.NoteContact(id=self.device_id)
            await self.engine.executor.run_internal(self.actor, push.NOTE_CONTACT, note, call)
            return outcome

        return applied

    m.put(push, "Invocation", lambda **call: _INVOCATION(**{**call, "key": _filed(call.get("key"))}))
    m.put(Pusher, "_advance", later)
    m.wrap(Pusher, "_apply", around)


@mutant(*_DAMAGE)
def retry_executes_again(m: Surgeon) -> None:
    """A mutation that comes again is run again."""
    seen: set[str] = set()

    async def unchecked(self: Pusher, ctx: Any, n: int) -> None:
        return None

    def around(take: Any) -> Any:
        async def taken(self: Pusher, mutation: Any, last: int) -> Any:
            return await take(self, mutation, min(last, mutation.n - 1))

        return taken

    def invoked(**call: Any) -> Any:
        key = call.get("key")
        if key in seen:
            call = {**call, "key": _filed(key)}
        if key is not None:
            seen.add(key)
        return _INVOCATION(**call)

    m.put(push, "Invocation", invoked)
    m.put(Pusher, "_lock", unchecked)
    m.wrap(Pusher, "_take", around)


def _filed(key: str | None) -> str | None:
    """The key of what goes to the inbox stays; that of an effect goes."""
    return key if key is not None and key.startswith("n:") else None


_INVOCATION, _ADVANCE = push.Invocation, Pusher._advance


@mutant("device_is_cloned", "create_customer", "edit_customer", "sync")
def number_alone_tells_mutations_apart(m: Surgeon) -> None:
    """A used number is answered as applied, whichever mutation carries it."""

    def around(stored: Any) -> Any:
        async def found(session: Any, device_id: Any, mutation: Any, actor: Any) -> Any:
            return await stored(session, device_id, mutation, actor) or MutationOutcome(
                n=mutation.n, uuid=mutation.uuid, status="applied", result=AppliedTo(entity=None, id=None, version=None)
            )

        return found

    m.wrap(push, "stored_outcome", around)


@mutant("poison")
def refused_mutations_are_dropped(m: Surgeon) -> None:
    """What is refused is answered, and kept nowhere."""

    async def dropped(self: Pusher, mutation: Any, refusal: Any) -> Any:
        await self._skip(mutation.n)
        return MutationOutcome(n=mutation.n, uuid=mutation.uuid, status="inbox")

    m.put(Pusher, "_file", dropped)


@mutant("poison")
def inbox_forgets_what_was_sent(m: Surgeon) -> None:
    """The entry says why, not what."""
    m.wrap(Pusher, "_entry", lambda entry: lambda *a, **k: structs.replace(entry(*a, **k), arguments={}))


@mutant("poison")
def poison_stops_the_queue(m: Surgeon) -> None:
    """A refusal that no retry can mend stops what waits behind it."""
    m.put(push, "_stops_the_queue", lambda _refusal: True)


@mutant("poison")
def sentences_are_told_without_a_number(m: Surgeon) -> None:
    """A refused mutation is filed without taking its number: the next one leaves a gap, or it is filed again."""

    def around(advance: Any) -> Any:
        async def advanced(self: Pusher, ctx: Any, n: int) -> None:
            if "file" not in ctx.command.name:
                await advance(self, ctx, n)

        return advanced

    m.wrap(Pusher, "_advance", around)


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
    from sync import merge

    def replaced(merged: Merged, name: str, base: Any, value: Any, theirs: Any) -> None:
        merged.apply[name] = list(value or ())

    m.put(merge, "_merge_set", replaced)


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
    m.wrap(Pusher, "_entry", lambda entry: lambda *a, **k: entry(*a, **{**k, "state": "waiting"}))
