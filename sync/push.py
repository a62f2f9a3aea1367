"""Push: a device's queue, one command and one transaction per mutation, each exactly once.

Effect, outcome and number commit together. A refusal that no retry can mend goes to the inbox in a transaction that
advances the number just the same, so it blocks nothing behind it; a passing one stops the queue without advancing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from uuid import UUID

import structlog
from sqlalchemy import exc

from kernel.engine import Engine
from kernel.executor import Outcome
from kernel.policy import Actor
from sync import versions
from sync.ahead import Ahead, ParkedNoMore
from sync.contact import Known
from sync.errors import (
    Defect,
    DeviceForked,
    DeviceRevoked,
    MutationGap,
    MutationTooLarge,
)
from sync.filing import Filing
from sync.gone import file_gone
from sync.limits import refuse_too_large, without_content
from sync.numbered import Filed, Numbered, Superseded
from sync.queueable import known
from sync.restored import awaited
from sync.skew import decides, in_present_words, in_words_of, made_under, refuse_newer, with_decision
from sync.splitting import Aside, set_aside
from sync.train import Train
from sync.wire import AppliedTo, Mutation, MutationOutcome
from tenants.device_entities import InboxEntry
from tenants.errors import AlreadyDecided
from tenants.parking import RESOLVE
from values.errors import Busy, KeyReused, Kind, NotFound, Refusal

log = structlog.get_logger()
_TRIES = 4
_DONE = frozenset({"applied", "merged"})
# What a device asks for itself and asks again when it may: nobody typed it, and nobody has to decide about it.
_REQUESTS = frozenset({"tenants.lease_numbers"})
# The network's and the pool's moods: the same mutation may succeed in a minute.
PASSING = (exc.OperationalError, exc.InterfaceError, exc.TimeoutError, OSError)


@dataclass(slots=True)
class Pushed:
    """What became of a batch. `stopped`: why the rest was not taken; `left`: what was not looked at yet."""

    outcomes: list[MutationOutcome] = field(default_factory=list)
    last_mutation: int = 0
    stopped: Refusal | None = None
    left: Sequence[Mutation] = ()

    def add(self, later: Pushed) -> None:
        """What became of the next piece."""
        self.outcomes += later.outcomes
        self.last_mutation, self.stopped, self.left = later.last_mutation, later.stopped, later.left


@dataclass(frozen=True, slots=True)
class Pusher:
    """One push of one device. `known`: what the server knew of the device before this push."""

    engine: Engine
    actor: Actor  # with its device
    known: Known
    release: Callable[[UUID | None], Awaitable[object]]  # runs what was parked of a member's, where it waits no more
    version: int = versions.UNSAID  # of the schema that the device's app was built for
    ahead: Ahead = field(default_factory=Ahead)

    @property
    def numbered(self) -> Numbered:
        device = self.known.device
        return Numbered(self.engine, self.actor, device.id, device.origin_id or device.id)

    @property
    def filing(self) -> Filing:
        return Filing(self.numbered, self.ahead)

    async def skip_to(self, first: int | None, last: int) -> int:
        """The device goes on at number `first`: what the server asks for before it is gone, and that is filed.

        Returns the number at which the device stands now.
        """
        if first is None or first <= last + 1:
            return last
        try:
            return await file_gone(self.numbered, self.known.device, first - 1)
        except (Superseded, MutationGap, KeyReused):
            return last  # another push came between: what the device is told next puts it right

    async def run(
        self, mutations: Sequence[Mutation], last: int, overdue: Callable[[], bool] = lambda: False
    ) -> Pushed:
        """Takes the mutations by number. `last`: the device's number so far. `overdue`: whether others should have
        their turn; then the rest is left."""
        done = Pushed(last_mutation=last)
        if mutations:
            await self._look_ahead()
        queue = sorted(mutations, key=lambda m: m.n)
        present = {m.n: m for m in reversed(queue) if made_under(m, self.version) == versions.current()}
        train = Train(self.known, self.filing, self.engine.executor, present)
        for place, mutation in enumerate(queue):
            if place and overdue():
                done.left = queue[place:]
                break
            try:
                outcome = await self._take(mutation, done.last_mutation, train)
                done.outcomes.append(in_words_of(outcome, mutation, self.version))
            except Refusal as refusal:
                done.stopped = refusal
                break
            except PASSING as passing:
                log.warning("sync.push_interrupted", error=type(passing).__name__)
                done.stopped = Busy()
                break
            done.last_mutation = max(done.last_mutation, mutation.n)
        if self.ahead.restored and any(outcome.status in _DONE for outcome in done.outcomes):
            await self._release(None)  # others may have waited for what this device has sent again
        return done

    async def _take(self, mutation: Mutation, last: int, train: Train) -> MutationOutcome:
        """One mutation to its outcome. Raises only what must stop the queue."""
        if mutation.n <= last:
            return await self.numbered.replay(mutation)
        if mutation.n > last + 1:
            raise MutationGap(field="mutations", expected=last + 1)
        if not mutation.arguments:  # what was said about an erased person is forgotten, and may be offered again so
            with suppress(DeviceForked):
                answered = await self.numbered.replay(mutation)
                await self.numbered.skip(mutation.n)
                return answered
        refuse_newer(mutation, self.version)
        older = made_under(mutation, self.version) < versions.current()
        if older:
            mutation, refused = await self._in_present_words(mutation)
            if refused is not None:
                return await self.numbered.answered(mutation) or await self.filing.file(mutation, refused)
        for _ in range(_TRIES):
            try:
                return await self._apply_or_file(mutation, train)
            except ParkedNoMore:
                await self._look_ahead()
            except KeyReused as reused:  # taken in its day, when it was said otherwise
                taken = await self.numbered.answered(mutation) if older else None
                return taken or await self.filing.file(mutation, reused)
        raise Busy

    async def _in_present_words(self, mutation: Mutation) -> tuple[Mutation, Refusal | None]:
        """What an older app made, as it is said now; or as much of it as can be said, and why it is filed."""
        try:
            refuse_too_large(mutation)
        except MutationTooLarge as large:
            return in_present_words(without_content(mutation), self.version)[0], large
        present, refused = in_present_words(mutation, self.version)
        if refused is None and decides(present, self.version):
            async with self.engine.database.tenant(self.numbered.wide()) as session:
                return await with_decision(session, present, self.version)
        return present, refused

    async def _apply_or_file(
        self, mutation: Mutation, train: Train, aside: Aside | None = None, tries: int = _TRIES
    ) -> MutationOutcome:
        """`aside`: what clashes of it, kept back. Raises ParkedNoMore when what it was to wait for has been settled in
        between."""
        try:
            return await self._apply(mutation, train, aside)
        except Superseded:
            return await self.numbered.replay(mutation)
        except Filed:
            await self.numbered.skip(mutation.n)
            return await self.numbered.replay(mutation)
        except AlreadyDecided as decided:
            if mutation.arguments.get("arguments") is not None:  # what was typed anew must not be lost
                return await self.filing.file(mutation, decided)
            return await self.filing.note_settled(mutation, decided)
        except NotFound as unknown:
            later = await awaited(self.engine, self.actor, mutation.command, mutation.arguments)
            return await self.filing.file(mutation, later or unknown)
        except KeyReused:
            raise
        except Refusal as refusal:
            if _stops_the_queue(refusal):
                raise
            found = set_aside(known(mutation.command), mutation, refusal) if tries else None
            if found is not None:  # another clash on top of one is looked at as a whole
                return await self._apply_or_file(mutation, train, found if aside is None else None, tries - 1)
            if refusal.kind is Kind.READ_ONLY and mutation.command in _REQUESTS:
                return await self.filing.note_settled(mutation, refusal)
            return await self.filing.file(mutation, refusal)
        except PASSING:
            raise
        except Exception as defect:
            # A defect in one command must not block the device for ever: it is logged, filed, and the queue goes on.
            log.exception("sync.mutation_failed", command=mutation.command, error=type(defect).__name__)
            return await self.filing.file(mutation, Defect())

    async def _look_ahead(self) -> None:
        """Reads what lies unresolved; what waits there for nothing any more runs before anything newer does."""
        await self.ahead.read(self.engine, self.actor)
        if self.ahead.free():
            await self._release(self.actor.member_id)
            await self.ahead.read(self.engine, self.actor)

    async def _apply(self, mutation: Mutation, train: Train, aside: Aside | None) -> MutationOutcome:
        ready = train.ready(mutation, aside)
        outcome = await self.engine.executor.run(self.actor, ready.queued.command, ready.data, ready.call)
        if outcome.replayed:
            await self.numbered.skip(mutation.n)
            return await self.numbered.replay(mutation)
        if aside is not None:
            self.ahead.filed(ready.entries[0])  # what names a row of it waits
        if ready.command.name == RESOLVE:
            await self._settled(outcome)
        return MutationOutcome(
            n=mutation.n,
            uuid=mutation.uuid,
            status="merged" if ready.queued.found.combined or aside is not None else "applied",
            result=AppliedTo(entity=outcome.entity, id=outcome.row_id, version=outcome.version),
            inbox_id=ready.entries[0].id if ready.entries else None,
        )

    async def _settled(self, outcome: Outcome) -> None:
        """A decision was carried out: what was parked behind its entry runs before anything that was made later.

        The decision's own message in the outbox does the same, should this be cut short.
        """
        if isinstance(outcome.value, InboxEntry):
            await self._release(outcome.value.owner_id)
        await self.ahead.read(self.engine, self.actor)

    async def _release(self, member_id: UUID | None) -> None:
        """A passing failure stops no push: the decision's message in the outbox, or the daily job, comes back to it."""
        try:
            await self.release(member_id)
        except (Refusal, *PASSING) as passing:
            log.warning("sync.release_interrupted", error=type(passing).__name__)


def _stops_the_queue(refusal: Refusal) -> bool:
    """Passing refusals, and those about the device itself. What the company has not bought waits in the inbox."""
    if isinstance(refusal, DeviceRevoked | MutationGap | DeviceForked):
        return True
    return refusal.kind.transient and refusal.kind is not Kind.READ_ONLY
