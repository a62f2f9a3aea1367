"""How a process asks the workers for something: their queue, and a wake-up that is never lost or doubled."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from arq.connections import ArqRedis
from redis.asyncio import ConnectionPool, Redis

QUEUE = "yunfan:jobs"
DELIVER_OUTBOX = "deliver_outbox"
HEARTBEAT_KEY = "worker:heartbeat:"  # + host and process; gone when the worker is
WORKER_METRICS_KEY = "worker:metrics:"


def encode(value: Any) -> bytes:
    """Jobs are JSON: a pickle out of Redis would be code from whoever can write there."""
    return msgspec.json.encode(value, enc_hook=str)


def decode(data: bytes) -> dict[str, Any]:
    return msgspec.json.decode(data, type=dict[str, Any])


def queue(redis_url: str) -> ArqRedis:
    """arq's client. It keeps its own connections."""
    pool = ConnectionPool.from_url(redis_url, socket_connect_timeout=3, socket_timeout=10)
    return ArqRedis(connection_pool=pool, job_serializer=encode, job_deserializer=decode, default_queue_name=QUEUE)


async def wake_outbox(jobs: ArqRedis, tenant_id: UUID) -> None:
    """Asks for a delivery of the tenant's due messages; many calls before it begins are one job.

    The job's id carries a generation that `begin_delivery` moves on before it looks: a message committed while a
    delivery runs therefore gets a delivery of its own instead of being taken for a duplicate.
    """
    generation = await jobs.get(_generation_key(tenant_id)) or b"0"
    await jobs.enqueue_job(
        DELIVER_OUTBOX, str(tenant_id), _job_id=f"outbox:{tenant_id}:{generation.decode()}", _queue_name=QUEUE
    )


async def begin_delivery(redis: Redis, tenant_id: UUID) -> None:
    """The first thing a delivery does."""
    async with redis.pipeline(transaction=True) as together:
        together.incr(_generation_key(tenant_id))
        together.expire(_generation_key(tenant_id), 7 * 86_400)
        await together.execute()


def _generation_key(tenant_id: UUID) -> str:
    return f"outbox:generation:{tenant_id}"
