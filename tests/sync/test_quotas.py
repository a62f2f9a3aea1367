"""Quotas: refused with a time to wait, apart by company and device, by all processes together or without Redis, and
nothing is lost by a refusal."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from redis.asyncio import Redis

from infra.errors import SettingsError
from infra.quota_settings import USUAL, Limit, QuotaSettings, quota_settings
from kernel.policy import Actor, Authority
from sync.buckets import Buckets
from sync.client import Replica, SyncRefused
from sync.errors import OverQuota
from sync.files_http import file_routes
from sync.gate import ONE, Gate
from sync.http import routes
from sync.live import Air
from sync.quotas import BYTES, FILES, HEAVY, MUTATIONS, REQUESTS, Asked, Quotas, jittered
from sync.service import SyncService
from sync.wire import AheadRequest
from tests.redis_fixture import RunningRedis, running_redis
from tests.sync.conftest import Doors, SignedIn, _in_force, served
from tests.sync.test_turns import Ticking
from values.errors import NotSignedIn
from values.ids import new_id


def _settings(**limits: Limit) -> QuotaSettings:
    """`requests_device=Limit(1, 2)`; the others as usual."""
    changed = {(name.rsplit("_", 1)[0], name.rsplit("_", 1)[1]): limit for name, limit in limits.items()}
    return QuotaSettings(limits={**USUAL, **changed})


def _actor(tenant_id: UUID | None = None) -> Actor:
    return Actor(tenant_id or uuid4(), uuid4(), Authority())


@pytest.fixture(scope="module")
def redis_server() -> Iterator[RunningRedis]:
    with running_redis() as server:
        yield server


@pytest.fixture(params=["redis", "local"])
async def made(request, redis_server: RunningRedis) -> AsyncIterator[Any]:
    """Quotas with the given limits on a clock of the test, over Redis and without."""
    redis = Redis.from_url(redis_server.url) if request.param == "redis" else None

    def make(now: Ticking, **limits: Limit) -> Quotas:
        return Quotas(Buckets(redis, now), _settings(**limits))

    yield make
    if redis is not None:
        await redis.aclose()


async def _took(quotas: Quotas, actor: Actor, device_id: UUID, *asked: Asked) -> int:
    """How often until refused."""
    for count in range(10_000):
        try:
            await quotas.take(actor, device_id, *asked)
        except OverQuota:
            return count
    raise AssertionError("never refused")


# The buckets


async def test_a_full_bucket_then_its_rate(made) -> None:
    now = Ticking()
    quotas, li, device = made(now, requests_device=Limit(2, 5)), _actor(), uuid4()
    assert await _took(quotas, li, device, ONE) == 5
    now.at += 1
    assert await _took(quotas, li, device, ONE) == 2
    now.at += 3600
    assert await _took(quotas, li, device, ONE) == 5  # never more than it holds


async def test_devices_have_buckets_of_their_own_within_the_companys(made) -> None:
    now, tenant = Ticking(), uuid4()
    quotas = made(now, requests_device=Limit(1, 5), requests_tenant=Limit(1, 8))
    li, wang = _actor(tenant), _actor(tenant)
    assert await _took(quotas, li, uuid4(), ONE) == 5
    assert await _took(quotas, wang, uuid4(), ONE) == 3  # the company's rest
    assert await _took(quotas, _actor(), uuid4(), ONE) == 5  # a rival has all


async def test_naming_a_colleagues_device_uses_up_nothing_of_theirs(made) -> None:
    now, tenant, device = Ticking(), uuid4(), uuid4()
    quotas = made(now, requests_device=Limit(1, 5))
    assert await _took(quotas, _actor(tenant), device, ONE) == 5
    assert await _took(quotas, _actor(tenant), device, ONE) == 5


async def test_a_refusal_takes_nothing_of_any_kind(made) -> None:
    now = Ticking()
    quotas = made(now, heavy_device=Limit(0.001, 1), requests_device=Limit(0.001, 5))
    li, device = _actor(), uuid4()
    assert await _took(quotas, li, device, ONE, Asked(HEAVY, 1, 1)) == 1
    assert await _took(quotas, li, device, ONE) == 4


async def test_a_push_is_granted_what_is_there(made) -> None:
    now = Ticking()
    quotas, li, device = made(now, mutations_device=Limit(1, 10)), _actor(), uuid4()
    assert await quotas.take(li, device, ONE, Asked(MUTATIONS, 1, 7)) == [1, 7]
    assert await quotas.take(li, device, ONE, Asked(MUTATIONS, 1, 7)) == [1, 3]
    with pytest.raises(OverQuota) as refused:
        await quotas.take(li, device, ONE, Asked(MUTATIONS, 1, 7))
    assert (refused.value.quota, refused.value.holder) == (MUTATIONS, "device")
    assert await quotas.take(li, device, ONE, Asked(MUTATIONS, 0, 0)) == [1, 0]  # a question is no edit


async def test_what_was_sent_already_is_waited_for(made) -> None:
    now = Ticking()
    quotas, li, device = made(now, bytes_device=Limit(10, 100)), _actor(), uuid4()
    quotas.owe(li, device, 60)
    quotas.owe(li, device, 90)
    await quotas.take(li, device, Asked(BYTES, 1, 0))  # books them
    with pytest.raises(OverQuota):
        await quotas.take(li, device, Asked(BYTES, 1, 0))
    now.at += 5.2
    await quotas.take(li, device, Asked(BYTES, 1, 0))


async def test_a_file_is_booked_as_far_as_it_went(made) -> None:
    now = Ticking()
    quotas, li = made(now, files_device=Limit(1, 3_000_000)), _actor()

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(8):
            yield b"x" * 500_000

    device, stream = uuid4(), None
    stream = quotas.metered(li, device, pieces())
    for _ in range(4):
        await anext(stream)
    await stream.aclose()  # the other end left
    assert await quotas.take(li, device, Asked(FILES, 1, 9_000_000)) == [1_000_000]


async def test_many_at_once_get_no_more_than_there_is(made) -> None:
    quotas, li, device = made(Ticking(), requests_tenant=Limit(0.001, 30)), _actor(), uuid4()
    found = await asyncio.gather(*(quotas.take(li, device, ONE) for _ in range(80)), return_exceptions=True)
    assert sum(not isinstance(one, OverQuota) for one in found) == 30


async def test_two_processes_share_a_companys_bucket(redis_server: RunningRedis) -> None:
    pair = [Redis.from_url(redis_server.url) for _ in range(2)]
    li, device = _actor(), uuid4()
    limits = _settings(requests_tenant=Limit(0.001, 10))
    counts = [await _took(Quotas(Buckets(redis), limits), li, device, ONE) for redis in pair]
    assert counts == [10, 0]
    for redis in pair:
        ttl = await redis.pttl(f"sync:quota:{{{li.tenant_id}}}:requests:tenant")
        assert ttl > 0  # nothing stays for ever
        await redis.aclose()


async def test_without_redis_each_process_counts_for_itself_and_nobody_fails() -> None:
    with running_redis() as server:
        redis = Redis.from_url(server.url)
        quotas = Quotas(Buckets(redis), _settings(requests_device=Limit(0.001, 4)))
        li, device = _actor(), uuid4()
        await quotas.take(li, device, ONE)
    async with asyncio.timeout(3):
        assert await _took(quotas, li, device, ONE) == 3  # on from where Redis had it
        assert await _took(quotas, li, uuid4(), ONE) == 4
    await redis.aclose()


async def test_whoever_was_over_stays_over_when_redis_goes_away() -> None:
    with running_redis() as server:
        redis, other = Redis.from_url(server.url), Redis.from_url(server.url)
        limits = _settings(requests_tenant=Limit(0.001, 5))
        quotas, li = Quotas(Buckets(redis), limits), _actor()
        assert await _took(Quotas(Buckets(other), limits), li, uuid4(), ONE) == 5  # in another process
        assert await _took(quotas, li, uuid4(), ONE) == 0
    async with asyncio.timeout(3):
        assert await _took(quotas, _actor(), uuid4(), ONE) == 5  # Redis is away now
        assert await _took(quotas, li, uuid4(), ONE) == 0
    await redis.aclose()
    await other.aclose()


async def test_a_bucket_that_is_known_to_be_empty_costs_no_look_into_redis(redis_server: RunningRedis) -> None:
    redis, now = Redis.from_url(redis_server.url), Ticking()
    quotas, li, device = Quotas(Buckets(redis, now), _settings(requests_device=Limit(1, 5))), _actor(), uuid4()

    async def looks() -> int:
        stats = await redis.info("commandstats")
        return sum(of["calls"] for name, of in stats.items() if name in ("cmdstat_evalsha", "cmdstat_eval"))

    assert await _took(quotas, li, device, ONE) == 5
    before = await looks()
    for _ in range(20):
        with pytest.raises(OverQuota) as refused:
            await quotas.take(li, device, ONE)
        assert (refused.value.quota, refused.value.holder) == (REQUESTS, "device")
    assert await looks() == before
    now.at += 2
    assert await _took(quotas, li, device, ONE) == 2
    assert await looks() == before + 2
    await redis.aclose()


async def test_a_company_may_have_more(made) -> None:
    quotas, li = made(Ticking(), requests_tenant=Limit(0.001, 10), requests_device=Limit(1, 1_000)), _actor()
    generous = replace(quotas, settings=replace(quotas.settings, factors={li.tenant_id: 2.5}))
    assert await _took(generous, li, uuid4(), ONE) == 25
    assert await _took(generous, _actor(), uuid4(), ONE) == 10


def test_the_wait_is_spread_around_what_it_takes() -> None:
    chance = random.Random(7)
    for needed, least, most in ((0.0, 1, 2), (0.4, 1, 2), (10.0, 5, 15), (300.0, 150, 450)):
        told = {jittered(needed, chance) for _ in range(500)}
        assert (min(told) >= least, max(told) <= most) == (True, True)
        assert len(told) >= min(most - least, 8)


def test_settings_are_read_and_refused() -> None:
    found = quota_settings({"YUNFAN_SYNC_QUOTAS": "requests.tenant=2.5/10, files.device=1/2"})
    assert found.limits[REQUESTS, "tenant"] == Limit(2.5, 10)
    assert found.limits[FILES, "device"] == Limit(1, 2)
    assert found.limits[MUTATIONS, "device"] == USUAL[MUTATIONS, "device"]
    tenant = uuid4()
    assert quota_settings({"YUNFAN_SYNC_TENANT_FACTORS": f"{tenant}=3"}).factors == {tenant: 3.0}
    for wrong in ("requests=1/1", "cats.tenant=1/1", "requests.tenant=0/5", "requests.tenant=1/0", "requests.tenant=1"):
        with pytest.raises(SettingsError):
            quota_settings({"YUNFAN_SYNC_QUOTAS": wrong})
    for wrong in ("x=2", f"{tenant}=0", f"{tenant}", "------------------------------------=1"):
        with pytest.raises(SettingsError):
            quota_settings({"YUNFAN_SYNC_TENANT_FACTORS": wrong})


# At the doors


class Limited:
    """The doors under the given quotas; counts how often a sign-in was looked at."""

    def __init__(self, doors: Doors, now: Ticking, **limits: Limit) -> None:
        self.doors, self.now, self.looked_at = doors, now, 0
        self.told: list[tuple[str, str]] = []
        quotas = Quotas(Buckets(doors.app.redis, now), _settings(**limits), lambda *what: self.told.append(what))
        self.gate = Gate(quotas, now)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Limited]:
        doors = self.doors

        async def authenticate(token: str, *, address: str | None, request_id: str | None) -> SignedIn:
            self.looked_at += 1
            if token not in doors.tokens:
                raise NotSignedIn
            company, who = doors.tokens[token]
            return SignedIn(await company.actor(who))

        air = Air(doors.app.engine, doors.app.pokes, _in_force)
        service = SyncService(doors.app.engine)
        handlers = [
            *routes(service, authenticate, authenticate, air, gate=self.gate),
            *file_routes(doors.app.files, authenticate, self.gate),
        ]
        async with served(handlers) as url:
            doors.url = url
            yield self
            await air.close()


def _post(doors: Doors, path: str, token: str, body: dict[str, Any], language: str = "zh-CN") -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}", "Accept-Language": language}
    return httpx.post(f"{doors.url}/sync/v1/{path}", json=body, headers=headers)


async def test_over_quota_is_429_with_a_time_in_the_callers_language(doors: Doors) -> None:
    async with Limited(doors, Ticking(), requests_device=Limit(0.1, 2)).open() as limited:
        li, body = doors.token(doors.world.yunfan, "li"), {"deviceId": str(new_id())}
        for _ in range(2):
            assert (await asyncio.to_thread(_post, doors, "keys", li, body)).status_code == 404
        chinese = await asyncio.to_thread(_post, doors, "keys", li, body)
        english = await asyncio.to_thread(_post, doors, "pull", li, body, "en-GB")
        for answer, words in ((chinese, "本设备的同步请求次数超过限额"), (english, "this device must wait")):
            assert (answer.status_code, answer.json()["code"]) == (429, "OVER_QUOTA")
            assert words in answer.json()["message"]
            seconds = int(answer.headers["retry-after"])
            assert 5 <= seconds <= 15
            assert str(seconds) in answer.json()["message"]
        assert limited.told == [(REQUESTS, "device")] * 2
        qian = doors.token(doors.world.seagull, "qian")
        assert (
            await asyncio.to_thread(_post, doors, "keys", qian, body)
        ).status_code == 404  # a rival's quota is whole


async def test_whoever_does_not_wait_is_not_looked_at_again(doors: Doors) -> None:
    now = Ticking()
    async with Limited(doors, now, requests_device=Limit(0.1, 1)).open() as limited:
        li, device = doors.token(doors.world.yunfan, "li"), str(new_id())
        ask = lambda path="keys", of=device: asyncio.to_thread(_post, doors, path, li, {"deviceId": of})  # noqa: E731
        assert [(await ask()).status_code for _ in range(2)] == [404, 429]
        looked_at = limited.looked_at
        again = [await ask() for _ in range(5)]
        assert {answer.status_code for answer in again} == {429}
        assert all(1 <= int(answer.headers["retry-after"]) <= 15 for answer in again)
        assert limited.looked_at == looked_at
        assert (await ask(of=str(new_id()))).status_code == 404  # another device with the same sign-in goes on
        now.at += 20
        assert (await ask()).status_code == 404


async def test_what_a_bucket_gives_goes_out_evenly_to_those_who_pay_no_heed(doors: Doors) -> None:
    """Not a second's worth of requests at once, whenever the second that they were told is over."""
    now = Ticking()
    async with Limited(doors, now, requests_tenant=Limit(5, 1), requests_device=Limit(100, 100)).open() as limited:
        li, body = doors.token(doors.world.yunfan, "li"), {"deviceId": str(new_id())}
        answered: list[tuple[float, int]] = []
        for _ in range(60):
            answer = await asyncio.to_thread(_post, doors, "keys", li, body)
            answered.append((now.at, answer.status_code))
            assert answer.status_code == 404 or int(answer.headers["retry-after"]) >= 1
            now.at += 0.05
        taken = [at for at, status in answered if status == 404]
        assert 12 <= len(taken) <= 15
        assert min(later - earlier for earlier, later in pairwise(taken)) >= 0.19
        assert limited.looked_at <= 2 * len(taken)


