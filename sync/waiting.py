"""What runs by itself out of the inbox, in order: edits that came too late for the trial, when the company subscribes;
edits that are parked behind a creation, when that is there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import select

from kernel.command import declared
from kernel.context import Context
from kernel.db import TenantContext
from kernel.engine import Engine
from kernel.executor import Invocation, Outcome
from kernel.policy import Actor, Authority
from sync.errors import Defect, EditClashed
from sync.field_labels import with_label
from sync.merge import Merged
from sync.numbered import Superseded
from sync.offline import Offline, Sent
from sync.push import PASSING
from sync.queueable import known, queueable
from sync.restored import awaited
from tenants.authority import RoleAuthorizer
from tenants.commands.file_inbox_entry import (
    FileInboxEntry,
    TurnInboxEntry,
    new_entry,
    reason_of,
    turn_inbox_entry,
)
from tenants.device_entities import InboxEntry
from tenants.erased_rows import refuse_erased
from tenants.mutation_input import input_from_wire, storable
from tenants.parking import Unresolved, blockers, parked_behind, unresolved_of
from values.clashing import Clash
from values.errors import Kind, NotFound, Refusal, Words

log = structlog.get_logger()


@dataclass(slots=True)
class Settled:
    """How many entries were applied, turned to a person, wait for the subscription, or are still parked."""

    applied: int = 0
    reopened: int = 0
    waiting: int = 0
    parked: int = 0

    def count(self, state: str | None) -> None:
        """One more that stands so; None: it was not ours to settle."""
        match state:
            case "applied":
                self.applied += 1
            case "open":
                self.reopened += 1
            case "waiting":
                self.waiting += 1
            case "parked":
                self.parked += 1


async def apply_waiting(engine: Engine, tenant_id: UUID) -> Settled:
    """Runs every waiting entry again, and what is parked behind them, in the order in which they came.

    Each as the member who made it, with the rights of today. May be called again at any time: each entry is applied
    once. Raises a passing Refusal (Busy, maintenance), so that the job comes back; so does what the network or the pool
    raises. A defect in one entry is filed with that entry.
    """
    return await _run(engine, tenant_id, {"waiting", "parked"}, None)


async def release_parked(engine: Engine, tenant_id: UUID, owner_id: UUID | None) -> Settled:
    """Runs what is parked of a member's (None: everybody's) and waits for nothing any more; as `apply_waiting`."""
    return await _run(engine, tenant_id, {"parked"}, owner_id)


async def _run(engine: Engine, tenant_id: UUID, states: set[str], owner_id: UUID | None) -> Settled:
    settled, mine = Settled(), InboxEntry.owner_id == owner_id
    async with engine.database.tenant(TenantContext(tenant_id).wide()) as session:
        entries = await session.scalars(
            select(InboxEntry)
            .where(InboxEntry.tenant_id == tenant_id, InboxEntry.state.in_(states), *([mine] if owner_id else []))
            .order_by(InboxEntry.created_at, InboxEntry.id)
        )
        session.orm.expunge_all()  # they outlive the transaction
        owners = {entry.owner_id for entry in entries}
        actors = {owner: await _actor(session, owner) for owner in owners}
        ahead = {owner: await unresolved_of(session, owner) for owner in owners}
    held, settled_before = list(entries), -1
    while held and settled.applied + settled.reopened > settled_before:
        # What came before what it waits for has its turn again: a restored server hears of things in any order.
        settled_before, settled.waiting, settled.parked = settled.applied + settled.reopened, 0, 0
        held = [e for e in held if not await _settle(engine, actors[e.owner_id], e, ahead[e.owner_id], settled)]
    log.info(
        "sync.waiting_applied",
        applied=settled.applied,
        reopened=settled.reopened,
        waiting=settled.waiting,
        parked=settled.parked,
    )
    return settled


async def _settle(engine: Engine, actor: Actor, entry: InboxEntry, ahead: list[Unresolved], settled: Settled) -> bool:
    """Runs one entry, unless something that came before it holds it up. `ahead` is kept up with what became of it.

    Returns whether it is settled: applied, or with a person.
    """
    before = list(takewhile(lambda found: found.id != entry.id, ahead)) if _counts(entry, ahead) else ahead
    command = known(entry.command)
    waits = blockers(command, entry.arguments, before) if command is not None else []
    if waits and entry.state == "waiting" and all(found.state == "waiting" for found in waits):
        settled.waiting += 1  # they wait for the same thing
        return False
    state = await _parked(engine, actor, entry, waits) if waits else await _tried(engine, actor, entry)
    _stands(ahead, entry, state if state != "applied" else None)
    settled.count(state)
    return state not in ("waiting", "parked")


async def _parked(engine: Engine, actor: Actor, entry: InboxEntry, waits: list[Unresolved]) -> str:
    """How an entry stands whose turn has not come."""
    told = [str(found.id) for found in waits]
    if entry.state != "parked" or sorted(entry.waits_for) != sorted(told):
        await _turn(engine, actor, entry, "parked", parked_behind(waits), told)
    return "parked"


async def _tried(engine: Engine, actor: Actor, entry: InboxEntry) -> str | None:
    """How an entry stands now that it was run; None: somebody else settled it in between. Raises what passes."""
    try:
        await _apply(engine, actor, entry)
    except Superseded:
        return None
    except Refusal as refusal:
        return await _refused(engine, actor, entry, refusal)
    except PASSING:
        raise
    except Exception as defect:
        # One entry that we cannot digest must not keep back what the company has waited for.
        log.exception("sync.waiting_failed", command=entry.command, error=type(defect).__name__)
        await _turn(engine, actor, entry, "open", Defect())
        return "open"
    return "applied"


async def _refused(engine: Engine, actor: Actor, entry: InboxEntry, refusal: Refusal) -> str:
    """How an entry stands that was refused. Raises the refusal itself if it passes."""
    if refusal.kind is Kind.READ_ONLY:
        if entry.state != "waiting":
            await _turn(engine, actor, entry, "waiting", refusal)
        return "waiting"
    if refusal.kind.transient:
        raise refusal
    still = await awaited(engine, actor, entry.command, entry.arguments) if isinstance(refusal, NotFound) else None
    if still is None:
        await _turn(engine, actor, entry, "open", refusal)
        return "open"
    if entry.code != still.code:
        await _turn(engine, actor, entry, "parked", still)
    return "parked"


def _counts(entry: InboxEntry, ahead: list[Unresolved]) -> bool:
    return any(found.id == entry.id for found in ahead)


def _stands(ahead: list[Unresolved], entry: InboxEntry, state: str | None) -> None:
    """What those behind it find from now on; None: nothing, it is settled."""
    for place, found in enumerate(ahead):
        if found.id == entry.id:
            ahead[place : place + 1] = [replace(found, state=state)] if state is not None else []
            return


async def _actor(session: Any, owner_id: UUID | None) -> Actor:
    """The member with today's rights; one who has left holds none, and the entry says so."""
    if owner_id is None:
        return Actor(session.tenant_id, None, Authority())
    home, authority = await RoleAuthorizer().member(session, owner_id)
    return Actor(
        session.tenant_id,
        owner_id,
        authority,
        language=home.member.language if home else "zh-CN",
        home_path=home.unit_path if home else "/",
    )


