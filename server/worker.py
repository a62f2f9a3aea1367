"""The worker: jobs from Redis and from the clock. A job that touches a company's rows names its tenant."""

from __future__ import annotations

import asyncio
import os
import socket
import time
import warnings
from collections.abc import Callable, Coroutine
from datetime import UTC
from typing import Any
from uuid import UUID

import structlog
from arq import Worker, cron, func
from arq.cron import CronJob
from redis.exceptions import RedisError

from infra.settings import Settings
from server import jobs, upkeep
from server.monitoring import capture
from server.outbox import OutboxDelivery
from server.parts import Application, build, settle_memory
from server.topics import handlers
from server.upkeep import Round
from tenants.identity.device_uses import purge_device_uses
from tenants.identity.rotation import purge_spent_tokens
from tenants.identity.security_log import purge_security_log

HEARTBEAT_SECONDS = 10
_JOB_SECONDS = 600
_STOP_SECONDS = 15
_QUEUE_LOST_SECONDS = 2.0
_log = structlog.get_logger()

Job = Callable[..., Coroutine[Any, Any, Any]]


class Jobs:
    """The jobs themselves; arq calls them with its own context first."""

    def __init__(self, application: Application) -> None:
        self._application, self._engine = application, application.engine
        topics = handlers(application.engine, application.mail, application.settings.public_url, application.blobs)
        self._delivery = OutboxDelivery(application.engine, topics, application.metrics)

    async def deliver_outbox(self, _arq: dict[Any, Any], tenant_id: str) -> int:
        """Delivers one company's due messages."""
        tenant = UUID(tenant_id)
        with structlog.contextvars.bound_contextvars(tenant=tenant_id):
            await jobs.begin_delivery(self._application.redis, tenant)
            return await self._delivery.deliver(tenant)

    async def sweep_outbox(self, _arq: dict[Any, Any]) -> Round:
        """Delivers what no wake-up announced: retries that are due, and what was committed while Redis was away."""
        left = await upkeep.for_each_tenant(self._engine, self._delivery.deliver)
        found, metrics = await upkeep.backlog(self._engine), self._application.metrics
        age = (self._engine.clock.now() - found.oldest_due_at).total_seconds() if found.oldest_due_at else 0.0
        metrics.outbox_waiting.set(found.waiting)
        metrics.outbox_given_up.set(found.given_up)
        metrics.outbox_lag.set(max(0.0, age))
        return left

    async def end_trials(self, _arq: dict[Any, Any]) -> Round:
        return await upkeep.end_trials(self._engine)

    async def purge_recycle_bin(self, _arq: dict[Any, Any]) -> Round:
        return await upkeep.purge_recycle_bin(self._engine)

    async def release_parked(self, _arq: dict[Any, Any]) -> Round:
        return await upkeep.release_parked(self._engine)

    async def purge_files(self, _arq: dict[Any, Any]) -> Round:
        return await upkeep.purge_files(self._engine, self._application.blobs)

    async def purge_outcomes(self, _arq: dict[Any, Any]) -> Round:
        return await upkeep.purge_outcomes(self._engine)

    async def compact_changes(self, _arq: dict[Any, Any]) -> Round:
        return await upkeep.compact_changes(self._engine)

    async def delete_old_loads(self, _arq: dict[Any, Any]) -> int:
        """Files of first loads hold rows of their day, also of persons who were erased since: hours, not days."""
        loads = self._application.sync.loads
        return await loads.tidy() if loads is not None else 0

    async def purge_security_log(self, _arq: dict[Any, Any]) -> int:
        return await purge_security_log(self._engine)

    async def purge_spent_tokens(self, _arq: dict[Any, Any]) -> int:
        return await purge_spent_tokens(self._engine)

    async def purge_device_uses(self, _arq: dict[Any, Any]) -> int:
        return await purge_device_uses(self._engine)

    async def make_audit_partitions(self, _arq: dict[Any, Any]) -> bool:
        return await upkeep.make_audit_partitions(self._engine, self._application.settings.database_admin_url)


def _measured(application: Application, job: Job) -> Job:
    """Counts the job, names it in every log line, and reports a defect before arq hears of it."""
    name = job.__name__

    async def run(arq: dict[Any, Any], *arguments: Any) -> Any:
        started, outcome = time.perf_counter(), "failed"
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(job=name, request=str(arq.get("job_id", "")))
        try:
            result = await job(arq, *arguments)
            outcome = "done"
            if isinstance(result, Round) and result.failed:
                outcome = "incomplete"
                _log.error("jobs.job_incomplete", done=result.done, failed_tenants=result.failed)
            return result
        except Exception as wrong:
            _log.error("jobs.job_failed", exc_info=wrong)
            capture(wrong)
            raise
        finally:
            seconds = time.perf_counter() - started
            application.metrics.job(name, outcome, seconds)
            _log.debug("jobs.job_ended", outcome=outcome, ms=round(seconds * 1000, 1))

    run.__name__ = run.__qualname__ = name
    return run


