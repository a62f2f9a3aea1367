"""Fifty devices of one company of 10,000 customers: an edit until the last of them shows it, fifty edits a second, and
fifty that come back at once.

Edits go through GraphQL to the real executor; the server's process tells when each commit was done. All devices share
this process with each other, so the last one's figure holds the other forty-nine's work.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import httpx
import msgspec
import psycopg
from websockets.asyncio.client import ClientConnection, connect

from infra.bench import limit_tables
from infra.bench.limit_client import BareReplica
from infra.bench.meters import Spent, bytes_told, load, middle, percentile, spending, told
from infra.bench.report import Row, at_least, at_most
from infra.bench.sync_world import SyncWorld, sync_world
from infra.services import Services
from infra.settings import Settings
from sync.client import Replica
from sync.client.live import follow
from sync.client.pages import Page, id_of

CUSTOMERS, DEVICES, EDITS, CHANGED = 10_000, 50, 50, 100
_PEOPLE = 5  # who see all customers; a member may have twenty devices
_PAUSE_SECONDS, _WARM = 0.1, 5
_RATE, _SECONDS, _WRITERS = 50, 10, 4
_ROUNDS = 5
_PATIENCE_SECONDS = 30
_EDIT = "mutation Edit($input: EditCustomerInput!) { editCustomer(input: $input) { id } }"


class Watched(Replica):
    """A replica that notes when it showed which edit. `expected`: the edits under way, notes by customer; `shown`: when
    each was kept. What came by a pull of its own counts from the pull's end."""

    expected: dict[str, str]
    shown: dict[str, float]

    def keep_live(self, page: Page) -> bool:
        kept = super().keep_live(page)
        if kept:
            at = time.perf_counter()
            self.shown.update((id_of(text), at) for part in page.sections for text in part.puts)
        return kept

    def pull(self) -> int:
        count = super().pull()
        at = time.perf_counter()
        for row_id in [i for i in list(self.expected) if i not in self.shown]:
            if self.shows(row_id):
                self.shown[row_id] = at
        return count

    def shows(self, row_id: str) -> bool:
        return bool((self.row("customers", row_id) or {})["notes"] == self.expected[row_id])


@dataclass(slots=True)
class _Air:
    """The devices on the air and the one who edits. Every customer is edited once."""

    world: SyncWorld
    replicas: list[Watched]
    http: httpx.AsyncClient
    expected: dict[str, str]
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def edit(self, row_id: UUID, notes: str) -> float:
        """Edits a customer; when the commit was done."""
        self.expected[str(row_id)] = notes
        request_id = uuid4().hex
        body = {"query": _EDIT, "variables": {"input": {"id": str(row_id), "notes": notes}}}
        answer = await self.http.post("/graphql", json=body, headers={"x-request-id": request_id})
        if answer.status_code != 200 or "errors" in answer.json():
            raise RuntimeError(answer.text)
        return self.world.server.committed_at(request_id)

    async def until_all_show(self, row_ids: Iterable[str]) -> None:
        """Raises TimeoutError; RuntimeError for a device that shows something else."""
        wanted = set(row_ids)
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while not all(wanted <= replica.shown.keys() for replica in self.replicas):
                await self.changed.wait()
        if not all(replica.shows(row_id) for replica in self.replicas for row_id in wanted):
            raise RuntimeError("a device shows something else")

    def tell(self) -> None:
        self.changed.set()
        self.changed = asyncio.Event()


def rows(services: Services, settings: Settings) -> Iterator[Row]:
    """`sync.live_*`."""
    with sync_world(services, settings, CUSTOMERS, _PEOPLE) as world:
        yield from asyncio.run(_live(world))


