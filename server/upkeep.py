"""What must be done by the clock, tenant by tenant, each in its own transactions; safe to repeat."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy import select

from billing.trials import due_trials, end_trial_of
from infra.blobs import BlobStore
from kernel.command import command_named
from kernel.db import TenantContext
from kernel.engine import Engine
from kernel.policy import Actor, Authority
from modules.party.commands.empty_recycle_bin import EmptyRecycleBin, RecycleBinEmptied
from server import retention
from server.migrate import ensure_audit_partitions
from server.monitoring import capture
from server.retention import Backlog
from sync import waiting
from sync.compaction import compact
from tenants.attachment_blobs import sweep_files
from tenants.commands.store_attachment import AttachmentsPurged, PurgeAttachments
from tenants.platform_tables import Tenant
from values.errors import Refusal

OUTCOMES_KEPT = timedelta(days=90)
DELIVERED_KEPT = timedelta(days=7)
_log = structlog.get_logger()


async def tenant_ids(engine: Engine) -> list[UUID]:
    """Every company of the directory, oldest first."""
    async with engine.database.platform_session() as platform:
        return list((await platform.execute(select(Tenant.id).order_by(Tenant.created_at, Tenant.id))).scalars())


@dataclass(frozen=True, slots=True)
class Round:
    """What a walk over companies came to. `done`: the sum of what was done; `failed`: companies left unfinished."""

    done: int
    failed: int


async def for_each_tenant(engine: Engine, work: Callable[[UUID], Awaitable[int]]) -> Round:
    """Runs `work` for each company, one after the other. One company's failure stops no other's."""
    return await _round(await tenant_ids(engine), work)


async def _round(tenants: Sequence[UUID], work: Callable[[UUID], Awaitable[int]]) -> Round:
    """A refusal is an answer, hence no failure; anything else is reported, and the others have their turn."""
    done = failed = 0
    for tenant_id in tenants:
        with structlog.contextvars.bound_contextvars(tenant=str(tenant_id)):
            try:
                done += await work(tenant_id)
            except Refusal as refusal:
                _log.info("upkeep.tenant_refused", code=refusal.code)
            except Exception as wrong:  # noqa: BLE001 - reported; the others must have their turn
                failed += 1
                _log.error("upkeep.tenant_failed", exc_info=wrong)
                capture(wrong)
    return Round(done, failed)


async def end_trials(engine: Engine) -> Round:
    """Writes down which trials the clock has ended."""

    async def end(tenant_id: UUID) -> int:
        return await end_trial_of(engine, tenant_id)

    return await _round(await due_trials(engine.database, engine.clock.now()), end)


async def purge_recycle_bin(engine: Engine) -> Round:
    """Deletes for good what has lain in the recycle bin for 30 days: one transaction a batch, nobody waits for it."""

    async def empty(tenant_id: UUID) -> int:
        total = 0
        while True:
            actor = Actor(tenant_id, None, Authority(), on_behalf_of="upkeep")
            outcome = await engine.executor.run_internal(
                actor, command_named("party.empty_recycle_bin"), EmptyRecycleBin()
            )
            emptied: RecycleBinEmptied = outcome.value
            gone = emptied.customers + emptied.contacts
            total += gone
            if gone == 0:
                return total

    return await for_each_tenant(engine, empty)


async def release_parked(engine: Engine) -> Round:
    """Runs what is parked and waits for nothing any more; what waited 30 days after a restore turns to a person."""

    async def release(tenant_id: UUID) -> int:
        settled = await waiting.release_parked(engine, tenant_id, None)
        return settled.applied + settled.reopened

    return await for_each_tenant(engine, release)


async def purge_files(engine: Engine, blobs: BlobStore) -> Round:
    """Deletes attachments that were removed 30 days ago, bytes that no row refers to, and uploads left for 7 days."""

    async def purge(tenant_id: UUID) -> int:
        while True:
            actor = Actor(tenant_id, None, Authority(), on_behalf_of="upkeep")
            outcome = await engine.executor.run_internal(
                actor, command_named("tenants.purge_attachments"), PurgeAttachments()
            )
            purged: AttachmentsPurged = outcome.value
            if purged.attachments == 0:
                return await sweep_files(engine, blobs, tenant_id)

    return await for_each_tenant(engine, purge)


async def purge_outcomes(engine: Engine) -> Round:
    """Forgets stored command outcomes after 90 days and delivered outbox messages after 7."""
    now = engine.clock.now()

    async def purge(tenant_id: UUID) -> int:
        async with engine.database.tenant(TenantContext(tenant_id)) as session:
            outcomes = await retention.forget_outcomes(session, now - OUTCOMES_KEPT)
        async with engine.database.tenant(TenantContext(tenant_id)) as session:
            return outcomes + await retention.forget_delivered(session, now - DELIVERED_KEPT)

    return await for_each_tenant(engine, purge)


async def compact_changes(engine: Engine) -> Round:
    """Forgets which rows were deleted or moved away, once no device is expected that has not heard of it."""

    async def compacted(tenant_id: UUID) -> int:
        return await compact(engine, tenant_id)

    return await for_each_tenant(engine, compacted)


async def make_audit_partitions(engine: Engine, admin_url: str | None) -> bool:
    """Makes the audit's next months; False where this process holds no key to do it (then `yunfan migrate` does)."""
    if not admin_url:
        _log.info("upkeep.audit_partitions_left_to_migrate")
        return False
    await asyncio.to_thread(ensure_audit_partitions, admin_url, engine.clock.now())
    return True


async def backlog(engine: Engine) -> Backlog:
    """The undelivered messages of all companies together, without those whose rows could not be read."""
    now, found = engine.clock.now(), list[Backlog]()

    async def look(tenant_id: UUID) -> int:
        async with engine.database.tenant(TenantContext(tenant_id)) as session:
            found.append(await retention.backlog(session, now))
        return 1

    await for_each_tenant(engine, look)
    oldest = min((each.oldest_due_at for each in found if each.oldest_due_at is not None), default=None)
    return Backlog(sum(each.waiting for each in found), sum(each.given_up for each in found), oldest)
