"""Whether a company that asks for ten times its quota is felt by another one, and a thousand sockets on one process.

The server is a process of its own, as `yunfan serve` runs it, with real sign-ins. The rude company is played by another
process (`python -m infra.bench.fairness`), which pays no heed to refusals and times to wait.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import httpx
from sqlalchemy import select
from websockets.asyncio.client import ClientConnection, connect

from infra.bench.report import Row, at_most
from infra.settings import Settings
from server.parts import Application, build
from tenants.entities import Role
from tenants.identity.inputs import ChangePassword, CreateMember, SignIn, SignUp
from values.ids import new_id

_FIRST, _PASSWORD = "Longjing-First-26", "Hangzhou-Spring-26"  # of people who last as long as a bench
_READY_SECONDS = 60.0

_DEVICES, _EVERY_SECONDS, _ROUND_SECONDS, _ROUNDS = 8, 0.8, 15.0, 3  # company B: each device pushes an edit, then pulls
_FACTOR, _TIMES = 0.1, 10  # company A: a tenth of the usual quota, asked for ten times
_A_QUOTA = 60 * _FACTOR
_A_DEVICES = 6

_SOCKETS, _A_MEMBER = 1_000, 20
_IDLE_SECONDS, _COMMITS, _COMMITS_A_SECOND = 20.0, 100, 10


@dataclass(frozen=True, slots=True)
class _Firm:
    """A company that signed up through the real door; the admin's token first."""

    tenant_id: UUID
    tokens: list[str]


@dataclass(frozen=True, slots=True)
class _Device:
    token: str
    id: str

    async def post(self, http: httpx.AsyncClient, door: str, body: dict[str, object]) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}"}
        return await http.post(f"/sync/v1/{door}", json={"deviceId": self.id, **body}, headers=headers)


def rows(settings: Settings) -> Iterator[Row]:
    """`sync.fair_p99`: a ratio."""
    a, b = asyncio.run(_firms(settings, {"甲公司": 0, "乙公司": 0}))
    with _server(settings, YUNFAN_SYNC_TENANT_FACTORS=f"{a.tenant_id}={_FACTOR}") as (url, _pid):
        yield asyncio.run(_fair(url, a, b))


