"""Many sockets: too many are refused with a code, a crowd hears little and everything, who does not read costs nothing,
and a storm comes back spread out."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import random
import secrets
import socket as sockets
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import httpx
import psycopg
import pytest
from sqlalchemy import exc
from sqlalchemy.engine import make_url
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from infra.quota_settings import USUAL, Limit, QuotaSettings
from infra.settings import Settings
from server.parts import build
from sync import live, live_place, poke
from sync.buckets import Buckets
from sync.client import Replica
from sync.client.live import pause_after
from sync.contact import Known
from sync.gate import Gate
from sync.http import routes
from sync.live import Air, Channel, OnAir
from sync.quotas import Quotas
from sync.service import SyncService
from sync.turns import Turns
from sync.wire import RegisterRequest
from tenants.commands import register_device
from tenants.identity.inputs import SignUp
from tests.infra_services import Services
from tests.server.test_stop import start, until_ready
from tests.sync.conftest import Doors, SignedIn, _in_force, served
from values.ids import new_id

CUSTOMER = frozenset({"party.Customer"})


async def _device(doors: Doors, who: str = "li", company=None) -> dict[str, str]:
    """A registered device's greeting."""
    company = company or doors.world.yunfan
    device_id = new_id()
    asked = RegisterRequest(device_id=device_id, name="d", platform="test")
    await SyncService(doors.app.engine).register(await company.actor(who), asked)
    return {"token": doors.token(company, who), "deviceId": str(device_id)}


async def _greeted(url: str, hello: dict[str, str], **options: object) -> ClientConnection:
    socket = await connect(url.replace("http", "ws") + "/sync/v1/poke", compression=None, **options)
    await socket.send(json.dumps(hello))
    return socket


async def _ready(url: str, hello: dict[str, str], **options: object) -> ClientConnection:
    socket = await _greeted(url, hello, **options)
    assert json.loads(await asyncio.wait_for(socket.recv(), 60)) == {"ready": True}
    return socket


async def _closed(socket: ClientConnection) -> tuple[int, str]:
    with suppress(ConnectionClosed):
        async with asyncio.timeout(30):
            while True:
                await socket.recv()
    return socket.close_code or 0, socket.close_reason or ""


@asynccontextmanager
async def _doors(doors: Doors, greetings: Turns | None = None, **limits: Limit) -> AsyncIterator[tuple[str, Air]]:
    """The doors with their own bounds: the address, and who is on the air."""

    async def authenticate(token: str, *, address: str | None, request_id: str | None) -> SignedIn:
        company, who = doors.tokens[token]
        return SignedIn(await company.actor(who))

    changed = {("requests", holder): limit for holder, limit in limits.items()}
    air = Air(doors.app.engine, doors.app.pokes, _in_force, greetings)
    gate = Gate(Quotas(Buckets(doors.app.redis), QuotaSettings(limits={**USUAL, **changed})))
    async with served(routes(SyncService(doors.app.engine), authenticate, authenticate, air, gate=gate)) as url:
        yield url, air
        await air.close()


