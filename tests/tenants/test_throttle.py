import asyncio
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from redis.asyncio import Redis

from tenants.identity.throttle import Throttle, ThrottleUnavailable, holder_of
from tests.redis_fixture import RunningRedis, running_redis

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def redis_server() -> Iterator[RunningRedis]:
    with running_redis() as server:
        yield server


@pytest.fixture(params=[True, False], ids=["text", "bytes"])
async def client(redis_server: RunningRedis, request: pytest.FixtureRequest) -> AsyncIterator[Redis]:
    client = Redis.from_url(redis_server.url, decode_responses=request.param)
    await client.flushall()
    yield client
    await client.aclose()


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


async def test_the_hit_over_the_limit_is_refused_until_the_first_leaves_the_window(client: Redis) -> None:
    throttle = Throttle(client)
    remaining = [(await throttle.hit("a", 3, 60, after(second))).remaining for second in (0, 10, 20)]
    assert remaining == [2, 1, 0]
    refused = await throttle.hit("a", 3, 60, after(30))
    assert not refused.allowed
    assert refused.retry_after_seconds == 30
    assert not (await throttle.hit("a", 3, 60, after(59.9))).allowed
    assert (await throttle.hit("a", 3, 60, after(60))).allowed
    # The window slides: the hits at 10 and 20 still count.
    assert (await throttle.hit("a", 3, 60, after(61))).retry_after_seconds == 9


async def test_trying_on_does_not_prolong_the_wait(client: Redis) -> None:
    throttle = Throttle(client)
    await throttle.hit("a", 1, 60, NOW)
    for second in range(1, 60):
        assert not (await throttle.hit("a", 1, 60, after(second))).allowed
    assert (await throttle.hit("a", 1, 60, after(60))).allowed


async def test_concurrent_hits_never_pass_the_limit(client: Redis) -> None:
    throttle = Throttle(client)
    decisions = await asyncio.gather(*[throttle.hit("burst", 7, 60, NOW) for _ in range(80)])
    assert sum(decision.allowed for decision in decisions) == 7
    assert {decision.retry_after_seconds for decision in decisions if not decision.allowed} == {60}


async def test_keys_are_apart_and_forgotten_when_told(client: Redis) -> None:
    throttle = Throttle(client)
    assert (await throttle.hit("a", 2, 60, NOW)).remaining == 1
    assert (await throttle.hit("a", 2, 60, NOW)).allowed
    assert not (await throttle.hit("a", 2, 60, NOW)).allowed
    assert (await throttle.hit("b", 2, 60, NOW)).remaining == 1
    await throttle.clear("a")
    assert (await throttle.hit("a", 2, 60, NOW)).remaining == 1


@pytest.mark.parametrize(
    ("address", "holder"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("2001:0DB8:0001:0002:ffff:ffff:ffff:ffff", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::1", "::/64"),
        ("testclient", "testclient"),
    ],
)
def test_whom_an_address_stands_for(address: str, holder: str) -> None:
    assert holder_of(address) == holder


async def test_a_lowered_limit_waits_for_the_right_hit(client: Redis) -> None:
    throttle = Throttle(client)
    for second in (0, 10, 20):
        await throttle.hit("a", 3, 60, after(second))
    assert (await throttle.hit("a", 1, 60, after(30))).retry_after_seconds == 50
    assert (await throttle.hit("a", 1, 60, after(80))).allowed


async def test_a_clock_set_back_waits_one_window_at_most(client: Redis) -> None:
    throttle = Throttle(client)
    await throttle.hit("a", 1, 60, after(3600))
    assert (await throttle.hit("a", 1, 60, NOW)).retry_after_seconds == 60


async def test_keys_expire_and_hold_no_identifier(client: Redis) -> None:
    throttle = Throttle(client)
    await throttle.hit("sign_in:+8613800138000", 5, 60, NOW)
    keys = await client.keys("*")
    assert len(keys) == 1
    assert "13800138000" not in str(keys)
    assert 0 < await client.pttl(keys[0]) <= 60_000


async def test_scripts_forgotten_by_the_server_are_loaded_again(client: Redis) -> None:
    throttle = Throttle(client)
    await throttle.hit("a", 5, 60, NOW)
    await client.script_flush()
    assert (await throttle.hit("a", 5, 60, NOW)).remaining == 3


@pytest.mark.parametrize(("limit", "window"), [(0, 60), (-1, 60), (5, 0)])
async def test_nonsense_is_refused(client: Redis, limit: int, window: int) -> None:
    with pytest.raises(ValueError):
        await Throttle(client).hit("a", limit, window, NOW)
    with pytest.raises(ValueError):
        await Throttle(client).hit("a", 5, 60, NOW.replace(tzinfo=None))


async def test_a_stopped_redis_is_unavailable_not_allowed() -> None:
    with running_redis() as server:
        client = Redis.from_url(server.url)
        throttle = Throttle(client)
        assert (await throttle.hit("a", 5, 60, NOW)).allowed
        server.stop()
        for call in (throttle.hit("a", 5, 60, NOW), throttle.clear("a")):
            with pytest.raises(ThrottleUnavailable):
                await call
        await client.aclose()


async def test_a_silent_redis_is_unavailable_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        held: list[socket.socket] = []
        accepting = threading.Thread(target=lambda: held.append(silent.accept()[0]), daemon=True)
        accepting.start()
        client = Redis(host="127.0.0.1", port=silent.getsockname()[1])
        began = time.monotonic()
        with pytest.raises(ThrottleUnavailable):
            await Throttle(client, timeout_seconds=0.3).hit("a", 5, 60, NOW)
        assert time.monotonic() - began < 2
        await client.aclose()
        accepting.join(2)
        for connection in held:
            connection.close()