async def _apply(engine: Engine, actor: Actor, entry: InboxEntry) -> None:
    command = queueable(entry.command)
    data = input_from_wire(command, entry.arguments)
    device_id = entry.device_id
    if device_id is None:
        raise NotFound(field="deviceId", entity=Words("设备", "device"))
    queued = Offline(command, Sent(device_id, _base_of(entry), _server_base_of(entry)))

    async def prepare(ctx: Context, sent: Any) -> Any:
        state = await ctx.session.scalar(
            select(InboxEntry.state)
            .where(InboxEntry.tenant_id == ctx.tenant_id, InboxEntry.id == entry.id)
            .with_for_update()
        )
        if state not in ("waiting", "parked"):
            raise Superseded
        await refuse_erased(ctx, entry.arguments)
        return await queued.prepare(ctx, sent)

    async def finish(ctx: Context, outcome: Outcome) -> None:
        queued.note(ctx, outcome.value)
        kept = await ctx.get(InboxEntry, entry.id)
        if kept is not None:
            kept.state, kept.waits_for, kept.resolved_at = "applied", [], ctx.now
        if queued.found.merged.differences:
            await new_entry(ctx, _clash(entry, device_id, queued.found.merged))

    call = Invocation(prepare=prepare, finish=finish)
    await engine.executor.run(actor.with_device(device_id), queued.command, data, call)


def _base_of(entry: InboxEntry) -> dict[str, Any]:
    """The base values were kept beside the edit, as its differences."""
    return {str(d["field"]): d["base"] for d in entry.differences}


def _server_base_of(entry: InboxEntry) -> dict[str, Any]:
    return {str(d["field"]): d["serverBase"] for d in entry.differences if "serverBase" in d}


def _clash(entry: InboxEntry, device_id: UUID, merged: Merged) -> FileInboxEntry:
    return FileInboxEntry(
        mutation_id=entry.mutation_id,
        device_id=device_id,
        command=entry.command,
        entity=entry.entity,
        row_id=entry.row_id,
        state="open",
        arguments=entry.arguments,
        differences=merged.differences,
        made_at=entry.made_at,
        **reason_of(EditClashed()),
    )


async def _turn(
    engine: Engine, actor: Actor, entry: InboxEntry, state: str, refusal: Refusal, waits_for: Sequence[str] = ()
) -> None:
    refusal = with_label(known(entry.command), refusal)
    clash = refusal if isinstance(refusal, Clash) else None
    data = TurnInboxEntry(
        id=entry.id,
        state=state,
        waits_for=list(waits_for),
        differences=storable(clash.differences) if clash is not None else None,
        facts=storable(clash.facts) if clash is not None else {},
        **storable(reason_of(refusal)),
    )
    await engine.executor.run_internal(actor, declared(turn_inbox_entry), data)
    entry.state, entry.waits_for, entry.code = state, list(waits_for), refusal.code
