"""Whether a company that asks for ten times its quota is felt by another one.

Three loads take turns, in every order: company B by itself; beside company A, which asks just its quota; beside A at
ten times that, once A has used up what its bucket held: the lasting state. The first moments are told apart.
The server is a process of its own, as `yunfan serve` runs it, with real sign-ins. A is played by another process
(`rude.py`), which pays no heed to refusals and times to wait; both ask over plain sockets with prepared bytes, so that
they leave the cores to what is measured.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import permutations
from urllib.parse import urlsplit
from uuid import uuid4

import httpx

from infra.bench.bare_http import Line, prepared
from infra.bench.firms import Device, Firm, cpu_seconds, firms, registered, served
from infra.bench.report import Row, at_most
from infra.settings import Settings
from values.ids import new_id

_DEVICES, _EVERY_SECONDS = 16, 0.8  # company B: each device pushes an edit, then pulls
_ROUNDS, _ROUND_SECONDS, _SETTLE_SECONDS = 12, 5.0, 1.0
_FACTOR, _TIMES = 0.1, 10  # company A: a tenth of the usual quota, asked for ten times
_A_QUOTA = 60 * _FACTOR
_A_DEVICES = 6
_EMPTIED_SECONDS, _LOOK_SECONDS = 60.0, 1.0
_RATES = {"alone": 0.0, "quota": _A_QUOTA, "over": _A_QUOTA * _TIMES}
_ORDERS = list(permutations(_RATES))


def rows(settings: Settings) -> Iterator[Row]:
    """`sync.fair_p99`, `sync.fair_p99_excess`, `sync.fair_p99_burst`: ratios."""
    a, b = asyncio.run(firms(settings, {"甲公司": 0, "乙公司": 0}))
    with served(settings, YUNFAN_SYNC_TENANT_FACTORS=f"{a.tenant_id}={_FACTOR}") as (url, pid):
        yield from asyncio.run(_fair(url, pid, a, b))


@dataclass(slots=True)
class _Load:
    """What was measured at one of the loads: B's seconds by round, A's answers, CPU of the server a second."""

    rounds: list[list[float]] = field(default_factory=list)
    answered: Counter[str] = field(default_factory=Counter)
    cpu_seconds: float = 0.0

    def p99(self) -> float:
        return _p99([seconds for one in self.rounds for seconds in one])

    def told(self) -> str:
        """A's answers and the server's CPU."""
        used = self.cpu_seconds / (len(self.rounds) * _ROUND_SECONDS)
        return f"{dict(sorted(self.answered.items())) or 'nothing'} at {used:.2f} cores"


async def _fair(url: str, pid: int, a: Firm, b: Firm) -> list[Row]:
    host, port = urlsplit(url).hostname or "", urlsplit(url).port or 0
    async with httpx.AsyncClient(base_url=url, timeout=60) as http:
        rude = [await registered(http, a.tokens[0]) for _ in range(_A_DEVICES)]
        ours = [_Worker(Line(host, port), await registered(http, b.tokens[0])) for _ in range(_DEVICES)]
    loads, burst = {name: _Load() for name in _RATES}, _Load()
    with _flood(host, port, rude) as flood:
        await _work(ours, 5)  # warms
        await _round(burst, _RATES["over"], flood, ours, pid)
        for number in range(-1, _ROUNDS):  # the first of each warms too: connections learn their statements
            for name in _ORDERS[number % len(_ORDERS)]:
                if name == "over":
                    await flood.emptied()
                await _round(loads[name] if number >= 0 else _Load(), _RATES[name], flood, ours, pid)
    refused = sum((worker.refused for worker in ours), Counter[str]())
    return [
        _row("sync.fair_p99", loads["over"], loads["alone"], "by itself", refused),
        _row("sync.fair_p99_excess", loads["over"], loads["quota"], "beside A at its quota", refused),
        _burst_row(burst, loads["alone"]),
    ]


async def _round(load: _Load, rate: float, flood: _Flood, ours: list[_Worker], pid: int) -> None:
    await flood.at(rate)
    await asyncio.sleep(_SETTLE_SECONDS)
    flood.counted()
    cpu = cpu_seconds(pid)
    load.rounds.append(await _work(ours, _ROUND_SECONDS))
    load.cpu_seconds += cpu_seconds(pid) - cpu
    load.answered.update(flood.counted())


def _row(name: str, over: _Load, without: _Load, meaning: str, refused: Counter[str]) -> Row:
    ratios = sorted(_p99(beside) / _p99(other) for beside, other in zip(over.rounds, without.rounds, strict=True))
    detail = (
        f"p99 of B's pushes and pulls ({_DEVICES} devices, {_DEVICES / _EVERY_SECONDS * 2:.0f}/s) beside A at {_TIMES} "
        f"times its quota of {_A_QUOTA:g}/s / {meaning}: {over.p99() * 1000:.0f} / {without.p99() * 1000:.0f} ms, all "
        f"{_ROUNDS} rounds of {_ROUND_SECONDS:g} s together ({sum(map(len, over.rounds))} / "
        f"{sum(map(len, without.rounds))} requests); the rounds' own {ratios[0]:.2f} to {ratios[-1]:.2f}, "
        f"median {(ratios[_ROUNDS // 2 - 1] + ratios[_ROUNDS // 2]) / 2:.2f}; A was answered {over.told()} / "
        f"{without.told()}; of B's {dict(refused) or 'none'} were refused; load {os.getloadavg()[0]:.1f} on "
        f"{os.cpu_count()} cores"
    )
    return at_most(name, over.p99() / without.p99(), "ratio", 1.10, detail)


def _burst_row(burst: _Load, alone: _Load) -> Row:
    """Without a goal: a bucket that was full is A's to use."""
    detail = (
        f"the same in the first {_ROUND_SECONDS:g} s, once, of A with a full bucket / by itself: "
        f"{burst.p99() * 1000:.0f} / {alone.p99() * 1000:.0f} ms; A was answered {burst.told()}"
    )
    return Row("sync.fair_p99_burst", round(burst.p99() / alone.p99(), 4), "ratio", None, None, detail)