async def test_a_push_stopped_half_way_is_complete_in_the_end(doors: Doors) -> None:
    now = Ticking()
    async with Limited(doors, now, mutations_device=Limit(1, 10), requests_device=Limit(100, 1_000)).open() as limited:
        waited: list[float] = []

        def sleep(seconds: float) -> None:
            waited.append(seconds)
            now.at += seconds

        li = Replica(
            doors.folder / "li.sqlite",
            doors.url,
            doors.token(doors.world.yunfan, "li"),
            now=doors.app.engine.clock.now,
            sleep=sleep,
            monotonic=now,
        )
        doors.opened.append(li)
        await asyncio.to_thread(li.register, "li")
        made = [li.mutate("party.create_customer", name=f"客户{i}") for i in range(25)]
        told = await asyncio.to_thread(li.sync)
        assert (told["pushed"], told["queued"]) == ({"applied": 10}, 15)
        assert {row["id"] for row in li.rows("customers")} == set(made)  # nothing vanished from the list
        assert told["pulled"] >= 10  # the pull went on
        for _ in range(60):
            if not li.pending():
                break
            await asyncio.to_thread(li.sync)
        assert (li.pending(), li.inbox()) == ([], [])
        assert waited
        assert all(1 <= seconds <= 30 for seconds in waited)
        assert await asyncio.to_thread(li.verify) == []
        assert {row["id"] for row in li.rows("customers")} == set(made)
        assert (MUTATIONS, "device") in limited.told


