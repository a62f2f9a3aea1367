"""Figures for Prometheus: what this process counts, and what the workers left in Redis, as one page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import QueuePool

from kernel.db import Database
from server.recent import RecentRequests

_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

disable_created_metrics()  # type: ignore[no-untyped-call]  # the library's own


class Metrics:
    """One process's counters. Labels are names from the code and refusal codes, never anything a person typed."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.recent = RecentRequests()
        made = self.registry
        self._commands = Counter("yunfan_commands", "Commands by outcome code", ("command", "code"), registry=made)
        self._command_seconds = Histogram(
            "yunfan_command_seconds", "Duration of commands", ("command",), registry=made, buckets=_SECONDS
        )
        self._sync = Counter("yunfan_sync", "Sync exchanges by outcome", ("kind", "code"), registry=made)
        self._sync_seconds = Histogram(
            "yunfan_sync_seconds", "Duration of sync exchanges", ("kind",), registry=made, buckets=_SECONDS
        )
        self._sync_rows = Counter("yunfan_sync_rows", "Rows pulled, mutations pushed", ("kind",), registry=made)
        self._throttled = Counter(
            "yunfan_sync_throttled", "Sync requests over a quota, by kind and whose", ("kind", "holder"), registry=made
        )
        self._requests = Counter("yunfan_http_requests", "HTTP requests", ("room", "status"), registry=made)
        self._request_seconds = Histogram(
            "yunfan_http_request_seconds", "Duration of HTTP requests", ("room",), registry=made, buckets=_SECONDS
        )
        self._jobs = Counter("yunfan_jobs", "Background jobs by outcome", ("job", "outcome"), registry=made)
        self._job_seconds = Histogram(
            "yunfan_job_seconds", "Duration of background jobs", ("job",), registry=made, buckets=_SECONDS
        )
        self._deliveries = Counter("yunfan_outbox", "Outbox deliveries", ("topic", "outcome"), registry=made)
        self.sockets = Gauge("yunfan_websocket_connections", "Open WebSockets", registry=made)
        self.outbox_waiting = Gauge("yunfan_outbox_waiting", "Undelivered outbox messages that are due", registry=made)
        self.outbox_given_up = Gauge("yunfan_outbox_given_up", "Outbox messages nobody tries any more", registry=made)
        self.outbox_lag = Gauge("yunfan_outbox_lag_seconds", "Age of the oldest due outbox message", registry=made)
        self.poke_failures = Counter("yunfan_poke_failures", "Pokes that Redis did not take", registry=made)

    def command(self, name: str, code: str, seconds: float) -> None:
        """The executor's observer."""
        self._commands.labels(name, code).inc()
        self._command_seconds.labels(name).observe(seconds)

    def sync(self, kind: str, code: str, seconds: float, rows: int) -> None:
        """`kind`: register, pull or push; `rows`: rows pulled or mutations pushed."""
        self._sync.labels(kind, code).inc()
        self._sync_seconds.labels(kind).observe(seconds)
        self._sync_rows.labels(kind).inc(rows)

    def throttle(self, kind: str, holder: str) -> None:
        """`kind`: of the quota; `holder`: tenant or device, never which."""
        self._throttled.labels(kind, holder).inc()

    def request(self, room: str, status: int, seconds: float) -> None:
        self._requests.labels(room, str(status)).inc()
        self._request_seconds.labels(room).observe(seconds)
        self.recent.add(status, seconds)

    def job(self, name: str, outcome: str, seconds: float) -> None:
        self._jobs.labels(name, outcome).inc()
        self._job_seconds.labels(name).observe(seconds)

    def delivery(self, topic: str, outcome: str) -> None:
        self._deliveries.labels(topic, outcome).inc()

    def watch_pools(self, database: Database) -> None:
        """Shows how many connections of each role are out at the moment of asking."""
        gauge = Gauge("yunfan_pool_connections", "Database connections", ("pool", "state"), registry=self.registry)
        for name, engine in (("app", database.app), ("platform", database.platform), ("provision", database.provision)):
            for state, read in _pool_readers(engine):
                gauge.labels(name, state).set_function(read)

    def text(self) -> str:
        """This process alone, in Prometheus' text format; with what rooms and the library count for themselves."""
        return (generate_latest(self.registry) + generate_latest(REGISTRY)).decode()


def _pool_readers(engine: AsyncEngine) -> Iterator[tuple[str, Callable[[], float]]]:
    pool = engine.sync_engine.pool
    if isinstance(pool, QueuePool):
        yield "size", pool.size
        yield "checked_out", pool.checkedout
        yield "overflow", lambda: max(0, pool.overflow())


def merged(pages: Iterable[tuple[str, str]]) -> bytes:
    """One page out of several processes' pages, given as (process, text): each sample is labelled with its process."""
    families: dict[str, Metric] = {}
    for process, page in pages:
        for family in text_string_to_metric_families(page):
            known = families.setdefault(family.name, Metric(family.name, family.documentation, family.type))
            for sample in family.samples:
                known.add_sample(sample.name, {**sample.labels, "process": process}, sample.value)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Families(families.values()))
    return generate_latest(registry)


class _Families(Collector):
    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = list(families)

    def collect(self) -> Iterable[Metric]:
        return self._families