def _p99(seconds: list[float]) -> float:
    return sorted(seconds)[int(len(seconds) * 0.99)]


class _Worker:
    """A device of company B: makes a customer, pulls, and rests."""

    def __init__(self, line: Line, device: Device) -> None:
        self._line, self._device, self._n = line, device, 0
        self._cursor: str | None = None
        self._schema: str | None = None
        self.refused = Counter[str]()

    async def work(self, until: float, seconds: list[float]) -> None:
        while time.perf_counter() < until:
            began = time.perf_counter()
            pushed = await self._timed("push", {"mutations": [self._mutation()]}, seconds)
            if pushed is not None:
                self._n = json.loads(pushed)["lastMutation"]
            pulled = await self._timed("pull", {"cursor": self._cursor, "schema": self._schema}, seconds)
            if pulled is not None:
                header = json.loads(pulled.split(b"\n", 1)[0])
                self._cursor, self._schema = header["cursor"], header["schema"]
            await asyncio.sleep(max(0.0, _EVERY_SECONDS - (time.perf_counter() - began)))

    def _mutation(self) -> dict[str, object]:
        return {
            "n": self._n + 1,
            "uuid": str(uuid4()),
            "command": "party.create_customer",
            "arguments": {"id": str(new_id()), "name": f"客户 {self._n}"},
            "madeAt": datetime.now(UTC).isoformat(),
        }

    async def _timed(self, door: str, body: dict[str, object], seconds: list[float]) -> bytes | None:
        asked = prepared(self._device, door, body)
        began = time.perf_counter()
        status, answer = await self._line.ask(asked)
        seconds.append(time.perf_counter() - began)
        if status == 200:
            return answer
        self.refused[json.loads(answer).get("code", str(status))] += 1
        return None


async def _work(workers: list[_Worker], length: float) -> list[float]:
    """How long each of the workers' requests took, in seconds."""
    seconds: list[float] = []
    until = time.perf_counter() + length
    async with asyncio.TaskGroup() as group:
        for place, worker in enumerate(workers):
            await asyncio.sleep(_EVERY_SECONDS / len(workers) * bool(place))
            group.create_task(worker.work(until, seconds))
    return seconds


class _Flood:
    """The other process, told its rate through a pipe."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    async def at(self, rate: float) -> None:
        """What is under way of another rate ends first."""
        self._tell("0")
        while self._asked()["asking"]:  # noqa: ASYNC110 - another process tells when it is asked
            await asyncio.sleep(0.1)
        self._tell(f"{rate:g}")

    async def emptied(self) -> None:
        """Asks until no more is answered than the quota gives: what was saved up is not measured."""
        await self.at(_RATES["over"])
        self.counted()
        until = time.perf_counter() + _EMPTIED_SECONDS
        while time.perf_counter() < until:
            await asyncio.sleep(_LOOK_SECONDS)
            answered = self.counted()
            if answered["429"] and answered["200"] <= 2 * _A_QUOTA * _LOOK_SECONDS:
                return

    def counted(self) -> Counter[str]:
        """A's answers since the last look, by status."""
        return Counter({status: count for status, count in self._asked().items() if status != "asking"})

    def _asked(self) -> dict[str, int]:
        self._tell("")
        assert self._process.stdout is not None
        found: dict[str, int] = json.loads(self._process.stdout.readline())
        return found

    def _tell(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()


@contextmanager
def _flood(host: str, port: int, devices: list[Device]) -> Iterator[_Flood]:
    """Company A."""
    told = json.dumps({"host": host, "port": port, "devices": [[device.token, device.id] for device in devices]})
    command = [sys.executable, "-m", "infra.bench.rude", told]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield _Flood(process)
        finally:
            process.kill()