async def test_who_looks_after_the_sockets_outlives_the_database(
    doors: Doors, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A connection that broke ends one look; one of the next finds the device that is not in the registry."""
    broken: list[Exception] = []
    look = Air._doubt

    async def first_broken(air: Air) -> None:
        try:
            if not broken:
                await _break_connections(services)
            await look(air)
        except Exception as wrong:
            broken.append(wrong)
            raise

    monkeypatch.setattr(Air, "_doubt", first_broken)
    monkeypatch.setattr(live, "LOOK_SECONDS", 0.05)
    air = Air(doors.app.engine, doors.app.pokes, _in_force)
    gone = OnAir(doors.world.yunfan.tenant_id, new_id(), new_id())
    async with asyncio.timeout(20), air.on(gone):
        await gone.doubted.wait()
    assert 1 <= len(broken) <= doors.app.engine.database.app.pool.size()  # type: ignore[attr-defined]
    await air.close()


async def _break_connections(services: Services) -> None:
    async with await psycopg.AsyncConnection.connect(services.urls.admin, autocommit=True) as admin:
        await admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND usename = %s AND pid <> pg_backend_pid()",
            [make_url(services.urls.app).username],
        )


# Too many


async def test_one_socket_too_many_of_a_device_closes_its_oldest(doors: Doors) -> None:
    hello, other = await _device(doors), await _device(doors, "wang")
    rest = await _ready(doors.url, other)
    mine = [await _ready(doors.url, hello) for _ in range(live.MOST_OF_DEVICE)]
    newest = await _ready(doors.url, hello)
    assert await _closed(mine[0]) == (4429, "TOO_MANY_SOCKETS")
    await doors.app.pokes.committed(doors.world.yunfan.tenant_id, CUSTOMER, frozenset())
    for socket in (*mine[1:], newest, rest):
        assert json.loads(await asyncio.wait_for(socket.recv(), 30)) == {"poke": True}
        await socket.close()


async def test_a_members_and_a_companys_sockets_are_bounded_and_a_rivals_are_not_touched(
    doors: Doors, monkeypatch
) -> None:
    monkeypatch.setattr(live, "MOST_OF_MEMBER", 2)
    monkeypatch.setattr(live, "MOST_OF_TENANT", 3)
    rival = await _ready(doors.url, await _device(doors, "qian", doors.world.seagull))
    first = await _ready(doors.url, await _device(doors, "wang"))
    li = [await _ready(doors.url, await _device(doors)) for _ in range(2)]
    third = await _ready(doors.url, await _device(doors))
    assert await _closed(li[0]) == (4429, "TOO_MANY_SOCKETS")  # li's own oldest
    fourth = await _ready(doors.url, await _device(doors, "zhao"))
    assert await _closed(first) == (4429, "TOO_MANY_SOCKETS")  # the company's oldest
    for tenant in (doors.world.yunfan, doors.world.seagull):
        await doors.app.pokes.committed(tenant.tenant_id, CUSTOMER, frozenset())
    for socket in (rival, li[1], third, fourth):
        assert json.loads(await asyncio.wait_for(socket.recv(), 30)) == {"poke": True}
        await socket.close()


async def test_greetings_over_the_quota_are_refused(doors: Doors) -> None:
    async with _doors(doors, device=Limit(0.001, 2)) as (url, _):
        hello = await _device(doors)
        for _ in range(2):
            await (await _ready(url, hello)).close()
        assert await _closed(await _greeted(url, hello)) == (4429, "OVER_QUOTA")
        await (await _ready(url, await _device(doors))).close()


async def test_a_storm_is_let_in_a_few_at_a_time_and_who_is_not_reached_comes_later(doors: Doors) -> None:
    greetings = Turns(1, 1, 1, wait_seconds=0.2)
    async with _doors(doors, greetings) as (url, _):
        hello = await _device(doors)
        async with greetings.turn("127.0.0.1"):
            assert await _closed(await _greeted(url, hello)) == (1013, "BUSY")
        await (await _ready(url, hello)).close()


@pytest.mark.parametrize("wrong", [exc.TimeoutError("no place free"), exc.InterfaceError("", None, OSError("gone"))])
async def test_while_the_database_has_no_time_a_device_comes_later(
    doors: Doors, monkeypatch: pytest.MonkeyPatch, wrong: Exception
) -> None:
    async def away(*_any: object, **_how: object) -> Known:
        raise wrong

    hello = await _device(doors)
    with monkeypatch.context() as patched:
        patched.setattr(SyncService, "greeted", away)
        assert await _closed(await _greeted(doors.url, hello)) == (1013, "BUSY")
    await (await _ready(doors.url, hello)).close()


# A crowd


def test_the_more_sockets_the_less_often_each_hears() -> None:
    channel, pauses = Channel(), []
    for count in (1, 200, 800, 2_000):
        channel.sockets = {OnAir(new_id(), new_id(), None): None for _ in range(count)}
        pauses.append(channel.pause_seconds)
    assert pauses == [0.02, 0.02, 0.08, 0.2]
    assert all(count / pause <= 10_001 for count, pause in zip((200, 800, 2_000), pauses[1:], strict=True))


async def test_a_hundred_commits_a_second_are_a_few_messages(doors: Doors, monkeypatch) -> None:
    monkeypatch.setattr(live, "LEAST_PAUSE_SECONDS", 0.2)
    heard = [0, 0]
    crowd = [await _ready(doors.url, await _device(doors, who)) for who in ("li", "wang")]

    async def listen(place: int) -> None:
        while True:
            await crowd[place].recv()
            heard[place] += 1

    listening = [asyncio.create_task(listen(place)) for place in range(2)]
    began = time.monotonic()
    for _ in range(150):
        await doors.app.pokes.committed(doors.world.yunfan.tenant_id, CUSTOMER, frozenset())
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.6)
    most = (time.monotonic() - began) / 0.2 + 1
    before = list(heard)
    await asyncio.sleep(0.5)
    for task in listening:
        task.cancel()
    assert all(2 <= count <= most for count in heard), (heard, most)
    assert heard == before  # and then it is quiet: nothing was queued


async def _until_quiet(socket: ClientConnection) -> list[str | bytes]:
    """All that comes until nothing comes for a second and a half."""
    told: list[str | bytes] = []
    with suppress(TimeoutError):
        while True:
            told.append(await asyncio.wait_for(socket.recv(), 1.5))
    return told


async def test_who_does_not_read_costs_nothing_and_is_told_once(doors: Doors, run) -> None:
    """4 MB of the system's buffers are filled; what comes behind them is not kept."""
    replica = await doors.device("li", "li")
    hello = {"token": replica.token, "deviceId": replica.device_id, "cursor": replica.cursor}
    raw = sockets.create_connection(("127.0.0.1", int(doors.url.rsplit(":", 1)[1])))
    raw.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4_096)
    raw.setblocking(False)
    slow = await _ready(doors.url, hello, sock=raw, max_queue=1, max_size=2**24)
    quick = await _ready(doors.url, await _device(doors, "wang"))
    commits, size = 120, 9_500
    heard = 0

    async def listen() -> None:
        nonlocal heard
        while True:
            await quick.recv()
            heard += 1

    listening = asyncio.create_task(listen())
    for _ in range(commits // 8):
        for i in range(8):
            await run("li", "party.create_customer", name=f"{i}", notes="字" * size)
        await asyncio.sleep(0)
    await asyncio.sleep(0.3)
    assert heard >= 20  # the others went on hearing
    listening.cancel()
    told = await _until_quiet(slow)
    assert len(told) < commits
    pages = [message for message in told if isinstance(message, bytes)]
    assert len(pages) < heard or told[-1] == '{"poke":true}'
    await slow.close()
    await quick.close()
    await asyncio.to_thread(replica.pull)
    assert len(replica.rows("customers")) == commits
    assert await asyncio.to_thread(replica.verify) == []


async def test_who_takes_nothing_for_long_is_gone(doors: Doors, run, monkeypatch) -> None:
    monkeypatch.setattr(poke, "SEND_SECONDS", 0.3)
    monkeypatch.setattr(poke, "_CLOSE_SECONDS", 0.2)
    monkeypatch.setattr(live_place, "_LIVE_BYTES", 2**24)  # or a long page would become a poke, which fills no buffer
    async with _doors(doors) as (url, air):
        replica = await doors.device("li", "li")
        hello = {"token": replica.token, "deviceId": replica.device_id, "cursor": replica.cursor}
        raw = sockets.create_connection(("127.0.0.1", int(url.rsplit(":", 1)[1])))
        raw.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4_096)
        raw.setblocking(False)
        slow = await _ready(url, hello, sock=raw, max_queue=1, max_size=2**24, ping_interval=None)
        assert len(air._channels) == 1
        for i in range(250):
            await run("li", "party.create_customer", name=f"{i}", notes="字" * 9_500)
            if not air._channels:
                break
        async with asyncio.timeout(30):
            while air._channels:  # noqa: ASYNC110 - no event
                await asyncio.sleep(0.02)
        slow.transport.abort()
        await asyncio.sleep(0)