async def test_a_long_wait_is_told_and_nothing_is_sent_before(doors: Doors) -> None:
    now = Ticking()
    async with Limited(doors, now, requests_device=Limit(0.001, 2)).open() as limited:
        slept: list[float] = []
        token = doors.token(doors.world.yunfan, "li")
        li = Replica(doors.folder / "li.sqlite", doors.url, token, sleep=slept.append, monotonic=now)
        doors.opened.append(li)
        await asyncio.to_thread(li.register, "li")
        with pytest.raises(SyncRefused, match="OVER_QUOTA") as refused:
            await asyncio.to_thread(li.pull)
        assert refused.value.retry_after is not None
        assert 500 <= refused.value.retry_after <= 1_500
        li.mutate("party.create_customer", name="还在")
        looked_at = 0
        for _ in range(3):  # each door once
            looked_at = limited.looked_at
            with pytest.raises(SyncRefused, match="OVER_QUOTA"):
                await asyncio.to_thread(li.pull)
        assert (limited.looked_at, slept) == (looked_at, [])
        assert [queued["arguments"]["name"] for queued in li.pending()] == ["还在"]
        for _ in range(10):
            now.at += 2_500  # two requests
            with suppress(SyncRefused):
                await asyncio.to_thread(li.sync)
        assert li.pending() == []
        assert [row["name"] for row in li.rows("customers")] == ["还在"]


async def test_a_load_that_is_announced_is_heavy_like_the_load(made) -> None:
    gate = Gate(made(Ticking(), heavy_tenant=Limit(0.001, 1)))
    li = _actor()
    await gate.admit(li, AheadRequest(encodings=["gzip"]))
    with pytest.raises(OverQuota) as refused:
        await gate.admit(li, AheadRequest(encodings=["zstd"]))
    assert (refused.value.quota, refused.value.holder) == (HEAVY, "tenant")
