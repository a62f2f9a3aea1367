"""How fast a device gets what it may see: a first load of 100,000 customers, and 5,000 changes that it missed.

The product's server and the bare limit's are processes of their own, on one database; real replicas on real files ask
over HTTP with the token of a real sign-up. The two take turns. What happens on the air: `on_air.py`.
"""

from __future__ import annotations

import asyncio
import random
import statistics
from collections.abc import Iterator
from typing import NamedTuple

from infra.bench.meters import Spent, forget_peak, load, middle, peak_mb, resting_mb, spending, told
from infra.bench.report import Row, at_most
from infra.bench.sync_world import Counting, SyncWorld, json_bytes, sync_world
from infra.services import Services
from infra.settings import Settings

CUSTOMERS, MISSED = 100_000, 5_000
_ROUNDS = 5


def rows(services: Services, settings: Settings) -> Iterator[Row]:
    """`sync.first_load*`: nothing on the device, and (but for the cached row) no file on the server."""
    with sync_world(services, settings, CUSTOMERS) as world:
        began, resting = load(), resting_mb(world.server.pid)
        received, plain = _bytes(world)  # the first of all, which warms both servers
        _limit_load(world, "warm")
        cold, limits, cached = list[_Load](), list[Spent](), list[Spent]()
        for turn in range(_ROUNDS):
            world.forget_files()
            cold.append(_load(world, f"cold{turn}"))
            cached.append(_load(world, f"cached{turn}").spent)
            limits.append(_limit_load(world, f"limit{turn}"))
        yield from _first_load_rows(cold, cached, limits, f"{began} to {load()}")
        peak = max(found.peak for found in cold)
        above = (
            f"the server's peak, the largest of {_ROUNDS}: {peak - resting:.0f} MB above a fresh one's {resting:.0f} MB"
        )
        yield at_most("sync.first_load_memory", peak, "MB", 200, above)
        yield at_most(
            "sync.first_load_bytes",
            received / plain,
            "ratio",
            0.25,
            f"{received / 1e6:.1f} MB received for {plain / 1e6:.1f} MB of rows as JSON",
        )


def catch_up_rows(services: Services, settings: Settings) -> Iterator[Row]:
    """`sync.catch_up_5000*`: a replica that stood whole pulls once."""
    with sync_world(services, settings, CUSTOMERS) as world:
        began, chosen = load(), random.Random(20260302)
        ours: list[Spent] = []
        limits: list[Spent] = []
        replica, device = world.replica("away"), world.bare_replica("away")
        replica.pull()
        device.load()
        for turn in range(_ROUNDS + 1):
            ids = [row_id for row_id, _ in chosen.sample(world.customers, MISSED)]
            world.change(ids, f"回访 {turn}")
            with spending(world.parts) as spent:
                count = replica.pull()
            before = device.bytes
            with spending(world.limit_parts) as bare:
                bare_count = asyncio.run(device.pull())
            bare.received = device.bytes - before  # its connection is closed
            shown = replica.row("customers", str(ids[-1])) or {}
            if (count, bare_count, shown["notes"]) != (MISSED, MISSED, f"回访 {turn}"):
                raise RuntimeError(f"of {MISSED} changes {count} came, {bare_count} to the limit")
            if turn:  # the first warms
                ours.append(spent)
                limits.append(bare)
        ratio = statistics.median(mine.wall / bare.wall for mine, bare in zip(ours, limits, strict=True))
        what = (
            f"{MISSED} of {CUSTOMERS} rows changed while the device was away: {told(ours)}; "
            f"bare limit {told(limits)}; {began} to {load()}"
        )
        replica.close()
        device.close()
        yield at_most("sync.catch_up_5000", middle(ours).wall, "s", 0.25, what)
        yield at_most("sync.catch_up_5000_ratio", ratio, "ratio", 4, "ours to the bare limit, median of side by side")


class _Load(NamedTuple):
    spent: Spent
    peak: float  # MB


def _load(world: SyncWorld, name: str) -> _Load:
    replica, pid = world.replica(name), world.server.pid
    forget_peak(pid)
    with spending(world.parts) as spent:
        count = replica.pull()
    found = _Load(spent, peak_mb(pid))
    last = replica.row("customers", str(world.customers[-1][0]))
    replica.close()
    if count < CUSTOMERS or last is None:
        raise RuntimeError(f"of {CUSTOMERS} customers {count} rows came")
    return found


def _limit_load(world: SyncWorld, name: str) -> Spent:
    device = world.bare_replica(name)
    with spending(world.limit_parts) as spent:
        count = device.load()
    spent.received = device.bytes  # its connection is closed
    device.close()
    if count != CUSTOMERS:
        raise RuntimeError(f"of {CUSTOMERS} customers {count} rows came to the limit")
    return spent


def _bytes(world: SyncWorld) -> tuple[int, int]:
    """Bytes of all answers of a first load, and of the rows as JSON."""
    counting = Counting()
    replica = world.replica("counted", transport=counting)
    counting.bytes = 0
    replica.pull()
    replica.close()
    return counting.bytes, json_bytes(world.folder / "counted.sqlite")


def _first_load_rows(cold: list[_Load], cached: list[Spent], limits: list[Spent], busy: str) -> Iterator[Row]:
    spents = [found.spent for found in cold]
    ratio = statistics.median(mine.wall / bare.wall for mine, bare in zip(spents, limits, strict=True))
    cached_ratio = statistics.median(mine.wall / bare.wall for mine, bare in zip(cached, limits, strict=True))
    m = middle(spents)
    rest = f"{CUSTOMERS} customers, nothing cached: {told(spents)}; bare limit {told(limits)}; {busy}"
    yield at_most("sync.first_load", ratio, "ratio", 1.6, f"ours to the bare limit: {rest}")
    yield Row(
        "sync.first_load_cached", round(cached_ratio, 4), "ratio", None, None, f"the file is there: {told(cached)}"
    )
    both = f"server {m.server:.2f} and PostgreSQL {m.postgres:.2f} together, nothing cached"
    yield at_most("sync.first_load_server_cpu", m.behind, "s", 1.5, both)