def reconnect_rows(services: Services, settings: Settings) -> Iterator[Row]:
    """`sync.reconnect_50*`: replicas with their files open and no connection yet, all at the same moment."""
    with sync_world(services, settings, CUSTOMERS, _PEOPLE) as world:
        began, chosen = load(), random.Random(20260302)
        devices = [world.bare_replica(f"away{n}") for n in range(DEVICES)]
        for device in devices:
            device.load()
        names = [f"away{n}" for n in range(DEVICES)]
        for replica in _replicas(world, names):
            replica.pull()
            replica.close()
        ours: list[Spent] = []
        limits: list[Spent] = []
        for turn in range(_ROUNDS + 1):
            ids = [row_id for row_id, _ in chosen.sample(world.customers, CHANGED)]
            world.change(ids, f"回访 {turn}")
            world.leave_devices()
            mine, bare = _come_back(world, names), asyncio.run(_bare_come_back(world, devices))
            if turn:  # the first warms
                ours.append(mine)
                limits.append(bare)
        m = middle(ours)
        what = (
            f"{DEVICES} devices, {CHANGED} of {CUSTOMERS} rows changed: {told(ours)}; bare limit {told(limits)}; "
            f"{began} to {load()}"
        )
        yield at_most("sync.reconnect_50", m.wall, "s", 0.6, what)
        detail = f"of the server's process; PostgreSQL {m.postgres:.2f} s beside it; {bytes_told(m)}"
        yield at_most("sync.reconnect_50_cpu", m.server, "s", 0.6, detail)


def _replicas(world: SyncWorld, names: list[str]) -> list[Watched]:
    found, expected = list[Watched](), dict[str, str]()
    for n, name in enumerate(names):
        token = world.tokens[1 + n % _PEOPLE]
        replica = Watched(world.folder / f"{name}.sqlite", world.server.url, token)
        replica.expected, replica.shown = expected, {}
        replica.register(name)
        found.append(replica)
    return found


def _come_back(world: SyncWorld, names: list[str]) -> Spent:
    replicas = [
        Replica(world.folder / f"{name}.sqlite", world.server.url, world.tokens[1 + n % _PEOPLE])
        for n, name in enumerate(names)
    ]
    with ThreadPoolExecutor(DEVICES) as threads:
        list(threads.map(lambda replica: replica.pending(), replicas))  # the threads stand
        with spending(world.parts) as spent:
            counts = list(threads.map(lambda replica: replica.pull(), replicas))
    for replica in replicas:
        replica.close()
    if set(counts) != {CHANGED}:
        raise RuntimeError(f"of {CHANGED} changes came {sorted(set(counts))}")
    return spent


async def _bare_come_back(world: SyncWorld, devices: list[BareReplica]) -> Spent:
    before = sum(device.bytes for device in devices)
    with spending(world.limit_parts) as spent:
        counts = await asyncio.gather(*(device.pull() for device in devices))
    spent.received = sum(device.bytes for device in devices) - before  # their connections are closed
    if set(counts) != {CHANGED}:
        raise RuntimeError(f"of {CHANGED} changes came {sorted(set(counts))} to the limit")
    return spent


async def _live(world: SyncWorld) -> list[Row]:
    began = load()
    names = [f"live{n}" for n in range(DEVICES)]
    replicas = await asyncio.to_thread(_replicas, world, names)
    for replica in replicas:
        await asyncio.to_thread(replica.pull)
    async with _on_air(world, replicas) as air:
        latencies, spent = await _one_by_one(air)
        limit, bare = await _limit_one_by_one(world)
        rate, rate_spent, reached = await _at_a_rate(air)
    for replica in replicas:
        replica.close()
    what = (
        f"commit until the last of {DEVICES} devices shows it, {EDITS} edits: p50 {percentile(latencies, 0.5):.1f}, "
        f"p95 {percentile(latencies, 0.95):.1f} ms; bare limit, from before its commit, p50 "
        f"{percentile(limit, 0.5):.1f}, p95 {percentile(limit, 0.95):.1f} ms; CPU s for all: server "
        f"{spent.server:.2f}, PostgreSQL {spent.postgres:.2f}, clients {spent.client:.2f}; limit {bare.server:.2f}, "
        f"{bare.postgres:.2f}, {bare.client:.2f}; by devices and editor {bytes_told(spent)}; limit's devices "
        f"{bytes_told(bare)}; {began} to {load()}"
    )
    many = (
        f"{len(rate)} showings of {_RATE} writes/s for {_SECONDS} s ({reached:.0f}/s reached): commit until a device "
        f"shows it, p50 {percentile(rate, 0.5):.1f}, p95 {percentile(rate, 0.95):.1f} ms; CPU s: server "
        f"{rate_spent.server:.1f}, PostgreSQL {rate_spent.postgres:.1f}, clients {rate_spent.client:.1f}; by devices "
        f"and editor {bytes_told(rate_spent)}"
    )
    return [
        at_most("sync.live_50_p50", percentile(latencies, 0.5), "ms", 25, what),
        at_most("sync.live_50_p95", percentile(latencies, 0.95), "ms", 60, what),
        at_most("sync.live_rate_p99", percentile(rate, 0.99), "ms", 250, many),
        # A latency says nothing about a rate that was not reached: the two hold together or not at all.
        at_least("sync.live_rate", reached, "writes/s", 0.95 * _RATE, f"writes that were answered; {many}"),
    ]


