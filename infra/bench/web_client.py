"""What a person with the web client waits for, among 100,000 customers: `web/bench/run.ts` drives a real Chromium, this
is what it needs behind it. The app is built as ever, but that a page may be asked for its device."""

from __future__ import annotations

import json
import os
import signal
import statistics
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

from infra.bench.report import Row, at_least, at_most
from infra.bench.sync_world import PASSWORD, SIGN_IN, SyncWorld, sync_world
from infra.browser import chromium
from infra.services import Services
from infra.settings import Settings
from infra.web_build import SOURCES, build_into, environment, node

CUSTOMERS, MANY, CHANGED = 100_000, 500_000, 5_000
_LONGEST_SECONDS = 900


@dataclass(frozen=True, slots=True)
class Measured:
    """What the browser's side told of one thing: milliseconds, or bytes."""

    values: list[float]

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def p95(self) -> float:
        return sorted(self.values)[max(0, round(len(self.values) * 0.95) - 1)]

    @property
    def longest(self) -> float:
        return max(self.values)


def rows(services: Services, settings: Settings) -> Iterator[Row]:
    """`web.app.*`."""
    found = _measured(services, settings, CUSTOMERS)
    first = found["first_load"].values[0]
    whole, *whole_others = found["first_load_whole"].values
    cold = found["cold_start_offline"]
    yield at_most(
        "web.app.entrance_js", found["entrance_js"].median, "bytes", 300_000, "scripts of the sign-in page, br"
    )
    yield at_most(
        "web.app.first_load", first / 1000, "s", 3, "sign-in to a list to work with, no file on the server yet"
    )
    yield Row(
        "web.app.first_load_all", round(whole / 1000, 2), "s", None, None, "the same to all 100,000 customers in it"
    )
    yield at_most(
        "web.app.first_load_cached", statistics.median(whole_others) / 1000, "s", 3, "the same with the file there"
    )
    inserted = found["row_by_row"].median / statistics.median(whole_others)
    yield at_least(
        "web.app.first_load_to_inserts", inserted, "ratio", 8, "100,000 rows inserted one by one, to first_load_cached"
    )
    yield Row(
        "web.app.first_load_made_to_inserts",
        round(found["row_by_row"].median / whole, 2),
        "ratio",
        None,
        None,
        "the same to first_load_all",
    )
    yield at_most(
        "web.app.cold_start_offline", cold.median / 1000, "s", 1.5, f"new browser, no server; {len(cold.values)}"
    )
    yield at_most("web.app.list_p95", found["list"].p95, "ms", 10, "50 filtered and sorted, from the page and back")
    yield at_most("web.app.list_painted_p95", found["list_painted"].p95, "ms", 50, "another filter until it is painted")
    yield Row(
        "web.app.list_painted_at_once",
        round(found["list_painted_at_once"].median, 1),
        "ms",
        None,
        None,
        "the same in the moment the list came: nothing of it stands in memory yet",
    )
    yield at_least(
        "web.app.list_frames", found["list_frames"].median, "frames/s", 50, "the list scrolls, 60 px a frame"
    )
    yield at_most(
        "web.app.own_edit_painted_p95", found["own_edit_painted"].p95, "ms", 50, "one's own edit until painted"
    )
    yield at_most(
        "web.app.other_edit_painted_p95",
        found["other_edit_painted"].p95,
        "ms",
        500,
        "another's edit until painted here",
    )
    yield at_most(
        "web.app.delta_5000_wait", found["delta_read_waits"].longest, "ms", 100, "longest wait of a list meanwhile"
    )


def many_rows(services: Services, settings: Settings) -> Iterator[Row]:
    """`web.many.*`: 500,000 customers; no goals but that it works."""
    found = _measured(services, settings, MANY, WEB_QUICK="1")
    figures = {
        "web.many.first_load": (found["first_load_whole"].median / 1000, "s"),
        "web.many.cold_start_offline": (found["cold_start_offline"].median / 1000, "s"),
        "web.many.list_p95": (found["list"].p95, "ms"),
        "web.many.list_painted_p95": (found["list_painted"].p95, "ms"),
        "web.many.list_painted_at_once": (found["list_painted_at_once"].median, "ms"),
        "web.many.list_frames": (found["list_frames"].median, "frames/s"),
        "web.many.own_edit_painted_p95": (found["own_edit_painted"].p95, "ms"),
        "web.many.delta_5000_wait": (found["delta_read_waits"].longest, "ms"),
    }
    for name, (value, unit) in figures.items():
        yield Row(name, round(value, 3), unit, None, None, "as the row under web.app, of 500,000 customers")


def grid_rows() -> Iterator[Row]:
    """`web.grid.*`: the editable grid of 10,000 × 15 cells, as built for people."""
    script = SOURCES / "tests" / "grid" / "frames.ts"
    told = {**environment(), "YUNFAN_CHROMIUM": chromium() or ""}
    done = subprocess.run([node(), str(script)], env=told, stdout=subprocess.PIPE, timeout=_LONGEST_SECONDS, check=True)
    found = json.loads(done.stdout)
    for way in ("down", "across"):
        scrolled = found[way]
        detail = f"10,000 × 15 cells; a frame p50 {scrolled['medianMs']}, p95 {scrolled['p95Ms']} ms"
        yield at_least(f"web.grid.frames_{way}", scrolled["frames"], "frames/s", 50, detail)
    yield Row("web.grid.mount", round(found["mountMs"]), "ms", None, None, "from the navigation to the first rows")


def _measured(services: Services, settings: Settings, customers: int, **variables: str) -> dict[str, Measured]:
    with TemporaryDirectory(prefix="yunfan-bench-app-") as folder:
        app = Path(folder) / "dist"
        build_into(app, Path(folder) / "build.log", VITE_YUNFAN_MEASURED="1")
        with sync_world(services, replace(settings, web_dir=app), customers, people=1) as world:
            return _driven(world, customers, variables)


def _driven(world: SyncWorld, customers: int, variables: Mapping[str, str]) -> dict[str, Measured]:
    """Runs the browser's side, and does what it asks for meanwhile."""
    told = {
        "WEB_URL": world.server.url,
        "WEB_IDENTIFIER": SIGN_IN,
        "WEB_PASSWORD": PASSWORD,
        "WEB_TOKEN": world.tokens[1],
        "WEB_CUSTOMERS": str(customers),
        "YUNFAN_CHROMIUM": chromium() or "",
    }
    process = subprocess.Popen(
        [node(), str(SOURCES / "bench" / "run.ts")],
        env={**environment(), **told, **variables},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("Popen was told to make pipes")
    found: dict[str, Measured] = {}
    for line in process.stdout:
        message = json.loads(line)
        if "ask" in message:
            _do(world, message["ask"])
            process.stdin.write("done\n")
            process.stdin.flush()
        else:
            found[message["name"]] = Measured(message["values"])
    if process.wait(_LONGEST_SECONDS) != 0:
        raise RuntimeError("the browser's side of the bench failed")
    return found


def _do(world: SyncWorld, wanted: str) -> None:
    if wanted == "change":
        ids: list[UUID] = [row_id for row_id, _ in world.customers[:CHANGED]]
        world.change(ids, "改过了 changed")
    elif wanted == "stop":
        os.kill(world.server.pid, signal.SIGTERM)
        _gone(world.server.pid)


def _gone(pid: int) -> None:
    """Our own child, so it stays a zombie until it is waited for: asked by its state."""
    while (
        Path(f"/proc/{pid}/stat").exists() and Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    ):
        time.sleep(0.05)