async def _crowd_hears(doors: Doors, monkeypatch, count: int) -> None:
    """Everybody is ready, and everybody hears one commit."""
    monkeypatch.setattr(live, "MOST_OF_MEMBER", count)
    monkeypatch.setattr(register_device, "MOST_DEVICES", count)
    hellos = [await _device(doors, ("li", "wang", "zhao")[i % 3]) for i in range(count)]
    async with AsyncExitStack() as stack:
        crowd: list[ClientConnection] = []
        for start_at in range(0, count, 100):
            ready = (_ready(doors.url, hello, ping_interval=None) for hello in hellos[start_at : start_at + 100])
            crowd += await asyncio.gather(*ready)
        for socket in crowd:
            stack.push_async_callback(socket.close)
        await doors.app.pokes.committed(doors.world.yunfan.tenant_id, CUSTOMER, frozenset())
        async with asyncio.timeout(30):  # on any machine; `make bench ONLY=sync.sockets` holds it to one second
            heard = await asyncio.gather(*(socket.recv() for socket in crowd))
        assert set(heard) == {'{"poke":true}'}


async def test_two_hundred_hear_a_commit(doors: Doors, monkeypatch) -> None:
    await _crowd_hears(doors, monkeypatch, 200)


@pytest.mark.soak
async def test_a_thousand_hear_a_commit(doors: Doors, monkeypatch) -> None:
    await _crowd_hears(doors, monkeypatch, 1_000)