@asynccontextmanager
async def _on_air(world: SyncWorld, replicas: list[Watched]) -> AsyncIterator[_Air]:
    headers = {"authorization": f"Bearer {world.tokens[0]}"}
    async with httpx.AsyncClient(base_url=world.server.url, headers=headers, timeout=_PATIENCE_SECONDS) as http:
        air, ready = _Air(world, replicas, http, replicas[0].expected), [asyncio.Event() for _ in replicas]
        following = [
            asyncio.create_task(follow(replica, air.tell, ready=event.set))
            for replica, event in zip(replicas, ready, strict=True)
        ]
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await asyncio.gather(*(event.wait() for event in ready))
            yield air
        finally:
            for task in following:
                task.cancel()
            await asyncio.gather(*following, return_exceptions=True)


async def _one_by_one(air: _Air) -> tuple[list[float], Spent]:
    """Milliseconds of each edit until the last device showed it."""

    async def some(customers: list[tuple[UUID, str]]) -> list[float]:
        latencies = []
        for row_id, _ in customers:
            committed = await air.edit(row_id, f"逐个 {row_id}")
            await air.until_all_show([str(row_id)])
            latencies.append((max(replica.shown[str(row_id)] for replica in air.replicas) - committed) * 1000)
            await asyncio.sleep(_PAUSE_SECONDS)
        return latencies

    await some(air.world.customers[:_WARM])
    with spending(air.world.parts) as spent:
        latencies = await some(air.world.customers[_WARM : _WARM + EDITS])
    return latencies, spent


async def _at_a_rate(air: _Air) -> tuple[list[float], Spent, float]:
    """Milliseconds of each edit on each device, and how many edits a second there were."""
    chosen = air.world.customers[-_RATE * _SECONDS :]
    numbered, committed = iter(enumerate(chosen)), dict[str, float]()
    with spending(air.world.parts) as spent:
        began = time.perf_counter()

        async def write() -> None:
            for turn, (row_id, _) in numbered:
                await asyncio.sleep(max(0.0, began + turn / _RATE - time.perf_counter()))
                committed[str(row_id)] = await air.edit(row_id, f"连续 {turn}")

        await asyncio.gather(*(write() for _ in range(_WRITERS)))
        reached = len(committed) / (time.perf_counter() - began)
        await air.until_all_show(committed)
    found = [(replica.shown[i] - at) * 1000 for replica in air.replicas for i, at in committed.items()]
    return found, spent, reached


async def _limit_one_by_one(world: SyncWorld) -> tuple[list[float], Spent]:
    devices = [world.bare_replica(f"live{n}") for n in range(DEVICES)]
    url = f"ws://127.0.0.1:{world.limit.port}/live?t={world.tenant_id}"
    sockets = [await connect(url, compression=None, max_size=None) for _ in devices]
    latencies: list[float] = []

    async def until(socket: ClientConnection, device: BareReplica, tag: str) -> float:
        notes = world.columns.index("notes")
        while True:
            rows: list[list[Any]] = msgspec.json.decode(await asyncio.wait_for(socket.recv(), _PATIENCE_SECONDS))
            device.put(rows)
            if any(row[notes] == tag for row in rows):
                return time.perf_counter()

    async with await psycopg.AsyncConnection.connect(world.services.urls.admin, autocommit=True) as writer:
        with spending(world.limit_parts) as spent:
            for turn in range(EDITS):
                tag = f"逐个 {turn}"
                waiting = asyncio.gather(*(until(s, d, tag) for s, d in zip(sockets, devices, strict=True)))
                began = time.perf_counter()
                await writer.execute(limit_tables.CHANGE.encode(), (tag, [world.customers[turn][0]]))
                latencies.append((max(await waiting) - began) * 1000)
                await asyncio.sleep(_PAUSE_SECONDS)
    for socket, device in zip(sockets, devices, strict=True):
        await socket.close()
        device.close()
    return latencies, spent