def _schedule(application: Application, all_jobs: Jobs) -> list[CronJob]:
    """By the machine's clock; what a job finds due is decided by the product's."""

    def at(job: Job, **when: Any) -> CronJob:
        name = job.__name__
        return cron(_measured(application, job), name=name, keep_result=0, timeout=_JOB_SECONDS, **when)

    return [
        at(all_jobs.sweep_outbox, second=5, run_at_startup=True),
        at(all_jobs.end_trials, second=20, run_at_startup=True),
        at(all_jobs.purge_recycle_bin, hour=19, minute=10, second=0),  # 03:10 in Shanghai
        at(all_jobs.release_parked, hour=19, minute=5, second=0),
        at(all_jobs.purge_files, hour=19, minute=15, second=0),
        at(all_jobs.purge_outcomes, hour=19, minute=20, second=0),
        at(all_jobs.compact_changes, hour=19, minute=25, second=0),
        at(all_jobs.delete_old_loads, minute=50, second=0),  # every hour
        at(all_jobs.purge_security_log, hour=19, minute=30, second=0),
        at(all_jobs.purge_spent_tokens, hour=19, minute=35, second=0),
        at(all_jobs.purge_device_uses, hour=19, minute=45, second=0),
        at(all_jobs.make_audit_partitions, day=2, hour=19, minute=40, second=0),
    ]


def build_worker(application: Application, *, handle_signals: bool = True, burst: bool = False) -> Worker:
    """arq's worker over this process's parts. `burst`: ends when the queue is empty."""
    all_jobs = Jobs(application)
    return Worker(
        functions=[
            func(
                _measured(application, all_jobs.deliver_outbox),
                name=jobs.DELIVER_OUTBOX,
                keep_result=0,
                timeout=_JOB_SECONDS,
                max_tries=3,
            )
        ],
        cron_jobs=[] if burst else _schedule(application, all_jobs),
        redis_pool=jobs.queue(application.settings.redis_url or ""),
        queue_name=jobs.QUEUE,
        handle_signals=handle_signals,
        job_completion_wait=_STOP_SECONDS,
        job_serializer=jobs.encode,
        job_deserializer=jobs.decode,
        timezone=UTC,
        burst=burst,
        log_results=False,
        max_jobs=4,
        poll_delay=0.2 if not burst else 0.05,
    )


async def run_worker(settings: Settings) -> None:
    """Works until it is told to stop (SIGTERM, SIGINT); jobs under way may end, for 15 seconds."""
    application = build(settings, pool_size=5)
    heartbeat: asyncio.Task[None] | None = None
    try:
        await application.check()
        heartbeat = asyncio.create_task(_heartbeat(application))
        settle_memory()
        _log.info("worker.started")
        await _work(application)
        _log.info("worker.stopped")
    finally:
        if heartbeat is not None:
            heartbeat.cancel()
        await application.close()


async def close_worker(worker: Worker) -> None:
    """Ends arq's worker and its connections."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Call to deprecated close", category=DeprecationWarning)  # arq's own
        await worker.close()


async def _work(application: Application) -> None:
    """Until a signal ends it. Redis going away is waited out: whoever runs us must not take it for our death."""
    while True:
        worker = build_worker(application)
        try:
            await worker.async_run()
        except asyncio.CancelledError:
            await close_worker(worker)
            return
        except (RedisError, OSError) as wrong:
            _log.warning("worker.queue_lost", reason=type(wrong).__name__)
        await asyncio.sleep(_QUEUE_LOST_SECONDS)


async def _heartbeat(application: Application) -> None:
    """Tells the servers that this worker lives, and what it counted."""
    me = f"{socket.gethostname()}-{os.getpid()}"
    while True:
        try:
            await application.redis.set(f"{jobs.HEARTBEAT_KEY}{me}", b"1", ex=3 * HEARTBEAT_SECONDS)
            await application.redis.set(
                f"{jobs.WORKER_METRICS_KEY}{me}", application.metrics.text().encode(), ex=6 * HEARTBEAT_SECONDS
            )
        except (RedisError, OSError) as wrong:
            _log.warning("worker.heartbeat_failed", reason=type(wrong).__name__)
        await asyncio.sleep(HEARTBEAT_SECONDS)