# Coming back


def test_a_crowd_that_was_sent_away_comes_back_spread_out() -> None:
    chance = random.Random(11)
    for code, least, most in ((1012, 0, 5), (1013, 5, 30), (4429, 60, 120)):
        back = [pause_after(code, 0, chance.uniform) for _ in range(1_000)]
        assert least <= min(back)
        assert max(back) <= most
        seconds = Counter(int(pause) for pause in back)
        assert max(seconds.values()) < 2 * 1_000 / (most - least)


def test_a_server_that_stays_away_is_asked_ever_less_often_and_never_in_step() -> None:
    chance, attempts = random.Random(12), Counter[int]()
    for _ in range(1_000):
        at, failures = 0.0, 1
        while at < 300:
            at += pause_after(None, failures, chance.uniform)
            attempts[int(at)] += 1
            failures += 1
    assert max(attempts[second] for second in range(60, 300)) < 80  # of 1,000: about 33 a second
    assert all(15 <= pause_after(None, 40, chance.uniform) <= 45 for _ in range(100))


# Several processes


async def test_a_commit_through_one_process_reaches_the_sockets_of_another(
    services: Services, settings: Settings, tmp_path: Path
) -> None:
    """Two real servers, one company, Redis between them."""
    own = replace(settings, data_dir=tmp_path)
    app = build(own)
    signed_up = await app.identity.sign_up(
        SignUp(
            company_name="双机贸易",
            email=f"{new_id()}@example.com",
            password="Longjing-Tea-2026",
            admin_name="陈总",
        )
    )
    await app.close()
    environ = {
        **os.environ,
        "YUNFAN_DATA": str(tmp_path),
        "YUNFAN_KEYS": "k:" + base64.b64encode(secrets.token_bytes(32)).decode(),
        "DATABASE_URL": services.urls.app,
        "DATABASE_PLATFORM_URL": services.urls.platform,
        "DATABASE_PROVISION_URL": services.urls.provision,
        "REDIS_URL": services.redis_url,
    }
    ports: list[int] = []
    for _ in range(2):
        with sockets.create_server(("127.0.0.1", 0)) as probe:
            ports.append(probe.getsockname()[1])
    processes = [start({**environ, "YUNFAN_PORT": str(port)}, tmp_path / f"{port}.log") for port in ports]
    try:
        for process, port in zip(processes, ports, strict=True):
            await until_ready(process, port, tmp_path / f"{port}.log")
        urls = [f"http://127.0.0.1:{port}" for port in ports]
        pair = [Replica(tmp_path / f"{i}.sqlite", url, signed_up.token) for i, url in enumerate(urls)]
        for i, replica in enumerate(pair):
            await asyncio.to_thread(replica.register, f"{i}")
            await asyncio.to_thread(replica.pull)
        for here, there in ((0, 1), (1, 0)):
            hello = {"token": pair[there].token, "deviceId": pair[there].device_id}
            socket = await _ready(urls[there], hello)
            pair[here].mutate("party.create_customer", name=f"经{here}")
            await asyncio.to_thread(pair[here].push)
            assert json.loads(await asyncio.wait_for(socket.recv(), 30)) == {"poke": True}
            await asyncio.to_thread(pair[there].pull)
            assert f"经{here}" in {row["name"] for row in pair[there].rows("customers")}
            await socket.close()
        for replica in pair:
            replica.close()
        async with httpx.AsyncClient() as http:
            assert "yunfan_sync_throttled" in (await http.get(f"{urls[0]}/metrics")).text
    finally:
        for process in processes:
            process.kill()
            process.wait()
