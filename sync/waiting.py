"""Edits that came too late for the trial wait in the inbox; when the company subscribes they are applied in order."""

from __future__ import annotations

from dataclasses import dataclass
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
from sync.errors import Defect, EditClashed, RowEditedMeanwhile
from sync.merge import Merged
from sync.offline import Offline, Sent
from sync.push import PASSING, Superseded, queueable
from tenants.authority import RoleAuthorizer
from tenants.commands.file_inbox_entry import (
    FileInboxEntry,
    ReopenInboxEntry,
    new_entry,
    reason_of,
    reopen_inbox_entry,
)
from tenants.device_entities import InboxEntry
from tenants.erased_rows import refuse_erased
from tenants.mutation_input import input_from_wire, storable
from values.errors import Kind, NotFound, Refusal, Words

log = structlog.get_logger()


@dataclass(slots=True)
class Settled:
    """How many waiting entries were applied, turned to a person, or still wait."""

    applied: int = 0
    reopened: int = 0
    waiting: int = 0


async def apply_waiting(engine: Engine, tenant_id: UUID) -> Settled:
    """Runs every waiting entry again, in the order it came, as the member who made it, with the rights of today.

    May be called again at any time: each entry is applied once. Raises a passing Refusal (Busy, maintenance), so that
    the job comes back; so does what the network or the pool raises. A defect in one entry is filed with that entry.
    """
    settled = Settled()
    async with engine.database.tenant(TenantContext(tenant_id).wide()) as session:
        entries = await session.scalars(
            select(InboxEntry)
            .where(InboxEntry.tenant_id == tenant_id, InboxEntry.state == "waiting")
            .order_by(InboxEntry.created_at, InboxEntry.id)
        )
        session.orm.expunge_all()  # they outlive the transaction
        actors = {owner: await _actor(session, owner) for owner in {entry.owner_id for entry in entries}}
    for entry in entries:
        actor = actors[entry.owner_id]
        try:
            await _apply(engine, actor, entry)
        except Superseded:
            continue
        except Refusal as refusal:
            if refusal.kind is Kind.READ_ONLY:
                settled.waiting += 1
            elif refusal.kind.transient:
                raise
            else:
                await _reopen(engine, actor, entry, refusal)
                settled.reopened += 1
        except PASSING:
            raise
        except Exception as defect:
            # One entry that we cannot digest must not keep back what the company has waited for.
            log.exception("sync.waiting_failed", command=entry.command, error=type(defect).__name__)
            await _reopen(engine, actor, entry, Defect())
            settled.reopened += 1
        else:
            settled.applied += 1
    log.info("sync.waiting_applied", applied=settled.applied, reopened=settled.reopened, waiting=settled.waiting)
    return settled


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
        if state != "waiting":
            raise Superseded
        await refuse_erased(ctx, entry.arguments)
        return await queued.prepare(ctx, sent)

    async def finish(ctx: Context, outcome: Outcome) -> None:
        queued.note(ctx, outcome.value)
        kept = await ctx.get(InboxEntry, entry.id)
        if kept is not None:
            kept.state, kept.resolved_at = "applied", ctx.now
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


async def _reopen(engine: Engine, actor: Actor, entry: InboxEntry, refusal: Refusal) -> None:
    changed = storable(refusal.differences) if isinstance(refusal, RowEditedMeanwhile) else None
    told = ReopenInboxEntry(id=entry.id, differences=changed, **storable(reason_of(refusal)))
    await engine.executor.run_internal(actor, declared(reopen_inbox_entry), told)