def socket_rows(settings: Settings) -> Iterator[Row]:
    """`sync.sockets_1000*`: seconds, MB, CPU seconds."""
    [firm] = asyncio.run(_firms(settings, {"千人公司": _SOCKETS // _A_MEMBER}))
    with _server(settings) as (url, pid):
        yield from asyncio.run(_sockets(url, pid, firm))


async def _firms(settings: Settings, wanted: dict[str, int]) -> list[_Firm]:
    """Companies by name, each with so many members who see everything, besides the admin."""
    app = build(settings, pool_size=4)
    try:
        return [await _firm(app, name, people) for name, people in wanted.items()]
    finally:
        await app.close()


async def _firm(app: Application, name: str, people: int) -> _Firm:
    given = SignUp(company_name=name, email=f"{uuid4().hex}@example.com", password=_PASSWORD, admin_name="陈总")
    identity = app.identity
    token = (await identity.sign_up(given)).token
    admin = await identity.authenticate(token)
    async with app.engine.reading(admin.actor) as session:
        role_id: UUID = await session.scalar(select(Role.id).where(Role.key == "general_manager"))
    tokens = [token]
    for n in range(people):
        account = f"lin{n}"
        wanted = CreateMember(account=account, name=account, initial_password=_FIRST, role_ids=[role_id], scope="all")
        made = await identity.create_member(admin, wanted)
        first = SignIn(org_code=made.org_code, account=account, password=_FIRST, device_name="bench")
        tokens.append((await identity.sign_in(first)).token or "")
        who = await identity.authenticate(tokens[-1])
        await identity.change_password(who, ChangePassword(current_password=_FIRST, new_password=_PASSWORD))
    return _Firm(admin.tenant_id, tokens)


@contextmanager
def _server(settings: Settings, **more: str) -> Iterator[tuple[str, int]]:
    """The product's server on a free port: its address and process id."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("DATABASE_", "REDIS_", "YUNFAN_"))}
    environment = {
        **inherited,
        "YUNFAN_DATA": str(settings.data_dir),
        "YUNFAN_PORT": str(port),
        "YUNFAN_LOG_LEVEL": "WARNING",
        "DATABASE_URL": settings.database_url or "",
        "DATABASE_PLATFORM_URL": settings.database_platform_url or "",
        "DATABASE_PROVISION_URL": settings.database_provision_url or "",
        "REDIS_URL": settings.redis_url or "",
        **more,
    }
    command = [str(Path(sys.executable).parent / "yunfan"), "serve"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as running:
        try:
            _wait_until_ready(running, port)
            yield f"http://127.0.0.1:{port}", running.pid
        finally:
            running.send_signal(signal.SIGTERM)
            running.wait(timeout=60)


def _wait_until_ready(running: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + _READY_SECONDS
    while True:
        try:
            if httpx.get(f"http://127.0.0.1:{port}/health/ready").status_code == 200:
                return
        except httpx.TransportError:
            pass
        if running.poll() is not None or time.monotonic() > until:
            raise RuntimeError("yunfan serve did not become ready")
        time.sleep(0.1)


async def _registered(http: httpx.AsyncClient, token: str) -> _Device:
    device = _Device(token, str(new_id()))
    answer = await device.post(http, "devices", {"name": "bench", "platform": "bench"})
    answer.raise_for_status()
    return device


# Two companies


async def _fair(url: str, a: _Firm, b: _Firm) -> Row:
    async with httpx.AsyncClient(base_url=url, timeout=60) as http:
        rude = [await _registered(http, a.tokens[0]) for _ in range(_A_DEVICES)]
        ours = [_Worker(http, await _registered(http, b.tokens[0])) for _ in range(_DEVICES)]
        await _load(ours, 5)  # warms
        alone: list[float] = []
        beside: list[float] = []
        counted = Counter[int]()
        with _flood(url, rude, counted) as flooding:
            for _ in range(_ROUNDS):
                flooding.off()
                await asyncio.sleep(2.5)
                alone.append(await _load(ours, _ROUND_SECONDS))
                flooding.on()
                await asyncio.sleep(2.5)
                beside.append(await _load(ours, _ROUND_SECONDS))
    ratios = sorted(with_a / by_itself for with_a, by_itself in zip(beside, alone, strict=True))
    sent, taken = sum(counted.values()), counted[200]
    refused = sum((worker.refused for worker in ours), Counter[int]())
    detail = (
        f"p99 of B's pushes and pulls ({_DEVICES} devices, {_DEVICES / _EVERY_SECONDS * 2:.0f}/s) beside A at "
        f"{_TIMES} times its quota of {_A_QUOTA:g}/s / without: {statistics.median(beside) * 1000:.0f} / "
        f"{statistics.median(alone) * 1000:.0f} ms; {_ROUNDS} rounds, {ratios[0]:.2f} to {ratios[-1]:.2f}; of A's "
        f"{sent} requests {taken} were taken, of B's {dict(refused) or 'none'} were refused; "
        f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    )
    return at_most("sync.fair_p99", statistics.median(ratios), "ratio", 1.10, detail)


class _Worker:
    """A device of company B: makes a customer, pulls, and rests."""

    def __init__(self, http: httpx.AsyncClient, device: _Device) -> None:
        self._http, self._device, self._n = http, device, 0
        self._cursor: str | None = None
        self.refused = Counter[int]()

    async def work(self, until: float, seconds: list[float]) -> None:
        while time.perf_counter() < until:
            began = time.perf_counter()
            pushed = await self._timed("push", {"mutations": [self._mutation()]}, seconds)
            if pushed.status_code == 200:
                self._n = pushed.json()["lastMutation"]
            pulled = await self._timed("pull", {"cursor": self._cursor}, seconds)
            if pulled.status_code == 200:
                self._cursor = json.loads(pulled.content.split(b"\n", 1)[0])["cursor"]
            await asyncio.sleep(max(0.0, _EVERY_SECONDS - (time.perf_counter() - began)))

    def _mutation(self) -> dict[str, object]:
        return {
            "n": self._n + 1,
            "uuid": str(uuid4()),
            "command": "party.create_customer",
            "arguments": {"id": str(new_id()), "name": f"客户 {self._n}"},
            "madeAt": datetime.now(UTC).isoformat(),
        }

    async def _timed(self, door: str, body: dict[str, object], seconds: list[float]) -> httpx.Response:
        began = time.perf_counter()
        answer = await self._device.post(self._http, door, body)
        seconds.append(time.perf_counter() - began)
        if answer.status_code != 200:
            self.refused[answer.status_code] += 1
        return answer


async def _load(workers: list[_Worker], length: float) -> float:
    """The p99 of the workers' requests, in seconds."""
    seconds: list[float] = []
    until = time.perf_counter() + length
    async with asyncio.TaskGroup() as group:
        for place, worker in enumerate(workers):
            await asyncio.sleep(_EVERY_SECONDS / len(workers) * bool(place))
            group.create_task(worker.work(until, seconds))
    return sorted(seconds)[int(len(seconds) * 0.99)]


class _Flooding:
    """The other process, told by signs to pause and to go on."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def off(self) -> None:
        self._process.send_signal(signal.SIGSTOP)

    def on(self) -> None:
        self._process.send_signal(signal.SIGCONT)


@contextmanager
def _flood(url: str, devices: list[_Device], counted: Counter[int]) -> Iterator[_Flooding]:
    """Company A, whose full bucket is emptied before anything is measured. `counted`: its answers by status."""
    told = json.dumps({"url": url, "devices": [[device.token, device.id] for device in devices]})
    command = [sys.executable, "-m", "infra.bench.fairness", told]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            process.stdout.readline()  # refused for the first time
            yield _Flooding(process)
            process.send_signal(signal.SIGCONT)
            process.send_signal(signal.SIGTERM)
            counted.update({int(status): count for status, count in json.loads(process.stdout.readline()).items()})
        finally:
            process.kill()


async def _rude(told: dict[str, object]) -> None:
    """Sends a steady ten times the quota, whatever the answers are, until it is told to stop."""
    counted, stop, tasks = Counter[int](), asyncio.Event(), set[asyncio.Task[None]]()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    devices = [_Device(token, device_id) for token, device_id in told["devices"]]  # type: ignore[attr-defined]
    async with httpx.AsyncClient(
        base_url=str(told["url"]), timeout=60, limits=httpx.Limits(max_connections=200)
    ) as http:

        async def ask(n: int) -> None:
            try:
                answer = await devices[n % len(devices)].post(http, "pull", {"cursor": None})
            except httpx.TransportError:  # a process that was stopped finds its connections gone
                counted[0] += 1
                return
            if answer.status_code == 429 and not counted[429]:
                sys.stdout.write("refused\n")
                sys.stdout.flush()
                counted.clear()
            counted[answer.status_code] += 1

        n = 0
        while not stop.is_set():
            if len(tasks) < 200:
                task = asyncio.create_task(ask(n))
                tasks.add(task)
                task.add_done_callback(tasks.discard)
            n += 1
            await asyncio.sleep(1 / (_A_QUOTA * _TIMES))
        await asyncio.gather(*tasks, return_exceptions=True)
    sys.stdout.write(json.dumps(counted) + "\n")
    sys.stdout.flush()


# A thousand sockets


async def _sockets(url: str, pid: int, firm: _Firm) -> list[Row]:
    async with httpx.AsyncClient(base_url=url, timeout=60) as http:
        devices = [await _registered(http, firm.tokens[1 + n // _A_MEMBER]) for n in range(_SOCKETS)]
        memory, cpu, began = _megabytes(pid), _cpu_seconds(pid), time.perf_counter()
        async with AsyncExitStack() as stack:
            crowd = await asyncio.gather(*(_on_air(url, device) for device in devices))
            ready, greeted = time.perf_counter() - began, _cpu_seconds(pid) - cpu
            for listener in crowd:
                stack.push_async_callback(listener.close)
            each = (_megabytes(pid) - memory) / _SOCKETS
            cpu = _cpu_seconds(pid)
            await asyncio.sleep(_IDLE_SECONDS)
            idle = (_cpu_seconds(pid) - cpu) * 60 / _IDLE_SECONDS
            hearing = [await _heard_by_all(http, firm.tokens[0], crowd) for _ in range(5)]
            busy, messages, cost = await _busy(http, pid, firm.tokens[0], crowd)
    load = f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    return [
        Row("sync.sockets_1000", round(ready, 2), "s", None, None, f"until all are ready; CPU {greeted:.1f} s; {load}"),
        Row("sync.sockets_1000_memory", round(each, 4), "MB", None, None, "of the server's process, a socket"),
        Row("sync.sockets_1000_idle", round(idle, 2), "CPU s/min", None, None, "nothing happens"),
        Row(
            "sync.sockets_1000_busy",
            round(busy, 2),
            "CPU s/min",
            None,
            None,
            f"one company commits {_COMMITS_A_SECOND}/s; {messages / _SOCKETS:.0f} messages a socket for {_COMMITS} "
            f"commits; the commits alone: {cost:.1f} CPU s/min",
        ),
        at_most("sync.sockets_1000_heard", statistics.median(hearing), "s", 1.0, f"a commit until all heard; {load}"),
    ]


class _Listener:
    """One socket and how much it heard."""

    def __init__(self, socket: ClientConnection) -> None:
        self.heard = 0
        self.last = 0.0
        self._socket = socket
        self._task = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        async for _ in self._socket:
            self.heard += 1
            self.last = time.perf_counter()

    async def close(self) -> None:
        await self._socket.close()
        await self._task


async def _on_air(url: str, device: _Device) -> _Listener:
    socket = await connect(
        url.replace("http", "ws") + "/sync/v1/poke", compression=None, ping_interval=None, open_timeout=60
    )
    await socket.send(json.dumps({"token": device.token, "deviceId": device.id}))
    if json.loads(await socket.recv()) != {"ready": True}:
        raise RuntimeError("not ready")
    return _Listener(socket)


async def _commit(http: httpx.AsyncClient, token: str) -> None:
    query = "mutation Make($input: CreateCustomerInput!) { createCustomer(input: $input) { id } }"
    body = {"query": query, "variables": {"input": {"name": f"客户 {uuid4().hex[:8]}"}}}
    answer = await http.post("/graphql", json=body, headers={"Authorization": f"Bearer {token}"})
    if answer.status_code != 200 or "errors" in answer.json():
        raise RuntimeError(answer.text)


async def _heard_by_all(http: httpx.AsyncClient, token: str, crowd: list[_Listener]) -> float:
    """Seconds from a commit's answer until the last socket heard. Raises TimeoutError."""
    await asyncio.sleep(0.5)
    before = [listener.heard for listener in crowd]
    await _commit(http, token)
    began = time.perf_counter()
    async with asyncio.timeout(30):
        while any(listener.heard == had for listener, had in zip(crowd, before, strict=True)):  # noqa: ASYNC110
            await asyncio.sleep(0.005)
    return max(0.0, max(listener.last for listener in crowd) - began)


async def _busy(http: httpx.AsyncClient, pid: int, token: str, crowd: list[_Listener]) -> tuple[float, int, float]:
    """CPU seconds a minute while one company commits ten times a second; messages; the same without the sockets."""
    before, figures = sum(listener.heard for listener in crowd), list[float]()
    messages = 0
    for listening in (True, False):
        if not listening:
            messages = sum(listener.heard for listener in crowd) - before
            await asyncio.gather(*(listener.close() for listener in crowd))
            await asyncio.sleep(1)
        cpu, began = _cpu_seconds(pid), time.perf_counter()
        for n in range(_COMMITS):
            await _commit(http, token)
            await asyncio.sleep(max(0.0, (n + 1) / _COMMITS_A_SECOND - (time.perf_counter() - began)))
        await asyncio.sleep(0.5)
        figures.append((_cpu_seconds(pid) - cpu) * 60 / (time.perf_counter() - began))
    return figures[0], messages, figures[1]


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _megabytes(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024


if __name__ == "__main__":
    asyncio.run(_rude(json.loads(sys.argv[1])))
