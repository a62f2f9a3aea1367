"""Delivering a tenant's outbox: one handler a topic, at least once, ever more patiently after a failure."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog

from kernel.db import Database, TenantContext, TenantSession
from kernel.engine import Engine
from server import leases
from server.metrics import Metrics
from server.monitoring import capture
from tenants.delivery.mail import MailUndelivered
from tenants.delivery.sms import SmsUndelivered
from values.errors import Refusal

HANDLER_SECONDS = 30.0
_FIRST_PAUSE = timedelta(seconds=30)
_LONGEST_PAUSE = timedelta(hours=6)
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message under way. `id` stays the same on every attempt: who receives it can drop a second one."""

    tenant_id: UUID
    id: UUID
    topic: str
    payload: dict[str, Any]
    attempts: int


Handler = Callable[[Delivery], Awaitable[None]]


class Undeliverable(Exception):
    """Raised by a handler when trying again cannot help. The text names no person."""


def pause_after(attempts: int) -> timedelta:
    """30 s, 1, 2, 4 … minutes, 6 hours at most."""
    doublings: int = 2 ** min(max(attempts, 1) - 1, 16)
    return min(_FIRST_PAUSE * doublings, _LONGEST_PAUSE)


class OutboxDelivery:
    """Takes due messages of one tenant and hands each to its topic's handler."""

    def __init__(self, engine: Engine, handlers: Mapping[str, Handler], metrics: Metrics) -> None:
        self._engine, self._handlers, self._metrics = engine, handlers, metrics

    @property
    def _database(self) -> Database:
        return self._engine.database

    async def deliver(self, tenant_id: UUID) -> int:
        """Delivers until nothing is due; returns how many messages left. Two deliveries at once never share one."""
        context, left = TenantContext(tenant_id), 0
        while True:
            async with self._database.tenant(context) as session:
                leased = await leases.claim(session, self._engine.clock.now())
            if not leased:
                return left
            for message in leased:
                left += await self._one(context, message)

    async def _one(self, context: TenantContext, message: leases.Leased) -> bool:
        failure = await self._attempt(context.tenant_id, message)
        now = self._engine.clock.now()
        async with self._database.tenant(context) as session:
            if failure is None:
                await leases.mark_delivered(session, message.id, now)
            else:
                await self._note_failure(session, message, failure)
        self._metrics.delivery(message.topic, "failed" if failure else "delivered")
        return failure is None

    async def _attempt(self, tenant_id: UUID, message: leases.Leased) -> Exception | None:
        handler = self._handlers.get(message.topic)
        if handler is None:
            return LookupError("no handler for this topic")
        try:
            async with asyncio.timeout(HANDLER_SECONDS):
                await handler(Delivery(tenant_id, message.id, message.topic, message.payload, message.attempts))
        except Exception as wrong:  # noqa: BLE001 - one bad message must not keep the others from leaving
            if not isinstance(wrong, Undeliverable | MailUndelivered | SmsUndelivered | TimeoutError):
                capture(wrong)
            return wrong
        return None

    async def _note_failure(self, session: TenantSession, message: leases.Leased, failure: Exception) -> None:
        permanent = isinstance(failure, Undeliverable) or getattr(failure, "permanent", False)
        given_up = permanent or message.attempts >= leases.MAX_ATTEMPTS
        retry_at = None if given_up else self._engine.clock.now() + pause_after(message.attempts)
        await leases.mark_failed(session, message.id, _reason(failure), retry_at)
        tell = _log.error if given_up else _log.warning
        tell(
            "outbox.delivery_failed",
            topic=message.topic,
            attempts=message.attempts,
            given_up=given_up,
            reason=_reason(failure),
        )


def _reason(failure: Exception) -> str:
    """What may be written down: our own errors' texts name nobody, a stranger's might, so only its kind is kept."""
    if isinstance(failure, Refusal):
        return failure.code
    if isinstance(failure, Undeliverable | MailUndelivered | SmsUndelivered | LookupError):
        return f"{type(failure).__name__}: {failure}"
    return type(failure).__name__
